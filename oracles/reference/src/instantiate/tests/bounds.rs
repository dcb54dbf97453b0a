//! Components that are malformed, or that ask for too much.

use super::super::super::store::Stop;
use super::super::super::typedef::Type;
use super::super::super::types::ResourceTypeId;
use super::super::{Failure, Item, Items};
use super::{Mock, decode, engine, instantiate, run_with, unsupported};
use crate::text::binary;
use spawndiff_observation::{Exhaustion, Trap};
use wasm_encoder::Encode;

const HEADER: &[u8] = b"\0asm\x0d\0\x01\0";

fn section(id: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![id];
    body.encode(&mut bytes);
    bytes
}

fn component(sections: &[Vec<u8>]) -> Vec<u8> {
    [HEADER, &sections.concat()].concat()
}

fn exhausted(text: &str) -> Exhaustion {
    match run_with(text, &Items::default()).1 {
        Err(Failure::Stop(Stop::Exhausted(what))) => what,
        other => panic!("{other:?}"),
    }
}

/// `count` lines, each with its number and that of the one before.
fn lines(count: usize, line: impl Fn(usize, usize) -> String) -> String {
    (1..=count).map(|n| line(n, n - 1) + "\n").collect()
}

#[test]
fn components_are_nested_to_a_bound() {
    let mut nested = component(&[]);
    for _ in 0..99 {
        nested = component(&[section(4, &nested)]);
    }
    assert!(decode(&nested, &engine()).is_ok());
    for _ in 0..1_000 {
        nested = component(&[section(4, &nested)]);
        assert_eq!(
            unsupported(&nested),
            "components and types nested deeper than 100"
        );
    }
}

#[test]
fn types_are_nested_to_a_bound_without_filling_the_stack() {
    // Each level is a type with one declarator, which is a type.
    for (opcode, construct) in [
        (0x41, "types nested deeper than 100"),
        (0x42, "components and types nested deeper than 100"),
    ] {
        let nested = [[opcode, 1, 1].repeat(300_000), vec![opcode, 0]].concat();
        let types = section(7, &[vec![1], nested].concat());
        assert_eq!(unsupported(&component(&[types])), construct);
    }
}

#[test]
fn a_value_type_has_so_many_levels() {
    let text = |levels| {
        let lists = lines(levels, |n, before| {
            format!("(type $t{n} (list $t{before}))")
        });
        binary(&format!("(component (type $t0 u8) {lists})"))
    };
    assert!(decode(&text(99), &engine()).is_ok());
    assert_eq!(unsupported(&text(100)), "types nested deeper than 100");
}

#[test]
fn a_value_type_has_so_many_nodes_where_shared_parts_count_each_time() {
    let text = |levels| {
        let tuples = lines(levels, |n, before| {
            format!("(type $t{n} (tuple $t{before} $t{before}))")
        });
        binary(&format!("(component (type $t0 u8) {tuples})"))
    };
    assert!(decode(&text(18), &engine()).is_ok());
    assert_eq!(unsupported(&text(30)), "a type of more than 1000000 nodes");
}

