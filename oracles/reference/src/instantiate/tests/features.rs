//! Definitions of every kind.

use super::super::super::canon_defs::{Canon, FuncInst, InstanceId};
use super::super::super::typedef::Type;
use super::super::super::types::{FuncType, ResourceTypeId, ValType};
use super::super::{Item, Items, ValueId, func_type};
use super::{Asked, call, func, instance, run, run_with};
use std::sync::Arc;
use wasmi::Val;

fn u32_to_u32() -> FuncType {
    FuncType {
        params: vec![ValType::U32],
        result: Some(ValType::U32),
        async_: false,
    }
}

#[test]
fn a_lifted_core_function_is_exported() {
    let (mut mock, exports) = run(r#"(component
        (core module $m (func (export "f") (param i32) (result i32)
          (i32.add (local.get 0) (i32.const 1))))
        (core instance $i (instantiate $m))
        (func (export "f") (param "x" u32) (result u32) (canon lift (core func $i "f"))))"#);
    let f = func(&exports, "f");
    assert_eq!(**func_type(&f), u32_to_u32());
    assert!(matches!(
        mock.call(&f, &[Val::I32(41)]).unwrap()[..],
        [Val::I32(42)]
    ));
    let names: Vec<&str> = exports.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["f"]);
}

#[test]
fn an_instance_definition_makes_a_child_of_the_instance_that_contains_it() {
    let (mock, _) = run(r#"(component
        (component $a (component $b) (instance (instantiate $b)))
        (instance (instantiate $a))
        (instance (instantiate $a)))"#);
    let parents: Vec<_> = mock
        .asked
        .iter()
        .map(|asked| match asked {
            Asked::Instance(parent) => *parent,
            other => panic!("{other:?}"),
        })
        .collect();
    let parent = |id| Some(InstanceId(id));
    assert_eq!(parents, [None, parent(0), parent(1), parent(0), parent(3)]);
}

#[test]
fn core_instances_of_a_module_do_not_share_state() {
    let (mut mock, exports) = run(r#"(component
        (core module $m (global $g (mut i32) (i32.const 0))
          (func (export "bump") (result i32)
            (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g)))
        (core instance $a (instantiate $m))
        (core instance $b (instantiate $m))
        (func (export "a") (result u32) (canon lift (core func $a "bump")))
        (func (export "b") (result u32) (canon lift (core func $b "bump"))))"#);
    let results = ["a", "a", "b"].map(|name| call(&mut mock, &exports, name));
    assert_eq!(results, [1, 2, 1]);
}

#[test]
fn core_definitions_of_every_sort_are_aliased_bundled_and_imported() {
    let (mut mock, exports) = run(r#"(component
        (core module $p
          (memory (export "1") 1) (data (i32.const 0) "\05")
          (global (export "2") i32 (i32.const 300))
          (func $forty (export "4") (result i32) (i32.const 40))
          (table (export "3") 1 funcref) (elem (i32.const 0) func $forty))
        (core instance $p (instantiate $p))
        (core module $c
          (import "env" "memory" (memory 1))
          (import "env" "global" (global $g i32))
          (import "env" "table" (table 1 funcref))
          (import "env" "func" (func $f (result i32)))
          (func (export "sum") (result i32)
            (i32.add (i32.add (i32.load8_u (i32.const 0)) (global.get $g))
                     (i32.add (call_indirect (result i32) (i32.const 0)) (call $f)))))
        (core instance $c (instantiate $c (with "env" (instance
          (export "memory" (memory $p "1"))
          (export "global" (global $p "2"))
          (export "table" (table $p "3"))
          (export "func" (func $p "4"))))))
        (func (export "sum") (result u32) (canon lift (core func $c "sum"))))"#);
    assert_eq!(call(&mut mock, &exports, "sum"), 385);
}

