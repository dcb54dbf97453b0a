//! A synchronous copy of an end that is in a waitable set works if it does not block.

use crate::conditions::not_in_set;
use crate::{Deviation, St, deviates};
use spawndiff_reference::machine::{Stop, TrapIf, WaitableId};

/// In the conditions of `stream_copy` and `future_copy`: a synchronous copy of an end in a set is begun, and traps if it blocks.
pub(crate) fn begins_in_set(st: &mut St<'_>, conditions: &mut Vec<TrapIf>) {
    if conditions.contains(&TrapIf::InWaitableSet) && deviates(st, Deviation::CopiesInSet) {
        conditions.retain(|it| *it != TrapIf::InWaitableSet);
    }
}

/// Before `Waitable.wait_for_pending_event`: a copy of an end that is in a set traps where it would block.
pub(crate) fn blocks_in_set(st: &St<'_>, waitable: WaitableId) -> Result<(), Stop> {
    match st.as_end(waitable).is_some() {
        true => not_in_set(st, waitable, false),
        false => Ok(()),
    }
}
