//! The command line, whole paths: the binary is run as a person or a CI job runs it, and judged by
//! its exit code and by what it prints. What an engine makes of a case is tested where the engines are.

mod documents;
mod errors;
mod html;
mod isolation;
mod known;
mod replay;
mod report;
mod run;
mod scripts;
mod show;
mod shrink;
mod summary;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The exit code and the output of a run of the binary.
struct Ran {
    code: i32,
    out: String,
    /// Standard error, without
    err: String,
    /// the lines that tell how far a campaign is.
    progress: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Ran {
        let text = |bytes| String::from_utf8(bytes).expect("the binary prints text");
        let (out, err) = (text(output.stdout), text(output.stderr));
        assert!(!err.contains("panicked"), "{err}");
        let code = output.status.code();
        let code = code.unwrap_or_else(|| panic!("ended by a signal: {}\n{err}", output.status));
        let (progress, err) = err
            .split_inclusive('\n')
            .partition(|line| line.starts_with("campaign: "));
        Ran {
            code,
            out,
            err,
            progress,
        }
    }
}

impl Ran {
    /// Standard output, which must be one JSON object and nothing else.
    fn json(&self) -> serde_json::Value {
        let json: serde_json::Value = match serde_json::from_str(&self.out) {
            Ok(json) => json,
            Err(error) => panic!("{error}: {}\n{}", self.out, self.err),
        };
        assert!(json.is_object(), "{json}");
        json
    }

    /// The input was refused: exit code 2, nothing on standard output, and this one line.
    fn refused(&self) -> &str {
        assert_eq!((self.code, self.out.as_str()), (2, ""), "{}", self.err);
        self.error_line()
    }

    /// Standard error, which must be one line.
    fn error_line(&self) -> &str {
        let line = self.err.strip_suffix('\n').unwrap_or(&self.err);
        assert!(
            !line.is_empty() && !line.contains('\n'),
            "not one line: {:?}",
            self.err
        );
        line
    }
}

/// The binary, in the root of the repository.
fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spawndiff"));
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

/// Runs the binary with these arguments.
fn spawndiff<I: IntoIterator<Item: AsRef<OsStr>>>(args: I) -> Ran {
    command()
        .args(args)
        .output()
        .expect("the binary starts")
        .into()
}

/// A count in a JSON report.
fn count(json: &serde_json::Value, key: &str) -> u64 {
    json[key]
        .as_u64()
        .unwrap_or_else(|| panic!("{key} is no count: {json}"))
}

/// A stored case that holds on every engine.
fn good_case() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/cases/start-parameter.wast")
}

/// Its text.
fn good_text() -> String {
    std::fs::read_to_string(good_case()).expect("the case is there")
}

/// A file with these bytes, in a folder that goes with the test.
fn file(folder: &tempfile::TempDir, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("a temporary file can be written");
    path
}

/// A folder that goes with the test.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder can be made")
}

/// The files that no one can replay: name, bytes, and how the line about it starts after the path.
fn bad_files() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let good = good_text();
    let truncated = &good.as_bytes()[..good.len() / 2];
    let foreign = "(module (func (export \"f\") (result i32) (i32.const 1)))\n\
                   (assert_return (invoke \"f\") (i32.const 1))\n";
    let last_line = truncated.iter().filter(|&&byte| byte == b'\n').count() + 1;
    let last_line: &'static str = format!(":{last_line}:").leak();
    vec![
        ("truncated.wast", truncated.to_vec(), last_line),
        (
            "foreign.wast",
            foreign.into(),
            ":1:2: not a spawndiff case: ",
        ),
        ("binary.wast", b"\0asm\x0d\0\x01\0\xff\xfe".to_vec(), ": "),
        ("empty.wast", Vec::new(), ":1:1: "),
    ]
}

/// Whether `rest`, what follows the path in a line about a file, is `:line:column: message` or
/// `: message`.
fn is_place_and_message(rest: &str) -> bool {
    let number = |text: &str| text.parse::<u32>().is_ok_and(|number| number > 0);
    match rest.split_once(": ") {
        Some(("", message)) => !message.is_empty(),
        Some((place, message)) => {
            let place = place
                .strip_prefix(':')
                .and_then(|place| place.split_once(':'));
            place.is_some_and(|(line, column)| number(line) && number(column))
                && !message.is_empty()
        }
        None => false,
    }
}

