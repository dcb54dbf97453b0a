//! A dropped end of a stream or future gives the other end an event although that one is not copying.

use super::stale_wait_fails::goes_stale;
use crate::ends::{copy_state, end_of, other_end};
use crate::idle_events::idle_event_of;
use crate::own::OwnEvent;
use crate::wakes::wakes_in_vain;
use crate::{Deviation, St, deviates, is_on};
use spawndiff_reference::machine::WaitableId;

/// After the drop of an end.
pub(crate) fn tells_idle_end(st: &mut St<'_>, dropped: WaitableId) {
    if !is_on(st, Deviation::DropTellsIdleEnd) {
        return;
    }
    let other = other_end(st, dropped);
    if !copy_state(st, other).copying() && !st.has_pending_event(other) {
        let event = st.machine.event(OwnEvent::Idle { kept: false });
        st.set_pending_event(other, event);
    }
}

/// Where an end is lowered that was lifted before: to that engine it is the same one, with what it is to be told.
pub(crate) fn brings_idle_event(st: &mut St<'_>, new: WaitableId) {
    if !is_on(st, Deviation::DropTellsIdleEnd) {
        return;
    }
    let (shared, side) = (end_of(st, new).shared(), end_of(st, new).side());
    let old = st.all_waitables().find(|&waitable| {
        idle_event_of(st, waitable).is_some()
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
        deviates(st, Deviation::DropTellsIdleEnd);
        goes_stale(st, set);
    }
    wakes_in_vain(st, end);
}

/// Where such an event is told.
pub(crate) fn tells_idle_event(st: &mut St<'_>) {
    deviates(st, Deviation::DropTellsIdleEnd);
}
