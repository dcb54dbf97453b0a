//! `spawndiff run`.

use super::{Ran, command, count, file, folder, spawndiff};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

/// The verdicts, as the summary names them.
const VERDICTS: [&str; 5] = ["agree", "known", "inconclusive", "diverged", "crashed"];

fn campaign(args: &[&str], out: &Path) -> Ran {
    let args = ["run"].iter().chain(args).map(OsStr::new);
    spawndiff(args.chain(["--out".as_ref(), out.as_os_str()]))
}

/// The names and bytes of the findings, in the order of the summary.
fn findings(json: &Value) -> Vec<(String, Vec<u8>)> {
    let paths = json["findings"].as_array().expect("findings are a list");
    let finding = |path: &Value| {
        let path = Path::new(path.as_str().expect("a finding is a path"));
        let name = path
            .file_name()
            .expect("a finding has a name")
            .to_string_lossy();
        let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (name.into_owned(), bytes)
    };
    paths.iter().map(finding).collect()
}

/// Claims that hold for the summary of every campaign.
fn is_whole(json: &Value, code: i32) {
    let verdicts: u64 = VERDICTS.iter().map(|verdict| count(json, verdict)).sum();
    assert_eq!(
        verdicts,
        count(json, "cases"),
        "every case has one verdict: {json}"
    );
    let found = count(json, "diverged") + count(json, "crashed");
    assert_eq!(code, i32::from(found > 0), "{json}");
    let kinds = json["kinds"].as_array().expect("kinds are a list");
    let counts = kinds.iter().map(|kind| count(kind, "count"));
    assert_eq!(
        counts.sum::<u64>(),
        found,
        "every finding is of a kind: {json}"
    );
    for kind in kinds {
        let files = kind["files"].as_array().expect("files are a list").len() as u64;
        assert_eq!(files, count(kind, "count").min(3), "{kind}");
    }
    // Every file is there.
    findings(json);
}

#[test]
fn the_json_summary_is_one_object_with_every_key() {
    let folder = folder();
    let ran = campaign(&["--cases", "60", "--seed", "1", "--json"], folder.path());
    assert_eq!(ran.err, "");
    assert_eq!(ran.out.lines().count(), 1);
    let json = ran.json();
    is_whole(&json, ran.code);
    assert_eq!(count(&json, "cases"), 60);
    assert!(
        json["seconds"]
            .as_f64()
            .is_some_and(|seconds| seconds > 0.0),
        "{json}"
    );

    let shares = json["shares"].as_object().expect("shares are an object");
    let names: Vec<&str> = shares.keys().map(String::as_str).collect();
    let expected = [
        "deadlock",
        "null_entry",
        "out_of_range",
        "several_instances",
        "signature_check",
        "smith_bodies",
        "stream_or_future",
        "subtask_cancelled",
        "thread_ran",
    ];
    assert_eq!(names, expected);
    for (name, share) in shares {
        let share = share
            .as_f64()
            .unwrap_or_else(|| panic!("{name} is no number"));
        assert!((0.0..=1.0).contains(&share), "{name}: {share}");
    }

    let reached = json["reached"].as_object().expect("reached is an object");
    for (builtin, endings) in reached {
        let endings = endings
            .as_object()
            .unwrap_or_else(|| panic!("{builtin} is no object"));
        assert!(!endings.is_empty(), "{builtin} can end in no way");
        assert!(
            endings.values().all(Value::is_u64),
            "{builtin}: {endings:?}"
        );
    }
    for builtin in ["thread.new-indirect", "thread.spawn-indirect"] {
        for ending in [
            "returned",
            "table-out-of-bounds",
            "thread-start-null",
            "thread-start-type",
        ] {
            assert!(
                reached[builtin][ending].is_u64(),
                "{builtin} {ending}: {json}"
            );
        }
    }
    assert!(
        reached["thread.spawn-ref"]["thread-start-null"].is_u64(),
        "{json}"
    );
    let returned = |builtin: &str| count(&reached[builtin], "returned");
    assert!(
        returned("thread.new-indirect") > 0 && returned("canon lift") > 0,
        "{json}"
    );
}

#[test]
fn the_verdicts_depend_on_the_seed_and_not_on_the_number_of_jobs() {
    let judged = |seed: &str, jobs: &str| {
        let folder = folder();
        let ran = campaign(
            &["--cases", "60", "--seed", seed, "--jobs", jobs, "--json"],
            folder.path(),
        );
        let mut json = ran.json();
        is_whole(&json, ran.code);
        let findings = findings(&json);
        let object = json.as_object_mut().expect("a summary is an object");
        object.retain(|key, _| !["seconds", "findings", "kinds"].contains(&key.as_str()));
        (json, findings)
    };
    let one = judged("1", "1");
    assert_eq!(one, judged("1", "2"));
    assert_ne!(one.0["reached"], judged("2", "2").0["reached"]);
}

