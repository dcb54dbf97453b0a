//! The end of a call that has begun: the event loop is turned until it is idle or fails, and the call is asked for its result.

use super::engine::Host;
use super::run::{Ended, endless};
use super::wasmtime;
use crate::wasmtime::event_loop::{self, Turned};
use std::convert::Infallible;
use std::future::{self, Future};
use std::pin::{Pin, pin};
use std::task::Poll;
use wasmtime::{Error, Store};

/// Turns the event loop of `store` until it is idle or fails. `call` may be polled in any turn of the loop.
///
/// An error ends the loop at once, even when the task had returned a moment before in the same turn and its result is
/// already in the channel; so the call is asked once more afterwards.
pub(in crate::wasmtime) fn finish(
    store: &mut Store<Host>,
    mut call: Pin<&mut impl Future<Output = Result<(), Error>>>,
    extra_turns: u32,
) -> Ended {
    let mut finished: Option<Result<(), Error>> = None;

    let running = store.run_concurrent(async |_| {
        finished = Some(call.as_mut().await);
        future::pending::<Infallible>().await
    });
    let mut error = match event_loop::turn(pin!(running), extra_turns) {
        Turned::Done(Ok(never)) => match never {},
        Turned::Done(Err(error)) => Some(error),
        Turned::Idle => None,
        Turned::Endless => Some(endless()),
    };

    if finished.is_none() && error.is_some() {
        // `run_concurrent` polls its closure before it does any work, and this closure completes at that first poll: no
        // thread runs after the error.
        let ask = store.run_concurrent(async |_| {
            future::poll_fn(|cx| Poll::Ready(call.as_mut().poll(cx))).await
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
