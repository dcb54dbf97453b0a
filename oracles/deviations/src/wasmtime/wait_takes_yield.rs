//! A thread takes the event that the callback of its task is to be called with after YIELD: `waitable-set.{wait,poll}` gives NONE,
//! a cancellable operation the cancellation. The callback then has none, which is an internal error, unless the task is asked to
//! cancel before. A trap `set-has-waiters` stands for it. The same happens to a cancellation that a callback is to be called with
//! in its turn, after WAIT.

use crate::{Deviation, St, deviates};
use spawndiff_reference::machine::{Continuation, TaskState, ThreadId};

/// Before `waitable-set.{wait,poll}`: whether the event of the task's callback is taken.
pub(crate) fn takes_yield(st: &mut St<'_>, thread: ThreadId) -> bool {
    let takes = can_take_yield(st, thread) && deviates(st, Deviation::WaitTakesYield);
    let implicit = st.get_task(st.get_thread(thread).task()).implicit_thread();
    if let (true, Some(implicit)) = (takes, implicit) {
        st.machine.thread(implicit).robbed = true;
    }
    takes
}

/// Whether the task's callback is to be called after YIELD, with an event that is still there.
pub(crate) fn can_take_yield(st: &St<'_>, thread: ThreadId) -> bool {
    let task = st.get_thread(thread).task();
    let Some(implicit) = st.get_task(task).implicit_thread() else {
        return false;
    };
    let told =
        st.get_task(task).state() == TaskState::PendingCancel || st.machine.of_task(task).told_late;
    let yields = matches!(
        st.get_thread(implicit).cont(),
        Some(Continuation::CallbackYield)
    );
    !told && yields && !st.machine.of_thread(implicit).robbed
}

/// Where a thread is told of a cancellation: the callback is not, which was to be called with that.
pub(crate) fn robs_callback(st: &mut St<'_>, thread: ThreadId) {
    let task = st.get_thread(thread).task();
    let Some(implicit) = st.get_task(task).implicit_thread() else {
        return;
    };
    if implicit == thread || takes_yield(st, thread) {
        return;
    }
    let told_alone = st.machine.of_thread(implicit).told_alone;
    if told_alone && deviates(st, Deviation::WaitTakesYield) {
        st.machine.thread(implicit).robbed = true;
    }
}

/// Where a callback is to be called: whether its event was taken.
pub(crate) fn is_robbed(st: &mut St<'_>, thread: ThreadId) -> bool {
    std::mem::take(&mut st.machine.thread(thread).robbed)
}

/// Where a task is asked to cancel, and its callback is to be told: it has an event again, whether its own was taken or not.
pub(crate) fn restores_event(st: &mut St<'_>, implicit: Option<ThreadId>) {
    if let Some(implicit) = implicit {
        st.machine.thread(implicit).robbed = false;
    }
}
