//! Places in the engine's table: where the text has a subtask, the engine remembers a place, and takes what is there.

use crate::{St, one_of};
use spawndiff_observation::Trap;
use spawndiff_reference::machine::{Handle, Stop, WaitableId};

/// Whether a waitable is a subtask that its instance's table still has.
pub(crate) fn has_handle(st: &St<'_>, waitable: WaitableId) -> bool {
    let Some(subtask) = st.as_subtask(waitable) else {
        return false;
    };
    let handles = st.handles(st.inst_of(subtask.thread()));
    let there = subtask.index().map(|i| handles.get(i));
    matches!(there, Some(Some(Handle::Waitable(there))) if there == waitable)
}

/// Where the subtask that a thread cancels was dropped while that thread had yielded, or was forgotten: the engine remembers a
/// place in a table of its own, and not a subtask, and takes what is there now. That is a subtask that was made since (also one
/// without a handle, which has not resolved: `None`), or nothing, which is an internal error or looks like a subtask whose return
/// was delivered.
pub(crate) fn takes_what_is_there(
    st: &mut St<'_>,
    dropped: WaitableId,
    async_: bool,
) -> Result<Option<WaitableId>, Stop> {
    let since = st.all_waitables().filter(|&other| other > dropped);
    let others: Vec<WaitableId> = since
        .filter(|&other| has_handle(st, other) && !st.get_waitable(other).has_sync_waiter())
        .collect();
    let mut outcomes = vec![
        Err(Trap::SubtaskNotResolved),
        Err(Trap::SubtaskResolveDelivered),
    ];
    outcomes.push(match async_ {
        true => Ok(None),
        false => Err(Trap::WaitableInSet),
    });
    outcomes.extend(others.into_iter().map(|other| Ok(Some(other))));
    let chosen = one_of(st, outcomes.len());
    outcomes.swap_remove(chosen).map_err(Stop::from)
}
