//! Threads that are woken in vain, or never: one that an event has woken does not look again whether it is still there, and one
//! that waits for a waitable synchronously may be left behind by that waitable.

use crate::St;
use crate::turns::ready_func;
use spawndiff_reference::machine::{ReadyFunc, ThreadId, WaitableId};

/// After the event of a waitable was taken by another thread than the one that waits for it synchronously: that one has been woken,
/// and does not look again.
pub(crate) fn wakes_in_vain(st: &mut St<'_>, waitable: WaitableId) {
    for waiter in waiters(st, ReadyFunc::PendingEvent(waitable)) {
        goes_on_stale(st, waiter);
    }
}

/// The threads that wait for this.
fn waiters(st: &St<'_>, waits_for: ReadyFunc) -> Vec<ThreadId> {
    let waits = |waiter: &&ThreadId| ready_func(st, **waiter) == Some(waits_for);
    st.waiting().iter().filter(waits).copied().collect()
}

/// Has a thread go on that was woken by an event which is gone.
pub(crate) fn goes_on_stale(st: &mut St<'_>, waiter: ThreadId) {
    let own = st.machine.thread(waiter);
    own.stale = true;
    own.forced = Some(true);
    own.queued = true;
}

/// Has the thread that waits for a waitable synchronously wait for ever.
pub(crate) fn abandons_waiter(st: &mut St<'_>, waitable: WaitableId) {
    // An event has woken it already.
    if st.has_pending_event(waitable) {
        return;
    }
    for waits_for in [ReadyFunc::Resolved, ReadyFunc::PendingEvent] {
        for waiter in waiters(st, waits_for(waitable)) {
            st.machine.thread(waiter).forced = Some(false);
        }
    }
}

/// Before an end is dropped whose copy another thread has cancelled: the thread that waited on waits for ever.
pub(crate) fn drops_waited_for(st: &mut St<'_>, end: WaitableId) {
    if st.get_waitable(end).has_sync_waiter() {
        st.has_no_sync_waiter(end);
        abandons_waiter(st, end);
    }
}
