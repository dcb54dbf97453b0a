//! Exceptions between core modules: tags are exported, aliased, bundled and imported, and exceptions get through all.

use super::{call, func, run, unsupported};
use crate::text::binary;

/// A core module that exports a tag and a function that throws its argument.
const THROWS: &str = r#"(core module $throws
    (tag $t (export "t") (param i32))
    (func (export "throw") (param i32) (throw $t (local.get 0))))"#;

#[test]
fn an_exception_of_one_module_is_caught_by_another() {
    let (mut mock, exports) = run(&format!(
        r#"(component
            {THROWS}
            (core instance $throws (instantiate $throws))
            (core module $m
              (import "throws" "throw" (func $throw (param i32)))
              (import "throws" "t" (tag $t (param i32)))
              (func (export "f") (result i32)
                (block $h (result i32)
                  (try_table (catch $t $h) (call $throw (i32.const 42)))
                  (i32.const 0))))
            (core instance $m (instantiate $m (with "throws" (instance $throws))))
            (func (export "f") (result u32) (canon lift (core func $m "f"))))"#
    ));
    assert_eq!(call(&mut mock, &exports, "f"), 42);
    // No exception is under way any more.
    assert_eq!(call(&mut mock, &exports, "f"), 42);
}

#[test]
fn tags_are_aliased_bundled_and_exported_again() {
    let (mut mock, exports) = run(&format!(
        r#"(component
            {THROWS}
            (core instance $throws (instantiate $throws))
            (alias core export $throws "t" (core tag $t))
            (core module $again
              (import "env" "before" (global $before i32))
              (import "env" "tag" (tag $t (param i32)))
              (import "env" "after" (global $after i32))
              (tag $own)
              (global $sum i32 (i32.add (global.get $before) (global.get $after)))
              (export "again" (tag $t))
              (export "own" (tag $own))
              (export "sum" (global $sum)))
            (core module $globals
              (global (export "4") i32 (i32.const 4))
              (global (export "8") i32 (i32.const 8)))
            (core instance $globals (instantiate $globals))
            (core instance $again (instantiate $again (with "env" (instance
              (export "before" (global $globals "4"))
              (export "tag" (tag $t))
              (export "after" (global $globals "8"))))))
            (core module $m
              (import "throws" "throw" (func $throw (param i32)))
              (import "again" "own" (tag $own))
              (import "again" "again" (tag $t (param i32)))
              (import "again" "sum" (global $sum i32))
              (func (export "f") (result i32)
                (block $own
                  (block $h (result i32)
                    (try_table (catch $own $own) (catch $t $h) (call $throw (i32.const 30)))
                    (return (i32.const 0)))
                  (return (i32.add (global.get $sum))))
                (i32.const 1)))
            (core instance $m (instantiate $m
              (with "throws" (instance $throws)) (with "again" (instance $again))))
            (func (export "f") (result u32) (canon lift (core func $m "f"))))"#
    ));
    assert_eq!(call(&mut mock, &exports, "f"), 42);
}

#[test]
fn each_instance_of_a_module_has_a_tag_of_its_own() {
    let (mut mock, exports) = run(&format!(
        r#"(component
            {THROWS}
            (core instance $a (instantiate $throws))
            (core instance $b (instantiate $throws))
            (core module $m
              (import "a" "t" (tag $a (param i32)))
              (import "b" "t" (tag $b (param i32)))
              (import "b" "throw" (func $throw (param i32)))
              (func (export "f") (result i32)
                (block $of-a (result i32)
                  (block $of-b (result i32)
                    (try_table (catch $a $of-a) (catch $b $of-b) (call $throw (i32.const 1)))
                    (return (i32.const 0)))
                  (return (i32.add (i32.const 10))))))
            (core instance $m (instantiate $m
              (with "a" (instance $a)) (with "b" (instance $b))))
            (func (export "f") (result u32) (canon lift (core func $m "f"))))"#
    ));
    assert_eq!(call(&mut mock, &exports, "f"), 11);
}

