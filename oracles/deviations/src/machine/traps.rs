//! The conditions of traps: which of them hold by this machine.

use super::{copies, resources, subtask_cancel, task_return, waits};
use crate::wasmtime::cancels_twice::cancels_asked_twice;
use crate::wasmtime::cancels_undelivered::cancels_untold;
use crate::wasmtime::returns_without_memory::returns_without_memory;
use crate::wasmtime::{keeps_returned_calls, leaves_waiter};
use crate::{St, held_returns};
use spawndiff_reference::machine::{Site, TaskId, TaskState, TrapIf};

/// Which conditions hold at a place of the text: what is in `conditions` holds by the text.
pub(crate) fn traps(st: &mut St<'_>, site: Site<'_>, conditions: &mut Vec<TrapIf>) {
    match site {
        Site::TaskReturn { thread, task, opts } => {
            if conditions[..] != [TrapIf::ReturnsNotAsync] {
                let others = [TrapIf::ReturnsNotAsync, TrapIf::ReturnsWithOtherOptions];
                let only_options = conditions.contains(&TrapIf::ReturnsWithOtherOptions)
                    && conditions.iter().all(|it| others.contains(it));
                if only_options && returns_without_memory(st, task, opts) {
                    conditions.retain(|it| *it != TrapIf::ReturnsWithOtherOptions);
                }
            }
            if conditions[..] == [TrapIf::ReturnsNotAsync]
                && task_return::instead_of_refusing(st, thread)
            {
                conditions.clear();
            }
        }
        Site::TaskCancel { thread, task } => {
            if conditions.contains(&TrapIf::CancelNotDelivered) && cancels_pending(st, task) {
                conditions.retain(|it| *it != TrapIf::CancelNotDelivered);
            }
            if conditions[..] == [TrapIf::CancelsNotAsync]
                && task_return::instead_of_refusing(st, thread)
            {
                conditions.clear();
            }
        }
        Site::WaitableSetDrop(set) => waits::traps_of_set_drop(st, set, conditions),
        Site::WaitableJoin { waitable, si } => {
            leaves_waiter::traps_of_join(st, waitable, si, conditions);
        }
        Site::SubtaskCancel { subtask, async_ } => {
            subtask_cancel::traps_of_subtask_cancel(st, subtask, async_, conditions);
        }
        Site::SubtaskDrop(subtask) => {
            // One whose caller has not been told that it has returned is dropped all the same.
            if held_returns::return_is_held(st, subtask) {
                keeps_returned_calls::keeps_dropped_call(st);
                conditions.clear();
            }
        }
        Site::Copy { end, side, async_ } => {
            if let Some(end) = end {
                copies::traps_of_copy(st, end, side, async_, conditions);
            }
        }
        Site::CancelCopy { end, side, async_ } => {
            copies::traps_of_cancel_copy(st, end, side, async_, conditions);
        }
        Site::DropEnd { end, side } => {
            copies::traps_of_drop_end(st, end, side, conditions);
        }
        Site::LiftAsyncValue(end) => copies::traps_of_lift(st, end, conditions),
        Site::LiftOwn(handle) => resources::lifts_lent(st, handle, conditions),
        Site::ResourceDrop(handle) => resources::drops_lent(st, handle, conditions),
    }
}

/// Whether a task that is asked to cancel may be cancelled before it was told of that.
fn cancels_pending(st: &mut St<'_>, task: TaskId) -> bool {
    let pending = st.get_task(task).state() == TaskState::PendingCancel;
    // Where it was told, it was asked a second time.
    let told = st.machine.of_task(task).told;
    pending && (told && cancels_asked_twice(st) || cancels_untold(st))
}
