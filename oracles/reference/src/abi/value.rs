//! Component-level values at run time.
//!
//! Values are despecialised, as types are (`despecialize`): a tuple is a record, an enum, an option and a result are
//! variants, a map is a list of records of two. So a value says nothing without its type; labels are the type's.

use super::scalars::{canonicalize_nan32, canonicalize_nan64};
use spawndiff_corpus::Value as Scalar;
use std::sync::Arc;

/// The shared part of a stream or a future, by its place in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SharedId(pub(crate) usize);

/// An error context, by its place in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ErrorContextId(pub(crate) usize);

/// A value. Floats are their bits, with one NaN only if they are made by `Value::f32`, `Value::f64` or by lifting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `bool`.
    Bool(bool),
    /// `s8`.
    S8(i8),
    /// `u8`.
    U8(u8),
    /// `s16`.
    S16(i16),
    /// `u16`.
    U16(u16),
    /// `s32`.
    S32(i32),
    /// `u32`.
    U32(u32),
    /// `s64`.
    S64(i64),
    /// `u64`.
    U64(u64),
    /// `f32`.
    F32(u32),
    /// `f64`.
    F64(u64),
    /// `char`.
    Char(char),
    /// `string`.
    String(LiftedString),
    /// `error-context`.
    ErrorContext(ErrorContextId),
    /// The elements of a list. Those of a map are records of a key and a value.
    List(Vec<Value>),
    /// The fields of a record or a tuple, in the order of the type.
    Record(Vec<Value>),
    /// A case of a variant, an enum (its label), an option (none, some) or a result (ok, error), by its place in the type.
    Variant {
        /// The place of the case in the type.
        case: u32,
        /// The value that the case holds, if it holds one.
        payload: Option<Box<Value>>,
    },
    /// The labels that are set: the first of the type is the lowest bit.
    Flags(u32),
    /// The representation of a resource.
    Own(u32),
    /// The representation of a resource.
    Borrow(u32),
    /// `stream`.
    Stream(SharedId),
    /// `future`.
    Future(SharedId),
}

impl Value {
    /// An `f32` of these bits, with a NaN made canonical.
    pub(crate) fn f32(bits: u32) -> Value {
        Value::F32(canonicalize_nan32(bits))
    }

    /// An `f64` of these bits, with a NaN made canonical.
    pub(crate) fn f64(bits: u64) -> Value {
        Value::F64(canonicalize_nan64(bits))
    }

    /// A string of the host.
    pub(crate) fn string(text: &str) -> Value {
        Value::String(LiftedString::of_host(text))
    }

    /// A case of a variant.
    pub(crate) fn variant(case: u32, payload: Option<Value>) -> Value {
        Value::Variant {
            case,
            payload: payload.map(Box::new),
        }
    }

    /// The value as an invocation passes it; `None` if it is no scalar.
    pub(crate) fn scalar(&self) -> Option<Scalar> {
        Some(match *self {
            Value::Bool(v) => Scalar::Bool(v),
            Value::S8(v) => Scalar::S8(v),
            Value::U8(v) => Scalar::U8(v),
            Value::S16(v) => Scalar::S16(v),
            Value::U16(v) => Scalar::U16(v),
            Value::S32(v) => Scalar::S32(v),
            Value::U32(v) => Scalar::U32(v),
            Value::S64(v) => Scalar::S64(v),
            Value::U64(v) => Scalar::U64(v),
            Value::F32(bits) => Scalar::F32(canonicalize_nan32(bits)),
            Value::F64(bits) => Scalar::F64(canonicalize_nan64(bits)),
            Value::Char(v) => Scalar::Char(v),
            Value::String(_)
            | Value::ErrorContext(_)
            | Value::List(_)
            | Value::Record(_)
            | Value::Variant { .. }
            | Value::Flags(_)
            | Value::Own(_)
            | Value::Borrow(_)
            | Value::Stream(_)
            | Value::Future(_) => return None,
        })
    }
}