#[test]
fn every_command_has_help_that_names_its_options() {
    let options: [(&[&str], &[&str]); 5] = [
        (
            &["--help"],
            &[
                "run",
                "replay",
                "show",
                "shrink",
                "report",
                "known",
                "--known <",
                "--version",
            ],
        ),
        (&["shrink", "--help"], &["<FILE>", "--out <", "--seconds <"]),
        (
            &["run", "--help"],
            &[
                "--cases <",
                "--seconds <",
                "--seed <",
                "--jobs <",
                "--out <",
                "--json",
                "10000",
            ],
        ),
        (
            &["replay", "--help"],
            &[
                "[PATH]...",
                "--engine <",
                "cranelift",
                "reference",
                "--json",
                "corpus/cases",
            ],
        ),
        (&["show", "--help"], &["<FILE>"]),
    ];
    for (args, names) in options {
        let ran = spawndiff(args);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{args:?}");
        for name in names {
            assert!(
                ran.out.contains(name),
                "{args:?} does not name {name}:\n{}",
                ran.out
            );
        }
    }
}

#[test]
fn the_version_is_the_package_s() {
    let ran = spawndiff(["--version"]);
    let version = format!("spawndiff {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!((ran.code, ran.out, ran.err), (0, version, String::new()));
}

#[test]
fn an_error_of_usage_is_one_clear_line_before_the_usage() {
    let folder = folder();
    let out = folder.path().join("findings");
    let usages: [(&[&str], &str); 10] = [
        (&["run", "--cases", "0"], "--cases 0"),
        (&["run", "--seconds", "0"], "--seconds 0"),
        (&["run", "--jobs", "0"], "--jobs 0"),
        (&["run", "--jobs", "100000"], "--jobs 100000"),
        (&["run", "--cases", "many"], "'many'"),
        (&["run", "--unknown"], "'--unknown'"),
        (&["run", "--engine", "v9"], "'v9'"),
        (&["replay", "--engine", "v9"], "'v9'"),
        (&["replay", "--unknown"], "'--unknown'"),
        (&["walk"], "'walk'"),
    ];
    for (args, named) in usages {
        let mut command = command();
        command.args(args);
        if args[0] == "run" {
            command.arg("--out").arg(&out);
        }
        let ran = Ran::from(command.output().expect("the binary starts"));
        assert_eq!(
            (ran.code, ran.out.as_str()),
            (2, ""),
            "{args:?}: {}",
            ran.err
        );
        let mut lines = ran.err.lines();
        let first = lines.next().unwrap_or_default();
        assert!(
            first.starts_with("error: ") && first.contains(named),
            "{args:?}: {}",
            ran.err
        );
        // What clap adds stands apart, or is its list of the values.
        let next = lines.next().unwrap_or_default();
        assert!(
            next.is_empty() || next.contains("[possible values:"),
            "{args:?}: {}",
            ran.err
        );
    }
    assert!(!out.exists(), "a refused campaign leaves no folder");
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_cannot_be_written_is_one_line() {
    let folder = folder();
    let (good, out) = (good_case(), folder.path().as_os_str());
    let arguments: [&[&OsStr]; 3] = [
        &["replay".as_ref(), good.as_ref()],
        &["show".as_ref(), good.as_ref()],
        &[
            "run".as_ref(),
            "--cases".as_ref(),
            "1".as_ref(),
            "--out".as_ref(),
            out,
        ],
    ];
    for args in arguments {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
        let full = full.expect("Linux has a full device");
        let ran = command()
            .args(args)
            .stdout(full)
            .output()
            .expect("the binary starts");
        let ran = Ran::from(ran);
        assert!(
            ran.refused().contains("standard output"),
            "{args:?}: {}",
            ran.err
        );
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let good = good_case();
    for args in [
        ["replay".as_ref(), good.as_os_str()],
        ["show".as_ref(), good.as_os_str()],
    ] {
        let (reader, writer) = std::io::pipe().expect("a pipe can be made");
        drop(reader);
        let ran = command()
            .args(args)
            .stdout(writer)
            .output()
            .expect("the binary starts");
        let ran = Ran::from(ran);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{args:?}");
    }
}
