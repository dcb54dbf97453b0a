//! Each fuzz target runs on its seeds and finds nothing that is not known. The targets are built as tests are, without instrumentation.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The seeds of a target, in order.
fn seeds(target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/seeds");
    let entries = std::fs::read_dir(folder.join(target)).expect("the folder is there");
    let mut seeds: Vec<PathBuf> = entries
        .map(|entry| entry.expect("it can be listed").path())
        .collect();
    seeds.sort();
    seeds
}

fn run(program: &str, inputs: &[PathBuf]) -> (Output, String) {
    let output = Command::new(program).args(inputs).output();
    let output = output.expect("the target starts");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    (output, told)
}

fn finds_nothing(program: &str, target: &str) {
    let seeds = seeds(target);
    assert!(seeds.len() > 10, "{target}");
    let (output, told) = run(program, &seeds);
    assert!(output.status.success(), "{target}: {told}");
    // libFuzzer says so of each input.
    assert_eq!(told.matches("Executed ").count(), seeds.len(), "{told}");
}

#[test]
fn cases_of_one_instance_find_nothing() {
    finds_nothing(env!("CARGO_BIN_EXE_threads"), "threads");
}

#[test]
fn cases_of_several_instances_find_nothing() {
    finds_nothing(env!("CARGO_BIN_EXE_instances"), "instances");
}

#[test]
fn cases_with_code_of_wasm_smith_find_nothing() {
    finds_nothing(env!("CARGO_BIN_EXE_smith"), "smith");
}

#[test]
fn an_input_that_is_not_there_is_an_error() {
    let (output, told) = run(
        env!("CARGO_BIN_EXE_threads"),
        &[PathBuf::from("no-such-file")],
    );
    assert!(!output.status.success(), "{told}");
}
