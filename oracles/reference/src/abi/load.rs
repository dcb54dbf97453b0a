//! Loading (CanonicalABI.md, "Loading"): values out of linear memory.

use super::despecialize::{Cases, Fields, Type};
use super::scalars::{bytes, in_bounds, is_aligned, load_int};
use super::sizes::{align_to, discriminant_size, flags_size};
use super::value::{LiftedString, Read, SourceEncoding, Value};
use super::{Context, alignment, elem_size, ptr_size, trap_if};
use crate::canon_defs::StringEncoding;
use spawndiff_observation::Trap;

/// The most bytes that a string has in memory.
pub(super) const MAX_STRING_BYTE_LENGTH: u64 = (1 << 28) - 1;
/// The most bytes that the elements of a list have in memory.
pub(super) const MAX_LIST_BYTE_LENGTH: u64 = (1 << 28) - 1;

/// A lifting begins.
pub(super) fn begin<C: Context>(cx: &mut C) {
    cx.budget().begin();
    cx.reads().clear();
}

/// Records that a lifting has read something that has a place of its own: a string or a list.
fn note<C: Context>(cx: &mut C, read: Read) -> Result<(), C::Stop> {
    charge(cx, size_of::<Read>())?;
    cx.reads().push(read);
    Ok(())
}

/// Counts `bytes` of ours that a lifting makes.
pub(super) fn charge<C: Context>(cx: &mut C, bytes: usize) -> Result<(), C::Stop> {
    if cx.budget().take(bytes) {
        Ok(())
    } else {
        Err(cx.exhausted())
    }
}

/// `load`: the value at `ptr`, which is aligned and in bounds.
pub(super) fn load<C: Context>(cx: &mut C, ptr: u64, t: Type<'_>) -> Result<Value, C::Stop> {
    charge(cx, size_of::<Value>())?;
    let int = |nbytes| load_int(cx, ptr, nbytes);
    Ok(match t {
        Type::Scalar(t) => t.lift(int(t.size())?)?,
        Type::String => Value::String(load_string(cx, ptr)?),
        Type::ErrorContext => {
            let i = int(4)? as u32;
            Value::ErrorContext(cx.lift_error_context(i)?)
        }
        Type::List(element, length) => Value::List(load_list(cx, ptr, element.into(), length)?),
        Type::Record(fields) => Value::Record(load_record(cx, ptr, fields)?),
        Type::Variant(cases) => load_variant(cx, ptr, cases)?,
        Type::Flags(labels) => Value::Flags(unpack_flags_from_int(
            int(flags_size(labels))? as u32,
            labels,
        )),
        Type::Own(rt) => {
            let i = int(4)? as u32;
            Value::Own(cx.lift_own(i, rt)?)
        }
        Type::Borrow(rt) => {
            let i = int(4)? as u32;
            Value::Borrow(cx.lift_borrow(i, rt)?)
        }
        Type::Stream(t) => {
            let i = int(4)? as u32;
            Value::Stream(cx.lift_stream(i, t)?)
        }
        Type::Future(t) => {
            let i = int(4)? as u32;
            Value::Future(cx.lift_future(i, t)?)
        }
    })
}

/// `load_string`.
fn load_string<C: Context>(cx: &mut C, ptr: u64) -> Result<LiftedString, C::Stop> {
    let (begin, tagged_code_units) = load_pair(cx, ptr)?;
    string_from_range(cx, begin, tagged_code_units)
}

/// Two values of the size of a pointer, one after the other.
fn load_pair<C: Context>(cx: &C, ptr: u64) -> Result<(u64, u64), Trap> {
    let size = ptr_size(cx.wide());
    Ok((
        load_int(cx, ptr, size)?,
        load_int(cx, ptr.saturating_add(size), size)?,
    ))
}

/// `utf16_tag`.
pub(super) fn utf16_tag(wide: bool) -> u64 {
    1 << (ptr_size(wide) * 8 - 1)
}

/// `load_string_from_range`: a lifting of its own, for a string that no value is around.
///
/// # Errors
///
/// A string that is too long, not aligned, out of bounds or not in its encoding; [`Context::exhausted`].
pub(crate) fn load_string_from_range<C: Context>(
    cx: &mut C,
    ptr: u64,
    tagged_code_units: u64,
) -> Result<LiftedString, C::Stop> {
    begin(cx);
    string_from_range(cx, ptr, tagged_code_units)
}

/// `load_string_from_range`, as a part of a lifting.
pub(super) fn string_from_range<C: Context>(
    cx: &mut C,
    ptr: u64,
    tagged_code_units: u64,
) -> Result<LiftedString, C::Stop> {
    let tag = utf16_tag(cx.wide());
    let (source, code_units) = match cx.string_encoding() {
        StringEncoding::Utf8 => (SourceEncoding::Utf8, tagged_code_units),
        StringEncoding::Utf16 => (SourceEncoding::Utf16, tagged_code_units),
        StringEncoding::Latin1Utf16 if tagged_code_units & tag != 0 => {
            (SourceEncoding::TaggedUtf16, tagged_code_units ^ tag)
        }
        StringEncoding::Latin1Utf16 => (SourceEncoding::Latin1, tagged_code_units),
    };
    let (alignment, byte_length) = match source {
        SourceEncoding::Utf8 => (1, code_units),
        SourceEncoding::Utf16 | SourceEncoding::TaggedUtf16 => (2, code_units.saturating_mul(2)),
        SourceEncoding::Latin1 => (2, code_units),
    };
    trap_if(
        byte_length > MAX_STRING_BYTE_LENGTH,
        Trap::StringOutOfBounds,
    )?;
    trap_if(!is_aligned(ptr, alignment), Trap::UnalignedPointer)?;
    trap_if(!in_bounds(cx, ptr, byte_length), Trap::StringOutOfBounds)?;
    charge(cx, byte_length as usize)?;
    match decode(bytes(cx, ptr, byte_length)?, source) {
        Ok(text) => {
            let string = LiftedString::lifted(text.into(), source, code_units);
            note(cx, Read::String(string.clone()))?;
            Ok(string)
        }
        Err(trap) => {
            note(cx, Read::NoString(source, code_units))?;
            Err(trap.into())
        }
    }
}

