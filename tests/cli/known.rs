//! `spawndiff known`, and `--known`: known divergences as files.

use super::{Ran, command, folder, spawndiff};
use std::fs;
use std::path::Path;

const SAYS: &str =
    "link = \"https://example.org\"\nengine = \"wasmtime\"\nreleases = [\"48.0.8\"]\n[matches]\n";

/// A folder with a known divergence that matches so, and has this case of `corpus`.
fn known(matches: &str, case: &str) -> tempfile::TempDir {
    let folder = folder();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    fs::copy(corpus.join(case), folder.path().join("a.wast")).expect("it is there");
    fs::write(folder.path().join("a.toml"), format!("{SAYS}{matches}\n")).expect("there is room");
    folder
}

fn with(folder: &Path, args: &[&str]) -> Ran {
    let mut command = command();
    command.arg("--known").arg(folder).args(args);
    Ran::from(command.output().expect("the binary starts"))
}

#[test]
fn every_one_that_is_built_in_shows_where_it_is_said_to() {
    let ran = spawndiff(["known", "--engine", "cranelift"]);
    assert_eq!((ran.code, &*ran.err), (0, ""), "{}", ran.out);
    let words = |name: &str| {
        let line = ran.out.lines().find(|line| line.starts_with(name));
        let line = line.unwrap_or_else(|| panic!("no {name}: {}", ran.out));
        line.split_whitespace().last().map(str::to_string)
    };
    assert_eq!(words("cancels-twice").as_deref(), Some("shows"));
    // Not said of this release, where two others account for its case.
    assert_eq!(words("cancel-misses-woken").as_deref(), Some("-"));
    assert_eq!(
        words("sync-typed-yield-asserts ").as_deref(),
        Some("untold")
    );
    assert!(
        ran.out
            .contains("it needs an engine that is built with its assertions")
    );
}

#[test]
fn one_that_is_not_seen_any_more_is_fixed() {
    let folder = known("deviation = \"cancels-twice\"", "cases/thread-index.wast");
    let ran = with(folder.path(), &["known", "--engine", "cranelift"]);
    assert_eq!((ran.code, &*ran.err), (1, ""), "{}", ran.out);
    let line = ran.out.lines().find(|line| line.starts_with("a "));
    assert!(
        line.is_some_and(|line| line.ends_with("FIXED")),
        "{}",
        ran.out
    );
    assert!(
        ran.out
            .ends_with("fixed, and to be struck from their files\n")
    );
}

#[test]
fn one_that_is_not_said_of_a_release_and_shows_there_is_not_listed() {
    let folder = known("deviation = \"cancels-twice\"", "known/cancels-twice.wast");
    let file = folder.path().join("a.toml");
    let says = fs::read_to_string(&file).expect("it is there");
    fs::write(&file, says.replace("48.0.8", "47.0.0")).expect("there is room");
    let ran = with(folder.path(), &["known", "--engine", "cranelift"]);
    assert_eq!((ran.code, &*ran.err), (0, ""), "{}", ran.out);
    let line = ran.out.lines().find(|line| line.starts_with("a "));
    assert!(
        line.is_some_and(|line| line.ends_with("not listed")),
        "{}",
        ran.out
    );
}

#[test]
fn what_is_not_in_the_folder_is_not_known_and_processes_of_its_own_go_by_it_too() {
    let case = "corpus/known/cancels-twice.wast";
    let judged = |folder: &Path| {
        let ran = with(
            folder,
            &[
                "replay",
                case,
                "--engine",
                "cranelift",
                "--engine",
                "reference",
            ],
        );
        ran.out
            .contains(&format!("{case}: cranelift: divergence: "))
    };
    let listed = known("deviation = \"cancels-twice\"", "known/cancels-twice.wast");
    assert!(!judged(listed.path()));
    let other = known(
        "deviation = \"cancels-sync-copy\"",
        "known/cancels-sync-copy.wast",
    );
    assert!(judged(other.path()));
}

#[test]
fn a_file_that_is_wrong_ends_the_program_before_it_begins() {
    let folder = known("deviation = \"cancels-thrice\"", "known/cancels-twice.wast");
    for args in [&["known"][..], &["run", "--cases", "1"], &["engines"]] {
        let ran = with(folder.path(), args);
        assert_eq!((ran.code, &*ran.out), (2, ""));
        let file = folder.path().join("a.toml");
        let expected = format!(
            "error: {}: no deviation is called `cancels-thrice`\n",
            file.display()
        );
        assert_eq!(ran.err, expected);
    }
    let nowhere = with(&folder.path().join("nowhere"), &["known"]);
    assert_eq!(nowhere.code, 2);
    assert!(nowhere.err.contains("nowhere: "), "{}", nowhere.err);
}
