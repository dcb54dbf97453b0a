//! Coverage-guided: bytes to a case of one component instance, the case to both engines, a divergence is a panic with the case
//! as text. What there is to do with one instance is found much sooner without the others: `instances` has them all.

#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use spawndiff_fuzz::{case, expect_agreement, mutate_runs_mostly};

fuzz_target!(|data: &[u8]| expect_agreement("threads", &case(data, 1)));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate_runs_mostly(data, size, max_size, seed, fuzzer_mutate)
});
