//! A thread that waits for a waitable set does not look again whether the event is still there. It is an internal error if it is
//! not. A trap `set-has-waiters` stands for it.

use crate::turns::ready_func;
use crate::wakes::goes_on_stale;
use crate::{Deviation, St, deviates, either, is_on};
use spawndiff_observation::Trap;
use spawndiff_reference::machine::{ReadyFunc, SetId, ThreadId};

/// After an event of the set was taken, or has left it with its waitable: those that wait for it do not look again.
pub(crate) fn goes_stale(st: &mut St<'_>, set: SetId) {
    if !is_on(st, Deviation::StaleWaitFails) || st.set_has_pending_event(set) {
        return;
    }
    for place in 0..st.waiting().len() {
        let waiter = st.waiting()[place];
        if let Some(ReadyFunc::SetEvent { set: other, .. }) = ready_func(st, waiter)
            && other == set
            && either(st)
        {
            goes_on_stale(st, waiter);
        }
    }
}

/// Where a thread goes on after a wait.
pub(crate) fn was_stale(st: &mut St<'_>, thread: ThreadId) {
    if std::mem::take(&mut st.machine.thread(thread).stale) {
        deviates(st, Deviation::StaleWaitFails);
    }
}

/// Where a thread goes on after a wait for a set: an error if it is resumed without an event.
pub(crate) fn finds_event(
    st: &mut St<'_>,
    thread: ThreadId,
    set: SetId,
    cancelled: bool,
) -> Result<(), Trap> {
    was_stale(st, thread);
    let gone = !cancelled && !st.set_has_pending_event(set);
    match gone && deviates(st, Deviation::StaleWaitFails) {
        true => Err(Trap::SetHasWaiters),
        false => Ok(()),
    }
}
