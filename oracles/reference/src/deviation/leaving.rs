//! `post-return` functions that leave their instance, and what the caller sees of that.

use super::super::canonical::{Canon, FuncInst};
use super::super::state::{
    Activity, Caller, Continuation, Task, TaskId, TaskState, Thread, ThreadId,
};
use super::super::store::Store;
use super::super::subtasks::{OnCancel, SubtaskState};
use super::super::waitables::WaitableId;
use super::Deviation;
use crate::schedules::{Choice, NOBODY};
use spawndiff_observation::Trap;

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
        self.task(task).in_post_return = true;
        self.inst(inst).may_leave = false;
        self.inst(inst).in_called_post_return = leaves;
        if leaves {
            self.passes_for_caller(task);
        }
    }

    /// In such a `post-return` function the thread is gone for the engine, and its caller runs.
    fn passes_for_caller(&mut self, task: TaskId) {
        let Task {
            caller,
            implicit_thread,
            inst,
            ..
        } = self.task(task);
        let (&mut Caller::Subtask(subtask), &mut Some(thread), inst) =
            (caller, implicit_thread, *inst)
        else {
            return;
        };
        let caller = self.subtask(subtask).thread;
        let index = self.thread(caller).index;
        if let (Some(own), Some(_)) = (self.thread(thread).index, index) {
            self.inst(inst).threads.remove(own);
            self.thread(thread).index = index;
            self.thread(thread).passes_for_caller = true;
        }
    }

    /// Of a thread that is taken for its caller: whether it may block as that one may. It may not, either, where the engine has not made
    /// anything of its task; when that is, is not worked out here.
    pub(crate) fn may_block_as_caller(&mut self, thread: ThreadId) -> Option<bool> {
        if !self.thread(thread).passes_for_caller {
            return None;
        }
        let caller = self.returning_task(thread);
        let Task { ft, state, .. } = self.task(caller);
        let may_block = ft.async_ || *state == TaskState::Resolved;
        Some(may_block && self.choose(Choice::Deviation, &[NOBODY; 2]) == 1)
    }

    /// The task that `task.return` and `task.cancel` are of: that of the thread, or of the one that it is taken for.
    pub(crate) fn returning_task(&mut self, thread: ThreadId) -> TaskId {
        let Thread {
            task,
            passes_for_caller,
            ..
        } = *self.thread(thread);
        match self.task(task).caller {
            Caller::Subtask(subtask) if passes_for_caller => {
                let caller = self.subtask(subtask).thread;
                self.thread(caller).task
            }
            Caller::Subtask(_) | Caller::Host { .. } | Caller::Core { .. } => task,
        }
    }

    /// After it.
    pub(crate) fn ends_post_return(&mut self, task: TaskId) -> Result<(), Trap> {
        let inst = self.task(task).inst;
        self.inst(inst).may_leave = true;
        self.inst(inst).in_called_post_return = false;
        self.task(task).in_post_return = false;
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
            in_post_return,
            ..
        } = self.task(task);
        let runs_it = *in_post_return && *implicit_thread == Some(thread);
        let (&mut Caller::Subtask(subtask), true) = (caller, runs_it) else {
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
