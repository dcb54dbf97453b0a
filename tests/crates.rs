//! The crates of this workspace are kept apart: which of them may depend on which, and what the specification's machine may not
//! speak of.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The crates of this workspace, each with those that it depends on, also for its tests.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let cargo = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(ROOT)
        .output()
        .expect("cargo runs");
    assert!(
        cargo.status.success(),
        "{}",
        String::from_utf8_lossy(&cargo.stderr)
    );
    let metadata: Value = serde_json::from_slice(&cargo.stdout).expect("it is JSON");
    let text = |value: &Value| value.as_str().expect("it is a text").to_string();
    let packages = metadata["packages"].as_array().expect("there are packages");
    let crates: BTreeMap<String, BTreeSet<String>> = packages
        .iter()
        .map(|package| {
            let all = package["dependencies"].as_array().expect("it is a list");
            let all = all.iter().map(|dependency| text(&dependency["name"]));
            let ours = all.filter(|name| name.starts_with("spawndiff"));
            (text(&package["name"]), ours.collect())
        })
        .collect();
    assert!(crates.len() >= 9, "{crates:?}");
    crates
}

/// The crates of this workspace that a crate may depend on; `None` for any.
fn may_depend_on(name: &str) -> Option<&'static [&'static str]> {
    Some(match name {
        "spawndiff-corpus" => &[],
        "spawndiff-generators" | "spawndiff-observation" => &["spawndiff-corpus"],
        "spawndiff-reference" | "spawndiff-engines" => {
            &["spawndiff-corpus", "spawndiff-observation"]
        }
        "spawndiff-deviations" => &[
            "spawndiff-corpus",
            "spawndiff-observation",
            "spawndiff-reference",
        ],
        "spawndiff-judge" => &[
            "spawndiff-corpus",
            "spawndiff-deviations",
            "spawndiff-observation",
            "spawndiff-reference",
        ],
        // On top: they build the engines and hand them over.
        "spawndiff" | "spawndiff-fuzz" => return None,
        other => panic!("{other} is new: what may it depend on?"),
    })
}

#[test]
fn no_crate_depends_on_one_that_it_must_not_know() {
    for (name, all) in dependencies() {
        let Some(allowed) = may_depend_on(&name) else {
            continue;
        };
        let others: Vec<&String> = all
            .iter()
            .filter(|it| !allowed.contains(&it.as_str()))
            .collect();
        assert!(others.is_empty(), "{name} depends on {others:?}");
    }
}

#[test]
fn our_own_crates_keep_their_checks_in_the_profile_of_the_tests() {
    let manifest = std::fs::read_to_string(Path::new(ROOT).join("Cargo.toml")).expect("it is text");
    for name in dependencies().keys() {
        let profile = format!("[profile.dev.package.{name}]\nopt-level = ");
        let level = manifest.split_once(&profile).map(|(_, rest)| &rest[..2]);
        assert!(
            matches!(level, Some("1\n" | "2\n")),
            "{name} has no such profile"
        );
    }
}

/// The sources below a folder.
fn sources(folder: &Path, all: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be listed").path();
        if path.is_dir() {
            sources(&path, all);
        } else if path.extension().is_some_and(|it| it == "rs") {
            let text = std::fs::read_to_string(&path).expect("it is text");
            all.push((path.display().to_string(), text));
        }
    }
}

#[test]
fn the_machine_of_the_specification_names_no_engine_no_deviation_and_no_fault() {
    let mut all = Vec::new();
    sources(&Path::new(ROOT).join("oracles/reference/src"), &mut all);
    assert!(all.len() > 50);
    for (path, text) in all {
        let text = text.to_lowercase();
        for word in ["deviat", "planted", "wasmtime"] {
            assert!(!text.contains(word), "{path}: `{word}`");
        }
    }
}

#[test]
fn who_judges_and_who_prints_knows_engines_by_their_trait_only() {
    for (folder, least) in [("src", 20), ("oracles/judge/src", 15)] {
        let mut all = Vec::new();
        sources(&Path::new(ROOT).join(folder), &mut all);
        assert!(all.len() > least, "{folder}");
        for (path, text) in all {
            assert!(!text.contains("wasmtime::"), "{path}");
        }
    }
}
