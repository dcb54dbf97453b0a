//! Does what the target `threads` does, with cases of up to four component instances.

#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use spawndiff_fuzz::{case, expect_agreement, mutate_runs_mostly};
use spawndiff_generators::MAX_INSTANCES;

fuzz_target!(|data: &[u8]| expect_agreement("instances", &case(data, MAX_INSTANCES)));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate_runs_mostly(data, size, max_size, seed, fuzzer_mutate)
});
