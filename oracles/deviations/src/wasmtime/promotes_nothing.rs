//! `thread.*-then-promote` only finds a thread that yields in a built-in: to any other that is ready it does not switch.

use crate::blocked_in::yields_in_built_in;
use crate::turns::is_ready;
use crate::{Deviation, St, deviates};
use spawndiff_reference::machine::{Flow, ThreadId};

/// Before `Thread.suspend_then_promote` (or, with `yields`, `Thread.yield_then_promote`): what is done instead. `None`: nothing
/// else.
pub(crate) fn instead_of_promoting(
    st: &mut St<'_>,
    thread: ThreadId,
    cancellable: bool,
    other: ThreadId,
    yields: bool,
) -> Option<Flow> {
    let ready = is_ready(st, other);
    let nothing =
        ready && !yields_in_built_in(st, other) && deviates(st, Deviation::PromotesNothing);
    nothing.then(|| {
        if yields {
            st.yield_(thread, cancellable)
        } else {
            st.suspend(thread, cancellable)
        }
    })
}
