//! Coverage-guided: bytes to a case, the case to both engines, a divergence is a panic with the case as text.

#![no_main]

use libfuzzer_sys::fuzz_target;
use spawndiff_fuzz::expect_agreement;

fuzz_target!(|data: &[u8]| expect_agreement(&spawndiff_generators::case_from_bytes(data)));