#[test]
fn with_each_every_engine_gets_every_case_and_says_of_it_what_it_says_alone() {
    let folder = folder();
    let fixed = ["--cases", "30", "--seed", "5", "--json"];
    let run = |more: &[&str]| campaign(&[&fixed, more].concat(), folder.path()).json();
    let all = run(&["--each", "--engine", "cranelift", "--engine", "winch"]);
    is_whole(&all, 0);
    assert_eq!(count(&all, "cases"), 60);
    for engine in ["cranelift", "winch"] {
        let alone = run(&["--engine", engine]);
        assert_eq!(all["engines"][engine], alone["engines"][engine], "{engine}");
        let verdicts = VERDICTS.map(|verdict| count(&all["engines"][engine], verdict));
        assert_eq!(verdicts.iter().sum::<u64>(), 30, "{engine}");
    }
    // The baseline compiler lacks something that most cases use.
    assert_ne!(all["engines"]["cranelift"], all["engines"]["winch"]);
    let every = run(&["--each"]);
    assert_eq!(count(&every, "cases"), 7 * 30);
}

#[test]
fn a_campaign_in_two_parts_makes_the_cases_of_the_whole() {
    let invocations = |args: &[&str]| {
        let folder = folder();
        let seed = ["--seed", "3", "--json"];
        let json = campaign(&[args, &seed].concat(), folder.path()).json();
        count(&json, "invocations")
    };
    let whole = invocations(&["--cases", "30"]);
    let first = invocations(&["--cases", "20"]);
    let second = invocations(&["--first", "20", "--cases", "10"]);
    assert_eq!(first + second, whole);
    assert_ne!(second, invocations(&["--cases", "10"]));
}

#[test]
fn a_campaign_without_a_seed_says_which_one_it_took() {
    let folder = folder();
    let first = campaign(&["--cases", "5", "--json"], folder.path()).json();
    let seed = count(&first, "seed").to_string();
    let again = campaign(&["--cases", "5", "--seed", &seed, "--json"], folder.path()).json();
    assert_eq!(first["reached"], again["reached"]);
    assert_eq!(first["invocations"], again["invocations"]);
}

#[test]
fn the_text_summary_says_what_the_json_says_and_marks_each_zero() {
    let folder = folder();
    let args = ["--cases", "10", "--seed", "1"];
    let text = campaign(&[&args[..], &["--reached"]].concat(), folder.path());
    let json = campaign(&[&args[..], &["--json"]].concat(), folder.path());
    assert_eq!((text.code, text.err.as_str()), (json.code, ""));
    let json = json.json();
    let lines: Vec<Vec<&str>> = text
        .out
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();

    assert_eq!(lines[0][..2], ["10", "cases,"]);
    for verdict in VERDICTS {
        let line = lines.iter().find(|words| words.first() == Some(&verdict));
        let line = line.unwrap_or_else(|| panic!("no line for {verdict}:\n{}", text.out));
        assert_eq!(line[1], count(&json, verdict).to_string(), "{verdict}");
    }

    let reached = json["reached"]
        .as_object()
        .expect("reached is an object")
        .values();
    let reached = reached.flat_map(|endings| endings.as_object().expect("an object").values());
    let shares = json["shares"]
        .as_object()
        .expect("shares are an object")
        .values();
    let zeros = reached
        .chain(shares)
        .filter(|count| count.as_f64() == Some(0.0))
        .count();
    let marked: Vec<&Vec<&str>> = lines
        .iter()
        .filter(|words| words.contains(&"<--"))
        .collect();
    assert!(zeros > 0, "ten cases do not reach everything");
    assert_eq!(marked.len(), zeros, "{}", text.out);
    for words in marked {
        let mark = words
            .iter()
            .position(|word| *word == "<--")
            .expect("it is marked");
        let number = words[..mark]
            .iter()
            .rev()
            .find_map(|word| word.parse::<f64>().ok());
        assert_eq!(number, Some(0.0), "{words:?}");
    }
}

#[test]
fn the_bodies_of_cases_are_those_that_were_asked_for_and_a_mix_keeps_its_number() {
    let folder = folder();
    let ran = |more: &[&str]| {
        let mut args = vec!["--cases", "40", "--seed", "1", "--json"];
        args.extend(more);
        campaign(&args, folder.path()).json()
    };
    let share = |json: &Value| json["shares"]["smith_bodies"].as_f64();
    let smith = ran(&["--bodies", "smith"]);
    let refused = smith["refused"].as_object().expect("an object");
    let refused: u64 = refused.values().filter_map(Value::as_u64).sum();
    assert_eq!(share(&smith), Some((40 - refused) as f64 / 40.0));
    assert_eq!(smith["bodies"], "smith");
    let mixed = ran(&[]);
    assert!(
        share(&mixed) > Some(0.0) && share(&mixed) < Some(1.0),
        "{mixed}"
    );
    assert_eq!(
        (&mixed["mix"], &mixed["bodies"]),
        (&4.into(), &"mixed".into())
    );
    let own = ran(&["--bodies", "own"]);
    assert_eq!(share(&own), Some(0.0));
    // The first mix has no such code, so that nothing changes where there is to be none; and it is not the newest one without.
    let (first, again) = (
        ran(&["--mix", "1"]),
        ran(&["--mix", "1", "--bodies", "own"]),
    );
    assert_eq!(share(&first), Some(0.0));
    assert_eq!(first["reached"], again["reached"]);
    assert_ne!(first["reached"], own["reached"]);
}

