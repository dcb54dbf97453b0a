//! The stored cases under Wasmtime's own `wast` runner: each passes as it is, or, where the engine lacks a built-in, in its
//! lowered form.

use spawndiff_corpus::{Case, StoredCase};
use spawndiff_engines::wasmtime::{Config, Native, Release};
use spawndiff_judge::known::List;
use std::path::{Path, PathBuf};
use wasmtime_wast::{Async, WastContext};

fn engine() -> wasmtime_48::Engine {
    let mut config = wasmtime_48::Config::new();
    config
        .wasm_component_model_async(true)
        .wasm_component_model_more_async_builtins(true)
        .wasm_component_model_async_stackful(true)
        .wasm_component_model_threading(true)
        .wasm_function_references(true);
    wasmtime_48::Engine::new(&config).expect("the configuration is a constant")
}

fn cases() -> Vec<PathBuf> {
    in_folder("corpus/cases")
}

fn in_folder(name: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let mut cases: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the folder of cases is there")
        .map(|entry| entry.expect("it can be listed").path())
        .filter(|path| path.extension().is_some_and(|it| it == "wast"))
        .collect();
    cases.sort();
    cases
}

fn run(engine: &wasmtime_48::Engine, name: &str, text: &str) -> Result<(), String> {
    let mut context = WastContext::new(engine, Async::Yes, |_| {});
    context
        .run_wast(name, text.as_bytes())
        .map_err(|error| format!("{error:?}"))
}

#[test]
fn every_stored_case_passes_under_the_engines_own_runner() {
    let engine = engine();
    let native = Native::new(Config::default());
    let mut failed = Vec::new();
    for path in cases() {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(&path).expect("a case can be read");
        let stored = StoredCase::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let component = native
            .lowered(&stored.case.component)
            .unwrap_or_else(|error| panic!("{name}: {error}"))
            .into_owned();
        let text = if component == stored.case.component {
            text
        } else {
            let component = spawndiff_corpus::component_from_text(&component)
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            let case = Case {
                component,
                runs: stored.case.runs.clone(),
            };
            StoredCase { case, ..stored }
                .to_wast()
                .unwrap_or_else(|error| panic!("{name}: {error}"))
        };
        if let Err(error) = run(&engine, &name, &text) {
            failed.push(error);
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

#[test]
fn a_case_that_claims_something_wrong_fails_under_that_runner() {
    let path = &cases()[0];
    let text = std::fs::read_to_string(path).expect("a case can be read");
    let wrong = text.replacen(
        "(component instance $",
        "(assert_return (invoke \"e\"))\n(component instance $",
        1,
    );
    assert!(run(&engine(), "wrong", &wrong).is_err());
}

/// Not those of which that runner sees nothing: a leak in the host, and an assertion that this build does not have.
#[test]
fn every_known_divergence_fails_under_the_engines_own_runner() {
    let engine = engine();
    let unseen = ["keeps-returned-calls.wast", "sync-typed-yield-asserts.wast"];
    let mut wrong = Vec::new();
    let list = List::built_in();
    let elsewhere: Vec<String> = list
        .entries()
        .iter()
        .filter(|entry| !entry.releases.have(Release::DEFAULT.version()))
        .map(|entry| format!("{}.wast", entry.known))
        .collect();
    for path in in_folder("corpus/known")
        .iter()
        .chain(&in_folder("corpus/known/combined"))
    {
        let text = std::fs::read_to_string(path).expect("a case can be read");
        let seen = !unseen.iter().any(|name| path.ends_with(name));
        let name = path.display().to_string();
        if says_endless(&text) {
            takes(&engine, &name, &text);
            continue;
        }
        let ran = run(&engine, &name, &text);
        // Of one that another release has, only that the engine takes it.
        let error = ran.as_ref().err().cloned().unwrap_or_default();
        assert!(!error.contains("unsupported"), "{name}: {error}");
        let claimed = !elsewhere.iter().any(|name| path.ends_with(name));
        if claimed && ran.is_err() != seen {
            wrong.push(name);
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// They were found in another release; their headers say whether this one does what they claim.
#[test]
fn every_finding_runs_under_the_engines_own_runner_and_fails_but_where_it_says_not() {
    let engine = engine();
    let findings = in_folder("findings/wasmtime-50.0.1");
    assert!(!findings.is_empty());
    for path in findings {
        let text = std::fs::read_to_string(&path).expect("a finding can be read");
        if says_endless(&text) {
            takes(&engine, &path.display().to_string(), &text);
            continue;
        }
        let ran = run(&engine, &path.display().to_string(), &text);
        let says_not =
            |line: &str| line.starts_with(";; Not on wasmtime ") && line.contains("48.0.8");
        let passes = text.lines().any(says_not);
        assert_eq!(ran.is_ok(), passes, "{}: {ran:?}", path.display());
        // Whatever it comes to, the engine takes the component.
        let error = ran.err().unwrap_or_default();
        assert!(!error.contains("unsupported"), "{error}");
    }
}

/// Asks of a file that never ends only that the engine takes its component.
fn takes(engine: &wasmtime_48::Engine, name: &str, text: &str) {
    let definition = text.split("(component instance").next();
    let taken = run(engine, name, definition.unwrap_or_default());
    assert!(taken.is_ok(), "{name}: {taken:?}");
}

/// Whether the header of a file says that the engine never gets to its end.
fn says_endless(text: &str) -> bool {
    text.lines()
        .any(|line| line == ";; Does not end on wasmtime 48.0.8")
}
