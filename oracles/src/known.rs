//! The divergences that are known: each with a name, a link and a stored case, and matched as narrowly as can be.
//!
//! Most of them change what a program does afterwards, so they are matched by running the reference with that very
//! deviation ([`Deviation`]): what differs beside it still shows. The other one ends what can be compared of a run, so it is
//! matched by the trap that the specification asks for and by what the engine did after it.

use crate::compare::{Difference, Membership, Unknown, What, compare};
use crate::reference::{Deviation, Reference};
use crate::{End, RunObservation, Trap};
use spawndiff_corpus::Run;
use std::fmt;

/// A divergence of Wasmtime 48 that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Known {
    /// [`Deviation::SyncTypedSuspends`].
    SyncTypedSuspends,
    /// [`Deviation::PromotesSuspended`].
    PromotesSuspended,
    /// A trap that the engine finds outside of core code does not lock the instance: it can be entered again.
    NotLockedDown,
    /// [`Deviation::ReturnsFromSyncLift`]: and when the task then returns, an internal error of the engine.
    ReturnsInternalError,
    /// [`Deviation::AlwaysWaitsForExclusive`].
    WaitsForExclusive,
    /// Where the engine is built with debug assertions: `thread.yield` in a synchronously typed task with another thread
    /// ready fails one of them.
    SyncTypedYieldAsserts,
}

impl Known {
    /// Every one.
    pub const ALL: &'static [Known] = &[
        Known::SyncTypedSuspends,
        Known::PromotesSuspended,
        Known::NotLockedDown,
        Known::ReturnsInternalError,
        Known::WaitsForExclusive,
        Known::SyncTypedYieldAsserts,
    ];

    /// The name: also that of its stored case, `corpus/known/NAME.wast`.
    pub fn name(self) -> &'static str {
        match self {
            Known::SyncTypedSuspends => "sync-typed-suspends",
            Known::PromotesSuspended => "promotes-suspended",
            Known::NotLockedDown => "not-locked-down",
            Known::ReturnsInternalError => "returns-internal-error",
            Known::WaitsForExclusive => "waits-for-exclusive",
            Known::SyncTypedYieldAsserts => "sync-typed-yield-asserts",
        }
    }

    /// Where it is reported, or where the specification says otherwise.
    pub fn link(self) -> &'static str {
        match self {
            Known::SyncTypedSuspends | Known::SyncTypedYieldAsserts => {
                "https://github.com/bytecodealliance/wasmtime/issues/14117"
            }
            Known::PromotesSuspended => "https://github.com/bytecodealliance/wasmtime/pull/14250",
            Known::NotLockedDown => {
                "https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#component-invariants"
            }
            Known::ReturnsInternalError => {
                "https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-taskreturn"
            }
            Known::WaitsForExclusive => {
                "https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#tasks"
            }
        }
    }
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The message of the engine's internal error in [`Known::ReturnsInternalError`].
const LIFT_RESULT: &str = "BUG: lift_result field is missing";

/// What is said of a run that no schedule of the reference allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Explanation {
    /// It shows these known divergences and nothing else.
    Known(Vec<Known>),
    /// It shows something new.
    New,
    /// It cannot be said whether there is something beside what is known.
    Unknown(Unknown),
}

/// A run that no schedule of the reference allows, held against the known divergences.
///
/// `deviating` is the reference with every [`Deviation`] on.
pub fn explain(
    deviating: &Reference,
    run: &Run,
    native: &RunObservation,
    difference: &Difference,
    budget: u32,
) -> Explanation {
    if not_locked_down(native, difference) {
        return Explanation::Known(vec![Known::NotLockedDown]);
    }
    match compare(deviating, run, native, budget) {
        Membership::Member { coverage, .. } => {
            Explanation::Known(coverage.deviated.into_iter().map(known).collect())
        }
        // A deviation may come before a trap that should have locked the instance.
        Membership::Stranger {
            difference,
            coverage,
            ..
        } if not_locked_down(native, &difference) => {
            let mut all: Vec<Known> = coverage.deviated.into_iter().map(known).collect();
            all.push(Known::NotLockedDown);
            Explanation::Known(all)
        }
        Membership::Stranger { .. } => Explanation::New,
        Membership::Unknown(Unknown::Budget) => Explanation::Unknown(Unknown::Unexplained),
        Membership::Unknown(why) => Explanation::Unknown(why),
    }
}

/// An error of the engine that is no trap, at the end of a run: what the run would have been with the trap that the
/// reference gives there when it deviates in the same way, if the error is a known one.
pub fn with_trap(message: &str, native: &RunObservation) -> Option<RunObservation> {
    if !message.starts_with(LIFT_RESULT) {
        return None;
    }
    let mut native = native.clone();
    let last = native.invocations.last_mut()?;
    last.end = End::Trap(Trap::TaskReturnTwice);
    Some(native)
}

/// The place and the beginning of the assertion in [`Known::SyncTypedYieldAsserts`].
const SUSPEND_REASON: &str = "panic at wasmtime-48.0.8/src/runtime/component/concurrent.rs:2216:9: \
    assertion failed: matches!(reason, SuspendReason::";

/// The place of the engine's internal error, where it is built with debug assertions and panics.
const LIFT_RESULT_PANIC: &str =
    "panic at wasmtime-48.0.8/src/runtime/bug.rs:63:13: BUG: lift_result field is missing";

/// A panic of the engine that is known. All of them need its debug assertions, as the fuzz targets have them.
pub fn crash(message: &str) -> Option<Known> {
    if message.starts_with(SUSPEND_REASON) {
        Some(Known::SyncTypedYieldAsserts)
    } else if message.starts_with(LIFT_RESULT_PANIC) {
        Some(Known::ReturnsInternalError)
    } else {
        None
    }
}

fn known(deviation: Deviation) -> Known {
    match deviation {
        Deviation::SyncTypedSuspends => Known::SyncTypedSuspends,
        Deviation::PromotesSuspended => Known::PromotesSuspended,
        Deviation::ReturnsFromSyncLift => Known::ReturnsInternalError,
        Deviation::AlwaysWaitsForExclusive => Known::WaitsForExclusive,
    }
}

/// Whether a run differs at the first call after a trap that the engine finds outside of core code: the specification
/// lets nothing run after a trap, and the engine made the call.
fn not_locked_down(native: &RunObservation, difference: &Difference) -> bool {
    let Some(index) = difference.invocation else {
        return false;
    };
    let trapped = native.invocations[..index]
        .iter()
        .find_map(|invocation| match invocation.end {
            End::Trap(trap) => Some(trap),
            End::Quiet | End::Deadlock | End::Exhausted(_) => None,
        });
    let outside_core_code = matches!(
        trapped,
        Some(Trap::CallbackCode | Trap::UnknownIndex | Trap::NoTaskReturn)
    );
    let nothing_allowed = match &difference.what {
        What::Event {
            position,
            reference,
            ..
        } => *position == 0 && reference.is_none(),
        What::End { reference, .. } => *reference == End::Trap(Trap::CannotEnter),
        What::Returned { .. } | What::Leftover { .. } => false,
    };
    outside_core_code && nothing_allowed
}
