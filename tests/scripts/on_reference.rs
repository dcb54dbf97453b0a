//! Scripts on the reference: a directive holds where some choice that the specification leaves allows it, or its own test
//! suite does.

use spawndiff_judge::claims::Status;
use spawndiff_judge::scripts::on_reference::run_on_reference;
use spawndiff_judge::scripts::{Checked, Script};

/// `run` calls a task that yields, and then returns: the call's state.
const YIELDS: &str = r#"
(component definition $yields
  (component $A
    (core module $m
      (import "" "yield" (func $yield (result i32)))
      (import "" "return" (func $return))
      (func (export "f") (drop (call $yield)) (call $return)))
    (core func $yield (canon thread.yield))
    (core func $return (canon task.return))
    (core instance $i (instantiate $m (with "" (instance
      (export "yield" (func $yield)) (export "return" (func $return))))))
    (func (export "f") async (canon lift (core func $i "f") async)))
  (component $B
    (import "f" (func $f async))
    (core func $f (canon lower (func $f) async))
    (core module $m
      (import "" "f" (func $f (result i32)))
      (func (export "run") (result i32) (i32.and (call $f) (i32.const 15))))
    (core instance $i (instantiate $m (with "" (instance (export "f" (func $f))))))
    (func (export "run") (result u32) (canon lift (core func $i "run"))))
  (instance $a (instantiate $A))
  (instance $b (instantiate $B (with "f" (func $a "f"))))
  (func (export "run") (alias export $b "run")))
"#;

/// `run` calls a function of a component that is nested in its own.
const CALLS_CHILD: &str = r#"
(component definition $calls-child
  (component $Child
    (core module $m (func (export "f") (result i32) (i32.const 7)))
    (core instance $i (instantiate $m))
    (func (export "f") (result u32) (canon lift (core func $i "f"))))
  (instance $child (instantiate $Child))
  (core func $f (canon lower (func $child "f")))
  (core module $m
    (import "" "f" (func $f (result i32)))
    (func (export "run") (result i32) (call $f)))
  (core instance $i (instantiate $m (with "" (instance (export "f" (func $f))))))
  (func (export "run") (result u32) (canon lift (core func $i "run"))))
"#;

fn checked(definition: &str, directives: &str) -> Vec<Checked> {
    let script = Script::parse(&format!("{definition}{directives}"));
    run_on_reference(&script.expect("the text is a script"))
}

#[test]
fn what_one_choice_of_the_specification_allows_holds() {
    // RETURNED where the yield goes on at once; STARTED where it lets the caller go on.
    let all = checked(
        YIELDS,
        r#"
(component instance $yields)
(assert_return (invoke "run") (u32.const 2))
(component instance $yields)
(assert_return (invoke "run") (u32.const 1))
"#,
    );
    for checked in &all {
        assert_eq!(checked.status, Status::Passed);
        assert!(!checked.against_the_text);
    }
    // STARTING is neither: nothing holds the task back.
    let all = checked(
        YIELDS,
        "(component instance $yields) (assert_return (invoke \"run\") (u32.const 0))",
    );
    let last = &all.last().expect("there are directives").status;
    assert!(
        matches!(last, Status::Failed(message) if message.contains("expected (u32.const 0)")),
        "{last:?}"
    );
}

#[test]
fn what_only_the_specifications_suite_asks_for_holds_and_is_noted() {
    let traps = r#"
(component instance $calls-child)
(assert_trap (invoke "run") "wasm trap: cannot enter component instance")
"#;
    let returns = r#"
(component instance $calls-child)
(assert_return (invoke "run") (u32.const 7))
"#;
    for (directives, against_the_text) in [(traps, true), (returns, false)] {
        let all = checked(CALLS_CHILD, directives);
        let last = all.last().expect("there are directives");
        assert_eq!(last.status, Status::Passed, "{directives}");
        assert_eq!(last.against_the_text, against_the_text, "{directives}");
    }
}

#[test]
fn an_instance_is_held_against_one_reading() {
    // In the text's the first call returns, in the suite's the second one traps as well.
    let both = r#"
(component instance $calls-child)
(assert_return (invoke "run") (u32.const 7))
(assert_trap (invoke "run") "wasm trap: cannot enter component instance")
"#;
    let all = checked(CALLS_CHILD, both);
    assert_eq!(all[2].status, Status::Passed);
    assert!(matches!(&all[3].status, Status::Failed(_)), "{all:?}");
    // Of another instance it may be another one.
    let each = r#"
(component instance $calls-child)
(assert_return (invoke "run") (u32.const 7))
(component instance $calls-child)
(assert_trap (invoke "run") "wasm trap: cannot enter component instance")
"#;
    let all = checked(CALLS_CHILD, each);
    for checked in &all {
        assert_eq!(checked.status, Status::Passed, "{all:?}");
    }
}
