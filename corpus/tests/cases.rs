//! The stored cases of this repository, `corpus/cases/*.wast`: spawndiff can read each of them, and so can others.

use spawndiff_corpus::StoredCase;
use std::fs;
use std::path::{Path, PathBuf};
use wast::{QuoteWat, Wast, WastDirective};

/// Every file of `corpus/cases`, in the order of the names.
fn files() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let entries = fs::read_dir(&directory).expect("the directory is in the repository");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("the directory can be listed").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "wast")
        })
        .collect();
    files.sort();
    files
}

fn name(file: &Path) -> String {
    file.file_stem()
        .expect("it has an extension")
        .to_string_lossy()
        .into_owned()
}

fn read(file: &Path) -> StoredCase {
    StoredCase::read(file).unwrap_or_else(|error| panic!("{}:{}: {error}", name(file), error.line))
}

#[test]
fn there_are_cases_with_names_of_lower_case_words() {
    let files = files();
    assert!(files.len() >= 20, "only {} files", files.len());
    for name in files.iter().map(|file| name(file)) {
        let word = |word: &str| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        assert!(name.split('-').all(word), "{name}");
    }
}

#[test]
fn every_case_has_a_header_and_calls_something() {
    for file in files() {
        let stored = read(&file);
        assert!(
            stored.header.iter().any(|line| !line.trim().is_empty()),
            "{}",
            name(&file)
        );
        assert!(!stored.case.runs.is_empty(), "{}", name(&file));
        for run in &stored.case.runs {
            assert!(!run.invocations.is_empty(), "{}", name(&file));
        }
    }
}

#[test]
fn every_case_written_anew_reads_back_equal() {
    for file in files() {
        let stored = read(&file);
        let text = stored
            .to_wast()
            .unwrap_or_else(|error| panic!("{}: {error}", name(&file)));
        assert_eq!(
            StoredCase::parse(&text).as_ref(),
            Ok(&stored),
            "{}",
            name(&file)
        );
        assert_eq!(stored.to_wast().as_ref(), Ok(&text), "{}", name(&file));
    }
}

/// The built-ins of which the cases use the unshared form, and of which the validator knows only the shared one.
const UNSHARED: [&str; 2] = [
    "(canon thread.spawn-",
    "(canon thread.available_parallelism",
];

#[test]
fn every_case_without_spawning_validates_as_a_whole() {
    let mut validated = 0;
    for file in files() {
        let text = fs::read_to_string(&file).expect("it was just listed");
        if UNSHARED.iter().any(|built_in| text.contains(built_in)) {
            continue;
        }
        let buffer = wast::parser::ParseBuffer::new(&text).expect("it lexes");
        let mut wast: Wast = wast::parser::parse(&buffer).expect("it parses");
        let WastDirective::ModuleDefinition(QuoteWat::Wat(wat)) = &mut wast.directives[0] else {
            panic!("{}: a case starts with its definition", name(&file));
        };
        let binary = wat.encode().expect("it encodes");
        let features = wasmparser::WasmFeatures::all();
        if let Err(error) = wasmparser::Validator::new_with_features(features).validate_all(&binary)
        {
            panic!("{}: {error}", name(&file));
        }
        validated += 1;
    }
    assert!(validated > 0);
}
