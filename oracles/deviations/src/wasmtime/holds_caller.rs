//! While a thread waits in a synchronous `subtask.cancel`, or in a call of a synchronously typed function that has let others run,
//! a call with the asynchronous ABI, or a `subtask.cancel`, that led to it does not return.

use crate::blocked_in::then_of;
use crate::own::OwnThen;
use crate::turns::{ready_func, waits};
use crate::{Deviation, St, deviates_here};
use spawndiff_reference::machine::{ReadyFunc, TaskId, ThreadId, WaitableId};

/// After a thread has blocked in a synchronous call: that it may hold its callers, if what it called is synchronously typed.
pub(crate) fn blocks_in_call(st: &mut St<'_>, subtask: WaitableId) {
    if st.as_subtask(subtask).is_some_and(|it| !it.ft().async_) {
        st.machine.held_by = Some(subtask);
    }
}

/// After a thread has blocked in a synchronous `subtask.cancel`: that it may hold its callers.
pub(crate) fn blocks_in_cancel(st: &mut St<'_>, subtask: WaitableId) {
    st.machine.held_by = Some(subtask);
}

/// After a call or cancellation whose callee has blocked: whether its caller does not go on before another cancellation, or a
/// call of a synchronous type, is over, for which the callee waits.
pub(crate) fn holds_caller(st: &mut St<'_>, caller: ThreadId) -> bool {
    let Some(subtask) = st.machine.held_by else {
        return false;
    };
    let holds = deviates_here(st, Deviation::HoldsCaller);
    if holds {
        waits(st, caller, ReadyFunc::Resolved(subtask));
    }
    holds
}

/// Where a synchronously typed task has blocked and nothing is ready, because the thread that it began with is held so: whether
/// that is left to the host's loop.
pub(crate) fn leaves_held_task(st: &mut St<'_>, task: TaskId) -> bool {
    let held = |thread: ThreadId| {
        matches!(
            then_of(st, thread),
            Some(OwnThen::Called(_) | OwnThen::Cancel(..))
        ) && matches!(ready_func(st, thread), Some(ReadyFunc::Resolved(_)))
    };
    st.get_task(task).implicit_thread().is_some_and(held)
        && deviates_here(st, Deviation::HoldsCaller)
}
