//! A copy with a thread that has ended since it began its own is an internal error. A trap `subtask-not-resolved` stands for it.

use crate::{Deviation, St, deviates_here};
use spawndiff_reference::machine::ThreadId;

/// Before a copy with another thread's.
pub(crate) fn fails_without_copier(st: &mut St<'_>, copier: ThreadId) -> bool {
    st.machine.of_thread(copier).ended && deviates_here(st, Deviation::OutlivedCopierFails)
}
