//! `spawndiff replay` of scripts that are no stored cases.

use super::{Ran, count, file, folder, good_case, good_text, spawndiff};
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

/// Five directives, all of which hold on Wasmtime.
const GOOD: &str = r#"(component
  (core module $m (func (export "one") (result i32) (i32.const 1)) (func (export "trap") (unreachable)))
  (core instance $m (instantiate $m))
  (func (export "one") (result u32) (canon lift (core func $m "one")))
  (func (export "trap") (canon lift (core func $m "trap"))))
(assert_return (invoke "one") (u32.const 1))
(assert_trap (invoke "trap") "unreachable")
(assert_invalid (component (export "a" (func 0))) "no such function")
(assert_malformed (component quote "(") "expected")
"#;

fn replay(options: &[&str], paths: &[&Path]) -> Ran {
    let options = ["replay"].iter().chain(options).map(OsStr::new);
    spawndiff(options.chain(paths.iter().map(|path| path.as_os_str())))
}

const CRANELIFT: [&str; 2] = ["--engine", "cranelift"];

#[test]
fn a_script_is_one_line_and_a_row_of_its_folder() {
    let folder = folder();
    let path = file(&folder, "good.wast", GOOD);
    let ran = replay(&CRANELIFT, &[&path]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(
        lines[0],
        format!("{}: cranelift: 5 passed (1 in other words)", path.display())
    );
    let row: Vec<&str> = lines[2].split_whitespace().collect();
    let name = folder.path().display().to_string();
    assert_eq!(row, [&name, "1", "5", "5/0/0"], "{}", ran.out);
    let sums: Vec<&str> = lines[lines.len() - 1].split_whitespace().collect();
    assert_eq!(sums, ["cranelift", "1", "5", "5", "0", "0"], "{}", ran.out);
}

#[test]
fn folders_are_rows_and_engines_are_columns() {
    let folder = folder();
    for (name, files) in [("a", 1), ("a/b", 2)] {
        let below = folder.path().join(name);
        fs::create_dir(&below).expect("a folder can be made");
        for index in 0..files {
            fs::write(below.join(format!("{index}.wast")), GOOD).expect("a file can be written");
        }
    }
    let ran = replay(&[], &[folder.path()]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    for (name, files, directives) in [("a", "1", 5), ("a/b", "2", 10)] {
        let name = folder.path().join(name).display().to_string();
        let rows = ran.out.lines().map(str::split_whitespace);
        let mut rows = rows.map(|row| row.collect::<Vec<_>>());
        let row = rows.find(|row| row.first() == Some(&name.as_str()));
        let row = row.unwrap_or_else(|| panic!("no row of {name}\n{}", ran.out));
        let directives = directives.to_string();
        assert_eq!(
            row[1..4],
            [files, &directives, &format!("{directives}/0/0")]
        );
        // What the reference makes of them is not said here, only that it is counted.
        let counts: usize = row[4]
            .split('/')
            .map(|cell| cell.parse::<usize>().expect("a count"))
            .sum();
        assert_eq!(counts.to_string(), directives);
    }
}

#[test]
fn each_directive_that_fails_or_is_not_supported_is_told_at_its_line() {
    let folder = folder();
    let text = format!(
        "{GOOD}(assert_return (invoke \"one\") (u32.const 2))\n(wait $t)\n(invoke \"none\")\n(wait $t)\n"
    );
    let path = file(&folder, "bad.wast", &text);
    let line = GOOD.lines().count() + 1;
    let ran = replay(&CRANELIFT, &[&path]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""), "{}", ran.out);
    let name = path.display();
    for said in [
        format!("{name}: cranelift: 5 passed (1 in other words), 2 failed, 2 not supported"),
        format!("{name}:{line}: cranelift: trapped: wasm trap: cannot enter component instance"),
        format!(
            "{name}:{},{}: cranelift: not supported: wait",
            line + 1,
            line + 3
        ),
        format!(
            "{name}:{}: cranelift: no function `none` is exported",
            line + 2
        ),
    ] {
        assert!(
            ran.out.lines().any(|line| line == said),
            "{said}\n{}",
            ran.out
        );
    }

    let json = replay(&[&CRANELIFT[..], &["--json"]].concat(), &[&path]).json();
    let report = &json["engines"]["cranelift"];
    for score in [report, &report["per_file"][&*path.to_string_lossy()]] {
        let counts = ["directives", "passed", "failed", "unsupported"];
        assert_eq!(
            counts.map(|name| count(score, name)),
            [9, 5, 2, 2],
            "{json}"
        );
    }
    let score = &report["per_file"][&*path.to_string_lossy()];
    assert_eq!(
        count(&score["first_failure"], "line"),
        line as u64,
        "{json}"
    );
    assert_eq!(
        score["not_supported"],
        serde_json::json!([
            { "line": line + 1, "message": "wait" },
            { "line": line + 3, "message": "wait" },
        ])
    );
}

#[test]
fn what_is_not_supported_alone_is_no_failure() {
    let folder = folder();
    let path = file(&folder, "wait.wast", format!("{GOOD}(wait $t)"));
    let ran = replay(&CRANELIFT, &[&path]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
}

#[test]
fn a_malformed_script_is_one_line_and_the_rest_is_replayed() {
    let folder = folder();
    let bad = file(&folder, "bad.wast", "(component\n  (core modul))\n");
    let good = file(&folder, "good.wast", GOOD);
    let ran = replay(&[&CRANELIFT[..], &["--json"]].concat(), &[folder.path()]);
    assert_eq!(ran.code, 2);
    let line = ran.error_line();
    let place = format!("{}:2:", bad.display());
    assert!(line.starts_with(&place), "{line}");
    let json = ran.json();
    assert_eq!(json["unreadable"], serde_json::json!([line]));
    let score = &json["engines"]["cranelift"]["per_file"][&*good.to_string_lossy()];
    assert_eq!(count(score, "passed"), 5, "{json}");
}

#[test]
fn a_stored_case_with_something_wrong_in_it_is_no_script() {
    let folder = folder();
    let wrong = format!("{}\n(register \"a\" $r0)\n", good_text());
    let line = wrong.lines().count();
    let path = file(&folder, "wrong.wast", &wrong);
    let ran = replay(&[], &[&path]);
    assert_eq!(ran.code, 2, "{}", ran.out);
    let place = format!("{}:{line}:2: not a spawndiff case: ", path.display());
    assert!(ran.error_line().starts_with(&place), "{}", ran.err);
}

#[test]
fn stored_cases_and_scripts_count_together() {
    let folder = folder();
    let script = file(&folder, "good.wast", GOOD);
    let case = good_case();
    let alone = replay(&["--json"], &[&case]).json();
    let both = replay(&["--json"], &[&case, &script]).json();
    for engine in ["cranelift", "reference"] {
        let directives = |json: &serde_json::Value| count(&json["engines"][engine], "directives");
        assert_eq!(directives(&both), directives(&alone) + 5);
        let name = &*case.to_string_lossy();
        assert_eq!(
            both["engines"][engine]["per_file"][name],
            alone["engines"][engine]["per_file"][name]
        );
    }
}
