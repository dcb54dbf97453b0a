//! Built-ins that Wasmtime lacks, run through their lowering.

use super::components::START;
use super::*;
use spawndiff_observation::NUM_ALLOWED_THREADS;

#[test]
fn thread_spawn_indirect_starts_a_thread_that_is_ready() {
    let run = r#"(func (export "run")
        (call $log (i32.const 2) (i64.extend_i32_u (call $spawn (i32.const 0) (i32.const 8)))))"#;
    let observed = observe(threads(&format!("{START}{run}"), &["run"]), &["run"]);
    assert_eq!(observed.invocations[0].events, [log(2, 2), log(1, 8)]);
    assert_eq!(observed.leftover, Some(false));
}

#[test]
fn thread_spawn_indirect_has_the_traps_of_thread_new_indirect() {
    for (entry, expected) in [
        (1, Trap::ThreadStartType),
        (2, Trap::ThreadStartNull),
        (4, Trap::TableOutOfBounds),
    ] {
        let run = format!(
            r#"(func (export "run") (drop (call $spawn (i32.const {entry}) (i32.const 8))))"#
        );
        assert_eq!(
            end(threads(&format!("{START}{run}"), &["run"])),
            trap(expected)
        );
    }
}

#[test]
fn thread_spawn_ref_starts_the_function_it_is_given() {
    let run = r#"
        (func $g (param i32) (call $log (i32.const 3) (i64.extend_i32_u (local.get 0))))
        (elem declare func $g)
        (func (export "run")
          (drop (call $ref_spawn (ref.func $f) (i32.const 8)))
          (drop (call $ref_spawn (ref.func $g) (i32.const 9))))"#;
    let observed = observe(threads(&format!("{START}{run}"), &["run"]), &["run"]);
    assert_eq!(observed.invocations[0].events, [log(1, 8), log(3, 9)]);
}

#[test]
fn thread_spawn_ref_of_null_traps_as_a_null_entry() {
    let run = r#"(func (export "run")
        (drop (call $ref_spawn (ref.null $start) (i32.const 8))))"#;
    assert_eq!(end(threads(run, &["run"])), trap(Trap::ThreadStartNull));
}

#[test]
fn thread_available_parallelism_is_the_shared_constant() {
    let run = r#"(func (export "run") (call $mark (call $parallelism)))"#;
    let observed = observe(threads(run, &["run"]), &["run"]);
    assert_eq!(
        observed.invocations[0].events[0].value,
        NUM_ALLOWED_THREADS.into()
    );
}

#[test]
fn lowered_and_native_definitions_live_in_one_section() {
    let run = r#"(func (export "run")
        (call $mark (call $parallelism))
        (call $resume (call $new (i32.const 0) (i32.const 4)))
        (drop (call $spawn (i32.const 0) (i32.const 5)))
        (drop (call $ref_spawn (ref.func $f) (i32.const 6)))
        (drop (call $yield))
        (call $mark (call $index)))"#;
    let observed = observe(threads(&format!("{START}{run}"), &["run"]), &["run"]);
    let values: Vec<u64> = observed.invocations[0]
        .events
        .iter()
        .map(|event| event.value)
        .collect();
    // A yield of a synchronous task runs one thread of its instance; the others come after its return.
    let mut sorted = values.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, [1, 4, 4, 5, 6], "{values:?}");
}

#[test]
fn definitions_over_shared_types_are_rejected() {
    let shared = component(
        r#"(component
            (core type $start (shared (func (param i32))))
            (core func $spawn (canon thread.spawn-ref $start)))"#,
    );
    let outcome = Native::new(Config::default()).observe(&case(shared, &[]));
    assert!(matches!(outcome, Outcome::Rejected(_)), "{outcome:?}");
}
