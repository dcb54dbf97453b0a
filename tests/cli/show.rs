//! `spawndiff show`.

use super::{Ran, bad_files, file, folder, good_case, good_text, is_place_and_message, spawndiff};
use std::path::Path;

const MARK: &str = "<-- first difference";

fn show(path: &Path) -> Ran {
    spawndiff(["show".as_ref(), path.as_os_str()])
}

/// Whether a line of `out` has these words and no other.
fn has_line(out: &str, words: &[&str]) -> bool {
    out.lines()
        .any(|line| line.split_whitespace().eq(words.iter().copied()))
}

#[test]
fn a_case_is_shown_with_its_component_both_traces_and_the_schedule() {
    let ran = show(&good_case());
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    let header = good_text()
        .lines()
        .next()
        .expect("a case has a header")
        .to_string();
    assert!(ran.out.starts_with(&header), "{}", ran.out);
    assert!(ran.out.contains("\n(component\n"), "{}", ran.out);
    assert!(
        ran.out.contains("(canon thread.new-indirect"),
        "{}",
        ran.out
    );
    assert!(has_line(&ran.out, &["native", "reference"]), "{}", ran.out);
    assert!(has_line(&ran.out, &["e(u32", "2147483648)"]), "{}", ran.out);
    for words in [&["log", "10", "2147483648"][..], &["returned"], &["quiet"]] {
        assert!(
            has_line(&ran.out, &[words, words].concat()),
            "{words:?}:\n{}",
            ran.out
        );
    }
    assert!(
        ran.out.contains("schedule of the reference: ["),
        "{}",
        ran.out
    );
    assert!(ran.out.ends_with("\nagree\n"), "{}", ran.out);
    assert!(!ran.out.contains(MARK), "{}", ran.out);
    assert!(
        ran.out.lines().all(|line| line == line.trim_end()),
        "spaces at the end of a line"
    );
}

#[test]
fn what_start_functions_log_is_shown_before_the_first_call() {
    let ran = show(&good_case().with_file_name("start-function-logs.wast"));
    assert_eq!(ran.code, 0, "{}", ran.out);
    let (before, after) = ran.out.split_once("\n  e0()\n").expect("the call");
    assert!(has_line(before, &["instantiation"]), "{}", ran.out);
    assert!(
        has_line(before, &["log", "0", "2", "log", "0", "2"]),
        "{}",
        ran.out
    );
    assert!(
        !has_line(after, &["log", "0", "2", "log", "0", "2"]),
        "{}",
        ran.out
    );
}

#[test]
fn a_result_that_an_embedder_does_not_hear_of_is_no_difference() {
    // After the trap of a post-return the caller never sees the value.
    let ran = show(&good_case().with_file_name("post-return-cannot-leave.wast"));
    assert_eq!(ran.code, 0);
    let unheard = ["did", "not", "return", "returned", "u32", "41"];
    assert!(
        has_line(&ran.out, &unheard),
        "the case does not show it:\n{}",
        ran.out
    );
    assert!(!ran.out.contains(MARK), "{}", ran.out);
}

#[test]
fn the_first_difference_of_a_run_is_marked_and_no_other() {
    // A case that Wasmtime is known to run in a way that no schedule allows.
    let cases = good_case();
    let corpus = cases
        .ancestors()
        .nth(2)
        .expect("a case is in a folder of the corpus");
    let ran = show(&corpus.join("known/promotes-suspended.wast"));
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.out.ends_with("\nknown: promotes-suspended\n"),
        "{}",
        ran.out
    );
    let runs: Vec<&str> = ran.out.split("\nrun ").skip(1).collect();
    assert!(!runs.is_empty(), "{}", ran.out);
    for run in runs {
        let marked: Vec<&str> = run.lines().filter(|line| line.ends_with(MARK)).collect();
        let [marked] = marked[..] else {
            panic!("{} marks: {run}", marked.len())
        };
        // Up to there both columns say the same.
        for line in run.lines().take_while(|line| *line != marked).skip(2) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let (left, right) = words.split_at(words.len() / 2);
            assert!(left == right || line.ends_with(')'), "{line}");
        }
    }
}

#[test]
fn an_internal_error_of_the_engine_is_where_its_trace_ends_and_its_message_after_the_runs() {
    let cases = good_case();
    let corpus = cases
        .ancestors()
        .nth(2)
        .expect("a case is in a folder of the corpus");
    let ran = show(&corpus.join("known/combined/cancels-other-end-and-drops-it.wast"));
    assert_eq!(ran.code, 0, "{}", ran.err);
    let (runs, after) = ran
        .out
        .split_once("\n\ninternal error: ")
        .expect("a message");
    let last = runs.lines().rfind(|line| line.ends_with(MARK));
    let words: Vec<&str> = last
        .unwrap_or_default()
        .split_whitespace()
        .take(4)
        .collect();
    assert_eq!(words, ["internal", "error", "trap", "wrong-end"], "{runs}");
    assert!(
        after.starts_with("BUG: write state is already dropped"),
        "{after}"
    );
}

#[test]
fn a_file_that_is_no_case_is_one_line() {
    let folder = folder();
    let mut bad = vec![(folder.path().join("not there.wast"), ": ")];
    for (name, bytes, place) in bad_files() {
        bad.push((file(&folder, name, bytes), place));
    }
    bad.push((folder.path().to_path_buf(), ": "));
    for (path, place) in bad {
        let ran = show(&path);
        let line = ran.refused();
        let rest = line
            .strip_prefix(&*path.to_string_lossy())
            .unwrap_or_default();
        assert!(
            rest.starts_with(place) && is_place_and_message(rest),
            "{line}"
        );
    }
}
