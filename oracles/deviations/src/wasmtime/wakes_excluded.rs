//! An event wakes one of the threads that wait for its set, also one that waits for its callback and cannot be called because
//! another one is exclusive. Then that other one, if it waits for the set too, waits for ever.

use crate::turns::ready_func;
use crate::{Deviation, St, deviates_here, is_on};
use spawndiff_reference::machine::{InstanceId, ReadyFunc, ThreadId, WaitableId};

/// After an event of a waitable: it wakes one of the threads that wait for its set. Where that is one that waits for its
/// callback while another is exclusive, the others are not woken, ever.
pub(crate) fn wakes_one(st: &mut St<'_>, waitable: WaitableId) {
    let Some(set) = st.get_waitable(waitable).wset() else {
        return;
    };
    if !is_on(st, Deviation::WakesExcluded) {
        return;
    }
    let waits = |&thread: &ThreadId| match ready_func(st, thread) {
        Some(ReadyFunc::SetEvent {
            set: other,
            not_exclusive,
        }) if other == set => Some((thread, not_exclusive)),
        _ => None,
    };
    let waiters: Vec<_> = st.waiting().iter().filter_map(waits).collect();
    let excluded = |inst: InstanceId| st.exclusive_thread(inst).is_some();
    let one = waiters.iter().any(|(_, inst)| inst.is_some_and(excluded));
    let others = waiters.iter().filter(|(_, inst)| inst.is_none());
    let others: Vec<ThreadId> = others.map(|&(thread, _)| thread).collect();
    if !one || others.is_empty() || !deviates_here(st, Deviation::WakesExcluded) {
        return;
    }
    for thread in others {
        st.machine.thread(thread).forced = Some(false);
    }
}
