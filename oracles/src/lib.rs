//! Case -> verdict: two engines that run a case, and the comparison of what they did.
//!
//! [`native`] is Wasmtime; [`mod@reference`] is the Canonical ABI written from the specification, on wasmi. The two never
//! import each other: they share a [`spawndiff_corpus::Case`], an [`Observation`] and a [`Trap`], and that is all; and, for the
//! test scripts of others, the trait of [`scripts`].

#![warn(missing_docs)]

mod judge;
mod kept;
mod observation;
mod signature;
mod trap;

pub mod claims;
pub mod compare;
pub mod known;
pub mod native;
pub mod readings;
pub mod reference;
pub mod schedules;
pub mod scripts;

pub use judge::{BUDGET, Divergence, Judge, Judgement, Verdict};
pub use observation::{End, Exhaustion, InvocationObservation, Observation, RunObservation};
pub use signature::Signature;
pub use trap::Trap;

/// What `thread.available-parallelism` answers where an engine leaves the choice to its host: the specification only
/// says that it does not change over the life of an instance (CanonicalABI.md, `NUM_ALLOWED_THREADS`).
pub const NUM_ALLOWED_THREADS: u32 = 4;
