//! Cases in processes of their own: an engine that ends its process does not end the campaign, and nothing that was found is lost.

use super::{Ran, command, count, folder};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// A campaign with a mutant planted in the engine.
fn campaign(mutant: &str, args: &[&str], out: &Path) -> Ran {
    let mut command = command();
    command.env("SPAWNDIFF_PLANT", mutant).arg("run").args(args);
    let output = command.arg("--out").arg(out).output();
    Ran::from(output.expect("the binary starts"))
}

fn kinds(json: &Value) -> &[Value] {
    json["kinds"].as_array().expect("kinds are a list")
}

#[test]
fn an_engine_that_ends_its_process_is_a_finding_and_the_campaign_goes_on() {
    for (mutant, cases, timeout, how) in [
        ("Aborts", "40", "60", "SIGABRT"),
        ("EatsMemory", "8", "60", "out of memory"),
        ("Hangs", "8", "5", "no answer in N s"),
    ] {
        let folder = folder();
        let args = ["--cases", cases, "--seed", "1", "--shrink", "0", "--json"];
        let ran = campaign(
            mutant,
            &[&args[..], &["--timeout", timeout]].concat(),
            folder.path(),
        );
        let json = ran.json();
        assert_eq!(ran.code, 1, "{}", ran.err);
        assert_eq!(count(&json, "cases").to_string(), cases, "{json}");
        assert!(count(&json, "agree") > 0, "{json}");
        // Without a terminal, each kind is told once when it is found.
        let begins = ran.progress.starts_with("campaign: seed 1, from case 0\n");
        assert!(begins, "{}", ran.progress);
        for kind in kinds(&json) {
            let fingerprint = kind["fingerprint"].as_str().expect("it is a string");
            let told = |line: &&str| line.ends_with(&format!(".wast: cranelift: {fingerprint}"));
            let told = ran.progress.lines().filter(told).count();
            assert_eq!(told, 1, "{fingerprint}: {}", ran.progress);
        }
        let ended = |kind: &&Value| {
            let fingerprint = kind["fingerprint"].as_str().expect("it is a string");
            fingerprint.starts_with(&format!("crash: the process ended: {how}"))
        };
        let found: Vec<_> = kinds(&json).iter().filter(ended).collect();
        assert!(!found.is_empty(), "{mutant}: {json}");
        for file in found
            .iter()
            .flat_map(|kind| kind["files"].as_array().expect("a list"))
        {
            let text =
                fs::read_to_string(file.as_str().expect("it is a path")).expect("it is there");
            assert!(
                text.contains("assert_return") || text.contains("invoke"),
                "{text}"
            );
        }
    }
}

#[cfg(unix)]
#[test]
fn without_isolation_the_campaign_ends_with_the_engine() {
    use std::os::unix::process::ExitStatusExt;
    let folder = folder();
    let args = ["--cases", "40", "--seed", "1", "--isolate", "off"];
    let mut child = start("Aborts", &args, folder.path());
    let status = child.wait().expect("it is ours");
    assert!(status.signal().is_some(), "{status}");
}

#[test]
fn the_verdicts_are_the_same_with_isolation_and_without() {
    let judged = |isolate: &str| {
        let folder = folder();
        let args = [
            "--cases",
            "60",
            "--seed",
            "3",
            "--shrink",
            "0",
            "--json",
            "--isolate",
            isolate,
        ];
        let mut json = campaign("Panics", &args, folder.path()).json();
        let object = json.as_object_mut().expect("a summary is an object");
        object.retain(|key, _| !["seconds", "findings", "kinds"].contains(&key.as_str()));
        json
    };
    assert_eq!(judged("on"), judged("off"));
}

/// Starts a campaign with a mutant planted in the engine.
fn start(mutant: &str, args: &[&str], out: &Path) -> Child {
    let mut command = command();
    command.env("SPAWNDIFF_PLANT", mutant).arg("run").args(args);
    command.args(["--shrink", "0", "--out"]).arg(out);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("the binary starts")
}

/// The findings in a folder.
fn files(out: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(out).expect("the folder is there");
    let names = entries.map(|entry| entry.expect("it can be listed").file_name());
    let names = names.map(|name| name.into_string().expect("it is text"));
    names.filter(|name| name.ends_with(".wast")).collect()
}

