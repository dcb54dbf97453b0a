//! Built-ins that an engine does not have, written in terms of those that it has.
//!
//! CanonicalABI.md defines `thread.spawn-indirect` as `thread.new-indirect` fused with `thread.resume-later`, and
//! `thread.spawn-ref` likewise on a reference. A component that uses them is rewritten to exactly that: the definition
//! becomes a core function of a small module inserted behind it. Nothing else changes, and a component without them passes
//! through untouched.
//!
//! This module lowers the cooperative form (no `shared`). A definition over `shared` types is rewritten just the same, and then
//! rejected by the engine's validation.

mod probe;
mod rewrite;
mod shim;

pub(super) use probe::needs;
pub(super) use rewrite::Definitions;
pub(super) use shim::{Callee, Param, Shim};

use std::borrow::Cow;
use wasmparser::{CanonicalFunction, Parser, Payload};

/// How deep components may nest in a component that is rewritten: each level is a few frames of the rewriter.
const MAX_DEPTH: usize = 100;

/// The built-ins that are rewritten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// `thread.spawn-ref`.
    pub spawn_ref: bool,
    /// `thread.spawn-indirect`.
    pub spawn_indirect: bool,
    /// `thread.available-parallelism`.
    pub available_parallelism: bool,
}

impl Needs {
    /// All of the built-ins.
    pub const ALL: Needs = Needs {
        spawn_ref: true,
        spawn_indirect: true,
        available_parallelism: true,
    };
}

/// Why a component is not rewritten.
#[derive(Debug, thiserror::Error)]
pub enum LowerError {
    /// The bytes are no component, or not all of one.
    #[error("not a component: {0}")]
    Malformed(String),
    /// Components nest deeper than is rewritten.
    #[error("components nest deeper than {MAX_DEPTH}")]
    TooDeep,
    /// The component has something that cannot be written again.
    #[error("not rewritten: {0}")]
    Unsupported(String),
}

/// Lowers the built-ins of `what` in a component. The result is the same bytes where the component uses none of these built-ins.
///
/// The component need not be valid: one that is not valid stays so. Any bytes at all give a component or an error.
///
/// ```
/// use spawndiff_engines::wasmtime::lower::{Needs, lower};
/// use std::borrow::Cow;
///
/// let empty = b"\0asm\x0d\0\x01\0";
/// assert!(matches!(lower(empty, Needs::ALL), Ok(Cow::Borrowed(same)) if same == empty));
/// assert!(lower(b"\0asm", Needs::ALL).is_err());
/// ```
pub fn lower(component: &[u8], what: Needs) -> Result<Cow<'_, [u8]>, LowerError> {
    apply(component, &what)
}

/// Applies `definitions` to a component. The result is the same bytes where they concern none of its canonical definitions.
pub(super) fn apply<'a>(
    component: &'a [u8],
    definitions: &dyn Definitions,
) -> Result<Cow<'a, [u8]>, LowerError> {
    let mut concerned = false;
    scan(component, |function| {
        concerned |= definitions.concerns(function)
    })?;
    if !concerned {
        return Ok(Cow::Borrowed(component));
    }
    let rewritten = rewrite::rewrite(component, definitions)
        .map_err(|error| LowerError::Unsupported(error.to_string()))?;
    Ok(Cow::Owned(rewritten))
}

