//! `Task.request_cancellation`: who is told of a cancellation, and when.

use crate::St;
use crate::blocked_in::is_in_callback_wait;
use crate::own::Told;
use crate::told_in_turn::{tell_in_turn, tells_alone};
use crate::wasmtime::cancel_misses_callback_yield::misses_callback_yield;
use crate::wasmtime::cancel_misses_suspended::misses_suspended;
use crate::wasmtime::cancel_misses_woken::misses_woken;
use crate::wasmtime::cancel_waits_for_exclusive::canceller_waits_for_exclusive;
use crate::wasmtime::queues_switches::queues_behind_others;
use crate::wasmtime::wait_takes_yield::restores_event;
use spawndiff_reference::machine::{InstanceId, Stop, TaskId, TaskState, ThreadId};

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
        let later = cannot_be_told.is_some_and(|thread| waits_to_tell(st, thread));
        st.machine.told = Some(if later { Told::WhenFree } else { Told::Nobody });
    }
    Ok(())
}

/// The candidates of `Task.request_cancellation`: some threads that could be resumed are not.
pub(crate) fn cancellation_candidates(st: &mut St<'_>, task: TaskId) -> Vec<ThreadId> {
    let mut candidates = st.cancellation_candidates(task);
    candidates
        .retain(|&thread| !(misses_callback_yield(st, thread) || misses_suspended(st, thread)));
    candidates
}

/// Resumes the candidate that `Task.request_cancellation` has chosen, as cancelled, or has it told only in its turn.
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

/// In `Task.request_cancellation`, where a thread cannot be resumed because another one is exclusive: whether it is told as soon
/// as that one no longer is, and the canceller waits for that.
fn waits_to_tell(st: &mut St<'_>, thread: ThreadId) -> bool {
    let waits = st.get_thread(thread).cancellable()
        && is_in_callback_wait(st, thread)
        && canceller_waits_for_exclusive(st);
    if waits {
        tell_in_turn(st, thread, true);
        tells_alone(st, thread);
    }
    waits
}
