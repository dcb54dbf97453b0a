//! The `post-return` function of a task, before and after it.

use crate::St;
use crate::wasmtime::leaves_async_typed::is_treated_as_async;
use crate::wasmtime::leaves_in_called_post_return::{is_let_leave, passes_for_caller};
use crate::wasmtime::outlived_caller_fails::not_without_caller_of;
use spawndiff_reference::machine::{Caller, Stop, TaskId, WaitableId};

/// Before the `post-return` function of a task: its instance may not leave, or not but for a deviation.
pub(crate) fn begins_post_return(st: &mut St<'_>, task: TaskId) {
    let called = match *st.get_task(task).caller() {
        Caller::Subtask(subtask) => !is_lowered_async(st, subtask),
        Caller::Host { .. } | Caller::Core { .. } => false,
    };
    let async_typed = st.get_task(task).ft().async_;
    let inst = st.get_task(task).inst();
    let called = called && !is_treated_as_async(st, async_typed);
    let leaves = called && is_let_leave(st);
    st.machine.task(task).in_post_return = true;
    if leaves {
        st.machine.in_called_post_return.insert(inst);
        passes_for_caller(st, task);
    } else {
        st.machine.in_called_post_return.remove(&inst);
    }
}

fn is_lowered_async(st: &St<'_>, subtask: WaitableId) -> bool {
    st.as_subtask(subtask).is_some_and(|it| it.opts().async_)
}

/// After the `post-return` function of a task.
pub(crate) fn ends_post_return(st: &mut St<'_>, task: TaskId) -> Result<(), Stop> {
    let inst = st.get_task(task).inst();
    st.machine.in_called_post_return.remove(&inst);
    let own = st.machine.task(task);
    own.in_post_return = false;
    let held = std::mem::take(&mut own.holds_return);
    match *st.get_task(task).caller() {
        Caller::Subtask(subtask) if held => returns_late(st, subtask),
        Caller::Subtask(_) | Caller::Host { .. } | Caller::Core { .. } => Ok(()),
    }
}

/// A caller hears only now that a task has returned before.
fn returns_late(st: &mut St<'_>, subtask: WaitableId) -> Result<(), Stop> {
    not_without_caller_of(st, subtask)?;
    st.maybe_on_progress(subtask);
    st.machine.held_subtasks.remove(&subtask);
    Ok(())
}
