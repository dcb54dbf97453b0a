//! A call that returns at once, and whose task has ended, is kept for ever.

use crate::{Deviation, St, deviates, deviates_here, is_on};
use spawndiff_reference::machine::TaskId;

/// After a call that has returned at once.
pub(crate) fn keeps_returned_call(st: &mut St<'_>, task: TaskId) {
    let ended = st.get_task(task).threads().is_empty();
    if ended && is_on(st, Deviation::KeepsReturnedCalls) {
        st.machine.kept_calls = true;
    }
}

/// Where a subtask is dropped whose return its caller has not been told of yet: the engine may keep its task.
pub(crate) fn keeps_dropped_call(st: &mut St<'_>) {
    if deviates_here(st, Deviation::KeepsReturnedCalls) {
        st.machine.kept_calls = true;
    }
}

/// When a run is over: whether such a call is left.
pub(crate) fn has_kept_calls(st: &mut St<'_>) -> bool {
    st.machine.kept_calls && deviates(st, Deviation::KeepsReturnedCalls)
}