#[test]
fn an_exception_gets_through_a_module_that_knows_nothing_of_it() {
    let (mut mock, exports) = run(&format!(
        r#"(component
            (component $outer
              {THROWS}
              (core instance $throws (instantiate $throws))
              (core module $between
                (import "throws" "throw" (func $throw (param i32)))
                (type $throw (func (param i32)))
                (table 1 funcref)
                (elem (i32.const 0) func $throw)
                (global $after (export "after") (mut i32) (i32.const 0))
                (func (export "f") (param i32) (result i32 i64)
                  (call_indirect (type $throw) (local.get 0) (i32.const 0))
                  (global.set $after (i32.const 1))
                  (i32.const 1) (i64.const 2)))
              (core instance $between (instantiate $between (with "throws" (instance $throws))))
              (core module $m
                (import "throws" "t" (tag $t (param i32)))
                (import "between" "f" (func $f (param i32) (result i32 i64)))
                (import "between" "after" (global $after (mut i32)))
                (func (export "f") (result i32)
                  (block $h (result i32)
                    (try_table (result i32 i64) (catch $t $h) (call $f (i32.const 5)))
                    (return (i32.wrap_i64)))
                  (i32.add (global.get $after))))
              (core instance $m (instantiate $m
                (with "throws" (instance $throws)) (with "between" (instance $between))))
              (func (export "f") (result u32) (canon lift (core func $m "f"))))
            (instance $outer (instantiate $outer))
            (export "f" (func $outer "f")))"#
    ));
    assert_eq!(call(&mut mock, &exports, "f"), 5);
}

#[test]
fn an_exnref_may_be_passed_between_modules() {
    let (mut mock, exports) = run(&format!(
        r#"(component
            {THROWS}
            (core instance $throws (instantiate $throws))
            (core module $keeps
              (import "throws" "throw" (func $throw (param i32)))
              (table $t (export "table") 1 exnref)
              (func (export "keep")
                (table.set $t (i32.const 0)
                  (block $h (result exnref)
                    (try_table (catch_all_ref $h) (call $throw (i32.const 6)))
                    (unreachable)))))
            (core instance $keeps (instantiate $keeps (with "throws" (instance $throws))))
            (core module $m
              (import "throws" "t" (tag $t (param i32)))
              (import "keeps" "table" (table $table 1 exnref))
              (import "keeps" "keep" (func $keep))
              (func (export "f") (result i32)
                (call $keep)
                (block $h (result i32)
                  (try_table (catch $t $h) (throw_ref (table.get $table (i32.const 0))))
                  (unreachable))))
            (core instance $m (instantiate $m
              (with "throws" (instance $throws)) (with "keeps" (instance $keeps))))
            (func (export "f") (result u32) (canon lift (core func $m "f"))))"#
    ));
    assert_eq!(call(&mut mock, &exports, "f"), 6);
}

#[test]
fn an_exception_that_nobody_catches_leaves_core_code() {
    let (mut mock, exports) = run(&format!(
        r#"(component
            {THROWS}
            (core instance $throws (instantiate $throws))
            (core module $m
              (import "throws" "throw" (func $throw (param i32)))
              (tag $other (param i32))
              (global $none (mut i32) (i32.const 0))
              (func (export "f") (result i32)
                (if (global.get $none) (then (return (i32.const 3))))
                (global.set $none (i32.const 1))
                (block $h (result i32)
                  (try_table (catch $other $h) (call $throw (i32.const 1)))
                  (i32.const 0))))
            (core instance $m (instantiate $m (with "throws" (instance $throws))))
            (func (export "f") (result u32) (canon lift (core func $m "f"))))"#
    ));
    let f = func(&exports, "f");
    let error = mock.call(&f, &[]).expect_err("it throws");
    assert_eq!(error.to_string(), "an exception");
    // The exception is forgotten.
    assert_eq!(call(&mut mock, &exports, "f"), 3);
}

#[test]
fn what_is_no_tag_is_not_aliased_as_one() {
    let component = r#"(component
        (core module $m (func (export "f") (try_table)))
        (core instance $m (instantiate $m))
        (alias core export $m "f" (core tag $t)))"#;
    let construct = unsupported(&binary(component));
    assert_eq!(construct, "core export f of another sort");
}

#[test]
fn what_could_be_taken_for_something_else_is_not_supported() {
    let component = |modules: &str| unsupported(&binary(&format!("(component {modules})")));
    assert_eq!(
        component(
            r#"(core module (func (param exnref) unreachable))
            (core module (func (param externref)) (func (throw_ref (ref.null exn))))"#
        ),
        "function types with exnref and externref"
    );
    assert_eq!(
        component(r#"(core module (tag) (import "spawndiff:exceptions" "0" (func)))"#),
        "an import from spawndiff:exceptions"
    );
}
