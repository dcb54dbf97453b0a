//! The rewrites, claim by claim.

mod exceptions;

use super::super::text::binary;
use super::{Prepared, prepare};
use wasmparser::{Operator, Parser, Payload};

fn run(prepared: &Prepared<'_>) -> (wasmi::Store<()>, wasmi::Instance) {
    let engine = wasmi::Engine::default();
    let module = wasmi::Module::new(&engine, &prepared.wasm).expect("wasmi takes it");
    let mut store = wasmi::Store::new(&engine, ());
    let instance = wasmi::Instance::new(&mut store, &module, &[]).expect("it instantiates");
    (store, instance)
}

fn global(store: &wasmi::Store<()>, instance: &wasmi::Instance) -> i32 {
    let global = instance
        .get_global(store, "g")
        .expect("the global is there");
    global.get(store).i32().expect("it is an i32")
}

fn unsupported(text: &str) -> String {
    prepare(&binary(text), false)
        .expect_err("it is not supported")
        .construct
}

const COUNTS: &str = r#"(module
    (global $g (export "g") (mut i32) (i32.const 0))
    (func $f (global.set $g (i32.add (global.get $g) (i32.const 1))))
    EXPORTS
    (start $f))"#;

#[test]
fn a_module_that_needs_nothing_is_left_as_it_is() {
    let module = binary(r#"(module (func (export "f") (result i32) (i32.const 1)))"#);
    let prepared = prepare(&module, false).unwrap();
    assert!(matches!(prepared.wasm, std::borrow::Cow::Borrowed(_)));
    assert_eq!(prepared.start, None);
}

#[test]
fn a_start_function_does_not_run_until_its_export_is_called() {
    for exports in ["", r#"(export "f" (func $f))"#] {
        let module = binary(&COUNTS.replace("EXPORTS", exports));
        let prepared = prepare(&module, false).unwrap();
        let (mut store, instance) = run(&prepared);
        assert_eq!(global(&store, &instance), 0);
        let start = prepared.start.as_deref().unwrap();
        let start = instance.get_func(&store, start).unwrap();
        start.call(&mut store, &[], &mut []).unwrap();
        assert_eq!(global(&store, &instance), 1);
    }
}

#[test]
fn a_module_without_any_export_gets_one_for_its_start_function() {
    let prepared = prepare(
        &binary("(module (func $f) (table 1 funcref) (start $f) (elem (i32.const 0) func $f))"),
        false,
    )
    .map(|prepared| (prepared.wasm.into_owned(), prepared.start));
    let (wasm, start) = prepared.unwrap();
    let module = wasmi::Module::new(&wasmi::Engine::default(), &wasm).unwrap();
    assert!(module.get_export(&start.unwrap()).is_some());
}

#[test]
fn the_export_of_the_start_function_has_a_name_of_its_own() {
    let taken =
        r#"(export "start" (func $f)) (export "start'" (func $f)) (export "starting" (func $f))"#;
    let module = binary(&COUNTS.replace("EXPORTS", taken));
    let start = prepare(&module, false).unwrap().start.unwrap();
    assert!(!["start", "start'", "starting"].contains(&start.as_str()));
    let module = wasmi::Module::new(
        &wasmi::Engine::default(),
        prepare(&module, false).unwrap().wasm,
    );
    assert!(module.unwrap().get_export(&start).is_some());
}

#[test]
fn tail_calls_become_calls_and_returns() {
    let module = binary(
        r#"(module
            (type $t (func (result i32)))
            (table 1 funcref) (elem (i32.const 0) func $g)
            (func $g (result i32) (i32.const 7))
            (func $h (result i32) (return_call_indirect (type $t) (i32.const 0)))
            (func (export "f") (result i32) (return_call $h)))"#,
    );
    let prepared = prepare(&module, false).unwrap();
    for payload in Parser::new(0).parse_all(&prepared.wasm) {
        if let Payload::CodeSectionEntry(body) = payload.unwrap() {
            for operator in body.get_operators_reader().unwrap() {
                assert!(!matches!(
                    operator.unwrap(),
                    Operator::ReturnCall { .. } | Operator::ReturnCallIndirect { .. }
                ));
            }
        }
    }
    let (mut store, instance) = run(&prepared);
    let f = instance.get_typed_func::<(), i32>(&store, "f").unwrap();
    assert_eq!(f.call(&mut store, ()).unwrap(), 7);
}

