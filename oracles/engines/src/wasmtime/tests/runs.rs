//! How runs, invocations and their ends are observed.

use super::components::{START, threads_lifted};
use super::*;
use crate::wasmtime::{Config, Release, Variant};
use spawndiff_observation::{Exhaustion, Observation};

const RETURNS_LATE: &str =
    r#"(func (export "run") async (result u32) (canon lift (core func $main "run") async))"#;

#[test]
fn a_thread_that_outlives_the_call_runs_to_its_end() {
    let run = r#"(func (export "run") (drop (call $new (i32.const 0) (i32.const 8)))
        (call $resume (i32.const 2)) (call $log (i32.const 2) (i64.const 0)))"#;
    let observed = observe(threads(&format!("{START}{run}"), &["run"]), &["run"]);
    assert_eq!(observed.instantiation.end, End::Quiet);
    assert_eq!(observed.invocations[0].events, [log(2, 0), log(1, 8)]);
    assert_eq!(observed.invocations[0].returned, Some(None));
    assert_eq!(observed.invocations[0].end, End::Quiet);
    assert_eq!(observed.leftover, Some(false));
}

#[test]
fn thread_new_indirect_has_three_different_traps() {
    for (entry, expected) in [
        (1, Trap::ThreadStartType),
        (2, Trap::ThreadStartNull),
        (4, Trap::TableOutOfBounds),
        (-1, Trap::TableOutOfBounds),
    ] {
        let run = format!(
            r#"(func (export "run") (drop (call $new (i32.const {entry}) (i32.const 8))))"#
        );
        assert_eq!(
            end(threads(&format!("{START}{run}"), &["run"])),
            trap(expected),
            "{entry}"
        );
    }
}

#[test]
fn after_a_trap_nothing_can_be_entered() {
    let run = r#"(func (export "run") unreachable) (func (export "next"))"#;
    let observed = observe(threads(run, &["run", "next"]), &["next", "run", "next"]);
    let ends: Vec<End> = observed
        .invocations
        .iter()
        .map(|invocation| invocation.end)
        .collect();
    assert_eq!(
        ends,
        [End::Quiet, trap(Trap::Unreachable), trap(Trap::CannotEnter)]
    );
    assert_eq!(observed.leftover, None);
}

#[test]
fn a_trap_after_the_result_keeps_the_result() {
    // In the same turn, and in a thread that runs later.
    for run in [
        r#"(func (export "run") (call $return (i32.const 5)) unreachable)"#,
        r#"(func $trap (param i32) unreachable)
           (elem (table $t) (i32.const 0) func $trap)
           (func (export "run")
             (call $resume (call $new (i32.const 0) (i32.const 0)))
             (call $return (i32.const 5)))"#,
    ] {
        let observed = observe(threads_lifted(run, RETURNS_LATE), &["run"]);
        assert_eq!(observed.invocations[0].returned, Some(Some(Value::U32(5))));
        assert_eq!(observed.invocations[0].end, trap(Trap::Unreachable));
        assert_eq!(observed.leftover, None);
    }
}

#[test]
fn a_trap_before_the_result_leaves_none_and_runs_no_other_thread() {
    let run = r#"(func (export "run")
        (call $resume (call $new (i32.const 0) (i32.const 0))) unreachable)"#;
    let observed = observe(
        threads_lifted(&format!("{START}{run}"), RETURNS_LATE),
        &["run"],
    );
    assert_eq!(observed.invocations[0].returned, None);
    assert_eq!(observed.invocations[0].events, []);
    assert_eq!(observed.invocations[0].end, trap(Trap::Unreachable));
}

#[test]
fn a_task_that_waits_for_nobody_is_a_deadlock_and_ends_the_run() {
    let run = r#"(func (export "run") (call $log (i32.const 3) (i64.const 0))
        (drop (call $suspend)) (call $return (i32.const 5)))"#;
    let observed = observe(threads_lifted(run, RETURNS_LATE), &["run", "run"]);
    assert_eq!(observed.invocations.len(), 1);
    assert_eq!(observed.invocations[0].end, End::Deadlock);
    assert_eq!(observed.invocations[0].returned, None);
    assert_eq!(observed.invocations[0].events, [log(3, 0)]);
    assert_eq!(observed.leftover, None);
}

#[test]
fn a_synchronous_task_cannot_suspend() {
    let run = r#"(func (export "run") (drop (call $suspend)))"#;
    assert_eq!(end(threads(run, &["run"])), trap(Trap::CannotBlock));
}

