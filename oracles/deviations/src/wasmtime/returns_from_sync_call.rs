//! `task.return` and `task.cancel` do their work in a task that is not lifted `async` also where it is called synchronously, if its
//! type is asynchronous.

use crate::{Deviation, St, deviates};

/// Whether `task.return`, or `task.cancel`, goes on in a task that is neither lifted nor lowered `async`, and whose type is
/// asynchronous.
pub(crate) fn returns_from_sync_call(st: &mut St<'_>) -> bool {
    deviates(st, Deviation::ReturnsFromSyncCall)
}