#[test]
fn typed_function_references_become_funcref() {
    let module = binary(
        r#"(module
            (type $t (func (param i32)))
            (func $g (type $t))
            (elem declare func $g)
            (func (export "f") (result funcref) (local (ref null $t))
              (local.set 0 (ref.null $t)) (local.set 0 (ref.func $g)) (local.get 0)))"#,
    );
    let (mut store, instance) = run(&prepare(&module, false).unwrap());
    let f = instance.get_func(&store, "f").unwrap();
    let mut results = [wasmi::Val::I32(0)];
    f.call(&mut store, &[], &mut results).unwrap();
    assert!(matches!(
        results[0],
        wasmi::Val::FuncRef(wasmi::Nullable::Val(_))
    ));
}

#[test]
fn what_wasmi_lacks_is_not_supported_by_name() {
    let cases = [
        ("(module (func try end))", "try (legacy_exceptions)"),
        (
            "(module (tag) (func try (throw 0) catch_all end))",
            "try (legacy_exceptions)",
        ),
        (
            "(module (memory 1) (func (drop (i32.atomic.load (i32.const 0)))))",
            "i32_atomic_load (threads)",
        ),
        ("(module (memory 1 1 shared))", "a shared memory"),
        (
            "(module (type $t (func)) (func (param (ref $t)) (call_ref $t (local.get 0))))",
            "call_ref (function_references)",
        ),
        (
            "(module (type (struct)))",
            "a core type that is not a function type",
        ),
        ("(module (type (shared (func))))", "a shared function type"),
        (
            "(module (func (drop (ref.i31 (i32.const 0)))))",
            "ref_i31 (gc)",
        ),
        ("(component)", "a component in place of a core module"),
    ];
    for (text, construct) in cases {
        assert_eq!(unsupported(text), construct, "{text}");
    }
}

/// The condition of a `select`, whatever gives it, decides which operand it takes, as that of an `if` does.
#[test]
fn select_takes_the_operand_that_an_if_takes() {
    let conditions = [
        "local.get 0",
        "local.get 0 i32.eqz",
        "local.get 0 i32.eqz i32.eqz",
        "local.get 0 i32.const 0 i32.eq",
        "i32.const 0 local.get 0 i32.ne",
        "local.get 0 i32.const 2 i32.eq",
        "local.get 0 i32.const 1 i32.lt_u",
        "local.get 0 i32.const 1 i32.and i32.eqz",
        "local.get 0 i64.extend_i32_s i64.eqz",
        "local.get 0 i64.extend_i32_s i64.const 0 i64.ne",
        "local.get 0 f32.convert_i32_s f32.const 0 f32.eq",
        "local.get 0 f64.convert_i32_s f64.const 0 f64.ne",
        "local.get 0 call $not",
    ];
    let values = [
        ("i32", "i32.const 10", "i32.const 20", ""),
        ("i32", "local.get 1", "local.get 2", ""),
        ("i64", "i64.const 10", "i64.const 20", "i32.wrap_i64"),
        ("f64", "f64.const 10", "f64.const 20", "i32.trunc_f64_s"),
        (
            "v128",
            "v128.const i32x4 10 0 0 0",
            "v128.const i32x4 20 0 0 0",
            "i32x4.extract_lane 0",
        ),
        ("funcref", "ref.func $not", "ref.null func", "ref.is_null"),
    ];
    for condition in conditions {
        for (ty, first, second, shown) in values {
            let typed = format!("select (result {ty})");
            let mut ways = vec![
                format!("{first} {second} {condition} {typed}"),
                format!("{condition} if (result {ty}) {first} else {second} end"),
            ];
            if ty != "funcref" {
                ways.push(format!("{first} {second} {condition} select"));
            }
            let functions = ways.iter().enumerate().map(|(i, way)| {
                let head = "(param i32 i32 i32) (result i32)";
                format!("(func (export \"{i}\") {head} {way} {shown})")
            });
            let functions: String = functions.collect();
            let not = "(func $not (param i32) (result i32) local.get 0 i32.eqz)";
            let text = format!("(module {not} (elem declare func $not) {functions})");
            let module = binary(&text);
            let (mut store, instance) = run(&prepare(&module, false).unwrap());
            for argument in [0, 1, 2, -1] {
                let given: Vec<i32> = (0..ways.len())
                    .map(|i| {
                        let function = instance.get_func(&store, &i.to_string()).unwrap();
                        let args = [argument, 10, 20].map(wasmi::Val::I32);
                        let mut results = [wasmi::Val::I32(0)];
                        function.call(&mut store, &args, &mut results).unwrap();
                        results[0].i32().unwrap()
                    })
                    .collect();
                assert!(
                    given.windows(2).all(|it| it[0] == it[1]),
                    "{text}: {given:?}"
                );
            }
        }
    }
}

