//! A synchronously typed task that has blocked lets a call begin that waits to enter the instance.

use crate::{Deviation, St, deviates, is_on};
use spawndiff_reference::machine::{InstanceId, TaskId, ThreadId};

/// Who may run where a synchronously typed task has blocked: also calls that wait to enter the instance.
pub(crate) fn sync_candidates(st: &St<'_>, task: TaskId, inst: InstanceId) -> Vec<ThreadId> {
    let candidates = st.sync_candidates(task, |_| true);
    if !is_on(st, Deviation::SyncTypedStartsOthers) {
        return candidates;
    }
    let enters =
        |thread: ThreadId| st.get_thread(thread).index().is_none() && st.inst_of(thread) == inst;
    let mut all = st.ready_threads(|thread| candidates.contains(&thread) || enters(thread));
    all.sort_by_key(|&thread| st.is_between_callbacks(thread));
    all
}

/// Where one of them was chosen: it may be such a call.
pub(crate) fn may_start(st: &mut St<'_>, chosen: ThreadId) {
    if st.get_thread(chosen).index().is_none() {
        deviates(st, Deviation::SyncTypedStartsOthers);
    }
}
