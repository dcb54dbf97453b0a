//! The observation of a case on an engine, and the traits by which others know an engine. Nothing here knows any particular engine.
//!
//! An [`Observation`] is what any engine did with a [`spawndiff_corpus::Case`]; [`Trap`] and [`Builtin`] name what happened
//! there in one way for all engines. [`Engine`] is an engine that runs cases, and [`scripts::ScriptEngine`] one that runs the
//! test scripts of others. An engine may be a program of its own, which is asked over the [`wire`].
//!
//! ```
//! use spawndiff_observation::{End, Trap};
//!
//! assert_eq!(End::Trap(Trap::CannotBlock).to_string(), "trap cannot-block");
//! ```

#![warn(missing_docs)]

mod builtin;
mod component_cache;
mod engine;
mod observation;
pub mod scripts;
mod trap;
pub mod wire;

pub use builtin::{Builtin, Ending};
pub use component_cache::ComponentCache;
pub use engine::{About, Engine, Family, Identity, Listed, MayMean, Outcome, Seldom};
pub use observation::{End, Exhaustion, InvocationObservation, Observation, RunObservation};
pub use trap::Trap;

/// The answer of `thread.available-parallelism` where an engine leaves the choice to its host. The specification only says that
/// this answer does not change over the life of an instance (CanonicalABI.md, `NUM_ALLOWED_THREADS`).
pub const NUM_ALLOWED_THREADS: u32 = 4;
