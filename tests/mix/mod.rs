//! The mix that the tests draw from: that of campaigns on Wasmtime.

use spawndiff_corpus::Case;
use spawndiff_engines::wasmtime::SELDOM;
use spawndiff_generators::{Mix, case_from_seed_with};

/// That mix, with at most so many instances.
pub fn mix(instances: usize) -> Mix {
    let all = SELDOM.iter().map(|it| (it.weight, it.value));
    Mix::of(instances).with_all(all)
}

/// The case of a seed with this number, of at most so many instances.
pub fn case(seed: u64, index: u64, instances: usize) -> Case {
    case_from_seed_with(seed, index, mix(instances))
}
