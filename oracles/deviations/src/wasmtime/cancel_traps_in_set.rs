//! `subtask.cancel async` of a subtask that is in a waitable set traps, as later texts ask for. The engine's own set, in which a
//! thread waits for its cancellation, is one.

use super::cancels_twice::waits_in_own_set;
use crate::{Deviation, St, deviates, is_on};
use spawndiff_reference::machine::WaitableId;

/// Whether an asynchronous `subtask.cancel` traps where a synchronous one does: the subtask is in a waitable set.
pub(crate) fn refuses_in_set(st: &mut St<'_>, subtask: WaitableId, requested: bool) -> bool {
    is_on(st, Deviation::CancelTrapsInSet)
        && (st.get_waitable(subtask).wset().is_some() || waits_in_own_set(st, subtask, requested))
        && deviates(st, Deviation::CancelTrapsInSet)
}
