//! The reference: the Canonical ABI, written from the specification, with wasmi to run the core code.
//!
//! Written from CanonicalABI.md, Concurrency.md and `definitions.py` of WebAssembly/component-model as of 2026-08-21
//! (commit 6d28164), and from nothing else. Functions and fields have the names that they have there, in Rust's case, so
//! that the two can be read side by side.
//!
//! A thread of the guest is a *resumable call* of wasmi: every built-in is a host function that fails with a request.
//! The store performs the request and resumes the call with the result, now or when the thread is resumed. So no
//! built-in holds a frame of the host, and any number of threads can be parked. What the specification nests (`resume`
//! inside `canon_lift`, `post-return` inside the thread that is running) is nested here too, as calls of
//! `store::Store::resume`.
//!
//! Every choice that the specification leaves open is made by a [`Scheduler`].

mod canon;
mod component;
mod coverage;
mod decode;
mod deviation;
mod lift;
mod limits;
mod rewrite;
mod state;
mod store;
mod threads;
mod unsupported;
mod values;

pub use coverage::{Builtin, Coverage, Ending};
pub use deviation::Deviation;
pub use unsupported::Unsupported;

use crate::schedules::Scheduler;
use crate::{InvocationObservation, RunObservation};
use component::Component;
use spawndiff_corpus::{Case, Event, Run};
use store::{Stop, Store};

/// A case's component, decoded and compiled for the interpreter.
pub struct Reference {
    engine: wasmi::Engine,
    component: Component,
    deviations: &'static [Deviation],
}

/// Watches a run while it happens, and may cut it short: a search leaves a branch as soon as it is wrong.
pub trait Witness {
    /// The event at `position` in the trace of an invocation. False: the run is of no use any more.
    fn event(&mut self, invocation: usize, position: usize, event: Event) -> bool;
    /// An invocation has ended. False: the run is of no use any more.
    fn invocation(&mut self, invocation: usize, seen: &InvocationObservation) -> bool;
}

/// Watches nothing.
impl Witness for () {
    fn event(&mut self, _: usize, _: usize, _: Event) -> bool {
        true
    }

    fn invocation(&mut self, _: usize, _: &InvocationObservation) -> bool {
        true
    }
}

/// Why a run gave no observation.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// Something in the component that the reference does not know.
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
    /// The witness cut it short.
    #[error("cut short")]
    Cut,
}

impl Reference {
    /// Decodes and compiles the component of `case`.
    ///
    /// # Errors
    ///
    /// A construct that the reference does not know, or a binary that is malformed.
    pub fn new(case: &Case) -> Result<Reference, Unsupported> {
        let mut config = wasmi::Config::default();
        config
            .consume_fuel(true)
            .set_max_recursion_depth(400)
            .set_max_stack_height(1 << 20);
        // An engine for each case: an engine keeps the code of its modules as long as it lives.
        let engine = wasmi::Engine::new(&config);
        let component = decode::decode(&case.component, &engine)?;
        Ok(Reference {
            engine,
            component,
            deviations: &[],
        })
    }

    /// The same with deviations from the specification, to tell a known divergence of an engine from a new one.
    pub fn deviating(self, deviations: &'static [Deviation]) -> Reference {
        Reference { deviations, ..self }
    }

    /// Makes one run, with the choices of `scheduler`; what was reached is added to `coverage`.
    ///
    /// # Errors
    ///
    /// [`Stopped`]: something not supported, or cut short by the witness.
    pub fn run(
        &self,
        run: &Run,
        scheduler: &mut dyn Scheduler,
        witness: &mut dyn Witness,
        coverage: &mut Coverage,
    ) -> Result<RunObservation, Stopped> {
        let mut store = Store::new(
            &self.engine,
            &self.component,
            scheduler,
            witness,
            coverage,
            self.deviations,
        )?;
        let mut observation = RunObservation::default();
        match store.instantiate() {
            Ok(()) => {}
            Err(stop) => {
                observation.instantiation = stop.end()?;
                return Ok(observation);
            }
        }
        for invocation in &run.invocations {
            let seen = store.invoke(invocation)?;
            let end = seen.end;
            let go_on = store.judge(observation.invocations.len(), &seen);
            observation.invocations.push(seen);
            if !go_on {
                return Err(Stopped::Cut);
            }
            match end {
                crate::End::Quiet | crate::End::Trap(_) => {}
                crate::End::Deadlock | crate::End::Exhausted(_) => return Ok(observation),
            }
        }
        observation.leftover = store.leftover();
        Ok(observation)
    }
}

impl Stop {
    /// How what was stopped ended, for an observation.
    fn end(self) -> Result<crate::End, Stopped> {
        match self {
            Stop::Trap(_, trap) => Ok(crate::End::Trap(trap)),
            Stop::Exhausted(what) => Ok(crate::End::Exhausted(what)),
            Stop::Unsupported(unsupported) => Err(Stopped::Unsupported(unsupported)),
            Stop::Cut => Err(Stopped::Cut),
        }
    }
}
