//! Every mutant shows in some small component.

use super::components::{START, threads_lifted};
use super::*;
use crate::wasmtime::Mutant;

/// Components on which some mutant shows; each exports `run`, and returns a `u32` through `task.return`.
fn components() -> Vec<Vec<u8>> {
    let two_tables = r#"
        (func $g (param i32) (call $log (i32.const 5) (i64.extend_i32_u (local.get 0))))
        (elem (table $u) (i32.const 0) func $g)
        (elem (table $t) (i32.const 1) func $g)
        (func (export "run")
          (call $resume (call $new (i32.const 0) (i32.const 8)))
          (call $resume (call $other_new (i32.const 0) (i32.const 9)))
          (call $log (i32.const 3) (i64.extend_i32_u (call $index)))
          (call $return (i32.const 1)))"#;
    let wrong_type = r#"(func (export "run") (drop (call $new (i32.const 1) (i32.const 8)))
        (call $return (i32.const 1)))"#;
    let declared_otherwise = r#"
        (rec (type $grouped (func (param i32))) (type (func)))
        (func $g (type $grouped))
        (elem (table $t) (i32.const 2) func $g)
        (func (export "run") (drop (call $new (i32.const 2) (i32.const 8)))
          (call $return (i32.const 1)))"#;
    let spawns = r#"(func (export "run")
        (drop (call $spawn (i32.const 0) (i32.const 8)))
        (drop (call $ref_spawn (ref.func $f) (i32.const 9)))
        (call $log (i32.const 2) (i64.const 2))
        (call $return (i32.const 1)))"#;
    let context = r#"
        (func $sets (param i32) (call $set (local.get 0)))
        (elem (table $t) (i32.const 3) func $sets)
        (func (export "run")
          (call $resume (call $new (i32.const 3) (i32.const 8)))
          (drop (call $yield))
          (call $log (i32.const 2) (i64.extend_i32_u (call $get)))
          (call $return (i32.const 1)))"#;
    let resumes = r#"
        (func $resumes (param i32)
          (call $log (i32.const 2) (i64.const 0))
          (if (local.get 0)
            (then (drop (call $suspend_resume (call $new (i32.const 0) (i32.const 7)))))
            (else (drop (call $yield_resume (call $new (i32.const 0) (i32.const 6))))))
          (call $log (i32.const 2) (i64.const 1)))
        (elem (table $u) (i32.const 0) func $resumes)
        (func (export "run")
          (call $resume (call $other_new (i32.const 0) (i32.const 0)))
          (call $resume (call $other_new (i32.const 0) (i32.const 1)))
          (call $log (i32.const 3) (i64.const 0))
          (call $log (i32.const 3) (i64.const 1))
          (call $return (i32.const 1)))"#;
    let promotes = r#"
        (func $yields (param i32)
          (drop (call $yield))
          (call $log (i32.const 4) (i64.const 4)))
        (elem (table $u) (i32.const 0) func $yields)
        (func (export "run") (local i32)
          (local.set 0 (call $other_new (i32.const 0) (i32.const 0)))
          (call $resume (local.get 0))
          (drop (call $yield))
          (drop (call $yield_promote (local.get 0)))
          (call $return (i32.const 1)))"#;
    // A segment of two items in a table of its own, an entry that a table grows with, and a segment that is dropped.
    let tables = r#"
        (table $own 3 funcref)
        (elem (table $own) (i32.const 0) func $f $f)
        (elem $dropped funcref (ref.func $f))
        (func $is_null (param i32)
          (call $log (i32.const 6)
            (i64.extend_i32_u (ref.is_null (table.get $own (local.get 0))))))
        (func (export "run")
          (call $is_null (i32.const 0))
          (call $is_null (i32.const 1))
          (drop (table.grow $own (ref.func $f) (i32.const 1)))
          (call $is_null (i32.const 3))
          (elem.drop $dropped)
          (table.init $own $dropped (i32.const 0) (i32.const 0) (i32.const 1))
          (call $return (i32.const 1)))"#;
    let null = r#"(func (export "run") (drop (call $new (i32.const 2) (i32.const 8)))
        (call $return (i32.const 1)))"#;
    let deadlocks = r#"(func (export "run") (drop (call $suspend)) (call $return (i32.const 1)))"#;
    [
        two_tables,
        wrong_type,
        declared_otherwise,
        spawns,
        context,
        resumes,
        promotes,
        tables,
        null,
        deadlocks,
    ]
    .iter()
    .map(|run| {
        threads_lifted(
            &format!("{START}{run}"),
            r#"(func (export "run") async (result u32)
                     (canon lift (core func $main "run") async))"#,
        )
    })
    .collect()
}

#[test]
fn every_fault_shows() {
    let right = Native::new(Config::default());
    let cases: Vec<Case> = components()
        .into_iter()
        .map(|component| case(component, &["run"]))
        .collect();
    let expected: Vec<Outcome> = cases.iter().map(|case| right.observe(case)).collect();
    for outcome in &expected {
        assert!(matches!(outcome, Outcome::Observed(_)), "{outcome:?}");
    }
    for &mutant in Mutant::ALL {
        let wrong = Native::new(Config {
            mutant: Some(mutant),
            ..Config::default()
        });
        let seen: Vec<Outcome> = cases.iter().map(|case| wrong.observe(case)).collect();
        for outcome in &seen {
            // A shim that does not validate would show as well, and prove nothing.
            assert!(
                !matches!(outcome, Outcome::Rejected(_)),
                "{mutant:?}: {outcome:?}"
            );
        }
        assert_ne!(seen, expected, "{mutant:?}");
    }
}

#[test]
fn a_panic_is_a_crash_with_what_was_seen_before_it() {
    let logs = r#"(func (export "run") (local i32)
        (loop
          (call $log (i32.const 1) (i64.extend_i32_u (local.get 0)))
          (local.set 0 (i32.add (local.get 0) (i32.const 1)))
          (br_if 0 (i32.lt_u (local.get 0) (i32.const 4)))))"#;
    let native = Native::new(Config {
        mutant: Some(Mutant::Panics),
        ..Config::default()
    });
    let case = case(threads(logs, &["run"]), &["run", "run"]);
    for _ in 0..3 {
        let Outcome::Crashed { message, observed } = native.observe(&case) else {
            panic!("no crash");
        };
        assert!(
            message.contains("planted panic") && message.contains("mutants.rs"),
            "{message}"
        );
        assert_eq!(observed.runs[0].invocations.len(), 2);
        assert_eq!(observed.runs[0].invocations[1].events, [log(1, 0)]);
    }
}

#[test]
fn an_unchecked_start_type_is_a_thread_that_does_nothing() {
    let run = r#"(func (export "run") (call $resume (call $new (i32.const 1) (i32.const 8)))
        (call $mark (i32.const 1)))"#;
    let component = threads(&format!("{START}{run}"), &["run"]);
    let config = Config {
        mutant: Some(Mutant::StartTypeUnchecked),
        ..Config::default()
    };
    let observed = observe_with(config, component, &["run"]);
    assert_eq!(observed.invocations[0].end, End::Quiet);
    assert_eq!(observed.leftover, Some(false));
}