impl From<Scalar> for Value {
    fn from(scalar: Scalar) -> Value {
        match scalar {
            Scalar::Bool(v) => Value::Bool(v),
            Scalar::S8(v) => Value::S8(v),
            Scalar::U8(v) => Value::U8(v),
            Scalar::S16(v) => Value::S16(v),
            Scalar::U16(v) => Value::U16(v),
            Scalar::S32(v) => Value::S32(v),
            Scalar::U32(v) => Value::U32(v),
            Scalar::S64(v) => Value::S64(v),
            Scalar::U64(v) => Value::U64(v),
            Scalar::F32(bits) => Value::f32(bits),
            Scalar::F64(bits) => Value::f64(bits),
            Scalar::Char(v) => Value::Char(v),
        }
    }
}

/// A string, and how it lay in the memory that it was lifted from: how it is stored depends on that.
#[derive(Clone, Debug)]
pub struct LiftedString {
    text: Arc<str>,
    code_units: u32,
    source: SourceEncoding,
}

/// How a string was encoded: the specification's `src_encoding` and `src_simple_encoding` in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceEncoding {
    Utf8,
    Utf16,
    /// `latin1+utf16`, untagged.
    Latin1,
    /// `latin1+utf16`, tagged as UTF-16.
    TaggedUtf16,
}

impl LiftedString {
    /// A string of the host, which is UTF-8.
    pub(crate) fn of_host(text: &str) -> LiftedString {
        LiftedString::lifted(text.into(), SourceEncoding::Utf8, text.len() as u64)
    }

    /// A string that had `code_units` code units in a memory. No more than `MAX_STRING_BYTE_LENGTH` bytes are ever lifted.
    pub(super) fn lifted(text: Arc<str>, source: SourceEncoding, code_units: u64) -> LiftedString {
        LiftedString {
            text,
            code_units: u32::try_from(code_units).unwrap_or(u32::MAX),
            source,
        }
    }

    /// The characters.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The encoding that the string had.
    pub(super) fn source(&self) -> SourceEncoding {
        self.source
    }

    /// The number of code units that the string had, without the tag.
    pub(super) fn code_units(&self) -> u64 {
        self.code_units.into()
    }
}

/// A value that a lifting has read and that has a place of its own in memory: a string or a list.
#[derive(Debug)]
pub enum Read {
    String(LiftedString),
    /// A number of code units that are no string in this encoding.
    NoString(SourceEncoding, u64),
    /// The elements of a list.
    List {
        alignment: u64,
        byte_length: u64,
    },
}

/// Strings are equal if they have the same characters: how they were encoded is a hint and no part of the value.
impl PartialEq for LiftedString {
    fn eq(&self, other: &LiftedString) -> bool {
        self.text == other.text
    }
}

impl Eq for LiftedString {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_survive_the_way_there_and_back() {
        for scalar in [
            Scalar::Bool(true),
            Scalar::S8(-1),
            Scalar::U8(255),
            Scalar::S16(-2),
            Scalar::U16(65535),
            Scalar::S32(i32::MIN),
            Scalar::U32(u32::MAX),
            Scalar::S64(i64::MIN),
            Scalar::U64(u64::MAX),
            Scalar::F32(0x8000_0000),
            Scalar::F64(1),
            Scalar::Char('\u{10ffff}'),
        ] {
            assert_eq!(Value::from(scalar).scalar(), Some(scalar));
        }
        assert_eq!(Value::string("a").scalar(), None);
    }

    #[test]
    fn nans_are_equal_whatever_their_bits_and_zeros_are_not() {
        assert_eq!(Value::f32(0xffff_ffff), Value::f32(0x7f80_0001));
        assert_eq!(
            Value::f64(0xfff0_0000_0000_0001),
            Value::F64(0x7ff8_0000_0000_0000)
        );
        assert_ne!(Value::f32(0), Value::f32(0x8000_0000));
        assert_eq!(
            Value::F32(0xffff_ffff).scalar(),
            Some(Scalar::F32(0x7fc0_0000))
        );
    }

    #[test]
    fn strings_are_equal_by_their_characters() {
        let lifted = LiftedString::lifted("é".into(), SourceEncoding::Latin1, 1);
        assert_eq!(Value::String(lifted), Value::string("é"));
        assert_ne!(Value::string("e"), Value::string("é"));
    }

    #[test]
    fn a_value_is_small() {
        assert!(size_of::<Value>() <= 32);
    }
}
