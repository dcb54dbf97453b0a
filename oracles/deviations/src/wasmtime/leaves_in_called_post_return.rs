//! In the `post-return` function of a task that another component instance has called, both synchronously, the instance may leave.

use crate::{Deviation, St, deviates, either, is_on};
use spawndiff_reference::machine::{Caller, TaskId, TaskState, ThreadId};

/// Before the `post-return` function of a task that was called so: whether the instance may leave in it.
pub(crate) fn is_let_leave(st: &St<'_>) -> bool {
    is_on(st, Deviation::LeavesInCalledPostReturn)
}

/// Before a built-in in such a function that asks for it: whether the instance may leave.
pub(crate) fn leaves_in_called_post_return(st: &mut St<'_>) -> bool {
    deviates(st, Deviation::LeavesInCalledPostReturn)
}

/// In such a `post-return` function the thread is gone for the engine, and its caller runs.
pub(crate) fn passes_for_caller(st: &mut St<'_>, task: TaskId) {
    let (&Caller::Subtask(subtask), Some(thread)) = (
        st.get_task(task).caller(),
        st.get_task(task).implicit_thread(),
    ) else {
        return;
    };
    let caller = st.as_subtask(subtask).map(|subtask| subtask.thread());
    let index = caller.and_then(|caller| index_of_thread(st, caller));
    if let (Some(own), Some(index)) = (index_of_thread(st, thread), index) {
        let inst = st.get_task(task).inst();
        st.remove_thread(inst, own);
        st.machine.thread(thread).passes_for_caller = Some(index);
    }
}

/// `thread.index`; of one that is taken for its caller, that one's.
pub(crate) fn index_of_thread(st: &St<'_>, thread: ThreadId) -> Option<u32> {
    let passes = st.machine.of_thread(thread).passes_for_caller;
    passes.or(st.get_thread(thread).index())
}

/// Of a thread that is taken for its caller: whether it may block as that one may. It may not, either, where the engine has not
/// made anything of its task; when that is, is not worked out here.
pub(crate) fn may_block_as_caller(st: &mut St<'_>, thread: ThreadId) -> Option<bool> {
    st.machine.of_thread(thread).passes_for_caller?;
    let caller = st.get_task(returning_task(st, thread));
    let may_block = caller.ft().async_ || caller.state() == TaskState::Resolved;
    Some(may_block && either(st))
}

/// The task that `task.return` and `task.cancel` are of: that of the thread, or of the one that it is taken for.
pub(crate) fn returning_task(st: &St<'_>, thread: ThreadId) -> TaskId {
    let task = st.get_thread(thread).task();
    if st.machine.of_thread(thread).passes_for_caller.is_none() {
        return task;
    }
    match *st.get_task(task).caller() {
        Caller::Subtask(subtask) => match st.as_subtask(subtask) {
            Some(subtask) => st.get_thread(subtask.thread()).task(),
            None => task,
        },
        Caller::Host { .. } | Caller::Core { .. } => task,
    }
}
