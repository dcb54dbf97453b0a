//! Which calls of `realloc` a string needs, and what lies in the memory at each of them.

use super::strings::lifted;
use super::*;
use crate::abi::value::SourceEncoding::{self, Latin1, TaggedUtf16, Utf8, Utf16};
use spawndiff_observation::Trap;

/// The lengths of a `realloc`: alignment, and the old and the new number of bytes.
type Lengths = (u64, u64, u64);

/// Stores a text that was encoded as `source`; the calls, and the code units without their tag.
fn calls(text: &str, source: SourceEncoding, target: StringEncoding) -> (Vec<Call>, u64) {
    let string = lifted(text, source, false).expect("the text can be encoded so");
    let mut cx = Mock::new((target, false));
    store_string(&mut cx, &string, 0).unwrap();
    let units = u32::from_le_bytes([4, 5, 6, 7].map(|i| cx.memory[i]));
    (cx.calls, (units & !(1 << 31)).into())
}

#[track_caller]
fn calls_are(
    text: &str,
    source: SourceEncoding,
    target: StringEncoding,
    expected: &[Lengths],
    code_units: u64,
) {
    let (calls, units) = calls(text, source, target);
    let lengths: Vec<Lengths> = calls.iter().map(|call| (call.2, call.1, call.3)).collect();
    assert_eq!(lengths, expected);
    assert_eq!(units, code_units);
    assert_eq!(calls[0].0, 0);
    // Each goes on with what the one before it returned: the mock gives one block after the other.
    let mut ptr = 16_u64;
    for pair in calls.windows(2) {
        ptr = ptr.next_multiple_of(pair[0].2);
        assert_eq!(pair[1].0, ptr);
        ptr += pair[0].3;
    }
}

#[test]
fn a_copy_is_one_allocation_of_the_exact_size() {
    use StringEncoding as To;
    for text in ["", "abc", "aé"] {
        let (bytes, units) = (text.len() as u64, text.encode_utf16().count() as u64);
        calls_are(text, Utf8, To::Utf8, &[(1, 0, bytes)], bytes);
        calls_are(text, Utf16, To::Utf16, &[(2, 0, 2 * units)], units);
        calls_are(text, TaggedUtf16, To::Utf16, &[(2, 0, 2 * units)], units);
        calls_are(text, Latin1, To::Utf16, &[(2, 0, 2 * units)], units);
        calls_are(text, Latin1, To::Latin1Utf16, &[(2, 0, units)], units);
    }
    calls_are("a☃🍰", Utf8, To::Utf8, &[(1, 0, 8)], 8);
    calls_are("a☃🍰", Utf16, To::Utf16, &[(2, 0, 8)], 4);
}

#[test]
fn to_utf_8_begins_with_ascii_goes_on_with_the_worst_case_and_ends_exactly() {
    let to = StringEncoding::Utf8;
    for source in [Utf16, TaggedUtf16] {
        calls_are("", source, to, &[(1, 0, 0)], 0);
        calls_are("abc", source, to, &[(1, 0, 3)], 3);
        calls_are("aé☃", source, to, &[(1, 0, 3), (1, 3, 9), (1, 9, 6)], 6);
        calls_are("🍰", source, to, &[(1, 0, 2), (1, 2, 6), (1, 6, 4)], 4);
        // The worst case is not made smaller where it comes true.
        calls_are("☃☃", source, to, &[(1, 0, 2), (1, 2, 6)], 6);
    }
    calls_are("abc", Latin1, to, &[(1, 0, 3)], 3);
    calls_are("aé", Latin1, to, &[(1, 0, 2), (1, 2, 4), (1, 4, 3)], 3);
    calls_are("éé", Latin1, to, &[(1, 0, 2), (1, 2, 4)], 4);
}

#[test]
fn from_utf_8_to_utf_16_begins_with_the_worst_case_and_ends_exactly() {
    let to = StringEncoding::Utf16;
    calls_are("", Utf8, to, &[(2, 0, 0)], 0);
    calls_are("abc", Utf8, to, &[(2, 0, 6)], 3);
    calls_are("aé", Utf8, to, &[(2, 0, 6), (2, 6, 4)], 2);
    calls_are("🍰", Utf8, to, &[(2, 0, 8), (2, 8, 4)], 2);
}

#[test]
fn to_latin_1_or_utf_16_begins_with_latin_1() {
    let to = StringEncoding::Latin1Utf16;
    calls_are("", Utf8, to, &[(2, 0, 0)], 0);
    calls_are("abc", Utf8, to, &[(2, 0, 3)], 3);
    calls_are("aé", Utf8, to, &[(2, 0, 3), (2, 3, 2)], 2);
    calls_are("a☃", Utf8, to, &[(2, 0, 4), (2, 4, 8), (2, 8, 4)], 2);
    calls_are("", Utf16, to, &[(2, 0, 0)], 0);
    calls_are("aé", Utf16, to, &[(2, 0, 2)], 2);
    calls_are("é☃", Utf16, to, &[(2, 0, 2), (2, 2, 4)], 2);
    calls_are("a🍰", Utf16, to, &[(2, 0, 3), (2, 3, 6)], 3);
}

#[test]
fn what_was_tagged_as_utf_16_stays_so_unless_it_is_latin_1() {
    let to = StringEncoding::Latin1Utf16;
    calls_are("a☃", TaggedUtf16, to, &[(2, 0, 4)], 2);
    calls_are("aé", TaggedUtf16, to, &[(2, 0, 4), (1, 4, 2)], 2);
    calls_are("", TaggedUtf16, to, &[(2, 0, 0), (1, 0, 0)], 0);
}

