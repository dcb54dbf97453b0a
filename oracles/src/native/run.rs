//! One run of a case: a fresh store and instance, and the invocations, each turned until nothing is ready.

use super::engine::{Host, LimitReached};
use super::event_loop::{self, Turned};
use super::traps;
use super::values;
use crate::{End, Exhaustion, InvocationObservation, RunObservation};
use spawndiff_corpus::{Invocation, Run};
use std::convert::Infallible;
use std::future;
use std::pin::pin;
use std::task::Poll;
use wasmtime::component::{Accessor, AsAccessor, Func, HasSelf, Instance, InstancePre, Val};
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
    /// See [`super::Config::extra_turns`].
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
    let instance = match instantiate(store, component, settings) {
        Ok(instance) => instance,
        Err(error) => {
            seen.instantiation = settings.end_of(&error)?;
            return Ok(());
        }
    };
    // Start functions may log; the trace of an invocation begins with its call.
    store.data_mut().events.clear();

    let at_rest = store.concurrent_state_table_size();
    let mut quiet = true;
    for invocation in &run.invocations {
        // There before it is made, so that a panic finds it.
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
    if quiet {
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

fn endless() -> Error {
    Error::new(LimitReached(Exhaustion::Fuel))
}

/// `Func::finish_call_concurrent` wants an accessor and (as its own comment says) does not use it. The real one does not live
/// beyond one `run_concurrent`, and the call has to: see [`call`].
struct NoAccessor;

impl AsAccessor for NoAccessor {
    type Data = Host;
    type AccessorData = HasSelf<Host>;

    fn as_accessor(&self) -> &Accessor<Host> {
        unreachable!("Wasmtime 48 does not use the accessor of `finish_call_concurrent`")
    }
}

fn invoke(
    store: &mut Store<Host>,
    instance: &Instance,
    invocation: &Invocation,
    settings: &Settings,
    observed: &mut InvocationObservation,
) -> Result<(), Stop> {
    let (function, args, mut results) = find(store, instance, invocation)?;
    let ended = call(store, function, &args, &mut results, settings);
    // First, so that it is seen also where what ended the call is no trap.
    if ended.returned {
        observed.returned = Some(results.first().and_then(values::from_val));
    }
    observed.end = match ended.error {
        Some(error) => settings.end_of(&error)?,
        None if ended.returned => End::Quiet,
        None => End::Deadlock,
    };
    Ok(())
}

/// The export, its arguments as Wasmtime takes them, and room for its result.
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

/// What a call came to.
struct Ended {
    /// The task has returned.
    returned: bool,
    /// The event loop ended with this error; `None`: it is idle.
    error: Option<Error>,
}

/// Calls `function` and turns the event loop until it is idle or fails.
///
/// An error ends the loop at once, even when the task had returned a moment before in the same turn and its result is
/// already in the channel; so the call is asked once more afterwards.
fn call(
    store: &mut Store<Host>,
    function: Func,
    args: &[Val],
    results: &mut [Val],
    settings: &Settings,
) -> Ended {
    let call = match function.start_call_concurrent(&mut *store, args, results) {
        Ok(call) => call,
        Err(error) => {
            return Ended {
                returned: false,
                error: Some(error),
            };
        }
    };
    let mut finish = pin!(function.finish_call_concurrent(NoAccessor, call));
    let mut finished: Option<Result<(), Error>> = None;

    let running = store.run_concurrent(async |_| {
        finished = Some(finish.as_mut().await);
        future::pending::<Infallible>().await
    });
    let mut error = match event_loop::turn(pin!(running), settings.extra_turns) {
        Turned::Done(Ok(never)) => match never {},
        Turned::Done(Err(error)) => Some(error),
        Turned::Idle => None,
        Turned::Endless => Some(endless()),
    };

    if finished.is_none() && error.is_some() {
        // `run_concurrent` polls its closure before it does any work, and this closure completes at that first poll: no
        // thread runs after the error.
        let ask = store.run_concurrent(async |_| {
            future::poll_fn(|cx| Poll::Ready(finish.as_mut().poll(cx))).await
        });
        if let Turned::Done(Ok(Poll::Ready(Ok(())))) = event_loop::turn(pin!(ask), 0) {
            finished = Some(Ok(()));
        }
    }
    let returned = match finished {
        Some(Ok(())) => true,
        Some(Err(failed)) => {
            error.get_or_insert(failed);
            false
        }
        None => false,
    };
    Ended { returned, error }
}

impl Settings {
    fn end_of(&self, error: &Error) -> Result<End, Stop> {
        traps::end_of(error).map_err(Stop::Unmapped)
    }
}

/// What the store of a run that panicked still holds: the events of the invocation that was under way.
pub(super) fn salvage(store: &mut Store<Host>, seen: &mut RunObservation) {
    if let Some(last) = seen.invocations.last_mut() {
        last.events.append(&mut store.data_mut().events);
    }
}
