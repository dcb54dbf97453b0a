//! `task.return` and `task.cancel` do their work in a task that is not lifted `async`, and so the task returns twice.

use crate::{Deviation, St, deviates};

/// Whether `task.return`, or `task.cancel`, goes on in a task that is not lifted `async`, and that the host has called, or a caller
/// that has lowered it `async`.
pub(crate) fn returns_from_sync_lift(st: &mut St<'_>) -> bool {
    deviates(st, Deviation::ReturnsFromSyncLift)
}
