//! A task that returns to, or a copy with, a thread that has ended since it called or blocked is an internal error. A trap
//! `subtask-not-resolved` stands for it.

use crate::internal_error::internal_error;
use crate::{Deviation, St, deviates_here};
use spawndiff_reference::machine::{Caller, Stop, TaskId, ThreadId, WaitableId};

/// Before the return of a task to the thread that called it: whether that fails because the thread has ended.
pub(crate) fn fails_without_caller(st: &mut St<'_>, caller: ThreadId) -> bool {
    st.machine.of_thread(caller).ended && deviates_here(st, Deviation::OutlivedCallerFails)
}

/// Like [`fails_without_caller`], for the thread that called a subtask: an internal error where that fails.
pub(crate) fn not_without_caller_of(st: &mut St<'_>, subtask: WaitableId) -> Result<(), Stop> {
    let caller = st.as_subtask(subtask).map(|subtask| subtask.thread());
    match caller.is_some_and(|caller| fails_without_caller(st, caller)) {
        true => Err(internal_error()),
        false => Ok(()),
    }
}

/// Before the result of a task is lifted: the thread that called it is looked for even before that.
pub(crate) fn returns_without_caller(st: &mut St<'_>, task: TaskId) -> Result<(), Stop> {
    match *st.get_task(task).caller() {
        Caller::Subtask(subtask) => not_without_caller_of(st, subtask),
        Caller::Host { .. } | Caller::Core { .. } => Ok(()),
    }
}