/// Whether wasmi takes the functions `f` of two modules to be of one type.
fn are_equal(one: &str, other: &str) -> bool {
    let ty = |declared: &str| {
        let module = format!(r#"(module {declared} (func (export "f") (type $t)))"#);
        let module = binary(&module);
        let prepared = prepare(&module, false).unwrap();
        let (store, instance) = run(&prepared);
        instance.get_func(&store, "f").unwrap().ty(&store)
    };
    ty(one) == ty(other)
}

#[test]
fn types_are_equal_where_they_are_declared_alike_and_not_where_only_their_parameters_are() {
    let declared = [
        "(type $t (func (param i32)))",
        "(type $t (sub (func (param i32))))",
        "(type $s (sub (func (param i32)))) (type $t (sub $s (func (param i32))))",
        "(type $s (sub (func (param i32)))) (type $t (sub final $s (func (param i32))))",
        "(rec (type $t (func (param i32))) (type (func)))",
        "(rec (type (func (param i32))) (type $t (func (param i32))))",
        "(rec (type $t (func (param i32))) (type $s (func (param (ref null $t)))))",
        "(rec (type $t (func (param i32))) (type $s (func (param (ref null $s)))))",
    ];
    for (i, one) in declared.iter().enumerate() {
        for (j, other) in declared.iter().enumerate() {
            // Where in its module a type is declared makes no difference.
            let later = format!("(type (func (result i64))) {other}");
            assert_eq!(are_equal(one, &later), i == j, "{one}, {other}");
        }
    }
}

#[test]
fn a_function_of_a_type_that_has_subtypes_is_called_and_has_its_parameters_and_locals() {
    let module = binary(
        r#"(module
            (type $t (sub (func (param i32) (result i32))))
            (global (export "g") (mut i32) (i32.const 0))
            (func $f (type $t) (local i32)
                (local.set 1 (i32.const 2))
                (i32.add (local.get 0) (local.get 1)))
            (func $g (export "h") (global.set 0 (call $f (i32.const 40)))))"#,
    );
    let prepared = prepare(&module, false).unwrap();
    let (mut store, instance) = run(&prepared);
    let func = instance.get_func(&store, "h").unwrap();
    func.call(&mut store, &[], &mut []).unwrap();
    assert_eq!(global(&store, &instance), 42);
}

#[test]
fn an_indirect_call_of_a_type_that_has_subtypes_is_not_supported() {
    let calls = r#"(module (type $t (sub (func))) (table 1 funcref)
        (func (call_indirect (type $t) (i32.const 0))))"#;
    assert!(
        unsupported(calls).starts_with("an indirect call or a block of a type that has subtypes")
    );
    let blocks = "(module (type $t (sub (func))) (func (block (type $t))))";
    assert_eq!(unsupported(blocks), unsupported(calls));
}
