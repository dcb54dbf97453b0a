//! `class Task`: entering, returning, cancelling (CanonicalABI.md, "Tasks").

use super::abi::Value;
use super::canonical::{FuncInst, InstanceId};
use super::fault::Fault;
use super::state::{Caller, Cancelled, ReadyFunc, TaskId, TaskState, ThreadId};
use super::store::{Stop, Store};
use super::threads::Flow;
use crate::schedules::Choice;
use spawndiff_observation::{Exhaustion, Trap};

/// What a thread that enters a task does next.
pub(crate) enum Entered {
    /// It starts.
    Go,
    /// It waits to start.
    Wait(Option<ThreadId>),
    /// It was cancelled before it started.
    Cancelled,
}

/// Who was told of a cancellation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// A task that had not started.
    Unstarted,
    /// A thread.
    Thread,
    /// No one: the cancellation is pending.
    Nobody,
    /// No one before another thread is no longer exclusive. Only after a deviation.
    WhenFree,
}

impl Store<'_> {
    /// `has_backpressure`, of `Task.enter_implicit_thread`.
    pub(crate) fn has_backpressure(&self, inst: InstanceId, needs_exclusive: bool) -> bool {
        let inst = &self.instances[inst.0];
        let raised = inst.backpressure > 0 && !self.planted(Fault::IgnoresBackpressure);
        raised || (needs_exclusive && inst.exclusive_thread.is_some())
    }

    /// `Task.enter_implicit_thread`, up to the wait.
    pub(crate) fn enter_implicit_thread(&mut self, thread: ThreadId) -> Result<Entered, Stop> {
        let task = self.task_of(thread);
        debug_assert_eq!(task.state, TaskState::Initial);
        task.implicit_thread = Some(thread);
        let (async_, inst) = (task.ft.async_, task.inst);
        let needs_exclusive = async_ && task.needs_exclusive();
        if async_ && self.skips_queue(thread) {
            self.register_thread(thread)?;
            return Ok(Entered::Go);
        }
        let queue = self.inst(inst).num_waiting_to_enter > 0;
        let held_back = async_ && self.has_backpressure(inst, needs_exclusive);
        let waits = held_back || (async_ && queue);
        let deviates = !needs_exclusive && self.waits_for_exclusive(thread);
        if waits || deviates {
            self.inst(inst).num_waiting_to_enter += 1;
            let ready_func = ReadyFunc::NoBackpressure {
                inst,
                needs_exclusive: needs_exclusive || deviates,
            };
            return match self.wait_until(thread, ready_func, true) {
                Flow::Go(cancelled) => self.entered(thread, cancelled),
                Flow::Block(switch_to) => Ok(Entered::Wait(switch_to)),
            };
        }
        self.enter(thread)
    }

    /// `Task.enter_implicit_thread`, after the wait.
    pub(crate) fn entered(
        &mut self,
        thread: ThreadId,
        cancelled: Cancelled,
    ) -> Result<Entered, Stop> {
        let inst = self.inst_of(thread);
        self.inst(inst).num_waiting_to_enter -= 1;
        if cancelled {
            let task = self.thread(thread).task;
            self.cancel(task)?;
            return Ok(Entered::Cancelled);
        }
        self.enter(thread)
    }

    /// The end of `Task.enter_implicit_thread`.
    fn enter(&mut self, thread: ThreadId) -> Result<Entered, Stop> {
        let task = self.task_of(thread);
        let inst = task.inst;
        if task.ft.async_ && task.needs_exclusive() {
            debug_assert!(self.inst(inst).exclusive_thread.is_none());
            self.inst(inst).exclusive_thread = Some(thread);
        }
        self.register_thread(thread)?;
        Ok(Entered::Go)
    }

    /// `Task.register_thread`.
    pub(crate) fn register_thread(&mut self, thread: ThreadId) -> Result<(), Stop> {
        let inst = self.inst_of(thread);
        self.task_of(thread).threads.push(thread);
        let index = self.inst(inst).threads.add(thread);
        let index = index.ok_or(Stop::Exhausted(Exhaustion::Memory))?;
        self.thread(thread).index = Some(index);
        Ok(())
    }

    /// `Task.exit_implicit_thread`.
    pub(crate) fn exit_implicit_thread(&mut self, thread: ThreadId) -> Result<(), Stop> {
        self.unregister_thread(thread)?;
        let task = self.task_of(thread);
        let inst = task.inst;
        if task.ft.async_ && task.needs_exclusive() {
            debug_assert!(
                !self.deviations.is_empty() || self.inst(inst).exclusive_thread == Some(thread)
            );
            let exclusive = self.inst(inst).exclusive_thread == Some(thread);
            if exclusive && !self.planted(Fault::StaysExclusive) {
                self.inst(inst).exclusive_thread = None;
            }
        } else if self.inst(inst).exclusive_thread == Some(thread) {
            // Only `Deviation::ReturnsFromSyncLift` gives it to a synchronously typed task.
            self.inst(inst).exclusive_thread = None;
        }
        Ok(())
    }

    /// `Task.unregister_thread`.
    pub(crate) fn unregister_thread(&mut self, thread: ThreadId) -> Result<(), Stop> {
        let inst = self.inst_of(thread);
        let task = self.task_of(thread);
        task.threads.retain(|&other| other != thread);
        if task.threads.is_empty() {
            if task.state != TaskState::Resolved {
                return Err(Trap::NoTaskReturn.into());
            }
            debug_assert_eq!(task.num_borrows, 0);
        }
        let index = self.thread(thread).index.take();
        let index = index.expect("a thread that ends was registered");
        self.thread(thread).ended = true;
        if !std::mem::take(&mut self.thread(thread).passes_for_caller) {
            self.inst(inst).threads.remove(index);
        }
        Ok(())
    }

    /// `Task.request_cancellation`.
    pub(crate) fn request_cancellation(
        &mut self,
        task_id: TaskId,
        caller: Option<InstanceId>,
    ) -> Result<Told, Stop> {
        let task = self.task(task_id);
        let inst = task.inst;
        let implicit_thread = task.implicit_thread;
        if task.state == TaskState::Initial {
            if self.planted(Fault::CancelledTaskStarts) {
                return Ok(Told::Unstarted);
            }
            let task = self.task(task_id);
            task.state = TaskState::CancelDelivered;
            let thread = implicit_thread.expect("a task that waits to start has a thread");
            self.resume(thread, true)?;
            return Ok(Told::Unstarted);
        }
        debug_assert!(
            task.state == TaskState::Started || !self.deviations.is_empty(),
            "a task is cancelled once"
        );
        let task = self.task(task_id);
        let needs_exclusive = task.needs_exclusive();
        let threads = task.threads.clone();
        let exclusive_thread = self.inst(inst).exclusive_thread;
        let other_is_exclusive = exclusive_thread.is_some() && exclusive_thread != implicit_thread;
        let discarded = (needs_exclusive && other_is_exclusive).then_some(implicit_thread);
        let mut candidates: Vec<ThreadId> = threads
            .into_iter()
            .filter(|&thread| self.threads[thread.0].cancellable)
            .filter(|&thread| discarded != Some(Some(thread)))
            .collect();
        if let Some(woken) = self.misses_woken(&candidates) {
            self.tell_in_turn(woken, true);
            return Ok(Told::Nobody);
        }
        candidates.retain(|&thread| !self.misses(thread));
        if candidates.is_empty() || !self.may_enter_from(inst, caller) {
            self.task(task_id).state = TaskState::PendingCancel;
            self.restores_event(implicit_thread);
            let later = discarded
                .flatten()
                .is_some_and(|thread| self.tells_when_free(thread));
            return Ok(if later { Told::WhenFree } else { Told::Nobody });
        }
        let task = self.task(task_id);
        task.state = TaskState::CancelDelivered;
        task.told = true;
        let thread = self.choose_thread(Choice::Cancel, &candidates);
        self.restores_event(implicit_thread.filter(|&implicit| implicit == thread));
        if self.instead_of_resuming(thread) {
            return Ok(Told::Thread);
        }
        self.enter_from(inst, caller);
        self.resume(thread, true)?;
        self.leave_to(inst, caller);
        Ok(Told::Thread)
    }

    /// `Task.deliver_pending_cancel`.
    pub(crate) fn deliver_pending_cancel(&mut self, thread: ThreadId, cancellable: bool) -> bool {
        let task = self.task_of(thread);
        let delivers = cancellable && task.state == TaskState::PendingCancel;
        if delivers {
            task.state = TaskState::CancelDelivered;
            task.told = true;
            self.robs_callback(thread);
        } else if cancellable && task.told_late {
            let told = self.tells_after_return(thread);
            if told {
                self.robs_callback(thread);
            }
            return told;
        }
        delivers
    }

    /// `Task.return_`.
    pub(crate) fn return_(&mut self, task_id: TaskId, result: Option<Value>) -> Result<(), Stop> {
        self.may_resolve(task_id)?;
        self.on_resolve(task_id, Some(result))?;
        self.remembers_cancellation(task_id);
        self.task(task_id).state = TaskState::Resolved;
        Ok(())
    }

    /// `Task.return_` of a task whose results are core values.
    pub(crate) fn return_core(
        &mut self,
        task_id: TaskId,
        values: Vec<wasmi::Val>,
    ) -> Result<(), Stop> {
        self.may_resolve(task_id)?;
        let task = self.task(task_id);
        if let Caller::Core { results, .. } = &mut task.caller {
            *results = Some(values);
        }
        task.state = TaskState::Resolved;
        Ok(())
    }

    /// The conditions of `Task.return_`.
    fn may_resolve(&mut self, task: TaskId) -> Result<(), Stop> {
        let task = self.task(task);
        if task.state == TaskState::Resolved {
            return Err(Trap::TaskReturnTwice.into());
        }
        if task.num_borrows > 0 {
            return Err(Trap::BorrowsRemain.into());
        }
        Ok(())
    }

    /// `Task.cancel`, once its conditions are checked (`canon_task_cancel`; a task that has not started has none).
    pub(crate) fn cancel(&mut self, task_id: TaskId) -> Result<(), Stop> {
        self.on_resolve(task_id, None)?;
        self.remembers_cancellation(task_id);
        self.task(task_id).state = TaskState::Resolved;
        Ok(())
    }

    /// The task's `on_start`.
    pub(crate) fn on_start(&mut self, task: TaskId) -> Result<Vec<Value>, Stop> {
        match &mut self.task(task).caller {
            Caller::Host { args, .. } => Ok(std::mem::take(args)),
            &mut Caller::Subtask(subtask) => self.subtask_on_start(subtask),
            Caller::Core { .. } => Ok(Vec::new()),
        }
    }

    /// `Store.invoke` of a function of a guest, and `Store.tick` until its task has returned or nothing is ready. What is
    /// returned is the task's result, if it has returned.
    pub(crate) fn call_as_host(
        &mut self,
        func: &FuncInst,
        args: Vec<Value>,
    ) -> Result<Option<Option<Value>>, Stop> {
        let task = TaskId(self.tasks.len());
        self.call_func(func, None, Caller::Host { args, result: None })?;
        while self.returned(task).is_none() && self.tick()? {}
        Ok(self.returned(task))
    }

    /// The result of a task that the host has called, once it has returned.
    fn returned(&self, task: TaskId) -> Option<Option<Value>> {
        match &self.tasks.get(task.0)?.caller {
            Caller::Host { result, .. } => result.clone().flatten(),
            Caller::Subtask(_) | Caller::Core { .. } => None,
        }
    }

    /// The task's `on_resolve`. `None`: it was cancelled.
    fn on_resolve(&mut self, task: TaskId, resolved: Option<Option<Value>>) -> Result<(), Stop> {
        match &mut self.task(task).caller {
            Caller::Host { result, .. } => {
                *result = Some(resolved);
                Ok(())
            }
            &mut Caller::Subtask(subtask) => self.subtask_on_resolve(subtask, resolved),
            Caller::Core { .. } => Ok(()),
        }
    }
}
