//! The conditions of traps: which of them hold by this machine.

use super::{copies, resources, waits};
use crate::wasmtime::{keeps_returned_calls, leaves_waiter};
use crate::{St, cancelling, leaving, switching};
use spawndiff_reference::machine::{Site, TrapIf};

/// Which conditions hold at a place of the text: what is in `conditions` holds by the text.
pub(crate) fn traps(st: &mut St<'_>, site: Site<'_>, conditions: &mut Vec<TrapIf>) {
    match site {
        Site::TaskReturn { thread, task, opts } => {
            if conditions[..] != [TrapIf::ReturnsNotAsync] {
                let others = [TrapIf::ReturnsNotAsync, TrapIf::ReturnsWithOtherOptions];
                let only_options = conditions.contains(&TrapIf::ReturnsWithOtherOptions)
                    && conditions.iter().all(|it| others.contains(it));
                if only_options && switching::returns_without_memory(st, task, opts) {
                    conditions.retain(|it| *it != TrapIf::ReturnsWithOtherOptions);
                }
            }
            if conditions[..] == [TrapIf::ReturnsNotAsync]
                && switching::instead_of_refusing(st, thread)
            {
                conditions.clear();
            }
        }
        Site::TaskCancel { thread, task } => {
            if conditions.contains(&TrapIf::CancelNotDelivered)
                && cancelling::cancels_undelivered(st, task)
            {
                conditions.retain(|it| *it != TrapIf::CancelNotDelivered);
            }
            if conditions[..] == [TrapIf::CancelsNotAsync]
                && switching::instead_of_refusing(st, thread)
            {
                conditions.clear();
            }
        }
        Site::WaitableSetDrop(set) => waits::traps_of_set_drop(st, set, conditions),
        Site::WaitableJoin { waitable, si } => {
            leaves_waiter::traps_of_join(st, waitable, si, conditions);
        }
        Site::SubtaskCancel { subtask, async_ } => {
            cancelling::traps_of_subtask_cancel(st, subtask, async_, conditions);
        }
        Site::SubtaskDrop(subtask) => {
            if leaving::return_is_held(st, subtask) {
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
