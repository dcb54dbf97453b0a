//! A thread that has begun while a start function runs ends after that has, which is an internal error. A trap
//! `subtask-not-resolved` stands for it.

use crate::{Deviation, St, deviates};
use spawndiff_observation::Trap;
use spawndiff_reference::machine::{Stop, ThreadId};

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