#[test]
fn a_campaign_ends_at_whichever_limit_comes_first() {
    let folder = folder();
    let ran = campaign(
        &["--cases", "3", "--seconds", "1000000", "--json"],
        folder.path(),
    );
    assert_eq!(count(&ran.json(), "cases"), 3);
    let ran = campaign(
        &["--cases", "1000000000", "--seconds", "1", "--json"],
        folder.path(),
    );
    let json = ran.json();
    is_whole(&json, ran.code);
    assert!(
        (1..1_000_000_000).contains(&count(&json, "cases")),
        "{json}"
    );
}

#[test]
fn a_folder_that_cannot_be_written_to_is_named() {
    let folder = folder();
    let regular = file(&folder, "regular", "not a folder");
    for out in [regular.join("below"), regular.clone()] {
        let ran = campaign(&["--cases", "1"], &out);
        let line = ran.refused();
        assert!(line.starts_with("error: "), "{line}");
        assert!(line.contains(&*out.to_string_lossy()), "{line}");
    }
    assert_eq!(
        fs::read_to_string(regular).expect("the file is still there"),
        "not a folder"
    );
}

#[test]
fn a_campaign_leaves_no_empty_folder_and_takes_none_away() {
    let folder = folder();
    let (new, old) = (folder.path().join("new"), folder.path().join("old"));
    fs::create_dir(&old).expect("a folder can be made");
    for out in [&new, &old] {
        let ran = campaign(&["--cases", "2", "--seed", "1", "--json"], out);
        assert_eq!(
            findings(&ran.json()),
            [],
            "the claim is about a campaign that finds nothing"
        );
    }
    assert!(!new.exists());
    assert_eq!(
        fs::read_dir(old)
            .expect("the folder is still there")
            .count(),
        0
    );
}

/// Kills the process `pid` after a time that no test should take, unless what is given back is
/// dropped before: so a test of a process that should end cannot hang.
#[cfg(unix)]
fn guard(pid: u32) -> std::sync::mpsc::Sender<()> {
    use std::sync::mpsc::{RecvTimeoutError, channel};
    let (over, wait) = channel();
    std::thread::spawn(move || {
        let waited = wait.recv_timeout(std::time::Duration::from_secs(300));
        if waited == Err(RecvTimeoutError::Timeout) {
            let pid = pid.to_string();
            let _ = std::process::Command::new("kill")
                .args(["-KILL", &pid])
                .status();
        }
    });
    over
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_campaign_with_its_summary() {
    use std::process::{Command, Stdio};
    let folder = folder();
    for (format, name) in [(None, "text"), (Some("--json"), "json")] {
        let out = folder.path().join(name);
        let mut command = command();
        command
            .args(["run", "--seconds", "600"])
            .args(format)
            .arg("--out")
            .arg(&out);
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = child.expect("the binary starts");
        let over = guard(child.id());
        // The campaign listens for Ctrl-C before it makes its folder.
        while !out.exists() && child.try_wait().expect("the process is ours").is_none() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let kill = Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status();
        assert!(kill.expect("there is a kill").success());
        // Killed by the guard, it would have no exit code.
        let ran = Ran::from(child.wait_with_output().expect("the process is ours"));
        drop(over);
        assert_eq!(ran.err, "");
        if format.is_some() {
            is_whole(&ran.json(), ran.code);
        } else {
            assert!([0, 1].contains(&ran.code), "{}", ran.code);
            assert!(
                VERDICTS.iter().all(|verdict| ran.out.contains(verdict)),
                "{}",
                ran.out
            );
        }
    }
}

#[test]
fn the_verdicts_are_one_line_each_in_order_whatever_the_number_of_jobs() {
    let folder = folder();
    let verdicts = |jobs: &str| {
        let path = folder.path().join(format!("verdicts-{jobs}"));
        let to = path.to_string_lossy().into_owned();
        let args = [
            "--cases",
            "40",
            "--seed",
            "2",
            "--jobs",
            jobs,
            "--verdicts",
            &to,
        ];
        campaign(&args, &folder.path().join("out"));
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let one = verdicts("1");
    assert_eq!(one, verdicts("3"));
    for (number, line) in one.lines().enumerate() {
        let line: Value = serde_json::from_str(line).expect("a line is an object");
        assert_eq!(count(&line, "case"), number as u64);
        assert!(count(&line, "schedules") > 0, "{line}");
        assert!(line["verdict"].is_string(), "{line}");
    }
    assert_eq!(one.lines().count(), 40);
}
