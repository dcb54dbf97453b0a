//! One turn of the loop in `Thread.resume`: the thread may be told of a cancellation only now, and a switch may wait for its turn.

use super::deliver_pending_cancel::tells_late;
use crate::St;
use crate::blocked_in::is_in_callback_wait;
use crate::turns::switches_in_turn;
use crate::wasmtime::queues_switches::instead_of_switching;
use crate::wasmtime::wait_takes_yield::is_robbed;
use spawndiff_observation::{Builtin, Trap};
use spawndiff_reference::machine::{Stop, ThreadId};

/// The turn; what is returned is the thread to switch to.
pub(crate) fn resume_cont(
    st: &mut St<'_>,
    thread: ThreadId,
    cancelled: bool,
) -> Result<Option<ThreadId>, Stop> {
    st.machine.returned_early = None;
    st.machine.held_by = None;
    let in_callback_wait = is_in_callback_wait(st, thread);
    let own = st.machine.thread(thread);
    own.in_callback_wait = in_callback_wait;
    own.resumed_later = false;
    own.queued = false;
    own.forced = None;
    let late = tells_late(st, thread);
    if st.is_between_callbacks(thread) && is_robbed(st, thread) {
        return Err(Stop::from(Trap::SetHasWaiters).by(Builtin::Lift));
    }
    let task = st.get_thread(thread).task();
    let next = st.resume_cont(thread, cancelled | late)?;
    match next {
        Some(other) if instead_of_switching(st, task) => {
            switches_in_turn(st, other);
            Ok(None)
        }
        next => Ok(next),
    }
}
