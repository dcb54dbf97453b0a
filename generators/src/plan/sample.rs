//! The strings that code passes: they are samples that lie in the memory of every instance through which strings pass.

use super::value::Encoding;
use crate::limits::SAMPLES_ADDRESS;

/// The strings that are samples in every encoding. After the last of them comes a sample that is no string: see
/// [`invalid`].
const SAMPLES: [&str; 5] = ["a", "", "hello", "é", "日本🦀"];

/// More samples, which are lowered in more than one step. After the last of them comes a sample that is no string in any
/// encoding, and shows it only behind a character that is not Latin-1.
const STEPS: [&str; 2] = ["h\u{e9}", "a\u{e9}日🦀"];

/// The numbers of the samples of [`STEPS`] and of the broken sample that follows them.
pub(crate) const STEPPED: std::ops::RangeInclusive<usize> = 1_000_003..=1_000_003 + STEPS.len();

/// Lengths of the lists of bytes, which begin where the strings do.
const LISTS: [u32; 4] = [1, 0, 7, 33];

/// Marks a string of UTF-16 in the encoding `latin1+utf16`.
const UTF16_TAG: u32 = 1 << 31;

/// A sample in this encoding, and its length. If it is `widened`, the encoding `latin1+utf16` holds it as UTF-16 in any
/// case.
fn bytes(encoding: Encoding, sample: &str, widened: bool) -> (Vec<u8>, u32) {
    let utf16 = |tag| {
        let bytes: Vec<u8> = sample.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let units = bytes.len() as u32 / 2;
        (bytes, units | tag)
    };
    match encoding {
        Encoding::Utf8 => (sample.as_bytes().to_vec(), sample.len() as u32),
        Encoding::Utf16 => utf16(0),
        Encoding::Latin1Utf16 => {
            let latin1: Result<Vec<u8>, _> = sample.chars().map(u8::try_from).collect();
            match latin1 {
                Ok(bytes) if !widened => {
                    let length = bytes.len() as u32;
                    (bytes, length)
                }
                _ => utf16(UTF16_TAG),
            }
        }
    }
}

/// Bytes that are no string in this encoding, and their length: a byte that UTF-8 has not, or a lone surrogate.
fn invalid(encoding: Encoding) -> (Vec<u8>, u32) {
    match encoding {
        Encoding::Utf8 => (vec![0xff], 1),
        Encoding::Utf16 => (vec![0x00, 0xd8], 1),
        Encoding::Latin1Utf16 => (vec![0x00, 0xd8], 1 | UTF16_TAG),
    }
}

fn all(encoding: Encoding) -> impl Iterator<Item = (Vec<u8>, u32)> {
    let (wide, length) = bytes(encoding, "日", true);
    let (none, units) = invalid(encoding);
    let broken = ([wide, none.clone()].concat(), length + (units & !UTF16_TAG));
    let valid = SAMPLES
        .iter()
        .map(move |sample| bytes(encoding, sample, false));
    let steps = STEPS.iter().map(move |step| bytes(encoding, step, true));
    valid.chain([(none, units)]).chain(steps).chain([broken])
}

/// How far apart the samples lie.
const STRIDE: u32 = 16;

/// The bytes from [`SAMPLES_ADDRESS`] on.
pub(crate) fn data(encoding: Encoding) -> Vec<u8> {
    all(encoding)
        .flat_map(|(mut bytes, _)| {
            bytes.resize(STRIDE as usize, b'.');
            bytes
        })
        .collect()
}

/// The number of the sample that is no string.
pub(crate) const INVALID: usize = SAMPLES.len();

/// The address and length of a string.
pub(crate) fn string(encoding: Encoding, sample: usize) -> (u32, u32) {
    let sample = match STEPPED.contains(&sample) {
        true => INVALID + 1 + (sample - STEPPED.start()),
        false => sample % (INVALID + 1),
    };
    let (_, length) = all(encoding).nth(sample).expect("there are so many");
    (SAMPLES_ADDRESS + STRIDE * sample as u32, length)
}

/// The address and length of a list of bytes.
pub(crate) fn list(sample: usize) -> (u32, u32) {
    (SAMPLES_ADDRESS, LISTS[sample % LISTS.len()])
}
