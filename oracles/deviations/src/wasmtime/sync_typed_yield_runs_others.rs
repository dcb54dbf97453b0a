//! Where a synchronously typed task has blocked, and another task of its instance has run for a while, any thread may run, also of
//! other component instances, and its caller may go on.

use super::returned_may_not_suspend::is_not_over;
use super::sync_typed_suspends::never_suspends;
use crate::{Deviation, St, deviates_here, is_on};
use spawndiff_observation::Trap;
use spawndiff_reference::machine::{InstanceId, Stop, TaskId, ThreadId};

/// Where it has let another thread run, and that has stopped: whether it is left to the host's loop now.
pub(crate) fn yields_to_others(st: &mut St<'_>, task: TaskId, thread: ThreadId) -> bool {
    let yields = st.get_thread(thread).task() != task
        && deviates_here(st, Deviation::SyncTypedYieldRunsOthers);
    if yields {
        st.machine.task(task).left = true;
    }
    yields
}

/// After a thread has stopped in the host's loop: where a task of its instance was left to that and is not over, another thread of
/// the instance has to be ready. (An engine in which such a task cannot suspend at all does not get here.)
pub(crate) fn leaves_instance(st: &mut St<'_>, inst: InstanceId) -> Result<(), Stop> {
    if !is_on(st, Deviation::SyncTypedYieldRunsOthers) || never_suspends(st) {
        return Ok(());
    }
    let left: Vec<TaskId> = st
        .all_tasks()
        .filter(|&task| st.machine.of_task(task).left && st.get_task(task).inst() == inst)
        .collect();
    let held = left.into_iter().any(|task| is_not_over(st, task));
    match held
        && st
            .ready_threads(|thread| st.inst_of(thread) == inst)
            .is_empty()
    {
        true => Err(Trap::CannotBlock.into()),
        false => Ok(()),
    }
}
