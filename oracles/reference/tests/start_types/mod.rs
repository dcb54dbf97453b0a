//! The types that start functions may have, claim by claim (CanonicalABI.md, "canon thread.new-indirect", "canon
//! thread.spawn-indirect", "canon thread.spawn-ref").

use crate::programs::{case, encode};
use spawndiff_corpus::{Event, StartTypes};
use spawndiff_observation::scripts::{Refusal, ScriptEngine};
use spawndiff_observation::{End, RunObservation, Trap};
use spawndiff_reference::schedules::Fixed;
use spawndiff_reference::{Coverage, Reference, ScriptReference};
use wasmparser::ValType::{F32, I64};

/// A component whose function `e` starts threads with functions of the type `ft`: by `$new` and `$spawn` from a table `$t` whose
/// type is `table`, and by `$spawn-ref`. `body` has the functions, and `new` the parameters of `$new`.
fn component(ft: &str, table: &str, new: &str, body: &str) -> Vec<u8> {
    let text = format!(
        r#"(component
  (import "host" (instance $host
    (export "log" (func (param "point" u32) (param "value" u64)))
    (export "mark" (func (param "value" u32)))))
  (core module $store (table (export "t") {table}))
  (core instance $store (instantiate $store))
  (alias core export $store "t" (core table $t))
  (core type $start {ft})
  (core func $log (canon lower (func $host "log")))
  (core func $new (canon thread.new-indirect $start (core table $t)))
  (core func $spawn (canon thread.spawn-indirect $start (core table $t)))
  (core func $spawn-ref (canon thread.spawn-ref $start))
  (core func $yield-resume (canon thread.yield-then-resume))
  (core func $yield (canon thread.yield))
  (core module $main
    (type $start {ft})
    (import "store" "t" (table $t {table}))
    (import "b" "log" (func $log (param i32 i64)))
    (import "b" "new" (func $new {new} (result i32)))
    (import "b" "spawn" (func $spawn {new} (result i32)))
    (import "b" "spawn-ref" (func $spawn-ref (param (ref null $start) i64) (result i32)))
    (import "b" "yield-resume" (func $yield-resume (param i32) (result i32)))
    (import "b" "yield" (func $yield (result i32)))
    {body})
  (core instance $main (instantiate $main
    (with "store" (instance $store))
    (with "b" (instance
      (export "log" (func $log))
      (export "new" (func $new))
      (export "spawn" (func $spawn))
      (export "spawn-ref" (func $spawn-ref))
      (export "yield-resume" (func $yield-resume))
      (export "yield" (func $yield))))))
  (func (export "e") async (canon lift (core func $main "e") async)))"#
    );
    // `$spawn-ref` has the one type; a program that starts with another one has no use for it.
    let without = |text: String| match ft {
        "(func (param i64))" => text,
        _ => text
            .lines()
            .filter(|line| !line.contains("spawn-ref"))
            .collect::<Vec<_>>()
            .join("\n"),
    };
    encode(&without(text))
}

fn run_of(reference: &Reference, case: &spawndiff_corpus::Case) -> RunObservation {
    let observed = reference.run(&case.runs[0], &mut Fixed, &mut (), &mut Coverage::default());
    observed.expect("the reference runs it")
}

fn run(component: Vec<u8>) -> RunObservation {
    let case = case(component, &["e"]);
    run_of(
        &Reference::new(&case).expect("it is valid by the text"),
        &case,
    )
}

fn logged(run: &RunObservation) -> Vec<u64> {
    let events = run.invocations.iter().flat_map(|it| &it.events);
    events.map(|&Event { value, .. }| value).collect()
}

const I64_START: &str = "(func (param i64))";
const NEW_I64: &str = "(param i32 i64)";

#[test]
fn a_start_function_may_take_an_i64_and_gets_all_of_it() {
    let body = r#"
      (func $thread (type $start) (call $log (i32.const 1) (local.get 0)))
      (elem (table $t) (i32.const 0) func $thread)
      (elem declare func $thread)
      (func (export "e")
        (drop (call $yield-resume (call $new (i32.const 0) (i64.const 0x1_0000_0005))))
        (drop (call $spawn (i32.const 0) (i64.const 0x2_0000_0006)))
        (drop (call $yield))
        (drop (call $spawn-ref (ref.func $thread) (i64.const 0x3_0000_0007)))
        (drop (call $yield)))"#;
    let run = run(component(I64_START, "4 funcref", NEW_I64, body));
    let mut logged = logged(&run);
    // A yield may come back before the thread has run.
    logged.sort_unstable();
    assert_eq!(logged, [0x1_0000_0005, 0x2_0000_0006, 0x3_0000_0007]);
}

