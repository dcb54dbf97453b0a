//! `Task.deliver_pending_cancel`, and a cancellation that a thread is told of only when it is resumed.

use crate::St;
use crate::wasmtime::cancel_misses_callback_yield::tells_next_callback;
use crate::wasmtime::cancel_misses_suspended::tells_resumed;
use crate::wasmtime::tells_after_return::tells_after_return;
use crate::wasmtime::tells_in_turn::{is_told_in_turn, tells_callback};
use crate::wasmtime::wait_takes_yield::robs_callback;
use spawndiff_reference::machine::{Continuation, TaskState, ThreadId};

/// `Task.deliver_pending_cancel`: also of a task that has returned, and it takes an event from the callback.
pub(crate) fn deliver_pending_cancel(st: &mut St<'_>, thread: ThreadId, cancellable: bool) -> bool {
    let task = st.get_thread(thread).task();
    let mut told = st.deliver_pending_cancel(thread, cancellable);
    if told {
        st.machine.task(task).told = true;
    } else if cancellable && st.machine.of_task(task).told_late {
        told = tells_after_return(st, task);
    }
    if told {
        robs_callback(st, thread);
    }
    told
}

/// Where a thread is resumed after a wait that could be cancelled: whether it is told now of a cancellation that it
/// missed.
pub(crate) fn tells_late(st: &mut St<'_>, thread: ThreadId) -> bool {
    if std::mem::take(&mut st.machine.thread(thread).told) {
        st.machine.thread(thread).told_alone = false;
        return deliver_pending_cancel(st, thread, true);
    }
    if !st.get_thread(thread).cancellable() {
        return false;
    }
    let tells: fn(&mut St<'_>) -> bool = match st.get_thread(thread).cont() {
        Some(Continuation::CallbackYield) if is_told_in_turn(st) => tells_callback,
        Some(Continuation::CallbackYield) => tells_next_callback,
        Some(Continuation::Core { .. }) => tells_resumed,
        Some(
            Continuation::Implicit
            | Continuation::Entered
            | Continuation::Explicit { .. }
            | Continuation::CallbackWait(_),
        )
        | None => return false,
    };
    let task = st.get_thread(thread).task();
    if st.machine.of_task(task).told_late {
        return tells_after_return(st, task);
    }
    st.get_task(task).state() == TaskState::PendingCancel
        && tells(st)
        && deliver_pending_cancel(st, thread, true)
}
