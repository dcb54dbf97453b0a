//! The native engine: a case run by Wasmtime through its public embedding API.
//!
//! What Wasmtime cannot compile yet is [lowered](lower) first. Each run gets a store of its own; each invocation is turned
//! until nothing is ready any more, so that threads that outlive their task's result are seen to their end.
//!
//! This module knows nothing of the reference: the two meet in an [`Observation`].

mod engine;
mod event_loop;
#[cfg(any(test, feature = "planted-faults"))]
mod faults;
pub mod lower;
mod panics;
mod run;
mod script;
mod traps;
mod values;
mod variant;

#[cfg(any(test, feature = "planted-faults"))]
pub use faults::Fault;

pub use script::{
    ComponentInstance, ScriptDefinition, ScriptInstance, ScriptNative, ScriptSession,
};
pub use variant::Variant;

use crate::kept::Kept;
use crate::{Observation, RunObservation};
use engine::Host;
use lower::{LowerError, Needs};
use run::{Settings, Stop};
use spawndiff_corpus::{Case, Run};
use std::borrow::Cow;
use std::mem::ManuallyDrop;
use wasmtime::Engine;
use wasmtime::component::{Component, InstancePre, Linker};

/// How the native engine runs cases.
#[derive(Clone, Debug)]
pub struct Config {
    /// In which of its ways the engine runs. Default: [`Variant::Cranelift`].
    pub variant: Variant,
    /// How many times more the event loop is turned once nothing is ready. Any number is legal and none makes a difference,
    /// in an engine that is right. Default: 0.
    pub extra_turns: u32,
    /// Whether the engine compiles as Wasmtime does by default, only serially: what a plain embedder pays. Default: false.
    pub plain: bool,
    /// How many compiled components are kept, for a fuzzer that tries many runs of one component. Default: 0.
    pub components: usize,
    /// Whether compiled functions are kept in memory and used again, which makes most cases compile in a third of the time.
    /// Default: true.
    pub incremental: bool,
    /// A wrong behaviour to show, for measuring what the comparison catches. Default: none.
    #[cfg(any(test, feature = "planted-faults"))]
    pub fault: Option<Fault>,
}

impl Config {
    /// The default configuration of a variant.
    pub fn of(variant: Variant) -> Config {
        Config {
            variant,
            ..Config::default()
        }
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
            #[cfg(any(test, feature = "planted-faults"))]
            fault: None,
        }
    }
}

/// What became of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It ran.
    Observed(Observation),
    /// The component was refused, or the case does not fit it: the message, on one line.
    Rejected(String),
    /// The component has something that this variant of the engine lacks: what.
    Unsupported(&'static str),
    /// The engine panicked.
    Crashed {
        /// The panic's place and message.
        message: String,
        /// What was seen until then.
        observed: Observation,
    },
    /// The engine failed with an error that is in no table of this adapter.
    Unmapped {
        /// The error, on one line.
        message: String,
        /// What was seen until then.
        observed: Observation,
    },
}

/// Wasmtime, configured once. It may be shared by any number of threads.
pub struct Native {
    config: Config,
    engine: Engine,
    linker: Linker<Host>,
    needs: Needs,
    compiled: Kept<InstancePre<Host>>,
}

impl Native {
    /// An engine with this configuration.
    pub fn new(config: Config) -> Native {
        #[cfg(any(test, feature = "planted-faults"))]
        let gc = config.fault.is_some_and(Fault::uses_gc);
        #[cfg(not(any(test, feature = "planted-faults")))]
        let gc = false;
        let variant = config.variant;
        let engine = engine::engine(variant, config.plain, config.incremental, gc)
            .expect("the configuration is a constant, and this platform has the compiler");
        let linker = engine::linker(&engine, variant).expect("the two names are distinct");
        let needs = lower::needs(&engine);
        Native {
            compiled: Kept::new(config.components),
            config,
            engine,
            linker,
            needs,
        }
    }

