//! The reference: the Canonical ABI, written from the specification, with wasmi to run the core code.
//!
//! Written from CanonicalABI.md, Concurrency.md and `definitions.py` of WebAssembly/component-model as of 2026-08-21
//! (commit 6d28164), and from nothing else. Functions and fields have the names that they have there, in Rust's case, so
//! that the two can be read side by side.
//!
//! A thread of the guest is a *resumable call* of wasmi: every built-in is a host function that fails with a request.
//! The store performs the request and resumes the call with the result, now or when the thread is resumed. So no
//! built-in holds a frame of the host, and any number of threads can be parked. What the specification nests (`resume`
//! inside `canon_lift` inside `canon_lower`, `realloc` inside lowering) is nested here too, as calls of
//! `store::Store::resume`; an instance cannot be entered while it is entered, so the depth is bounded.
//!
//! Every choice that the specification leaves open is made by a [`Scheduler`].
//!
//! ```
//! use spawndiff_corpus::StoredCase;
//! use spawndiff_observation::End;
//! use spawndiff_reference::schedules::Fixed;
//! use spawndiff_reference::{Coverage, Reference};
//!
//! let stored = StoredCase::read("../../corpus/cases/deadlock.wast".as_ref())?;
//! let reference = Reference::new(&stored.case).expect("it is supported");
//! let run = &stored.case.runs[0];
//! // One run, on the schedule that takes the first option of every choice.
//! let seen = reference.run(run, &mut Fixed, &mut (), &mut Coverage::default());
//! let seen = seen.expect("it is supported");
//! assert!(seen.invocations.iter().any(|invocation| invocation.end == End::Deadlock));
//! # Ok::<(), spawndiff_corpus::ReadError>(())
//! ```

#![warn(missing_docs)]

mod abi;
mod binary;
mod buffers;
mod builtins;
mod canon_defs;
mod context;
mod copies;
mod core_calls;
mod core_traps;
mod coverage;
mod definition;
pub mod edition;
mod error_contexts;
mod exceptions;
mod fused_copy;
mod host;
mod instantiate;
mod leaks;
mod lift;
mod limits;
mod lower;
pub mod machine;
mod resources;
mod rewrite;
pub mod schedules;
mod script;
mod state;
mod store;
mod streams;
mod subtasks;
mod tasks;
#[cfg(test)]
mod text;
mod threads;
mod trap_if;
mod typedef;
mod types;
mod unsupported;
mod view;
mod waitables;

pub use coverage::{Coverage, EVENTS};
pub use script::ScriptReference;
pub use spawndiff_observation::{Builtin, Ending};
pub use unsupported::Unsupported;

use canon_defs::FuncInst;
use definition::Component;
use edition::Edition;
use host::HostFunc;
use instantiate::{Failure, Item, Items, func_type};
use machine::{Machine, Spec};
use schedules::Scheduler;
use spawndiff_corpus::{Case, Event, Invocation, Run, StartTypes, Type};
use spawndiff_observation::{End, Exhaustion, InvocationObservation, RunObservation};
use std::sync::Arc;
use store::{Stop, Store};
use types::{FuncType, ValType};

/// A case's component, decoded and compiled for the interpreter.
pub struct Reference {
    engine: wasmi::Engine,
    component: Arc<Component>,
}

/// Watches a run while it happens, and may cut it short: a search leaves a branch as soon as it is wrong.
pub trait Monitor {
    /// Takes the event at `position` in the trace of an invocation, or (`None`) of the instantiation. False: the run is of no use
    /// any more.
    fn event(&mut self, invocation: Option<usize>, position: usize, event: Event) -> bool;
    /// Takes the observation of an invocation that has ended, or (`None`) of the instantiation. False: the run is of no use any
    /// more.
    fn invocation(&mut self, invocation: Option<usize>, seen: &InvocationObservation) -> bool;
}

impl<W: Monitor + ?Sized> Monitor for &mut W {
    fn event(&mut self, invocation: Option<usize>, position: usize, event: Event) -> bool {
        (**self).event(invocation, position, event)
    }

