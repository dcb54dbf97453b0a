//! Handles of resources: destructors that are called by the instance that they belong to, and handles that are lent.

use super::own::OwnThen;
use super::{Deviation, St, deviates};
use spawndiff_reference::machine::wasmi::Val;
use spawndiff_reference::machine::{
    Outcome, ReadyFunc, ResourceHandleId, ResourceType, ResourceTypeId, Stop, TaskState, ThreadId,
    TrapIf,
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

/// The call of the destructor in the thread that drops the handle, where it belongs to the instance that does.
fn destroys_within(
    st: &mut St<'_>,
    thread: ThreadId,
    rt: ResourceTypeId,
    rep: u32,
) -> Option<Outcome> {
    match st.get_resource_type(rt) {
        ResourceType::Guest {
            impl_,
            dtor: Some(dtor),
        } if impl_ == st.inst_of(thread) => deviates(st, Deviation::DestroysInCallersTask)
            .then(|| Outcome::Call(dtor, vec![Val::I32(rep.cast_signed())])),
        ResourceType::Guest { .. } | ResourceType::Host => None,
    }
}

/// In `canon_resource_drop`: whether a handle that is lent can be dropped.
pub(crate) fn drops_lent(st: &mut St<'_>, handle: ResourceHandleId, conditions: &mut Vec<TrapIf>) {
    if conditions.contains(&TrapIf::HandleLent) {
        let own = st.get_resource(handle).own();
        if lends_ended(st, handle) || (!own && deviates(st, Deviation::DropsLentBorrow)) {
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

/// Whether a resource that is lent counts as free.
fn lends_ended(st: &mut St<'_>, handle: ResourceHandleId) -> bool {
    let lends = st.all_waitables().any(|waitable| {
        let subtask = st.as_subtask(waitable);
        let unresolved = subtask.filter(|subtask| !subtask.state().resolved());
        let lenders = unresolved.and_then(|subtask| subtask.lenders());
        lenders.is_some_and(|lenders| lenders.contains(&handle))
    });
    !lends && deviates(st, Deviation::LendsEndOnReturn)
}
