//! `subtask.cancel` of a subtask that was asked to cancel before, and has not resolved, asks again.

use crate::{Deviation, St, deviates, deviates_here};
use spawndiff_reference::machine::{TrapIf, WaitableId};

/// In the conditions of `canon_subtask_cancel`: a subtask that was asked to cancel before, and has not resolved, may be asked
/// again.
pub(crate) fn asks_again(st: &mut St<'_>, requested: bool, conditions: &mut Vec<TrapIf>) {
    if requested && deviates(st, Deviation::CancelsTwice) {
        conditions.retain(|it| *it != TrapIf::CancellationRequested);
    }
}

/// Whether a subtask counts as being in a waitable set because another thread, which asked to cancel it before, waits for it:
/// that engine waits in a set of its own.
pub(crate) fn waits_in_own_set(st: &mut St<'_>, subtask: WaitableId, requested: bool) -> bool {
    requested
        && st.get_waitable(subtask).has_sync_waiter()
        && deviates_here(st, Deviation::CancelsTwice)
}

/// In `canon_task_cancel`, where a cancellation is pending of a task that was told of one before: it was asked a second time, and
/// may be cancelled.
pub(crate) fn cancels_asked_twice(st: &mut St<'_>) -> bool {
    deviates(st, Deviation::CancelsTwice)
}
