//! Conditions of traps: how this machine adds one, and those of an end whose state or side is this machine's own.

use crate::St;
use spawndiff_observation::Trap;
use spawndiff_reference::machine::{Stop, TrapIf, WaitableId};

/// Adds a condition, in its place.
pub(crate) fn add(conditions: &mut Vec<TrapIf>, condition: TrapIf) {
    if !conditions.contains(&condition) {
        conditions.push(condition);
        conditions.sort_unstable();
    }
}

/// `trap_if(w.in_waitable_set() and not async_)`.
pub(crate) fn not_in_set(st: &St<'_>, waitable: WaitableId, async_: bool) -> Result<(), Stop> {
    match st.get_waitable(waitable).wset().is_some() && !async_ {
        true => Err(Trap::WaitableInSet.into()),
        false => Ok(()),
    }
}

/// Of an end whose side or state is that of this machine: which of these conditions hold.
pub(crate) fn fix(
    st: &St<'_>,
    end: WaitableId,
    conditions: &mut Vec<TrapIf>,
    holds: &[(TrapIf, bool)],
) {
    let own = st.machine.taken_for.contains_key(&end) || st.machine.copy_states.contains_key(&end);
    if own {
        conditions.retain(|it| !holds.iter().any(|(of, _)| of == it));
        conditions.extend(holds.iter().filter(|it| it.1).map(|it| it.0));
        conditions.sort_unstable();
    }
}

/// After the cancellation of a copy that a thread waits for, and before another one: such a thread waits by a set of its own, in
/// which a synchronous copy or cancellation finds the end.
pub(crate) fn not_waited_for(
    st: &St<'_>,
    end: WaitableId,
    async_: bool,
    conditions: &mut Vec<TrapIf>,
) {
    if conditions.is_empty() && st.get_waitable(end).has_sync_waiter() && !async_ {
        conditions.push(TrapIf::InWaitableSet);
    }
}
