//! Before a thread that was woken in its wait for a waitable set looks at that, the set can be dropped. Then that is an internal
//! error, unless another set with an event is in its place. A trap `subtask-not-resolved` stands for it.

use crate::turns::ready_func;
use crate::{Deviation, St, deviates, is_on, one_of};
use spawndiff_observation::Trap;
use spawndiff_reference::machine::{ReadyFunc, SetId, ThreadId};

/// Whether a set that threads wait for can be dropped: each of them was woken by an event that is gone.
pub(crate) fn drops_woken(st: &mut St<'_>, set: SetId) -> bool {
    let sleeps = |&waiting: &ThreadId| {
        matches!(
            ready_func(st, waiting),
            Some(ReadyFunc::SetEvent { set: other, .. }) if other == set
        )
    };
    let drops = is_on(st, Deviation::DropsWokenSet)
        && st.get_waitable_set(set).num_waiting() > 0
        && !st.waiting().iter().any(sleeps);
    if drops {
        st.machine.dropped_sets.insert(set);
    }
    drops
}

/// Where a thread goes on after a wait for a set that was dropped: the set that it takes its event from, or an error. `None`: the
/// set was not dropped.
pub(crate) fn set_after_drop(
    st: &mut St<'_>,
    set: SetId,
    cancelled: bool,
) -> Option<Result<SetId, Trap>> {
    if !st.machine.dropped_sets.contains(&set) {
        return None;
    }
    deviates(st, Deviation::DropsWokenSet);
    Some(match cancelled {
        true => Ok(set),
        false => takes_what_is_in_its_place(st, set),
    })
}

/// Where the set that a thread waits for was dropped: the engine remembers a place in a table of its own. Another set may be there
/// now that has an event; anything else is an internal error.
fn takes_what_is_in_its_place(st: &mut St<'_>, dropped: SetId) -> Result<SetId, Trap> {
    let since = st.all_waitable_sets().filter(|&other| other > dropped);
    let others: Vec<SetId> = since
        .filter(|&other| st.set_has_pending_event(other))
        .collect();
    let chosen = one_of(st, others.len() + 1);
    let Some(&other) = others.get(chosen) else {
        return Err(Trap::SubtaskNotResolved);
    };
    st.end_waiting(dropped);
    st.begin_waiting(other);
    Ok(other)
}