/// Calls `each` for every canonical definition of a component, at every depth. The component is read to its end, so that afterwards
/// every section is known to lie within the bytes.
pub(super) fn scan(
    component: &[u8],
    mut each: impl FnMut(&CanonicalFunction),
) -> Result<(), LowerError> {
    let malformed = |error: wasmparser::Error| LowerError::Malformed(error.to_string());
    if !Parser::is_component(component) {
        return Err(LowerError::Malformed("no component header".to_string()));
    }
    // The ends of the component or module that is being read and of those around it. The parser itself does not complain of a
    // nested component or module that claims to be longer than what is around it.
    let mut ends = vec![component.len()];
    for payload in Parser::new(0).parse_all(component) {
        match payload.map_err(malformed)? {
            Payload::ComponentSection {
                unchecked_range, ..
            }
            | Payload::ModuleSection {
                unchecked_range, ..
            } => {
                if ends.last().is_none_or(|end| unchecked_range.end > *end) {
                    return Err(LowerError::Malformed("a section is cut off".to_string()));
                }
                if ends.len() > MAX_DEPTH {
                    return Err(LowerError::TooDeep);
                }
                ends.push(unchecked_range.end);
            }
            Payload::End(_) => {
                ends.pop();
            }
            Payload::ComponentCanonicalSection(section) => {
                for function in section {
                    each(&function.map_err(malformed)?);
                }
            }
            _ => {}
        }
    }
    Ok(())
}

impl Definitions for Needs {
    fn concerns(&self, function: &CanonicalFunction) -> bool {
        match function {
            CanonicalFunction::ThreadSpawnRef { .. } => self.spawn_ref,
            CanonicalFunction::ThreadSpawnIndirect { .. } => self.spawn_indirect,
            CanonicalFunction::ThreadAvailableParallelism => self.available_parallelism,
            _ => false,
        }
    }

    fn shim(&self, function: &CanonicalFunction) -> Option<Shim> {
        if !self.concerns(function) {
            return None;
        }
        match *function {
            CanonicalFunction::ThreadSpawnRef { func_ty_index } => Some(spawn_ref(func_ty_index)),
            CanonicalFunction::ThreadSpawnIndirect {
                func_ty_index,
                table_index,
            } => Some(spawn_indirect(func_ty_index, table_index)),
            CanonicalFunction::ThreadAvailableParallelism => Some(available_parallelism()),
            _ => None,
        }
    }
}

/// `thread.new-indirect` on a table of the component.
pub(super) fn new_indirect(func_ty_index: u32, table_index: u32) -> Callee {
    Callee::Canon(
        CanonicalFunction::ThreadNewIndirect {
            func_ty_index,
            table_index,
        },
        (2, 1),
    )
}

/// `thread.resume-later`.
pub(super) fn resume_later() -> Callee {
    Callee::Canon(CanonicalFunction::ThreadResumeLater, (1, 0))
}

/// `canon_thread_spawn_indirect`: `thread.new-indirect`, then `thread.resume-later` on what it returned.
fn spawn_indirect(func_ty_index: u32, table_index: u32) -> Shim {
    Shim {
        params: vec![Param::I32, Param::I32],
        results: 1,
        callees: vec![new_indirect(func_ty_index, table_index), resume_later()],
        table: None,
        state: false,
        body: Box::new(|body, at| {
            body.local_get(0).local_get(1).call(at.callees[0]);
            body.local_tee(2).call(at.callees[1]).local_get(2);
        }),
    }
}

/// `canon_thread_spawn_ref`: the reference goes through the private table, since no engine has `thread.new-ref`. Threads of a
/// component are cooperative and nothing switches between the store and the start, so one slot serves them all.
fn spawn_ref(func_ty_index: u32) -> Shim {
    Shim {
        params: vec![Param::Start, Param::I32],
        results: 1,
        callees: vec![Callee::NewIndirectOnSlot(func_ty_index), resume_later()],
        table: None,
        state: true,
        body: Box::new(|body, at| {
            body.i32_const(0).local_get(0).table_set(at.slot);
            body.i32_const(0).local_get(1).call(at.callees[0]);
            body.local_tee(2).call(at.callees[1]).local_get(2);
        }),
    }
}

fn available_parallelism() -> Shim {
    Shim {
        params: vec![],
        results: 1,
        callees: vec![],
        table: None,
        state: false,
        body: Box::new(|body, _| {
            body.i32_const(spawndiff_observation::NUM_ALLOWED_THREADS.cast_signed());
        }),
    }
}

#[cfg(test)]
mod tests;
