//! Every value reads back to the bit, and a function with floats gets an export that a `wast` runner can call.

use crate::round_trip::{assert_reads_back, returns, validate_definition};
use crate::{component, invocation, stored};
use spawndiff_corpus::{Expect, StoredCase, Value};

#[test]
fn every_kind_of_value_reads_back_to_the_bit() {
    let values = [
        ("bool", "i32", vec![Value::Bool(true), Value::Bool(false)]),
        ("s8", "i32", vec![Value::S8(i8::MIN), Value::S8(i8::MAX)]),
        ("u8", "i32", vec![Value::U8(0), Value::U8(u8::MAX)]),
        (
            "s16",
            "i32",
            vec![Value::S16(i16::MIN), Value::S16(i16::MAX)],
        ),
        ("u16", "i32", vec![Value::U16(u16::MAX)]),
        (
            "s32",
            "i32",
            vec![Value::S32(i32::MIN), Value::S32(i32::MAX)],
        ),
        ("u32", "i32", vec![Value::U32(u32::MAX)]),
        (
            "s64",
            "i64",
            vec![Value::S64(i64::MIN), Value::S64(i64::MAX)],
        ),
        ("u64", "i64", vec![Value::U64(u64::MAX)]),
        ("f32", "f32", FLOATS32.map(Value::F32).to_vec()),
        ("f64", "f64", FLOATS64.map(Value::F64).to_vec()),
        ("char", "i32", CHARS.map(Value::Char).to_vec()),
    ];
    for (ty, core, values) in values {
        for is_async in ["", "async"] {
            let component = component(&format!(
                r#"(component
                  (core module $m (func (export "f") (param {core}) (result {core}) (local.get 0)))
                  (core instance $m (instantiate $m))
                  (func (export "f") {is_async} (param "x" {ty}) (result {ty})
                    (canon lift (core func $m "f"))))"#
            ));
            let call = |&x: &Value| (invocation("f", vec![x]), returns(x));
            let stored = stored(component, values.iter().map(call).collect(), &[]);
            validate_definition(&assert_reads_back(stored));
        }
    }
}

/// Zeros, the smallest and largest subnormals, the smallest and largest normals, infinities, a third, NaNs.
const FLOATS32: [u32; 11] = [
    0,
    0x8000_0000,
    1,
    0x807f_ffff,
    0x0080_0000,
    0x7f7f_ffff,
    0x7f80_0000,
    0xff80_0000,
    0x3eaa_aaab,
    0x7fc0_0000,
    0xffc0_1234,
];
const FLOATS64: [u64; 11] = [
    0,
    0x8000_0000_0000_0000,
    1,
    0x800f_ffff_ffff_ffff,
    0x0010_0000_0000_0000,
    0x7fef_ffff_ffff_ffff,
    0x7ff0_0000_0000_0000,
    0xfff0_0000_0000_0000,
    0x3fd5_5555_5555_5555,
    0x7ff8_0000_0000_0000,
    0xfff8_0000_0000_1234,
];
const CHARS: [char; 12] = [
    'a',
    '"',
    '\\',
    '\'',
    '\n',
    '\0',
    '\u{7f}',
    'ß',
    '\u{202e}',
    '\u{d7ff}',
    '\u{e000}',
    '\u{10ffff}',
];

#[test]
fn only_a_function_with_floats_is_boxed_and_a_bare_float_is_read_as_well() {
    let component = component(
        r#"(component
          (core module $m
            (func (export "f") (param i32 f32 i64 f64) (result f64) (local.get 3))
            (func (export "g") (param i32)))
          (core instance $m (instantiate $m))
          (func (export "f") (param "a" char) (param "b" f32) (param "c" s64) (param "d" f64) (result f64)
            (canon lift (core func $m "f")))
          (func (export "g") (param "a" u32) (canon lift (core func $m "g"))))"#,
    );
    let args = vec![
        Value::Char('x'),
        Value::f32(1.5),
        Value::S64(-1),
        Value::f64(f64::NAN),
    ];
    let calls = vec![
        (invocation("f", args), returns(Value::f64(f64::NAN))),
        (invocation("g", vec![Value::U32(0)]), Expect::Returns(None)),
    ];
    let stored = stored(component, calls, &[]);
    let text = assert_reads_back(stored.clone());
    validate_definition(&text);
    assert!(text.contains(r#"(export "f" (func $boxed "f"))"#), "{text}");
    assert!(text.contains(r#"(export "g" (func $case "g"))"#), "{text}");
    assert!(
        text.contains("(tuple.const (f32.const 1.5)) (s64.const -1)"),
        "{text}"
    );

    let bare = text.replace("(tuple.const (f64.const nan))", "(f64.const nan)");
    assert_ne!(bare, text);
    assert_eq!(
        StoredCase::parse(&bare).unwrap().directives,
        stored.directives
    );
    let canonical = bare.replace("(f64.const nan))\n", "(f64.const nan:canonical))\n");
    assert_ne!(canonical, bare);
    assert_eq!(
        StoredCase::parse(&canonical).unwrap().directives,
        stored.directives
    );
}
