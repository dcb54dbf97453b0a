//! Integers in memory, floats and characters (CanonicalABI.md, "Loading" and "Storing").
//!
//! A NaN has no sign and no payload once it is lifted. What it is lowered as is the host's choice; ours is the one of
//! the deterministic profile, the canonical NaN.

use super::Context;
use spawndiff_observation::Trap;
use std::ops::Range;

const CANONICAL_FLOAT32_NAN: u32 = 0x7fc0_0000;
const CANONICAL_FLOAT64_NAN: u64 = 0x7ff8_0000_0000_0000;

/// `canonicalize_nan32`, and `maybe_scramble_nan32` of the deterministic profile; on the bits of the float.
pub(super) fn canonicalize_nan32(bits: u32) -> u32 {
    if f32::from_bits(bits).is_nan() {
        CANONICAL_FLOAT32_NAN
    } else {
        bits
    }
}

/// `canonicalize_nan64`, and `maybe_scramble_nan64` of the deterministic profile; on the bits of the float.
pub(super) fn canonicalize_nan64(bits: u64) -> u64 {
    if f64::from_bits(bits).is_nan() {
        CANONICAL_FLOAT64_NAN
    } else {
        bits
    }
}

/// `convert_i32_to_char`.
pub(super) fn convert_i32_to_char(i: u32) -> Result<char, Trap> {
    // A Rust `char` is a Unicode scalar value: below 0x110000, and no surrogate.
    char::from_u32(i).ok_or(Trap::InvalidChar)
}

/// The place of `byte_length` bytes at `ptr` in a memory of `len` bytes. `None`: it is out of bounds.
pub(super) fn range(len: usize, ptr: u64, byte_length: u64) -> Option<Range<usize>> {
    let end = ptr.checked_add(byte_length)?;
    let (start, end) = (usize::try_from(ptr).ok()?, usize::try_from(end).ok()?);
    (end <= len).then_some(start..end)
}

/// `ptr + byte_length <= len(cx.opts.memory)`.
pub(super) fn in_bounds<C: Context>(cx: &C, ptr: u64, byte_length: u64) -> bool {
    range(cx.memory().len(), ptr, byte_length).is_some()
}

/// `ptr == align_to(ptr, alignment)`.
pub(super) fn is_aligned(ptr: u64, alignment: u64) -> bool {
    ptr.is_multiple_of(alignment)
}

/// The bytes of the memory from `ptr`. The specification has checked them before; a trap, should they not be there.
pub(super) fn bytes<C: Context>(cx: &C, ptr: u64, byte_length: u64) -> Result<&[u8], Trap> {
    let memory = cx.memory();
    let range = range(memory.len(), ptr, byte_length).ok_or(Trap::MemoryOutOfBounds)?;
    Ok(&memory[range])
}

/// Writes the bytes from `ptr`. The specification has checked the place before; a trap, should it not be there.
pub(super) fn write<C: Context>(cx: &mut C, ptr: u64, bytes: &[u8]) -> Result<(), Trap> {
    let memory = cx.memory_mut();
    let range = range(memory.len(), ptr, bytes.len() as u64).ok_or(Trap::MemoryOutOfBounds)?;
    memory[range].copy_from_slice(bytes);
    Ok(())
}

/// `load_int`, unsigned. At most eight bytes.
pub(super) fn load_int<C: Context>(cx: &C, ptr: u64, nbytes: u64) -> Result<u64, Trap> {
    let little_endian = |value, byte: &u8| (value << 8) | u64::from(*byte);
    Ok(bytes(cx, ptr, nbytes)?.iter().rev().fold(0, little_endian))
}

/// `store_int`: the low `nbytes` of `v`. At most eight bytes.
pub(super) fn store_int<C: Context>(cx: &mut C, v: u64, ptr: u64, nbytes: u64) -> Result<(), Trap> {
    write(cx, ptr, &v.to_le_bytes()[..nbytes.min(8) as usize])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_nan_becomes_the_canonical_one_and_nothing_else_changes() {
        for nan in [0x7f80_0001, 0x7fff_ffff, 0xff80_0001, 0xffc0_0000] {
            assert_eq!(canonicalize_nan32(nan), CANONICAL_FLOAT32_NAN);
        }
        for bits in [0, 0x8000_0000, 0x7f80_0000, 0xff80_0000, 0x3f80_0000, 1] {
            assert_eq!(canonicalize_nan32(bits), bits);
        }
        for nan in [0x7ff0_0000_0000_0001, u64::MAX] {
            assert_eq!(canonicalize_nan64(nan), CANONICAL_FLOAT64_NAN);
        }
        for bits in [0, 1 << 63, 0x7ff0_0000_0000_0000, 0xfff0_0000_0000_0000] {
            assert_eq!(canonicalize_nan64(bits), bits);
        }
    }

    #[test]
    fn a_surrogate_and_a_number_past_the_last_char_trap() {
        for i in [0xd800, 0xdbff, 0xdc00, 0xdfff, 0x11_0000, u32::MAX] {
            assert_eq!(convert_i32_to_char(i), Err(Trap::InvalidChar));
        }
        assert_eq!(convert_i32_to_char(0xd7ff), Ok('\u{d7ff}'));
        assert_eq!(convert_i32_to_char(0xe000), Ok('\u{e000}'));
        assert_eq!(convert_i32_to_char(0x10_ffff), Ok('\u{10ffff}'));
    }

    #[test]
    fn a_range_ends_at_the_end_of_the_memory_at_the_latest() {
        assert_eq!(range(8, 8, 0), Some(8..8));
        assert_eq!(range(8, 4, 4), Some(4..8));
        assert_eq!(range(8, 9, 0), None);
        assert_eq!(range(8, 4, 5), None);
        assert_eq!(range(8, u64::MAX, 2), None);
    }
}
