//! A synchronously typed task that has returned by `task.return`, or was cancelled by `task.cancel`, although it is not lifted
//! `async`, still may not suspend.

use crate::{Deviation, St, deviates};
use spawndiff_reference::machine::{TaskId, TaskState};

/// Whether a synchronously typed task is not over: it has not returned, or has although it should not, and still may not suspend.
pub(crate) fn is_not_over(st: &mut St<'_>, task: TaskId) -> bool {
    let returned_anyway = st.machine.of_task(task).returned_anyway;
    let task = st.get_task(task);
    task.state() != TaskState::Resolved
        || returned_anyway
            && task.implicit_thread().is_some()
            && deviates(st, Deviation::ReturnedMayNotSuspend)
}
