//! The mix that the generator's golden hashes are of is the one of campaigns on Wasmtime.

mod mix;
#[path = "../generators/tests/tuned/mod.rs"]
mod tuned;

use spawndiff_engines::wasmtime::SELDOM;
use spawndiff_generators::{Mix, case_from_seed_with};

#[test]
fn the_generators_tests_draw_from_the_mix_of_campaigns() {
    let seldom: Vec<_> = SELDOM
        .iter()
        .map(|it| (it.weight, it.value, it.because))
        .collect();
    assert_eq!(tuned::TUNED, seldom);
    let newest = tuned::mix(*Mix::NUMBERS.end(), 3);
    let case = case_from_seed_with(1, 2, newest);
    assert_eq!(case, mix::case(1, 2, 3));
}
