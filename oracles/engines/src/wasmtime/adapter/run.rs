//! One run of a case: a fresh store and instance, and the invocations, each turned until nothing is ready.

use super::call::call;
use super::engine::Host;
use super::{values, wasmtime};
use crate::wasmtime::event_loop::{self, Turned};
use crate::wasmtime::limits::LimitReached;
use crate::wasmtime::traps;
use spawndiff_corpus::{Invocation, Run};
use spawndiff_observation::{End, Exhaustion, InvocationObservation, RunObservation};
use std::convert::Infallible;
use std::future;
use std::pin::pin;
use wasmtime::component::{Func, Instance, InstancePre, Val};
use wasmtime::{Error, Store};

/// Why a run stopped short.
pub(super) enum Stop {
    /// The case asks for something that the component does not have.
    Input(String),
    /// The engine failed with an error that no table knows.
    Unmapped(String),
}

/// How a run is made, besides the run itself.
pub(super) struct Settings {
    /// See [`crate::wasmtime::Config::extra_turns`].
    pub extra_turns: u32,
}

/// Makes a run in `store`, and fills `seen` as it goes, so that a panic leaves what came before it.
pub(super) fn run(
    store: &mut Store<Host>,
    component: &InstancePre<Host>,
    run: &Run,
    settings: &Settings,
    seen: &mut RunObservation,
) -> Result<(), Stop> {
    let empty = store.concurrent_state_table_size();
    let instance = instantiate(store, component, settings);
    seen.instantiation.events = std::mem::take(&mut store.data_mut().events);
    let instance = match instance {
        Ok(instance) => instance,
        Err(error) => {
            seen.instantiation.end = end_of(&error)?;
            return Ok(());
        }
    };

    let at_rest = store.concurrent_state_table_size();
    let mut quiet = true;
    for invocation in &run.invocations {
        // The observation is put there before the invocation is made, so that a panic finds it.
        let place = seen.invocations.len();
        seen.invocations.push(InvocationObservation::default());
        let observed = &mut seen.invocations[place];
        let result = invoke(store, &instance, invocation, settings, observed);
        observed.events = std::mem::take(&mut store.data_mut().events);
        let end = observed.end;
        result?;
        match end {
            End::Quiet => {}
            End::Trap(_) => quiet = false,
            End::Deadlock | End::Exhausted(_) => return Ok(()),
        }
    }
    // Where start functions have left something, one thing that goes would hide another one that is left.
    if quiet && at_rest == empty {
        // The table counts threads, tasks and subtasks (and waitable sets) that nobody has let go of.
        seen.leftover = Some(store.concurrent_state_table_size() > at_rest);
    }
    Ok(())
}

/// Instantiates the component, and turns the loop until nothing that its start functions made ready is left.
fn instantiate(
    store: &mut Store<Host>,
    component: &InstancePre<Host>,
    settings: &Settings,
) -> Result<Instance, Error> {
    let instance = match event_loop::turn(pin!(component.instantiate_async(&mut *store)), 0) {
        Turned::Done(instance) => instance?,
        Turned::Idle => return Err(wasmtime::Trap::AsyncDeadlock.into()),
        Turned::Endless => return Err(endless()),
    };
    let idle = store.run_concurrent(async |_| future::pending::<Infallible>().await);
    match event_loop::turn(pin!(idle), settings.extra_turns) {
        Turned::Done(Ok(never)) => match never {},
        Turned::Done(Err(error)) => Err(error),
        Turned::Idle => Ok(instance),
        Turned::Endless => Err(endless()),
    }
}

pub(super) fn endless() -> Error {
    Error::new(LimitReached(Exhaustion::Fuel))
}

/// The outcome of a call.
pub(in crate::wasmtime) struct Ended {
    /// Whether the task has returned.
    pub returned: bool,
    /// The error with which the event loop ended. `None` says that the loop is idle.
    pub error: Option<Error>,
}

fn invoke(
    store: &mut Store<Host>,
    instance: &Instance,
    invocation: &Invocation,
    settings: &Settings,
    observed: &mut InvocationObservation,
) -> Result<(), Stop> {
    let (function, args, mut results) = find(store, instance, invocation)?;
    let ended = call(store, function, args, &mut results, settings.extra_turns);
    // The result is noted first, so that it is seen also where the call was ended by something that is no trap.
    if ended.returned {
        observed.returned = Some(results.first().and_then(values::from_val));
    }
    observed.end = match ended.error {
        Some(error) => end_of(&error)?,
        None if ended.returned => End::Quiet,
        None => End::Deadlock,
    };
    Ok(())
}

/// Finds the export of an invocation. Returns it with its arguments as Wasmtime takes them, and with room for its result. The error
/// is [`Stop::Input`], where the component has no such function or its types are others.
fn find(
    store: &mut Store<Host>,
    instance: &Instance,
    invocation: &Invocation,
) -> Result<(Func, Vec<Val>, Vec<Val>), Stop> {
    let name = &invocation.export;
    let function = instance
        .get_func(&mut *store, name.as_str())
        .ok_or_else(|| Stop::Input(format!("no function `{name}` is exported")))?;
    let ty = function.ty(&*store);
    let fits = ty.params().len() == invocation.args.len()
        && ty
            .params()
            .zip(&invocation.args)
            .all(|((_, param), arg)| values::from_type(&param) == Some(arg.ty()));
    if !fits {
        return Err(Stop::Input(format!(
            "the arguments of `{invocation}` have other types"
        )));
    }
    if let Some(result) = ty
        .results()
        .find(|result| values::from_type(result).is_none())
    {
        return Err(Stop::Input(format!(
            "`{name}` has a result of an unsupported type: {result:?}"
        )));
    }
    let args = invocation
        .args
        .iter()
        .copied()
        .map(values::to_val)
        .collect();
    Ok((function, args, vec![Val::Bool(false); ty.results().len()]))
}

/// How an instantiation or an invocation that failed with `error` ended.
fn end_of(error: &Error) -> Result<End, Stop> {
    let limit = error.downcast_ref::<LimitReached>();
    let code = error.downcast_ref::<wasmtime::Trap>();
    let code = code.map(|code| format!("{code:?}"));
    let text = format!("{error:#}");
    traps::end_of(&text, code.as_deref(), limit).map_err(Stop::Unmapped)
}

/// Adds to `seen` the events that the store of a run that panicked still holds: those of the instantiation or invocation that was
/// under way.
pub(super) fn salvage(store: &mut Store<Host>, seen: &mut RunObservation) {
    let last = seen.last_part();
    last.events.append(&mut store.data_mut().events);
}
