//! Exceptions within a module, claim by claim.

use super::super::{have_exceptions, prepare};
use crate::core_traps::core_stop;
use crate::exceptions::{asked_for, escaped, provide};
use crate::limits::Limits;
use crate::store::Stop;
use crate::text::binary;
use spawndiff_observation::Trap;

/// Calls the export `f` of a module without imports, and returns its result. The start function, if there is one, is called before.
fn call(text: &str) -> Result<i32, Stop> {
    let module = binary(text);
    let prepared = prepare(&module, true).unwrap_or_else(|what| panic!("{what}:\n{text}"));
    let engine = wasmi::Engine::default();
    let module = wasmi::Module::new(&engine, &prepared.wasm);
    let module = module.unwrap_or_else(|error| panic!("{error}:\n{text}"));
    let mut store = wasmi::Store::new(&engine, Limits::default());
    assert_eq!(module.imports().len(), prepared.keep.len());
    let mut imports = Vec::new();
    for import in module.imports() {
        let part = asked_for(&import, &prepared.keep).expect("it imports nothing else");
        imports.push(provide(&mut store, part, import.ty()).expect("it is a part of the keep"));
    }
    let instance = wasmi::Instance::new(&mut store, &module, &imports).expect("it instantiates");
    if let Some(start) = &prepared.start {
        let start = instance.get_func(&store, start).expect("it is exported");
        let started = start.call(&mut store, &[], &mut []);
        started.map_err(|error| core_stop(&error))?;
    }
    let f = instance.get_typed_func::<(), i32>(&store, "f");
    let f = f.expect("it is exported, with this type");
    let result = f.call(&mut store, ());
    let result = result.map_err(|error| core_stop(&error))?;
    match escaped(&mut store) {
        true => Err(Trap::UncaughtException.into()),
        false => Ok(result),
    }
}

#[track_caller]
fn returns(text: &str, expected: i32) {
    match call(text) {
        Ok(result) => assert_eq!(result, expected, "{text}"),
        Err(stop) => panic!("{stop:?}:\n{text}"),
    }
}

#[track_caller]
fn traps(text: &str, expected: Trap) {
    match call(text) {
        Err(Stop::Trap(trapped)) => assert_eq!(trapped.trap, expected, "{text}"),
        other => panic!("{other:?}:\n{text}"),
    }
}

#[test]
fn a_component_has_exceptions_if_a_module_anywhere_in_it_has() {
    let within = |module: &str| format!("(component (component (core module {module})))");
    for module in [
        "(tag)",
        r#"(import "a" "b" (tag))"#,
        "(func (try_table))",
        "(func (throw_ref (ref.null exn)))",
    ] {
        assert!(have_exceptions(&binary(&within(module))), "{module}");
    }
    for module in ["", "(func (call 0))", r#"(import "a" "b" (func))"#] {
        assert!(!have_exceptions(&binary(&within(module))), "{module}");
    }
    assert!(!have_exceptions(&[]));
}

#[test]
fn a_payload_gets_to_the_clause_of_its_tag() {
    returns(
        r#"(module
            (tag $other (param i32))
            (tag $t (param i32 i64 f32 f64 funcref))
            (elem declare func $throws)
            (func $throws
              (throw $t (i32.const 1) (i64.const 2) (f32.const 4) (f64.const 8) (ref.func $throws)))
            (func (export "f") (result i32) (local $sum i32)
              (block $wrong (result i32)
                (block $right (result i32 i64 f32 f64 funcref)
                  (try_table (catch $other $wrong) (catch $t $right) (call $throws))
                  (return (i32.const 100)))
                ref.is_null local.set $sum
                i32.trunc_f64_s local.get $sum i32.add local.set $sum
                i32.trunc_f32_s local.get $sum i32.add local.set $sum
                i32.wrap_i64 local.get $sum i32.add
                i32.add
                return)))"#,
        15,
    );
}

#[test]
fn clauses_are_asked_in_their_order() {
    let module = |clauses: &str| {
        format!(
            r#"(module (tag $t)
                (func (export "f") (result i32)
                  (block $two
                    (block $one
                      (try_table {clauses} (throw $t))
                      (return (i32.const 0)))
                    (return (i32.const 1)))
                  (i32.const 2)))"#
        )
    };
    returns(&module("(catch $t $one) (catch_all $two)"), 1);
    returns(&module("(catch_all $two) (catch $t $one)"), 2);
    returns(&module("(catch $t $two) (catch $t $one)"), 2);
}

#[test]
fn what_no_clause_takes_gets_to_the_try_table_around() {
    returns(
        r#"(module (tag $a (param i32)) (tag $b)
            (func (export "f") (result i32)
              (block $outer (result i32)
                (try_table (catch $a $outer)
                  (block $inner
                    (try_table (catch $b $inner) (throw $a (i32.const 7)))
                    (return (i32.const 0)))
                  (return (i32.const 1)))
                (i32.const 2))))"#,
        7,
    );
}

