//! Storing strings (CanonicalABI.md, "Storing", `store_string_into_range` and below).
//!
//! How often `realloc` is called, and with what, depends on how the string was encoded where it came from. A guest sees
//! that, and sees what already lies in its memory at each call; so the order of all writes is the specification's, and
//! what was written before a call is read again from the memory after it.

use super::load::utf16_tag;
use super::scalars::{bytes, in_bounds, is_aligned, write};
use super::store::{REALLOC_I32_MAX, allocate};
use super::value::{LiftedString, SourceEncoding};
use super::{Context, trap_if};
use crate::canon_defs::StringEncoding;
use spawndiff_observation::Trap;

/// How the bytes of a string are written.
#[derive(Clone, Copy, Debug)]
enum Encoding {
    Utf8,
    Utf16,
    /// Of a string whose characters are all Latin-1: a byte for each.
    Latin1,
}

fn encode(src: &str, encoding: Encoding) -> Vec<u8> {
    match encoding {
        Encoding::Utf8 => src.as_bytes().to_vec(),
        Encoding::Utf16 => src.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        Encoding::Latin1 => src.chars().map(|c| c as u8).collect(),
    }
}

/// `store_string_into_range`: the pointer, and the tagged number of code units.
///
/// The tag of the source is not looked at here, as it is in the specification: it was taken off when the string was
/// lifted, where the width of the source's pointers was known.
pub(super) fn store_string_into_range<C: Context>(
    cx: &mut C,
    v: &LiftedString,
) -> Result<(u64, u64), C::Stop> {
    let (src, units) = (v.text(), v.code_units());
    match (cx.string_encoding(), v.source()) {
        (StringEncoding::Utf8, SourceEncoding::Utf8) => {
            store_string_copy(cx, src, units, 1, 1, Encoding::Utf8)
        }
        (StringEncoding::Utf8, SourceEncoding::Utf16 | SourceEncoding::TaggedUtf16) => {
            store_string_to_utf8(cx, src, units, 3 * units)
        }
        (StringEncoding::Utf8, SourceEncoding::Latin1) => {
            store_string_to_utf8(cx, src, units, 2 * units)
        }
        (StringEncoding::Utf16, SourceEncoding::Utf8) => store_utf8_to_utf16(cx, src, units),
        (
            StringEncoding::Utf16,
            SourceEncoding::Utf16 | SourceEncoding::TaggedUtf16 | SourceEncoding::Latin1,
        ) => store_string_copy(cx, src, units, 2, 2, Encoding::Utf16),
        (StringEncoding::Latin1Utf16, SourceEncoding::Utf8 | SourceEncoding::Utf16) => {
            store_string_to_latin1_or_utf16(cx, src, units)
        }
        (StringEncoding::Latin1Utf16, SourceEncoding::Latin1) => {
            store_string_copy(cx, src, units, 1, 2, Encoding::Latin1)
        }
        (StringEncoding::Latin1Utf16, SourceEncoding::TaggedUtf16) => {
            store_probably_utf16_to_latin1_or_utf16(cx, src, units)
        }
    }
}

/// Places a string of one code unit, without writing it. It fails with the stop that this ends in.
pub(super) fn place_string<C: Context>(cx: &mut C) -> Result<(), C::Stop> {
    let size = match cx.string_encoding() {
        StringEncoding::Utf8 => 1,
        StringEncoding::Utf16 | StringEncoding::Latin1Utf16 => 2,
    };
    reallocate(cx, None, size, size).map(drop)
}

/// Places `units` code units that are no string in the encoding `source`, without writing them. It fails with the stop that this
/// ends in. An implementation that copies a string as it reads it may have asked for the most room that the string can take before
/// it knows that it is no string.
pub(super) fn place_no_string<C: Context>(
    cx: &mut C,
    source: SourceEncoding,
    units: u64,
) -> Result<(), C::Stop> {
    let (alignment, byte_length, worst_case_size) = match (cx.string_encoding(), source) {
        (StringEncoding::Utf8, SourceEncoding::Utf16 | SourceEncoding::TaggedUtf16) => {
            (1, units, Some(3 * units))
        }
        (StringEncoding::Utf8, SourceEncoding::Utf8) => (1, units, None),
        (StringEncoding::Latin1Utf16, SourceEncoding::Utf8 | SourceEncoding::Utf16) => {
            (2, units, Some(2 * units))
        }
        (StringEncoding::Latin1Utf16, SourceEncoding::TaggedUtf16) | (StringEncoding::Utf16, _) => {
            (2, 2 * units, None)
        }
        // Every byte is a character.
        (_, SourceEncoding::Latin1) => return Ok(()),
    };
    let ptr = reallocate(cx, None, alignment, byte_length)?;
    match worst_case_size {
        Some(size) => reallocate(cx, Some((ptr, byte_length)), alignment, size).map(drop),
        None => Ok(()),
    }
}

/// `allocate` or `reallocate`, and the two `trap_if` that follow each of them.
fn reallocate<C: Context>(
    cx: &mut C,
    old: Option<(u64, u64)>,
    alignment: u64,
    byte_length: u64,
) -> Result<u64, C::Stop> {
    let ptr = match old {
        None => allocate(cx, alignment, byte_length)?,
        Some(_) if byte_length > REALLOC_I32_MAX => return Err(cx.exhausted()),
        Some((old, old_byte_length)) => {
            cx.reallocate(old, old_byte_length, alignment, byte_length)?
        }
    };
    trap_if(!is_aligned(ptr, alignment), Trap::UnalignedPointer)?;
    trap_if(!in_bounds(cx, ptr, byte_length), Trap::StringOutOfBounds)?;
    Ok(ptr)
}

