//! `post-return` functions that leave their instance, and what the caller sees of that.

use super::{Deviation, St, deviates, either, is_on};
use spawndiff_reference::machine::{
    Activity, Caller, Canon, Continuation, FuncInst, OnCancel, Stop, SubtaskState, TaskId,
    TaskState, ThreadId, WaitableId,
};

/// Before the `post-return` function of a task: its instance may not leave, or not but for a deviation.
pub(crate) fn begins_post_return(st: &mut St<'_>, task: TaskId) {
    let called = match *st.get_task(task).caller() {
        Caller::Subtask(subtask) => !is_lowered_async(st, subtask),
        Caller::Host { .. } | Caller::Core { .. } => false,
    };
    let async_typed = st.get_task(task).ft().async_;
    let inst = st.get_task(task).inst();
    // What has that one treats a call of an asynchronous type as it treats one that is lowered `async`.
    let called = called && !(async_typed && is_on(st, Deviation::LeavesAsyncTyped));
    let leaves = called && is_on(st, Deviation::LeavesInCalledPostReturn);
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

/// In such a `post-return` function the thread is gone for the engine, and its caller runs.
fn passes_for_caller(st: &mut St<'_>, task: TaskId) {
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

/// Of a thread that is taken for its caller: whether it may block as that one may. It may not, either, where the engine has not made
/// anything of its task; when that is, is not worked out here.
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

/// After it.
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
    super::wasmtime::outlived_caller_fails::not_without_caller_of(st, subtask)?;
    st.maybe_on_progress(subtask);
    st.machine.held_subtasks.remove(&subtask);
    Ok(())
}

/// Before a built-in that asks for it: whether the instance may leave.
pub(crate) fn may_leave(st: &mut St<'_>, thread: ThreadId, canon: &Canon) -> bool {
    let inst = st.inst_of(thread);
    if st.may_instance_leave(inst) {
        return true;
    }
    let leaves = match st.machine.in_called_post_return.contains(&inst) {
        true => deviates(st, Deviation::LeavesInCalledPostReturn),
        false => leaves_anyway(st, canon),
    };
    if leaves {
        holds_return(st, thread);
    }
    leaves
}

/// Before `canon_lower` where the instance may not leave: whether it calls all the same.
fn leaves_anyway(st: &mut St<'_>, canon: &Canon) -> bool {
    let Canon::Lower {
        callee: FuncInst::Lift(lift),
        opts,
        ..
    } = canon
    else {
        return false;
    };
    match opts.async_ || lift.opts.async_ {
        true => deviates(st, Deviation::LeavesInPostReturn),
        false => lift.ft.async_ && deviates(st, Deviation::LeavesAsyncTyped),
    }
}

/// The caller is told that a task has returned when its `post-return` function is over: it sees that where that function leaves.
fn holds_return(st: &mut St<'_>, thread: ThreadId) {
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
