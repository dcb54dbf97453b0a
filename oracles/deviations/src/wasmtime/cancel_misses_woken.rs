//! `subtask.cancel` does not resume a thread of the callee that waits between callbacks after WAIT, once there is an event for it:
//! it is told in its turn.

use crate::blocked_in::is_in_callback_wait;
use crate::turns::is_ready;
use crate::{Deviation, St, deviates};
use spawndiff_reference::machine::ThreadId;

/// The thread that is not told now because it has been woken for its callback, if nobody else can be told.
pub(crate) fn misses_woken(st: &mut St<'_>, candidates: &[ThreadId]) -> Option<ThreadId> {
    let &[thread] = candidates else {
        return None;
    };
    (is_in_callback_wait(st, thread)
        && is_ready(st, thread)
        && deviates(st, Deviation::CancelMissesWoken))
    .then_some(thread)
}
