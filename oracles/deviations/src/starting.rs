//! Start functions of core modules that let others run, and calls that outlive them.

use super::{Deviation, St, deviates, is_on};
use spawndiff_observation::{Builtin, End, Trap};
use spawndiff_reference::machine::{Stop, ThreadId};

/// Before the task of a start function: the next one that there is.
pub(crate) fn begins_start_function(st: &mut St<'_>) {
    st.machine.starting = Some(st.next_task());
    st.machine.start_function_blocked = false;
}

/// Where a call is asynchronous, a thread switches to another, or a synchronously typed task has blocked: it stays there if a start
/// function does that.
pub(crate) fn waits_in_start_function(st: &mut St<'_>) -> Result<(), Stop> {
    match st.machine.starting.is_some() && deviates(st, Deviation::StartFunctionWaits) {
        true => Err(Stop::End(End::Deadlock)),
        false => Ok(()),
    }
}

/// Before another thread runs because a start function has blocked, or that function because its turn has come: the first time that
/// works.
pub(crate) fn runs_beside_start_function(st: &mut St<'_>) -> Result<(), Stop> {
    let runs = st.machine.starting.is_some() && is_on(st, Deviation::StartFunctionYields);
    match runs && std::mem::replace(&mut st.machine.start_function_blocked, true) {
        true => fails_in_start_function(st),
        false => Ok(()),
    }
}

/// Before a thread switches to another.
pub(crate) fn switches_in_start_function(st: &mut St<'_>, thread: ThreadId) -> Result<(), Stop> {
    waits_in_start_function(st)?;
    match is_of_start_function(st, thread) {
        true => runs_beside_start_function(st),
        false => Ok(()),
    }
}

/// Before a call that is asynchronous in some way.
pub(crate) fn calls_in_start_function(st: &mut St<'_>, thread: ThreadId) -> Result<(), Stop> {
    match st.machine.start_function_blocked && is_of_start_function(st, thread) {
        true => fails_in_start_function(st),
        false => Ok(()),
    }
}

fn is_of_start_function(st: &St<'_>, thread: ThreadId) -> bool {
    st.machine.starting == Some(st.get_thread(thread).task())
}

fn fails_in_start_function(st: &mut St<'_>) -> Result<(), Stop> {
    match deviates(st, Deviation::StartFunctionYields) {
        true => Err(Stop::Trap(Some(Builtin::Lift), Trap::CannotBlock)),
        false => Ok(()),
    }
}

/// Before the core function of a thread is called.
pub(crate) fn begins_in_start_function(st: &mut St<'_>, thread: ThreadId) {
    if st.machine.starting.is_some() {
        st.machine.thread(thread).began_in = st.machine.starting;
    }
}

/// When it has returned: the failure of one that a start function has called, directly or not, if that is over.
pub(crate) fn outlives_start_function(st: &mut St<'_>, thread: ThreadId) -> Result<(), Stop> {
    let began_in = st.machine.of_thread(thread).began_in;
    let outlives = began_in.is_some_and(|task| {
        let implicit = st.get_task(task).implicit_thread();
        implicit.is_none_or(|implicit| st.machine.of_thread(implicit).ended)
    });
    match outlives && deviates(st, Deviation::OutlivedStartFunctionFails) {
        true => Err(Trap::SubtaskNotResolved.into()),
        false => Ok(()),
    }
}
