//! Every task waits for the exclusive thread before it starts, also one that does not need it: one that is lifted `async` without a
//! callback, or that is synchronously typed. The latter waits for backpressure, too.

use crate::{Deviation, St, deviates, deviates_here};
use spawndiff_reference::machine::{Caller, TaskId};

/// In the conditions under which a task waits to enter: whether one that does not need the exclusive thread waits for it all the
/// same.
pub(crate) fn waits_for_exclusive(st: &mut St<'_>, task: TaskId) -> bool {
    let waits = !st.needs_exclusive(task) && waits_without_need(st, task);
    if waits {
        st.machine.task(task).waits_for_exclusive = true;
    }
    waits
}

/// Whether a task that does not need the exclusive thread waits for it all the same.
fn waits_without_need(st: &mut St<'_>, task: TaskId) -> bool {
    // A `realloc` or a destructor is no task to that engine.
    let called = !matches!(st.get_task(task).caller(), Caller::Core { .. });
    let inst = st.get_task(task).inst();
    let held = st.exclusive_thread(inst).is_some() || st.backpressure(inst) > 0;
    called && held && deviates_here(st, Deviation::AlwaysWaitsForExclusive)
}

/// In `has_backpressure`: whether such a task has to wait on.
pub(crate) fn has_to_wait(st: &St<'_>, task: TaskId) -> bool {
    let inst = st.get_task(task).inst();
    st.machine.of_task(task).waits_for_exclusive && st.exclusive_thread(inst).is_some()
}

/// Where a synchronously typed task waits to start and nothing is ready: whether that is left to the host's loop.
pub(crate) fn leaves_unstarted_task(st: &mut St<'_>) -> bool {
    deviates(st, Deviation::AlwaysWaitsForExclusive)
}
