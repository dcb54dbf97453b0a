//! `thread.*-then-promote` asks whether the other thread is suspended, not whether it is ready: it resumes one that is suspended,
//! and traps on any other that does not yield in a built-in. Such a one is running, waits for an event that is there or not, waits
//! between callbacks, or was switched to or made ready by `resume-later`.

use crate::blocked_in::{is_in_yield, yields_in_built_in};
use crate::{Deviation, St, deviates};
use spawndiff_observation::Trap;
use spawndiff_reference::machine::{Flow, Stop, ThreadId};

/// Before `Thread.suspend_then_promote` (or, with `yields`, `Thread.yield_then_promote`): what is done instead. `None`: nothing
/// else.
pub(crate) fn instead_of_promoting(
    st: &mut St<'_>,
    thread: ThreadId,
    cancellable: bool,
    other: ThreadId,
    yields: bool,
) -> Option<Result<Flow, Stop>> {
    if st.get_thread(other).suspended() && deviates(st, Deviation::PromotesSuspended) {
        return Some(Ok(if yields {
            st.yield_then_resume(thread, cancellable, other)
        } else {
            st.suspend_then_resume(thread, cancellable, other)
        }));
    }
    let queued = st.machine.of_thread(other).queued && !is_in_yield(st, other);
    if (!yields_in_built_in(st, other) || queued) && deviates(st, Deviation::PromotesSuspended) {
        return Some(Err(Trap::ThreadNotSuspended.into()));
    }
    None
}
