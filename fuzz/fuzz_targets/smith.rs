//! Does what the target `instances` does, with code that wasm-smith makes of the second half of the bytes. All bytes are mutated
//! alike: most of them are code.

#![no_main]

use libfuzzer_sys::fuzz_target;
use spawndiff_fuzz::{case_with_smith, expect_agreement};

fuzz_target!(|data: &[u8]| expect_agreement("smith", &case_with_smith(data)));