#[test]
fn a_thread_that_nobody_resumes_is_left_over() {
    let run = r#"(func (export "run") (drop (call $new (i32.const 0) (i32.const 8))))"#;
    let observed = observe(threads(&format!("{START}{run}"), &["run"]), &["run"]);
    assert_eq!(observed.invocations[0].end, End::Quiet);
    assert_eq!(observed.leftover, Some(true));

    let waits = r#"(func $waits (param i32) (drop (call $suspend)))
        (elem (table $t) (i32.const 0) func $waits)
        (func (export "run") (call $resume (call $new (i32.const 0) (i32.const 8))))"#;
    assert_eq!(
        observe(threads(waits, &["run"]), &["run"]).leftover,
        Some(true)
    );
}

#[test]
fn an_index_that_names_no_thread_or_one_that_runs_is_told_apart() {
    let run = r#"(func (export "run") (call $resume (i32.const 9)))"#;
    assert_eq!(end(threads(run, &["run"])), trap(Trap::UnknownIndex));
    let run = r#"(func (export "run") (call $resume (call $index)))"#;
    assert_eq!(end(threads(run, &["run"])), trap(Trap::ThreadNotSuspended));
}

#[test]
fn a_loop_a_recursion_and_a_greedy_memory_are_exhaustions() {
    for (run, expected) in [
        ("(loop (br 0))", Exhaustion::Fuel),
        ("(loop (drop (call $yield)) (br 0))", Exhaustion::Fuel),
        ("(loop (call $mark (i32.const 0)) (br 0))", Exhaustion::Fuel),
        ("(call $run)", Exhaustion::Stack),
        ("(drop (memory.grow (i32.const 2000)))", Exhaustion::Memory),
        (
            "(drop (table.grow $mine (ref.null func) (i32.const 200000)))",
            Exhaustion::Memory,
        ),
        (
            "(loop (drop (call $new (i32.const 0) (i32.const 0))) (br 0))",
            Exhaustion::Memory,
        ),
    ] {
        let run = format!(
            r#"{START} (memory 1) (table $mine 1 funcref) (func $run (export "run") {run})"#
        );
        assert_eq!(
            end(threads(&run, &["run"])),
            End::Exhausted(expected),
            "{run}"
        );
    }
}

#[test]
fn growing_past_a_declared_maximum_is_no_exhaustion() {
    let run = r#"(memory 1 2) (table $mine 1 2 funcref)
        (func (export "run")
          (call $mark (memory.grow (i32.const 2000)))
          (call $mark (table.grow $mine (ref.null func) (i32.const 200000)))
          (call $mark (memory.grow (i32.const 65536))))"#;
    let observed = observe(threads(run, &["run"]), &["run"]);
    let refused = log(spawndiff_corpus::MARK, u32::MAX.into());
    assert_eq!(observed.invocations[0].events, [refused; 3]);
}

#[test]
fn thousands_of_suspended_threads_are_no_trouble() {
    let run = r#"(func $waits (param i32) (drop (call $suspend)))
        (elem (table $t) (i32.const 0) func $waits)
        (func (export "run") (local i32)
          (loop
            (call $resume (call $new (i32.const 0) (i32.const 8)))
            (local.tee 0 (i32.add (local.get 0) (i32.const 1)))
            (br_if 0 (i32.ne (i32.const 3000)))))"#;
    let observed = observe(threads(run, &["run"]), &["run"]);
    assert_eq!(observed.invocations[0].end, End::Quiet);
    assert_eq!(observed.leftover, Some(true));
}

#[test]
fn a_trap_in_a_start_function_ends_the_instantiation() {
    let observed = observe(threads("(func $s unreachable) (start $s)", &[]), &[]);
    assert_eq!(observed.instantiation.end, trap(Trap::Unreachable));
    assert_eq!(observed.leftover, None);
}

#[test]
fn each_run_has_an_instance_of_its_own() {
    let run = r#"(global $n (mut i32) (i32.const 0))
        (func (export "run") (global.set $n (i32.add (global.get $n) (i32.const 1)))
          (call $mark (global.get $n)))"#;
    let mut case = case(threads(run, &["run"]), &["run", "run"]);
    case.runs.push(case.runs[0].clone());
    let Outcome::Observed(Observation { runs }) = Native::new(Config::default()).observe(&case)
    else {
        panic!("not observed");
    };
    assert_eq!(runs.len(), 2);
    assert_eq!(runs[0], runs[1]);
    let seen: Vec<u64> = runs[0]
        .invocations
        .iter()
        .map(|invocation| invocation.events[0].value)
        .collect();
    assert_eq!(seen, [1, 2]);
}

