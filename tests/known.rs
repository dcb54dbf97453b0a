//! The known divergences, each held against its stored case, `corpus/known/NAME.wast`: the reference does what the file
//! claims, the native engine does not, and the judge knows why, and knows it only as long as nothing else differs.

use spawndiff_corpus::{Event, Run, StoredCase};
use spawndiff_deviations::run_deviating;
use spawndiff_engines::wasmtime::{Config, Native, Outcome, Release, Wasmtime};
use spawndiff_judge::claims::{Status, check_native, check_reference};
use spawndiff_judge::compare::{Membership, Seen, Tried, compare};
use spawndiff_judge::known::{self, Active, Entry, Explanation, Failure, Known, List, Matches};
use spawndiff_judge::{BUDGET, Fingerprint, Judge, Verdict};
use spawndiff_observation::{
    About, End, Engine, Identity, InvocationObservation, RunObservation, Trap,
};
use spawndiff_reference::schedules::Fixed;
use spawndiff_reference::{Coverage, Reference};
use std::collections::BTreeSet;
use std::path::Path;

/// All that is known.
fn all() -> impl Iterator<Item = Entry> {
    List::built_in().entries().to_vec().into_iter()
}

/// The known divergences of the release that the tests run.
fn entries() -> impl Iterator<Item = Entry> {
    all().filter(|entry| entry.is_of(&about(Release::DEFAULT).identity))
}

/// An engine of a release, as known divergences are told of.
fn about(release: Release) -> About {
    let about = native().about().clone();
    About {
        identity: Identity {
            version: release.version().to_string(),
            ..about.identity
        },
        ..about
    }
}

fn active() -> Active {
    List::built_in().of(&about(Release::DEFAULT))
}

/// The one with this name.
fn entry(name: &str) -> Entry {
    let mut all = entries();
    all.find(|entry| entry.known.name() == name)
        .unwrap_or_else(|| panic!("no {name}"))
}

fn native() -> Native {
    Native::new(Config::default())
}

/// The observation of the native engine in each run, and the known failure that the run ended in, if it did.
fn observed(known: &Known, case: &StoredCase) -> Vec<(RunObservation, Option<Failure>)> {
    let (observed, failure) = match native().observe(&case.case) {
        Outcome::Observed(observed) => (observed, None),
        Outcome::Unmapped { message, observed } => {
            let failure = active().failure(&message);
            assert!(failure.is_some(), "{known}: {message}");
            (observed, failure)
        }
        outcome @ (Outcome::Rejected(_) | Outcome::Unsupported(_) | Outcome::Crashed { .. }) => {
            panic!("{known}: {outcome:?}")
        }
    };
    let last = observed.runs.len() - 1;
    let runs = observed.runs.into_iter().enumerate();
    runs.map(|(index, run)| (run, failure.clone().filter(|_| index == last)))
        .collect()
}

/// Those that a program sees in this build: one needs the engine's debug assertions, which only the fuzz targets have, and
/// one is only seen from outside.
fn shown() -> impl Iterator<Item = Entry> {
    let unseen = ["sync-typed-yield-asserts", "keeps-returned-calls"];
    entries().filter(move |entry| !unseen.contains(&entry.known.name()))
}

/// The first difference of a run in which the native engine did this; `None` if a schedule of the reference allows it.
fn explanation(
    case: &StoredCase,
    run: &Run,
    (native, failure): (&RunObservation, &Option<Failure>),
) -> Option<Explanation> {
    let reference = || Reference::new(&case.case).expect("the reference knows the component");
    if let Some(failure) = failure {
        return Some(failure.explain(
            &active(),
            &reference(),
            run,
            native,
            BUDGET,
            &mut Tried::default(),
        ));
    }
    let about = about(Release::DEFAULT);
    let seen = Seen {
        run: native,
        may_mean: &about.may_mean,
    };
    match compare(&reference(), run, seen, BUDGET) {
        Membership::Allowed { .. } => None,
        Membership::NotAllowed {
            difference,
            reached,
            ..
        } => {
            let (plain, deviations) = (reference(), active().deviations(false));
            let difference = Some((&difference, &reached.coverage));
            let tried = &mut Tried::default();
            let explained = known::explain(
                &active(),
                (&plain, &deviations),
                run,
                native,
                difference,
                BUDGET,
                tried,
            );
            Some(explained.explanation)
        }
        Membership::Unknown(why) => panic!("it cannot be said: {why}"),
    }
}