    fn invocation(&mut self, invocation: Option<usize>, seen: &InvocationObservation) -> bool {
        (**self).invocation(invocation, seen)
    }
}

/// Watches nothing.
impl Monitor for () {
    fn event(&mut self, _: Option<usize>, _: usize, _: Event) -> bool {
        true
    }

    fn invocation(&mut self, _: Option<usize>, _: &InvocationObservation) -> bool {
        true
    }
}

/// Why a run gave no observation.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// Something in the component that the reference does not know.
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
    /// The monitor cut it short.
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
        Reference::with_start_types(case, StartTypes::of_text())
    }

    /// [`Reference::new`], with another rule for the types of start functions than that of the text.
    ///
    /// # Errors
    ///
    /// As [`Reference::new`].
    pub fn with_start_types(
        case: &Case,
        start_types: StartTypes,
    ) -> Result<Reference, Unsupported> {
        // An engine for each case: an engine keeps the code of its modules as long as it lives.
        let engine = engine();
        let component = binary::decode_with(&case.component, &engine, start_types)?;
        Ok(Reference { engine, component })
    }

    /// Makes one run as the text of the specification says, with the choices of `scheduler`; what was reached is added to
    /// `coverage`.
    ///
    /// # Errors
    ///
    /// [`Stopped`]: something not supported, or cut short by the monitor.
    pub fn run(
        &self,
        run: &Run,
        scheduler: &mut dyn Scheduler,
        monitor: &mut dyn Monitor,
        coverage: &mut Coverage,
    ) -> Result<RunObservation, Stopped> {
        let edition = Edition::default();
        let (_, observed) = self.run_with(Spec, edition, run, scheduler, monitor, coverage);
        observed
    }

    /// Makes one run on another machine, or by another text. What is returned besides is the machine, with what it has kept.
    ///
    /// # Errors
    ///
    /// As for [`Reference::run`].
    pub fn run_with<M: Machine + Default>(
        &self,
        machine: M,
        edition: Edition,
        run: &Run,
        scheduler: &mut dyn Scheduler,
        monitor: &mut dyn Monitor,
        coverage: &mut Coverage,
    ) -> (M, Result<RunObservation, Stopped>) {
        let (scheduler, monitor) = (Box::new(scheduler), Box::new(monitor));
        let store = Store::new(machine, edition, &self.engine, scheduler, monitor);
        let mut store = match store {
            Ok(store) => store,
            Err(what) => return (M::default(), Err(what.into())),
        };
        let observed = self.run_in(&mut store, run);
        coverage.add(&store.coverage);
        (store.machine, observed)
    }

    fn run_in<M: Machine>(
        &self,
        store: &mut Store<'_, M>,
        run: &Run,
    ) -> Result<RunObservation, Stopped> {
        let mut observation = RunObservation::default();
        let instance = self.instantiate(store);
        observation.instantiation.events = store.take_events();
        let instance = match instance {
            Ok(instance) => instance,
            Err(stop) => {
                observation.instantiation.end = stop.end()?;
                return Ok(observation);
            }
        };
        if !store.monitor().invocation(None, &observation.instantiation) {
            return Err(Stopped::Cut);
        }
        store.rests();
        for invocation in &run.invocations {
            let seen = invoke(store, &instance, invocation)?;
            let end = seen.end;
            let go_on = store
                .monitor()
                .invocation(Some(observation.invocations.len()), &seen);
            observation.invocations.push(seen);
            if !go_on {
                return Err(Stopped::Cut);
            }
            match end {
                End::Quiet | End::Trap(_) => {}
                End::Deadlock | End::Exhausted(_) => return Ok(observation),
            }
        }
        observation.leftover = M::leftover(store);
        Ok(observation)
    }

    /// An instance, after all that its start functions made ready has run.
    fn instantiate<M: Machine>(&self, store: &mut Store<'_, M>) -> Result<Arc<Items>, Stop> {
        let host = host_instance(store)?;
        let imports = Items::new([("host", Item::Instance(Arc::new(host)))])?;
        let instance = match instantiate::instantiate(store, &self.component, &imports) {
            Ok(instance) => instance,
            Err(Failure::Stop(stop)) => return Err(stop),
            Err(Failure::Unlinkable(import)) => {
                return Err(Unsupported::new(import.to_string()).into());
            }
        };
        while store.tick()? {}
        Ok(instance)
    }
}

