//! The known divergences, each held against its stored case, `corpus/known/NAME.wast`: the reference does what the file
//! claims, the native engine does not, and the judge knows why, and knows it only as long as nothing else differs.

use spawndiff_corpus::{Event, Run, StoredCase};
use spawndiff_oracles::claims::{Status, check_native, check_reference};
use spawndiff_oracles::compare::{Membership, compare};
use spawndiff_oracles::known::{self, Explanation, Failure, Known};
use spawndiff_oracles::native::{Config, Native, Outcome};
use spawndiff_oracles::reference::{Coverage, Deviation, Reference};
use spawndiff_oracles::schedules::Fixed;
use spawndiff_oracles::{BUDGET, End, InvocationObservation, Judge, RunObservation, Verdict};
use std::collections::BTreeSet;
use std::path::Path;

fn stored(known: Known) -> StoredCase {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/known");
    let path = folder.join(known.name()).with_extension("wast");
    StoredCase::read(&path).unwrap_or_else(|error| panic!("{known}:{}: {error}", error.line))
}

fn native() -> Native {
    Native::new(Config::default())
}

/// What the native engine did in each run, and the known failure that the run ended in, if it did.
fn observed(known: Known, case: &StoredCase) -> Vec<(RunObservation, Option<Failure>)> {
    let (observed, failure) = match native().observe(&case.case) {
        Outcome::Observed(observed) => (observed, None),
        Outcome::Unmapped { message, observed } => {
            let failure = Failure::of(&message).unwrap_or_else(|| panic!("{known}: {message}"));
            (observed, Some(failure))
        }
        outcome @ (Outcome::Rejected(_) | Outcome::Unsupported(_) | Outcome::Crashed { .. }) => {
            panic!("{known}: {outcome:?}")
        }
    };
    let last = observed.runs.len() - 1;
    let runs = observed.runs.into_iter().enumerate();
    runs.map(|(index, run)| (run, failure.filter(|_| index == last)))
        .collect()
}

/// Those that a program sees in this build: one needs the engine's debug assertions, which only the fuzz targets have, and
/// one is only seen from outside.
fn shown() -> impl Iterator<Item = Known> {
    let all = Known::ALL.iter().copied();
    all.filter(|known| {
        !matches!(
            known,
            Known::SyncTypedYieldAsserts | Known::KeepsReturnedCalls
        )
    })
}

/// What is said of a run in which the native engine did this; `None`: a schedule of the reference allows it.
fn explanation(
    case: &StoredCase,
    run: &Run,
    (native, failure): (&RunObservation, Option<Failure>),
) -> Option<Explanation> {
    let reference = || Reference::new(&case.case).expect("the reference knows the component");
    if let Some(failure) = failure {
        return Some(failure.explain(reference(), run, native, BUDGET));
    }
    match compare(&reference(), run, native, BUDGET) {
        Membership::Member { .. } => None,
        Membership::Stranger {
            difference,
            coverage,
            ..
        } => {
            let deviating = reference().deviating(Deviation::ALL);
            let difference = Some((&difference, &coverage));
            Some(known::explain(&deviating, run, native, difference, BUDGET).explanation)
        }
        Membership::Unknown(why) => panic!("it cannot be said: {why}"),
    }
}

/// The same with one event altered, or with one too many: in every place up to the first trap, after which the
/// divergence that runs on ends what can be compared.
fn alterations(native: &RunObservation) -> Vec<RunObservation> {
    let mut altered = Vec::new();
    for (index, invocation) in native.invocations.iter().enumerate() {
        for position in 0..invocation.events.len() {
            let mut other = native.clone();
            other.invocations[index].events[position].value ^= 1;
            altered.push(other);
        }
        for position in 0..=invocation.events.len() {
            let mut other = native.clone();
            other.invocations[index].events.insert(
                position,
                Event {
                    point: 99,
                    value: 0,
                },
            );
            altered.push(other);
        }
        if matches!(invocation.end, End::Trap(_)) {
            break;
        }
    }
    altered
}

