//! Tests of the lowering as a rewrite: of what the lowering leaves alone, and that a component that it writes is valid.

use super::*;
use crate::wasmtime::tests::{component, threads};
use crate::wasmtime::{Config, Native, Outcome};
use spawndiff_corpus::{Case, Invocation, Run};
use wasmparser::{Validator, WasmFeatures};

/// Validates with the features that cases use.
#[track_caller]
fn validate(component: &[u8]) {
    let features = WasmFeatures::all() - WasmFeatures::SHARED_EVERYTHING_THREADS;
    Validator::new_with_features(features)
        .validate_all(component)
        .unwrap();
}

#[track_caller]
fn lowered(component: &[u8]) -> Vec<u8> {
    match lower(component, Needs::ALL).unwrap() {
        Cow::Owned(lowered) => lowered,
        Cow::Borrowed(_) => panic!("nothing was lowered"),
    }
}

const ALL_THREE: &str = r#"
    (elem declare func $f)
    (func $f (param i32))
    (func (export "run")
        (drop (call $spawn (i32.const 0) (i32.const 8)))
        (drop (call $ref_spawn (ref.func $f) (i32.const 9)))
        (call $mark (call $parallelism)))"#;

#[test]
fn a_component_without_the_built_ins_is_untouched() {
    let untouched = threads(
        r#"(func (export "run") (call $resume (call $new (i32.const 0) (i32.const 0))))"#,
        &["run"],
    );
    assert!(matches!(lower(&untouched, Needs::ALL), Ok(Cow::Borrowed(same)) if same == untouched));
    let with = threads(ALL_THREE, &["run"]);
    assert!(matches!(lower(&with, Needs::default()), Ok(Cow::Borrowed(same)) if same == with));
}

#[test]
fn what_is_lowered_is_valid_and_has_nothing_left_to_lower() {
    let lowered = lowered(&threads(ALL_THREE, &["run"]));
    validate(&lowered);
    assert!(matches!(lower(&lowered, Needs::ALL), Ok(Cow::Borrowed(_))));
}

#[test]
fn each_built_in_is_lowered_by_itself() {
    let with = threads(ALL_THREE, &["run"]);
    for needs in [
        Needs {
            spawn_ref: true,
            ..Needs::default()
        },
        Needs {
            spawn_indirect: true,
            ..Needs::default()
        },
        Needs {
            available_parallelism: true,
            ..Needs::default()
        },
    ] {
        let once = lower(&with, needs).unwrap().into_owned();
        assert_ne!(once, with);
        assert!(matches!(lower(&once, needs), Ok(Cow::Borrowed(_))));
        validate(&lowered(&once));
    }
}

/// Everything that shifts is used behind a shim: core functions, tables, instances and modules, by nested components too.
const NESTED: &str = r#"(component
    (import "host" (instance $host
        (export "log" (func (param "point" u32) (param "value" u64)))
        (export "mark" (func (param "value" u32)))))
    (core type $start (func (param i32)))
    (core module $first (table (export "t") 4 funcref))
    (core instance $t1 (instantiate $first))
    (core func $spawn1 (canon thread.spawn-ref $start))
    (core func $mark (canon lower (func $host "mark")))
    (core module $second (table (export "t") 4 funcref))
    (core instance $t2 (instantiate $second))
    (core func $spawn2 (canon thread.spawn-indirect $start (core table $t2 "t")))
    (core module $main
        (type $start (func (param i32)))
        (import "" "t" (table $t 4 funcref))
        (import "" "ref" (func $ref (param (ref null $start) i32) (result i32)))
        (import "" "spawn" (func $spawn (param i32 i32) (result i32)))
        (import "" "mark" (func $mark (param i32)))
        (func $f (param i32) (call $mark (local.get 0)))
        (elem (table $t) (i32.const 0) func $f)
        (func (export "run") (param i32)
            (drop (call $spawn (i32.const 0) (i32.add (i32.const 1) (local.get 0))))
            (drop (call $ref (ref.func $f) (i32.add (i32.const 2) (local.get 0))))))
    (component $inner
        (import "mark" (func $mark (param "value" u32)))
        (core func $parallelism (canon thread.available_parallelism))
        (core func $mark (canon lower (func $mark)))
        ;; The outer module `$second` is behind two inserted ones.
        (alias outer 1 $second (core module $outer))
        (core instance $t (instantiate $outer))
        (core func $spawn (canon thread.spawn-indirect 0 (core table $t "t")))
        (alias outer 1 $start (core type $start))
        (core type $unused (module (alias outer 1 $start (type $s)) (import "" "f" (func (type $s)))))
        (core func $ref (canon thread.spawn-ref $start))
        (component $innermost
            (import "mark" (func $mark (param "value" u32)))
            (alias outer 2 $main (core module $main))
            (alias outer 1 $start (core type $start))
            (alias outer 2 $first (core module $first))
            (core instance $t (instantiate $first))
            (core func $ref (canon thread.spawn-ref $start))
            (core func $spawn (canon thread.spawn-indirect $start (core table $t "t")))
            (core func $mark (canon lower (func $mark)))
            (core instance $main (instantiate $main (with "" (instance
                (export "t" (table $t "t")) (export "ref" (func $ref))
                (export "spawn" (func $spawn)) (export "mark" (func $mark))))))
            (func (export "run") (param "x" u32) (canon lift (core func $main "run"))))
        (alias outer 1 $main (core module $main))
        (core instance $main (instantiate $main (with "" (instance
            (export "t" (table $t "t")) (export "ref" (func $ref))
            (export "spawn" (func $spawn)) (export "mark" (func $mark))))))
        (func (export "run") (param "x" u32) (canon lift (core func $main "run")))
        (instance $innermost (instantiate $innermost (with "mark" (func $mark))))
        (export "deep" (func $innermost "run")))
    (core instance $main (instantiate $main (with "" (instance
        (export "t" (table $t2 "t")) (export "ref" (func $spawn1))
        (export "spawn" (func $spawn2)) (export "mark" (func $mark))))))
    (instance $inner (instantiate $inner (with "mark" (func $host "mark"))))
    (func (export "run") (param "x" u32) (canon lift (core func $main "run")))
    (export "inner" (func $inner "run"))
    (export "deep" (func $inner "deep")))"#;

