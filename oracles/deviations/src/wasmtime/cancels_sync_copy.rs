//! `{stream,future}.cancel-*` cancels a copy that another thread waits for. Where that thread has been woken, it is an internal
//! error, unless there is another event once it goes on. A trap `subtask-not-resolved` stands for it.

use crate::conditions::add;
use crate::ends::copy_state;
use crate::{Deviation, St, deviates, is_on};
use spawndiff_reference::machine::{TrapIf, WaitableId};

/// In the conditions of `cancel_copy`: a copy that a thread waits for is cancelled. `copies`: whether the end copies.
pub(crate) fn cancels_sync_copy(
    st: &mut St<'_>,
    end: WaitableId,
    copies: bool,
    conditions: &mut Vec<TrapIf>,
) {
    if copies && st.get_waitable(end).has_sync_waiter() && deviates(st, Deviation::CancelsSyncCopy)
    {
        conditions.retain(|it| *it != TrapIf::NotCopying);
    }
}

/// In the conditions of `lift_async_value`: an end is passed on whose copy another thread has cancelled, while one waits for it.
pub(crate) fn lifts_waited_for(st: &St<'_>, end: WaitableId, conditions: &mut Vec<TrapIf>) {
    let waited_for = is_on(st, Deviation::CancelsSyncCopy)
        && st.get_waitable(end).has_sync_waiter()
        && !copy_state(st, end).copying();
    if waited_for {
        add(conditions, TrapIf::LiftsInWaitableSet);
    }
}
