//! The summary of a campaign for people, and what progress says of files.

use super::{Ran, command, folder};
use std::path::Path;

/// A campaign of some cases of seed 1 for which nothing is known, so that some of them are findings.
fn finding(out: &Path, known: &Path, more: &[&str]) -> Ran {
    let mut command = command();
    command.arg("--known").arg(known);
    command.args(["run", "--seed", "1", "--shrink", "0"]);
    if !more.contains(&"--cases") {
        command.args(["--cases", "40"]);
    }
    command.args(more).arg("--out").arg(out);
    Ran::from(command.output().expect("the binary starts"))
}

#[test]
fn the_last_line_is_the_verdict_and_each_kind_says_what_to_do_next() {
    let (out, known) = (folder(), folder());
    let ran = finding(out.path(), known.path(), &[]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let last = ran.out.lines().last().unwrap_or_default();
    assert!(last.starts_with("Found: "), "{}", ran.out);
    let next: Vec<&str> = ran
        .out
        .lines()
        .filter(|it| it.contains("to look at it"))
        .collect();
    let kinds = ran
        .out
        .lines()
        .filter(|it| it.contains(" times, first after "))
        .count();
    assert!(kinds > 0 && next.len() == kinds, "{}", ran.out);
    // The command that is named works.
    let (_, line) = next[0]
        .split_once(": spawndiff ")
        .expect("it names a command");
    let mut show = command();
    show.arg("--known").arg(known.path()).args(line.split(' '));
    let shown = Ran::from(show.output().expect("the binary starts"));
    assert_eq!(shown.code, 1, "{line}: {}", shown.err);
    let verdict = shown.out.lines().last().unwrap_or_default();
    assert!(
        verdict.starts_with("divergence: ") || verdict.starts_with("crash: "),
        "{}",
        shown.out
    );
}

#[test]
fn a_campaign_that_finds_nothing_says_so_last() {
    let out = folder();
    let mut command = command();
    command
        .args(["run", "--seed", "1", "--cases", "5", "--out"])
        .arg(out.path());
    let ran = Ran::from(command.output().expect("the binary starts"));
    assert_eq!(ran.code, 0, "{}", ran.err);
    let last = ran.out.lines().last().unwrap_or_default();
    assert!(
        last.starts_with("Nothing new: 5 cases, no divergence and no crash"),
        "{last}"
    );
}

#[test]
fn what_was_reached_is_a_table_when_asked_for_and_what_was_not_is_named_otherwise() {
    let (out, known) = (folder(), folder());
    let short = finding(out.path(), known.path(), &[]).out;
    let long = finding(out.path(), known.path(), &["--reached"]).out;
    let row = "thread.new-indirect returned";
    let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(!squeeze(&short).contains(row), "{short}");
    assert!(squeeze(&long).contains(row), "{long}");
    let line = short.lines().find(|line| line.starts_with("reached "));
    let line = line.unwrap_or_else(|| panic!("no such line: {short}"));
    // As many as the table marks.
    let (_, never) = line.split_once("; never: ").unwrap_or((line, ""));
    assert!(never.contains(" (any), "), "{line}");
    let of = |text: &str| -> u64 {
        let digits = text.split(|c: char| !c.is_ascii_digit());
        let mut numbers = digits.filter_map(|it| it.parse::<u64>().ok());
        let (reached, all) = (
            numbers.next().expect("a number"),
            numbers.next().expect("two"),
        );
        all - reached
    };
    let (_, table) = long.split_once("\nreached\n").expect("there is a table");
    let zeros = table
        .lines()
        .filter(|line| line.ends_with("<-- never"))
        .count();
    assert_eq!(of(line), zeros as u64, "{line}");
}

#[test]
fn no_colours_where_there_is_no_terminal() {
    let (out, known) = (folder(), folder());
    let ran = finding(out.path(), known.path(), &["--reached"]);
    assert!(!ran.out.contains('\u{1b}'), "{}", ran.out);
}

#[test]
fn a_file_that_progress_has_named_is_there_or_a_line_says_what_took_its_place() {
    let (out, known) = (folder(), folder());
    let ran = finding(out.path(), known.path(), &["--cases", "150", "--jobs", "1"]);
    let mut named = 0;
    for line in ran.progress.lines() {
        let line = line.trim_start_matches("campaign: ");
        let Some((file, _)) = line.split_once(": cranelift: ") else {
            continue;
        };
        named += 1;
        let replaced = ran
            .progress
            .contains(&format!(" took the place of {file}\n"));
        assert!(
            Path::new(file).exists() != replaced,
            "{file}: {}",
            ran.progress
        );
    }
    assert!(named > 1, "{}", ran.progress);
}
