//! A seed made into bytes: SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators"), so that a
//! seed means the same case on every machine and with every version of every dependency.

use crate::limits::SEED_BYTES;

/// The state of the generator.
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// The bytes of the case `index` of the campaign `seed`.
pub(crate) fn bytes(seed: u64, index: u64) -> Vec<u8> {
    // Two rounds, so that neighbouring seeds and indices do not give shifted copies of one stream.
    let base = SplitMix64(seed).next();
    noise(SplitMix64(base ^ index).next(), SEED_BYTES)
}

/// `length` bytes that only depend on `seed`. The length is a multiple of 8.
pub(crate) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut rng = SplitMix64(seed);
    (0..length / 8)
        .flat_map(|_| rng.next().to_le_bytes())
        .collect()
}
