//! Cancellation: who is told, when, and what the canceller does meanwhile.

use super::blocked_in::{is_in_callback_wait, is_in_suspend};
use super::conditions::{add, not_in_set};
use super::own::{OwnThen, Told};
use super::places::{has_handle, takes_what_is_there};
use super::switching::{holds_caller, queues_behind_others};
use super::told_in_turn::{tell_in_turn, tells_alone};
use super::turns::{is_ready, waits};
use super::wasmtime::wait_takes_yield::restores_event;
use super::{Deviation, St, deviates, deviates_here, either, is_on};
use spawndiff_observation::Trap;
use spawndiff_reference::machine::{
    BLOCKED, Continuation, InstanceId, Outcome, ReadyFunc, Stop, TaskId, TaskState, Then, ThreadId,
    TrapIf, WaitableId,
};

/// `Task.request_cancellation`. Who was told is remembered for the canceller.
pub(crate) fn request_cancellation(
    st: &mut St<'_>,
    task: TaskId,
    caller: Option<InstanceId>,
) -> Result<(), Stop> {
    if st.get_task(task).state() == TaskState::Initial {
        st.request_cancellation(task, caller)?;
        st.machine.told = Some(Told::Unstarted);
        return Ok(());
    }
    let candidates = st.cancellation_candidates(task);
    if let Some(woken) = misses_woken(st, &candidates) {
        tell_in_turn(st, woken, true);
        st.machine.told = Some(Told::Nobody);
        return Ok(());
    }
    let cannot_be_told = st.cannot_be_told(task);
    st.machine.told = None;
    st.request_cancellation(task, caller)?;
    if st.machine.told.is_none() {
        // Nobody was resumed.
        restores_event(st, st.get_task(task).implicit_thread());
        let later = cannot_be_told.is_some_and(|thread| tells_when_free(st, thread));
        st.machine.told = Some(if later { Told::WhenFree } else { Told::Nobody });
    }
    Ok(())
}

/// The candidates of `Task.request_cancellation`: some threads that could be resumed are not.
pub(crate) fn cancellation_candidates(st: &mut St<'_>, task: TaskId) -> Vec<ThreadId> {
    let mut candidates = st.cancellation_candidates(task);
    candidates.retain(|&thread| !misses(st, thread));
    candidates
}

/// What `Task.request_cancellation` does with the candidate that it has chosen: it may only be told in its turn.
pub(crate) fn resume_cancelled(
    st: &mut St<'_>,
    thread: ThreadId,
    caller: Option<InstanceId>,
) -> Result<(), Stop> {
    let task = st.get_thread(thread).task();
    st.machine.task(task).told = true;
    let implicit = st.get_task(task).implicit_thread();
    restores_event(st, implicit.filter(|&implicit| implicit == thread));
    if queues_behind_others(st, task) {
        tell_in_turn(st, thread, st.is_between_callbacks(thread));
        tells_alone(st, thread);
    } else {
        st.resume_cancelled(thread, caller)?;
    }
    st.machine.told = Some(Told::Thread);
    Ok(())
}

/// In `Task.request_cancellation`: whether a thread that could be resumed is not.
fn misses(st: &mut St<'_>, thread: ThreadId) -> bool {
    let own = st.machine.of_thread(thread);
    match st.get_thread(thread).cont() {
        Some(Continuation::CallbackYield) => deviates(st, Deviation::CancelMissesCallbackYield),
        Some(Continuation::Core { .. })
            if st.get_thread(thread).suspended()
                || own.resumed_later
                || (own.queued && is_in_suspend(st, thread)) =>
        {
            deviates(st, Deviation::CancelMissesSuspended)
        }
        Some(_) | None => false,
    }
}

/// The thread that is not told now because it has been woken for its callback, if nobody else can be told.
fn misses_woken(st: &mut St<'_>, candidates: &[ThreadId]) -> Option<ThreadId> {
    let &[thread] = candidates else {
        return None;
    };
    (is_in_callback_wait(st, thread)
        && is_ready(st, thread)
        && deviates(st, Deviation::CancelMissesWoken))
    .then_some(thread)
}

/// Where a thread is resumed after a wait that could be cancelled: whether it is told now of a cancellation that it
/// missed.
pub(crate) fn tells_late(st: &mut St<'_>, thread: ThreadId) -> bool {
    if std::mem::take(&mut st.machine.thread(thread).told) {
        st.machine.thread(thread).told_alone = false;
        return deliver_pending_cancel(st, thread, true);
    }
    if !st.get_thread(thread).cancellable() {
        return false;
    }
    let in_turn = is_on(st, Deviation::TellsInTurn);
    let late = match st.get_thread(thread).cont() {
        Some(Continuation::CallbackYield) if in_turn => Deviation::TellsInTurn,
        Some(Continuation::CallbackYield) => Deviation::CancelMissesCallbackYield,
        Some(Continuation::Core { .. }) => Deviation::CancelMissesSuspended,
        Some(
            Continuation::Implicit
            | Continuation::Entered
            | Continuation::Explicit { .. }
            | Continuation::CallbackWait(_),
        )
        | None => return false,
    };
    let task = st.get_thread(thread).task();
    if st.machine.of_task(task).told_late {
        return tells_after_return(st, task);
    }
    st.get_task(task).state() == TaskState::PendingCancel
        && deviates(st, late)
        && deliver_pending_cancel(st, thread, true)
}

/// `Task.deliver_pending_cancel`: also of a task that has returned, and it takes an event from the callback.
pub(crate) fn deliver_pending_cancel(st: &mut St<'_>, thread: ThreadId, cancellable: bool) -> bool {
    let task = st.get_thread(thread).task();
    let mut told = st.deliver_pending_cancel(thread, cancellable);
    if told {
        st.machine.task(task).told = true;
    } else if cancellable && st.machine.of_task(task).told_late {
        told = tells_after_return(st, task);
    }
    if told {
        super::wasmtime::wait_takes_yield::robs_callback(st, thread);
    }
    told
}

