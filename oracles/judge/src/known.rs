//! The divergences that are known. Each has a name, a link and a stored case, and is matched as narrowly as can be.
//!
//! Known divergences are files ([`spawndiff_corpus::KnownFile`]), and each file says which releases show the divergence.
//!
//! Most of the divergences change what a program does afterwards, so they are matched by running the reference with that very
//! deviation ([`Deviation`]): what differs beside the deviation still shows. Another one ends what can be compared of a run
//! ([`Matches::NotLockedDown`]), so it is matched by the trap that the specification asks for and by what the engine did after that
//! trap. A divergence may also be matched by the kind of its findings ([`Matches::Fingerprint`]).

mod list;

pub use list::{Active, Entry, Fails, Known, List, Matches};

use crate::compare::{
    Difference, Leaves, Membership, Seen, Tried, Unknown, What, compare_preferring,
};
use crate::runs::{Deviating, Reached};
use spawndiff_corpus::Run;
use spawndiff_deviations::Deviation;
use spawndiff_observation::{End, RunObservation, Trap};
use spawndiff_reference::{Builtin, Coverage, Reference};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The explanation of a run that no schedule of the reference allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Explanation {
    /// The run shows these known divergences and nothing else.
    Known(Vec<Known>),
    /// The run is allowed after all. This is said only of a run of which it was not known whether it is allowed.
    Allowed,
    /// The run shows something new.
    New,
    /// For this reason it cannot be said whether the run shows something beside known divergences.
    Unknown(Unknown),
}

/// The explanation of a run, and what the explanation rests on.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The explanation.
    pub explanation: Explanation,
    /// The coverage of the reference with the deviations on; empty where it was not run so.
    pub coverage: Coverage,
    /// For a run that shows something new: where it leaves what the known divergences allow, if it shows some of them.
    pub beside: Option<Beside>,
}

/// The difference that a run shows beside known divergences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside {
    /// The known divergences on the schedule that got furthest.
    pub known: BTreeSet<Known>,
    /// Where the run leaves that schedule.
    pub leaves: Leaves,
}

impl From<Explanation> for Explained {
    fn from(explanation: Explanation) -> Explained {
        Explained {
            explanation,
            coverage: Coverage::default(),
            beside: None,
        }
    }
}

/// Holds a run against the known divergences. Where no schedule of the reference allows the run, `difference` is the difference
/// from the schedule that gets furthest, with the coverage of that schedule. Where there are too many schedules to tell,
/// `difference` is `None`: then it may still be found that the run shows a known divergence, or that it is allowed.
///
/// `deviations` are the deviations of `active` that are on.
pub fn explain(
    active: &Active,
    (reference, deviations): (&Reference, &Arc<[Deviation]>),
    run: &Run,
    native: &RunObservation,
    difference: Option<(&Difference, &Coverage)>,
    budget: u32,
    tried: &mut Tried,
) -> Explained {
    let runs_on = |difference: &Difference, reached: &Coverage| {
        let known = active.not_locked_down()?;
        not_locked_down(native, difference, reached).then(|| known.clone())
    };
    if let Some(known) = difference.and_then(|(it, reached)| runs_on(it, reached)) {
        return Explanation::Known(vec![known]).into();
    }
    let deviating = Deviating {
        reference,
        deviations,
    };
    let seen = Seen {
        run: native,
        may_mean: &active.may_mean,
    };
    match compare_preferring(&deviating, run, seen, budget, &|_| true, tried) {
        Membership::Allowed { reached, .. } => {
            let known = names(active, &reached);
            let explanation = match (known.is_empty(), difference) {
                (false, _) => Explanation::Known(known),
                (true, None) => Explanation::Allowed,
                // No schedule allows the run, and no deviation that is known of the engine made the difference: a mistake of ours.
                (true, Some(_)) => Explanation::New,
            };
            Explained {
                explanation,
                coverage: reached.coverage,
                beside: None,
            }
        }
        Membership::NotAllowed {
            difference,
            reference,
            reached,
            ..
        } => {
            // A deviation may come before a trap that should have locked the instance.
            if let Some(known) = runs_on(&difference, &reached.coverage) {
                let mut all = names(active, &reached);
                all.push(known);
                return Explained {
                    explanation: Explanation::Known(all),
                    coverage: reached.coverage,
                    beside: None,
                };
            }
            let known: BTreeSet<Known> = names(active, &reached).into_iter().collect();
            let leaves = Leaves::new(difference, &reference, &reached.coverage);
            Explained {
                explanation: Explanation::New,
                coverage: reached.coverage,
                beside: (!known.is_empty()).then_some(Beside { known, leaves }),
            }
        }
        Membership::Unknown(Unknown::Budget) => Explanation::Unknown(Unknown::Unexplained).into(),
        Membership::Unknown(why) => Explanation::Unknown(why).into(),
    }
}

