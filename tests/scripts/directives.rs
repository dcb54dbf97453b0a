//! Each directive: that it passes where it holds, and fails where it does not.

use crate::{
    checked, fails_at_the_end, is_not_supported_at_the_end, passes, passes_under_both, statuses,
};
use spawndiff_judge::claims::Status;
use spawndiff_judge::scripts::Script;

/// A component that exports `one`, which returns 1, and `trap`.
const COMPONENT: &str = r#"
  (core module $m
    (func (export "one") (result i32) (i32.const 1))
    (func (export "trap") (unreachable)))
  (core instance $m (instantiate $m))
  (func (export "one") (result u32) (canon lift (core func $m "one")))
  (func (export "trap") (canon lift (core func $m "trap")))
"#;

/// A component that traps while it is instantiated.
const TRAPS: &str = r#"(component
  (core module $m (func $f (unreachable)) (start $f))
  (core instance (instantiate $m)))"#;

fn component(directives: &str) -> String {
    format!("(component {COMPONENT})\n{directives}\n")
}

#[test]
fn components_are_defined_and_instantiated_by_name_or_as_the_latest() {
    passes_under_both(&format!(
        r#"
(component $C {COMPONENT})
(assert_return (invoke "one") (u32.const 1))
(component definition $D {COMPONENT})
(component definition (component))
(component instance $a $D)
(assert_return (invoke "one") (u32.const 1))
(component instance $b $D)
(assert_trap (invoke "trap") "unreachable")
(component instance)
"#
    ));
    // Wasmtime's own runner calls only the latest instance of a component.
    passes(&format!(
        r#"
(component definition $D {COMPONENT})
(component instance $a $D)
(component instance $b $D)
(component instance)
(assert_return (invoke $a "one") (u32.const 1))
(assert_trap (invoke $b "trap") "unreachable")
(assert_return (invoke $a "one") (u32.const 1))
"#
    ));
}

#[test]
fn each_instance_of_a_component_has_a_state_of_its_own() {
    passes_under_both(
        r#"
(component definition $C
  (core module $m
    (global $g (mut i32) (i32.const 0))
    (func (export "next") (result i32)
      (global.set $g (i32.add (global.get $g) (i32.const 1)))
      (global.get $g)))
  (core instance $m (instantiate $m))
  (func (export "next") (result u32) (canon lift (core func $m "next"))))
(component instance $a $C)
(assert_return (invoke "next") (u32.const 1))
(assert_return (invoke "next") (u32.const 2))
(component instance $b $C)
(assert_return (invoke "next") (u32.const 1))
"#,
    );
}

