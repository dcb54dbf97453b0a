//! The event of an end that is not copying, which texts from 720 on have ([`PendingEvent::Dropped`]): whether an end has one, and
//! where it goes in that engine when the end is passed on, dropped, or copies.

use crate::St;
use crate::ends::end_of;
use crate::own::OwnEvent;
use crate::wakes::wakes_in_vain;
use crate::wasmtime::stale_wait_fails::goes_stale;
use spawndiff_reference::machine::{Change, PendingEvent, WaitableId};

/// Whether an end has such an event.
fn has_idle_event(st: &St<'_>, end: WaitableId) -> bool {
    let event = st.get_waitable(end).pending_event();
    event == Some(PendingEvent::Dropped)
        || matches!(st.machine.of_event(event), Some(OwnEvent::ComponentCache))
}

/// Before a copy: takes the event of an end that was not copying.
pub(crate) fn take_idle_event(st: &mut St<'_>, end: WaitableId) -> bool {
    let idle = has_idle_event(st, end);
    if idle {
        st.take_pending_event(end);
    }
    idle
}

/// Where an end is lowered that was lifted before: to that engine it is the same one, with what it is to be told.
pub(crate) fn brings_idle_event(st: &mut St<'_>, new: WaitableId) {
    if !st.edition().has(Change::DropTellsIdleEnd) {
        return;
    }
    let (shared, side) = (end_of(st, new).shared(), end_of(st, new).side());
    let old = st.all_waitables().find(|&waitable| {
        has_idle_event(st, waitable)
            && st
                .as_end(waitable)
                .is_some_and(|end| end.shared() == shared && end.side() == side)
    });
    if let Some(event) = old.and_then(|old| st.take_pending_event(old)) {
        st.set_pending_event(new, event);
    }
}

/// Where such an event is gone for good: it may have woken a thread that waits for the set.
pub(crate) fn loses_idle_event(st: &mut St<'_>, end: WaitableId) {
    if let Some(set) = st.get_waitable(end).wset() {
        st.changed(Change::DropTellsIdleEnd);
        goes_stale(st, set);
    }
    wakes_in_vain(st, end);
}
