//! Strings from every encoding to every other.

use super::*;
use crate::abi::value::SourceEncoding;
use spawndiff_observation::Trap;

pub(super) const SOURCES: [SourceEncoding; 4] = [
    SourceEncoding::Utf8,
    SourceEncoding::Utf16,
    SourceEncoding::Latin1,
    SourceEncoding::TaggedUtf16,
];

/// Empty, ASCII, Latin-1, the basic plane, beyond it, and mixtures.
const TEXTS: [&str; 11] = [
    "",
    "a",
    "abc",
    "é",
    "aéb",
    "☃",
    "ab☃",
    "é☃",
    "🍰",
    "a🍰é",
    "a\u{d7ff}\u{e000}\u{10ffff}\0",
];

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// The bytes of a text, if it can be written so; and its code units, with the tag.
fn encoded(text: &str, source: SourceEncoding, wide: bool) -> Option<(Vec<u8>, u64)> {
    let tag = if wide { 1 << 63 } else { 1 << 31 };
    let units = text.encode_utf16().count() as u64;
    match source {
        SourceEncoding::Utf8 => Some((text.into(), text.len() as u64)),
        SourceEncoding::Utf16 => Some((utf16(text), units)),
        SourceEncoding::TaggedUtf16 => Some((utf16(text), units | tag)),
        SourceEncoding::Latin1 => {
            let bytes: Result<Vec<_>, _> = text.chars().map(u8::try_from).collect();
            Some((bytes.ok()?, units))
        }
    }
}

fn encoding(source: SourceEncoding) -> StringEncoding {
    match source {
        SourceEncoding::Utf8 => StringEncoding::Utf8,
        SourceEncoding::Utf16 => StringEncoding::Utf16,
        SourceEncoding::Latin1 | SourceEncoding::TaggedUtf16 => StringEncoding::Latin1Utf16,
    }
}

/// Lifts the bytes, which have this many code units, from a memory.
fn lift(options: (StringEncoding, bool), bytes: &[u8], units: u64) -> Result<LiftedString, Stop> {
    let mut cx = Mock::new(options);
    cx.memory.truncate(16);
    cx.memory.extend(bytes);
    load_string_from_range(&mut cx, 16, units)
}

/// A text that was lifted from a memory where it was encoded so; `None` if it cannot be.
pub(super) fn lifted(text: &str, source: SourceEncoding, wide: bool) -> Option<LiftedString> {
    let (bytes, units) = encoded(text, source, wide)?;
    Some(lift((encoding(source), wide), &bytes, units).expect("the text is well-formed"))
}

#[test]
fn a_string_is_lifted_from_every_encoding() {
    for text in TEXTS {
        for source in SOURCES {
            for wide in [false, true] {
                let Some(string) = lifted(text, source, wide) else {
                    assert_eq!(source, SourceEncoding::Latin1);
                    continue;
                };
                assert_eq!(string.text(), text);
                assert_eq!(string.source(), source);
            }
        }
    }
}

#[test]
fn a_string_is_stored_in_every_encoding_whatever_it_was_before() {
    let mut stored = 0;
    for text in TEXTS {
        for source in SOURCES {
            for (from_wide, options) in options().flat_map(|o| [(false, o), (true, o)]) {
                let Some(string) = lifted(text, source, from_wide) else {
                    continue;
                };
                let mut cx = Mock::new(options);
                store_string(&mut cx, &string, 0).unwrap();
                let size = ptr_size(options.1) as usize;
                let int = |at: usize| {
                    let mut bytes = [0; 8];
                    bytes[..size].copy_from_slice(&cx.memory[at..at + size]);
                    u64::from_le_bytes(bytes)
                };
                let (ptr, units) = (int(0) as usize, int(size));
                let latin1 = text.chars().all(|c| c <= '\u{ff}');
                let target = match options.0 {
                    StringEncoding::Utf8 => SourceEncoding::Utf8,
                    StringEncoding::Utf16 => SourceEncoding::Utf16,
                    StringEncoding::Latin1Utf16 if latin1 => SourceEncoding::Latin1,
                    StringEncoding::Latin1Utf16 => SourceEncoding::TaggedUtf16,
                };
                let (bytes, expected) = encoded(text, target, options.1).unwrap();
                assert_eq!(units, expected, "{text} {source:?} {options:?}");
                assert_eq!(
                    &cx.memory[ptr..ptr + bytes.len()],
                    bytes,
                    "{text} {source:?}"
                );
                let again = load_string_from_range(&mut cx, ptr as u64, units).unwrap();
                assert_eq!(again.text(), text);
                stored += 1;
            }
        }
    }
    // Of eleven texts, five are Latin-1.
    assert_eq!(stored, 12 * (3 * 11 + 5));
}

#[test]
fn a_surrogate_without_its_other_half_traps() {
    let cases: [&[u16]; 5] = [
        &[0xd800],
        &[0xdc00],
        &[0xd83c, 0x61],
        &[0xdf70, 0xd83c],
        &[0x61, 0xd83c],
    ];
    for units in cases {
        let bytes: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let count = units.len() as u64;
        let invalid = Err(Stop::Trap(Trap::InvalidUtf16));
        for wide in [false, true] {
            assert_eq!(lift((StringEncoding::Utf16, wide), &bytes, count), invalid);
            let tagged = count | if wide { 1 << 63 } else { 1 << 31 };
            assert_eq!(
                lift((StringEncoding::Latin1Utf16, wide), &bytes, tagged),
                invalid
            );
        }
        // As Latin-1, these bytes are a string all the same.
        let latin1 = lift(
            (StringEncoding::Latin1Utf16, false),
            &bytes,
            bytes.len() as u64,
        );
        assert!(latin1.is_ok());
    }
}

#[test]
fn bytes_that_are_no_utf_8_trap() {
    let cases: [&[u8]; 8] = [
        &[0xff],
        &[0x80],
        &[0xc3],
        &[0xc3, 0x28],
        // Longer than need be, a surrogate, past the last character, cut off.
        &[0xc0, 0x80],
        &[0xed, 0xa0, 0x80],
        &[0xf4, 0x90, 0x80, 0x80],
        &[0xf0, 0x9f, 0x8d],
    ];
    for bytes in cases {
        assert_eq!(
            lift((StringEncoding::Utf8, false), bytes, bytes.len() as u64),
            Err(Stop::Trap(Trap::InvalidUtf8)),
            "{bytes:x?}"
        );
    }
}

#[test]
fn the_bytes_of_a_string_are_checked_after_its_bounds() {
    let mut cx = Mock::new((StringEncoding::Utf8, false));
    cx.memory.fill(0xff);
    let out_of_bounds = Err(Stop::Trap(Trap::StringOutOfBounds));
    assert_eq!(load_string_from_range(&mut cx, 63, 2), out_of_bounds);
    assert_eq!(load_string_from_range(&mut cx, 65, 0), out_of_bounds);
    assert!(load_string_from_range(&mut cx, 64, 0).is_ok());
    assert_eq!(
        load_string_from_range(&mut cx, 63, 1),
        Err(Stop::Trap(Trap::InvalidUtf8))
    );
}
