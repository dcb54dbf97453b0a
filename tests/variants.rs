//! The variants of the native engine: how code is compiled, where instances live and when a thread is interrupted makes no
//! difference.

use spawndiff_corpus::StoredCase;
use spawndiff_engines::wasmtime::{Config, Native, Outcome, Variant};
use spawndiff_judge::claims::{Status, check_native};
use std::path::Path;

fn cases(folder: &str) -> Vec<(String, StoredCase)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(folder);
    let files = std::fs::read_dir(folder).expect("the folder is there");
    let mut cases: Vec<(String, StoredCase)> = files
        .map(|file| file.expect("it can be listed").path())
        .filter(|path| path.extension().is_some_and(|it| it == "wast"))
        .map(|path| {
            let name = path.display().to_string();
            let case = StoredCase::read(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
            (name, case)
        })
        .collect();
    cases.sort_by(|a, b| a.0.cmp(&b.0));
    cases
}

/// Has each of the variants run the cases of a folder, and looks at what comes of each that a variant takes: most.
fn on_each(variants: &[Variant], folder: &str, look: &dyn Fn(&str, &StoredCase, &Outcome)) {
    let cases = cases(folder);
    for &variant in variants {
        let native = Native::new(Config::of(variant));
        let mut taken = 0;
        for (name, case) in &cases {
            let outcome = native.observe(&case.case);
            if let Outcome::Unsupported(what) = outcome {
                assert_eq!(variant.lacks().join(", "), *what, "{name}");
            } else {
                taken += 1;
                look(&format!("{variant}: {name}"), case, &outcome);
            }
        }
        let of = cases.len();
        assert!(taken * 2 > of, "{variant} took {taken} of {of}");
    }
}

#[test]
fn every_stored_case_holds_on_every_variant_that_takes_it() {
    on_each(Variant::ALL, "cases", &|name, case, outcome| {
        for (status, directive) in check_native(case, outcome).iter().zip(&case.directives) {
            assert_eq!(*status, Status::Passed, "{name}:{}", directive.line);
        }
    });
}

#[test]
fn every_known_divergence_looks_the_same_on_every_variant_that_takes_it() {
    let first = Native::new(Config::default());
    on_each(&Variant::ALL[1..], "known", &|name, case, outcome| {
        assert_eq!(*outcome, first.observe(&case.case), "{name}");
    });
}

#[test]
fn names_are_distinct_and_the_default_comes_first() {
    let names: std::collections::BTreeSet<&str> = Variant::ALL.iter().map(|it| it.name()).collect();
    assert_eq!(names.len(), Variant::ALL.len());
    assert_eq!(Variant::ALL[0], Variant::default());
}