#[test]
fn a_function_flattens_to_so_many_values() {
    let text = |length| {
        format!(r#"(component (type $t (list u8 {length})) (type (func (param "x" $t))))"#)
    };
    assert!(decode(&binary(&text(1_000_000)), &engine()).is_ok());
    assert_eq!(
        unsupported(&binary(&text(1_000_001))),
        "a function of more than 1000000 flat values"
    );
    let nested = r#"(component (type $t (list (list u64 4294967295) 4294967295)) (type (func (result $t))))"#;
    assert_eq!(
        unsupported(&binary(nested)),
        "a function of more than 1000000 flat values"
    );
}

#[test]
fn a_type_has_parts() {
    let empty: [&[u8]; 6] = [
        &[1, 0x72, 0],
        &[1, 0x71, 0],
        &[1, 0x6f, 0],
        &[1, 0x6e, 0],
        &[1, 0x6d, 0],
        &[1, 0x67, 0x7d, 0],
    ];
    for types in empty {
        assert_eq!(
            unsupported(&component(&[section(7, types)])),
            "a type without parts"
        );
    }
}

#[test]
fn a_component_has_so_many_definitions() {
    let types = |count: u32| {
        let mut body = Vec::new();
        count.encode(&mut body);
        body.extend(std::iter::repeat_n(0x7d, count as usize));
        component(&[section(7, &body)])
    };
    assert!(decode(&types(100_000), &engine()).is_ok());
    assert_eq!(unsupported(&types(100_001)), "more than 100000 definitions");
}

#[test]
fn an_instantiation_makes_so_many_instances() {
    let doubling = lines(11, |n, before| {
        format!(
            "(component $c{n} (instance (instantiate $c{before})) (instance (instantiate $c{before})))"
        )
    });
    let text = format!("(component (component $c0) {doubling} (instance (instantiate $c11)))");
    assert_eq!(exhausted(&text), Exhaustion::Memory);
}

#[test]
fn an_instantiation_takes_so_many_steps() {
    // Matching visits the instance once for each path that leads to it.
    let types = lines(40, |n, before| {
        format!(
            r#"(type $t{n} (instance (alias outer 1 $t{before} (type $t))
                 (export "a" (instance (type $t))) (export "b" (instance (type $t)))))"#
        )
    });
    let instances = lines(40, |n, before| {
        format!(
            r#"(instance $i{n} (export "a" (instance $i{before})) (export "b" (instance $i{before})))"#
        )
    });
    let text = format!(
        r#"(component (component $c (type $t0 (instance)) {types} (import "i" (instance (type $t40))))
             (instance $i0) {instances}
             (instance (instantiate $c (with "i" (instance $i40)))))"#
    );
    assert_eq!(exhausted(&text), Exhaustion::Fuel);
}

