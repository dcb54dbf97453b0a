//! A call of an export, as releases until 45 have it: begun where it is polled first, which has to be inside the event loop.

use super::adapter::{Ended, Host, finish};
use super::wasmtime;
use crate::wasmtime::event_loop::{self, Turned};
use std::future;
use std::pin::pin;
use std::task::Poll;
use wasmtime::Store;
use wasmtime::component::{Accessor, Func, HasSelf, Val};

/// Calls `function`, and runs what is ready until nothing is ready any more.
///
/// The call begins before anything else in the loop. Where the call is refused, as after a trap, what was ready stays as it is.
pub(super) fn call(
    store: &mut Store<Host>,
    function: Func,
    args: Vec<Val>,
    results: &mut [Val],
    extra_turns: u32,
) -> Ended {
    let ended = |error| Ended {
        returned: false,
        error,
    };
    // An accessor is good in any loop of its store, and with another getter it may be kept.
    let asked = store.run_concurrent(async |accessor: &Accessor<Host>| {
        accessor.with_getter::<HasSelf<Host>>(|host| host)
    });
    let accessor = match event_loop::turn(pin!(asked), 0) {
        Turned::Done(Ok(accessor)) => accessor,
        Turned::Done(Err(error)) => return ended(Some(error)),
        Turned::Idle | Turned::Endless => unreachable!("the closure does not wait"),
    };
    let mut call = pin!(function.call_concurrent(accessor, &args, results));
    let begun = {
        // `run_concurrent` polls its closure before it does any work.
        let begin = store.run_concurrent(async |_| {
            future::poll_fn(|cx| Poll::Ready(call.as_mut().poll(cx))).await
        });
        event_loop::turn(pin!(begin), 0)
    };
    match begun {
        Turned::Done(Ok(Poll::Pending)) => finish(store, call, extra_turns),
        Turned::Done(Ok(Poll::Ready(Ok(())))) => unreachable!("no task has run"),
        Turned::Done(Ok(Poll::Ready(Err(error))) | Err(error)) => ended(Some(error)),
        Turned::Idle | Turned::Endless => unreachable!("the closure does not wait"),
    }
}