#[test]
fn every_known_divergence_has_a_case_whose_header_names_and_links_it() {
    for &known in Known::ALL {
        let header = stored(known).header;
        assert!(
            (4..=8).contains(&header.len()),
            "{known}: {} lines",
            header.len()
        );
        assert!(
            header[0].starts_with(&format!("{known}: ")),
            "{known}: {}",
            header[0]
        );
        assert!(
            header.iter().any(|line| line == known.link()),
            "{known}: no link"
        );
    }
}

#[test]
fn the_reference_does_all_that_the_cases_claim() {
    for &known in Known::ALL {
        let stored = stored(known);
        for (directive, status) in stored
            .directives
            .iter()
            .zip(check_reference(&stored, BUDGET))
        {
            assert_eq!(status, Status::Passed, "{known}:{}", directive.line);
        }
    }
}

#[test]
fn the_native_engine_fails_a_claim_of_every_run() {
    for known in shown() {
        let stored = stored(known);
        let statuses = check_native(&stored, &native().observe(&stored.case));
        for run in 0..stored.case.runs.len() {
            let failed = |(directive, status): (&spawndiff_corpus::Directive, &Status)| {
                directive.run == run && matches!(status, Status::Failed(_))
            };
            assert!(
                stored.directives.iter().zip(&statuses).any(failed),
                "{known}: run {run}"
            );
        }
    }
}

#[test]
fn the_judge_knows_each_case_by_exactly_its_name() {
    let judge = Judge::new(native());
    for known in shown() {
        let verdict = judge.judge(&stored(known).case).verdict;
        assert_eq!(verdict, Verdict::Known(BTreeSet::from([known])), "{known}");
    }
}

/// The cases of `corpus/known/together`: the first line of each begins with the names.
fn together() -> Vec<(BTreeSet<Known>, StoredCase)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/known/together");
    let files = std::fs::read_dir(folder).expect("the folder is there");
    let read = |file: std::io::Result<std::fs::DirEntry>| {
        let path = file.expect("it can be listed").path();
        let case = StoredCase::read(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        let (names, _) = case.header[0].split_once(": ").expect("names, and what");
        let of_name = |name| {
            Known::ALL
                .iter()
                .copied()
                .find(|known| known.name() == name)
        };
        let known = names
            .split(" and ")
            .map(|name| of_name(name).unwrap_or_else(|| panic!("{path:?}: no {name}")));
        (known.collect(), case)
    };
    files.map(read).collect()
}

#[test]
fn several_known_divergences_in_one_run_are_known_by_exactly_their_names() {
    let together = together();
    assert!(together.len() > 1);
    let judge = Judge::new(native());
    for (known, stored) in together {
        for (directive, status) in stored
            .directives
            .iter()
            .zip(check_reference(&stored, BUDGET))
        {
            assert_eq!(status, Status::Passed, "{known:?}:{}", directive.line);
        }
        let verdict = judge.judge(&stored.case).verdict;
        assert_eq!(verdict, Verdict::Known(known));
    }
}

#[test]
fn every_run_of_a_known_case_shows_its_divergence_alone() {
    for known in shown() {
        let stored = stored(known);
        let seen = observed(known, &stored);
        assert_eq!(seen.len(), stored.case.runs.len(), "{known}");
        for (index, (run, (native, failure))) in stored.case.runs.iter().zip(&seen).enumerate() {
            let expected = Some(Explanation::Known(vec![known]));
            assert_eq!(
                explanation(&stored, run, (native, *failure)),
                expected,
                "{known}: run {index}"
            );
        }
    }
}

#[test]
fn another_difference_in_the_run_of_a_known_divergence_is_new() {
    for known in shown() {
        let stored = stored(known);
        let seen = observed(known, &stored);
        for (index, (run, (native, failure))) in stored.case.runs.iter().zip(&seen).enumerate() {
            let altered = alterations(native);
            assert!(!altered.is_empty(), "{known}: run {index}");
            for other in altered {
                let explanation = explanation(&stored, run, (&other, *failure));
                assert_eq!(
                    explanation,
                    Some(Explanation::New),
                    "{known}: run {index}: {other:?}"
                );
            }
        }
    }
}

