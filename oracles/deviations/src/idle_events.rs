//! The events of ends that are not copying, which the text does not have: whether an end has one, and taking it.

use crate::St;
use crate::own::OwnEvent;
use spawndiff_reference::machine::WaitableId;

/// The event of an end that is not copying, if it has one.
pub(crate) fn idle_event_of(st: &St<'_>, end: WaitableId) -> Option<OwnEvent> {
    let event = st.machine.of_event(st.get_waitable(end).pending_event());
    event.filter(|event| matches!(event, OwnEvent::Idle { .. }))
}

/// Before a copy: takes the event of an end that was not copying.
pub(crate) fn take_idle_event(st: &mut St<'_>, end: WaitableId) -> bool {
    let idle = idle_event_of(st, end).is_some();
    if idle {
        st.take_pending_event(end);
    }
    idle
}