#[test]
fn start_functions_of_modules_run_in_order_after_their_segments_are_written() {
    let (mut mock, exports) = run(r#"(component
        (core module $log (global $g (mut i32) (i32.const 0))
          (func (export "add") (param i32)
            (global.set $g (i32.add (i32.mul (global.get $g) (i32.const 10)) (local.get 0))))
          (func (export "get") (result i32) (global.get $g)))
        (core instance $log (instantiate $log))
        (core module $m
          (import "log" "add" (func $add (param i32)))
          (memory 1) (data (i32.const 0) "\02")
          (func $start (call $add (i32.load8_u (i32.const 0))))
          (start $start))
        (core module $n (import "log" "add" (func $add (param i32)))
          (func $start (call $add (i32.const 3))) (start $start))
        (core instance (instantiate $m (with "log" (instance $log))))
        (core instance (instantiate $n (with "log" (instance $log))))
        (core instance (instantiate $m (with "log" (instance $log))))
        (func (export "get") (result u32) (canon lift (core func $log "get"))))"#);
    assert_eq!(call(&mut mock, &exports, "get"), 232);
    let starts = mock.asked.iter();
    let starts = starts.filter(|asked| matches!(asked, Asked::Start(InstanceId(0))));
    assert_eq!(starts.count(), 3);
}

