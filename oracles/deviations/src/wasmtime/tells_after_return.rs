//! A task is told of a cancellation after it has returned.

use crate::{Deviation, St, deviates, is_on};
use spawndiff_reference::machine::{TaskId, TaskState};

/// The last two lines of `Task.return_` and `Task.cancel`: a task that was asked to cancel may be told of it later.
pub(crate) fn remembers_cancellation(st: &mut St<'_>, task: TaskId) {
    let on = is_on(st, Deviation::TellsAfterReturn);
    let pending = st.get_task(task).state() == TaskState::PendingCancel;
    if on {
        st.machine.task(task).told_late = pending;
    }
}

/// Whether a task that has returned is told of its cancellation now.
pub(crate) fn tells_after_return(st: &mut St<'_>, task: TaskId) -> bool {
    std::mem::take(&mut st.machine.task(task).told_late)
        && deviates(st, Deviation::TellsAfterReturn)
}