#[test]
fn arguments_and_results_pass_through() {
    let component = threads_lifted(
        r#"(func (export "run") (param i32 f64) (result f64) (local.get 1))"#,
        r#"(func (export "run") (param "a" char) (param "b" f64) (result f64)
             (canon lift (core func $main "run")))"#,
    );
    let args = vec![Value::Char('x'), Value::f64(f64::NAN)];
    let mut case = case(component, &["run"]);
    case.runs[0].invocations[0].args = args;
    let native = Native::new(Config::default());
    let Outcome::Observed(observed) = native.observe(&case) else {
        panic!("not observed")
    };
    assert_eq!(
        observed.runs[0].invocations[0].returned,
        Some(Some(Value::F64(0x7ff8_0000_0000_0000)))
    );

    case.runs[0].invocations[0].args.pop();
    assert!(matches!(native.observe(&case), Outcome::Rejected(message) if message.contains("run")));
    case.runs[0].invocations[0].export = "walk".to_string();
    assert!(
        matches!(native.observe(&case), Outcome::Rejected(message) if message.contains("walk"))
    );
}

#[test]
fn extra_turns_and_the_cache_change_nothing() {
    let run = r#"(func (export "run")
        (call $resume (call $new (i32.const 0) (i32.const 8)))
        (drop (call $yield)) (call $log (i32.const 2) (i64.const 0)))"#;
    let component = threads(&format!("{START}{run}"), &["run"]);
    let plain = observe(component.clone(), &["run", "run"]);
    for (extra_turns, incremental) in [(9, true), (0, false)] {
        let config = Config {
            extra_turns,
            incremental,
            ..Config::default()
        };
        assert_eq!(
            observe_with(config, component.clone(), &["run", "run"]),
            plain
        );
    }
}

#[test]
fn an_invalid_component_is_rejected_on_one_line() {
    let invalid = component("(component (import \"host\" (func)) (export \"x\" (func 7)))");
    for bytes in [invalid, vec![], b"\0asm\x01\0\0\0".to_vec()] {
        let outcome = Native::new(Config::default()).observe(&case(bytes, &["run"]));
        assert!(
            matches!(&outcome, Outcome::Rejected(message) if !message.contains('\n')),
            "{outcome:?}"
        );
    }
}

#[test]
fn a_call_between_components_is_turned_to_its_end() {
    let calls = component(
        r#"(component
            (import "host" (instance $host (export "mark" (func (param "value" u32)))))
            (component $callee
                (core func $return (canon task.return (result u32)))
                (core func $yield (canon thread.yield))
                (core module $m
                    (import "" "return" (func $return (param i32)))
                    (import "" "yield" (func $yield (result i32)))
                    (func (export "f") (param i32)
                        (drop (call $yield))
                        (call $return (i32.add (local.get 0) (i32.const 1)))))
                (core instance $m (instantiate $m (with "" (instance
                    (export "return" (func $return)) (export "yield" (func $yield))))))
                (func (export "f") async (param "x" u32) (result u32)
                    (canon lift (core func $m "f") async)))
            (component $caller
                (import "f" (func $f async (param "x" u32) (result u32)))
                (import "mark" (func $mark (param "value" u32)))
                (core module $memory (memory (export "m") 1))
                (core instance $memory (instantiate $memory))
                (core func $f (canon lower (func $f) async (memory (core memory $memory "m"))))
                (core func $mark (canon lower (func $mark)))
                (core func $set (canon waitable-set.new))
                (core func $drop_set (canon waitable-set.drop))
                (core func $join (canon waitable.join))
                (core func $drop (canon subtask.drop))
                (core func $wait (canon waitable-set.wait (memory (core memory $memory "m"))))
                (core func $return (canon task.return))
                (core module $m
                    (import "" "m" (memory 1))
                    (import "" "f" (func $f (param i32 i32) (result i32)))
                    (import "" "mark" (func $mark (param i32)))
                    (import "" "set" (func $set (result i32)))
                    (import "" "drop-set" (func $drop_set (param i32)))
                    (import "" "join" (func $join (param i32 i32)))
                    (import "" "drop" (func $drop (param i32)))
                    (import "" "wait" (func $wait (param i32 i32) (result i32)))
                    (import "" "return" (func $return))
                    (func (export "run") (local $subtask i32) (local $set i32)
                        (local.set $subtask
                            (i32.shr_u (call $f (i32.const 41) (i32.const 16)) (i32.const 4)))
                        (local.set $set (call $set))
                        (call $join (local.get $subtask) (local.get $set))
                        (drop (call $wait (local.get $set) (i32.const 0)))
                        (call $mark (i32.load (i32.const 16)))
                        (call $drop (local.get $subtask))
                        (call $drop_set (local.get $set))
                        (call $return))
                    (func (export "unknown") (call $join (i32.const 9) (i32.const 0)))
                    (func (export "keeps") (drop (call $set)) (call $return)))
                (core instance $m (instantiate $m (with "" (instance
                    (export "m" (memory $memory "m")) (export "f" (func $f))
                    (export "mark" (func $mark)) (export "set" (func $set))
                    (export "drop-set" (func $drop_set)) (export "join" (func $join))
                    (export "drop" (func $drop)) (export "wait" (func $wait))
                    (export "return" (func $return))))))
                (func (export "run") async (canon lift (core func $m "run") async))
                (func (export "keeps") async (canon lift (core func $m "keeps") async))
                (func (export "unknown") async (canon lift (core func $m "unknown") async)))
            (instance $callee (instantiate $callee))
            (instance $caller (instantiate $caller
                (with "f" (func $callee "f")) (with "mark" (func $host "mark"))))
            (export "run" (func $caller "run"))
            (export "keeps" (func $caller "keeps"))
            (export "unknown" (func $caller "unknown")))"#,
    );
    let observed = observe(calls.clone(), &["run", "run"]);
    for invocation in &observed.invocations {
        assert_eq!(invocation.end, End::Quiet);
        assert_eq!(invocation.events, [log(spawndiff_corpus::MARK, 42)]);
    }
    assert_eq!(observed.leftover, Some(false));

    let observed = observe(calls.clone(), &["unknown"]);
    assert_eq!(observed.invocations[0].end, trap(Trap::UnknownIndex));

    // What is counted is more than threads and tasks: a waitable set that is kept is left over, too.
    assert_eq!(observe(calls, &["keeps"]).leftover, Some(true));
}

