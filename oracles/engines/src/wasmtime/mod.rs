//! The native engine: a case run by Wasmtime through its public embedding API.
//!
//! Built-ins that Wasmtime cannot compile yet are [lowered](lower) first. Each run gets a store of its own. Each invocation is
//! turned until nothing is ready any more, so that threads that outlive their task's result are seen to their end.
//!
//! This module knows nothing of the reference: the two meet in an [`spawndiff_observation::Observation`].

// The sources of the adapter are those of every release.
#![allow(clippy::duplicate_mod)]

mod event_loop;
mod family;
mod limits;
pub mod lower;
#[cfg(any(test, feature = "mutants"))]
mod mutants;
mod panics;
#[macro_use]
mod release;
mod script;
mod seldom;
mod traps;
#[cfg(feature = "wasmtime-44")]
mod v44;
#[cfg(feature = "wasmtime-45")]
mod v45;
#[cfg(feature = "wasmtime-46")]
mod v46;
#[cfg(feature = "wasmtime-47")]
mod v47;
mod v48;
#[cfg(feature = "wasmtime-50")]
mod v50;
mod variant;

#[cfg(any(test, feature = "mutants"))]
pub use mutants::Mutant;

pub use family::Wasmtime;
pub use script::{
    ComponentInstance, ScriptDefinition, ScriptInstance, ScriptNative, ScriptSession,
};
pub use seldom::SELDOM;
pub use variant::Variant;

use lower::{LowerError, Needs};
use spawndiff_corpus::Case;
pub use spawndiff_observation::Outcome;
use spawndiff_observation::scripts::{AnySession, any};
use spawndiff_observation::{About, End, Engine};
use std::borrow::Cow;
use std::sync::OnceLock;

/// The name of the family: what known divergences call the engine.
pub const FAMILY: &str = "wasmtime";

// The release, the module that has its adapter, what it is called, its version, and the dialect that it speaks.
releases! {
    #[cfg(feature = "wasmtime-44")]
    V44 v44 "wasmtime-44" "44.0.0" UNSUSPEND,
    #[cfg(feature = "wasmtime-45")]
    V45 v45 "wasmtime-45" "45.0.0" UNSUSPEND,
    #[cfg(feature = "wasmtime-46")]
    V46 v46 "wasmtime-46" "46.0.0" UNSUSPEND,
    #[cfg(feature = "wasmtime-47")]
    V47 v47 "wasmtime-47" "47.0.0" UNSUSPEND,
    // A release with long-term support, and the one that the variants run.
    V48 v48 "wasmtime-48" "48.0.8" PROMOTE,
    #[cfg(feature = "wasmtime-50")]
    V50 v50 "wasmtime-50" "50.0.1" NOT_CANCELLABLE,
}

/// How the native engine runs cases.
#[derive(Clone, Debug)]
pub struct Config {
    /// The way in which the engine runs. Default: [`Variant::Cranelift`].
    pub variant: Variant,
    /// How many times more the event loop is turned once nothing is ready. Any number is legal and none makes a difference,
    /// in an engine that is right. Default: 0.
    pub extra_turns: u32,
    /// Whether the engine compiles as Wasmtime does by default, only serially, at the cost that a plain embedder pays. Default:
    /// false.
    pub plain: bool,
    /// How many compiled components are kept, for a fuzzer that tries many runs of one component. Default: 0.
    pub components: usize,
    /// Whether compiled functions are kept in memory and used again, which makes most cases compile in a third of the time.
    /// Default: true.
    pub incremental: bool,
    /// A wrong behaviour to show, for measuring what the comparison catches. Default: none.
    #[cfg(any(test, feature = "mutants"))]
    pub mutant: Option<Mutant>,
}

impl Config {
    /// The default configuration of a variant.
    pub fn of(variant: Variant) -> Config {
        Config {
            variant,
            ..Config::default()
        }
    }

    /// Returns the configuration as it is: no mutant can be planted in this build.
    #[cfg(not(any(test, feature = "mutants")))]
    pub fn planted(self) -> Config {
        self
    }