#[test]
fn a_component_with_a_name_lends_its_modules_and_resource_types() {
    passes_under_both(
        r#"
(component $lends
  (core module (export "m") (func (export "seven") (result i32) (i32.const 7)))
  (type $r' (resource (rep i32)))
  (export $r "r" (type $r')))
(component
  (import "lends" (instance $lends
    (export "m" (core module $m (export "seven" (func (result i32)))))
    (export "r" (type (sub resource)))))
  (alias export $lends "m" (core module $m))
  (core instance $i (instantiate $m))
  (func (export "seven") (result u32) (canon lift (core func $i "seven"))))
(assert_return (invoke "seven") (u32.const 7))
"#,
    );
}

#[test]
fn core_modules_are_defined_registered_and_linked() {
    passes_under_both(
        r#"
(module $a
  (global (export "g") i32 (i32.const 5))
  (func (export "six") (result i32) (i32.const 6)))
(register "a")
(assert_return (get "g") (i32.const 5))
(module definition $B
  (import "a" "six" (func $six (result i32)))
  (func (export "seven") (result i32) (i32.add (call $six) (i32.const 1))))
(module instance $b $B)
(assert_return (invoke "seven") (i32.const 7))
(assert_return (invoke $a "six") (i32.const 6))
(assert_return (get $a "g") (i32.const 5))
(register "c" $b)
(module (import "c" "seven" (func (result i32))))
"#,
    );
}

#[test]
fn a_bare_invoke_must_not_trap() {
    passes_under_both(&component("(invoke \"one\")"));
    fails_at_the_end(&component("(invoke \"trap\")"), "unreachable");
    fails_at_the_end(
        &component("(invoke \"none\")"),
        "no function `none` is exported",
    );
    fails_at_the_end(
        &component("(invoke \"one\" (u32.const 1))"),
        "`one` takes 0 arguments, not 1",
    );
    fails_at_the_end("(invoke \"one\")", "there is no instance yet");
    fails_at_the_end(
        &component("(invoke $i \"one\")"),
        "there is no instance `$i`",
    );
    fails_at_the_end("(component instance $i $d)", "there is no definition `$d`");
}

#[test]
fn assert_return_wants_as_many_values_as_come_back() {
    let one = "(invoke \"one\")";
    passes_under_both(&component(&format!("(assert_return {one} (u32.const 1))")));
    for (expected, message) in [
        ("(u32.const 2)", "expected (u32.const 2), got (u32.const 1)"),
        ("(s32.const 1)", "expected (s32.const 1), got (u32.const 1)"),
        ("", "expected no value, got (u32.const 1)"),
        (
            "(u32.const 1) (u32.const 1)",
            "expected (u32.const 1) (u32.const 1), got (u32.const 1)",
        ),
    ] {
        fails_at_the_end(
            &component(&format!("(assert_return {one} {expected})")),
            message,
        );
    }
    let trap = component("(assert_return (invoke \"trap\"))");
    fails_at_the_end(&trap, "trapped: wasm trap: wasm `unreachable`");
}

#[test]
fn assert_trap_wants_a_trap_that_contains_its_text() {
    let trap = |action, text| component(&format!("(assert_trap {action} {text:?})"));
    passes_under_both(&trap("(invoke \"trap\")", "unreachable"));
    passes_under_both(&trap(TRAPS, "unreachable"));
    fails_at_the_end(
        &trap("(invoke \"trap\")", "out of bounds"),
        "expected the trap \"out of bounds\", but: trapped: wasm trap: wasm `unreachable`",
    );
    fails_at_the_end(
        &trap(TRAPS, "out of bounds"),
        "\"out of bounds\", but: trapped",
    );
    fails_at_the_end(
        &trap("(invoke \"one\")", "unreachable"),
        "expected the trap \"unreachable\", got (u32.const 1)",
    );
    fails_at_the_end(&trap("(component)", "unreachable"), "got no value");
    // What cannot be linked or called has not trapped.
    fails_at_the_end(
        &trap("(component (import \"a\" (func)))", "a"),
        "cannot be linked",
    );
    fails_at_the_end(
        &trap("(invoke \"no\")", "no"),
        "no function `no` is exported",
    );
}

#[test]
fn after_a_trap_the_instance_cannot_be_entered() {
    passes_under_both(&component(
        r#"(assert_trap (invoke "trap") "unreachable")
           (assert_trap (invoke "one") "cannot enter component instance")"#,
    ));
}

#[test]
fn a_call_that_waits_for_ever_is_a_deadlock() {
    let text = r#"
(component
  (core module $m (import "" "wait" (func $wait (result i32)))
    (func (export "wait") (drop (call $wait))))
  (core func $suspend (canon thread.suspend))
  (core instance $m (instantiate $m (with "" (instance (export "wait" (func $suspend))))))
  (func (export "wait") async (canon lift (core func $m "wait") async)))
(assert_trap (invoke "wait") "deadlock detected")
"#;
    passes(text);
    let returns = text.replace(
        "(assert_trap (invoke \"wait\") \"deadlock detected\")",
        "(invoke \"wait\")",
    );
    fails_at_the_end(&returns, "deadlock");
}

#[test]
fn assert_exhaustion_wants_the_stack_to_end() {
    let module = r#"
(module (func $f (export "deep") (call $f)) (func (export "flat")) (func (export "trap") (unreachable)))
"#;
    let says = |export, text| format!("{module}(assert_exhaustion (invoke {export:?}) {text:?})");
    passes_under_both(&says("deep", "call stack exhausted"));
    fails_at_the_end(&says("deep", "out of memory"), "but: exhausted:");
    fails_at_the_end(&says("flat", "call stack exhausted"), "got no value");
    fails_at_the_end(&says("trap", "unreachable"), "but: trapped:");
}

#[test]
fn assert_exception_wants_an_exception_that_nobody_catches() {
    let module = r#"
(module (tag $e) (func (export "throw") (throw $e)) (func (export "none")) (func (export "trap") (unreachable)))
"#;
    let says = |export| format!("{module}(assert_exception (invoke {export:?}))");
    passes_under_both(&says("throw"));
    fails_at_the_end(&says("none"), "expected an exception, got no value");
    fails_at_the_end(&says("trap"), "expected an exception, but: trapped:");
}

#[test]
fn assert_invalid_wants_a_refusal_and_only_notes_another_reason() {
    let invalid =
        "(component (func $f (import \"a\")) (export \"b\" (func $f)) (export \"b\" (func $f)))";
    let says = |text: &str| format!("(assert_invalid {invalid} {text:?})");
    passes_under_both(&says("conflicts with previous name"));
    assert_eq!(
        checked(&says("conflicts with previous name"))[0].other_reason,
        None
    );
    let other = &checked(&says("something else"))[0];
    assert_eq!(other.status, Status::Passed);
    let reason = other.other_reason.as_deref().unwrap_or_default();
    assert!(reason.contains("conflicts with previous name"), "{reason}");

    fails_at_the_end(
        "(assert_invalid (component) \"no reason\")",
        "expected \"no reason\", but it is accepted",
    );
    // A module too; and what is said of text that names nothing is said of the text.
    passes_under_both("(assert_invalid (module (func (result i32))) \"type mismatch\")");
    passes("(assert_invalid (component (export \"a\" (func $f))) \"unknown func\")");
}

#[test]
fn assert_malformed_wants_text_or_bytes_that_cannot_be_read() {
    passes_under_both("(assert_malformed (component quote \"(func\") \"expected `)`\")");
    passes_under_both("(assert_malformed (module quote \"(func (nop\") \"expected `)`\")");
    passes_under_both(
        r#"(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\ff\00") "malformed section id: 255")"#,
    );
    passes_under_both(
        r#"(assert_malformed (module binary "\00asm" "\01\00\00\00" "\ff\00") "malformed section id: 255")"#,
    );
    for well_formed in ["(component quote \"\")", "(module quote \"(func)\")"] {
        fails_at_the_end(
            &format!("(assert_malformed {well_formed} \"no reason\")"),
            "but it is accepted",
        );
    }
}

#[test]
fn assert_unlinkable_wants_an_import_to_be_missing() {
    let says = |what: &str| format!("(assert_unlinkable {what} \"import\")");
    passes_under_both(&says("(component (import \"missing\" (func)))"));
    passes_under_both(&says("(module (import \"missing\" \"f\" (func)))"));
    // There, and of another type.
    passes_under_both(&says(
        "(component (import \"host-return-two\" (func (result string))))",
    ));
    fails_at_the_end(&says("(component)"), "but it is instantiated");
    fails_at_the_end(
        &says("(component (import \"host-return-two\" (func (result u32))))"),
        "but it is instantiated",
    );
    // What traps was linked, and what is not valid cannot be.
    fails_at_the_end(
        &says(TRAPS),
        "expected that it cannot be linked: \"import\", but: trapped",
    );
    fails_at_the_end(&says("(module (func (result i32)))"), "refused: ");
}

#[test]
fn a_component_that_is_refused_fails_and_all_that_leans_on_it() {
    let text = format!(
        r#"
(component $C (import "missing" (func)) {COMPONENT})
(assert_return (invoke "one") (u32.const 1))
(assert_trap (invoke "one") "")
(component definition $D (export "b" (func $nobody)))
(component instance $d $D)
(invoke $d "one")
(component {COMPONENT})
(assert_return (invoke "one") (u32.const 1))
"#
    );
    let lines = |message: &str| {
        let line = text.lines().position(|line| line.contains(message));
        1 + line.expect("the text is there")
    };
    let first = lines("$C");
    let seen = statuses(&text);
    let failed = |index: usize, message: &str| match &seen[index].1 {
        Status::Failed(seen) if seen.contains(message) => {}
        status => panic!("{index}: {status:?}"),
    };
    failed(0, "cannot be linked");
    failed(
        1,
        &format!("not run: the instance of line {first} is not there"),
    );
    failed(
        2,
        &format!("not run: the instance of line {first} is not there"),
    );
    failed(3, "the text is malformed: unknown");
    failed(
        4,
        &format!(
            "not run: the definition of line {} is not there",
            lines("$D")
        ),
    );
    failed(
        5,
        &format!(
            "not run: the instance of line {} is not there",
            lines("$d $D")
        ),
    );
    assert_eq!(seen[6].1, Status::Passed);
    assert_eq!(seen[7].1, Status::Passed);
    assert_eq!(seen.len(), 8);
}

#[test]
fn each_failure_stands_at_the_line_of_its_directive() {
    let text = component(
        r#"(assert_return
  (invoke "one")
  (u32.const 2))

(; a comment ;) (assert_trap (invoke "one") "unreachable") (invoke "one")
"#,
    );
    let first = 1 + text
        .lines()
        .position(|line| line == "(assert_return")
        .expect("the text is there");
    let seen = statuses(&text);
    let failed: Vec<usize> = seen
        .iter()
        .filter(|(_, status)| matches!(status, Status::Failed(_)))
        .map(|(line, _)| *line)
        .collect();
    assert_eq!(failed, [first, first + 4]);
    assert_eq!(seen[3], (first + 4, Status::Passed));
}

#[test]
fn what_is_not_run_is_not_supported_by_its_name() {
    for (directive, name) in [
        ("(thread $t (invoke \"one\"))", "thread"),
        ("(wait $t)", "wait"),
        (
            "(assert_suspension (invoke \"one\") \"\")",
            "assert_suspension",
        ),
        (
            "(assert_invalid_custom (module) \"\")",
            "assert_invalid_custom",
        ),
        (
            "(assert_malformed_custom (module) \"\")",
            "assert_malformed_custom",
        ),
        (
            "(assert_return (invoke \"one\") (v128.const i32x4 0 0 0 0))",
            "assert_return: v128.const",
        ),
        ("(invoke \"one\" (ref.host 1))", "invoke: ref.host"),
        (
            "(assert_trap (invoke \"one\" (ref.host 1)) \"\")",
            "assert_trap: ref.host",
        ),
    ] {
        is_not_supported_at_the_end(&component(directive), name);
    }
}

#[test]
fn what_the_engine_leaves_out_is_not_supported_and_so_is_what_leans_on_it() {
    let spawns = r#"
(component definition $spawns
  (core type $start (shared (func (param i32))))
  (core func (canon thread.spawn-ref $start)))"#;
    is_not_supported_at_the_end(spawns, "component definition: ");
    let seen = statuses(&format!(
        "{spawns}\n(component instance $i $spawns)\n(assert_return (invoke $i \"f\"))"
    ));
    assert_eq!(
        seen[1].1,
        Status::Unsupported("component instance: the definition of line 2 is not supported".into())
    );
    assert_eq!(
        seen[2].1,
        Status::Unsupported("assert_return: the instance of line 5 is not supported".into())
    );
    // To be left out is not to be invalid; but a script may say just that.
    let says = |text: &str| {
        let component = spawns.replace("definition $spawns", "");
        format!("(assert_invalid {component} {text:?})")
    };
    is_not_supported_at_the_end(&says("type mismatch"), "assert_invalid: ");
    passes(&says("proposal"));
}

#[test]
fn a_text_that_is_no_script_is_refused_at_its_place() {
    for (text, line, column, message) in [
        ("(component\n", 2, 1, "expected `)`"),
        ("\n(assert_none)", 2, 2, "unexpected token"),
        (
            "(invoke \"a\" (u8.const 256))",
            1,
            23,
            "constant out of range",
        ),
        ("(invoke \"a\"\n  (x.const))", 2, 4, "`x.const` is no value"),
        (
            "(invoke \"a\"\n  (f32.const nan:canonical))",
            2,
            3,
            "an argument is a value",
        ),
        (
            "(invoke \"a\" (either (u8.const 1)))",
            1,
            13,
            "an argument is a value",
        ),
        (
            "(invoke \"a\" (char.const \"ab\"))",
            1,
            25,
            "expected one character",
        ),
        ("(assert_return (invoke \"a\") 1)", 1, 29, "expected `(`"),
    ] {
        let error = Script::parse(text).expect_err(text);
        assert!(error.message.contains(message), "{text}: {error}");
        assert_eq!(
            (error.line, error.column),
            (line, column),
            "{text}: {error}"
        );
    }
}
