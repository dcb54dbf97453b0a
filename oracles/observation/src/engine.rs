//! An engine as those who judge it know it: what it is called, and what it makes of a case.

use crate::{Observation, Trap};
use spawndiff_corpus::Case;
use std::fmt;

/// Which engine it is. Two engines with the same identity do the same with every case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// The name of the program, such as `wasmtime`. Known divergences are listed by it.
    pub family: String,
    /// Its release, as its makers write it, such as `48.0.8`.
    pub version: String,
    /// In which of its ways it runs, such as `winch`: what the command line calls it.
    pub configuration: String,
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.configuration)
    }
}

/// An engine in all its releases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family {
    /// Its name, as in [`Identity::family`].
    pub name: &'static str,
    /// Every release that is known of, as in [`Identity::version`], whether a build has it or not; the oldest first.
    pub versions: Vec<&'static str>,
    /// What is to be drawn less often for it.
    pub seldom: &'static [Seldom],
}

/// Something that is to be drawn less often for an engine: too many cases would show one known divergence, and little else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seldom {
    /// The name of the weight, as the generator has it.
    pub weight: &'static str,
    /// Its value.
    pub value: u32,
    /// The known divergence that asks for it.
    pub because: &'static str,
}

/// What became of a case on an engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It ran.
    Observed(Observation),
    /// The component was refused, or the case does not fit it: the message, on one line.
    Rejected(String),
    /// The component has something that this engine lacks: what.
    Unsupported(String),
    /// The engine panicked.
    Crashed {
        /// The panic's place and message.
        message: String,
        /// What was seen until then.
        observed: Observation,
    },
    /// The engine failed with an error that is in no table of its adapter.
    Unmapped {
        /// The error, on one line.
        message: String,
        /// What was seen until then.
        observed: Observation,
    },
}

/// Whether an engine that gives one kind of trap (the first) may mean another one (the second), because its messages do not tell
/// them apart.
pub type MayMean = fn(Trap, Trap) -> bool;

/// An engine that runs cases. It may be shared by any number of threads.
pub trait Engine: Send + Sync {
    /// Which one it is.
    fn identity(&self) -> Identity;

    /// Compiles the case's component and makes its runs. Never panics, whatever the case holds.
    fn observe(&self, case: &Case) -> Outcome;

    /// Which traps it does not tell apart. Without a word of it: none.
    fn may_mean(&self) -> MayMean {
        |given, meant| given == meant
    }

    /// How many compiled components it keeps, for a fuzzer that tries many runs of one component.
    fn components(&self) -> usize {
        0
    }
}
