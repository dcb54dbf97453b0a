//! The divergences that are known: each with a name, a link and a stored case, and matched as narrowly as can be.
//!
//! They are files ([`spawndiff_corpus::KnownFile`]), and each says which releases have it.
//!
//! Most of them change what a program does afterwards, so they are matched by running the reference with that very
//! deviation ([`Deviation`]): what differs beside it still shows. The other one ends what can be compared of a run, so it is
//! matched by the trap that the specification asks for and by what the engine did after it.

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

/// What is said of a run that no schedule of the reference allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Explanation {
    /// It shows these known divergences and nothing else.
    Known(Vec<Known>),
    /// It is allowed after all. Only of a run that was not known to be or not.
    Allowed,
    /// It shows something new.
    New,
    /// It cannot be said whether there is something beside what is known.
    Unknown(Unknown),
}

/// What is said of a run, and what it rests on.
#[derive(Clone, Debug)]
pub struct Explained {
    /// What is said.
    pub explanation: Explanation,
    /// What the reference reached with the deviations on.
    pub coverage: Coverage,
    /// Of a run that shows something new: where it leaves what the known divergences allow, if it shows some of them.
    pub beside: Option<Beside>,
}

/// What a run shows beside known divergences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside {
    /// The known ones, on the schedule that got furthest.
    pub known: BTreeSet<Known>,
    /// Where the run leaves that one.
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

/// A run held against the known divergences. `difference`: that from the schedule of the reference that gets furthest, and what
/// that one reached, where none allows the run; where there are too many to tell, a divergence that is known may still be
/// found, or that it is allowed.
///
/// `deviations` are those of `active`, which are on.
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
        Membership::Member { reached, .. } => {
            let known = names(active, &reached);
            let explanation = match (known.is_empty(), difference) {
                (false, _) => Explanation::Known(known),
                (true, None) => Explanation::Allowed,
                // It does what no schedule allows, and not by a deviation that it knows of: a mistake of ours.
                (true, Some(_)) => Explanation::New,
            };
            Explained {
                explanation,
                coverage: reached.coverage,
                beside: None,
            }
        }
        Membership::Stranger {
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

/// The known divergences that a run showed.
fn names(active: &Active, reached: &Reached) -> Vec<Known> {
    let deviated = reached.deviated.iter().copied();
    deviated
        .filter_map(|deviation| active.name(deviation))
        .collect()
}

/// Their names, for a person.
pub(crate) fn list(known: &BTreeSet<Known>) -> String {
    let names: Vec<&str> = known.iter().map(Known::name).collect();
    names.join(", ")
}

/// An error of the engine that ended a run and is no trap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What can lead to it, one for each trap that stands for it.
    causes: Vec<Cause>,
}

/// What can lead to an error of the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Cause {
    /// The deviations.
    by: Vec<Deviation>,
    /// The trap that a reference with that deviation gives where the engine fails.
    stands_for: Trap,
}

impl Failure {
    /// Holds the run that ended in it against what is known of it: the run up to there, and that the failure has its
    /// cause there. A message alone explains nothing.
    ///
    /// `reference` is the one for the case.
    pub fn explain(
        &self,
        active: &Active,
        reference: &Reference,
        run: &Run,
        native: &RunObservation,
        budget: u32,
        tried: &mut Tried,
    ) -> Explanation {
        // The engine did not get to the end of this run: what it did not do cannot be compared.
        let mut run = run.clone();
        run.invocations.truncate(native.invocations.len());
        // An engine that failed an assertion is built with all of them; one that failed otherwise got past them.
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
    /// The same of one cause, with whether it is the only one.
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
        // What stands for the failure may be a trap that the program gets to otherwise, too.
        let deviates = |reached: &Reached| self.by.iter().any(|by| reached.deviated.contains(by));
        let seen = Seen {
            run: &native,
            may_mean: &active.may_mean,
        };
        match compare_preferring(&deviating, run, seen, budget, &deviates, tried) {
            Membership::Member { reached, .. } if deviates(&reached) => {
                Explanation::Known(names(active, &reached))
            }
            // What an instance does that should have been locked cannot be compared, and so it is with how that ends.
            Membership::Stranger {
                difference,
                reached,
                ..
            } => match active.not_locked_down() {
                Some(known) if not_locked_down(&native, &difference, &reached.coverage) => {
                    let mut all = names(active, &reached);
                    all.push(known.clone());
                    // Where several lead to it, which one it was is not known any more.
                    if let ([by], true) = (&self.by[..], alone) {
                        all.extend(active.name(*by));
                    }
                    Explanation::Known(all)
                }
                _ => Explanation::New,
            },
            Membership::Member { .. } => Explanation::New,
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
    // By the loop over callbacks or by the end of a task, and not by a built-in that core code has called.
    let gave = |builtin| reached.reached.contains_key(&(builtin, trapped));
    let outside_core_code = match trapped {
        Some(Trap::CallbackCode | Trap::UnknownIndex | Trap::WrongHandle) => {
            gave(Builtin::Callback)
        }
        // No built-in gives this one.
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
