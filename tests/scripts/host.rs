//! The functions that the suites expect from their host.

use crate::{fails_at_the_end, passes_under_both};

/// A component that imports one function of no parameter and exports it as `f`.
fn reexports(import: &str, result: &str, options: &str) -> String {
    format!(
        r#"
(component
  {import}
  (core module $memory (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64)))
  (core instance $memory (instantiate $memory))
  (core func $f (canon lower (func $f) {options}))
  (func (export "f") {result} (canon lift (core func $f) {options})))
"#
    )
}

#[test]
fn the_plain_functions_return_what_they_should() {
    let instance = |name: &str, ty: &str| {
        format!(
            r#"(import "host" (instance $host (export {name:?} (func {ty}))))
               (alias export $host {name:?} (func $f))"#
        )
    };
    for (import, value) in [
        (
            r#"(import "host-return-two" (func $f (result u32)))"#.to_string(),
            "(u32.const 2)",
        ),
        (instance("return-three", "(result u32)"), "(u32.const 3)"),
        (
            r#"(import "host" (instance $host
                 (export "nested" (instance (export "return-four" (func (result u32)))))))
               (alias export $host "nested" (instance $nested))
               (alias export $nested "return-four" (func $f))"#
                .to_string(),
            "(u32.const 4)",
        ),
    ] {
        let component = reexports(&import, "(result u32)", "");
        passes_under_both(&format!(
            "{component}(assert_return (invoke \"f\") {value})"
        ));
        fails_at_the_end(
            &format!("{component}(assert_return (invoke \"f\") (u32.const 9))"),
            &format!("got {value}"),
        );
    }
    for name in ["gc", "set-max-table-capacity"] {
        let ty = if name == "gc" {
            ""
        } else {
            "(param \"max\" u32)"
        };
        passes_under_both(&format!(
            r#"(component (import "wasmtime" (instance (export {name:?} (func {ty})))))"#
        ));
    }
}

