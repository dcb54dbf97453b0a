//! An action of a task, or on a task, that the text does at once only waits for its turn, behind threads that are ready: a switch
//! to another thread of the task, a call that is asynchronous on one side, the return of such a call, a cancellation. While an
//! asynchronous call is under way, switches and calls wait for their turn always.

use crate::turns::{is_ready, ready_func};
use crate::{Deviation, St, deviates, deviates_here, is_on};
use spawndiff_reference::machine::{Caller, ReadyFunc, TaskId};

/// Before `Thread.resume` switches from one thread to another, and before a call of `canon_lower`: whether the other
/// thread, or the call, waits for its turn. `task`: of the thread that switches or calls.
pub(crate) fn instead_of_switching(st: &mut St<'_>, task: TaskId) -> bool {
    match st.machine.async_calls {
        0 => queues_behind_others(st, task),
        _ => deviates(st, Deviation::QueuesSwitches),
    }
}

/// Whether what a task should do at once waits for its turn: in one that another component instance has called, behind any
/// thread that is ready; in another one, behind a thread that waits for its turn already, or whose wait is over, or whose
/// task is synchronously typed and blocked.
pub(crate) fn queues_behind_others(st: &mut St<'_>, task: TaskId) -> bool {
    if !is_on(st, Deviation::QueuesSwitches) {
        return false;
    }
    let called = matches!(st.get_task(task).caller(), Caller::Subtask(_));
    let behind = st.waiting().iter().any(|&waiting| {
        let waited = ready_func(st, waiting) != Some(ReadyFunc::Always);
        let sync_typed = !st.get_task(st.get_thread(waiting).task()).ft().async_;
        let queued = st.machine.of_thread(waiting).queued;
        (queued || called || waited || sync_typed) && is_ready(st, waiting)
    });
    behind && deviates_here(st, Deviation::QueuesSwitches)
}