/// The known divergences that a run of the reference showed.
fn names(active: &Active, reached: &Reached) -> Vec<Known> {
    let deviated = reached.deviated.iter().copied();
    deviated
        .filter_map(|deviation| active.name(deviation))
        .collect()
}

/// The names of known divergences, as a text for a person.
pub(crate) fn list(known: &BTreeSet<Known>) -> String {
    let names: Vec<&str> = known.iter().map(Known::name).collect();
    names.join(", ")
}

/// An error of the engine that ended a run and is no trap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The causes that can lead to the error, one for each trap that stands for it.
    causes: Vec<Cause>,
}

/// A cause of an error of the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Cause {
    /// The deviations that can lead to the error.
    by: Vec<Deviation>,
    /// The trap that a reference with one of these deviations gives where the engine fails.
    stands_for: Trap,
}

impl Failure {
    /// Explains the run that ended in this failure by what is known of the failure. The run up to the failure has to be explained,
    /// and the failure has to have its cause there: a message alone explains nothing.
    ///
    /// `reference` is the reference for the case.
    pub fn explain(
        &self,
        active: &Active,
        reference: &Reference,
        run: &Run,
        native: &RunObservation,
        budget: u32,
        tried: &mut Tried,
    ) -> Explanation {
        // The engine did not get to the end of this run, and the invocations that it did not make cannot be compared.
        let mut run = run.clone();
        run.invocations.truncate(native.invocations.len());
        // An engine that failed an assertion is built with all assertions. One that failed otherwise got past the assertions.
        let mut by = self.causes.iter().flat_map(|cause| &cause.by);
        let deviations = active.deviations(by.any(|by| by.asserts()));
        let deviating = Deviating {
            reference,
            deviations: &deviations,
        };
        let alone = self.causes.len() == 1;
        let mut said = Explanation::New;
        for cause in &self.causes {
            let native = (native, alone);
            match cause.explain(active, deviating, &run, native, budget, tried) {
                Explanation::New => {}
                Explanation::Unknown(why) => said = Explanation::Unknown(why),
                explained @ (Explanation::Known(_) | Explanation::Allowed) => return explained,
            }
        }
        said
    }
}

impl Cause {
    /// Explains the run by this cause, as [`Failure::explain`] does. `alone` says whether the failure has no other cause.
    fn explain(
        &self,
        active: &Active,
        deviating: Deviating<'_>,
        run: &Run,
        (native, alone): (&RunObservation, bool),
        budget: u32,
        tried: &mut Tried,
    ) -> Explanation {
        let mut native = native.clone();
        native.last_part().end = End::Trap(self.stands_for);
        native.leftover = None;
        // The trap that stands for the failure may be one that the program gets to without the deviation, too.
        let deviates = |reached: &Reached| self.by.iter().any(|by| reached.deviated.contains(by));
        let seen = Seen {
            run: &native,
            may_mean: &active.may_mean,
        };
        match compare_preferring(&deviating, run, seen, budget, &deviates, tried) {
            Membership::Allowed { reached, .. } if deviates(&reached) => {
                Explanation::Known(names(active, &reached))
            }
            // The acts of an instance that should have been locked cannot be compared, and neither can the way in which they end.
            Membership::NotAllowed {
                difference,
                reached,
                ..
            } => match active.not_locked_down() {
                Some(known) if not_locked_down(&native, &difference, &reached.coverage) => {
                    let mut all = names(active, &reached);
                    all.push(known.clone());
                    // Where several deviations lead to the failure, it is not known any more which one it was.
                    if let ([by], true) = (&self.by[..], alone) {
                        all.extend(active.name(*by));
                    }
                    Explanation::Known(all)
                }
                _ => Explanation::New,
            },
            Membership::Allowed { .. } => Explanation::New,
            Membership::Unknown(Unknown::Budget) => Explanation::Unknown(Unknown::Unexplained),
            Membership::Unknown(why) => Explanation::Unknown(why),
        }
    }
}

/// Whether a run differs at the first call after a trap that the engine finds outside of core code: the specification
/// lets nothing run after a trap, and the engine made the call.
fn not_locked_down(native: &RunObservation, difference: &Difference, reached: &Coverage) -> bool {
    let Some(index) = difference.invocation else {
        return false;
    };
    let trapped = native.invocations[..index]
        .iter()
        .find_map(|invocation| match invocation.end {
            End::Trap(trap) => Some(trap),
            End::Quiet | End::Deadlock | End::Exhausted(_) => None,
        });
    // Such a trap is given by the loop over callbacks or by the end of a task, and not by a built-in that core code has called.
    let gave = |builtin| reached.reached.contains_key(&(builtin, trapped));
    let outside_core_code = match trapped {
        Some(Trap::CallbackCode | Trap::UnknownIndex | Trap::WrongHandle) => {
            gave(Builtin::Callback)
        }
        // No built-in gives this trap.
        Some(Trap::NoTaskReturn) => true,
        _ => false,
    };
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