#[test]
fn a_string_comes_from_the_host() {
    passes_under_both(
        r#"
(component
  (import "host" (instance $host (export "return-hi" (func (result string)))))
  (core module $memory (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64)))
  (core instance $memory (instantiate $memory))
  (core func $hi (canon lower (func $host "return-hi")
    (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
  (core module $m
    (import "" "hi" (func $hi (param i32)))
    (func (export "hi") (result i32) (call $hi (i32.const 16)) (i32.const 16)))
  (core instance $m (instantiate $m (with "" (instance (export "hi" (func $hi))))))
  (func (export "hi") (result string)
    (canon lift (core func $m "hi") (memory (core memory $memory "memory")))))
(assert_return (invoke "hi") (str.const "hi"))
"#,
    );
}

#[test]
fn the_module_of_the_host_can_be_instantiated() {
    passes_under_both(
        r#"
(component
  (import "host" (instance $host
    (export "simple-module" (core module
      (export "g" (global i32))
      (export "f" (func (result i32)))))))
  (alias export $host "simple-module" (core module $simple))
  (core instance $simple (instantiate $simple))
  (core module $m
    (import "" "g" (global $g i32))
    (import "" "f" (func $f (result i32)))
    (func (export "sum") (result i32) (i32.add (global.get $g) (call $f))))
  (core instance $m (instantiate $m (with "" (instance $simple))))
  (func (export "sum") (result u32) (canon lift (core func $m "sum"))))
(assert_return (invoke "sum") (u32.const 201))
"#,
    );
}

/// A component that calls an async function of the host and waits for it; `f` returns the status of the subtask at the
/// call, and what came back.
fn waits(name: &str, params: &str, result: &str, call: &str) -> String {
    format!(
        r#"
(component
  (import "host" (instance $host (export {name:?} (func async {params} {result}))))
  (core module $memory (memory (export "memory") 1))
  (core instance $memory (instantiate $memory))
  (core func $call (canon lower (func $host {name:?}) async (memory (core memory $memory "memory"))))
  (core func $new (canon waitable-set.new))
  (core func $join (canon waitable.join))
  (core func $wait (canon waitable-set.wait (memory (core memory $memory "memory"))))
  (core module $m
    (import "" "memory" (memory 1))
    (import "" "call" (func $call {call} (result i32)))
    (import "" "new" (func $new (result i32)))
    (import "" "join" (func $join (param i32 i32)))
    (import "" "wait" (func $wait (param i32 i32) (result i32)))
    (func (export "f") (result i32)
      (local $status i32) (local $set i32)
      (local.set $status (call $call ARGS))
      (local.set $set (call $new))
      (call $join (i32.shr_u (local.get $status) (i32.const 4)) (local.get $set))
      (drop (call $wait (local.get $set) (i32.const 32)))
      (i32.store (i32.const 8) (i32.and (local.get $status) (i32.const 15)))
      (i32.store (i32.const 12) (i32.load (i32.const 16)))
      (i32.const 8)))
  (core instance $m (instantiate $m (with "" (instance
    (export "memory" (memory $memory "memory")) (export "call" (func $call)) (export "new" (func $new))
    (export "join" (func $join)) (export "wait" (func $wait))))))
  (func (export "f") async (result (tuple u32 u32))
    (canon lift (core func $m "f") (memory (core memory $memory "memory")))))
"#
    )
}

#[test]
fn the_slow_functions_of_the_host_are_pending_once_and_then_return() {
    let two = waits("return-two-slowly", "", "(result s32)", "(param i32)");
    let two = two.replace("ARGS", "(i32.const 16)");
    let started = "(tuple.const (u32.const 1) (u32.const 2))";
    passes_under_both(&format!("{two}(assert_return (invoke \"f\") {started})"));
    let echo = waits(
        "echo-slowly",
        "(param \"x\" u32)",
        "(result u32)",
        "(param i32 i32)",
    );
    let echo = echo.replace("ARGS", "(i32.const 77) (i32.const 16)");
    let started = "(tuple.const (u32.const 1) (u32.const 77))";
    passes_under_both(&format!("{echo}(assert_return (invoke \"f\") {started})"));
}

#[test]
fn a_function_of_the_host_that_never_returns_is_a_deadlock() {
    let never = waits("never-return", "", "", "").replace("ARGS", "");
    fails_at_the_end(&format!("{never}(invoke \"f\")"), "deadlock");
}

#[test]
fn the_resource_of_the_host_knows_its_number_and_its_drops() {
    let resource = |body: &str| {
        format!(
            r#"
(component
  (import "host" (instance $host
    (export "resource1" (type $r (sub resource)))
    (export "[constructor]resource1" (func (param "rep" u32) (result (own $r))))
    (export "[static]resource1.assert" (func (param "r" (own $r)) (param "rep" u32)))
    (export "[static]resource1.last-drop" (func (result u32)))
    (export "[static]resource1.drops" (func (result u32)))
    (export "[method]resource1.simple" (func (param "self" (borrow $r)) (param "rep" u32)))
    (export "[method]resource1.take-borrow" (func (param "self" (borrow $r)) (param "b" (borrow $r))))
    (export "[method]resource1.take-own" (func (param "self" (borrow $r)) (param "b" (own $r))))
    (export "resource2" (type (sub resource)))
    (export "resource1-again" (type (eq $r)))))
  (alias export $host "resource1" (type $r))
  (core func $new (canon lower (func $host "[constructor]resource1")))
  (core func $assert (canon lower (func $host "[static]resource1.assert")))
  (core func $last (canon lower (func $host "[static]resource1.last-drop")))
  (core func $drops (canon lower (func $host "[static]resource1.drops")))
  (core func $simple (canon lower (func $host "[method]resource1.simple")))
  (core func $borrow (canon lower (func $host "[method]resource1.take-borrow")))
  (core func $own (canon lower (func $host "[method]resource1.take-own")))
  (core func $drop (canon resource.drop $r))
  (core module $m
    (import "" "new" (func $new (param i32) (result i32)))
    (import "" "assert" (func $assert (param i32 i32)))
    (import "" "last" (func $last (result i32)))
    (import "" "drops" (func $drops (result i32)))
    (import "" "simple" (func $simple (param i32 i32)))
    (import "" "borrow" (func $borrow (param i32 i32)))
    (import "" "own" (func $own (param i32 i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "f") (result i32) (local $a i32) (local $b i32)
      (local.set $a (call $new (i32.const 100)))
      (local.set $b (call $new (i32.const 200)))
      {body}))
  (core instance $m (instantiate $m (with "" (instance
    (export "new" (func $new)) (export "assert" (func $assert)) (export "last" (func $last))
    (export "drops" (func $drops)) (export "simple" (func $simple)) (export "borrow" (func $borrow))
    (export "own" (func $own)) (export "drop" (func $drop))))))
  (func (export "f") (result u32) (canon lift (core func $m "f"))))
"#
        )
    };
    let uses = resource(
        "(call $simple (local.get $a) (i32.const 100))
         (call $borrow (local.get $a) (local.get $b))
         (call $own (local.get $a) (local.get $b))
         (call $drop (local.get $a))
         (call $last)",
    );
    passes_under_both(&format!(
        "{uses}(assert_return (invoke \"f\") (u32.const 100))"
    ));
    // The count goes over the whole script: the second component finds what the first has dropped.
    let counts = resource(
        "(call $drop (local.get $b))
         (call $assert (local.get $a) (i32.const 100))
         (call $drops)",
    );
    passes_under_both(&format!(
        "{counts}(assert_return (invoke \"f\") (u32.const 1))
         {counts}(assert_return (invoke \"f\") (u32.const 2))"
    ));
    let wrong = resource("(call $simple (local.get $a) (i32.const 101)) (i32.const 0)");
    fails_at_the_end(
        &format!("{wrong}(invoke \"f\")"),
        "the `resource1` is 100, not 101",
    );
}
