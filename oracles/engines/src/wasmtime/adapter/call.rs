//! A call of an export, as releases since 46 have it: begun in the store, and asked for its result in any turn of the loop.

use super::adapter::{Ended, Host, finish};
use super::wasmtime;
use std::pin::pin;
use wasmtime::Store;
use wasmtime::component::{Accessor, AsAccessor, Func, HasSelf, Val};

/// An accessor that is never used: `Func::finish_call_concurrent` wants one and (as its own comment says) does not use it. A real
/// accessor does not live beyond one `run_concurrent`, and the call has to live longer: see [`finish`].
struct NoAccessor;

impl AsAccessor for NoAccessor {
    type Data = Host;
    type AccessorData = HasSelf<Host>;

    fn as_accessor(&self) -> &Accessor<Host> {
        unreachable!("no release uses the accessor of `finish_call_concurrent`")
    }
}

/// Calls `function`, and runs what is ready until nothing is ready any more.
pub(super) fn call(
    store: &mut Store<Host>,
    function: Func,
    args: Vec<Val>,
    results: &mut [Val],
    extra_turns: u32,
) -> Ended {
    match function.start_call_concurrent(&mut *store, &args, results) {
        Ok(call) => {
            let call = pin!(function.finish_call_concurrent(NoAccessor, call));
            finish(store, call, extra_turns)
        }
        Err(error) => Ended {
            returned: false,
            error: Some(error),
        },
    }
}
