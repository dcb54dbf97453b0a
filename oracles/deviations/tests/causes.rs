//! One cause a file: what an engine does otherwise is decided in the file that has its name, and nowhere else.

use spawndiff_deviations::Deviation;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Code that names a deviation outside of the file of its cause: the file, the deviation, and why.
const NAMED_ELSEWHERE: &[(&str, Deviation, &str)] = &[(
    "machine/builtins.rs",
    Deviation::PromotesItself,
    "it is a change of the text and has no file; the text traps then, before another cause is asked",
)];

/// Causes that call a function of another one: the file that calls, the one that is called, and why.
const CALLED_BY_CAUSES: &[(&str, &str, &str)] = &[
    (
        "cancels_other_end",
        "copies_unaligned",
        "a copy of what has crossed is a copy: it traps in the same way once something is copied",
    ),
    (
        "cancels_other_end",
        "wakes_excluded",
        "what is told of what has crossed is an event: it wakes the same threads",
    ),
    (
        "sync_typed_suspends",
        "leaves_in_called_post_return",
        "the trap is that of the caller where a thread is taken for that",
    ),
    (
        "sync_typed_suspends",
        "parent_child_traps",
        "a call that traps by both names either",
    ),
    (
        "sync_typed_yield_runs_others",
        "returned_may_not_suspend",
        "a task that was left to the host's loop is over when it would be over in its own loop",
    ),
    (
        "sync_typed_yield_runs_others",
        "sync_typed_suspends",
        "an engine in which such a task cannot suspend at all never leaves one to the host's loop",
    ),
];

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The name of the file of a deviation, without its ending.
fn cause(deviation: Deviation) -> String {
    deviation.name().replace('-', "_")
}

/// The deviations that have a file: the text itself does the others, in a later edition.
fn with_file() -> impl Iterator<Item = Deviation> {
    let all = Deviation::ALL.iter().copied();
    all.filter(|deviation| deviation.change().is_none())
}

/// The Rust files in a folder and its folders.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in folder.read_dir().expect("the folder can be read") {
        let path = entry.expect("its entries can be read").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
    found
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The code of a file, without comments.
fn code(file: &Path) -> String {
    let text = read(file);
    let lines = text.lines();
    let bare = lines.map(|line| line.split("//").next().unwrap_or_default());
    bare.collect::<Vec<_>>().join("\n")
}

/// The words of some code that come directly after this text.
fn words_after<'t>(code: &'t str, text: &str) -> BTreeSet<&'t str> {
    let in_word = |char: char| char.is_alphanumeric() || char == '_';
    let word = |after: &'t str| {
        after
            .split(|char| !in_word(char))
            .next()
            .unwrap_or_default()
    };
    code.split(text).skip(1).map(word).collect()
}

/// The deviations that some code names.
fn named(code: &str) -> BTreeSet<Deviation> {
    let words = words_after(code, "Deviation::");
    let all = Deviation::ALL.iter().copied();
    all.filter(|deviation| words.contains(format!("{deviation:?}").as_str()))
        .collect()
}

#[test]
fn each_deviation_has_a_file_of_its_name_which_says_what_it_is_and_decides_it() {
    for deviation in with_file() {
        let name = cause(deviation);
        let file = sources().join("wasmtime").join(&name).with_extension("rs");
        assert!(read(&file).starts_with("//! "), "{name} has no head");
        let named = named(&code(&file));
        assert!(named.contains(&deviation), "{name} does not decide it");
    }
}

#[test]
fn each_file_of_a_cause_is_that_of_a_deviation() {
    let names: BTreeSet<String> = with_file().map(cause).collect();
    let folder = sources().join("wasmtime");
    let declared = code(&folder.join("mod.rs"));
    let declared = words_after(&declared, "mod ");
    assert!(names.iter().map(String::as_str).eq(declared));
    for file in files(&folder) {
        let name = file.file_stem().expect("a file has a name");
        let name = name.to_str().expect("names are in ASCII");
        assert!(name == "mod" || names.contains(name), "{name}");
    }
}

#[test]
fn no_code_but_the_file_of_its_cause_names_a_deviation() {
    let folder = sources();
    let mut elsewhere = Vec::new();
    for file in files(&folder) {
        let path = file.strip_prefix(&folder).expect("it is in the folder");
        let path = path
            .to_str()
            .expect("names are in ASCII")
            .replace('\\', "/");
        // The list itself.
        if path == "deviation.rs" {
            continue;
        }
        for deviation in named(&code(&file)) {
            if path != format!("wasmtime/{}.rs", cause(deviation)) {
                elsewhere.push((path.clone(), deviation));
            }
        }
    }
    let allowed = NAMED_ELSEWHERE.iter();
    let allowed: Vec<_> = allowed
        .map(|&(path, deviation, _)| (path.to_string(), deviation))
        .collect();
    assert_eq!(elsewhere, allowed);
}

#[test]
fn a_cause_calls_another_one_only_where_there_is_a_reason() {
    let mut called = BTreeSet::new();
    for deviation in with_file() {
        let caller = cause(deviation);
        let path = sources().join("wasmtime").join(&caller);
        let code = code(&path.with_extension("rs"));
        for text in ["super::", "wasmtime::"] {
            for callee in words_after(&code, text) {
                called.insert((caller.clone(), callee.to_string()));
            }
        }
        // By these a file could name others in a way that is not seen here.
        for text in ["use super::{", "wasmtime::{", "wasmtime::*", "super::*"] {
            assert!(!code.contains(text), "{caller} has `{text}`");
        }
    }
    let allowed = CALLED_BY_CAUSES.iter();
    let allowed: BTreeSet<_> = allowed
        .map(|&(caller, callee, _)| (caller.to_string(), callee.to_string()))
        .collect();
    assert_eq!(called, allowed);
}
