//! Cases on one release of Wasmtime, through its public embedding API. This source is compiled once for each release that is
//! built in, into the module of that release: what differs between them is there, and in `release.rs`.

mod engine;
mod finish;
pub(in crate::wasmtime) mod limiter;
mod run;
mod values;

use super::{call, configure, limit_handles, more_async_builtins, wasmtime};
#[cfg(any(test, feature = "mutants"))]
use crate::wasmtime::Mutant;
use crate::wasmtime::lower::{self, LowerError, Needs};
use crate::wasmtime::{Config, Outcome, panics};
pub(in crate::wasmtime) use engine::Host;
pub(in crate::wasmtime) use finish::finish;
pub(in crate::wasmtime) use run::Ended;
use run::{Settings, Stop};
use spawndiff_corpus::{Case, Run};
use spawndiff_observation::{ComponentCache, Observation, RunObservation};
use std::borrow::Cow;
use std::mem::ManuallyDrop;
use std::sync::OnceLock;
use wasmtime::Engine;
use wasmtime::component::{Component, InstancePre, Linker};

/// The built-ins that have to be lowered for this release. All engines of the release are configured alike in this respect, so only
/// the first one is asked.
static NEEDS: OnceLock<Needs> = OnceLock::new();

/// Why a component is not compiled.
enum Refused {
    /// The release does not have this built-in, or immediate (`cancellable`).
    Lacking(&'static str),
    /// The message of the engine, or of the lowering.
    Message(String),
}

/// One engine of this release.
pub(in crate::wasmtime) struct Adapter {
    config: Config,
    engine: Engine,
    linker: Linker<Host>,
    needs: Needs,
    compiled: ComponentCache<InstancePre<Host>>,
}

impl Adapter {
    pub(in crate::wasmtime) fn new(config: Config) -> Adapter {
        let variant = config.variant;
        let engine = engine::engine(variant, config.plain, config.incremental)
            .expect("the configuration is a constant, and this platform has the compiler");
        let linker = engine::linker(&engine, variant).expect("the two names are distinct");
        let accepts = |component: &[u8]| Component::new(&engine, component).is_ok();
        let needs = *NEEDS.get_or_init(|| lower::needs(accepts));
        Adapter {
            compiled: ComponentCache::new(config.components),
            config,
            engine,
            linker,
            needs,
        }
    }
}

impl crate::wasmtime::Adapter for Adapter {
    fn needs(&self) -> Needs {
        self.needs
    }

    fn observe(&self, case: &Case) -> Outcome {
        let component = match panics::catch(|| self.prepare(&case.component)) {
            Ok(Ok(prepared)) => prepared,
            Ok(Err(Refused::Lacking(what))) => return Outcome::Unsupported(what.to_string()),
            Ok(Err(Refused::Message(message))) => {
                return match self.config.variant.lacking(&message) {
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
        let settings = Settings {
            extra_turns: self.config.extra_turns,
        };
        let mut observed = Observation::default();
        for run in &case.runs {
            let mut seen = RunObservation::default();
            let stopped = self.make_run(&component, run, &settings, &mut seen);
            #[cfg(any(test, feature = "mutants"))]
            if let Some(mutant) = self.config.mutant {
                mutant.report(&mut seen);
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
}

impl Adapter {
    /// Returns the component ready to be instantiated. The error says why the component is not compiled.
    fn prepare(&self, bytes: &[u8]) -> Result<InstancePre<Host>, Refused> {
        self.compiled.get_or_make(bytes, || self.compile(bytes))
    }

    /// Lowers, translates and compiles a component.
    fn compile(&self, bytes: &[u8]) -> Result<InstancePre<Host>, Refused> {
        let scanned = lower::scan(bytes, |_| {});
        let lowered = match scanned.and_then(|()| self.config.lowered(self.needs, bytes)) {
            Ok(lowered) => lowered,
            // A malformed component goes to the engine as it is: to say what is malformed is for the engine.
            Err(LowerError::Malformed(_)) => Cow::Borrowed(bytes),
            Err(error @ (LowerError::TooDeep | LowerError::Unsupported(_))) => {
                return Err(Refused::Message(error.to_string()));
            }
        };
        let release = self.config.variant.release();
        let translated = release.translate(&lowered).map_err(Refused::Lacking)?;
        Component::from_binary(&self.engine, &translated)
            .and_then(|component| self.linker.instantiate_pre(&component))
            .map_err(|error| Refused::Message(panics::one_line(&format!("{error:#}"))))
    }

    /// Makes one run in a store of its own. The outer error is the message of a panic.
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
        #[cfg(any(test, feature = "mutants"))]
        {
            store.data_mut().alter = self.config.mutant.and_then(Mutant::alter);
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
