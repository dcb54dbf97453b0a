//! `spawndiff run --html`: the page of a campaign, as text; `ci/page.sh` opens it in a browser.

use super::{Ran, command, folder};
use std::fs;

#[test]
fn the_page_has_the_verdicts_what_was_reached_and_each_kind_of_finding_with_its_schedule() {
    let (out, page) = (folder(), folder());
    let mut command = command();
    command.env("SPAWNDIFF_PLANT", "WrongThreadIndex");
    command.args(["run", "--cases", "30", "--seed", "1", "--shrink", "1"]);
    command.args(["--engine", "cranelift-none", "--json", "--out"]);
    command.arg(out.path()).arg("--html").arg(page.path());
    let ran = Ran::from(command.output().expect("the binary starts"));
    assert_eq!((ran.code, &*ran.err), (1, ""));
    let text = fs::read_to_string(page.path().join("index.html")).expect("it is there");
    let json = ran.json();
    let kinds = json["kinds"].as_array().expect("kinds are a list");
    assert!(!kinds.is_empty());
    let count = |piece: &str| text.matches(piece).count();
    assert_eq!(count("<details class=\"finding\">"), kinds.len());
    assert_eq!(count("class=\"error\""), 0, "{text}");
    assert_eq!(count("<svg class=\"lanes\""), kinds.len());
    assert!(count("<tr class=\"first\">") >= kinds.len());
    let agree = json["agree"].as_u64().expect("it is a number");
    assert!(text.contains(&format!("<th>agree</th><td class=\"number\">{agree}</td>")));
    assert!(text.contains("title=\"thread.new-indirect, thread-start-type: "));
    // From a disk, without a network.
    for outside in ["<script", "src=", "@import", "url(http"] {
        assert_eq!(count(outside), 0, "{outside}");
    }
}

#[test]
fn a_page_that_cannot_be_written_is_an_error_after_the_summary() {
    let out = folder();
    let file = out.path().join("file");
    fs::write(&file, "").expect("there is room");
    let mut command = command();
    command.args(["run", "--cases", "3", "--seed", "1", "--out"]);
    command.arg(out.path()).arg("--html").arg(&file);
    let ran = Ran::from(command.output().expect("the binary starts"));
    assert_eq!(ran.code, 2);
    assert!(ran.out.starts_with("3 cases, "), "{}", ran.out);
    let begin = format!("error: cannot make {}", file.display());
    assert!(ran.err.starts_with(&begin), "{}", ran.err);
}
