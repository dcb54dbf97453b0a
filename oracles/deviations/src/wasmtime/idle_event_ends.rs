//! The event that an end of a stream or future has although it is not copying ([`Deviation::DropTellsIdleEnd`]), once it is told,
//! ends the end: a copy of it traps.

use crate::ends::set_copy_state;
use crate::{Deviation, St, deviates};
use spawndiff_reference::machine::{CopyState, WaitableId};

/// Where that event is told.
pub(crate) fn ends_idle_end(st: &mut St<'_>, end: WaitableId) {
    if deviates(st, Deviation::IdleEventEnds) {
        set_copy_state(st, end, CopyState::Done);
    }
}
