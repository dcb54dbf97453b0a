//! `canon_subtask_cancel`: what the canceller does once the cancellation was requested, and the conditions of its traps.

use crate::St;
use crate::conditions::{add, not_in_set};
use crate::held_returns::return_is_held;
use crate::internal_error::internal_error;
use crate::own::{OwnThen, Told};
use crate::places::{has_handle, takes_what_is_there};
use crate::turns::waits;
use crate::wasmtime::cancel_yields::canceller_yields;
use crate::wasmtime::cancels_twice::{asks_again, waits_in_own_set};
use crate::wasmtime::forgets_subtasks::forgets;
use crate::wasmtime::holds_caller::{blocks_in_cancel, holds_caller};
use spawndiff_observation::Trap;
use spawndiff_reference::machine::{
    BLOCKED, Outcome, ReadyFunc, Stop, Then, ThreadId, TrapIf, WaitableId,
};

/// `canon_subtask_cancel`, after the cancellation was requested: the canceller may wait.
pub(crate) fn cancellation_requested(
    st: &mut St<'_>,
    thread: ThreadId,
    subtask: WaitableId,
    async_: bool,
) -> Result<Outcome, Stop> {
    if let Some(told) = st.machine.told.take() {
        let held = told == Told::Thread && holds_caller(st, thread);
        if !held && yields(st, told) {
            waits(st, thread, ReadyFunc::Always);
        } else if !held {
            return go_on(st, thread, subtask, async_);
        }
        let then = st.machine.then(OwnThen::Cancel(subtask, async_));
        return Ok(Outcome::Block(None, then));
    }
    go_on(st, thread, subtask, async_)
}

/// Whether the thread that asked for a cancellation yields.
fn yields(st: &mut St<'_>, told: Told) -> bool {
    match told {
        Told::Unstarted | Told::Nobody => false,
        Told::Thread => canceller_yields(st),
        Told::WhenFree => true,
    }
}

/// The end of `canon_subtask_cancel`.
fn go_on(
    st: &mut St<'_>,
    thread: ThreadId,
    subtask: WaitableId,
    async_: bool,
) -> Result<Outcome, Stop> {
    let outcome = st.cancellation_requested(thread, subtask, async_)?;
    if let Outcome::Block(_, Then::Event(_)) = outcome {
        blocks_in_cancel(st, subtask);
    }
    Ok(outcome)
}

/// Where `subtask.cancel` has yielded: its result, after what became of the subtask meanwhile.
pub(crate) fn has_yielded(
    st: &mut St<'_>,
    thread: ThreadId,
    subtask: WaitableId,
    async_: bool,
) -> Result<Outcome, Stop> {
    let subtask = match has_handle(st, subtask) {
        true => subtask,
        false => match takes_what_is_there(st, subtask, async_)? {
            Some(other) => other,
            None => return Ok(Outcome::returns(BLOCKED)),
        },
    };
    if forgets(st, subtask) {
        return Err(internal_error());
    }
    if !st.resolved(subtask) {
        not_in_set(st, subtask, async_)?;
    } else if !st.has_pending_event(subtask) {
        return Err(Trap::SubtaskResolveDelivered.into());
    }
    go_on(st, thread, subtask, async_)
}

/// The conditions of `canon_subtask_cancel`.
pub(crate) fn traps_of_subtask_cancel(
    st: &mut St<'_>,
    subtask: WaitableId,
    async_: bool,
    conditions: &mut Vec<TrapIf>,
) {
    if return_is_held(st, subtask) {
        add(conditions, TrapIf::ResolveDelivered);
    }
    let requested = st
        .as_subtask(subtask)
        .is_some_and(|subtask| subtask.cancellation_requested());
    asks_again(st, requested, conditions);
    if !conditions.contains(&TrapIf::InWaitableSet)
        && st.cancels_in_set(async_, |st| waits_in_own_set(st, subtask, requested))
    {
        add(conditions, TrapIf::InWaitableSet);
    }
}
