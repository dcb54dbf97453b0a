//! A call that is both lifted and lowered without `async` waits neither for backpressure nor for the exclusive thread, and does not
//! become it.

use crate::{Deviation, St, deviates};
use spawndiff_reference::machine::{Caller, TaskId};

/// In the conditions under which a task waits to enter: whether it enters without waiting, and without becoming exclusive.
pub(crate) fn skips_queue(st: &mut St<'_>, task: TaskId) -> bool {
    let async_typed = st.get_task(task).ft().async_;
    let skips =
        async_typed && is_synchronous_call(st, task) && deviates(st, Deviation::SyncCallSkipsQueue);
    if skips {
        st.machine.task(task).skips_queue = true;
    }
    skips
}

/// Whether a task is of a call that is both lifted and lowered without `async`.
fn is_synchronous_call(st: &St<'_>, task: TaskId) -> bool {
    let lifted = st.get_task(task).opts().async_;
    let &Caller::Subtask(subtask) = st.get_task(task).caller() else {
        return false;
    };
    let lowered = st.as_subtask(subtask).is_some_and(|it| it.opts().async_);
    !lifted && !lowered
}
