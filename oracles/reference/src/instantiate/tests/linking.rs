//! The items that a component is given, against the items that it asks for.

use super::super::super::canon_defs::{FuncInst, HostFuncId};
use super::super::super::typedef::Type;
use super::super::super::types::{FuncType, ResourceTypeId, ValType};
use super::super::{Failure, Item, Items, Unlinkable, ValueId};
use super::{run, run_with, unsupported};
use crate::text::binary;
use std::sync::Arc;

fn host(params: &[ValType], result: Option<ValType>) -> Item {
    let ft = FuncType {
        params: params.to_vec(),
        result,
        async_: false,
    };
    Item::Func(FuncInst::Host(HostFuncId(0), Arc::new(ft)))
}

fn items<const N: usize>(items: [(&str, Item); N]) -> Items {
    Items::new(items).expect("the names differ")
}

fn instance<const N: usize>(exports: [(&str, Item); N]) -> Item {
    Item::Instance(Arc::new(items(exports)))
}

fn links(text: &str, imports: &Items) -> Arc<Items> {
    match run_with(text, imports).1 {
        Ok(exports) => exports,
        Err(failure) => panic!("{failure:?}:\n{text}"),
    }
}

fn unlinkable(text: &str, imports: &Items) -> String {
    match run_with(text, imports).1 {
        Err(Failure::Unlinkable(unlinkable)) => unlinkable.to_string(),
        other => panic!("{other:?}:\n{text}"),
    }
}

const HOST: &str = r#"(component
    (import "host" (instance $host
      (export "log" (func (param "point" u32) (param "value" u64)))))
    (core func (canon lower (func $host "log"))))"#;

#[test]
fn an_instance_of_the_host_may_export_more_than_is_asked_for() {
    let log = host(&[ValType::U32, ValType::U64], None);
    links(HOST, &items([("host", instance([("log", log.clone())]))]));
    let more = instance([("mark", host(&[], None)), ("log", log)]);
    links(HOST, &items([("host", more), ("other", host(&[], None))]));
}

#[test]
fn a_missing_import_is_named() {
    assert_eq!(unlinkable(HOST, &Items::default()), "import host: missing");
    assert_eq!(
        unlinkable(HOST, &items([("host", instance([]))])),
        "import host.log: missing"
    );
    let nested =
        r#"(component (import "a" (instance (export "b" (instance (export "c" (func)))))))"#;
    let given = instance([("b", instance([("d", host(&[], None))]))]);
    assert_eq!(
        unlinkable(nested, &items([("a", given)])),
        "import a.b.c: missing"
    );
}

#[test]
fn an_import_of_another_sort_is_not_linked() {
    let func = r#"(component (import "f" (func)))"#;
    let given = [
        (instance([]), "an instance"),
        (Item::Type(Type::leaf(ValType::U8)), "a type"),
        (Item::Value(ValueId(0), ValType::U8), "a value"),
    ];
    for (item, what) in given {
        assert_eq!(
            unlinkable(func, &items([("f", item)])),
            format!("import f: a function is asked for, and {what} is given")
        );
    }
    for (ty, what) in [
        ("(instance)", "an instance"),
        ("(component)", "a component"),
        ("(core module)", "a core module"),
        ("(type (sub resource))", "a resource type"),
        ("(value u8)", "a value"),
    ] {
        assert_eq!(
            unlinkable(
                &format!(r#"(component (import "f" {ty}))"#),
                &items([("f", host(&[], None))])
            ),
            format!("import f: {what} is asked for, and a function is given")
        );
    }
}

#[test]
fn functions_are_linked_if_their_types_are_equal() {
    let text = r#"(component (import "f" (func (param "x" u32) (result string))))"#;
    let string = Some(ValType::String);
    links(text, &items([("f", host(&[ValType::U32], string.clone()))]));
    for given in [
        host(&[ValType::S32], string.clone()),
        host(&[ValType::U32], None),
        host(&[], string.clone()),
        host(&[ValType::U32, ValType::U32], string),
    ] {
        assert_eq!(
            unlinkable(text, &items([("f", given)])),
            "import f: a function of another type is given"
        );
    }
}

#[test]
fn of_the_hosts_functions_no_one_says_whether_they_are_async() {
    let text = r#"(component (import "f" (func async)))"#;
    links(text, &items([("f", host(&[], None))]));
}

#[test]
fn a_resource_type_of_the_host_is_followed_through_an_instance_type() {
    let text = r#"(component
        (import "host" (instance $host
          (export "r" (type $r (sub resource)))
          (export "s" (type $s (sub resource)))
          (type $i (instance
            (alias outer 1 $r (type $r))
            (export "drop" (func (param "r" (own $r))))))
          (export "inner" (instance (type $i)))
          (export "make" (func (result (own $s))))))
        (alias export $host "r" (type $r))
        (core func (canon resource.drop $r))
        (type $own (own $r))
        (export "own" (type $own)))"#;
    let [r, s] = [3, 4].map(ResourceTypeId);
    let given = |dropped: ResourceTypeId, made: ResourceTypeId| {
        let drop = host(&[ValType::Own(dropped)], None);
        items([(
            "host",
            instance([
                ("r", Item::Type(Type::Resource(r))),
                ("s", Item::Type(Type::Resource(s))),
                ("inner", instance([("drop", drop)])),
                ("make", host(&[], Some(ValType::Own(made)))),
            ]),
        )])
    };
    let exports = links(text, &given(r, s));
    assert!(matches!(
        exports.get("own"),
        Some(Item::Type(Type::Val(ValType::Own(ResourceTypeId(3)), _)))
    ));
    assert_eq!(
        unlinkable(text, &given(s, s)),
        "import host.inner.drop: a function of another type is given"
    );
    assert_eq!(
        unlinkable(text, &given(r, r)),
        "import host.make: a function of another type is given"
    );
}

