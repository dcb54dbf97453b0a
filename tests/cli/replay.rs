//! `spawndiff replay`.

use super::{
    Ran, bad_files, count, file, folder, good_case, good_text, is_place_and_message, spawndiff,
};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

const ENGINES: [&str; 2] = ["cranelift", "reference"];
const COUNTS: [&str; 4] = ["directives", "passed", "failed", "unsupported"];

fn replay(options: &[&str], paths: &[&Path]) -> Ran {
    let options = ["replay"].iter().chain(options).map(OsStr::new);
    spawndiff(options.chain(paths.iter().map(|path| path.as_os_str())))
}

/// The `.wast` files that are replayed when nothing is asked for.
fn stored_files() -> Vec<PathBuf> {
    let entries = fs::read_dir(good_case().parent().expect("a case has a folder"));
    let paths = entries
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry").path());
    paths
        .filter(|path| path.extension() == Some(OsStr::new("wast")))
        .collect()
}

#[test]
fn without_arguments_every_stored_case_holds_on_both_engines() {
    let ran = replay(&[], &[]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    let rows: Vec<Vec<&str>> = ran
        .out
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(
        rows[0],
        [
            "engine",
            "files",
            "directives",
            "passed",
            "failed",
            "unsupported"
        ]
    );
    assert_eq!(rows.len(), 1 + ENGINES.len(), "{}", ran.out);
    let files = stored_files().len().to_string();
    for (row, engine) in rows[1..].iter().zip(ENGINES) {
        let [name, in_files, directives, passed, failed, unsupported] = row[..] else {
            panic!("{row:?}");
        };
        assert_eq!(
            (name, in_files, failed, unsupported),
            (engine, files.as_str(), "0", "0")
        );
        assert_eq!(directives, passed);
    }
}

#[test]
fn the_json_counts_by_engine_and_by_file() {
    let ran = replay(&["--json"], &[]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    let json = ran.json();
    assert_eq!(json["unreadable"], serde_json::json!([]));
    let engines = json["engines"].as_object().expect("engines are an object");
    assert_eq!(engines.keys().collect::<Vec<_>>(), ENGINES);
    for (engine, report) in engines {
        let files = report["per_file"]
            .as_object()
            .expect("an entry for every file");
        assert_eq!(files.len(), stored_files().len(), "{engine}");
        assert_eq!(count(report, "files"), files.len() as u64, "{engine}");
        for name in COUNTS {
            let sum: u64 = files.values().map(|file| count(file, name)).sum();
            assert_eq!(count(report, name), sum, "{engine}: {name}");
        }
        for (name, file) in files {
            let [directives, passed, failed, unsupported] = COUNTS.map(|name| count(file, name));
            assert!(directives > 0, "{engine}: {name}");
            assert_eq!(
                directives,
                passed + failed + unsupported,
                "{engine}: {name}"
            );
        }
    }
}

#[test]
fn only_the_engines_that_were_asked_for_replay() {
    for (options, engines) in [
        (&["--engine", "reference"][..], &["reference"][..]),
        (
            &["--engine", "cranelift", "--engine", "cranelift"],
            &["cranelift"],
        ),
        (
            &["--engine", "reference", "--engine", "cranelift"],
            &ENGINES,
        ),
    ] {
        let ran = replay(&[options, &["--json"]].concat(), &[&good_case()]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        let json = ran.json();
        let replayed = json["engines"].as_object().expect("engines are an object");
        assert_eq!(replayed.keys().collect::<Vec<_>>(), engines);
        assert!(
            replayed.values().all(|report| count(report, "files") == 1),
            "{json}"
        );
    }
}

/// A file that cannot be replayed, `bad`, beside a good one: it is one line that starts with its path
/// and `place`, and the good one is replayed on every engine.
fn reported_and_the_rest_replayed(bad: &Path, place: &str) {
    let good = good_case();
    for paths in [[bad, &good], [&good, bad]] {
        let ran = replay(&["--json"], &paths);
        assert_eq!(ran.code, 2, "{}", ran.err);
        let line = ran.error_line();
        let rest = line.strip_prefix(&*bad.to_string_lossy());
        let rest = rest.unwrap_or_else(|| panic!("the line does not start with the file: {line}"));
        assert!(
            rest.starts_with(place) && is_place_and_message(rest),
            "{line}"
        );
        let json = ran.json();
        assert_eq!(json["unreadable"], serde_json::json!([line]));
        for engine in ENGINES {
            let report = &json["engines"][engine];
            assert_eq!(count(report, "files"), 1, "{json}");
            assert!(count(report, "passed") > 0, "{json}");
            assert_eq!(
                count(report, "passed"),
                count(report, "directives"),
                "{json}"
            );
        }
    }
    // The same without --json: the table is there.
    let ran = replay(&[], &[bad, &good]);
    assert_eq!(ran.code, 2);
    assert!(
        ENGINES.iter().all(|engine| ran.out.contains(engine)),
        "{}",
        ran.out
    );
}

#[test]
fn a_path_that_is_not_there_is_reported_and_the_rest_replayed() {
    let folder = folder();
    reported_and_the_rest_replayed(&folder.path().join("not there.wast"), ": ");
}

#[test]
fn a_file_that_is_no_case_is_reported_and_the_rest_replayed() {
    let folder = folder();
    for (name, bytes, place) in bad_files() {
        // No case, but a script: it is replayed.
        if name != "foreign.wast" {
            reported_and_the_rest_replayed(&file(&folder, name, bytes), place);
        }
    }
}

#[cfg(unix)]
#[test]
fn a_link_to_nowhere_does_not_hide_the_rest_of_its_folder() {
    let folder = folder();
    let nowhere = folder.path().join("a.wast");
    std::os::unix::fs::symlink("nowhere", &nowhere).expect("a link can be made");
    let below = folder.path().join("below");
    fs::create_dir(&below).expect("a folder can be made");
    fs::write(below.join("b.wast"), good_text()).expect("a file can be written");
    let ran = replay(&["--json"], &[folder.path()]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.error_line().starts_with(&*nowhere.to_string_lossy()),
        "{}",
        ran.err
    );
    assert_eq!(count(&ran.json()["engines"]["reference"], "files"), 1);
}

#[test]
fn a_folder_without_cases_is_an_error() {
    let folder = folder();
    file(&folder, "notes.txt", "not a case");
    let ran = replay(&[], &[folder.path()]);
    let line = ran.refused();
    assert!(line.contains(&*folder.path().to_string_lossy()), "{line}");
}

#[test]
fn a_file_that_is_named_twice_is_replayed_once() {
    let good = good_case();
    let json = replay(&["--json"], &[&good, &good]).json();
    assert_eq!(count(&json["engines"]["cranelift"], "files"), 1);
}

/// The number of the line, from 1, that holds the first difference.
fn first_changed_line(one: &str, other: &str) -> usize {
    let differs = one
        .lines()
        .zip(other.lines())
        .position(|(one, other)| one != other);
    1 + differs.expect("the text was changed")
}

#[test]
fn a_claim_that_does_not_hold_fails_at_its_line() {
    let folder = folder();
    let good = good_text();
    // Each in a directive that takes one line only, so the line that differs is the directive's.
    let returns = good.replacen(
        "(assert_return (invoke \"e\" (u32.const 0)))",
        "(assert_trap (invoke \"e\" (u32.const 0)) \"unreachable\")",
        1,
    );
    let deadlock = fs::read_to_string(good_case().with_file_name("deadlock.wast"));
    let deadlock = deadlock.expect("the case is there");
    let traps = deadlock.replacen("\"deadlock detected\"", "\"unreachable\"", 1);
    for (name, right, wrong) in [
        ("returns.wast", &good, &returns),
        ("traps.wast", &deadlock, &traps),
    ] {
        let line = first_changed_line(right, wrong) as u64;
        let path = file(&folder, name, wrong);
        let ran = replay(&[], &[&path]);
        assert_eq!((ran.code, ran.err.as_str()), (1, ""), "{name}: {}", ran.out);
        for engine in ENGINES {
            let place = format!("{}:{line}: {engine}: ", path.display());
            assert!(
                ran.out.lines().any(|line| line.starts_with(&place)),
                "{place}\n{}",
                ran.out
            );
        }
        let ran = replay(&["--json"], &[&path]);
        assert_eq!(ran.code, 1);
        let json = ran.json();
        for engine in ENGINES {
            let score = &json["engines"][engine]["per_file"][&*path.to_string_lossy()];
            assert!(count(score, "failed") > 0, "{json}");
            assert_eq!(count(&score["first_failure"], "line"), line, "{json}");
            let message = score["first_failure"]["message"]
                .as_str()
                .unwrap_or_default();
            assert!(!message.is_empty(), "{json}");
        }
        assert_eq!(
            json["diverged"],
            serde_json::json!({}),
            "both engines do the same"
        );
    }
}

#[test]
fn a_wrong_event_is_told_with_the_right_one() {
    let folder = folder();
    let event = "(tuple.const (u32.const 10) (u64.const 0))";
    let wrong = good_text().replacen(event, "(tuple.const (u32.const 10) (u64.const 99))", 1);
    let ran = replay(&[], &[&file(&folder, "events.wast", wrong)]);
    assert_eq!(ran.code, 1);
    let failure = "event 0 is log 10 0, not log 10 99";
    assert_eq!(
        ran.out.matches(failure).count(),
        ENGINES.len(),
        "{}",
        ran.out
    );
}

#[test]
fn a_ci_system_gets_a_suite_for_each_engine_and_a_test_for_each_file() {
    let folder = folder();
    let wrong = good_text().replacen(
        "(component instance $",
        "(component instance $r9 $spawndiff)\n(assert_trap (invoke \"e\" (u32.const 1)) \"<nothing> & more\")\n(component instance $",
        1,
    );
    assert_ne!(wrong, good_text());
    let wrong = file(&folder, "wrong.wast", wrong);
    let bad = file(&folder, "bad.wast", "(");
    let xml = folder.path().join("junit.xml");
    let option = xml.to_str().expect("the name is text");
    let ran = replay(&["--junit", option], &[&good_case(), &wrong, &bad]);
    assert_eq!(ran.code, 2, "{}", ran.out);
    let text = fs::read_to_string(&xml).expect("the report is there");
    for engine in ENGINES {
        let suite = format!("<testsuite name=\"{engine}\" tests=\"2\"");
        assert!(text.contains(&suite), "{text}");
    }
    assert_eq!(text.matches("<failure").count(), ENGINES.len(), "{text}");
    assert_eq!(text.matches("<error").count(), 1, "{text}");
    assert!(text.contains("bad.wast"), "{text}");
    // Into a place that is not there: said in one line, and nothing is lost of what was found.
    let nowhere = folder.path().join("no/junit.xml");
    let ran = replay(
        &["--junit", nowhere.to_str().expect("text")],
        &[&good_case()],
    );
    assert_eq!(ran.code, 2);
    assert!(ran.error_line().contains("cannot write"), "{}", ran.err);
    assert!(ran.out.contains("cranelift"), "{}", ran.out);
}
