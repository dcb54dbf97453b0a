//! `waitable.join` with 0 of a waitable that a thread waits for synchronously works, and that thread waits for ever. Where it has
//! been woken, and the event is taken before it goes on, it is an internal error. A trap `subtask-not-resolved` stands for it.

use crate::wakes::abandons_waiter;
use crate::{Deviation, St, deviates};
use spawndiff_reference::machine::{TrapIf, WaitableId};

/// `waitable.join` with 0 of a waitable that a thread waits for synchronously: the engine waits for it in a set of its own,
/// and that is what it leaves, so that the thread waits for ever.
pub(crate) fn traps_of_join(
    st: &mut St<'_>,
    waitable: WaitableId,
    si: u32,
    conditions: &mut Vec<TrapIf>,
) {
    if conditions.contains(&TrapIf::HasSyncWaiter)
        && si == 0
        && deviates(st, Deviation::LeavesWaiter)
    {
        abandons_waiter(st, waitable);
        st.has_no_sync_waiter(waitable);
        conditions.clear();
    }
}
