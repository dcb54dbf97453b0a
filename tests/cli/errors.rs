//! Every error message of the command line, with what it suggests.

use super::{Ran, command, file, folder};
use std::path::Path;

/// Runs the binary, with `OUT` in the arguments for a folder that is not there, `DIR` for one that is there, and `CASE` for a stored case that
/// shows nothing.
fn run(args: &str, folder: &Path) -> Ran {
    let case = "corpus/cases/start-parameter.wast";
    let args = args.split(' ').map(|arg| match arg {
        "OUT" => folder.join("out").display().to_string(),
        "DIR" => folder.join("dir").display().to_string(),
        "CASE" => case.to_string(),
        _ => arg.replace("DIR/", &format!("{}/", folder.join("dir").display())),
    });
    let mut command = command();
    command.args(args);
    Ran::from(command.output().expect("the binary starts"))
}

#[test]
fn an_error_says_what_is_wrong_and_what_would_be_right() {
    let folder = folder();
    std::fs::create_dir(folder.path().join("dir")).expect("there is room");
    file(&folder, "dir/campaign.state", "spawndiff campaign 1\n");
    file(&folder, "dir/broken.wast", "(component");
    // The arguments, what the first line says, and what it or the rest suggests.
    let errors = [
        ("walk", "unrecognized subcommand 'walk'", "--help"),
        ("replai", "unrecognized subcommand 'replai'", "'replay'"),
        ("run --sead 1", "unexpected argument '--sead'", "'--seed'"),
        (
            "replay --unknown",
            "unexpected argument '--unknown'",
            "--help",
        ),
        ("run --cases many", "invalid value 'many'", "--cases"),
        ("run --instances 9", "invalid value '9'", "1..=4"),
        ("run --mix 9", "invalid value '9'", "1..=4"),
        (
            "run --bodies all",
            "invalid value 'all'",
            "own, smith, mixed",
        ),
        (
            "run --isolate perhaps",
            "invalid value 'perhaps'",
            "[possible values: on, off]",
        ),
        ("run --timeout 0", "invalid value '0'", "1.."),
        ("run --resume --seed 1", "cannot be used with", "--seed"),
        ("known --markdown --json", "cannot be used with", "--json"),
        ("run --json --reached", "cannot be used with", "--reached"),
        ("show", "required arguments were not provided", "<FILE>"),
        (
            "run --cases 0 --out OUT",
            "--cases 0",
            "there is nothing to run",
        ),
        (
            "run --seconds 0 --out OUT",
            "--seconds 0",
            "there is no time to run",
        ),
        (
            "run --jobs 0 --out OUT",
            "--jobs 0",
            "there is no one to run",
        ),
        (
            "run --jobs 100000 --out OUT",
            "--jobs 100000",
            "at most 1024",
        ),
        ("replay --jobs 0", "--jobs 0", "there is no one to run"),
        (
            "run --engine cranelfit --out OUT",
            "'cranelfit'",
            "did you mean 'cranelift'?",
        ),
        ("replay --engine v9", "'v9'", "only cranelift, "),
        (
            "show --engine refrence CASE",
            "'refrence'",
            "only cranelift, ",
        ),
        (
            "run --resume --out OUT",
            "no campaign to resume",
            "cannot read",
        ),
        (
            "run --resume --out DIR",
            "not of this version of spawndiff",
            "campaign.state",
        ),
        ("--known OUT known", "No such file", "out"),
        ("--program OUT engines", "No such file", "out"),
        ("replay OUT", "No such file", "out"),
        ("replay DIR/broken.wast", "broken.wast:1:11", "expected"),
        ("show DIR/broken.wast", "broken.wast:1:11", "expected"),
        ("show OUT", "No such file", "out"),
        ("shrink CASE", "agree", "there is nothing to keep"),
        ("report CASE", "agree", "there is nothing to report"),
    ];
    for (args, says, suggests) in errors {
        let ran = run(args, folder.path());
        assert_eq!(ran.code, 2, "{args}: {}{}", ran.out, ran.err);
        let first = ran.err.lines().next().unwrap_or_default();
        assert!(first.contains(says), "{args}: {}", ran.err);
        assert!(ran.err.contains(suggests), "{args}: {}", ran.err);
    }
    assert!(
        !folder.path().join("out").exists(),
        "a refused campaign leaves no folder"
    );
}
