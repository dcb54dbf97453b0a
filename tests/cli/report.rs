//! `spawndiff report`, and the report beside each kind of finding of a campaign.

use super::{command, folder, good_case, spawndiff};
use std::fs;

#[test]
fn a_campaign_leaves_a_smaller_case_and_a_report_of_each_kind() {
    let folder = folder();
    let mut command = command();
    command.env("SPAWNDIFF_PLANT", "IndexOffByOne");
    command.args(["run", "--cases", "30", "--seed", "1", "--instances", "1"]);
    command.args([
        "--engine",
        "cranelift-none",
        "--shrink",
        "5",
        "--json",
        "--out",
    ]);
    let output = command.arg(folder.path()).output();
    let ran = super::Ran::from(output.expect("the binary starts"));
    assert_eq!(ran.err, "");
    let json = ran.json();
    let kinds = json["kinds"].as_array().expect("kinds are a list");
    assert!(!kinds.is_empty(), "{json}");
    for kind in kinds {
        let files = kind["files"].as_array().expect("files are a list");
        let path = |file: &serde_json::Value| file.as_str().expect("a file is a path").to_string();
        let text = |path: &String| fs::read_to_string(path).expect("it is there");
        let (shrunk, others): (Vec<String>, Vec<String>) = files
            .iter()
            .map(path)
            .partition(|path| text(path).contains("\n;; Shrunk on: cranelift-none\n"));
        let [shrunk] = &shrunk[..] else {
            panic!("one of a kind is made smaller: {kind}");
        };
        let case = text(shrunk);
        let is_larger = |other| text(other).len() >= case.len();
        assert!(others.iter().all(is_larger), "{kind}");
        let report = text(&shrunk.replace(".wast", ".md"));
        let signature = kind["signature"].as_str().expect("it is text");
        let title = report.lines().next().expect("it has a title");
        assert!(title.starts_with("# Wasmtime 48.0.8: "), "{title}");
        assert!(!signature.is_empty());
        for part in [
            "## What should happen",
            "## What happens",
            "first difference",
            "## To reproduce",
            "```wast",
        ] {
            assert!(report.contains(part), "no {part}: {report}");
        }
        assert!(report.contains(&case), "it holds the case whole: {report}");
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
    let case = good_case();
    let ran = spawndiff(["report".as_ref(), case.as_os_str()]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("there is nothing to report"),
        "{}",
        ran.err
    );
}
