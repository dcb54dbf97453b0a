//! `spawndiff report`, and the report beside each kind of finding of a campaign.

use super::{command, folder, good_case, spawndiff};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The findings of a campaign on an engine with a mutant, shrunk for so many seconds each.
fn findings(shrink: &str, out: &Path) -> BTreeMap<String, String> {
    let mut command = command();
    command.env("SPAWNDIFF_PLANT", "IndexOffByOne");
    command.args(["run", "--cases", "30", "--seed", "1", "--instances", "1"]);
    command.args(["--engine", "cranelift-none", "--json"]);
    command.args(["--shrink", shrink, "--out"]).arg(out);
    let output = command.output().expect("the binary starts");
    let ran = super::Ran::from(output);
    assert_eq!(ran.err, "");
    let json = ran.json();
    let kinds = json["kinds"].as_array().expect("kinds are a list");
    assert!(!kinds.is_empty(), "{json}");
    let files = kinds.iter().flat_map(|kind| kind["files"].as_array());
    let files = files.flatten().map(|file| file.as_str().expect("a path"));
    let text = |path: &str| fs::read_to_string(path).expect("it is there");
    let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_string();
    files.map(|path| (name(path), text(path))).collect()
}

#[test]
fn a_campaign_leaves_smaller_cases_and_a_report_of_each() {
    let (first, second) = (folder(), folder());
    let (large, small) = (findings("0", first.path()), findings("20", second.path()));
    let names = |all: &BTreeMap<String, String>| all.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&large), names(&small));
    for (name, case) in &small {
        assert!(case.len() < large[name].len(), "{name}: {case}");
        let report = second.path().join(name).with_extension("md");
        let report = fs::read_to_string(report).expect("it is there");
        let title = report.lines().next().expect("it has a title");
        assert!(title.starts_with("# Wasmtime 48.0.8: "), "{title}");
        for part in [
            "## What should happen",
            "## What happens",
            "first difference",
            "## To reproduce",
            "```wast",
        ] {
            assert!(report.contains(part), "no {part}: {report}");
        }
        assert!(report.contains(case), "it holds the case whole: {report}");
    }
}

#[test]
fn what_the_engine_lacks_is_lowered_in_a_report_and_in_a_smaller_case() {
    let spawns = "corpus/known/combined/dropped-subtask-is-of-another-type.wast";
    let stored = fs::read_to_string(spawns).expect("it is there");
    assert!(stored.contains("canon thread.spawn-"), "{stored}");
    for command in [&["report"][..], &["shrink", "--seconds", "3"]] {
        let ran = spawndiff(command.iter().chain(&[spawns]));
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        assert!(!ran.out.contains("canon thread.spawn-"), "{}", ran.out);
        assert!(ran.out.contains("canon thread.new-indirect"), "{}", ran.out);
    }
}

#[test]
fn a_known_case_is_reported_with_its_link_and_one_that_agrees_is_not() {
    let ran = spawndiff(["report", "corpus/known/waits-for-exclusive.wast"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(
        ran.out.contains("- waits-for-exclusive: https://"),
        "{}",
        ran.out
    );
    // What someone has written in the file comes first.
    let title = "# Wasmtime 48.0.8: a task that needs no exclusive thread starts while another task holds it";
    assert!(ran.out.starts_with(title), "{}", ran.out);
    // The file is a part of it as it is.
    let file = fs::read_to_string("corpus/known/waits-for-exclusive.wast").expect("it is there");
    assert!(ran.out.contains(file.trim_end()), "{}", ran.out);
    let case = good_case();
    let ran = spawndiff(["report".as_ref(), case.as_os_str()]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("there is nothing to report"),
        "{}",
        ran.err
    );
}
