//! Engines that run cases, each through its own public interface. What is engine-specific (how it is configured, what has to be
//! lowered for it, how its error texts read, which releases there are) is here and nowhere else.
//!
//! [`wasmtime`] is the only family so far. This crate knows nothing of the reference: the two meet in an
//! [`spawndiff_observation::Observation`].

#![warn(missing_docs)]

use spawndiff_observation::Family;

pub mod wasmtime;

/// Every family, with the releases that this crate has an adapter for, whether this build has them or not.
pub fn families() -> Vec<Family> {
    let versions = wasmtime::Release::all().map(wasmtime::Release::version);
    vec![Family {
        name: wasmtime::FAMILY,
        versions: versions.collect(),
        seldom: wasmtime::SELDOM,
    }]
}