#[test]
fn an_instance_type_aliases_what_its_own_exports_export() {
    let text = r#"(component
        (import "host" (instance
          (export "a" (instance $a (export "b" (instance (export "r" (type (sub resource)))))))
          (alias export $a "b" (instance $b))
          (alias export $b "r" (type $r))
          (export "f" (func (param "r" (borrow $r)))))))"#;
    let given = |id| {
        let r = Item::Type(Type::Resource(ResourceTypeId(7)));
        let a = instance([("b", instance([("r", r)]))]);
        let f = host(&[ValType::Borrow(ResourceTypeId(id))], None);
        items([("host", instance([("a", a), ("f", f)]))])
    };
    links(text, &given(7));
    assert_eq!(
        unlinkable(text, &given(8)),
        "import host.f: a function of another type is given"
    );
}

#[test]
fn types_are_linked_if_they_are_equal() {
    let text = r#"(component (type $t (list (tuple u8 u8))) (import "t" (type (eq $t))))"#;
    let same = Type::leaf(ValType::U8);
    assert_eq!(
        unlinkable(text, &items([("t", Item::Type(same))])),
        "import t: a type of another type is given"
    );
    let (_, exports) = run(r#"(component (type $t (list (tuple u8 u8))) (export "t" (type $t)))"#);
    let exports = links(text, &exports);
    assert_eq!(exports.iter().count(), 0);
    let value = r#"(component (import "v" (value u8)))"#;
    assert_eq!(
        unlinkable(
            value,
            &items([("v", Item::Value(ValueId(0), ValType::U16))])
        ),
        "import v: a value of another type is given"
    );
}

#[test]
fn an_argument_that_a_component_gives_is_checked_too() {
    let text = r#"(component
        (component $c (import "f" (func)))
        (instance $e)
        (instance (instantiate $c (with "f" (instance $e)))))"#;
    assert_eq!(
        unlinkable(text, &Items::default()),
        "import f: a function is asked for, and an instance is given"
    );
}

#[test]
fn what_an_alias_does_not_find_is_not_supported() {
    let cases = [
        (
            r#"(component (instance $i) (alias export $i "f" (func)))"#,
            "no export f",
        ),
        (
            r#"(component (instance $j) (instance $i (export "f" (instance $j)))
                 (alias export $i "f" (func)))"#,
            "export f of another sort",
        ),
        (
            r#"(component (core module $m) (core instance $i (instantiate $m))
                 (alias core export $i "f" (core func)))"#,
            "no core export f",
        ),
        (
            r#"(component (core module $m (memory (export "f") 1)) (core instance $i (instantiate $m))
                 (alias core export $i "f" (core func)))"#,
            "core export f of another sort",
        ),
        (
            r#"(component (core module $m (import "a" "b" (func))) (core instance (instantiate $m)))"#,
            "no core import a.b",
        ),
        (
            r#"(component (instance $i) (export "i" (instance $i)) (export "i" (instance $i)))"#,
            "two definitions named i",
        ),
    ];
    for (text, construct) in cases {
        assert_eq!(unsupported(&binary(text)), construct, "{text}");
    }
}

#[test]
fn an_unlinkable_import_says_its_name_and_the_reason() {
    let unlinkable = Unlinkable {
        name: "a.b".into(),
        reason: "missing".into(),
    };
    assert_eq!(unlinkable.to_string(), "import a.b: missing");
}