/// The interpreter, with its limits.
fn engine() -> wasmi::Engine {
    let mut config = wasmi::Config::default();
    config
        .consume_fuel(true)
        .set_max_recursion_depth(400)
        .set_max_stack_height(1 << 20);
    wasmi::Engine::new(&config)
}

/// The instance `host` that generated cases import.
fn host_instance<M: Machine>(store: &mut Store<'_, M>) -> Result<Items, Unsupported> {
    let mut func = |func: HostFunc, params: Vec<ValType>| {
        let ft = FuncType {
            params,
            result: None,
            async_: false,
        };
        let id = store.new_host_func(func);
        Item::Func(FuncInst::Host(id, Arc::new(ft)))
    };
    let log = func(HostFunc::Log, vec![ValType::U32, ValType::U64]);
    let mark = func(HostFunc::Mark, vec![ValType::U32]);
    Items::new([("log", log), ("mark", mark)])
}

/// Makes one invocation, and runs the store until nothing is ready any more.
fn invoke<M: Machine>(
    store: &mut Store<'_, M>,
    instance: &Items,
    invocation: &Invocation,
) -> Result<InvocationObservation, Stopped> {
    let func = match instance.get(&invocation.export) {
        Some(Item::Func(func @ FuncInst::Lift(_))) => func,
        Some(Item::Func(FuncInst::Host(..))) => return Err(Unsupported::new("a re-export").into()),
        Some(_) | None => {
            return Err(Unsupported::new(format!("no export {}", invocation.export)).into());
        }
    };
    let types = invocation.args.iter().map(|arg| scalar_type(arg.ty()));
    if !types.eq(func_type(func).params.iter().cloned()) {
        let message = format!("arguments that do not fit: {invocation}");
        return Err(Unsupported::new(message).into());
    }
    let args = invocation.args.iter().map(|&arg| arg.into()).collect();
    let task = store.next_task();
    let stopped = store.invoke(func, args).err();
    // Nobody cancels an invocation of the host's.
    let returned = M::returned(store, task);
    let scalar = |value: abi::Value| {
        value
            .scalar()
            .ok_or_else(|| Unsupported::new("a result that is no scalar"))
    };
    let returned = match returned {
        Some(value) => Some(value.map(scalar).transpose()?),
        None => None,
    };
    let mut end = match stopped {
        Some(stop) => stop.end()?,
        None if returned.is_none() => {
            store.coverage.deadlocks += 1;
            End::Deadlock
        }
        None => End::Quiet,
    };
    if store.core.data().refused {
        end = End::Exhausted(Exhaustion::Memory);
    }
    Ok(InvocationObservation {
        returned,
        events: store.take_events(),
        end,
    })
}

/// The type of an argument of an invocation.
fn scalar_type(ty: Type) -> ValType {
    match ty {
        Type::Bool => ValType::Bool,
        Type::S8 => ValType::S8,
        Type::U8 => ValType::U8,
        Type::S16 => ValType::S16,
        Type::U16 => ValType::U16,
        Type::S32 => ValType::S32,
        Type::U32 => ValType::U32,
        Type::S64 => ValType::S64,
        Type::U64 => ValType::U64,
        Type::F32 => ValType::F32,
        Type::F64 => ValType::F64,
        Type::Char => ValType::Char,
    }
}

impl Stop {
    /// Returns the end of a run that was stopped, as an observation names it. It fails where a run that is stopped so has no
    /// observation.
    fn end(self) -> Result<End, Stopped> {
        match self {
            Stop::Trap(trapped) => Ok(End::Trap(trapped.trap)),
            Stop::Exhausted(what) => Ok(End::Exhausted(what)),
            Stop::End(end) => Ok(end),
            Stop::Unsupported(unsupported) => Err(Stopped::Unsupported(unsupported)),
            Stop::Cut => Err(Stopped::Cut),
        }
    }
}
