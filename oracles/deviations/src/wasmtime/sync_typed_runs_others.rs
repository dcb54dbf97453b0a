//! A synchronously typed task that has blocked lets any thread run, also of other component instances, and its caller go on.

use crate::{Deviation, St, deviates_here};

/// In the loop at the end of `canon_lift`, where a synchronously typed task has blocked: whether that is left to the host's loop.
pub(crate) fn leaves_blocked_task(st: &mut St<'_>) -> bool {
    deviates_here(st, Deviation::SyncTypedRunsOthers)
}
