//! An engine as those know it who judge, report and shrink: its name, its outcome for a case, and the knowledge of the engine that
//! is needed to hold that outcome against the specification. Nothing else of an engine is known to them.

use crate::scripts::AnySession;
use crate::{End, Observation, Trap};
use serde::{Deserialize, Serialize};
use spawndiff_corpus::Case;
use std::fmt;

/// The identity of an engine. Two engines with the same identity do the same with every case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// The name of the program, such as `wasmtime`. Known divergences are listed by it.
    pub family: String,
    /// The release of the program, as its makers write it, such as `48.0.8`.
    pub version: String,
    /// The way in which the engine runs, such as `winch`. This is the name of the engine on the command line.
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

/// The description of an engine, which is known before the engine is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The identity of the engine.
    pub identity: Identity,
    /// A few words on what is different about this configuration.
    pub what: String,
    /// The names of what cases can use and the engine does not have. If the generator knows something by such a name, that is not
    /// drawn for this engine.
    pub lacks: Vec<String>,
    /// The traps that the engine does not tell apart.
    pub may_mean: MayMean,
    /// Whole sentences, for a report, on how someone who has the file and not this program reproduces a finding on this engine.
    pub to_reproduce: String,
}

/// The traps that an engine does not tell apart, because its messages do not. Each pair is a kind that the engine gives, and
/// another kind that the trap may be.
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
    /// The value for an engine that tells all traps apart.
    pub const NOTHING_ELSE: &'static MayMean = &MayMean(Vec::new());

    /// Whether an engine that gives the kind `given` may mean the kind `meant`.
    pub fn allows(&self, given: Trap, meant: Trap) -> bool {
        given == meant || self.0.contains(&(given, meant))
    }
}

/// Something that is to be drawn less often for a family of engines: too many cases would otherwise show one known divergence, and
/// little else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seldom {
    /// The name of the weight, as the generator has it.
    pub weight: &'static str,
    /// The value of the weight.
    pub value: u32,
    /// The known divergence that asks for this value.
    pub because: &'static str,
}

/// The outcome of a case on an engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// The case ran, and this was observed.
    Observed(Observation),
    /// The component was refused, or the case does not fit it. This is the message, on one line.
    Rejected(String),
    /// The component has something that this engine lacks. The text names it.
    Unsupported(String),
    /// The engine panicked, or its process ended.
    Crashed {
        /// The panic's place and message, or how the process ended.
        message: String,
        /// The observation up to that point.
        observed: Observation,
    },
    /// The engine failed with an error that is no trap that anyone knows ([`Engine::end_of`]).
    Unmapped {
        /// The error, on one line.
        message: String,
        /// The observation up to that point.
        observed: Observation,
    },
}

/// An engine that runs cases. It may be shared by any number of threads.
pub trait Engine: Send + Sync {
    /// The description of the engine.
    fn about(&self) -> &About;

    /// Compiles the case's component and makes its runs. Never panics, whatever the case holds.
    fn observe(&self, case: &Case) -> Outcome;

    /// The names of the built-ins that the engine lacks and without which components are written for it ([`lower`](Engine::lower)).
    fn lowers(&self) -> Vec<String> {
        Vec::new()
    }

    /// Writes a component without the built-ins of [`lowers`](Engine::lowers), as this engine takes it. The result is `None` where
    /// the component uses none of these built-ins.
    ///
    /// # Errors
    ///
    /// Fails if the component cannot be written without these built-ins, because it is malformed, say.
    fn lower(&self, component: &[u8]) -> Result<Option<Vec<u8>>, String> {
        let _ = component;
        Ok(None)
    }

    /// Says how an instantiation or a call ended that failed with an error of this text. The result is `None` where the text is in
    /// no table, which makes the outcome [`Outcome::Unmapped`].
    fn end_of(&self, error: &str) -> Option<End> {
        let _ = error;
        None
    }

    /// The text of an error in the form that does not depend on what the engine was built with. Known divergences say how this text
    /// begins.
    fn plain<'a>(&self, error: &'a str) -> &'a str {
        error
    }

    /// The number of compiled components that the engine keeps, for a fuzzer that tries many runs of one component.
    fn components(&self) -> usize {
        0
    }

    /// Makes a session for one test script of others. The result is `None` where the engine runs stored cases only.
    fn script_session(&self) -> Option<Box<AnySession>> {
        None
    }
}

/// An engine that this build has, or that another build would have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The description of the engine.
    pub about: About,
    /// Why this build cannot make the engine, and what would change that; `None` where it can.
    pub missing: Option<String>,
}

/// A family of engines: one program in its releases, each of which may run in several ways.
pub trait Family: Send + Sync {
    /// The name of the family, as in [`Identity::family`].
    fn name(&self) -> &str;

    /// The name of the program as its makers write it, such as `Wasmtime`.
    fn title(&self) -> &str;

    /// Every release of the family that is known, as in [`Identity::version`], whether this build has it or not. The oldest release
    /// comes first.
    fn versions(&self) -> Vec<String>;

    /// Every engine of the family, also those that this build lacks. The first engine of a release speaks for that release, and the
    /// first engine of all is the default.
    fn engines(&self) -> Vec<Listed>;

    /// Makes the engine of one configuration of the family.
    ///
    /// # Errors
    ///
    /// The error says why the engine cannot be made.
    fn make(&self, configuration: &str) -> Result<Box<dyn Engine>, String>;

    /// The weights of what is to be drawn less often for this family.
    fn seldom(&self) -> &'static [Seldom] {
        &[]
    }
}
