//! A copy that finds the other end dropped leaves the event of [`Deviation::DropTellsIdleEnd`] where it is.

use crate::own::OwnEvent;
use crate::{Deviation, St, deviates, is_on};
use spawndiff_reference::machine::WaitableId;

/// After a copy that did not block, of an end that had such an event before: whether it is given that event back.
pub(crate) fn keeps_idle_event(st: &mut St<'_>, end: WaitableId) -> bool {
    let keeps = is_on(st, Deviation::CopyKeepsIdleEvent);
    if keeps {
        let event = st.machine.event(OwnEvent::Idle { kept: true });
        st.set_pending_event(end, event);
    }
    keeps
}

/// Where an event is told that was kept so.
pub(crate) fn tells_kept_event(st: &mut St<'_>) {
    deviates(st, Deviation::CopyKeepsIdleEvent);
}