#[test]
fn what_refers_to_each_other_in_a_chain_is_nested_to_a_bound() {
    let chains = [
        (
            lines(200, |n, before| {
                format!(r#"(instance $x{n} (export "x" (instance $x{before})))"#)
            }),
            "(instance $x0)",
            "instances nested deeper than 100",
        ),
        (
            lines(200, |n, before| {
                format!("(component $x{n} (instance (instantiate $x{before})))")
            }),
            "(component $x0)",
            "components nested deeper than 100",
        ),
        (
            lines(200, |n, before| {
                format!("(type $x{n} (instance (alias outer 1 $x{before} (type))))")
            }),
            "(type $x0 (instance))",
            "instance types nested deeper than 100",
        ),
    ];
    for (chain, first, construct) in chains {
        assert_eq!(
            unsupported(&binary(&format!("(component {first} {chain})"))),
            construct
        );
    }
}

#[test]
fn what_captures_each_other_in_a_chain_is_nested_to_a_bound() {
    let import = r#"(import "r" (type $r (sub resource)))"#;
    let given = Items::new([("r", Item::Type(Type::Resource(ResourceTypeId(0))))]);
    let given = given.expect("there is one name");
    for (first, line) in [
        (
            "(component $x0 (alias outer 1 $r (type)))",
            "(component $xN (alias outer 1 $xM (component)))",
        ),
        (
            "(type $x0 (instance (alias outer 1 $r (type))))",
            "(type $xN (instance (alias outer 1 $xM (type))))",
        ),
    ] {
        let chain = lines(200, |n, before| {
            let line = line.replace("$xN", &format!("$x{n}"));
            line.replace("$xM", &format!("$x{before}"))
        });
        match run_with(&format!("(component {import} {first} {chain})"), &given).1 {
            Err(Failure::Stop(Stop::Unsupported(unsupported))) => {
                assert!(unsupported.construct.ends_with("nested deeper than 100"));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_component_that_instantiates_what_it_is_given_is_nested_to_a_bound() {
    let text = r#"(component
        (component $a
          (import "c" (component $c))
          (instance (instantiate $c (with "c" (component $c)))))
        (instance (instantiate $a (with "c" (component $a)))))"#;
    assert_eq!(
        unsupported(&binary(text)),
        "instantiations nested deeper than 100"
    );
}

#[test]
fn large_modules_are_instantiated_so_often() {
    let module = format!("(module $m {})", "(func)".repeat(20_000));
    let instances = "(core instance (instantiate $m))".repeat(900);
    let text = format!("(component (core {} {instances})", &module[1..]);
    assert_eq!(exhausted(&text), Exhaustion::Fuel);
}

#[test]
fn memories_and_tables_beyond_the_limits_exhaust_memory() {
    for module in [
        "(memory 60000)",
        "(table 1000000 funcref)",
        "(memory i64 281474976710656)",
    ] {
        let text =
            format!("(component (core module $m {module}) (core instance (instantiate $m)))");
        assert_eq!(exhausted(&text), Exhaustion::Memory, "{module}");
    }
    let many = "(core instance (instantiate $m))".repeat(1_100);
    let text = format!("(component (core module $m) {many})");
    assert_eq!(exhausted(&text), Exhaustion::Memory);
}

#[test]
fn a_segment_that_does_not_fit_traps() {
    for (module, expected) in [
        (
            "(memory 1) (data (i32.const 65536) \"x\")",
            Trap::MemoryOutOfBounds,
        ),
        (
            "(table 1 funcref) (func $f) (elem (i32.const 1) func $f)",
            Trap::TableOutOfBounds,
        ),
        ("(func $f unreachable) (start $f)", Trap::Unreachable),
    ] {
        let text =
            format!("(component (core module $m {module}) (core instance (instantiate $m)))");
        match run_with(&text, &Items::default()).1 {
            Err(Failure::Stop(Stop::Trap(trapped))) => assert_eq!(trapped.trap, expected),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn an_index_that_names_nothing_is_not_supported() {
    let cases = [
        (r#"(export "a" (func 0))"#, "function"),
        (r#"(export "a" (value 0))"#, "value"),
        (r#"(export "a" (type 0))"#, "type"),
        (r#"(export "a" (component 0))"#, "component"),
        (r#"(export "a" (instance 0))"#, "instance"),
        (r#"(export "a" (core module 0))"#, "core module"),
        ("(instance (instantiate 0))", "component"),
        ("(core instance (instantiate 0))", "core module"),
        (
            r#"(core module $m) (core instance (instantiate $m (with "a" (instance 0))))"#,
            "core instance",
        ),
        (r#"(core instance (export "a" (func 0)))"#, "core function"),
        (r#"(core instance (export "a" (table 0)))"#, "core table"),
        (r#"(core instance (export "a" (memory 0)))"#, "core memory"),
        (r#"(core instance (export "a" (global 0)))"#, "core global"),
        (r#"(alias export 0 "a" (func))"#, "instance"),
        (r#"(alias core export 0 "a" (core func))"#, "core instance"),
        ("(alias outer 0 0 (type))", "type"),
        ("(component (alias outer 1 0 (component)))", "component"),
        ("(component (alias outer 1 0 (core module)))", "core module"),
        ("(alias outer 0 0 (core type))", "core type"),
        ("(type (list 0))", "type"),
        ("(type (own 0))", "type"),
        (
            "(type (resource (rep i32) (dtor (func 0))))",
            "core function",
        ),
        (r#"(import "a" (func (type 0)))"#, "type"),
        (r#"(import "a" (core module (type 0)))"#, "core type"),
        (r#"(type (instance (export "a" (type (eq 0)))))"#, "type"),
        (
            r#"(type (instance (alias export 0 "a" (type))))"#,
            "instance",
        ),
        (
            "(type $t (func)) (func (type $t) (canon lift (core func 0)))",
            "core function",
        ),
        ("(core func (canon lower (func 0)))", "function"),
        ("(core func (canon resource.drop 0))", "type"),
        ("(core func (canon stream.new 0))", "type"),
        (
            "(core func (canon waitable-set.wait (memory (core memory 0))))",
            "core memory",
        ),
        (
            "(core func (canon error-context.new (memory (core memory 0))))",
            "core memory",
        ),
        ("(core func (canon thread.spawn-ref 0))", "core type"),
        (
            "(core type (func (param i32))) (core func (canon thread.new-indirect 0 (core table 0)))",
            "core table",
        ),
        ("(core func (canon context.get i32 2))", "context slot"),
    ];
    for (text, what) in cases {
        assert_eq!(
            unsupported(&binary(&format!("(component {text})"))),
            format!("an index that names no {what}"),
            "{text}"
        );
    }
}

#[test]
fn a_type_of_another_kind_is_not_supported() {
    let cases = [
        (
            "(type (func)) (type (list 0))",
            "a type index that names no value type",
        ),
        (
            "(type u8) (type (own 0))",
            "a type index that names no resource type",
        ),
        (
            r#"(core module $m (func (export "f"))) (core instance $i (instantiate $m))
            (type $t u8) (func (type $t) (canon lift (core func $i "f")))"#,
            "a type index that names no function type",
        ),
        (
            "(type $t (future)) (core func (canon stream.new $t))",
            "a type index that names no stream type",
        ),
        (
            "(type $t (stream)) (core func (canon future.new $t))",
            "a type index that names no future type",
        ),
        (
            "(core type (func)) (core func (canon thread.spawn-ref 0))",
            "a start type that is neither (func (param i32)) nor (func (param i64))",
        ),
        (
            "(core type (shared (func (param i32)))) (core func (canon thread.spawn-ref 0))",
            "a shared function type",
        ),
        (
            "(type (instance (type (resource (rep i32)))))",
            "a resource type defined in a type",
        ),
        ("(type (resource (rep i64)))", "a resource type over i64"),
        (
            "(alias outer 1 0 (type))",
            "an outer alias that leaves the component",
        ),
        (
            "(core func (canon context.get f32 0))",
            "context slot of type f32",
        ),
        ("(core module (func try end))", "try (legacy_exceptions)"),
        (
            r#"(core module $m (func (export "f"))) (core instance $i (instantiate $m))
            (func (canon lift (core func $i "f") async))"#,
            "async lift of a synchronous type",
        ),
        (
            r#"(core module $m (func (export "f"))) (core instance $i (instantiate $m))
            (func $f (canon lift (core func $i "f"))) (core func (canon lower (func $f) async))"#,
            "async lower of a synchronous type",
        ),
    ];
    for (text, construct) in cases {
        assert_eq!(
            unsupported(&binary(&format!("(component {text})"))),
            construct,
            "{text}"
        );
    }
}

#[test]
fn what_is_not_a_component_is_not_supported() {
    assert_eq!(unsupported(&binary("(module)")), "not a component");
    let values = component(&[section(12, &[1, 0x7d, 1, 0])]);
    assert_eq!(unsupported(&values), "value definition");
    assert_eq!(unsupported(&component(&[section(99, &[])])), "section 99");
    assert!(unsupported(&[]).starts_with("malformed: "));
    let nested = component(&[section(4, &component(&[]))]);
    for length in 0..nested.len() {
        // At the end of the header it is a whole component.
        if length != HEADER.len() {
            assert!(decode(&nested[..length], &engine()).is_err());
        }
    }
}

#[test]
fn a_module_cut_off_is_not_supported() {
    let whole = binary(r#"(component (core module (func (export "f"))))"#);
    for length in HEADER.len() + 1..whole.len() {
        let engine = engine();
        match decode(&whole[..length], &engine) {
            Err(_) => {}
            // The name section at the end can be cut off.
            Ok(component) => {
                let instance = instantiate(&mut Mock::new(&engine), &component, &Items::default());
                assert!(instance.is_ok());
            }
        }
    }
}