#[test]
fn a_known_divergence_with_other_threads_left_behind_is_new() {
    let mut altered = 0;
    for known in shown() {
        let stored = stored(known);
        for (run, (mut native, failure)) in stored.case.runs.iter().zip(observed(known, &stored)) {
            let Some(leftover) = &mut native.leftover else {
                continue;
            };
            *leftover = !*leftover;
            altered += 1;
            assert_eq!(
                explanation(&stored, run, (&native, failure)),
                Some(Explanation::New),
                "{known}"
            );
        }
    }
    assert!(altered > 0);
}

#[test]
fn a_call_that_is_kept_shows_only_in_what_is_left() {
    let stored = stored(Known::KeepsReturnedCalls);
    let (mut native, _) = observed(Known::KeepsReturnedCalls, &stored).swap_remove(0);
    let run = &stored.case.runs[0];
    let known = Explanation::Known(vec![Known::KeepsReturnedCalls]);
    assert_eq!(explanation(&stored, run, (&native, None)), Some(known));
    for other in alterations(&native) {
        let explained = explanation(&stored, run, (&other, None));
        assert_eq!(explained, Some(Explanation::New), "{other:?}");
    }
    native.leftover = Some(false);
    assert_eq!(explanation(&stored, run, (&native, None)), None);
}

/// The failed assertion shows only in an engine that is built with its assertions, so what such an engine sees is played
/// here: the run up to the yield.
#[test]
fn a_failed_assertion_is_known_only_after_a_run_that_leads_to_it() {
    let stored = stored(Known::SyncTypedYieldAsserts);
    let run = &stored.case.runs[0];
    let reference = || Reference::new(&stored.case).expect("the reference knows the component");
    let mut native = reference()
        .deviating(Deviation::ALL_AND_ASSERTIONS)
        .run(run, &mut Fixed, &mut (), &mut Coverage::default())
        .expect("the reference runs it");
    let message = "panic at wasmtime-48.0.8/src/runtime/component/concurrent.rs:2216:9: \
                   assertion failed: matches!(reason, SuspendReason::";
    let failure = Failure::of(message).expect("it is known");
    let explain = |native: &RunObservation| failure.explain(reference(), run, native, BUDGET);
    let known = Explanation::Known(vec![Known::SyncTypedYieldAsserts]);
    assert_eq!(explain(&native), known);
    for other in alterations(&native) {
        assert_eq!(explain(&other), Explanation::New, "{other:?}");
    }
    // The same panic where nothing yields.
    let other = self::stored(Known::NotLockedDown);
    native.invocations = vec![InvocationObservation::default()];
    let elsewhere = Reference::new(&other.case).expect("the reference knows the component");
    let explained = failure.explain(elsewhere, &other.case.runs[0], &native, BUDGET);
    assert_eq!(explained, Explanation::New);
    assert_eq!(Failure::of(&message.replace("2216", "2217")), None);
}

#[test]
fn a_known_failure_of_an_instance_that_should_be_locked_is_known() {
    let stored = stored(Known::NotLockedDown);
    let (native, _) = observed(Known::NotLockedDown, &stored).swap_remove(0);
    let failure = Failure::of("BUG: lift_result field is missing").expect("it is known");
    let expected = Explanation::Known(vec![Known::NotLockedDown, Known::ReturnsInternalError]);
    let run = &stored.case.runs[0];
    let explained = explanation(&stored, run, (&native, Some(failure)));
    assert_eq!(explained, Some(expected));
    // But not if the instance did something else before.
    for other in alterations(&native) {
        let explained = explanation(&stored, run, (&other, Some(failure)));
        assert_eq!(explained, Some(Explanation::New), "{other:?}");
    }
}
