//! The mix that the generator's golden hashes are of is the one of campaigns on Wasmtime.

mod mix;
#[path = "../generators/tests/tuned/mod.rs"]
mod tuned;

use spawndiff_engines::wasmtime::SELDOM;

#[test]
fn the_generators_tests_draw_from_the_mix_of_campaigns() {
    let seldom: Vec<_> = SELDOM
        .iter()
        .map(|it| (it.weight, it.value, it.because))
        .collect();
    assert_eq!(tuned::TUNED, seldom);
    assert_eq!(tuned::mix(3), mix::mix(3));
}
