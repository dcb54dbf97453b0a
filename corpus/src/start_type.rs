//! Which functions a thread can start with: the rule for the type that `canon thread.new-indirect`, `canon thread.spawn-indirect` and
//! `canon thread.spawn-ref` name.

use wasmparser::ValType;

/// The rule for the function type `$ft` of a definition that starts threads: which parameters it may have. It has no results, and is
/// declared alone and final, as `(func ...)` is short for. Source: CanonicalABI.md, the validation of these definitions.
///
/// ```
/// use spawndiff_corpus::StartTypes;
/// use wasmparser::ValType::{F32, I64};
///
/// let text = StartTypes::of_text();
/// assert!(text.allows(&[I64], &[]));
/// assert!(!text.allows(&[I64, F32], &[]));
/// assert!(text.and(&[I64, F32]).allows(&[I64, F32], &[]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartTypes {
    params: Vec<Vec<ValType>>,
}

impl StartTypes {
    /// The rule of the text: one parameter, an `i32` or an `i64`.
    pub fn of_text() -> StartTypes {
        StartTypes {
            params: vec![vec![ValType::I32], vec![ValType::I64]],
        }
    }

    /// The rule that allows these parameters, too. The text means to allow others once toolchains have a use for them.
    #[must_use]
    pub fn and(mut self, params: &[ValType]) -> StartTypes {
        self.params.push(params.to_vec());
        self
    }

    /// Whether a definition may name the function type with these parameters and results.
    pub fn allows(&self, params: &[ValType], results: &[ValType]) -> bool {
        results.is_empty() && self.params.iter().any(|allowed| allowed == params)
    }
}

impl Default for StartTypes {
    fn default() -> StartTypes {
        StartTypes::of_text()
    }
}
