//! A call of an export, as releases until 45 have it: begun and awaited in one turning of the event loop. So a task of the host
//! does both, which stays in the store when the loop ends with an error.

use super::adapter::{Ended, Host, endless};
use super::wasmtime;
use crate::native::event_loop::{self, Turned};
use std::convert::Infallible;
use std::fmt;
use std::future;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use wasmtime::component::{Accessor, AccessorTask, Func, Val};
use wasmtime::{Error, Store};

/// What the task of a call leaves: its results.
type Results = Arc<Mutex<Option<Result<Vec<Val>, Error>>>>;

/// Calls, leaves what came of it, and fails: so the loop ends there, and does no other work first.
struct Calling {
    function: Func,
    args: Vec<Val>,
    results: Vec<Val>,
    left: Results,
}

/// Fails.
struct Stopping;

/// How these tasks fail.
#[derive(Debug, PartialEq, Eq)]
enum Signal {
    Finished,
    Stopped,
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a task of the adapter has {self:?}")
    }
}

impl std::error::Error for Signal {}

impl AccessorTask<Host> for Calling {
    async fn run(mut self, accessor: &Accessor<Host>) -> Result<(), Error> {
        let results = &mut self.results;
        let called = self
            .function
            .call_concurrent(accessor, &self.args, results)
            .await;
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        *left = Some(called.map(|()| self.results));
        Err(Signal::Finished.into())
    }
}

impl AccessorTask<Host> for Stopping {
    async fn run(self, _: &Accessor<Host>) -> Result<(), Error> {
        Err(Signal::Stopped.into())
    }
}

/// Turns the event loop until it is idle (`None`) or ends with an error.
fn turn(store: &mut Store<Host>, extra_turns: u32) -> Option<Error> {
    let running = store.run_concurrent(async |_| future::pending::<Infallible>().await);
    match event_loop::turn(pin!(running), extra_turns) {
        Turned::Done(Ok(never)) => match never {},
        Turned::Done(Err(error)) => Some(error),
        Turned::Idle => None,
        Turned::Endless => Some(endless()),
    }
}

/// Calls `function` and turns the event loop until it is idle or fails.
///
/// An error ends the loop at once, even when the task had returned a moment before in the same turn and its result is
/// already in the channel. So the loop is turned once more afterwards, with a task that ends it: those of the host come before
/// any thread, in the order in which they became ready.
pub(super) fn call(
    store: &mut Store<Host>,
    function: Func,
    args: Vec<Val>,
    results: &mut [Val],
    extra_turns: u32,
) -> Ended {
    let left = Results::default();
    store.spawn(Calling {
        function,
        args,
        results: results.to_vec(),
        left: left.clone(),
    });
    let is = |error: &Option<Error>, signal| {
        let found = error.as_ref().and_then(Error::downcast_ref::<Signal>);
        found == Some(&signal)
    };
    let mut error = turn(store, extra_turns);
    // Also of an earlier call, which did not return then.
    while is(&error, Signal::Finished) {
        error = turn(store, extra_turns);
    }
    if error.is_some() {
        store.spawn(Stopping);
        while is(&turn(store, 0), Signal::Finished) {}
    }
    let left = left.lock().unwrap_or_else(PoisonError::into_inner).take();
    let returned = match left {
        Some(Ok(left)) => {
            results.clone_from_slice(&left);
            true
        }
        Some(Err(failed)) => {
            error.get_or_insert(failed);
            false
        }
        None => false,
    };
    Ended { returned, error }
}
