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

/// An error of the engine that ended a run and is no trap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The deviation that leads to it, and that its name stands for.
    by: Deviation,
    /// The trap that a reference with that deviation gives where the engine fails.
    stands_for: Trap,
}

/// The failures that are known: how the message begins (a panic's with its place), and what it is.
const FAILURES: &[(&str, Failure)] = &[
    ("BUG: lift_result field is missing", LIFT_RESULT),
    // Where the engine is built with debug assertions, it panics instead.
    (
        "panic at wasmtime-48.0.8/src/runtime/bug.rs:63:13: BUG: lift_result field is missing",
        LIFT_RESULT,
    ),
    (
        "panic at wasmtime-48.0.8/src/runtime/component/concurrent.rs:2216:9: \
         assertion failed: matches!(reason, SuspendReason::",
        Failure {
            by: Deviation::SyncTypedYieldAsserts,
            stands_for: Trap::CannotBlock,
        },
    ),
];

const LIFT_RESULT: Failure = Failure {
    by: Deviation::ReturnsFromSyncLift,
    stands_for: Trap::TaskReturnTwice,
};

impl Failure {
    /// The known failure with this message, if there is one.
    pub fn of(message: &str) -> Option<Failure> {
        let known =
            |(begin, failure): &(&str, Failure)| message.starts_with(begin).then_some(*failure);
        FAILURES.iter().find_map(known)
    }

    /// Holds the run that ended in it against what is known of it: the run up to there, and that the failure has its
    /// cause there. A message alone explains nothing.
    ///
    /// `reference` is one for the case, without deviations.
    pub fn explain(
        self,
        reference: Reference,
        run: &Run,
        native: &RunObservation,
        budget: u32,
    ) -> Explanation {
        // The engine did not get to the end of this run: what it did not do cannot be compared.
        let mut run = run.clone();
        run.invocations.truncate(native.invocations.len());
        let mut native = native.clone();
        match native.invocations.last_mut() {
            Some(last) => last.end = End::Trap(self.stands_for),
            None => return Explanation::New,
        }
        native.leftover = None;
        // An engine that failed an assertion is built with all of them; one that failed otherwise got past them.
        let deviations = match Deviation::ALL.contains(&self.by) {
            true => Deviation::ALL,
            false => Deviation::ALL_AND_ASSERTIONS,
        };
        match compare(&reference.deviating(deviations), &run, &native, budget) {
            Membership::Member { coverage, .. } if coverage.deviated.contains(&self.by) => {
                Explanation::Known(coverage.deviated.into_iter().map(known).collect())
            }
            // What an instance does that should have been locked cannot be compared, and so it is with how that ends.
            Membership::Stranger {
                difference,
                coverage,
                ..
            } if not_locked_down(&native, &difference) => {
                let mut all: Vec<Known> = coverage.deviated.into_iter().map(known).collect();
                all.extend([Known::NotLockedDown, known(self.by)]);
                Explanation::Known(all)
            }
            Membership::Member { .. } | Membership::Stranger { .. } => Explanation::New,
            Membership::Unknown(Unknown::Budget) => Explanation::Unknown(Unknown::Unexplained),
            Membership::Unknown(why) => Explanation::Unknown(why),
        }
    }
}

fn known(deviation: Deviation) -> Known {
    match deviation {
        Deviation::SyncTypedSuspends => Known::SyncTypedSuspends,
        Deviation::PromotesSuspended => Known::PromotesSuspended,
        Deviation::ReturnsFromSyncLift => Known::ReturnsInternalError,
        Deviation::AlwaysWaitsForExclusive => Known::WaitsForExclusive,
        Deviation::SyncTypedYieldAsserts => Known::SyncTypedYieldAsserts,
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
