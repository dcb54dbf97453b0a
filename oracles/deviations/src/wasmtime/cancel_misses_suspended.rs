//! `subtask.cancel` does not resume a thread of the callee that is suspended or was made ready by `resume-later`: it is told when
//! it is resumed otherwise.

use crate::blocked_in::is_in_suspend;
use crate::{Deviation, St, deviates};
use spawndiff_reference::machine::{Continuation, ThreadId};

/// In `Task.request_cancellation`: whether a thread that could be resumed is not.
pub(crate) fn misses_suspended(st: &mut St<'_>, thread: ThreadId) -> bool {
    let own = st.machine.of_thread(thread);
    match st.get_thread(thread).cont() {
        Some(Continuation::Core { .. })
            if st.get_thread(thread).suspended()
                || own.resumed_later
                || (own.queued && is_in_suspend(st, thread)) =>
        {
            deviates(st, Deviation::CancelMissesSuspended)
        }
        Some(_) | None => false,
    }
}

/// Where a thread is resumed in a built-in while a cancellation is pending: whether it is told now.
pub(crate) fn tells_resumed(st: &mut St<'_>) -> bool {
    deviates(st, Deviation::CancelMissesSuspended)
}
