//! Returns that are held: a `post-return` function leaves its instance, and the caller, or the host, hears of the return only once
//! that function is over.

use crate::St;
use spawndiff_reference::machine::{
    Activity, Caller, Continuation, OnCancel, SubtaskState, TaskId, ThreadId, WaitableId,
};

/// The caller is told that a task has returned when its `post-return` function is over: it sees that where that function leaves.
pub(crate) fn holds_return(st: &mut St<'_>, thread: ThreadId) {
    let task = st.get_thread(thread).task();
    let runs_it = st.machine.of_task(task).in_post_return
        && st.get_task(task).implicit_thread() == Some(thread);
    let (&Caller::Subtask(subtask), true) = (st.get_task(task).caller(), runs_it) else {
        return;
    };
    let returned = st.as_subtask(subtask).is_some_and(|subtask| {
        subtask.state() == SubtaskState::Returned && subtask.lenders().is_some()
    });
    if returned {
        st.machine.held_subtasks.insert(subtask);
        st.machine.task(task).holds_return = true;
    }
}

/// Whether the task of a subtask has returned, and its caller was not told so.
pub(crate) fn return_is_held(st: &St<'_>, subtask: WaitableId) -> bool {
    match st
        .as_subtask(subtask)
        .and_then(|subtask| subtask.on_cancel())
    {
        Some(OnCancel::Task(task)) => st.machine.of_task(task).holds_return,
        Some(OnCancel::Host) | None => false,
    }
}

/// `Subtask.state`: one whose caller was not told that it has returned counts as started.
pub(crate) fn subtask_state(st: &St<'_>, subtask: WaitableId) -> SubtaskState {
    match st.machine.held_subtasks.contains(&subtask) {
        true => SubtaskState::Started,
        false => st.subtask_state(subtask),
    }
}

/// Whether the `post-return` function of a task has blocked, after such a call: the host does not have the result before its end.
pub(crate) fn blocks_in_post_return(st: &St<'_>, task: TaskId) -> bool {
    let in_post_return = |thread: ThreadId| {
        matches!(
            st.get_thread(thread).cont(),
            Some(Continuation::Core {
                activity: Activity::PostReturn,
                ..
            })
        )
    };
    task < st.next_task()
        && st
            .get_task(task)
            .implicit_thread()
            .is_some_and(in_post_return)
}