/// The observations with one event altered, or with one too many: in every place up to the first trap, after which the
/// divergence that runs on ends what can be compared.
fn alterations(native: &RunObservation) -> Vec<RunObservation> {
    let mut altered = Vec::new();
    let more = Event {
        point: 99,
        value: 0,
    };
    for position in 0..=native.instantiation.events.len() {
        let mut other = native.clone();
        other.instantiation.events.insert(position, more);
        altered.push(other);
    }
    for (index, invocation) in native.invocations.iter().enumerate() {
        for position in 0..invocation.events.len() {
            let mut other = native.clone();
            other.invocations[index].events[position].value ^= 1;
            altered.push(other);
        }
        for position in 0..=invocation.events.len() {
            let mut other = native.clone();
            other.invocations[index].events.insert(position, more);
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
    for entry in all() {
        let (known, header) = (&entry.known, &entry.case.header);
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
        assert!(header.contains(&entry.link), "{known}: no link");
    }
}

#[test]
fn the_reference_does_all_that_the_cases_claim() {
    for entry in all() {
        let (known, stored) = (&entry.known, &entry.case);
        for (directive, status) in stored
            .directives
            .iter()
            .zip(check_reference(stored, BUDGET))
        {
            assert_eq!(status, Status::Passed, "{known}:{}", directive.line);
        }
    }
}

#[test]
fn the_native_engine_fails_a_claim_of_every_run() {
    for entry in shown() {
        let (known, stored) = (&entry.known, &entry.case);
        let statuses = check_native(stored, &native().observe(&stored.case));
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
    for Entry { known, case, .. } in shown() {
        let verdict = judge.judge(&case.case).verdict;
        assert_eq!(verdict, Verdict::Known(BTreeSet::from([known])));
    }
}

/// The cases of `corpus/known/combined`: the first line of each begins with the names.
fn combined() -> Vec<(BTreeSet<Known>, StoredCase)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/known/combined");
    let files = std::fs::read_dir(folder).expect("the folder is there");
    let read = |file: std::io::Result<std::fs::DirEntry>| {
        let path = file.expect("it can be listed").path();
        let case = StoredCase::read(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        let (names, _) = case.header[0].split_once(": ").expect("names, and what");
        let known = names.split(" and ").map(|name| entry(name).known);
        (known.collect(), case)
    };
    files.map(read).collect()
}

#[test]
fn several_known_divergences_in_one_run_are_known_by_exactly_their_names() {
    let combined = combined();
    assert!(combined.len() > 1);
    let judge = Judge::new(native());
    for (known, stored) in combined {
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
    for entry in shown() {
        let (known, stored) = (&entry.known, &entry.case);
        let seen = observed(known, stored);
        assert_eq!(seen.len(), stored.case.runs.len(), "{known}");
        for (index, (run, (native, failure))) in stored.case.runs.iter().zip(&seen).enumerate() {
            let expected = Some(Explanation::Known(vec![known.clone()]));
            assert_eq!(
                explanation(stored, run, (native, failure)),
                expected,
                "{known}: run {index}"
            );
        }
    }
}

#[test]
fn another_difference_in_the_run_of_a_known_divergence_is_new() {
    for entry in shown() {
        let (known, stored) = (&entry.known, &entry.case);
        let seen = observed(known, stored);
        for (index, (run, (native, failure))) in stored.case.runs.iter().zip(&seen).enumerate() {
            let altered = alterations(native);
            assert!(!altered.is_empty(), "{known}: run {index}");
            for other in altered {
                let explanation = explanation(stored, run, (&other, failure));
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
    for entry in shown() {
        let (known, stored) = (&entry.known, &entry.case);
        for (run, (mut native, failure)) in stored.case.runs.iter().zip(observed(known, stored)) {
            let Some(leftover) = &mut native.leftover else {
                continue;
            };
            *leftover = !*leftover;
            altered += 1;
            assert_eq!(
                explanation(stored, run, (&native, &failure)),
                Some(Explanation::New),
                "{known}"
            );
        }
    }
    assert!(altered > 0);
}

#[test]
fn a_call_that_is_kept_shows_only_in_what_is_left() {
    let Entry { known, case, .. } = entry("keeps-returned-calls");
    let stored = &case;
    let (mut native, _) = observed(&known, stored).swap_remove(0);
    let run = &stored.case.runs[0];
    let known = Explanation::Known(vec![known]);
    assert_eq!(explanation(stored, run, (&native, &None)), Some(known));
    for other in alterations(&native) {
        let explained = explanation(stored, run, (&other, &None));
        assert_eq!(explained, Some(Explanation::New), "{other:?}");
    }
    native.leftover = Some(false);
    assert_eq!(explanation(stored, run, (&native, &None)), None);
}

/// The failed assertion shows only in an engine that is built with its assertions, so what such an engine sees is played
/// here: the run up to the yield.
#[test]
fn a_failed_assertion_is_known_only_after_a_run_that_leads_to_it() {
    let Entry { known, case, .. } = entry("sync-typed-yield-asserts");
    let stored = &case;
    let run = &stored.case.runs[0];
    let reference = || Reference::new(&stored.case).expect("the reference knows the component");
    let (plain, deviations) = (reference(), active().deviations(true));
    let coverage = &mut Coverage::default();
    let (_, native) = run_deviating(&plain, &deviations, run, &mut Fixed, &mut (), coverage);
    let mut native = native.expect("the reference runs it");
    let message = "panic at wasmtime-48.0.8/src/runtime/component/concurrent.rs:2216:9: \
                   assertion failed: matches!(reason, SuspendReason::";
    let failure = active().failure(message).expect("it is known");
    let explain = |native: &RunObservation| {
        failure.explain(
            &active(),
            &plain,
            run,
            native,
            BUDGET,
            &mut Tried::default(),
        )
    };
    let known = Explanation::Known(vec![known]);
    assert_eq!(explain(&native), known);
    for other in alterations(&native) {
        assert_eq!(explain(&other), Explanation::New, "{other:?}");
    }
    // The same panic where nothing yields.
    let other = entry("not-locked-down").case;
    native.invocations = vec![InvocationObservation::default()];
    let elsewhere = Reference::new(&other.case).expect("the reference knows the component");
    let explained = failure.explain(
        &active(),
        &elsewhere,
        &other.case.runs[0],
        &native,
        BUDGET,
        &mut Tried::default(),
    );
    assert_eq!(explained, Explanation::New);
    assert_eq!(active().failure(&message.replace("2216", "2217")), None);
}

#[test]
fn a_known_failure_of_an_instance_that_should_be_locked_is_known() {
    let Entry { known, case, .. } = entry("not-locked-down");
    let stored = &case;
    let (native, _) = observed(&known, stored).swap_remove(0);
    let failure = active().failure("BUG: lift_result field is missing");
    assert!(failure.is_some());
    let expected = Explanation::Known(vec![known, "returns-internal-error".into()]);
    let run = &stored.case.runs[0];
    let explained = explanation(stored, run, (&native, &failure));
    assert_eq!(explained, Some(expected));
    // But not if the instance did something else before.
    for other in alterations(&native) {
        let explained = explanation(stored, run, (&other, &failure));
        assert_eq!(explained, Some(Explanation::New), "{other:?}");
    }
}

/// The list of a folder in which this known divergence is.
fn folder_of(name: &str, says: &str) -> Result<List, String> {
    let folder = tempfile::tempdir().expect("there is room");
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/known/cancels-twice.wast");
    std::fs::copy(case, folder.path().join(name).with_extension("wast")).expect("it is there");
    std::fs::write(folder.path().join(name).with_extension("toml"), says).expect("there is room");
    let read = List::of_folder(folder.path(), &[&Wasmtime]);
    read.map_err(|error| error.message)
}

const SAYS: &str =
    "link = \"https://example.org\"\nengine = \"wasmtime\"\nreleases = [\"48.0.8\"]\n[matches]\n";

#[test]
fn a_finding_is_known_by_its_kind_on_the_releases_that_have_it_and_on_no_other() {
    let case = entry("cancels-twice").case.case;
    let nothing = Judge::knowing(Box::new(native()), Active::default()).judge(&case);
    let fingerprint = Fingerprint::of(&nothing).expect("a divergence has one");
    let says = format!("{SAYS}fingerprint = \"{fingerprint}\"\n");
    let list = folder_of("twice", &says).expect("it is right");
    let verdict = |release| {
        Judge::knowing(Box::new(native()), list.of(&about(release)))
            .judge(&case)
            .verdict
    };
    let known = Verdict::Known(BTreeSet::from(["twice".into()]));
    assert_eq!(verdict(Release::V48), known);
    assert_eq!(verdict(Release::V47), nothing.verdict);
    let other = folder_of("twice", &format!("{SAYS}signature = \"leaves threads\"\n"));
    let other = other.expect("it is right").of(&about(Release::V48));
    let verdict = Judge::knowing(Box::new(native()), other)
        .judge(&case)
        .verdict;
    assert_eq!(verdict, nothing.verdict);
}

#[test]
fn no_error_that_is_known_to_be_no_trap_is_one_for_the_engine() {
    let mut messages = 0;
    for entry in all() {
        let Matches::Deviation(_, Some(fails)) = &entry.matches else {
            continue;
        };
        for message in &fails.messages {
            messages += 1;
            assert_eq!(native().end_of(message), None, "{message}");
        }
    }
    assert!(messages > 10, "{messages}");
    let trap = native().end_of("unknown handle index 7");
    assert_eq!(trap, Some(End::Trap(Trap::UnknownIndex)));
}

#[test]
fn a_file_that_names_what_there_is_not_is_an_error() {
    let wrong = |says: String| folder_of("a", &says).expect_err("it is wrong");
    let deviation = format!("{SAYS}deviation = \"cancels-thrice\"\n");
    assert_eq!(wrong(deviation), "no deviation is called `cancels-thrice`");
    let rule = format!("{SAYS}rule = \"locked-down\"\n");
    assert_eq!(wrong(rule), "no rule is called `locked-down`");
    let right = format!("{SAYS}deviation = \"cancels-twice\"\n");
    let engine = right.replace("\"wasmtime\"", "\"jco\"");
    assert_eq!(wrong(engine), "no engine is called `jco`, only `wasmtime`");
    let release = wrong(right.replace("48.0.8", "48.0.9"));
    assert!(
        release.starts_with("no release `48.0.9`, only 44.0.0, "),
        "{release}"
    );
    let fails = format!("{right}[matches.failure]\nmessages = []\nstands-for = \"a\"\n");
    assert_eq!(wrong(fails), "no trap is called `a`");
    let kind = wrong(format!("{SAYS}signature = \"walks away\"\n"));
    assert_eq!(kind, "no kind of a finding reads `walks away`");
    assert!(folder_of("a", &right).is_ok());
}
