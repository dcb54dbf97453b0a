//! Handles of resources: destructors that are called by the instance that they belong to, and handles that are lent.

use crate::St;
use crate::own::OwnThen;
use crate::wasmtime::destroys_in_callers_task::destroys_within;
use crate::wasmtime::drops_lent_borrow::drops_lent_borrow;
use crate::wasmtime::lends_end_on_return::lends_ended;
use spawndiff_reference::machine::{
    Outcome, ReadyFunc, ResourceHandleId, ResourceTypeId, Stop, TaskState, ThreadId, TrapIf,
};

/// `canon_resource_drop` of an owning handle.
pub(crate) fn call_destructor(
    st: &mut St<'_>,
    thread: ThreadId,
    rt: ResourceTypeId,
    rep: u32,
) -> Result<Outcome, Stop> {
    let inst = st.inst_of(thread);
    if let Some(within) = destroys_within(st, thread, rt, rep) {
        return Ok(within);
    }
    let task = st.destroy(Some(inst), rt, rep)?;
    match task.filter(|task| st.get_task(*task).state() != TaskState::Resolved) {
        // A destructor that was left to the host's loop: it waits for that one.
        Some(left) => {
            st.start_waiting_internal(thread, ReadyFunc::Own(left.place() as u64));
            let _ = st.block_internal::<bool>(thread, false);
            Ok(Outcome::Block(None, st.machine.then(OwnThen::Destroyed)))
        }
        None => Ok(Outcome::nothing()),
    }
}

/// In `canon_resource_drop`: whether a handle that is lent can be dropped.
pub(crate) fn drops_lent(st: &mut St<'_>, handle: ResourceHandleId, conditions: &mut Vec<TrapIf>) {
    if conditions.contains(&TrapIf::HandleLent) {
        let own = st.get_resource(handle).own();
        if lends_ended(st, handle) || drops_lent_borrow(st, own) {
            conditions.retain(|it| *it != TrapIf::HandleLent);
        }
    }
}

/// In `lift_own`: whether a handle that is lent can be passed on.
pub(crate) fn lifts_lent(st: &mut St<'_>, handle: ResourceHandleId, conditions: &mut Vec<TrapIf>) {
    if conditions.contains(&TrapIf::HandleLent) && lends_ended(st, handle) {
        conditions.retain(|it| *it != TrapIf::HandleLent);
    }
}
