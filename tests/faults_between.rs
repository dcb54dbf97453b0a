//! The comparison finds what goes wrong between component instances: a reference with a planted fault plays the engine, and
//! each fault shows within 5,000 cases of up to four instances.

mod mix;
mod mutants;
mod planted;

use mutants::Fault;
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

/// What a reference with a mistake sees on the fixed policy; `None`: it gives no answer, or reached a limit.
fn observe(reference: &Reference, run: &Run, fault: Fault) -> Option<RunObservation> {
    let seen = mutants::observe(reference, run, fault);
    let exhausted = |seen: &RunObservation| {
        let mut ends = seen.invocations.iter().map(|invocation| invocation.end);
        ends.any(|end| matches!(end, End::Exhausted(_)))
    };
    seen.filter(|seen| !exhausted(seen))
}

/// Whether a run of the case shows the fault: what it gives is allowed on no schedule.
fn shows(case: &Case, fault: Fault) -> bool {
    let reference = Reference::new(case).expect("the reference knows what is generated");
    case.runs.iter().any(|run| {
        let (Some(expected), Some(seen)) = (
            observe(&reference, run, Fault::None),
            observe(&reference, run, fault),
        ) else {
            return false;
        };
        let strange = || {
            matches!(
                compare(&reference, run, &seen, BUDGET),
                Membership::Stranger { .. }
            )
        };
        seen != expected && strange()
    })
}

#[test]
fn every_planted_fault_is_found() {
    assert!(Fault::ALL.len() >= 15);
    let missed = missed(Fault::ALL, |fault| {
        let cases = (0..CASES).into_par_iter();
        cases.find_any(|&index| shows(&case(index), fault))
    });
    assert!(missed.is_empty(), "missed: {missed:?}");
}

#[test]
fn without_a_fault_nothing_is_found() {
    let strange = |index: u64| {
        let case = case(index);
        let reference = Reference::new(&case).expect("the reference knows what is generated");
        case.runs.iter().any(|run| {
            observe(&reference, run, Fault::None).is_some_and(|seen| {
                matches!(
                    compare(&reference, run, &seen, BUDGET),
                    Membership::Stranger { .. }
                )
            })
        })
    };
    assert_eq!(
        (0..500).into_par_iter().find_any(|&index| strange(index)),
        None
    );
}
