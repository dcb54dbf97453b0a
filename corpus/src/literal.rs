//! Values, strings and lists of events as the text format writes them, both ways.
//!
//! A bare `(f32.const 1.0)` is a *core* value to the crate `wast`, and no runner passes a core value to a component. So
//! where the file brings a function that takes it so (`wrapper.rs`), a float stands in a tuple of one:
//! `(tuple.const (f32.const 1.0))`. Both forms are read.

use crate::{Event, Value};
use wast::component::WastVal;
use wast::core::{NanPattern, WastArgCore, WastRetCore};
use wast::{WastArg, WastRet};

const NAN32: u32 = 0x7fc0_0000;
const NAN64: u64 = 0x7ff8_0000_0000_0000;

/// A string with its quotes. Only printable ASCII stands for itself.
pub(crate) fn string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            ' '..='~' => quoted.push(c),
            _ => quoted.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
        }
    }
    quoted + "\""
}

/// A value as an argument or a result; a float in a tuple of one if `boxed`.
pub(crate) fn value(value: &Value, boxed: bool) -> String {
    let text = primitive(value);
    match value {
        Value::F32(_) | Value::F64(_) if boxed => format!("(tuple.const {text})"),
        _ => text,
    }
}

fn primitive(value: &Value) -> String {
    let keyword = value.ty().keyword();
    let text = match value {
        Value::Bool(v) => v.to_string(),
        Value::S8(v) => v.to_string(),
        Value::U8(v) => v.to_string(),
        Value::S16(v) => v.to_string(),
        Value::U16(v) => v.to_string(),
        Value::S32(v) => v.to_string(),
        Value::U32(v) => v.to_string(),
        Value::S64(v) => v.to_string(),
        Value::U64(v) => v.to_string(),
        Value::F32(bits) => float32(*bits),
        Value::F64(bits) => float64(*bits),
        Value::Char(v) => string(v.encode_utf8(&mut [0; 4])),
    };
    format!("({keyword}.const {text})")
}

/// The shortest decimal that reads back as the same bits (Rust's `Debug`), or the text format's own word for a NaN.
fn float32(bits: u32) -> String {
    let float = f32::from_bits(bits);
    if float.is_nan() {
        nan(
            bits == NAN32,
            float.is_sign_negative(),
            u64::from(bits & 0x007f_ffff),
        )
    } else {
        format!("{float:?}")
    }
}

fn float64(bits: u64) -> String {
    let float = f64::from_bits(bits);
    if float.is_nan() {
        nan(
            bits == NAN64,
            float.is_sign_negative(),
            bits & 0x000f_ffff_ffff_ffff,
        )
    } else {
        format!("{float:?}")
    }
}

fn nan(canonical: bool, negative: bool, payload: u64) -> String {
    if canonical {
        return "nan".into();
    }
    let sign = if negative { "-" } else { "" };
    format!("{sign}nan:{payload:#x}")
}

/// The list that `events` returns as text, with one event a line.
pub(crate) fn events(events: &[Event]) -> String {
    let mut text = String::from("(list.const");
    for Event { point, value } in events {
        text.push_str(&format!(
            "\n  (tuple.const (u32.const {point}) (u64.const {value}))"
        ));
    }
    text + ")"
}

/// An argument of an `invoke`; `Err` says what is wrong with it.
pub(crate) fn read_argument(argument: &WastArg<'_>) -> Result<Value, String> {
    match argument {
        WastArg::Core(WastArgCore::F32(float)) => Ok(Value::F32(float.bits)),
        WastArg::Core(WastArgCore::F64(float)) => Ok(Value::F64(float.bits)),
        WastArg::Component(value) => read_value(value),
        _ => Err("an argument is not a component value".into()),
    }
}

/// A result of an `assert_return`; `Err` says what is wrong with it.
pub(crate) fn read_result(result: &WastRet<'_>) -> Result<Value, String> {
    match result {
        WastRet::Core(WastRetCore::F32(NanPattern::Value(float))) => Ok(Value::F32(float.bits)),
        WastRet::Core(WastRetCore::F64(NanPattern::Value(float))) => Ok(Value::F64(float.bits)),
        WastRet::Core(WastRetCore::F32(NanPattern::CanonicalNan)) => Ok(Value::F32(NAN32)),
        WastRet::Core(WastRetCore::F64(NanPattern::CanonicalNan)) => Ok(Value::F64(NAN64)),
        WastRet::Component(value) => read_value(value),
        _ => Err("a result is not a component value".into()),
    }
}

/// The events that an `assert_return` of `events` claims; `Err` says what is wrong with it.
pub(crate) fn read_events(results: &[WastRet<'_>]) -> Result<Vec<Event>, String> {
    let [WastRet::Component(WastVal::List(items))] = results else {
        return Err("`events` returns one list".into());
    };
    let event = |item: &WastVal<'_>| match item {
        WastVal::Tuple(fields) => match fields[..] {
            [WastVal::U32(point), WastVal::U64(value)] => Ok(Event { point, value }),
            _ => Err("an event is a tuple of a u32 and a u64".to_string()),
        },
        _ => Err("an event is a tuple of a u32 and a u64".to_string()),
    };
    items.iter().map(event).collect()
}

fn read_value(value: &WastVal<'_>) -> Result<Value, String> {
    Ok(match value {
        WastVal::Bool(v) => Value::Bool(*v),
        WastVal::S8(v) => Value::S8(*v),
        WastVal::U8(v) => Value::U8(*v),
        WastVal::S16(v) => Value::S16(*v),
        WastVal::U16(v) => Value::U16(*v),
        WastVal::S32(v) => Value::S32(*v),
        WastVal::U32(v) => Value::U32(*v),
        WastVal::S64(v) => Value::S64(*v),
        WastVal::U64(v) => Value::U64(*v),
        WastVal::F32(v) => Value::F32(v.bits),
        WastVal::F64(v) => Value::F64(v.bits),
        WastVal::Char(v) => Value::Char(*v),
        WastVal::Tuple(fields) => match &fields[..] {
            [WastVal::F32(v)] => Value::F32(v.bits),
            [WastVal::F64(v)] => Value::F64(v.bits),
            _ => return Err("a value of a case is no tuple, but for one float".into()),
        },
        _ => return Err("a value of a case has a primitive type other than `string`".into()),
    })
}
