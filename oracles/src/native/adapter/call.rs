//! A call of an export, as releases since 46 have it: begun in the store, and asked for its result in any turn of the loop.

use super::adapter::{Ended, Host, endless};
use super::wasmtime;
use crate::native::event_loop::{self, Turned};
use std::convert::Infallible;
use std::future::{self, Future};
use std::pin::pin;
use std::task::Poll;
use wasmtime::component::{Accessor, AsAccessor, Func, HasSelf, Val};
use wasmtime::{Error, Store};

/// `Func::finish_call_concurrent` wants an accessor and (as its own comment says) does not use it. The real one does not live
/// beyond one `run_concurrent`, and the call has to: see [`call`].
struct NoAccessor;

impl AsAccessor for NoAccessor {
    type Data = Host;
    type AccessorData = HasSelf<Host>;

    fn as_accessor(&self) -> &Accessor<Host> {
        unreachable!("no release uses the accessor of `finish_call_concurrent`")
    }
}

/// Calls `function` and turns the event loop until it is idle or fails.
///
/// An error ends the loop at once, even when the task had returned a moment before in the same turn and its result is
/// already in the channel; so the call is asked once more afterwards.
pub(super) fn call(
    store: &mut Store<Host>,
    function: Func,
    args: Vec<Val>,
    results: &mut [Val],
    extra_turns: u32,
) -> Ended {
    let call = match function.start_call_concurrent(&mut *store, &args, results) {
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
