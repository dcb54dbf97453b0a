//! The comparison finds what goes wrong between component instances: a reference with a mutant plays the engine, and
//! each mutant shows within 5,000 cases of up to four instances.

mod mix;
mod mutants;
mod planted;

use mutants::Mutant;
use planted::missed;
use rayon::prelude::*;
use spawndiff_corpus::{Case, Run};
use spawndiff_generators::MAX_INSTANCES;
use spawndiff_judge::BUDGET;
use spawndiff_judge::compare::{Membership, compare};
use spawndiff_observation::{End, RunObservation};
use spawndiff_reference::Reference;

const SEED: u64 = 7;
const CASES: u64 = 5_000;

fn case(index: u64) -> Case {
    mix::case(SEED, index, MAX_INSTANCES)
}

/// The observation of a mutant on the fixed policy; `None` if it gives no answer, or reached a limit.
fn observe(reference: &Reference, run: &Run, mutant: Mutant) -> Option<RunObservation> {
    let seen = mutants::observe(reference, run, mutant);
    let exhausted = |seen: &RunObservation| {
        let mut ends = seen.invocations.iter().map(|invocation| invocation.end);
        ends.any(|end| matches!(end, End::Exhausted(_)))
    };
    seen.filter(|seen| !exhausted(seen))
}

/// Whether a run of the case shows the mutant: what it gives is allowed on no schedule.
fn shows(case: &Case, mutant: Mutant) -> bool {
    let reference = Reference::new(case).expect("the reference knows what is generated");
    case.runs.iter().any(|run| {
        let (Some(expected), Some(seen)) = (
            observe(&reference, run, Mutant::None),
            observe(&reference, run, mutant),
        ) else {
            return false;
        };
        let strange = || {
            matches!(
                compare(&reference, run, &seen, BUDGET),
                Membership::NotAllowed { .. }
            )
        };
        seen != expected && strange()
    })
}

#[test]
fn every_planted_fault_is_found() {
    assert!(Mutant::ALL.len() >= 15);
    let missed = missed(Mutant::ALL, |mutant| {
        let cases = (0..CASES).into_par_iter();
        cases.find_any(|&index| shows(&case(index), mutant))
    });
    assert!(missed.is_empty(), "missed: {missed:?}");
}

#[test]
fn without_a_fault_nothing_is_found() {
    let strange = |index: u64| {
        let case = case(index);
        let reference = Reference::new(&case).expect("the reference knows what is generated");
        case.runs.iter().any(|run| {
            observe(&reference, run, Mutant::None).is_some_and(|seen| {
                matches!(
                    compare(&reference, run, &seen, BUDGET),
                    Membership::NotAllowed { .. }
                )
            })
        })
    };
    assert_eq!(
        (0..500).into_par_iter().find_any(|&index| strange(index)),
        None
    );
}
