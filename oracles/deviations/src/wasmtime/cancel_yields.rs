//! `subtask.cancel` lets other threads run before it returns, once the callee has been told. If one of them drops the subtask, what
//! it returns is of whatever is in the subtask's place then, or it fails.
//!
//! No text asks for that. component-model 716, of which it reminds, has a thread yield only in an asynchronous `subtask.cancel`, and
//! only while the subtask has not resolved; there, `on_cancel` resumes no thread that has started.

use crate::{Deviation, St, deviates};

/// In `canon_subtask_cancel`, after a thread of the callee was told: whether the thread that asked for that yields.
pub(crate) fn canceller_yields(st: &mut St<'_>) -> bool {
    deviates(st, Deviation::CancelYields)
}
