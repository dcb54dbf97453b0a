//! A family of engines that this program does not know goes through all commands under its own name. The toy is this test itself,
//! started once more with another environment: it has to be a program of its own.

mod engine;

use libtest_mimic::{Arguments, Trial};
use serde_json::Value;
use spawndiff_engines::program::Program;
use spawndiff_observation::{End, Family, Trap};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// The environment variable that makes this test the toy.
const SERVE: &str = "SPAWNDIFF_TOY";

fn main() {
    if std::env::var_os(SERVE).is_some() {
        engine::serve().expect("the questions can be read");
        return;
    }
    let trial = |name: &str, claim: fn()| {
        Trial::test(name, move || {
            claim();
            Ok(())
        })
    };
    let trials = vec![
        trial("engines_are_listed_with_those_of_programs", listed),
        trial("a_campaign_finds_the_fault_and_nothing_else", found),
        trial("a_finding_is_replayed_shrunk_and_reported", replayed),
        trial("what_is_known_of_the_family_is_known", known),
        trial("a_program_that_ends_or_babbles_is_a_finding", ends),
        trial("a_script_is_not_replayed_by_an_engine_of_cases", script),
        trial("the_wire_has_every_method_of_the_trait", wire),
        trial("a_program_that_is_no_engine_is_one_line", no_engine),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// The toy.
fn toy() -> PathBuf {
    std::env::current_exe().expect("this program has a path")
}

/// A run of the command line: its exit code, standard output, standard error.
struct Ran(i32, String, String);

fn run(command: &mut Command) -> Ran {
    let output = command.output().expect("the binary starts");
    let text = |bytes| String::from_utf8(bytes).expect("the binary prints text");
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert!(!err.contains("panicked"), "{err}");
    let code = output.status.code();
    Ran(code.expect("no signal ended it"), out, err)
}

/// The command line, with the toy.
fn spawndiff(args: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spawndiff"));
    command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env(SERVE, "1");
    run(command.args(args).arg("--program").arg(toy()))
}

/// How many cases a campaign has here.
const CASES: u64 = 25;

/// A campaign on an engine; its summary.
fn campaign(engine: &str, out: &Path, more: &[&str]) -> (i32, Value) {
    let out = out.to_str().expect("the path is text");
    let cases = CASES.to_string();
    let mut args = vec!["run", "--seed", "7", "--first", "20", "--cases", &cases];
    args.extend(["--engine", engine]);
    args.extend(["--json", "--shrink", "0", "--out", out]);
    args.extend(more);
    let Ran(code, out, err) = spawndiff(&args);
    let json = serde_json::from_str(&out);
    (
        code,
        json.unwrap_or_else(|error| panic!("{error}: {out}{err}")),
    )
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder can be made")
}

fn count(json: &Value, key: &str) -> u64 {
    json[key]
        .as_u64()
        .unwrap_or_else(|| panic!("{key}: {json}"))
}

/// The kinds of what was found.
fn kinds(json: &Value) -> Vec<String> {
    let kinds = json["kinds"].as_array().expect("it is a list").iter();
    kinds
        .map(|kind| {
            kind["fingerprint"]
                .as_str()
                .expect("it is text")
                .to_string()
        })
        .collect()
}

/// The files of what was found.
fn files(json: &Value) -> Vec<String> {
    let files = json["findings"].as_array().expect("it is a list").iter();
    files
        .map(|file| file.as_str().expect("it is text").to_string())
        .collect()
}

/// How the kind of the fault reads, before the built-in.
const FAULT: &str = "trap thread-start-null, allowed trap thread-start-type by thread.";

fn listed() {
    let Ran(code, out, _) = spawndiff(&["engines"]);
    assert_eq!(code, 0);
    let line = out.lines().find(|line| line.starts_with("toy-1.1 "));
    let line = line.unwrap_or_else(|| panic!("{out}"));
    for part in ["toy 1.1", "the fault is mended", "lacks: cancellable"] {
        assert!(line.contains(part), "{line}");
    }
    assert!(out.contains("lowered for toy 1.0: thread.spawn-indirect\n"));
    assert!(out.contains("cranelift"));
}

fn found() {
    let folder = folder();
    let verdicts = folder.path().join("verdicts");
    let option = ["--verdicts", verdicts.to_str().expect("the path is text")];
    let (code, json) = campaign("toy", folder.path(), &option);
    let (agree, diverged) = (count(&json, "agree"), count(&json, "diverged"));
    let inconclusive = count(&json, "inconclusive");
    assert_eq!(
        (code, agree + diverged + inconclusive),
        (1, CASES),
        "{json}"
    );
    assert!(diverged > 2, "{json}");
    for kind in kinds(&json) {
        assert!(kind.starts_with(FAULT), "{kind}");
    }
    // What it lacks is not drawn for it.
    let verdicts = std::fs::read_to_string(verdicts).expect("it is there");
    assert!(!verdicts.contains("\"lacking\""), "{verdicts}");
    let (code, json) = campaign("toy-1.1", folder.path(), &[]);
    assert_eq!((code, count(&json, "agree")), (0, CASES), "{json}");
}

fn replayed() {
    let folder = folder();
    let (_, json) = campaign("toy", folder.path(), &[]);
    let file = files(&json).remove(0);
    let text = std::fs::read_to_string(&file).expect("the file is there");
    assert!(text.contains("--engine toy, against toy 1.0\n"), "{text}");
    let replay = |engine| spawndiff(&["replay", "--engine", engine, &file]).0;
    assert_eq!(["toy", "toy-1.1", "reference"].map(replay), [1, 0, 0]);

    let smaller = folder.path().join("smaller.wast");
    let out = smaller.to_str().expect("the path is text");
    let Ran(code, _, err) = spawndiff(&["shrink", "--seconds", "20", "--out", out, &file]);
    assert_eq!(code, 0, "{err}");
    let small = std::fs::read_to_string(&smaller).expect("it was written");
    assert!(small.len() < text.len() / 2, "{small}");
    assert!(small.contains(";; Shows on toy 1.0\n"), "{small}");
    assert!(small.contains(";; Not on toy 1.1: agree\n"), "{small}");

    let Ran(code, report, err) = spawndiff(&["report", out]);
    assert_eq!(code, 0, "{err}");
    for part in [
        &format!("# Toy 1.0: {FAULT}"),
        "With Toy 1.0 (toy): ",
        ", for `f.t != ft` holds (`canon_thread_new_indirect`): see [",
        "- Shows on toy 1.0\n",
        "Wind up Toy 1.0 and give it the file.",
    ] {
        assert!(report.contains(part), "{part}: {report}");
    }
    assert!(!report.contains("thread.spawn-indirect"), "{report}");
    assert!(!report.contains("Wasmtime"), "{report}");
}

fn known() {
    let folder = folder();
    let (_, json) = campaign("toy", folder.path(), &[]);
    let (kind, file) = (kinds(&json).remove(0), files(&json).remove(0));
    let list = folder.path().join("known");
    std::fs::create_dir(&list).expect("there is room");
    let says = format!(
        "link = \"https://example.org\"\nengine = \"toy\"\nsince = \"1.0\"\nmended-in = \"1.1\"\n\
         [matches]\nfingerprint = \"{kind}\"\n"
    );
    std::fs::write(list.join("wrong-start.toml"), says).expect("there is room");
    std::fs::copy(&file, list.join("wrong-start.wast")).expect("it is there");
    let list = list.to_str().expect("the path is text");
    let Ran(code, out, err) = spawndiff(&["known", "--known", list, "--json"]);
    assert_eq!(code, 0, "{err}");
    let json: Value = serde_json::from_str(&out).expect("it is JSON");
    let row = &json["wrong-start"];
    assert_eq!(
        (&row["toy 1.0"], &row["toy 1.1"]),
        (&"shows".into(), &"-".into())
    );
    let (_, json) = campaign("toy", folder.path(), &["--known", list]);
    assert!(count(&json, "known") > 0, "{json}");
    assert!(!kinds(&json).contains(&kind), "{json}");
}

fn ends() {
    let folder = folder();
    for (engine, how) in [
        ("toy-dies", "SIGABRT: the spring is broken"),
        ("toy-babbles", "an answer that is none: "),
    ] {
        let (code, json) = campaign(engine, folder.path(), &[]);
        assert_eq!((code, count(&json, "diverged")), (1, 0), "{json}");
        assert!(count(&json, "crashed") > 0, "{json}");
        // What comes after it is judged as well.
        let others = ["agree", "crashed", "inconclusive"].map(|key| count(&json, key));
        assert_eq!(others.iter().sum::<u64>(), CASES, "{json}");
        for kind in kinds(&json) {
            let begin = format!("crash: the process ended: {how}");
            assert!(kind.starts_with(&begin), "{kind}");
        }
    }
}

fn script() {
    let folder = folder();
    let path = folder.path().join("script.wast");
    let text =
        "(component (core module $m (func (export \"f\"))) (core instance (instantiate $m)))";
    std::fs::write(&path, text).expect("there is room");
    let path = path.to_str().expect("the path is text");
    let Ran(code, _, err) = spawndiff(&["replay", "--engine", "toy", path]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("toy: it replays stored cases only"), "{err}");
}

fn wire() {
    // A program inherits the environment of this one, which is no toy.
    let folder = folder();
    let program = folder.path().join("toy.sh");
    let text = format!("#!/bin/sh\n{SERVE}=1 exec '{}'\n", toy().display());
    script_file(&program, &text);
    let toy = Program::new(&program).expect("it says who it is");
    assert_eq!((toy.name(), toy.title()), ("toy", "Toy"));
    assert_eq!(toy.versions(), ["1.0", "1.1"]);
    let engine = toy.make("toy-1.1").expect("there is one");
    assert_eq!(engine.lowers(), ["thread.spawn-indirect"]);
    let null = Some(End::Trap(Trap::ThreadStartNull));
    assert_eq!(engine.end_of("toy: nobody there"), null);
    assert_eq!(engine.end_of("toy: somebody there"), None);
    assert_eq!(engine.lower(b"\0asm\x0d\0\x01\0"), Ok(None));
    assert!(engine.lower(b"no component").is_err());
    assert!(toy.make("toy-2").is_err());
}

/// A program that is a script of the shell.
fn script_file(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, text).expect("there is room");
    let all = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(path, all).expect("it is ours");
}

fn no_engine() {
    let folder = folder();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        script_file(&path, text);
        path
    };
    let programs = [
        (folder.path().join("none"), "it cannot be started: "),
        (
            file("silent", "#!/bin/sh\nexit 3\n"),
            "it does not say who it is: the process ended: exit code 3",
        ),
        (
            file("mute", "#!/bin/sh\nexec 1>&- sleep 60\n"),
            "it does not say who it is: the process ended: it closed its output, and did not end",
        ),
        (
            file("loud", "#!/bin/sh\necho 'good morning to you'\nread x\n"),
            "it does not say who it is: ",
        ),
    ];
    for (path, message) in programs {
        let mut command = Command::new(env!("CARGO_BIN_EXE_spawndiff"));
        let Ran(code, out, err) = run(command.args(["engines", "--program"]).arg(&path));
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        let begin = format!("error: {}: {message}", path.display());
        assert!(err.starts_with(&begin) && err.lines().count() == 1, "{err}");
    }
    let twice = spawndiff(&["engines", "--program", toy().to_str().expect("it is text")]);
    assert_eq!(twice.0, 2);
    assert!(
        twice.2.contains("there is a family `toy` already"),
        "{}",
        twice.2
    );
}