#[test]
fn what_was_written_before_a_realloc_is_left_to_it() {
    // The second call returns another place and moves nothing; the third stays there.
    let mut cx = Mock::new((StringEncoding::Utf8, false));
    cx.returns.extend([16, 32, 32]);
    let string = lifted("ab☃☃☃☃", Utf16, false).unwrap();
    store_string(&mut cx, &string, 0).unwrap();
    assert_eq!(cx.memory[16..19], *b"ab\xaa");
    assert_eq!(cx.memory[32..35], *b"\xaa\xaa\xe2");

    let mut cx = Mock::new((StringEncoding::Latin1Utf16, false));
    cx.returns.extend([16, 32]);
    let string = lifted("ab☃", Utf16, false).unwrap();
    store_string(&mut cx, &string, 0).unwrap();
    assert_eq!(cx.memory[16..19], *b"ab\xaa");
    assert_eq!(cx.memory[32..38], [0xaa, 0, 0xaa, 0, 0x03, 0x26]);
}

#[test]
fn every_realloc_of_a_string_is_checked() {
    let aligned_twice = [
        ("aé☃", Utf8, StringEncoding::Latin1Utf16),
        ("é☃", Utf16, StringEncoding::Latin1Utf16),
        ("aé", Utf8, StringEncoding::Utf16),
        ("aé", Utf8, StringEncoding::Latin1Utf16),
    ];
    for (text, source, target) in aligned_twice {
        let string = lifted(text, source, false).unwrap();
        let (calls, _) = calls(text, source, target);
        for wrong in 0..calls.len() {
            for (ptr, trap) in [(17, Trap::UnalignedPointer), (66, Trap::StringOutOfBounds)] {
                let mut cx = Mock::new((target, false));
                cx.returns
                    .extend(std::iter::repeat_n(16, wrong).chain([ptr]));
                assert_eq!(
                    store_string(&mut cx, &string, 0),
                    Err(Stop::Trap(trap)),
                    "{text} {source:?} {wrong}"
                );
                assert_eq!(cx.calls.len(), wrong + 1);
            }
        }
    }
    // One byte is always aligned.
    for (text, source, target) in [
        ("aé☃", Utf16, StringEncoding::Utf8),
        ("aé", Latin1, StringEncoding::Utf8),
        ("aé", TaggedUtf16, StringEncoding::Latin1Utf16),
    ] {
        let string = lifted(text, source, false).unwrap();
        let (calls, _) = calls(text, source, target);
        for wrong in 1..calls.len() {
            let store = |ptr| {
                let mut cx = Mock::new((target, false));
                cx.returns
                    .extend(std::iter::repeat_n(16, wrong).chain([ptr]));
                store_string(&mut cx, &string, 0)
            };
            assert_eq!(store(17), Ok(()));
            assert_eq!(store(65), Err(Stop::Trap(Trap::StringOutOfBounds)));
        }
    }
}

#[test]
fn a_string_that_is_none_may_have_asked_for_its_worst_case() {
    use StringEncoding as To;
    let surrogate: &[u8] = b"a\x00\x00\xd8";
    let tagged = 2 | (1 << 31);
    type Case<'a> = (To, &'a [u8], u64, To, &'a [Lengths]);
    let cases: &[Case<'_>] = &[
        (To::Utf8, b"a\xff", 2, To::Utf8, &[(1, 0, 2)]),
        (To::Utf8, b"a\xff", 2, To::Utf16, &[(2, 0, 4)]),
        (
            To::Utf8,
            b"a\xff",
            2,
            To::Latin1Utf16,
            &[(2, 0, 2), (2, 2, 4)],
        ),
        (To::Utf16, surrogate, 2, To::Utf8, &[(1, 0, 2), (1, 2, 6)]),
        (To::Utf16, surrogate, 2, To::Utf16, &[(2, 0, 4)]),
        (
            To::Utf16,
            surrogate,
            2,
            To::Latin1Utf16,
            &[(2, 0, 2), (2, 2, 4)],
        ),
        (
            To::Latin1Utf16,
            surrogate,
            tagged,
            To::Utf8,
            &[(1, 0, 2), (1, 2, 6)],
        ),
        (
            To::Latin1Utf16,
            surrogate,
            tagged,
            To::Latin1Utf16,
            &[(2, 0, 4)],
        ),
    ];
    for &(from, bytes, units, to, expected) in cases {
        let mut cx = Mock::new((from, false));
        cx.memory[16..16 + bytes.len()].copy_from_slice(bytes);
        assert!(load_string_from_range(&mut cx, 16, units).is_err());
        cx.encoding = to;
        let stops = lowering_stops(&mut cx, MAX_FLAT_PARAMS, &[ValType::String], None, true);
        assert_eq!(stops, []);
        let lengths = cx.calls.iter().map(|call| (call.2, call.1, call.3));
        let mut lengths: Vec<Lengths> = lengths.collect();
        // That is for a string of which nothing is known.
        lengths.pop();
        assert_eq!(lengths, expected, "{from:?} {to:?}");
    }
}

#[test]
fn a_string_that_was_lifted_before_is_stored_as_it_is() {
    let mut cx = Mock::new((StringEncoding::Utf8, false));
    cx.memory[16..20].copy_from_slice("a☃".as_bytes());
    assert!(load_string_from_range(&mut cx, 16, 4).is_ok());
    cx.encoding = StringEncoding::Latin1Utf16;
    // The last of its three places is beyond the memory.
    cx.returns.extend([16, 16, 1 << 30]);
    let stops = lowering_stops(&mut cx, MAX_FLAT_PARAMS, &[ValType::String], None, true);
    assert_eq!(stops, [Stop::Trap(Trap::StringOutOfBounds)]);
    assert_eq!(cx.calls.len(), 4);
}
