//! Core types.

/// A core value type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are core WebAssembly's")]
pub enum CoreType {
    I32,
    I64,
    F32,
    F64,
    FuncRef,
    ExternRef,
}

/// How a core function type is declared. Types that are declared otherwise are not equal, whatever their parameters and results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Declared {
    /// Alone and final, as `(func ...)` is short for.
    #[default]
    Alone,
    /// Open to subtypes: `(sub (func ...))`.
    Open,
    /// Final, with a supertype: `(sub final $open (func ...))`.
    Derived,
    /// In a recursive group with another type.
    Grouped,
}

/// A core function type.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Signature {
    pub params: Vec<CoreType>,
    pub results: Vec<CoreType>,
    pub declared: Declared,
}

impl Signature {
    /// `(func (param i32))`: what a thread's start function must be.
    pub fn start() -> Signature {
        Signature {
            params: vec![CoreType::I32],
            results: Vec::new(),
            declared: Declared::Alone,
        }
    }

    /// Whether a thread may start with a function of this type.
    pub fn is_start(&self) -> bool {
        self.params == [CoreType::I32]
            && self.results.is_empty()
            && self.declared == Declared::Alone
    }

    /// Whether this is what the type of `thread.spawn-ref` becomes for an engine without typed references.
    pub fn is_erased_spawn_ref(&self) -> bool {
        self.params == [CoreType::FuncRef, CoreType::I32] && self.results == [CoreType::I32]
    }
}
