//! Random bytes given as a case never panic the harness: a verdict, every time.

use rayon::prelude::*;
use spawndiff_corpus::{Case, Invocation, Run, StoredCase};
use spawndiff_engines::wasmtime::{Config, Native};
use spawndiff_generators::{case_from_bytes, case_from_seed};
use spawndiff_judge::{Judge, Verdict};
use spawndiff_reference::Reference;

const CASES: u64 = 10_000;

/// A small source of bytes of its own: they must not depend on the generator under test.
struct Bytes(u64);

impl Bytes {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        self.next() as usize % bound
    }

    fn take(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next() as u8).collect()
    }
}

fn case(component: Vec<u8>) -> Case {
    let invocation = Invocation {
        export: "e0".to_string(),
        args: Vec::new(),
    };
    Case {
        component,
        runs: vec![Run {
            invocations: vec![invocation],
        }],
    }
}

#[test]
fn random_bytes_as_a_component_are_never_a_panic_and_never_a_divergence() {
    let judge = Judge::new(Native::new(Config::default()));
    (0..CASES).into_par_iter().for_each(|index| {
        let mut bytes = Bytes(index + 1);
        let length = bytes.below(300);
        let mut component = bytes.take(length);
        if index % 2 == 0 {
            // Behind a component's preamble, the parsers get further.
            component.splice(0..0, *b"\0asm\x0d\0\x01\0");
        }
        let verdict = judge.judge(&case(component)).verdict;
        assert!(
            matches!(verdict, Verdict::Inconclusive(_)),
            "{index}: {verdict}"
        );
    });
}

#[test]
fn components_with_flipped_bytes_never_panic_the_harness() {
    let judge = Judge::new(Native::new(Config::default()));
    (0..CASES / 5).into_par_iter().for_each(|index| {
        let mut bytes = Bytes(index + 1);
        let mut case = case_from_seed(9, index % 50);
        for _ in 0..1 + bytes.below(4) {
            let position = bytes.below(case.component.len());
            case.component[position] = bytes.next() as u8;
        }
        if bytes.below(4) == 0 {
            let length = bytes.below(case.component.len());
            case.component.truncate(length);
        }
        // A verdict of any other kind: a flipped byte can make another, valid program.
        let verdict = judge.judge(&case).verdict;
        assert!(
            !matches!(verdict, Verdict::Crash { .. }),
            "{index}: {verdict}"
        );
    });
}

#[test]
fn random_bytes_for_the_generator_give_a_case_that_the_reference_knows() {
    (0..CASES).into_par_iter().for_each(|index| {
        let mut bytes = Bytes(index + 1);
        let length = bytes.below(1_000);
        let case = case_from_bytes(&bytes.take(length));
        if let Err(what) = Reference::new(&case) {
            panic!("{index}: {what}");
        }
    });
}

#[test]
fn random_bytes_as_a_stored_case_are_an_error() {
    for index in 0..CASES {
        let mut bytes = Bytes(index + 1);
        let length = bytes.below(300);
        let text = String::from_utf8_lossy(&bytes.take(length)).into_owned();
        assert!(StoredCase::parse(&text).is_err(), "{text:?}");
    }
}