/// Where a callback has returned YIELD: whether it is told of a cancellation only at its next turn.
pub(crate) fn instead_of_telling(st: &mut St<'_>, thread: ThreadId) -> bool {
    let task = st.get_thread(thread).task();
    (st.get_task(task).state() == TaskState::PendingCancel || st.machine.of_task(task).told_late)
        && (deviates(st, Deviation::CancelMissesCallbackYield) || tells_in_turn(st, thread))
}

/// Whether a callback is told of a pending cancellation in its turn only. After a return, that it is told is a deviation of its
/// own.
fn tells_in_turn(st: &mut St<'_>, thread: ThreadId) -> bool {
    let returned = st.machine.of_task(st.get_thread(thread).task()).told_late;
    is_on(st, Deviation::TellsInTurn) && (returned || deviates(st, Deviation::TellsInTurn))
}

/// In `Task.request_cancellation`, where a thread cannot be resumed because another one is exclusive: whether it is told as soon
/// as that one no longer is, and the canceller waits for that.
fn tells_when_free(st: &mut St<'_>, thread: ThreadId) -> bool {
    let waits = st.get_thread(thread).cancellable() && is_in_callback_wait(st, thread);
    let canceller_waits = waits && deviates(st, Deviation::CancelWaitsForExclusive);
    if canceller_waits || waits && deviates(st, Deviation::TellsWhenFree) {
        tell_in_turn(st, thread, true);
        tells_alone(st, thread);
    }
    canceller_waits
}

/// Where a callback has returned WAIT: whether it is told of a cancellation only in its turn.
pub(crate) fn instead_of_waiting(st: &mut St<'_>, thread: ThreadId) -> bool {
    let task = st.get_thread(thread).task();
    let pending =
        st.get_task(task).state() == TaskState::PendingCancel || st.machine.of_task(task).told_late;
    let in_turn = is_on(st, Deviation::TellsInTurn);
    let tells = pending
        && (queues_behind_others(st, task) || (in_turn && either(st) && tells_in_turn(st, thread)));
    if tells {
        tell_in_turn(st, thread, true);
    }
    tells
}

/// The last two lines of `Task.return_` and `Task.cancel`: a task that was asked to cancel may be told of it later.
pub(crate) fn remembers_cancellation(st: &mut St<'_>, task: TaskId) {
    let on = is_on(st, Deviation::TellsAfterReturn);
    let pending = st.get_task(task).state() == TaskState::PendingCancel;
    if on {
        st.machine.task(task).told_late = pending;
    }
}

/// Whether a task that has returned is told of its cancellation now.
fn tells_after_return(st: &mut St<'_>, task: TaskId) -> bool {
    std::mem::take(&mut st.machine.task(task).told_late)
        && deviates(st, Deviation::TellsAfterReturn)
}

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
        Told::Thread => deviates(st, Deviation::CancelYields),
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
        st.machine.held_by = Some(subtask);
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
    if super::wasmtime::forgets_subtasks::forgets(st, subtask) {
        return Err(super::internal_error::internal_error());
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
    if super::leaving::return_is_held(st, subtask) {
        add(conditions, TrapIf::ResolveDelivered);
    }
    let requested = st
        .as_subtask(subtask)
        .is_some_and(|subtask| subtask.cancellation_requested());
    // One that was asked to cancel before, and has not resolved, may be asked again.
    if requested && deviates(st, Deviation::CancelsTwice) {
        conditions.retain(|it| *it != TrapIf::CancellationRequested);
    }
    let in_set = st.get_waitable(subtask).wset().is_some();
    let in_set = match async_ {
        false => in_set || waits_in_own_set(st, subtask, requested),
        true => refuses_in_set(st, subtask, requested),
    };
    if in_set {
        add(conditions, TrapIf::InWaitableSet);
    }
}

/// Whether a subtask counts as being in a waitable set because another thread, which asked to cancel it before, waits for it:
/// that engine waits in a set of its own.
fn waits_in_own_set(st: &mut St<'_>, subtask: WaitableId, requested: bool) -> bool {
    requested
        && st.get_waitable(subtask).has_sync_waiter()
        && deviates_here(st, Deviation::CancelsTwice)
}

/// Whether an asynchronous `subtask.cancel` traps where a synchronous one does: the subtask is in a waitable set.
fn refuses_in_set(st: &mut St<'_>, subtask: WaitableId, requested: bool) -> bool {
    is_on(st, Deviation::CancelTrapsInSet)
        && (st.get_waitable(subtask).wset().is_some() || waits_in_own_set(st, subtask, requested))
        && deviates(st, Deviation::CancelTrapsInSet)
}

/// Whether a task may be cancelled before it was told.
pub(crate) fn cancels_undelivered(st: &mut St<'_>, task: TaskId) -> bool {
    let pending = st.get_task(task).state() == TaskState::PendingCancel;
    // Where it was told, it was asked a second time.
    let told = st.machine.of_task(task).told;
    pending
        && (told && deviates(st, Deviation::CancelsTwice)
            || deviates(st, Deviation::CancelsUndelivered))
}

/// Before `thread.*-then-*`: whether it is told of a cancellation and does nothing else.
pub(crate) fn tells_first(st: &mut St<'_>, thread: ThreadId, cancellable: bool) -> bool {
    is_on(st, Deviation::TellsBeforeChecking)
        && deliver_pending_cancel(st, thread, cancellable)
        && deviates(st, Deviation::TellsBeforeChecking)
}
