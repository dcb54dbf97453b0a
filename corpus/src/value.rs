//! Component values and their types, as far as an invocation passes them.

use std::fmt;

/// The type of a [`Value`] (Explainer.md, "Type Definitions": `primvaltype`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the component model's")]
pub enum Type {
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

/// A component value. Floats are kept as their bits, so that equality is exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[expect(missing_docs, reason = "the names are the component model's")]
pub enum Value {
    Bool(bool),
    S8(i8),
    U8(u8),
    S16(i16),
    U16(u16),
    S32(i32),
    U32(u32),
    S64(i64),
    U64(u64),
    /// The bits of an `f32`. A NaN is canonical (`0x7fc00000`): the Canonical ABI keeps no other.
    F32(u32),
    /// The bits of an `f64`. A NaN is canonical (`0x7ff8000000000000`).
    F64(u64),
    Char(char),
}

impl Value {
    /// The type of this value.
    pub fn ty(&self) -> Type {
        match self {
            Value::Bool(_) => Type::Bool,
            Value::S8(_) => Type::S8,
            Value::U8(_) => Type::U8,
            Value::S16(_) => Type::S16,
            Value::U16(_) => Type::U16,
            Value::S32(_) => Type::S32,
            Value::U32(_) => Type::U32,
            Value::S64(_) => Type::S64,
            Value::U64(_) => Type::U64,
            Value::F32(_) => Type::F32,
            Value::F64(_) => Type::F64,
            Value::Char(_) => Type::Char,
        }
    }

    /// An `f32`, with a NaN made canonical (CanonicalABI.md, `canonicalize_nan32`).
    pub fn f32(value: f32) -> Value {
        Value::F32(if value.is_nan() {
            0x7fc0_0000
        } else {
            value.to_bits()
        })
    }

    /// An `f64`, with a NaN made canonical (CanonicalABI.md, `canonicalize_nan64`).
    pub fn f64(value: f64) -> Value {
        Value::F64(if value.is_nan() {
            0x7ff8_0000_0000_0000
        } else {
            value.to_bits()
        })
    }
}

impl Type {
    /// The keyword of the text format.
    pub fn keyword(self) -> &'static str {
        match self {
            Type::Bool => "bool",
            Type::S8 => "s8",
            Type::U8 => "u8",
            Type::S16 => "s16",
            Type::U16 => "u16",
            Type::S32 => "s32",
            Type::U32 => "u32",
            Type::S64 => "s64",
            Type::U64 => "u64",
            Type::F32 => "f32",
            Type::F64 => "f64",
            Type::Char => "char",
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.ty().keyword())?;
        match self {
            Value::Bool(v) => write!(f, "{v}"),
            Value::S8(v) => write!(f, "{v}"),
            Value::U8(v) => write!(f, "{v}"),
            Value::S16(v) => write!(f, "{v}"),
            Value::U16(v) => write!(f, "{v}"),
            Value::S32(v) => write!(f, "{v}"),
            Value::U32(v) => write!(f, "{v}"),
            Value::S64(v) => write!(f, "{v}"),
            Value::U64(v) => write!(f, "{v}"),
            Value::F32(bits) => write!(f, "{:?}", f32::from_bits(*bits)),
            Value::F64(bits) => write!(f, "{:?}", f64::from_bits(*bits)),
            Value::Char(v) => write!(f, "{v:?}"),
        }
    }
}