/// `store_string_copy`.
fn store_string_copy<C: Context>(
    cx: &mut C,
    src: &str,
    src_code_units: u64,
    dst_code_unit_size: u64,
    dst_alignment: u64,
    dst_encoding: Encoding,
) -> Result<(u64, u64), C::Stop> {
    let dst_byte_length = dst_code_unit_size * src_code_units;
    let ptr = reallocate(cx, None, dst_alignment, dst_byte_length)?;
    write(cx, ptr, &encode(src, dst_encoding))?;
    Ok((ptr, src_code_units))
}

/// `store_string_to_utf8`, for `store_utf16_to_utf8` and `store_latin1_to_utf8`.
fn store_string_to_utf8<C: Context>(
    cx: &mut C,
    src: &str,
    src_code_units: u64,
    worst_case_size: u64,
) -> Result<(u64, u64), C::Stop> {
    let ptr = reallocate(cx, None, 1, src_code_units)?;
    let ascii = src.bytes().take_while(u8::is_ascii).count();
    let (before, after) = src.as_bytes().split_at(ascii);
    write(cx, ptr, before)?;
    if after.is_empty() {
        return Ok((ptr, src_code_units));
    }
    let mut ptr = reallocate(cx, Some((ptr, src_code_units)), 1, worst_case_size)?;
    write(cx, ptr.saturating_add(ascii as u64), after)?;
    let encoded = src.len() as u64;
    if worst_case_size > encoded {
        ptr = reallocate(cx, Some((ptr, worst_case_size)), 1, encoded)?;
    }
    Ok((ptr, encoded))
}

/// `store_utf8_to_utf16`.
fn store_utf8_to_utf16<C: Context>(
    cx: &mut C,
    src: &str,
    src_code_units: u64,
) -> Result<(u64, u64), C::Stop> {
    let worst_case_size = 2 * src_code_units;
    let mut ptr = reallocate(cx, None, 2, worst_case_size)?;
    let encoded = encode(src, Encoding::Utf16);
    write(cx, ptr, &encoded)?;
    let encoded = encoded.len() as u64;
    if encoded < worst_case_size {
        ptr = reallocate(cx, Some((ptr, worst_case_size)), 2, encoded)?;
    }
    Ok((ptr, encoded / 2))
}

/// `store_string_to_latin1_or_utf16`.
fn store_string_to_latin1_or_utf16<C: Context>(
    cx: &mut C,
    src: &str,
    src_code_units: u64,
) -> Result<(u64, u64), C::Stop> {
    let mut ptr = reallocate(cx, None, 2, src_code_units)?;
    let wider = src.find(|c| c > '\u{ff}').unwrap_or(src.len());
    let latin1 = encode(&src[..wider], Encoding::Latin1);
    write(cx, ptr, &latin1)?;
    let dst_byte_length = latin1.len() as u64;
    if wider == src.len() {
        if dst_byte_length < src_code_units {
            ptr = reallocate(cx, Some((ptr, src_code_units)), 2, dst_byte_length)?;
        }
        return Ok((ptr, dst_byte_length));
    }
    let worst_case_size = 2 * src_code_units;
    ptr = reallocate(cx, Some((ptr, src_code_units)), 2, worst_case_size)?;
    // The bytes that lie in the memory are inflated, not those that were written: a `realloc` need not have copied them.
    let inflated: Vec<u8> = bytes(cx, ptr, dst_byte_length)?
        .iter()
        .flat_map(|byte| [*byte, 0])
        .collect();
    write(cx, ptr, &inflated)?;
    let after = encode(&src[wider..], Encoding::Utf16);
    write(cx, ptr.saturating_add(2 * dst_byte_length), &after)?;
    let encoded = (inflated.len() + after.len()) as u64;
    if worst_case_size > encoded {
        ptr = reallocate(cx, Some((ptr, worst_case_size)), 2, encoded)?;
    }
    Ok((ptr, (encoded / 2) | utf16_tag(cx.wide())))
}

/// `store_probably_utf16_to_latin1_or_utf16`.
fn store_probably_utf16_to_latin1_or_utf16<C: Context>(
    cx: &mut C,
    src: &str,
    src_code_units: u64,
) -> Result<(u64, u64), C::Stop> {
    let src_byte_length = 2 * src_code_units;
    let ptr = reallocate(cx, None, 2, src_byte_length)?;
    let encoded = encode(src, Encoding::Utf16);
    write(cx, ptr, &encoded)?;
    let code_units = (encoded.len() / 2) as u64;
    if src.contains(|c| c > '\u{ff}') {
        return Ok((ptr, code_units | utf16_tag(cx.wide())));
    }
    // Every second byte is zero; the others, moved together, are the Latin-1 string.
    write(cx, ptr, &encode(src, Encoding::Latin1))?;
    let alignment = cx.latin1_alignment();
    let ptr = reallocate(cx, Some((ptr, src_byte_length)), alignment, code_units)?;
    Ok((ptr, code_units))
}
