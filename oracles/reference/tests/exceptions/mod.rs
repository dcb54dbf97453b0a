//! Exceptions (CanonicalABI.md, `call_and_trap_on_throw`): core code may catch them, and where they leave it they are traps.

use crate::programs::{blocking, callback, stackful, sync};
use crate::{end, run, trace};
use spawndiff_observation::{End, Trap};

const TRAP: End = End::Trap(Trap::UncaughtException);

#[test]
fn an_exception_that_leaves_a_lifted_function_is_a_trap() {
    let body = r#"
        (tag $x)
        (func (export "e") (call $say (i32.const 1) (i32.const 1)) (throw $x))"#;
    for lift in [sync("e"), blocking("e"), stackful("e")] {
        let run = run(body, &lift, &["e"]);
        assert_eq!(trace(&run, 0), [(1, 1)]);
        assert_eq!(end(&run), TRAP);
    }
}

#[test]
fn an_exception_that_leaves_a_callback_or_a_post_return_is_a_trap() {
    let calls_back = r#"
        (tag $x)
        (func (export "e") (result i32) (i32.const 1))
        (func (export "e-cb") (param i32 i32 i32) (result i32) (throw $x))"#;
    assert_eq!(end(&run(calls_back, &callback("e"), &["e"])), TRAP);
    let body = r#"
        (tag $x)
        (func (export "e") (result i32) (i32.const 41))
        (func (export "post") (param i32) (throw $x))"#;
    let lift = r#"(func (export "e") (result u32)
        (canon lift (core func $main "e") (post-return (core func $main "post"))))"#;
    assert_eq!(end(&run(body, lift, &["e"])), TRAP);
}

#[test]
fn an_exception_that_leaves_the_start_function_of_a_thread_is_a_trap() {
    let body = r#"
        (tag $x)
        (func $thread (param i32) (throw $x))
        (elem (table $t) (i32.const 0) func $thread)
        (func (export "e")
          (call $later (call $new (i32.const 0) (i32.const 7)))
          (drop (call $yield))
          (call $say (i32.const 1) (i32.const 1)))"#;
    let run = run(body, &blocking("e"), &["e"]);
    assert_eq!(end(&run), TRAP);
}

#[test]
fn an_exception_that_leaves_the_start_function_of_a_module_is_a_trap() {
    let starts = r#"
        (core module $starts (tag $x) (func $start (throw $x)) (start $start))
        (core instance (instantiate $starts))"#;
    let run = run("", starts, &[]);
    assert_eq!(run.instantiation.end, TRAP);
}

#[test]
fn an_exception_that_leaves_a_destructor_is_a_trap() {
    let drops = r#"
        (core module $dtor (tag $x) (func (export "dtor") (param i32) (throw $x)))
        (core instance $dtor (instantiate $dtor))
        (type $r (resource (rep i32) (dtor (func $dtor "dtor"))))
        (core func $r-new (canon resource.new $r))
        (core func $r-drop (canon resource.drop $r))
        (core module $drops
          (import "r" "new" (func $new (param i32) (result i32)))
          (import "r" "drop" (func $drop (param i32)))
          (func (export "e")
            (block $h (try_table (catch_all $h) (call $drop (call $new (i32.const 1)))))))
        (core instance $drops (instantiate $drops
          (with "r" (instance (export "new" (func $r-new)) (export "drop" (func $r-drop))))))
        (func (export "e") (canon lift (core func $drops "e")))"#;
    // No clause of the caller takes it.
    assert_eq!(end(&run("", drops, &["e"])), TRAP);
}

#[test]
fn a_handler_is_still_there_after_a_built_in_that_blocks() {
    let body = r#"
        (tag $x (param i32))
        (func $waits (param i32) (drop (call $yield)) (throw $x (local.get 0)))
        (func $catches (param i32)
          (call $say (local.get 0)
            (block $h (result i32)
              (try_table (catch $x $h) (call $waits (i32.add (local.get 0) (i32.const 10))))
              (i32.const 0))))
        (elem (table $t) (i32.const 0) func $catches)
        (func (export "e")
          (call $later (call $new (i32.const 0) (i32.const 1)))
          (call $later (call $new (i32.const 0) (i32.const 2)))
          (call $catches (i32.const 3)))"#;
    let run = run(body, &blocking("e"), &["e"]);
    let mut trace = trace(&run, 0);
    trace.sort();
    assert_eq!(trace, [(1, 11), (2, 12), (3, 13)]);
}

#[test]
fn no_clause_takes_a_trap() {
    for (traps, trap) in [
        ("(unreachable)", Trap::Unreachable),
        ("(call $later (i32.const 99))", Trap::UnknownIndex),
    ] {
        let body = format!(r#"(func (export "e") (block $h (try_table (catch_all $h) {traps})))"#);
        assert_eq!(end(&run(&body, &sync("e"), &["e"])), End::Trap(trap));
    }
}
