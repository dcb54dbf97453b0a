//! A callback that returns YIELD or WAIT while a cancellation is pending is told of it in its turn only, behind threads that are
//! ready.

use crate::{Deviation, St, deviates, either, is_on};
use spawndiff_reference::machine::ThreadId;

/// Whether a callback is told of a pending cancellation in its turn only. After a return, that it is told is a deviation of its
/// own.
pub(crate) fn tells_in_turn(st: &mut St<'_>, thread: ThreadId) -> bool {
    let returned = st.machine.of_task(st.get_thread(thread).task()).told_late;
    is_on(st, Deviation::TellsInTurn) && (returned || deviates(st, Deviation::TellsInTurn))
}

/// Where a callback has returned WAIT while a cancellation is pending, and does not wait behind other threads already: whether it
/// is told of that in its turn only.
pub(crate) fn tells_in_turn_after_wait(st: &mut St<'_>, thread: ThreadId) -> bool {
    is_on(st, Deviation::TellsInTurn) && either(st) && tells_in_turn(st, thread)
}

/// Whether it is this deviation by which a callback that is to be called after YIELD is told so late.
pub(crate) fn is_told_in_turn(st: &St<'_>) -> bool {
    is_on(st, Deviation::TellsInTurn)
}

/// Where such a callback is to be called while a cancellation is pending: whether it is told now.
pub(crate) fn tells_callback(st: &mut St<'_>) -> bool {
    deviates(st, Deviation::TellsInTurn)
}
