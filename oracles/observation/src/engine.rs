//! An engine as those know it who judge, report and shrink: what it is called, what it makes of a case, and what has to be known of it
//! to hold that against the specification. Nothing else of an engine is known to them.

use crate::scripts::AnySession;
use crate::{End, Observation, Trap};
use serde::{Deserialize, Serialize};
use spawndiff_corpus::Case;
use std::fmt;

/// Which engine it is. Two engines with the same identity do the same with every case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// The name of the program, such as `wasmtime`. Known divergences are listed by it.
    pub family: String,
    /// Its release, as its makers write it, such as `48.0.8`.
    pub version: String,
    /// In which of its ways it runs, such as `winch`: what the command line calls it.
    pub configuration: String,
}

impl Identity {
    /// Whether another engine is of the same release, in whatever way it runs.
    pub fn is_of_release(&self, other: &Identity) -> bool {
        (&self.family, &self.version) == (&other.family, &other.version)
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.configuration)
    }
}

/// What there is to know of an engine before it is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Which one it is.
    pub identity: Identity,
    /// What is different about this configuration, in a few words.
    pub what: String,
    /// What cases can use and it does not have, by name. What the generator knows by such a name is not drawn for it.
    pub lacks: Vec<String>,
    /// Which traps it does not tell apart.
    pub may_mean: MayMean,
    /// How someone reproduces a finding on it who has the file and not this program: whole sentences, for a report.
    pub to_reproduce: String,
}

/// Which traps an engine does not tell apart, because its messages do not: the kind that it gives, and another one that this may be.
///
/// ```
/// use spawndiff_observation::{MayMean, Trap};
///
/// let busy = MayMean(vec![(Trap::CopyEndBusy, Trap::WrongEnd)]);
/// assert!(busy.allows(Trap::CopyEndBusy, Trap::WrongEnd));
/// assert!(busy.allows(Trap::WrongEnd, Trap::WrongEnd));
/// assert!(!busy.allows(Trap::WrongEnd, Trap::CopyEndBusy));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MayMean(pub Vec<(Trap, Trap)>);

impl MayMean {
    /// Of an engine that tells all traps apart.
    pub const NOTHING_ELSE: &'static MayMean = &MayMean(Vec::new());

    /// Whether an engine that gives the kind `given` may mean the kind `meant`.
    pub fn allows(&self, given: Trap, meant: Trap) -> bool {
        given == meant || self.0.contains(&(given, meant))
    }
}

/// Something that is to be drawn less often for a family of engines: too many cases would show one known divergence, and little else.
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It ran.
    Observed(Observation),
    /// The component was refused, or the case does not fit it: the message, on one line.
    Rejected(String),
    /// The component has something that this engine lacks: what.
    Unsupported(String),
    /// The engine panicked, or its process ended.
    Crashed {
        /// The panic's place and message, or how the process ended.
        message: String,
        /// What was seen until then.
        observed: Observation,
    },
    /// The engine failed with an error that is no trap that anyone knows ([`Engine::end_of`]).
    Unmapped {
        /// The error, on one line.
        message: String,
        /// What was seen until then.
        observed: Observation,
    },
}

/// An engine that runs cases. It may be shared by any number of threads.
pub trait Engine: Send + Sync {
    /// What there is to know of it.
    fn about(&self) -> &About;

    /// Compiles the case's component and makes its runs. Never panics, whatever the case holds.
    fn observe(&self, case: &Case) -> Outcome;

    /// The built-ins that it lacks and that components are written without for it ([`lower`](Engine::lower)), by name.
    fn lowers(&self) -> Vec<String> {
        Vec::new()
    }

    /// The component as this engine takes it, written without the built-ins of [`lowers`](Engine::lowers); `None` where it uses none.
    ///
    /// # Errors
    ///
    /// What cannot be written without them: a malformed component, say.
    fn lower(&self, component: &[u8]) -> Result<Option<Vec<u8>>, String> {
        let _ = component;
        Ok(None)
    }

    /// How an instantiation or a call ended that failed with an error of this text; `None` where the text is in no table, which makes
    /// the outcome [`Outcome::Unmapped`].
    fn end_of(&self, error: &str) -> Option<End> {
        let _ = error;
        None
    }

    /// The text of an error as it is whatever the engine was built with: known divergences say how it begins.
    fn plain<'a>(&self, error: &'a str) -> &'a str {
        error
    }

    /// How many compiled components it keeps, for a fuzzer that tries many runs of one component.
    fn components(&self) -> usize {
        0
    }

    /// A session for one test script of others; `None` where it runs stored cases only.
    fn script_session(&self) -> Option<Box<AnySession>> {
        None
    }
}

/// An engine that there is, or would be in another build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What there is to know of it.
    pub about: About,
    /// Why it cannot be made here, and what would change that; `None` where it can.
    pub missing: Option<String>,
}

/// A family of engines: one program in its releases, each of which may run in several ways.
pub trait Family: Send + Sync {
    /// Its name, as in [`Identity::family`].
    fn name(&self) -> &str;

    /// Its name as its makers write it, such as `Wasmtime`.
    fn title(&self) -> &str;

    /// Every release that is known of, as in [`Identity::version`], whether this build has it or not; the oldest first.
    fn versions(&self) -> Vec<String>;

    /// Every engine of it, also those that this build lacks. The first one of a release is the one that speaks for it, and the first
    /// of all is the default.
    fn engines(&self) -> Vec<Listed>;

    /// The engine of one of its configurations.
    ///
    /// # Errors
    ///
    /// Why it cannot be made.
    fn make(&self, configuration: &str) -> Result<Box<dyn Engine>, String>;

    /// What is to be drawn less often for it.
    fn seldom(&self) -> &'static [Seldom] {
        &[]
    }
}
