//! `subtask.cancel` does not resume a thread of the callee that waits between callbacks after YIELD: its next callback is told.

use crate::{Deviation, St, deviates};
use spawndiff_reference::machine::{Continuation, ThreadId};

/// In `Task.request_cancellation`: whether a thread that could be resumed is not.
pub(crate) fn misses_callback_yield(st: &mut St<'_>, thread: ThreadId) -> bool {
    let yields = matches!(
        st.get_thread(thread).cont(),
        Some(Continuation::CallbackYield)
    );
    yields && deviates(st, Deviation::CancelMissesCallbackYield)
}

/// Where a cancellation is pending, and a callback has returned YIELD, or is to be called after that: whether it is told at its
/// next turn.
pub(crate) fn tells_next_callback(st: &mut St<'_>) -> bool {
    deviates(st, Deviation::CancelMissesCallbackYield)
}
