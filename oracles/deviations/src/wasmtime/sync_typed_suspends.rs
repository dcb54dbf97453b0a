//! A synchronously typed task that suspends before it has returned traps at once, whether another thread is ready or not. Where it
//! is left without a ready thread after a switch, that is a deadlock and no trap.

use super::leaves_in_called_post_return::may_block_as_caller;
use super::parent_child_traps::refuses_relatives;
use crate::{Deviation, St, deviates, either, is_on};
use spawndiff_reference::machine::{Canon, FuncInst, TaskState, ThreadId};

/// Before `Thread.suspend`, in `canon_thread_suspend`: whether it traps.
pub(crate) fn may_not_suspend(st: &mut St<'_>, thread: ThreadId) -> bool {
    let returned_early = st.machine.returned_early == Some(thread);
    let as_caller = may_block_as_caller(st, thread);
    let task = st.get_task(st.get_thread(thread).task());
    let returned = task.state() == TaskState::Resolved && !returned_early;
    let returned = as_caller.unwrap_or(returned);
    let blocks = !task.ft().async_ && !returned;
    blocks && deviates(st, Deviation::SyncTypedSuspends)
}

/// Before a built-in that may block, in a synchronously typed task: whether it traps, whether it blocks or not.
pub(crate) fn instead_of_blocking(st: &mut St<'_>, thread: ThreadId, canon: &Canon) -> bool {
    let may_block = match canon {
        Canon::WaitableSetWait { .. } => true,
        Canon::SubtaskCancel { async_ } | Canon::CancelCopy { async_, .. } => !async_,
        Canon::Copy { opts, .. } => !opts.async_,
        Canon::Lower { opts, ft, .. } => !opts.async_ && ft.async_,
        _ => false,
    };
    if !may_block {
        return false;
    }
    let returned_early = st.machine.returned_early == Some(thread);
    let as_caller = may_block_as_caller(st, thread);
    let task = st.get_task(st.get_thread(thread).task());
    let (sync_typed, inst) = (!task.ft().async_, task.inst());
    let returned = task.state() == TaskState::Resolved && !returned_early;
    // In `post-return` it has returned, and is refused all the same.
    let returned = as_caller.unwrap_or(returned && st.may_instance_leave(inst));
    if !sync_typed || returned {
        return false;
    }
    // Such a call traps all the same; which of the two it names is not worked out here.
    if let Canon::Lower { callee, .. } = canon
        && let FuncInst::Lift(lift) = callee
        && refuses_relatives(st, inst, lift.inst)
        && either(st)
    {
        return false;
    }
    deviates(st, Deviation::SyncTypedSuspends)
}

/// Where a synchronously typed task has blocked and nothing is ready: whether that is left to the host's loop.
pub(crate) fn leaves_blocked_task(st: &mut St<'_>) -> bool {
    deviates(st, Deviation::SyncTypedSuspends)
}

/// Whether a synchronously typed task cannot suspend at all.
pub(crate) fn never_suspends(st: &St<'_>) -> bool {
    is_on(st, Deviation::SyncTypedSuspends)
}