/// Killed at fifty moments, one after the other: what was on disk is whole each time and stays, and in the end the campaign has
/// judged every case once and found what one that was never killed finds.
#[test]
fn a_campaign_that_is_killed_loses_nothing_and_is_resumed() {
    let (killed, whole) = (folder(), folder());
    let args = ["--cases", "400", "--seed", "5", "--instances", "1"];
    let args = [&args[..], &["--engine", "cranelift-none"]].concat();
    let mut child = start("Panics", &args, killed.path());
    // What was on disk after each kill.
    let mut seen = Vec::new();
    let state = killed.path().join("campaign.state");
    // How many kills ended a campaign that had judged something and was not over.
    let mut in_the_middle = 0;
    for kill in 0..50u64 {
        // The first one comes when there is something to lose, however slow the machine is.
        while kill == 0 && !state.exists() && child.try_wait().expect("it is ours").is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        let end = Instant::now() + Duration::from_millis(20 + 37 * (kill % 11));
        while Instant::now() < end && child.try_wait().expect("it is ours").is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        let runs = child.try_wait().expect("it is ours").is_none();
        child.kill().expect("it is ours");
        child.wait().expect("it is ours");
        // A campaign that is over removes its state.
        in_the_middle += u32::from(runs && state.exists());
        let now = files(killed.path());
        for name in &now {
            let text = fs::read_to_string(killed.path().join(name)).expect("it is there");
            assert!(
                text.starts_with(";; crash: ") && text.ends_with(")\n"),
                "{name}: {text}"
            );
        }
        seen.push(now);
        let again = if state.exists() {
            vec!["--resume"]
        } else {
            args.clone()
        };
        child = start("Panics", &again, killed.path());
    }
    assert!(
        in_the_middle > 0,
        "every kill came before or after the campaign"
    );
    let resumed = child.wait().expect("it is ours");
    assert!([Some(0), Some(1), Some(2)].contains(&resumed.code()));
    let never = campaign(
        "Panics",
        &[&args[..], &["--shrink", "0", "--json"]].concat(),
        whole.path(),
    );
    assert!(
        never.code == 1 && files(whole.path()).len() > 2,
        "{}",
        never.out
    );
    // Which are kept depends on the cases alone.
    let kept = files(whole.path());
    assert_eq!(files(killed.path()), kept);
    // On the way a file goes only where another one of the kind has taken its place.
    seen.push(files(killed.path()));
    for (before, after) in seen.iter().zip(&seen[1..]) {
        let least = before.len().min(kept.len());
        assert!(after.len() >= least, "{before:?}, then {after:?}");
    }
}

#[test]
fn there_is_nothing_to_resume_where_there_was_no_campaign_or_one_of_another_version() {
    let folder = folder();
    let ran = campaign("", &["--resume"], folder.path());
    assert!(
        ran.refused().contains("no campaign to resume"),
        "{}",
        ran.err
    );
    fs::write(folder.path().join("campaign.state"), "something else").expect("it can be written");
    let ran = campaign("", &["--resume"], folder.path());
    assert!(ran.refused().contains("not of this version"), "{}", ran.err);
    let ran = campaign("", &["--resume", "--seed", "1"], folder.path());
    assert_eq!(ran.code, 2);
}

#[test]
fn an_engine_that_ends_its_process_ends_no_replay() {
    let found = folder();
    let args = ["--cases", "40", "--seed", "1", "--shrink", "0"];
    let ran = campaign("Aborts", &args, found.path());
    assert_eq!(ran.code, 1, "{}", ran.err);
    let files = fs::read_dir(found.path()).expect("it is there").count();
    for (mutant, how) in [("Aborts", "SIGABRT"), ("Hangs", "no answer in 2 s")] {
        let mut command = command();
        command.env("SPAWNDIFF_PLANT", mutant);
        command.args(["replay", "--engine", "cranelift", "--engine", "reference"]);
        command.args(["--timeout", "2"]).arg(found.path());
        let ran = Ran::from(command.arg(super::good_case()).output().expect("it starts"));
        assert_eq!((ran.code, &*ran.err), (1, ""), "{}", ran.out);
        let ended = format!(": cranelift: crash: the process ended: {how}");
        let crashed = ran.out.lines().filter(|line| line.contains(&ended)).count();
        assert!(crashed > 0, "{mutant}: {}", ran.out);
        // The others, and the reference, replayed them all.
        for engine in ["cranelift", "reference"] {
            let row = ran
                .out
                .lines()
                .find(|line| line.trim_start().starts_with(engine));
            let replayed = row.and_then(|row| row.split_whitespace().nth(1));
            let all = (files + 1).to_string();
            assert_eq!(replayed, Some(&*all), "{engine}: {}", ran.out);
        }
    }
}

/// A limit on the size of a file stands for a disk that is full.
#[cfg(unix)]
#[test]
fn a_full_disk_ends_the_campaign_and_what_was_found_before_is_whole() {
    let folder = folder();
    let limited = "trap '' XFSZ; ulimit -f 136; exec \"$0\" \"$@\"";
    let mut command = std::process::Command::new("sh");
    command.args(["-c", limited, env!("CARGO_BIN_EXE_spawndiff")]);
    command.args([
        "run",
        "--cases",
        "400",
        "--seed",
        "1",
        "--bodies",
        "own",
        "--engine",
        "cranelift-none",
    ]);
    command
        .args(["--jobs", "1", "--shrink", "0", "--json", "--out"])
        .arg(folder.path());
    command.env("SPAWNDIFF_PLANT", "WrongThreadIndex");
    let ran = Ran::from(command.output().expect("there is a shell"));
    assert_eq!(ran.code, 2, "{}", ran.err);
    let again = "error: a finding is lost, to be made again with `spawndiff run --seed 1 --first ";
    assert!(ran.err.starts_with(again), "{}", ran.err);
    let json = ran.json();
    assert!(count(&json, "cases") > 0, "{json}");
    let mut whole = 0;
    for file in fs::read_dir(folder.path()).expect("it is there") {
        let path = file.expect("it can be listed").path();
        match path.extension().and_then(|it| it.to_str()) {
            Some("wast") => {
                let read = spawndiff_corpus::StoredCase::read(&path);
                assert!(read.is_ok(), "{path:?}: {read:?}");
                whole += 1;
            }
            Some("state" | "md") => {}
            _ => panic!("{path:?} is half a file"),
        }
    }
    assert!(whole > 0, "{}", ran.err);
}