#[test]
fn nested_components_and_outer_aliases_survive_the_renumbering() {
    // The core type of index 0 that the inner component's first spawn names is an alias of its own, written before it.
    let text = NESTED.replacen(
        "(core func $parallelism",
        "(alias outer 1 $start (core type $zero)) (core func $parallelism",
        1,
    );
    let nested = component(&text);
    validate(&lowered(&nested));

    let invocation = |(export, x): (&str, u32)| Invocation {
        export: export.to_string(),
        args: vec![spawndiff_corpus::Value::U32(x)],
    };
    let calls = [("run", 10), ("inner", 20), ("deep", 30)];
    let case = Case {
        component: nested,
        runs: vec![Run {
            invocations: calls.into_iter().map(invocation).collect(),
        }],
    };
    let Outcome::Observed(observed) = Native::new(Config::default()).observe(&case) else {
        panic!(
            "not observed: {:?}",
            Native::new(Config::default()).observe(&case)
        );
    };
    for (invocation, (_, x)) in observed.runs[0].invocations.iter().zip(calls) {
        let values: Vec<u64> = invocation.events.iter().map(|event| event.value).collect();
        assert_eq!(
            values,
            [u64::from(x) + 1, u64::from(x) + 2],
            "{invocation:?}"
        );
    }
}

/// A small generator of numbers, so that a failure can be repeated (xorshift64*).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize
    }
}

#[test]
fn random_bytes_give_an_error_and_never_a_panic() {
    let mut numbers = Numbers(1);
    let native = Native::new(Config::default());
    for i in 0..10_000 {
        let len = numbers.next() % 200;
        let mut component: Vec<u8> = (0..len).map(|_| numbers.next() as u8).collect();
        if i % 2 == 0 {
            component.splice(0..0, *b"\0asm\x0d\0\x01\0");
        }
        let _ = lower(&component, Needs::ALL);
        let outcome = native.observe(&Case {
            component,
            runs: vec![],
        });
        assert!(
            matches!(outcome, Outcome::Rejected(_) | Outcome::Observed(_)),
            "{outcome:?}"
        );
    }
}

#[test]
fn mutated_components_never_panic_the_lowering() {
    let mut numbers = Numbers(2);
    for whole in [component(NESTED), threads(ALL_THREE, &["run"])] {
        for _ in 0..20_000 {
            let mut mutated = whole.clone();
            for _ in 0..1 + numbers.next() % 3 {
                let at = 8 + numbers.next() % (mutated.len() - 8);
                mutated[at] = numbers.next() as u8;
            }
            mutated.truncate(8 + numbers.next() % (2 * mutated.len()));
            let _ = lower(&mutated, Needs::ALL);
        }
    }
}

#[test]
fn megabytes_of_nested_garbage_are_rejected() {
    let header = b"\0asm\x0d\0\x01\0";
    // Component in component in component, each of which claims to hold all the rest.
    let mut garbage = header.to_vec();
    while garbage.len() < 4 << 20 {
        garbage.extend_from_slice(&[4, 0xff, 0xff, 0xff, 0x01]);
        garbage.extend_from_slice(header);
    }
    // And the same, well formed.
    let mut nested = header.to_vec();
    for _ in 0..1000 {
        let mut outer = header.to_vec();
        outer.push(4);
        wasm_encoder::Encode::encode(&nested[..], &mut outer);
        nested = outer;
    }
    // And types in types.
    let mut section = vec![1];
    section.extend(std::iter::repeat_n([0x41, 1, 1], 1 << 20).flatten());
    let mut types = header.to_vec();
    types.push(7);
    wasm_encoder::Encode::encode(&section[..], &mut types);
    let native = Native::new(Config::default());
    for component in [garbage, nested, types] {
        let _ = lower(&component, Needs::ALL);
        let outcome = native.observe(&Case {
            component,
            runs: vec![],
        });
        assert!(matches!(outcome, Outcome::Rejected(_)), "{outcome:?}");
    }
}