/// The characters of these bytes. Every byte is a Latin-1 character.
fn decode(bytes: &[u8], source: SourceEncoding) -> Result<String, Trap> {
    match source {
        SourceEncoding::Utf8 => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.to_string()),
            Err(_) => Err(Trap::InvalidUtf8),
        },
        SourceEncoding::Utf16 | SourceEncoding::TaggedUtf16 => {
            let (units, _) = bytes.as_chunks();
            let units = units.iter().map(|unit| u16::from_le_bytes(*unit));
            char::decode_utf16(units)
                .collect::<Result<String, _>>()
                .map_err(|_| Trap::InvalidUtf16)
        }
        SourceEncoding::Latin1 => Ok(bytes.iter().copied().map(char::from).collect()),
    }
}

/// `load_list`.
fn load_list<C: Context>(
    cx: &mut C,
    ptr: u64,
    t: Type<'_>,
    maybe_length: Option<u32>,
) -> Result<Vec<Value>, C::Stop> {
    if let Some(length) = maybe_length {
        return elements(cx, ptr, length.into(), t);
    }
    let (begin, length) = load_pair(cx, ptr)?;
    load_list_from_range(cx, begin, length, t)
}

/// The alignment of `length` elements, and the bytes that they take.
pub(super) fn extent<C: Context>(cx: &mut C, length: u64, t: Type<'_>) -> (u64, u64) {
    let byte_length = length.saturating_mul(elem_size(cx, t));
    (alignment(cx, t), byte_length)
}

/// `load_list_from_range`.
pub(super) fn load_list_from_range<C: Context>(
    cx: &mut C,
    ptr: u64,
    length: u64,
    t: Type<'_>,
) -> Result<Vec<Value>, C::Stop> {
    let (alignment, byte_length) = extent(cx, length, t);
    trap_if(byte_length > MAX_LIST_BYTE_LENGTH, Trap::ListOutOfBounds)?;
    trap_if(!is_aligned(ptr, alignment), Trap::UnalignedPointer)?;
    trap_if(!in_bounds(cx, ptr, byte_length), Trap::ListOutOfBounds)?;
    note(
        cx,
        Read::List {
            alignment,
            byte_length,
        },
    )?;
    elements(cx, ptr, length, t)
}

/// `load_list_from_valid_range`: a lifting of its own, for the buffers of streams and futures. The range is aligned and
/// in bounds.
///
/// # Errors
///
/// Whatever an element traps with; [`Context::exhausted`].
pub(crate) fn load_list_from_valid_range<'a, C: Context>(
    cx: &mut C,
    ptr: u64,
    length: u64,
    t: impl Into<Type<'a>>,
) -> Result<Vec<Value>, C::Stop> {
    begin(cx);
    elements(cx, ptr, length, t.into())
}

/// `load_list_from_valid_range`, as a part of a lifting.
fn elements<C: Context>(
    cx: &mut C,
    ptr: u64,
    length: u64,
    t: Type<'_>,
) -> Result<Vec<Value>, C::Stop> {
    let size = elem_size(cx, t);
    // Not as many as the guest names: their number is only limited as they are made.
    let mut list = Vec::new();
    for i in 0..length {
        list.push(load(cx, ptr.saturating_add(i.saturating_mul(size)), t)?);
    }
    Ok(list)
}

/// `load_record`.
pub(super) fn load_record<C: Context>(
    cx: &mut C,
    mut ptr: u64,
    fields: Fields<'_>,
) -> Result<Vec<Value>, C::Stop> {
    let mut record = Vec::with_capacity(fields.len());
    for t in fields.iter() {
        ptr = align_to(ptr, alignment(cx, t));
        record.push(load(cx, ptr, t)?);
        ptr = ptr.saturating_add(elem_size(cx, t));
    }
    Ok(record)
}

/// `load_variant`.
fn load_variant<C: Context>(cx: &mut C, ptr: u64, cases: Cases<'_>) -> Result<Value, C::Stop> {
    let disc_size = discriminant_size(cases.len());
    let case_index = load_int(cx, ptr, disc_size)? as u32;
    let payload = cases
        .get(case_index as usize)
        .ok_or(Trap::InvalidDiscriminant)?;
    let payload = match payload {
        None => None,
        Some(t) => {
            let ptr = payload_ptr(cx, ptr, cases);
            Some(load(cx, ptr, t)?)
        }
    };
    Ok(Value::variant(case_index, payload))
}

/// Where the payload of a variant at `ptr` lies.
pub(super) fn payload_ptr<C: Context>(cx: &mut C, ptr: u64, cases: Cases<'_>) -> u64 {
    let wide = cx.wide();
    let max_case_alignment = cx.layouts().max_case_alignment(cases, wide);
    align_to(
        ptr.saturating_add(discriminant_size(cases.len())),
        max_case_alignment,
    )
}

/// `unpack_flags_from_int`: bits that stand for no label are dropped.
pub(super) fn unpack_flags_from_int(i: u32, labels: usize) -> u32 {
    match u32::try_from(labels) {
        Ok(labels @ ..32) => i & ((1 << labels) - 1),
        Ok(32..) | Err(_) => i,
    }
}
