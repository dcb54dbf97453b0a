//! Lifting and lowering of scalars (CanonicalABI.md, "Flat Lifting" and "Flat Lowering").

use crate::Trap;
use spawndiff_corpus::{Type, Value};
use wasmi::Val;

/// `lift_flat`. An `i32` that is no `char` traps.
pub(crate) fn lift_flat(ty: Type, flat: &Val) -> Result<Value, Trap> {
    let i32 = || flat.i32().expect("the core type is the flattened one");
    let i64 = || flat.i64().expect("the core type is the flattened one");
    Ok(match ty {
        Type::Bool => Value::Bool(i32() != 0),
        Type::S8 => Value::S8(i32() as i8),
        Type::U8 => Value::U8(i32() as u8),
        Type::S16 => Value::S16(i32() as i16),
        Type::U16 => Value::U16(i32() as u16),
        Type::S32 => Value::S32(i32()),
        Type::U32 => Value::U32(i32() as u32),
        Type::S64 => Value::S64(i64()),
        Type::U64 => Value::U64(i64() as u64),
        Type::F32 => Value::f32(f32::from_bits(
            flat.f32()
                .expect("the core type is the flattened one")
                .to_bits(),
        )),
        Type::F64 => Value::f64(f64::from_bits(
            flat.f64()
                .expect("the core type is the flattened one")
                .to_bits(),
        )),
        // `convert_i32_to_char`: at most 0x10ffff, and no surrogate.
        Type::Char => Value::Char(char::from_u32(i32() as u32).ok_or(Trap::InvalidChar)?),
    })
}

/// `lower_flat`.
pub(crate) fn lower_flat(value: &Value) -> Val {
    match *value {
        Value::Bool(v) => Val::I32(i32::from(v)),
        Value::S8(v) => Val::I32(i32::from(v)),
        Value::U8(v) => Val::I32(i32::from(v)),
        Value::S16(v) => Val::I32(i32::from(v)),
        Value::U16(v) => Val::I32(i32::from(v)),
        Value::S32(v) => Val::I32(v),
        Value::U32(v) => Val::I32(v as i32),
        Value::S64(v) => Val::I64(v),
        Value::U64(v) => Val::I64(v as i64),
        Value::F32(bits) => Val::F32(wasmi::F32::from_bits(bits)),
        Value::F64(bits) => Val::F64(wasmi::F64::from_bits(bits)),
        Value::Char(v) => Val::I32(v as i32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrow_integers_ignore_the_high_bits_and_keep_the_sign() {
        assert_eq!(lift_flat(Type::U8, &Val::I32(0x1ff)), Ok(Value::U8(0xff)));
        assert_eq!(lift_flat(Type::S8, &Val::I32(0x1ff)), Ok(Value::S8(-1)));
        assert_eq!(lift_flat(Type::Bool, &Val::I32(2)), Ok(Value::Bool(true)));
        assert_eq!(lower_flat(&Value::S8(-1)).i32(), Some(-1));
        assert_eq!(lower_flat(&Value::U8(0xff)).i32(), Some(0xff));
    }

    #[test]
    fn a_surrogate_and_a_number_past_the_last_char_trap() {
        assert_eq!(
            lift_flat(Type::Char, &Val::I32(0xd800)),
            Err(Trap::InvalidChar)
        );
        assert_eq!(
            lift_flat(Type::Char, &Val::I32(0x11_0000)),
            Err(Trap::InvalidChar)
        );
        assert_eq!(lift_flat(Type::Char, &Val::I32(-1)), Err(Trap::InvalidChar));
        assert_eq!(
            lift_flat(Type::Char, &Val::I32(0xdfff + 1)),
            Ok(Value::Char('\u{e000}'))
        );
    }

    #[test]
    fn a_nan_becomes_canonical() {
        let nan = Val::F32(wasmi::F32::from_bits(0xffff_ffff));
        assert_eq!(lift_flat(Type::F32, &nan), Ok(Value::F32(0x7fc0_0000)));
    }
}
