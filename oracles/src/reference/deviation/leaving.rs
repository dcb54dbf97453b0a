//! `post-return` functions that leave their instance, and what the caller sees of that.

use super::super::canonical::{Canon, FuncInst};
use super::super::state::{Activity, Caller, Continuation, Task, TaskId, ThreadId};
use super::super::store::Store;
use super::super::subtasks::{OnCancel, SubtaskState};
use super::super::waitables::WaitableId;
use super::Deviation;
use crate::Trap;

impl Store<'_> {
    /// Before the `post-return` function of a task: its instance may not leave, or not but for a deviation.
    pub(crate) fn begins_post_return(&mut self, task: TaskId) {
        let called = match self.task(task).caller {
            Caller::Subtask(subtask) => !self.subtask(subtask).opts.async_,
            Caller::Host { .. } | Caller::Core { .. } => false,
        };
        let Task { ft, inst, .. } = self.task(task);
        let (async_typed, inst) = (ft.async_, *inst);
        // What has that one treats a call of an asynchronous type as it treats one that is lowered `async`.
        let called =
            called && !(async_typed && self.deviations.contains(&Deviation::LeavesAsyncTyped));
        let leaves = called
            && self
                .deviations
                .contains(&Deviation::LeavesInCalledPostReturn);
        self.inst(inst).may_leave = false;
        self.inst(inst).in_called_post_return = leaves;
    }

    /// After it.
    pub(crate) fn ends_post_return(&mut self, task: TaskId) -> Result<(), Trap> {
        let inst = self.task(task).inst;
        self.inst(inst).may_leave = true;
        self.inst(inst).in_called_post_return = false;
        let held = std::mem::take(&mut self.task(task).holds_return);
        match self.task(task).caller {
            Caller::Subtask(subtask) if held => self.returns_late(subtask),
            Caller::Subtask(_) | Caller::Host { .. } | Caller::Core { .. } => Ok(()),
        }
    }

    /// Before a built-in that asks for it: whether the instance may leave.
    pub(crate) fn may_leave(&mut self, thread: ThreadId, canon: &Canon) -> bool {
        let inst = self.inst_of(thread);
        if self.inst(inst).may_leave {
            return true;
        }
        let leaves = match self.inst(inst).in_called_post_return {
            true => self.deviates(Deviation::LeavesInCalledPostReturn),
            false => self.leaves_anyway(canon),
        };
        if leaves {
            self.holds_return(thread);
        }
        leaves
    }

    /// Before `canon_lower` where the instance may not leave: whether it calls all the same.
    fn leaves_anyway(&mut self, canon: &Canon) -> bool {
        let Canon::Lower {
            callee: FuncInst::Lift(lift),
            opts,
            ..
        } = canon
        else {
            return false;
        };
        match opts.async_ || lift.opts.async_ {
            true => self.deviates(Deviation::LeavesInPostReturn),
            false => lift.ft.async_ && self.deviates(Deviation::LeavesAsyncTyped),
        }
    }

    /// The caller is told that a task has returned when its `post-return` function is over: it sees that where that function leaves.
    fn holds_return(&mut self, thread: ThreadId) {
        let task = self.threads[thread.0].task;
        let Task {
            caller,
            implicit_thread,
            ..
        } = self.task(task);
        let (&mut Caller::Subtask(subtask), true) = (caller, *implicit_thread == Some(thread))
        else {
            return;
        };
        let subtask = self.subtask(subtask);
        if subtask.state == SubtaskState::Returned && subtask.lenders.is_some() {
            subtask.state = SubtaskState::Started;
            self.task(task).holds_return = true;
        }
    }

    /// Before `Subtask.drop`: whether it is of such a subtask. It is dropped then, and the engine may keep its task.
    pub(crate) fn drops_held(&mut self, subtask: WaitableId) -> bool {
        let held = self.return_is_held(subtask);
        self.kept_calls |= held && self.deviates_here(Deviation::KeepsReturnedCalls);
        held
    }

    /// Whether the task of a subtask has returned, and its caller was not told so.
    pub(crate) fn return_is_held(&mut self, subtask: WaitableId) -> bool {
        match self.subtask(subtask).on_cancel {
            Some(OnCancel::Task(task)) => self.task(task).holds_return,
            Some(OnCancel::Host) | None => false,
        }
    }

    /// Whether the `post-return` function of a task has blocked, after such a call: the host does not have the result before its end.
    pub(crate) fn blocks_in_post_return(&self, task: TaskId) -> bool {
        let in_post_return = |thread: ThreadId| {
            matches!(
                self.threads[thread.0].cont,
                Some(Continuation::Core {
                    activity: Activity::PostReturn,
                    ..
                })
            )
        };
        let task = self.tasks.get(task.0);
        task.and_then(|task| task.implicit_thread)
            .is_some_and(in_post_return)
    }
}
