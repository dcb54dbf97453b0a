//! A copy that finds the other end dropped leaves the event of [`Deviation::DropTellsIdleEnd`] where it is.

use crate::own::OwnEvent;
use crate::{Deviation, St, deviates, is_on};
use spawndiff_reference::machine::{EventTuple, WaitableId};

/// After a copy that did not block, of an end that had such an event before: whether it is given that event back.
pub(crate) fn keeps_idle_event(st: &mut St<'_>, end: WaitableId) -> bool {
    let keeps = is_on(st, Deviation::CopyKeepsIdleEvent);
    if keeps {
        let event = st.machine.event(OwnEvent::ComponentCache);
        st.set_pending_event(end, event);
    }
    keeps
}

/// The event that was kept so.
pub(crate) fn kept_event(st: &mut St<'_>, end: WaitableId) -> EventTuple {
    deviates(st, Deviation::CopyKeepsIdleEvent);
    st.idle_event(end)
}
