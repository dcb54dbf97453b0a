//! `subtask.cancel` lets other threads run before it returns, once the callee has been told. If one of them drops the subtask, what
//! it returns is of whatever is in the subtask's place then, or it fails.

use crate::{Deviation, St, deviates};

/// In `canon_subtask_cancel`, after a thread of the callee was told: whether the thread that asked for that yields.
pub(crate) fn canceller_yields(st: &mut St<'_>) -> bool {
    deviates(st, Deviation::CancelYields)
}
