//! `task.cancel` works as soon as the cancellation was asked for, delivered or not.

use crate::{Deviation, St, deviates};

/// In `canon_task_cancel`, where a cancellation is pending: whether the task may be cancelled before it is told.
pub(crate) fn cancels_untold(st: &mut St<'_>) -> bool {
    deviates(st, Deviation::CancelsUndelivered)
}
