//! The comparison does not cry wolf: what the specification lets vary gives no divergence in 2,000 cases.
//!
//! An engine that schedules otherwise is played by the reference itself, with another policy; the comparison has to find
//! that policy's schedule again from its trace alone.

mod mix;

use rayon::prelude::*;
use spawndiff_corpus::Case;
use spawndiff_engines::wasmtime::{Config, Native};
use spawndiff_generators::MAX_INSTANCES;
use spawndiff_judge::compare::{Membership, Unknown, compare};
use spawndiff_judge::{BUDGET, Judge, Verdict};
use spawndiff_reference::schedules::{LastFirst, Random, Scheduler, YieldStays};
use spawndiff_reference::{Coverage, Reference};

const SEED: u64 = 8;
const CASES: u64 = 2_000;

/// The comparison's answer on a case whose engine is the reference with a policy of its own.
fn judge<S: Scheduler>(case: &Case, scheduler: impl Fn() -> S) -> Result<(), Option<String>> {
    let reference = Reference::new(case).expect("the reference knows what the generator draws");
    for run in &case.runs {
        let observed = reference
            .run(run, &mut scheduler(), &mut (), &mut Coverage::default())
            .expect("the reference runs what the generator draws");
        match compare(&reference, run, &observed, BUDGET) {
            Membership::Allowed { .. } => {}
            Membership::NotAllowed { difference, .. } => return Err(Some(difference.to_string())),
            Membership::Unknown(Unknown::Budget | Unknown::Unexplained | Unknown::Exhausted(_)) => {
                return Err(None);
            }
            Membership::Unknown(why @ (Unknown::Unsupported(_) | Unknown::Lacking(_))) => {
                panic!("{why}")
            }
        }
    }
    Ok(())
}

/// No divergence, and at most 2 % of which nothing can be said.
fn agrees<S: Scheduler>(scheduler: impl Fn(u64) -> S + Sync) {
    let verdicts: Vec<_> = (0..CASES)
        .into_par_iter()
        .map(|index| {
            (
                index,
                judge(&mix::case(SEED, index, MAX_INSTANCES), || scheduler(index)),
            )
        })
        .collect();
    let diverged: Vec<_> = verdicts
        .iter()
        .filter(|(_, verdict)| matches!(verdict, Err(Some(_))))
        .collect();
    assert!(diverged.is_empty(), "{diverged:?}");
    let unknown = verdicts
        .iter()
        .filter(|(_, verdict)| *verdict == Err(None))
        .count();
    assert!(
        unknown as u64 * 50 <= CASES,
        "{unknown} of {CASES} cases are inconclusive"
    );
}

#[test]
fn an_engine_that_runs_the_last_ready_thread_first_is_right() {
    agrees(|_| LastFirst);
}

#[test]
fn an_engine_whose_yields_do_not_switch_is_right() {
    agrees(|_| YieldStays);
}

#[test]
fn an_engine_that_schedules_at_random_is_right() {
    agrees(Random::new);
}

#[test]
fn an_event_loop_that_is_turned_more_often_changes_nothing() {
    let judge = Judge::new(Native::new(Config {
        extra_turns: 5,
        ..Config::default()
    }));
    let diverged: Vec<_> = (0..CASES)
        .into_par_iter()
        .filter_map(
            |index| match judge.judge(&mix::case(SEED, index, MAX_INSTANCES)).verdict {
                Verdict::Agree | Verdict::Known(_) | Verdict::Inconclusive(_) => None,
                verdict @ (Verdict::Divergence(_) | Verdict::Crash { .. }) => {
                    Some((index, verdict))
                }
            },
        )
        .collect();
    assert!(diverged.is_empty(), "{diverged:?}");
}
