//! `spawndiff shrink`.

use super::{Ran, bad_files, command, file, folder, good_case, spawndiff};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// A known divergence, and beside it what does not matter: a second run, another export, an instruction too many.
fn padded() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/known/cancels-twice.wast");
    let text = std::fs::read_to_string(path).expect("the case is there");
    let more = text.replace(
        "(core func $subtask-cancel (canon subtask.cancel async))",
        "(core func $subtask-cancel (canon subtask.cancel async))\n (core func $more (canon waitable-set.new))",
    );
    assert_ne!(text, more);
    more + "(component instance $r1 $spawndiff)\n"
}

#[test]
fn a_smaller_case_shows_the_same_and_nothing_that_does_not_matter() {
    let folder = folder();
    let big = file(&folder, "big.wast", padded());
    let small = folder.path().join("small.wast");
    let ran = spawndiff([
        "shrink".as_ref(),
        big.as_os_str(),
        "-o".as_ref(),
        small.as_os_str(),
    ]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "", ""));
    let text = std::fs::read_to_string(&small).expect("the smaller case is there");
    assert!(text.starts_with(";; known: cancels-twice\n"), "{text}");
    assert!(!text.contains("waitable-set.new"), "{text}");
    assert!(!text.contains("$r1"), "{text}");
    let ran = spawndiff(["show".as_ref(), small.as_os_str()]);
    assert!(ran.out.ends_with("\nknown: cancels-twice\n"), "{}", ran.out);
    // And again, to standard output: there is nothing left to take away.
    let ran = spawndiff(["shrink".as_ref(), small.as_os_str()]);
    assert_eq!((ran.code, ran.out), (0, text));
}

/// A run whose order differs, and that ends in a trap on both engines: what came before that cannot be asked for.
#[test]
fn a_smaller_case_fails_on_the_engine_if_the_larger_one_does() {
    let folder = folder();
    let stored = "corpus/known/combined/queues-behind-sync-typed.wast";
    let small = folder.path().join("small.wast");
    let args = ["shrink", "--seconds", "20", stored, "-o"].map(OsStr::new);
    let ran = spawndiff(args.into_iter().chain([small.as_os_str()]));
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let fails = |path: &OsStr| {
        let ran = spawndiff([
            "replay".as_ref(),
            "--engine".as_ref(),
            "cranelift".as_ref(),
            path,
        ]);
        ran.code == 1
    };
    assert!(fails(stored.as_ref()), "the larger one");
    assert!(
        fails(small.as_os_str()),
        "{}",
        fs::read_to_string(&small).expect("it is there")
    );
}

/// An engine whose behaviour depends on chance: no case is written that does not show what the larger one did.
#[test]
fn what_does_not_show_again_is_not_made_smaller() {
    let folder = folder();
    let found = folder.path().join("found");
    let mut run = command();
    run.env("SPAWNDIFF_PLANT", "Aborts");
    run.args([
        "run", "--cases", "40", "--seed", "1", "--shrink", "0", "--out",
    ]);
    assert_eq!(
        Ran::from(run.arg(&found).output().expect("it starts")).code,
        1
    );
    let mut files = fs::read_dir(&found).expect("it is there");
    let wast = |path: &PathBuf| path.extension() == Some("wast".as_ref());
    let big = files.find_map(|file| Some(file.ok()?.path()).filter(wast));
    let big = big.expect("an abort was found");
    let (small, once) = (folder.path().join("small.wast"), folder.path().join("once"));
    let mut shrink = command();
    shrink.env("SPAWNDIFF_PLANT", "AbortsOnce");
    shrink.env("SPAWNDIFF_PLANT_ONCE", &once);
    shrink.args(["shrink", "--seconds", "5"]);
    let ran = Ran::from(
        shrink
            .arg(&big)
            .arg("-o")
            .arg(&small)
            .output()
            .expect("it starts"),
    );
    let line = ran.refused();
    let why = " does not show each time, and was not made smaller";
    assert!(line.contains("SIGABRT") && line.ends_with(why), "{line}");
    assert!(once.exists() && !small.exists());
}

#[test]
fn a_case_that_shows_nothing_is_refused() {
    let ran = spawndiff(["shrink".as_ref(), good_case().as_os_str()]);
    let line = ran.refused();
    assert!(
        line.ends_with(": agree: there is nothing to keep"),
        "{line}"
    );
}

#[test]
fn what_cannot_be_read_or_written_is_one_line() {
    let folder = folder();
    for (name, bytes, begin) in bad_files() {
        let path = file(&folder, name, bytes);
        let ran = spawndiff(["shrink".as_ref(), path.as_os_str()]);
        let line = ran.refused();
        let rest = line.strip_prefix(&path.display().to_string());
        assert!(rest.is_some_and(|rest| rest.starts_with(begin)), "{line}");
    }
    let big = file(&folder, "big.wast", padded());
    let nowhere = folder.path().join("no/such/folder.wast");
    let ran = spawndiff([
        "shrink".as_ref(),
        big.as_os_str(),
        "-o".as_ref(),
        nowhere.as_os_str(),
    ]);
    assert!(ran.refused().contains("cannot write"), "{}", ran.err);
}
