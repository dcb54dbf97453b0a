//! A coverage-guided target: it makes bytes into a case of one component instance and gives the case to both engines; a
//! divergence is a panic with the case as text. The things that one instance can do are found much sooner without other
//! instances: the target `instances` has them all.

#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use spawndiff_fuzz::{case, expect_agreement, mutate_runs_mostly};

fuzz_target!(|data: &[u8]| expect_agreement("threads", &case(data, 1)));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate_runs_mostly(data, size, max_size, seed, fuzzer_mutate)
});
