//! Components for tests, written as text.

/// The binary form of a component.
#[track_caller]
pub(in crate::wasmtime) fn component(text: &str) -> Vec<u8> {
    let buffer = wast::parser::ParseBuffer::new(text).expect("the text has no stray characters");
    let mut wat = match wast::parser::parse::<wast::Wat<'_>>(&buffer) {
        Ok(wat) => wat,
        Err(mut error) => {
            error.set_text(text);
            panic!("{error}\n{text}");
        }
    };
    wat.encode().expect("all names are bound")
}

/// A component with two tables `t` and `u` and the thread built-ins. `body` is a part of its main module, and may use them
/// by name; every name of `exports` is lifted as a function without parameters and results.
#[track_caller]
pub(in crate::wasmtime) fn threads(body: &str, exports: &[&str]) -> Vec<u8> {
    let lifts: String = exports
        .iter()
        .map(|name| format!("(func (export {name:?}) (canon lift (core func $main {name:?})))"))
        .collect();
    threads_lifted(body, &lifts)
}

/// A component like that of [`threads`], with its exports written out as text.
#[track_caller]
pub(in crate::wasmtime) fn threads_lifted(body: &str, exports: &str) -> Vec<u8> {
    let mut definitions = String::new();
    let mut given = String::new();
    let mut imports = String::new();
    for (name, canon, ty) in BUILT_INS {
        // A built-in that the body does not call is not defined, so that a component is about what its text says.
        if body.contains(&format!("${name}")) {
            definitions += &format!("(core func ${name} (canon {canon}))");
            given += &format!("(export {name:?} (func ${name}))");
            imports += &format!("(import \"b\" {name:?} (func ${name} {ty}))");
        }
    }
    component(&format!(
        r#"(component
            (import "host" (instance $host
                (export "log" (func (param "point" u32) (param "value" u64)))
                (export "mark" (func (param "value" u32)))))
            (core type $start (func (param i32)))
            (core module $tables
                (table (export "t") 4 funcref)
                (table (export "u") 4 funcref))
            (core instance $tables (instantiate $tables))
            {definitions}
            (core module $main
                (type $start (func (param i32)))
                (import "tables" "t" (table $t 4 funcref))
                (import "tables" "u" (table $u 4 funcref))
                {imports}
                {body})
            (core instance $main (instantiate $main
                (with "tables" (instance $tables))
                (with "b" (instance {given}))))
            {exports})"#
    ))
}

const BUILT_INS: &[(&str, &str, &str)] = &[
    ("log", "lower (func $host \"log\")", "(param i32 i64)"),
    ("mark", "lower (func $host \"mark\")", "(param i32)"),
    (
        "new",
        "thread.new-indirect $start (core table $tables \"t\")",
        "(param i32 i32) (result i32)",
    ),
    (
        "other_new",
        "thread.new-indirect $start (core table $tables \"u\")",
        "(param i32 i32) (result i32)",
    ),
    (
        "spawn",
        "thread.spawn-indirect $start (core table $tables \"t\")",
        "(param i32 i32) (result i32)",
    ),
    (
        "ref_spawn",
        "thread.spawn-ref $start",
        "(param (ref null $start) i32) (result i32)",
    ),
    (
        "parallelism",
        "thread.available_parallelism",
        "(result i32)",
    ),
    ("index", "thread.index", "(result i32)"),
    ("resume", "thread.resume-later", "(param i32)"),
    ("suspend", "thread.suspend", "(result i32)"),
    ("yield", "thread.yield", "(result i32)"),
    (
        "suspend_resume",
        "thread.suspend-then-resume",
        "(param i32) (result i32)",
    ),
    (
        "yield_resume",
        "thread.yield-then-resume",
        "(param i32) (result i32)",
    ),
    (
        "yield_promote",
        "thread.yield-then-promote",
        "(param i32) (result i32)",
    ),
    ("get", "context.get i32 0", "(result i32)"),
    ("set", "context.set i32 0", "(param i32)"),
    ("return", "task.return (result u32)", "(param i32)"),
];

/// A start function `$f` that logs its argument at point 1, in entry 0 of `t`; entry 1 has another type, and entry 2 is null.
pub(in crate::wasmtime) const START: &str = r#"
    (func $f (param i32) (call $log (i32.const 1) (i64.extend_i32_u (local.get 0))))
    (func $wrong (param i32 i32))
    (elem (table $t) (i32.const 0) func $f $wrong)
    (elem declare func $f)"#;