    /// Lowers in a component what an engine `needs`, and plants the mutant, if there is one.
    fn lowered<'a>(&self, needs: Needs, bytes: &'a [u8]) -> Result<Cow<'a, [u8]>, LowerError> {
        #[cfg(any(test, feature = "mutants"))]
        if let Some(mutant) = self.mutant {
            let planted = mutants::Planted { mutant, needs };
            let core = match mutant {
                Mutant::DeclarationsIgnored => mutants::forget_declarations(bytes),
                Mutant::LazyEntriesNull
                | Mutant::SegmentOffByOne
                | Mutant::GrownEntriesNull
                | Mutant::DropForgotten => mutants::break_tables(mutant, bytes),
                _ => return lower::apply(bytes, &planted),
            };
            return lower::apply(&core, &planted).map(|it| Cow::Owned(it.into_owned()));
        }
        lower::lower(bytes, needs)
    }

    /// Wasmtime as a plain embedder configures it, to measure against.
    pub fn plain() -> Config {
        Config {
            plain: true,
            incremental: false,
            ..Config::default()
        }
    }
}

impl Default for Config {
    fn default() -> Config {
        Config {
            variant: Variant::default(),
            extra_turns: 0,
            plain: false,
            components: 0,
            incremental: true,
            #[cfg(any(test, feature = "mutants"))]
            mutant: None,
        }
    }
}

/// One engine of one release.
trait Adapter: Send + Sync {
    /// The built-ins that have to be lowered for this engine.
    fn needs(&self) -> Needs;

    /// See [`Native::observe`].
    fn observe(&self, case: &Case) -> Outcome;
}

/// Wasmtime, configured once. It may be shared by any number of threads.
pub struct Native {
    config: Config,
    about: About,
    adapter: Box<dyn Adapter>,
    /// The engine for scripts in the same variant, made when a session is first asked for. The inner `None` stands for a release
    /// that runs cases only.
    scripts: OnceLock<Option<ScriptNative>>,
}

impl Native {
    /// Makes an engine with this configuration.
    ///
    /// # Panics
    ///
    /// Panics if the release of the variant is not built in ([`Release::is_built`]).
    pub fn new(config: Config) -> Native {
        let release = config.variant.release();
        let make = release.make();
        let make = make.unwrap_or_else(|| panic!("{} is not built in", release.name()));
        Native {
            about: config.variant.about(),
            adapter: make(config.clone()),
            config,
            scripts: OnceLock::new(),
        }
    }

    /// The built-ins that this version lacks, and that are [lowered](lower).
    pub fn lowered_built_ins(&self) -> Vec<&'static str> {
        let Needs {
            spawn_ref,
            spawn_indirect,
            available_parallelism,
        } = self.adapter.needs();
        [
            (spawn_ref, "thread.spawn-ref"),
            (spawn_indirect, "thread.spawn-indirect"),
            (available_parallelism, "thread.available-parallelism"),
        ]
        .into_iter()
        .filter_map(|(lowered, name)| lowered.then_some(name))
        .collect()
    }

    /// The way in which the engine runs.
    pub fn variant(&self) -> Variant {
        self.config.variant
    }

    /// The component as Wasmtime takes it: built-ins that this version lacks are lowered. The component is unchanged where it uses
    /// none of those.
    ///
    /// # Errors
    ///
    /// Fails if the component cannot be lowered, because it is malformed, say.
    pub fn lowered<'a>(&self, component: &'a [u8]) -> Result<Cow<'a, [u8]>, LowerError> {
        self.config.lowered(self.adapter.needs(), component)
    }

    /// Compiles the case's component and makes its runs. Never panics, whatever the case holds.
    pub fn observe(&self, case: &Case) -> Outcome {
        self.adapter.observe(case)
    }
}

impl Engine for Native {
    fn about(&self) -> &About {
        &self.about
    }

    fn observe(&self, case: &Case) -> Outcome {
        Native::observe(self, case)
    }

    fn lowers(&self) -> Vec<String> {
        let names = self.lowered_built_ins().into_iter();
        names.map(str::to_string).collect()
    }

    fn lower(&self, component: &[u8]) -> Result<Option<Vec<u8>>, String> {
        // No mutant is planted here: a component that is written for others is right.
        match lower::lower(component, self.adapter.needs()) {
            Ok(Cow::Borrowed(_)) => Ok(None),
            Ok(Cow::Owned(lowered)) => Ok(Some(lowered)),
            Err(error) => Err(error.to_string()),
        }
    }

    fn end_of(&self, error: &str) -> Option<End> {
        traps::end_of(error, None, None).ok()
    }

    fn plain<'a>(&self, error: &'a str) -> &'a str {
        traps::plain(error)
    }

    fn components(&self) -> usize {
        self.config.components
    }

    fn script_session(&self) -> Option<Box<AnySession>> {
        let scripts = || ScriptNative::new(self.config.variant);
        let scripts = self.scripts.get_or_init(scripts).as_ref()?;
        Some(any(scripts.session()))
    }
}

#[cfg(test)]
mod tests;
