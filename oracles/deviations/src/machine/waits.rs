//! Waits for a waitable set or a waitable, after they are over, and the conditions of a set's drop.

use crate::St;
use crate::internal_error::internal_error;
use crate::wasmtime::drops_woken_set::{drops_woken, set_after_drop};
use crate::wasmtime::forgets_subtasks::forgets;
use crate::wasmtime::stale_wait_fails::{finds_event, was_stale};
use crate::wasmtime::wait_takes_yield::{can_take_yield, takes_yield};
use spawndiff_observation::Trap;
use spawndiff_reference::machine::{
    Cancelled, EventCode, EventTuple, Flow, Outcome, ReadyFunc, SetId, Stop, ThreadId, TrapIf,
    WaitableId,
};

/// `WaitableSet.wait_for_event_and`, after its wait.
pub(crate) fn waited_for_event(
    st: &mut St<'_>,
    thread: ThreadId,
    set: SetId,
    cancelled: Cancelled,
) -> Result<Flow<EventTuple>, Stop> {
    let waits_for_callback = st.machine.of_thread(thread).in_callback_wait;
    let set = match !waits_for_callback && can_take_yield(st, thread) {
        true => {
            was_stale(st, thread);
            set
        }
        false => set_waited_for(st, thread, set, cancelled)?,
    };
    if !waits_for_callback && takes_yield(st, thread) {
        // The wait has ended with what was meant for the callback.
        st.end_waiting(set);
        return Ok(Flow::Go(EventTuple(EventCode::None, 0, 0)));
    }
    if waits_for_callback && !cancelled && !st.set_has_pending_event(set) {
        // The thread was woken to be told of a cancellation, and another thread was told of it: this one waits on.
        let not_exclusive = Some(st.inst_of(thread));
        st.start_waiting_internal(thread, ReadyFunc::SetEvent { set, not_exclusive });
        return Ok(st.block_internal(thread, true));
    }
    st.waited_for_event(thread, set, cancelled).map(Flow::Go)
}

/// The set that a thread which waited takes its event from; an error if it is resumed without one.
fn set_waited_for(
    st: &mut St<'_>,
    thread: ThreadId,
    set: SetId,
    cancelled: bool,
) -> Result<SetId, Trap> {
    if let Some(after_drop) = set_after_drop(st, set, cancelled) {
        return after_drop;
    }
    finds_event(st, thread, set, cancelled)?;
    Ok(set)
}

/// `Waitable.wait_for_pending_event`, after its wait.
pub(crate) fn waited_for_pending_event(
    st: &mut St<'_>,
    thread: ThreadId,
    waitable: WaitableId,
) -> Result<Outcome, Stop> {
    let stale = std::mem::take(&mut st.machine.thread(thread).stale);
    if stale && !st.has_pending_event(waitable) {
        return Err(internal_error());
    }
    if !st.has_pending_event(waitable) {
        // Another one, which a deviation let wait or cancel beside it, has taken the event: it waits on.
        return st.wait_for_pending_event(thread, waitable);
    }
    st.waited_for_pending_event(thread, waitable)
}

/// The conditions of `WaitableSet.drop`.
pub(crate) fn traps_of_set_drop(st: &mut St<'_>, set: SetId, conditions: &mut Vec<TrapIf>) {
    if conditions.contains(&TrapIf::SetHasWaiters) && drops_woken(st, set) {
        conditions.retain(|it| *it != TrapIf::SetHasWaiters);
    }
    if conditions.contains(&TrapIf::SetHasElements) {
        let elems = st.get_waitable_set(set).elems().to_vec();
        if !elems.into_iter().any(|elem| !forgets(st, elem)) {
            conditions.retain(|it| *it != TrapIf::SetHasElements);
        }
    }
}