#[test]
fn the_version_of_each_release_is_the_one_that_is_built() {
    let lock = include_str!("../../../../../Cargo.lock");
    for release in Release::ALL {
        let version = release.version();
        let package = format!("name = \"wasmtime\"\nversion = {version:?}\n");
        assert!(lock.contains(&package), "{version}");
    }
}

/// Every variant that this build has.
fn built() -> impl Iterator<Item = Variant> {
    Variant::all().filter(|it| it.release().is_built())
}

#[test]
fn every_release_that_is_built_runs_a_case_as_the_default_one_does() {
    let run = r#"(func (export "run") (call $resume (call $new (i32.const 0) (i32.const 8))))"#;
    let case = case(threads(&format!("{START}{run}"), &["run"]), &["run"]);
    let default = Native::new(Config::default()).observe(&case);
    assert!(matches!(default, Outcome::Observed(_)));
    for variant in built() {
        let outcome = Native::new(Config::of(variant)).observe(&case);
        assert_eq!(outcome, default, "{variant}");
    }
}

#[test]
fn what_was_ready_when_a_call_trapped_does_not_run_on_any_release_that_is_built() {
    let body = r#"(func (export "run") (call $resume (call $new (i32.const 0) (i32.const 8))) unreachable)
        (func (export "next"))"#;
    let case = case(
        threads(&format!("{START}{body}"), &["run", "next"]),
        &["run", "next", "next"],
    );
    for variant in built() {
        let Outcome::Observed(observed) = Native::new(Config::of(variant)).observe(&case) else {
            panic!("{variant}")
        };
        let [run, refused @ ..] = observed.runs[0].invocations.as_slice() else {
            panic!("{variant}")
        };
        assert_eq!(run.end, trap(Trap::Unreachable), "{variant}");
        for next in refused {
            assert_eq!(next.end, trap(Trap::CannotEnter), "{variant}");
        }
        let logged = observed.runs[0]
            .invocations
            .iter()
            .any(|it| !it.events.is_empty());
        assert!(!logged, "{variant}");
    }
}

#[test]
fn one_engine_serves_many_threads() {
    let run = r#"(func (export "run") (call $resume (call $new (i32.const 0) (i32.const 8))))"#;
    let case = case(threads(&format!("{START}{run}"), &["run"]), &["run"]);
    let native = Native::new(Config::default());
    let alone = native.observe(&case);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(native.observe(&case), alone));
        }
    });
}

#[test]
fn an_assertion_inside_the_engine_is_handed_back_as_it_is() {
    // Wasmtime 48 does not check that the task of `task.return` was lifted `async`. When it does, this becomes a trap, and
    // another case has to be found for this test.
    let run = r#"(func (export "run") (result i32) (call $return (i32.const 5)) (i32.const 4))"#;
    let lift = r#"(func (export "run") (result u32) (canon lift (core func $main "run")))"#;
    let outcome =
        Native::new(Config::default()).observe(&case(threads_lifted(run, lift), &["run"]));
    let Outcome::Unmapped { message, observed } = outcome else {
        panic!("{outcome:?}")
    };
    assert!(
        message.starts_with("BUG: lift_result field is missing"),
        "{message}"
    );
    assert!(message.contains("concurrent.rs"), "{message}");
    assert_eq!(observed.runs[0].invocations.len(), 1);
}
