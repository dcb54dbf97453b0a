//! The comparison finds what is wrong: each mutant shows within 2,000 cases of the default generator.

mod mix;
mod planted;

use planted::missed;
use rayon::prelude::*;
use spawndiff_corpus::{Case, StoredCase, component_from_text};
use spawndiff_engines::wasmtime::{Config, Mutant, Native};
use spawndiff_generators::MAX_INSTANCES;
use spawndiff_judge::claims::record;
use spawndiff_judge::{Judge, Verdict};

const SEED: u64 = 7;
const CASES: u64 = 2_000;

/// The first case in which a judge over this engine finds something that is not known.
fn first_finding(config: Config) -> Option<u64> {
    let judge = Judge::new(Native::new(config));
    (0..CASES).into_par_iter().find_any(|&index| {
        match judge.judge(&mix::case(SEED, index, MAX_INSTANCES)).verdict {
            Verdict::Divergence(_) | Verdict::Crash { .. } => true,
            Verdict::Agree | Verdict::Known(_) | Verdict::Inconclusive(_) => false,
        }
    })
}

#[test]
fn every_planted_fault_is_found() {
    assert!(Mutant::ALL.len() >= 10);
    let missed = missed(Mutant::ALL, |mutant| {
        first_finding(Config {
            mutant: Some(mutant),
            ..Config::default()
        })
    });
    assert!(missed.is_empty(), "missed: {missed:?}");
}

#[test]
fn without_a_fault_nothing_is_found() {
    assert_eq!(first_finding(Config::default()), None);
}

#[test]
fn the_file_of_a_finding_reproduces_it() {
    for mutant in [Mutant::Panics, Mutant::IndexOffByOne, Mutant::EventLost] {
        let judge = Judge::new(Native::new(Config {
            mutant: Some(mutant),
            ..Config::default()
        }));
        let (case, judgement) = (0..CASES)
            .map(|index| mix::case(SEED, index, MAX_INSTANCES))
            .map(|case| (case.clone(), judge.judge(&case)))
            .find(|(_, judgement)| {
                matches!(
                    judgement.verdict,
                    Verdict::Divergence(_) | Verdict::Crash { .. }
                )
            })
            .expect("the mutant is found");
        let component = component_from_text(&case.component).expect("the text format says it");
        let case = Case { component, ..case };
        let text = record(vec!["found".to_string()], &case, &judgement.reference)
            .to_wast()
            .expect("the case can be stored");
        let stored = StoredCase::parse(&text).expect("what was stored can be read");
        let again = judge.judge(&stored.case).verdict;
        assert_eq!(again, judgement.verdict, "{mutant:?}");
    }
}