#[test]
fn what_is_thrown_where_it_is_caught_gets_to_the_try_table_around() {
    returns(
        r#"(module (tag $a (param i32))
            (func (export "f") (result i32)
              (block $outer (result i32)
                (try_table (catch $a $outer)
                  (block $inner (result i32)
                    (try_table (catch $a $inner) (throw $a (i32.const 7)))
                    (return (i32.const 0)))
                  (throw $a (i32.add (i32.const 1))))
                (i32.const 2))))"#,
        8,
    );
}

#[test]
fn an_exception_gets_through_functions_that_know_nothing_of_it() {
    returns(
        r#"(module (tag $t (param i32))
            (type $f (func (param i64) (result f32 externref v128 i64)))
            (table 1 funcref) (elem (i32.const 0) func $g)
            (func $g (type $f) (throw $t (i32.const 9)))
            (func $h (param i32) (result i64)
              (i64.const 1)
              (block (call_indirect (type $f) (i64.const 5) (local.get 0)) drop drop drop drop)
              (i64.add (i64.const 2)))
            (func (export "f") (result i32)
              (block $h (result i32)
                (try_table (catch $t $h) (drop (call $h (i32.const 0))))
                (i32.const 0))))"#,
        9,
    );
}

#[test]
fn what_is_on_the_stack_under_a_call_is_left_behind() {
    returns(
        r#"(module (tag $t (param i32))
            (func $throws (param i32) (result i32 i32) (throw $t (local.get 0)))
            (func (export "f") (result i32)
              (i32.const 1000)
              (block $h (result i32)
                (try_table (result i32) (catch $t $h)
                  (i64.const 1) (f32.const 2) (i32.const 3)
                  (call $throws (i32.const 10))
                  i32.add i32.add
                  br 0))
              (i32.sub)))"#,
        990,
    );
}

#[test]
fn a_try_table_takes_operands_and_has_results() {
    let module = |divisor: i32| {
        format!(
            r#"(module (tag $t (param i32))
                (func $halves (param i32 i32) (result i32)
                  (if (i32.eqz (local.get 1)) (then (throw $t (i32.const -1))))
                  (i32.div_s (local.get 0) (local.get 1)))
                (func (export "f") (result i32) (local $rest i32)
                  (block $h (result i32)
                    (i32.const 84) (i32.const {divisor})
                    (try_table (param i32 i32) (result i32 i32) (catch $t $h)
                      (call $halves) (i32.const 5))
                    (local.set $rest)
                    (i32.add (local.get $rest)))))"#
        )
    };
    returns(&module(2), 47);
    returns(&module(0), -1);
}

#[test]
fn branches_inside_and_out_of_a_try_table_keep_their_labels() {
    let module = |way: i32| {
        format!(
            r#"(module (tag $t)
                (func $nothing)
                (func (export "f") (result i32) (local $i i32)
                  (block $out (result i32)
                    (block $caught
                      (loop $again
                        (local.set $i (i32.add (local.get $i) (i32.const 10)))
                        (try_table $here (catch_all $caught)
                          (call $nothing)
                          (block $throws
                            (br_table $here $again $throws $caught (i32.const {way})))
                          (throw $t))
                        (br_if $again (i32.lt_u (local.get $i) (i32.const 30)))
                        (br $out (i32.add (local.get $i) (i32.const 1)))))
                    (return (i32.add (local.get $i) (i32.const 2))))))"#
        )
    };
    // To the end of the `try_table`, three times round.
    returns(&module(0), 31);
    returns(&module(2), 12);
    returns(&module(3), 12);
    let function = r#"(module (tag $t)
        (func (export "f") (result i32)
          (block (block (block (try_table (catch_all 0) (br 4 (i32.const 6))))))
          (i32.const 1)))"#;
    returns(function, 6);
}

#[test]
fn a_clause_may_have_the_functions_own_label_or_that_of_a_loop() {
    returns(
        r#"(module (tag $t (param i32))
            (func $g (result i32) (try_table (catch $t 0) (throw $t (i32.const 3))) (i32.const 4))
            (func (export "f") (result i32) (call $g)))"#,
        3,
    );
    returns(
        r#"(module (tag $t (param i32))
            (func (export "f") (result i32) (local $i i32)
              (i32.const 0)
              (loop $again (param i32)
                (local.set $i)
                (if (i32.lt_u (local.get $i) (i32.const 5))
                  (then
                    (try_table (catch $t $again)
                      (throw $t (i32.add (local.get $i) (i32.const 1)))))))
              (local.get $i)))"#,
        5,
    );
}

