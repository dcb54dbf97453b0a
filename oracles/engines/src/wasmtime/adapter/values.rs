//! Component values between the corpus and Wasmtime.

use super::wasmtime::component::{Type, Val};
use spawndiff_corpus::Value;

/// The value as Wasmtime passes it.
pub(super) fn to_val(value: Value) -> Val {
    match value {
        Value::Bool(v) => Val::Bool(v),
        Value::S8(v) => Val::S8(v),
        Value::U8(v) => Val::U8(v),
        Value::S16(v) => Val::S16(v),
        Value::U16(v) => Val::U16(v),
        Value::S32(v) => Val::S32(v),
        Value::U32(v) => Val::U32(v),
        Value::S64(v) => Val::S64(v),
        Value::U64(v) => Val::U64(v),
        Value::F32(bits) => Val::Float32(f32::from_bits(bits)),
        Value::F64(bits) => Val::Float64(f64::from_bits(bits)),
        Value::Char(v) => Val::Char(v),
    }
}

/// The value as the corpus keeps it; `None` for a type that no invocation uses.
pub(super) fn from_val(val: &Val) -> Option<Value> {
    Some(match *val {
        Val::Bool(v) => Value::Bool(v),
        Val::S8(v) => Value::S8(v),
        Val::U8(v) => Value::U8(v),
        Val::S16(v) => Value::S16(v),
        Val::U16(v) => Value::U16(v),
        Val::S32(v) => Value::S32(v),
        Val::U32(v) => Value::U32(v),
        Val::S64(v) => Value::S64(v),
        Val::U64(v) => Value::U64(v),
        Val::Float32(v) => Value::f32(v),
        Val::Float64(v) => Value::f64(v),
        Val::Char(v) => Value::Char(v),
        _ => return None,
    })
}

/// The corpus's name of a type of Wasmtime; `None` for one that no invocation uses.
pub(super) fn from_type(ty: &Type) -> Option<spawndiff_corpus::Type> {
    use spawndiff_corpus::Type as Corpus;
    Some(match ty {
        Type::Bool => Corpus::Bool,
        Type::S8 => Corpus::S8,
        Type::U8 => Corpus::U8,
        Type::S16 => Corpus::S16,
        Type::U16 => Corpus::U16,
        Type::S32 => Corpus::S32,
        Type::U32 => Corpus::U32,
        Type::S64 => Corpus::S64,
        Type::U64 => Corpus::U64,
        Type::Float32 => Corpus::F32,
        Type::Float64 => Corpus::F64,
        Type::Char => Corpus::Char,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_survives_the_way_there_and_back_and_a_nan_comes_back_canonical() {
        for value in [
            Value::Bool(true),
            Value::S8(-1),
            Value::U8(255),
            Value::S16(-2),
            Value::U16(65535),
            Value::S32(i32::MIN),
            Value::U32(u32::MAX),
            Value::S64(i64::MIN),
            Value::U64(u64::MAX),
            Value::F32(0x8000_0000),
            Value::F64(1),
            Value::Char('\u{10ffff}'),
        ] {
            assert_eq!(from_val(&to_val(value)), Some(value));
        }
        assert_eq!(
            from_val(&Val::Float32(f32::from_bits(0xffff_ffff))),
            Some(Value::F32(0x7fc0_0000))
        );
        assert_eq!(from_val(&Val::String(String::new())), None);
    }
}
