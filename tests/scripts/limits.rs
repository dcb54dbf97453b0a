//! Scripts that ask for too much.

use crate::{is_not_supported_at_the_end, passes};
use spawndiff_judge::claims::Status;
use spawndiff_judge::scripts::Script;
use spawndiff_judge::scripts::on_reference::run_on_reference;

#[test]
fn a_script_that_never_ends_or_takes_too_much_memory_meets_a_limit() {
    is_not_supported_at_the_end(
        "(module (func (export \"f\") (loop (br 0))))\n(invoke \"f\")",
        "invoke: more than 1000000000 instructions",
    );
    let grows = "(module (memory 0) (func (export \"f\") (drop (memory.grow (i32.const 65536)))))";
    is_not_supported_at_the_end(&format!("{grows}\n(invoke \"f\")"), "invoke: more than");
    is_not_supported_at_the_end("(module (memory 65536))", "module: more than");
    is_not_supported_at_the_end("(module (table 100000000 funcref))", "module: more than");
    // The module says itself how far its memory may grow.
    passes(
        r#"(module (memory 1 2) (func (export "f") (result i32) (memory.grow (i32.const 65535))))
           (assert_return (invoke "f") (i32.const -1))"#,
    );
}

#[test]
fn a_value_may_nest_a_hundred_deep_and_no_deeper() {
    let nested = |depth: usize| {
        let value = "(option.some ".repeat(depth) + "(u8.const 1)" + &")".repeat(depth);
        format!("(invoke \"f\" {value})")
    };
    assert!(Script::parse(&nested(90)).is_ok());
    for depth in [100, 100_000] {
        let error = Script::parse(&nested(depth)).expect_err("it is too deep");
        assert_eq!(error.message, "item nesting too deep");
    }
}

#[test]
fn the_end_of_a_text_anywhere_is_an_error_and_no_panic() {
    let text = "(component $c (core module)) (assert_return (invoke $c \"f\" (list.const (f32.const nan))) (either (u8.const 1)))";
    for end in 1..text.len() {
        let whole = text[..end].trim_end().ends_with("))") && end < 30;
        assert_eq!(Script::parse(&text[..end]).is_ok(), whole, "{end}");
    }
}

#[test]
fn threads_that_start_two_threads_each_meet_a_limit_of_the_reference() {
    let text = r#"
(component
  (core module $table (table (export "t") 1 funcref))
  (core instance $table (instantiate $table))
  (alias core export $table "t" (core table $t))
  (core type $start (func (param i32)))
  (core func $new (canon thread.new-indirect $start (core table $t)))
  (core func $later (canon thread.resume-later))
  (core module $m
    (import "" "new" (func $new (param i32 i32) (result i32)))
    (import "" "later" (func $later (param i32)))
    (import "table" "t" (table 1 funcref))
    (elem (i32.const 0) func $f)
    (func $f (export "f") (param i32)
      (call $later (call $new (i32.const 0) (i32.const 0)))
      (call $later (call $new (i32.const 0) (i32.const 0)))))
  (core instance $i (instantiate $m
    (with "" (instance (export "new" (func $new)) (export "later" (func $later))))
    (with "table" (instance $table))))
  (func (export "f") async (param "x" u32) (canon lift (core func $i "f") async)))
(invoke "f" (u32.const 0))
"#;
    let script = Script::parse(text).expect("the text is a script");
    let last = run_on_reference(&script)
        .pop()
        .expect("there are directives");
    assert_eq!(last.status, Status::Failed("exhausted: memory".to_string()));
}