#[test]
fn an_entry_that_takes_an_i32_is_of_the_wrong_type_for_a_start_type_that_takes_an_i64() {
    let body = r#"
      (func $thread (param i32))
      (elem (table $t) (i32.const 0) func $thread)
      (func (export "e") (drop (call $new (i32.const 0) (i64.const 0))))"#;
    let run = run(component(I64_START, "4 funcref", NEW_I64, body));
    assert_eq!(run.invocations[0].end, End::Trap(Trap::ThreadStartType));
}

#[test]
fn the_index_into_a_64_bit_table_is_an_i64_and_none_of_it_is_lost() {
    let program = |index: &str| {
        let body = format!(
            r#"
      (func $thread (param i32) (call $log (i32.const 1) (i64.extend_i32_u (local.get 0))))
      (elem (table $t) (i64.const 0) func $thread)
      (func (export "e") (drop (call $yield-resume (call $new (i64.const {index}) (i32.const 7)))))"#
        );
        component(
            "(func (param i32))",
            "i64 4 funcref",
            "(param i64 i32)",
            &body,
        )
    };
    assert_eq!(logged(&run(program("0"))), [7]);
    let past = run(program("0x1_0000_0000"));
    assert_eq!(past.invocations[0].end, End::Trap(Trap::TableOutOfBounds));
}

/// The text means to allow other parameters later. Then the rule changes, and nothing else.
#[test]
fn with_a_wider_rule_a_start_function_takes_what_the_rule_says() {
    let body = r#"
      (func $thread (type $start)
        (call $log (i32.const 1) (i64.add (local.get 0) (i64.trunc_f32_u (local.get 1)))))
      (elem (table $t) (i32.const 0) func $thread)
      (func (export "e")
        (drop (call $yield-resume (call $new (i32.const 0) (i64.const 40) (f32.const 2)))))"#;
    let case = case(
        component(
            "(func (param i64 f32))",
            "4 funcref",
            "(param i32 i64 f32)",
            body,
        ),
        &["e"],
    );
    let refused = Reference::new(&case)
        .err()
        .expect("the text does not allow it");
    assert_eq!(
        refused.construct,
        "a start type that is neither (func (param i32)) nor (func (param i64))"
    );
    let wider = StartTypes::of_text().and(&[I64, F32]);
    let reference = Reference::with_start_types(&case, wider).expect("the rule allows it");
    assert_eq!(logged(&run_of(&reference, &case)), [42]);
}

#[test]
fn a_script_refuses_the_start_types_that_the_text_refuses_and_no_others() {
    let verdict = |ft: &str| {
        let text = format!(
            r#"(component
              (core module $store (table (export "t") 1 funcref))
              (core instance $store (instantiate $store))
              (core type $start {ft})
              (core func (canon thread.new-indirect $start (core table $store "t"))))"#
        );
        ScriptReference::new().define(&encode(&text)).map(|_| ())
    };
    for valid in ["(func (param i32))", "(func (param i64))"] {
        assert!(verdict(valid).is_ok(), "{valid}");
    }
    for invalid in [
        "(func)",
        "(func (param f32))",
        "(func (param v128))",
        "(func (param funcref))",
        "(func (param i32 i32))",
        "(func (param i64) (result i32))",
        "(func (param i32) (result i32))",
        "(struct)",
        "(module)",
    ] {
        assert!(
            matches!(verdict(invalid), Err(Refusal::Invalid(_))),
            "{invalid}"
        );
    }
    // The decoder does not know it, and says no more than that, although the tool refuses it.
    let open = verdict("(sub (func (param i64)))");
    assert!(matches!(open, Err(Refusal::NotSupported(_))));
    let open = verdict("(sub (func (param i32)))");
    assert!(
        matches!(open, Err(Refusal::NotSupported(_))),
        "the text and the tools differ on it"
    );
}
