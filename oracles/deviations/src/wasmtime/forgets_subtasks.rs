//! A subtask cannot be used any more, not even to drop it, once its task has ended after its return was delivered. That is an
//! internal error, unless there is another one in its place, which is taken for it. A trap `subtask-not-resolved` stands for it.

use crate::internal_error::internal_error;
use crate::own::{Deviating, NEVER};
use crate::places::{has_handle, takes_what_is_there};
use crate::turns::waits;
use crate::{Deviation, St, deviates_here, either, one_of};
use spawndiff_observation::Trap;
use spawndiff_reference::machine::{
    BLOCKED, Handle, InstanceId, Machine, OnCancel, Outcome, Stop, TaskState, Then, ThreadId,
    WaitableId,
};

/// Where a handle of a waitable is used: whether that fails.
pub(crate) fn forgets(st: &mut St<'_>, waitable: WaitableId) -> bool {
    let Some(subtask) = st.as_subtask(waitable) else {
        return false;
    };
    if st.machine.dropped_subtasks.contains(&waitable) {
        return true;
    }
    let (Some(OnCancel::Task(task)), None) = (subtask.on_cancel(), subtask.lenders()) else {
        return false;
    };
    st.get_task(task).threads().is_empty() && deviates_here(st, Deviation::ForgetsSubtasks)
}

/// Before `waitable.join`, with the index of a waitable: an error if it is a subtask that the engine has forgotten.
pub(crate) fn refuses_join(st: &mut St<'_>, inst: InstanceId, wi: u32) -> Result<(), Stop> {
    if let Handle::Waitable(waitable) = st.get_handle(inst, wi)?
        && forgets(st, waitable)
        && means_another(st, inst, wi, waitable)?.is_none()
    {
        let mut traps = vec![Trap::SubtaskNotResolved.into()];
        if is_another_waited_for(st) {
            traps.push(Trap::WaitableInSet.into());
        }
        st.trap_of(&traps)?;
    }
    Ok(())
}

/// Before `subtask.drop`, with the index of a subtask: which one is dropped, or an error.
pub(crate) fn subtask_to_drop(
    st: &mut St<'_>,
    inst: InstanceId,
    i: u32,
) -> Result<WaitableId, Stop> {
    let subtask = st.get_subtask(inst, i)?;
    if !forgets(st, subtask) {
        return Ok(subtask);
    }
    match means_another(st, inst, i, subtask)? {
        Some(other) => Ok(other),
        None => Err(internal_error()),
    }
}

/// Chooses what a handle of a subtask that the engine has forgotten means from now on: a waitable that was made since and has a
/// handle, or nothing (`None`). The handle then names the chosen one.
fn means_another(
    st: &mut St<'_>,
    inst: InstanceId,
    index: u32,
    forgotten: WaitableId,
) -> Result<Option<WaitableId>, Stop> {
    let since = st.all_waitables().filter(|&other| other > forgotten);
    let others: Vec<WaitableId> = since.filter(|&other| has_handle(st, other)).collect();
    let chosen = one_of(st, others.len() + 1);
    let Some(&other) = chosen.checked_sub(1).and_then(|chosen| others.get(chosen)) else {
        return Ok(None);
    };
    st.remove_handle(inst, index)?;
    let added = st.add_handle(inst, Handle::Waitable(other))?;
    debug_assert_eq!(added, index, "a place that was freed last is used first");
    Ok(Some(other))
}

/// Records that a subtask was dropped whose own handle is still there, because it was dropped by another handle.
pub(crate) fn was_dropped(st: &mut St<'_>, subtask: WaitableId) {
    if has_handle(st, subtask) {
        st.machine.dropped_subtasks.insert(subtask);
    }
}

/// Whether what is in the place of a subtask that the engine has forgotten may be another one that a thread waits for: also that
/// of a call under way.
fn is_another_waited_for(st: &St<'_>) -> bool {
    let waits_for = |waitable: WaitableId| match st.as_subtask(waitable) {
        Some(subtask) if !subtask.opts().async_ && subtask.lenders().is_some() => true,
        Some(_) | None => st.get_waitable(waitable).has_sync_waiter(),
    };
    st.machine.async_calls > 0 || st.all_waitables().any(waits_for)
}

/// `subtask.cancel` of a subtask that the engine has forgotten: it takes what is there now, and that may be the task of the thread
/// itself, which then waits for its own return.
pub(crate) fn cancels_another(
    st: &mut St<'_>,
    thread: ThreadId,
    forgotten: WaitableId,
    async_: bool,
) -> Result<Outcome, Stop> {
    let task = st.get_thread(thread).task();
    let waits_for_itself =
        !async_ && st.get_task(task).state() != TaskState::Resolved && either(st);
    if waits_for_itself {
        Deviating::request_cancellation(st, task, None)?;
        st.machine.told = None;
        waits(st, thread, NEVER);
        return Ok(Outcome::Block(None, Then::Event(forgotten)));
    }
    match takes_what_is_there(st, forgotten, async_)? {
        Some(other) => st.cancel_subtask(thread, other, async_),
        None => Ok(Outcome::returns(BLOCKED)),
    }
}
