//! The types whose values are one core value: booleans, integers, floats and characters.

use super::Value;
use super::flatten::CoreType;
use super::scalars::{canonicalize_nan32, canonicalize_nan64, convert_i32_to_char};
use spawndiff_observation::Trap;

/// A type whose values are one core value each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScalarType {
    Bool,
    S8,
    U8,
    S16,
    U16,
    S32,
    U32,
    S64,
    U64,
    F32,
    F64,
    Char,
}

impl ScalarType {
    /// The bytes that a value takes in memory: its `elem_size`, and its `alignment`.
    pub(super) fn size(self) -> u64 {
        match self {
            ScalarType::Bool | ScalarType::S8 | ScalarType::U8 => 1,
            ScalarType::S16 | ScalarType::U16 => 2,
            ScalarType::S32 | ScalarType::U32 | ScalarType::F32 | ScalarType::Char => 4,
            ScalarType::S64 | ScalarType::U64 | ScalarType::F64 => 8,
        }
    }

    /// The core type that a value is passed as (`flatten_type`).
    pub(super) fn flat(self) -> CoreType {
        match self {
            ScalarType::Bool
            | ScalarType::S8
            | ScalarType::U8
            | ScalarType::S16
            | ScalarType::U16
            | ScalarType::S32
            | ScalarType::U32
            | ScalarType::Char => CoreType::I32,
            ScalarType::S64 | ScalarType::U64 => CoreType::I64,
            ScalarType::F32 => CoreType::F32,
            ScalarType::F64 => CoreType::F64,
        }
    }

    /// `load` and `lift_flat` of a value from the bits of its bytes or of its core value. The high bits of a core value that the type
    /// does not have are ignored, but those of a `bool` are not.
    ///
    /// # Errors
    ///
    /// The bits are no character.
    pub(super) fn lift(self, bits: u64) -> Result<Value, Trap> {
        Ok(match self {
            ScalarType::Bool => Value::Bool(bits != 0),
            ScalarType::S8 => Value::S8(bits as i8),
            ScalarType::U8 => Value::U8(bits as u8),
            ScalarType::S16 => Value::S16(bits as i16),
            ScalarType::U16 => Value::U16(bits as u16),
            ScalarType::S32 => Value::S32(bits as i32),
            ScalarType::U32 => Value::U32(bits as u32),
            ScalarType::S64 => Value::S64(bits as i64),
            ScalarType::U64 => Value::U64(bits),
            ScalarType::F32 => Value::f32(bits as u32),
            ScalarType::F64 => Value::f64(bits),
            ScalarType::Char => Value::Char(convert_i32_to_char(bits as u32)?),
        })
    }

    /// `store` and `lower_flat`: the bits of the core value; those in memory are the lowest of these. A negative `i32` has the sign in
    /// its upper bits (`lower_flat_signed`), and none above, whatever it is a part of later. `None`: the value is of another type.
    pub(super) fn lower(self, v: &Value) -> Option<u64> {
        Some(match (self, v) {
            (ScalarType::Bool, Value::Bool(v)) => u64::from(*v),
            (ScalarType::S8, Value::S8(v)) => u64::from(i32::from(*v) as u32),
            (ScalarType::U8, Value::U8(v)) => u64::from(*v),
            (ScalarType::S16, Value::S16(v)) => u64::from(i32::from(*v) as u32),
            (ScalarType::U16, Value::U16(v)) => u64::from(*v),
            (ScalarType::S32, Value::S32(v)) => u64::from(*v as u32),
            (ScalarType::U32, Value::U32(v)) => u64::from(*v),
            (ScalarType::S64, Value::S64(v)) => *v as u64,
            (ScalarType::U64, Value::U64(v)) => *v,
            (ScalarType::F32, Value::F32(bits)) => canonicalize_nan32(*bits).into(),
            (ScalarType::F64, Value::F64(bits)) => canonicalize_nan64(*bits),
            (ScalarType::Char, Value::Char(v)) => u64::from(*v),
            (
                ScalarType::Bool
                | ScalarType::S8
                | ScalarType::U8
                | ScalarType::S16
                | ScalarType::U16
                | ScalarType::S32
                | ScalarType::U32
                | ScalarType::S64
                | ScalarType::U64
                | ScalarType::F32
                | ScalarType::F64
                | ScalarType::Char,
                _,
            ) => return None,
        })
    }
}
