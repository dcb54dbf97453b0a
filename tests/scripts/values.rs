//! Values of every type, there and back.

use crate::{fails_at_the_end, passes, passes_under_both};

/// A component that exports `same` with a parameter and a result of type `t`, which `ty` is the text of. `core` is the core
/// function that gives the flat values back.
fn echo(ty: &str, core: &str) -> String {
    let memory = if core == "two" {
        r#"(memory (core memory $m "memory")) (realloc (core func $m "realloc"))"#
    } else {
        ""
    };
    format!(
        r#"
(component
  (core module $m
    (memory (export "memory") 1)
    (global $free (mut i32) (i32.const 64))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.set $free (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
      (global.get $free)
      (global.set $free (i32.add (global.get $free) (local.get 3))))
    (func (export "i32") (param i32) (result i32) (local.get 0))
    (func (export "i64") (param i64) (result i64) (local.get 0))
    (func (export "f32") (param f32) (result f32) (local.get 0))
    (func (export "f64") (param f64) (result f64) (local.get 0))
    ;; Two values come back through memory, the second at 4: so lie all types of two flat i32 that are tried here.
    (func (export "two") (param i32 i32) (result i32)
      (i32.store (i32.const 16) (local.get 0))
      (i32.store (i32.const 20) (local.get 1))
      (i32.const 16)))
  (core instance $m (instantiate $m))
  (type $t' {ty})
  (export $t "t" (type $t'))
  (func (export "same") (param "x" $t) (result $t)
    (canon lift (core func $m "{core}") {memory})))
"#
    )
}

/// Every one of these values comes back as it was sent, and is told from each of the others.
#[track_caller]
fn come_back(ty: &str, core: &str, values: &[&str]) {
    let component = echo(ty, core);
    let mut same = component.clone();
    for sent in values {
        same += &format!("(assert_return (invoke \"same\" {sent}) {sent})\n");
    }
    passes_under_both(&same);
    for (sent, other) in values.iter().zip(values.iter().skip(1)) {
        let other = format!("{component}(assert_return (invoke \"same\" {sent}) {other})");
        fails_at_the_end(&other, ", got ");
    }
}

#[test]
fn a_bool_comes_back() {
    come_back("bool", "i32", &["(bool.const true)", "(bool.const false)"]);
}

#[test]
fn an_integer_of_every_width_comes_back() {
    for (ty, core, least, most) in [
        ("s8", "i32", "-128", "127"),
        ("u8", "i32", "0", "255"),
        ("s16", "i32", "-32768", "32767"),
        ("u16", "i32", "0", "65535"),
        ("s32", "i32", "-2147483648", "2147483647"),
        ("u32", "i32", "0", "4294967295"),
        ("s64", "i64", "-9223372036854775808", "9223372036854775807"),
        ("u64", "i64", "0", "18446744073709551615"),
    ] {
        let values = [least, most].map(|value| format!("({ty}.const {value})"));
        come_back(ty, core, &[&values[0], &values[1]]);
    }
}

#[test]
fn a_char_and_a_string_come_back() {
    come_back(
        "char",
        "i32",
        &[r#"(char.const "x")"#, r#"(char.const "\u{10ffff}")"#],
    );
    come_back(
        "string",
        "two",
        &[r#"(str.const "")"#, r#"(str.const "a \u{1f980}")"#],
    );
}

#[test]
fn lists_of_any_and_of_a_fixed_length_come_back() {
    let values = [
        "(list.const)",
        "(list.const (u16.const 1))",
        "(list.const (u16.const 1) (u16.const 65535))",
        "(list.const (u16.const 1) (u16.const 65534))",
    ];
    come_back("(list u16)", "two", &values);
    let nested = [
        r#"(list.const (tuple.const (u8.const 1) (str.const "a")))"#,
        r#"(list.const (tuple.const (u8.const 1) (str.const "b")))"#,
    ];
    come_back("(list (tuple u8 string))", "two", &nested);
    // Wasmtime's own runner knows no value of a fixed length.
    let sent = "(list.const (u32.const 1) (u32.const 2))";
    let component = echo("(list u32 2)", "two");
    passes(&format!(
        "{component}(assert_return (invoke \"same\" {sent}) {sent})"
    ));
    fails_at_the_end(
        &format!("{component}(assert_return (invoke \"same\" {sent}) (list.const (u32.const 1)))"),
        "expected (list.const (u32.const 1)), got (list.const (u32.const 1) (u32.const 2))",
    );
}

#[test]
fn a_map_comes_back_as_the_list_of_its_entries() {
    let entry = |key, value| format!("(tuple.const (u32.const {key}) (str.const {value:?}))");
    let sent = format!("(list.const {} {})", entry(1, "a"), entry(2, "b"));
    let component = echo("(map u32 string)", "two");
    passes(&format!(
        "{component}(assert_return (invoke \"same\" {sent}) {sent})"
    ));
    let other = format!("(list.const {} {})", entry(1, "a"), entry(2, "c"));
    fails_at_the_end(
        &format!("{component}(assert_return (invoke \"same\" {sent}) {other})"),
        ", got (list.const (tuple.const (u32.const 1)",
    );
}

#[test]
fn records_and_tuples_come_back() {
    let record =
        |a, b| format!(r#"(record.const (field "a" u32.const {a}) (field "b" s32.const {b}))"#);
    let ty = r#"(record (field "a" u32) (field "b" s32))"#;
    come_back(ty, "two", &[&record(1, -1), &record(1, -2), &record(2, -2)]);
    // The value of a field in parentheses too, which Wasmtime's own runner does not take.
    let component = echo(ty, "two");
    let bare = record(7, -7);
    let in_parentheses = r#"(record.const (field "a" (u32.const 7)) (field "b" (s32.const -7)))"#;
    passes(&format!(
        "{component}(assert_return (invoke \"same\" {bare}) {in_parentheses})"
    ));

    let values = [
        "(tuple.const (u32.const 1) (bool.const true))",
        "(tuple.const (u32.const 1) (bool.const false))",
        "(tuple.const (u32.const 0) (bool.const false))",
    ];
    come_back("(tuple u32 bool)", "two", &values);
}

#[test]
fn variants_and_enums_come_back() {
    let values = [
        r#"(variant.const "some" (u32.const 7))"#,
        r#"(variant.const "some" (u32.const 8))"#,
        r#"(variant.const "other" (u32.const 8))"#,
        r#"(variant.const "none")"#,
    ];
    let ty = r#"(variant (case "none") (case "some" u32) (case "other" u32))"#;
    come_back(ty, "two", &values);
    let values = [r#"(enum.const "a")"#, r#"(enum.const "b")"#];
    come_back(r#"(enum "a" "b")"#, "i32", &values);
}

#[test]
fn options_and_results_come_back() {
    let values = [
        "(option.none)",
        "(option.some (u32.const 1))",
        "(option.some (u32.const 2))",
    ];
    come_back("(option u32)", "two", &values);
    let values = [
        "(result.ok (u32.const 1))",
        "(result.ok (u32.const 2))",
        "(result.err (s32.const 2))",
    ];
    come_back("(result u32 (error s32))", "two", &values);
    come_back("(result)", "i32", &["(result.ok)", "(result.err)"]);
}

#[test]
fn flags_come_back_in_any_order() {
    let ty = r#"(flags "a" "b" "c")"#;
    let values = [
        "(flags.const)",
        r#"(flags.const "a" "c")"#,
        r#"(flags.const "b")"#,
    ];
    come_back(ty, "i32", &values);
    passes_under_both(&format!(
        r#"{}(assert_return (invoke "same" (flags.const "c" "a")) (flags.const "a" "c"))"#,
        echo(ty, "i32")
    ));
}

/// Wasmtime's own runner passes no float to a component.
#[test]
fn floats_come_back() {
    for ty in ["f32", "f64"] {
        let component = echo(ty, ty);
        for value in ["-0", "0", "1.5", "inf", "-inf", "0x1p-149"] {
            let value = format!("({ty}.const {value})");
            passes(&format!(
                "{component}(assert_return (invoke \"same\" {value}) {value})"
            ));
        }
        fails_at_the_end(
            &format!("{component}(assert_return (invoke \"same\" ({ty}.const 0)) ({ty}.const -0))"),
            &format!("expected ({ty}.const -0.0), got ({ty}.const 0.0)"),
        );
    }
}

#[test]
fn a_nan_pattern_holds_wherever_a_float_is() {
    // Which bits a NaN has after it was lifted, the specification leaves open: so they come from core modules here.
    for (ty, canonical, arithmetic, signaling) in [
        ("f32", "-nan", "nan:0x400001", "nan:0x200000"),
        ("f64", "-nan", "nan:0x8000000000001", "nan:0x4000000000000"),
    ] {
        let module =
            |nan| format!("(module (func (export \"f\") (result {ty}) ({ty}.const {nan})))\n");
        let says = |pattern| format!("(assert_return (invoke \"f\") ({ty}.const nan:{pattern}))");
        for (nan, pattern) in [
            (canonical, "canonical"),
            (canonical, "arithmetic"),
            (arithmetic, "arithmetic"),
        ] {
            passes_under_both(&(module(nan) + &says(pattern)));
        }
        for (nan, pattern) in [
            (arithmetic, "canonical"),
            (signaling, "arithmetic"),
            (signaling, "canonical"),
            ("inf", "arithmetic"),
        ] {
            let message = format!("expected ({ty}.const nan:{pattern}), got ({ty}.const ");
            fails_at_the_end(&(module(nan) + &says(pattern)), &message);
        }
    }
    let component = echo("(tuple f32)", "f32");
    let sent = "(tuple.const (f32.const nan))";
    let says = |value| format!("{component}(assert_return (invoke \"same\" {sent}) {value})");
    passes(&says("(tuple.const (f32.const nan:arithmetic))"));
    let wrong = "(tuple.const (f64.const nan:arithmetic))";
    fails_at_the_end(
        &says(wrong),
        "expected (tuple.const (f64.const nan:arithmetic))",
    );
}

#[test]
fn either_holds_if_one_of_its_values_does() {
    let module = "(module (func (export \"f\") (result i32) (i32.const 2)))\n";
    let says = |value: &str| format!("{module}(assert_return (invoke \"f\") {value})");
    passes_under_both(&says("(either (i32.const 1) (i32.const 2))"));
    passes_under_both(&says(
        "(either (i32.const 1) (either (i32.const 3) (i32.const 2)))",
    ));
    fails_at_the_end(
        &says("(either (i32.const 1) (i32.const 3))"),
        "expected (either (i32.const 1) (i32.const 3)), got (i32.const 2)",
    );
    // Of components too, and inside of other values.
    let component = echo("(option u32)", "two");
    let says = |value: &str| {
        format!("{component}(assert_return (invoke \"same\" (option.some (u32.const 2))) {value})")
    };
    passes(&says("(either (option.none) (option.some (u32.const 2)))"));
    passes(&says("(option.some (either (u32.const 1) (u32.const 2)))"));
    fails_at_the_end(
        &says("(option.some (either (u32.const 1) (u32.const 3)))"),
        "got (option.some (u32.const 2))",
    );
}

#[test]
fn a_value_of_another_type_fits_no_parameter() {
    for (ty, core, value) in [
        ("u8", "i32", "(u16.const 1)"),
        ("u32", "i32", "(i32.const 1)"),
        (r#"(enum "a")"#, "i32", r#"(enum.const "b")"#),
        (r#"(flags "a")"#, "i32", r#"(flags.const "b")"#),
        ("(option u32)", "two", "(option.some (s32.const 1))"),
        ("(tuple u32 u32)", "two", "(tuple.const (u32.const 1))"),
        ("(map u32 u32)", "two", "(list.const (u32.const 1))"),
        (
            r#"(record (field "a" u32))"#,
            "i32",
            r#"(record.const (field "b" u32.const 1))"#,
        ),
        (
            r#"(variant (case "a" u32))"#,
            "two",
            r#"(variant.const "a")"#,
        ),
    ] {
        let script = format!("{}(invoke \"same\" {value})", echo(ty, core));
        fails_at_the_end(&script, "does not fit the parameter `x` of `same`");
    }
}

#[test]
fn core_values_come_back() {
    passes_under_both(
        r#"
(module
  (func (export "i32") (param i32) (result i32) (local.get 0))
  (func (export "i64") (param i64) (result i64) (local.get 0))
  (func (export "f64") (param f64) (result f64) (local.get 0))
  (func (export "extern") (param externref) (result externref) (local.get 0))
  (func $two (export "two") (result i32 i64) (i32.const 1) (i64.const 2))
  (elem declare func $two)
  (func (export "func") (result funcref) (ref.func $two)))
(assert_return (invoke "i32" (i32.const -1)) (i32.const 0xffffffff))
(assert_return (invoke "i64" (i64.const -1)) (i64.const -1))
(assert_return (invoke "f64" (f64.const 0.5)) (f64.const 0.5))
(assert_return (invoke "extern" (ref.extern 7)) (ref.extern 7))
(assert_return (invoke "extern" (ref.extern 7)) (ref.extern))
(assert_return (invoke "extern" (ref.null extern)) (ref.null extern))
(assert_return (invoke "func") (ref.func))
(assert_return (invoke "two") (i32.const 1) (i64.const 2))
"#,
    );
}
