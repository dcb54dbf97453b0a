//! What is seen of a case on an engine, and what an engine is to those who look at it. Nothing here knows an engine.
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
mod engine;
mod kept;
mod observation;
pub mod scripts;
mod trap;
pub mod wire;

pub use builtin::{Builtin, Ending};
pub use engine::{About, Engine, Family, Identity, Listed, MayMean, Outcome, Seldom};
pub use kept::Kept;
pub use observation::{End, Exhaustion, InvocationObservation, Observation, RunObservation};
pub use trap::Trap;

/// What `thread.available-parallelism` answers where an engine leaves the choice to its host: the specification only
/// says that it does not change over the life of an instance (CanonicalABI.md, `NUM_ALLOWED_THREADS`).
pub const NUM_ALLOWED_THREADS: u32 = 4;