#[test]
fn an_exnref_throws_the_same_exception_again() {
    returns(
        r#"(module (tag $t (param i32 i64))
            (global $kept (mut exnref) (ref.null exn))
            (func $keeps
              (block $h (result i32 i64 exnref)
                (try_table (catch_ref $t $h) (throw $t (i32.const 30) (i64.const 12)))
                (return))
              (global.set $kept) (drop) (drop))
            (func $passes
              (block $h (result exnref)
                (try_table (catch_all_ref $h) (throw_ref (global.get $kept)))
                (return))
              (throw_ref))
            (func (export "f") (result i32)
              (if (i32.eqz (ref.is_null (global.get $kept))) (then (unreachable)))
              (call $keeps)
              (block $h (result i32 i64)
                (try_table (catch $t $h) (call $passes))
                (return (i32.const 0)))
              (i32.wrap_i64) (i32.add)))"#,
        42,
    );
}

#[test]
fn a_null_exnref_traps_and_no_clause_takes_the_trap() {
    traps(
        r#"(module
            (func (export "f") (result i32)
              (block $h (try_table (catch_all $h) (throw_ref (ref.null exn))))
              (i32.const 1)))"#,
        Trap::NullReference,
    );
    traps(
        r#"(module (tag $t)
            (func $g (unreachable))
            (func (export "f") (result i32)
              (block $h (try_table (catch $t $h) (catch_all $h) (call $g)))
              (i32.const 1)))"#,
        Trap::Unreachable,
    );
}

#[test]
fn a_tail_call_has_left_the_try_table_around_it() {
    for call in [
        "(return_call $throws)",
        "(return_call_indirect (result i32) (i32.const 0))",
    ] {
        let module = |around: &str| {
            format!(
                r#"(module (tag $t)
                    (table 1 funcref) (elem (i32.const 0) func $throws)
                    (func $throws (result i32) (throw $t))
                    (func $tail (result i32)
                      (block $h (try_table (catch_all $h) {call}))
                      (i32.const 1))
                    (func (export "f") (result i32) {around}))"#
            )
        };
        traps(&module("(call $tail)"), Trap::UncaughtException);
        let caught = r#"
            (block $h (try_table (catch_all $h) (return (call $tail))))
            (i32.const 2)"#;
        returns(&module(caught), 2);
    }
}

#[test]
fn an_exception_that_nobody_catches_leaves_the_function() {
    traps(
        r#"(module (tag $t) (func (export "f") (result i32) (throw $t)))"#,
        Trap::UncaughtException,
    );
}

#[test]
fn code_that_is_never_reached_stays_valid() {
    returns(
        r#"(module (tag $t (param i32 f64))
            (func $g (param i32) (result f32) (unreachable))
            (func $h (result i32 f64)
              (unreachable)
              (throw $t)
              (call $g) (drop)
              (throw_ref)
              (block $h (result i32 f64)
                (block $all
                  (try_table (catch $t $h) (catch_all $all)
                    (throw $t (i32.const 1) (f64.const 2))
                    (call $g) (drop)
                    (br_if 1)
                    (return_call $h)))
                (throw_ref (ref.null exn))
                (throw $t)))
            (func $i (param i32) (result f32 externref)
              (return (f32.const 0) (ref.null extern))
              (try_table (param i32) (result f32) (call $g))
              (ref.null extern))
            (func (export "f") (result i32) (i32.const 1)))"#,
        1,
    );
}

#[test]
fn indices_of_functions_and_globals_are_those_of_the_module_as_it_was() {
    returns(
        r#"(module
            (tag $t (param i32))
            (global $a (mut i32) (i32.const 1))
            (global $b funcref (ref.func $start))
            (table 2 funcref)
            (elem (i32.const 0) funcref (ref.func $start) (ref.func $g))
            (type $g (func (result i32)))
            (func $start
              (block $h (try_table (catch_all $h) (throw $t (i32.const 0))))
              (global.set $a (i32.const 20)))
            (func $g (result i32) (i32.add (global.get $a) (i32.const 3)))
            (start $start)
            (export "tag" (tag $t))
            (export "global" (global $a))
            (export "function" (func $g))
            (func (export "f") (result i32)
              (i32.add (call_indirect (type $g) (i32.const 1)) (call $g))))"#,
        46,
    );
}

#[test]
fn a_module_that_exceptions_only_get_through_needs_no_more_than_to_look() {
    let module = binary(r#"(module (func $g) (func (export "f") (call $g)))"#);
    let prepared = prepare(&module, true).expect("it is supported");
    assert_eq!(prepared.keep.len(), 1);
    let module = binary("(module (memory 1))");
    let prepared = prepare(&module, true).expect("it is supported");
    assert_eq!(prepared.keep.len(), 0);
}
