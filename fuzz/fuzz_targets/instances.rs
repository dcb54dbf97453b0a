//! As the target `threads`, with cases of up to four component instances.

#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use spawndiff_fuzz::{expect_agreement, mutate_runs_mostly};

fuzz_target!(|data: &[u8]| expect_agreement(&spawndiff_generators::case_from_bytes(data)));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate_runs_mostly(data, size, max_size, seed, fuzzer_mutate)
});