    /// The version of Wasmtime.
    pub fn version() -> &'static str {
        // The workspace pins this release exactly; the crate does not tell its own version.
        "48.0.8"
    }

    /// The built-ins that this version lacks, and that are [lowered](lower).
    pub fn lowered_built_ins() -> Vec<&'static str> {
        let Needs {
            spawn_ref,
            spawn_indirect,
            available_parallelism,
        } = Native::new(Config::default()).needs;
        [
            (spawn_ref, "thread.spawn-ref"),
            (spawn_indirect, "thread.spawn-indirect"),
            (available_parallelism, "thread.available-parallelism"),
        ]
        .into_iter()
        .filter_map(|(lowered, name)| lowered.then_some(name))
        .collect()
    }

    /// In which of its ways the engine runs.
    pub fn variant(&self) -> Variant {
        self.config.variant
    }

    /// How many compiled components are kept ([`Config::components`]).
    pub fn components(&self) -> usize {
        self.config.components
    }

    /// The component as Wasmtime takes it: built-ins that it lacks are lowered. Unchanged where it lacks none.
    ///
    /// # Errors
    ///
    /// What cannot be lowered: a malformed component, say.
    pub fn lowered<'a>(&self, component: &'a [u8]) -> Result<Cow<'a, [u8]>, LowerError> {
        self.lower(component)
    }

    /// Compiles the case's component and makes its runs. Never panics, whatever the case holds.
    pub fn observe(&self, case: &Case) -> Outcome {
        let prepared = panics::catch(|| self.prepare(&case.component));
        let settings = Settings {
            extra_turns: self.config.extra_turns,
        };
        let component = match prepared {
            Ok(Ok(prepared)) => prepared,
            Ok(Err(message)) => {
                return match self.config.variant.lacks(&message) {
                    Some(what) => Outcome::Unsupported(what),
                    None => Outcome::Rejected(message),
                };
            }
            Err(message) => {
                return Outcome::Crashed {
                    message,
                    observed: Observation::default(),
                };
            }
        };
        let mut observed = Observation::default();
        for run in &case.runs {
            let mut seen = RunObservation::default();
            let stopped = self.make_run(&component, run, &settings, &mut seen);
            #[cfg(any(test, feature = "planted-faults"))]
            if let Some(fault) = self.config.fault {
                fault.report(&mut seen);
            }
            observed.runs.push(seen);
            match stopped {
                Ok(Ok(())) => {}
                Ok(Err(Stop::Input(message))) => return Outcome::Rejected(message),
                Ok(Err(Stop::Unmapped(message))) => return Outcome::Unmapped { message, observed },
                Err(message) => return Outcome::Crashed { message, observed },
            }
        }
        Outcome::Observed(observed)
    }

    /// The component, ready to be instantiated, or the engine's words against it.
    fn prepare(&self, bytes: &[u8]) -> Result<InstancePre<Host>, String> {
        self.compiled.get_or_make(bytes, || self.compile(bytes))
    }

    /// Lowers and compiles a component.
    fn compile(&self, bytes: &[u8]) -> Result<InstancePre<Host>, String> {
        let scanned = lower::scan(bytes, |_| {});
        let lowered = match scanned.and_then(|()| self.lower(bytes)) {
            Ok(lowered) => lowered,
            // What is malformed is for the engine to say.
            Err(LowerError::Malformed(_)) => Cow::Borrowed(bytes),
            Err(error @ (LowerError::TooDeep | LowerError::Unsupported(_))) => {
                return Err(error.to_string());
            }
        };
        Component::from_binary(&self.engine, &lowered)
            .and_then(|component| self.linker.instantiate_pre(&component))
            .map_err(|error| panics::one_line(&format!("{error:#}")))
    }

    fn lower<'a>(&self, bytes: &'a [u8]) -> Result<Cow<'a, [u8]>, LowerError> {
        #[cfg(any(test, feature = "planted-faults"))]
        if let Some(fault) = self.config.fault {
            return lower::apply(
                bytes,
                &faults::Planted {
                    fault,
                    needs: self.needs,
                },
            );
        }
        lower::lower(bytes, self.needs)
    }

    /// One run in a store of its own; the outer error is a panic.
    fn make_run(
        &self,
        component: &InstancePre<Host>,
        run: &Run,
        settings: &Settings,
        seen: &mut RunObservation,
    ) -> Result<Result<(), Stop>, String> {
        let store = engine::store(&self.engine, self.config.variant)
            .expect("fuel is switched on in this engine");
        // A store that was left in the middle of a panic is leaked: dropping it unwinds its fibers, and a panic in there
        // would end the process.
        let mut store = ManuallyDrop::new(store);
        #[cfg(any(test, feature = "planted-faults"))]
        {
            store.data_mut().alter = self.config.fault.and_then(Fault::alter);
        }
        match panics::catch(|| run::run(&mut store, component, run, settings, seen)) {
            Ok(result) => {
                panics::catch(|| drop(ManuallyDrop::into_inner(store)))
                    .map_err(|message| format!("while dropping the store: {message}"))?;
                Ok(result)
            }
            Err(message) => {
                run::salvage(&mut store, seen);
                Err(message)
            }
        }
    }
}

#[cfg(test)]
mod tests;
