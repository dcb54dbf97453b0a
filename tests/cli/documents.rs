//! The documents: what is generated is not stale, and what they name is there.

use super::{folder, spawndiff};
use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The documents for people: those at the top, in `docs` and in `ci`.
fn documents() -> Vec<PathBuf> {
    let mut all = Vec::new();
    for folder in [
        "",
        "docs",
        "ci",
        "findings/specification",
        "findings/wasmi-2.0.0",
        "findings/wasmtime-48.0.8",
        "findings/wasmtime-50.0.1",
    ] {
        let entries = fs::read_dir(Path::new(ROOT).join(folder)).expect("the folder is there");
        let paths = entries.map(|entry| entry.expect("it can be listed").path());
        all.extend(paths.filter(|path| path.extension().is_some_and(|it| it == "md")));
    }
    assert!(all.len() > 12, "{all:?}");
    all
}

#[test]
fn the_page_of_known_divergences_says_what_the_entries_say() {
    let ran = spawndiff(["known", "--markdown"]);
    assert_eq!((ran.code, &*ran.err), (0, ""));
    let page = fs::read_to_string(Path::new(ROOT).join("docs/known-divergences.md"));
    let page = page.expect("the page is there");
    assert!(
        page == ran.out,
        "it is stale: spawndiff known --markdown > docs/known-divergences.md"
    );
    let rows = page.lines().filter(|line| line.starts_with("| `")).count();
    let entries = fs::read_dir(Path::new(ROOT).join("corpus/known")).expect("it is there");
    let entries = entries.filter(|entry| {
        let path = entry.as_ref().expect("it can be listed").path();
        path.extension().is_some_and(|it| it == "toml")
    });
    assert_eq!(rows, entries.count());
    assert!(
        !page.contains("|  |"),
        "an entry says nothing of what the engine does, or should do"
    );
}

#[test]
fn a_known_divergence_that_does_not_say_what_the_engine_does_is_on_the_page_all_the_same() {
    let folder = folder();
    let case = Path::new(ROOT).join("corpus/known/cancels-twice.wast");
    fs::copy(case, folder.path().join("a.wast")).expect("it is there");
    let says = "link = \"https://example.org/a\"\nengine = \"wasmtime\"\nsince = \"44.0.0\"\n\
                [matches]\ndeviation = \"cancels-twice\"\n";
    fs::write(folder.path().join("a.toml"), says).expect("there is room");
    let known = folder.path().as_os_str();
    let ran = spawndiff([
        "--known".as_ref(),
        known,
        "known".as_ref(),
        "--markdown".as_ref(),
    ]);
    assert_eq!((ran.code, &*ran.err), (0, ""));
    let row = "| `a` | 44.0.0 and later |  |  | [a](https://example.org/a) |\n";
    assert!(ran.out.ends_with(row), "{}", ran.out);
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    let mut links = 0;
    for path in documents() {
        let text = fs::read_to_string(&path).expect("it is text");
        let folder = path.parent().expect("it lies in a folder");
        for (at, _) in text.match_indices("](") {
            let target = &text[at + 2..];
            let target = &target[..target.find(')').expect("a link ends")];
            if target.starts_with("http") || target.starts_with('#') {
                continue;
            }
            let file = target.split('#').next().unwrap_or(target);
            assert!(folder.join(file).exists(), "{}: {target}", path.display());
            links += 1;
        }
    }
    assert!(links > 20, "{links}");
}

#[test]
fn every_file_of_this_repository_that_a_document_names_is_there() {
    let tops = [
        "src/",
        "oracles/",
        "generators/",
        "corpus/",
        "tests/",
        "ci/",
        "findings/",
        "fuzz/",
    ];
    let mut names = 0;
    for path in documents() {
        let text = fs::read_to_string(&path).expect("it is text");
        for name in text.split('`').skip(1).step_by(2) {
            let is_path = tops.iter().any(|top| name.starts_with(top));
            // Not a command, and no name that stands for any.
            if !is_path
                || name.contains([' ', '*', '{'])
                || name.contains("NAME")
                || name.contains("v49")
            {
                continue;
            }
            // A case is named without its ending.
            let file = Path::new(ROOT).join(name);
            let there = file.exists() || file.with_extension("wast").exists();
            assert!(
                there || name.ends_with("name.rs"),
                "{}: {name}",
                path.display()
            );
            names += 1;
        }
    }
    assert!(names > 60, "{names}");
}

#[test]
fn the_first_page_is_short() {
    let text = fs::read_to_string(Path::new(ROOT).join("README.md")).expect("it is text");
    assert!(text.lines().count() <= 150);
}