#[test]
fn each_instantiation_makes_its_own_resource_type() {
    let (mock, exports) = run(r#"(component
        (component $c
          (core module $m (func (export "dtor") (param i32)) (func (export "f") (result i32) unreachable))
          (core instance $i (instantiate $m))
          (type $r (resource (rep i32) (dtor (func $i "dtor"))))
          (type $p (resource (rep i32)))
          (export $r' "r" (type $r))
          (core func (canon resource.new $r))
          (core func (canon resource.drop $r'))
          (func (export "make") (result (own $r')) (canon lift (core func $i "f"))))
        (instance $a (instantiate $c))
        (instance $b (instantiate $c))
        (export "a" (instance $a))
        (export "b" (instance $b)))"#);
    let made: Vec<_> = mock
        .asked
        .iter()
        .filter_map(|asked| match asked {
            Asked::Resource(inst, dtor) => Some((inst.0, *dtor)),
            _ => None,
        })
        .collect();
    assert_eq!(made, [(1, true), (1, false), (2, true), (2, false)]);
    for (name, id) in [("a", 0), ("b", 2)] {
        let id = ResourceTypeId(id);
        let exports = instance(&exports, name);
        assert!(matches!(exports.get("r"), Some(Item::Type(Type::Resource(r))) if *r == id));
        assert_eq!(
            func_type(&func(&exports, "make")).result,
            Some(ValType::Own(id))
        );
    }
    let canons = mock.canons();
    assert!(matches!(canons[0], Canon::ResourceNew(ResourceTypeId(0))));
    assert!(matches!(canons[1], Canon::ResourceDrop(ResourceTypeId(0))));
    assert!(matches!(canons[2], Canon::ResourceNew(ResourceTypeId(2))));
}

#[test]
fn an_imported_resource_type_is_the_one_that_was_given() {
    let (mock, exports) = run(r#"(component
        (component $c
          (import "r" (type $r (sub resource)))
          (import "s" (type $s (eq $r)))
          (core func (canon resource.drop $s))
          (type $t (tuple (own $s) (list (borrow $r))))
          (export "t" (type $t)))
        (type $one (resource (rep i32)))
        (type $two (resource (rep i32)))
        (instance $i (instantiate $c (with "r" (type $two)) (with "s" (type $two))))
        (export "t" (type $i "t")))"#);
    let two = ResourceTypeId(1);
    assert!(matches!(mock.canons()[0], Canon::ResourceDrop(id) if *id == two));
    let expected = ValType::Tuple(Arc::new([
        ValType::Own(two),
        ValType::List(Arc::new(ValType::Borrow(two)), None),
    ]));
    assert!(matches!(exports.get("t"), Some(Item::Type(Type::Val(ty, _))) if *ty == expected));
}

#[test]
fn types_of_an_imported_instance_are_those_of_the_instance_that_was_given() {
    let (mock, exports) = run(r#"(component
        (component $lib
          (type $r' (resource (rep i32)))
          (export $r "r" (type $r'))
          (type $p' (record (field "r" (own $r)) (field "n" u8)))
          (export $p "p" (type $p'))
          (core module $m (func (export "f") (param i32 i32)))
          (core instance $i (instantiate $m))
          (func (export "f") (param "p" $p) (canon lift (core func $i "f"))))
        (component $user
          (import "lib" (instance $lib
            (export "r" (type $r (sub resource)))
            (type $q (record (field "r" (own $r)) (field "n" u8)))
            (export "p" (type $p (eq $q)))
            (export "f" (func (param "p" $p)))))
          (alias export $lib "p" (type $p))
          (core func (canon lower (func $lib "f")))
          (type $list (list $p))
          (export "list" (type $list)))
        (instance $lib (instantiate $lib))
        (instance $user (instantiate $user (with "lib" (instance $lib))))
        (export "list" (type $user "list")))"#);
    let record = ValType::Record(Arc::new([
        ("r".into(), ValType::Own(ResourceTypeId(0))),
        ("n".into(), ValType::U8),
    ]));
    let list = ValType::List(Arc::new(record.clone()), None);
    assert!(matches!(exports.get("list"), Some(Item::Type(Type::Val(ty, _))) if *ty == list));
    assert!(matches!(&mock.canons()[0], Canon::Lower { ft, .. } if ft.params == [record]));
}

#[test]
fn a_nested_component_keeps_what_its_parents_instance_was_given() {
    let (mut mock, exports) = run(r#"(component
        (component $c
          (import "m" (core module $m (export "get" (func (result i32)))))
          (component $inner
            (component $innermost
              (core instance $i (instantiate $m))
              (func (export "get") (result u32) (canon lift (core func $i "get"))))
            (instance $i (instantiate $innermost))
            (func (export "get") (alias export $i "get")))
          (export "inner" (component $inner)))
        (core module $m1 (func (export "get") (result i32) (i32.const 410)))
        (core module $m2 (func (export "get") (result i32) (i32.const 420)))
        (instance $c1 (instantiate $c (with "m" (core module $m1))))
        (instance $c2 (instantiate $c (with "m" (core module $m2))))
        (alias export $c1 "inner" (component $i1))
        (alias export $c2 "inner" (component $i2))
        (instance $i1 (instantiate $i1))
        (instance $i2 (instantiate $i2))
        (func (export "one") (alias export $i1 "get"))
        (func (export "two") (alias export $i2 "get")))"#);
    assert_eq!(call(&mut mock, &exports, "one"), 410);
    assert_eq!(call(&mut mock, &exports, "two"), 420);
}

#[test]
fn types_modules_components_and_core_types_of_outer_components_are_aliased() {
    let (mut mock, exports) = run(r#"(component $out
        (type $pair (tuple u8 string))
        (core type $start (func (param i32)))
        (core module $m (table (export "t") 1 funcref)
          (func (export "f") (result i32) (i32.const 5)))
        (component $leaf
          (core instance $i (instantiate $m))
          (func (export "f") (result u32) (canon lift (core func $i "f"))))
        (component $mid
          (component $in
            (alias outer $out $start (core type $s))
            (alias outer $out $m (core module $m))
            (core instance $i (instantiate $m))
            (alias core export $i "t" (core table $t))
            (core func (canon thread.new-indirect $s (core table $t)))
            (instance $leaf (instantiate $leaf))
            (export "p" (type $pair))
            (func (export "f") (alias export $leaf "f")))
          (instance $in (instantiate $in))
          (export "in" (instance $in)))
        (instance $mid (instantiate $mid))
        (export "in" (instance $mid "in")))"#);
    let inner = instance(&exports, "in");
    let pair = ValType::Tuple(Arc::new([ValType::U8, ValType::String]));
    assert!(matches!(inner.get("p"), Some(Item::Type(Type::Val(ty, _))) if *ty == pair));
    assert!(matches!(mock.canons()[0], Canon::ThreadNewIndirect { .. }));
    assert_eq!(call(&mut mock, &inner, "f"), 5);
}

#[test]
fn a_function_under_several_names_is_one_function() {
    let (_, exports) = run(r#"(component
        (component $c
          (core module $m (func (export "f")))
          (core instance $i (instantiate $m))
          (func $f (canon lift (core func $i "f")))
          (export $g "first" (func $f) (func))
          (export "second" (func $g))
          (instance $bundle (export "third" (func $g)))
          (export "bundle" (instance $bundle)))
        (instance $c (instantiate $c))
        (export "a" (func $c "first"))
        (export "b" (func $c "second"))
        (export "c" (func $c "bundle" "third")))"#);
    let lifts = ["a", "b", "c"].map(|name| match func(&exports, name) {
        FuncInst::Lift(lift) => lift,
        FuncInst::Host(..) => panic!("{name} is the host's"),
    });
    assert!(Arc::ptr_eq(&lifts[0], &lifts[1]) && Arc::ptr_eq(&lifts[1], &lifts[2]));
    assert_eq!(lifts[0].inst, InstanceId(1));
}

#[test]
fn names_are_plain_strings_with_their_annotations_and_versions() {
    let (_, exports) = run(r#"(component
        (type $r' (resource (rep i32)))
        (export $r "r" (type $r'))
        (core module $m (func (export "f") (param i32))
          (func (export "g") (result i32) unreachable))
        (core instance $i (instantiate $m))
        (func $f (param "self" (borrow $r)) (canon lift (core func $i "f")))
        (func $g (result (own $r)) (canon lift (core func $i "g")))
        (export "[method]r.f" (func $f))
        (instance $e)
        (export "a:b/c@1.2.3" (instance $e))
        (export "[constructor]r" (func $g)))"#);
    let names: Vec<&str> = exports.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["r", "[method]r.f", "a:b/c@1.2.3", "[constructor]r"]);
}

#[test]
fn calls_between_components_reach_the_callee() {
    let (mut mock, exports) = run(r#"(component
        (component $a
          (core module $m (func (export "f") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3))))
          (core instance $i (instantiate $m))
          (func (export "f") (param "x" u32) (result u32) (canon lift (core func $i "f"))))
        (component $b
          (import "a" (instance $a (export "f" (func (param "x" u32) (result u32)))))
          (core func $f (canon lower (func $a "f")))
          (core module $m (import "" "f" (func $f (param i32) (result i32)))
            (func (export "g") (result i32) (call $f (i32.const 14))))
          (core instance $i (instantiate $m (with "" (instance (export "f" (func $f))))))
          (func (export "g") (result u32) (canon lift (core func $i "g"))))
        (instance $a (instantiate $a))
        (instance $b (instantiate $b (with "a" (instance $a))))
        (export "g" (func $b "g")))"#);
    assert_eq!(call(&mut mock, &exports, "g"), 42);
    assert!(matches!(
        &mock.asked[..],
        [.., Asked::Canon(InstanceId(2), Canon::Lower { ft, .. })] if **ft == u32_to_u32()
    ));
}

#[test]
fn components_and_modules_are_passed_on() {
    let (mut mock, exports) = run(r#"(component
        (component $apply
          (import "c" (component $c
            (import "m" (core module (export "f" (func (result i32)))))
            (export "f" (func (result u32)))))
          (import "m" (core module $m (export "f" (func (result i32)))))
          (instance $i (instantiate $c (with "m" (core module $m))))
          (export "f" (func $i "f"))
          (export "m" (core module $m))
          (export "c" (component $c)))
        (component $c
          (import "m" (core module $m (export "f" (func (result i32)))))
          (core instance $i (instantiate $m))
          (func (export "f") (result u32) (canon lift (core func $i "f"))))
        (core module $m (func (export "f") (result i32) (i32.const 9)))
        (instance $i (instantiate $apply (with "c" (component $c)) (with "m" (core module $m))))
        (alias export $i "m" (core module $again))
        (alias export $i "c" (component $c-again))
        (instance $j (instantiate $c-again (with "m" (core module $again))))
        (export "i" (func $i "f"))
        (export "j" (func $j "f")))"#);
    assert_eq!(call(&mut mock, &exports, "i"), 9);
    assert_eq!(call(&mut mock, &exports, "j"), 9);
}

#[test]
fn values_are_imported_started_with_and_exported() {
    let imports = Items::new([("v", Item::Value(ValueId(7), ValType::U32))]).unwrap();
    let (mock, exports) = run_with(
        r#"(component
            (import "v" (value $v u32))
            (core module $m (func (export "f") (param i32) (result f64) unreachable))
            (core instance $i (instantiate $m))
            (func $f (param "x" u32) (result f64) (canon lift (core func $i "f")))
            (start $f (value $v) (result (value $r)))
            (export "r" (value $r)))"#,
        &imports,
    );
    assert!(matches!(
        &mock.asked[..],
        [Asked::Instance(None), Asked::ComponentStart(InstanceId(0), args)] if args[..] == [ValueId(7)]
    ));
    let exports = exports.unwrap();
    assert!(matches!(
        exports.get("r"),
        Some(Item::Value(ValueId(101), ValType::F64))
    ));
}

#[test]
fn a_component_is_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<super::super::super::definition::Component>();
}
