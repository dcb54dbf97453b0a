//! `class Task`: entering, returning, cancelling (CanonicalABI.md, "Tasks").

use super::abi::Value;
use super::canon_defs::{FuncInst, InstanceId};
use super::machine::Machine;
use super::state::{Caller, Cancelled, ReadyFunc, Task, TaskId, TaskState, ThreadId};
use super::store::{Stop, Store};
use super::threads::Flow;
use super::trap_if::TrapIf;
use crate::schedules::Choice;
use spawndiff_observation::Exhaustion;

/// The next step of a thread that enters a task.
pub enum Entered {
    /// The thread starts.
    Go,
    /// The thread waits to start, and the store switches to the thread named here, if any.
    Wait(Option<ThreadId>),
    /// The thread was cancelled before it started.
    Cancelled,
}

impl<M: Machine> Store<'_, M> {
    /// `Task.needs_exclusive`. The text does not ask this of a task that is synchronously typed; such a task does not need to be
    /// exclusive.
    pub fn needs_exclusive(&self, task: TaskId) -> bool {
        let Task { ft, opts, .. } = &self.tasks[task.0];
        ft.async_ && (!opts.async_ || opts.callback.is_some())
    }

    /// `has_backpressure`, of `Task.enter_implicit_thread`.
    pub fn has_backpressure(&self, task: TaskId) -> bool {
        let inst = &self.instances[self.tasks[task.0].inst.0];
        inst.backpressure > 0 || (M::needs_exclusive(self, task) && inst.exclusive_thread.is_some())
    }

    /// The conditions under which `Task.enter_implicit_thread` waits.
    pub fn waits_to_enter(&self, task: TaskId) -> bool {
        let Task { ft, inst, .. } = &self.tasks[task.0];
        let waiting = self.instances[inst.0].num_waiting_to_enter > 0;
        ft.async_ && (M::has_backpressure(self, task) || waiting)
    }

    /// `Task.enter_implicit_thread`, up to its wait.
    pub(crate) fn enter_implicit_thread(&mut self, thread: ThreadId) -> Result<Entered, Stop> {
        let task_id = self.threads[thread.0].task;
        let task = self.task(task_id);
        debug_assert_eq!(task.state, TaskState::Initial);
        task.implicit_thread = Some(thread);
        let inst = task.inst;
        if M::waits_to_enter(self, task_id) {
            self.inst(inst).num_waiting_to_enter += 1;
            let ready_func = ReadyFunc::NoBackpressure(task_id);
            return match M::wait_until(self, thread, ready_func, true) {
                Flow::Go(cancelled) => self.entered(thread, cancelled),
                Flow::Block(switch_to) => Ok(Entered::Wait(switch_to)),
            };
        }
        self.enter(thread)
    }

    /// `Task.enter_implicit_thread`, after its wait.
    pub(crate) fn entered(
        &mut self,
        thread: ThreadId,
        cancelled: Cancelled,
    ) -> Result<Entered, Stop> {
        let inst = self.inst_of(thread);
        self.inst(inst).num_waiting_to_enter -= 1;
        if cancelled {
            let task = self.threads[thread.0].task;
            self.cancel(task)?;
            return Ok(Entered::Cancelled);
        }
        self.enter(thread)
    }

    /// The end of `Task.enter_implicit_thread`.
    fn enter(&mut self, thread: ThreadId) -> Result<Entered, Stop> {
        if M::needs_exclusive(self, self.threads[thread.0].task) {
            self.become_exclusive(thread);
        }
        self.register_thread(thread)?;
        Ok(Entered::Go)
    }

    /// `inst.exclusive_thread = task.implicit_thread`, of a task with this implicit thread.
    pub fn become_exclusive(&mut self, thread: ThreadId) {
        let inst = self.inst_of(thread);
        debug_assert!(!M::ASSERTS || self.inst(inst).exclusive_thread.is_none());
        self.inst(inst).exclusive_thread = Some(thread);
    }

    /// `inst.exclusive_thread = None`.
    pub fn release_exclusive(&mut self, inst: InstanceId) {
        self.inst(inst).exclusive_thread = None;
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
    ///
    /// # Errors
    ///
    /// The trap of [`Store::unregister_thread`].
    pub fn exit_implicit_thread(&mut self, thread: ThreadId) -> Result<(), Stop> {
        M::unregister_thread(self, thread)?;
        let Task { inst, .. } = *self.task_of(thread);
        if M::needs_exclusive(self, self.threads[thread.0].task) {
            debug_assert_eq!(self.inst(inst).exclusive_thread, Some(thread));
            self.release_exclusive(inst);
        }
        Ok(())
    }

    /// `Task.unregister_thread`.
    ///
    /// # Errors
    ///
    /// A trap, if it is the last thread of a task that has not returned.
    pub fn unregister_thread(&mut self, thread: ThreadId) -> Result<(), Stop> {
        self.leave_task(thread)?;
        let index = self.thread(thread).index.take();
        let index = index.expect("a thread that ends was registered");
        let inst = self.inst_of(thread);
        self.remove_thread(inst, index);
        Ok(())
    }

    /// The beginning of `Task.unregister_thread`: the thread leaves its task, not its instance.
    ///
    /// # Errors
    ///
    /// A trap, if it is the last thread of a task that has not returned.
    pub fn leave_task(&mut self, thread: ThreadId) -> Result<(), Stop> {
        let task = self.task_of(thread);
        task.threads.retain(|&other| other != thread);
        if task.threads.is_empty() {
            if task.state != TaskState::Resolved {
                return Err(TrapIf::EndsUnresolved.into());
            }
            debug_assert_eq!(task.num_borrows, 0);
        }
        Ok(())
    }

    /// `inst.threads.remove(index)`.
    pub fn remove_thread(&mut self, inst: InstanceId, index: u32) {
        self.inst(inst).threads.remove(index);
    }

    /// `Task.request_cancellation`.
    ///
    /// # Errors
    ///
    /// Fails with the [`Stop`] that keeps the store from going on, for example a trap.
    pub fn request_cancellation(
        &mut self,
        task_id: TaskId,
        caller: Option<InstanceId>,
    ) -> Result<(), Stop> {
        let task = self.task(task_id);
        let inst = task.inst;
        if task.state == TaskState::Initial {
            task.state = TaskState::CancelDelivered;
            let thread = task.implicit_thread;
            let thread = thread.expect("a task that waits to start has a thread");
            return self.resume(thread, true);
        }
        debug_assert!(!M::ASSERTS || task.state == TaskState::Started);
        let candidates = M::cancellation_candidates(self, task_id);
        if candidates.is_empty() || !self.may_enter_from(inst, caller) {
            self.pend_cancellation(task_id);
            return Ok(());
        }
        self.task(task_id).state = TaskState::CancelDelivered;
        let thread = self.choose_thread(Choice::Cancel, &candidates);
        M::resume_cancelled(self, thread, caller)
    }

    /// `self.state = PENDING_CANCEL`, of `Task.request_cancellation`.
    pub fn pend_cancellation(&mut self, task: TaskId) {
        self.task(task).state = TaskState::PendingCancel;
    }

    /// The `candidates` of `Task.request_cancellation`.
    pub fn cancellation_candidates(&self, task_id: TaskId) -> Vec<ThreadId> {
        let task = &self.tasks[task_id.0];
        let discarded = self.cannot_be_told(task_id);
        let threads = task.threads.iter().copied();
        threads
            .filter(|thread| self.threads[thread.0].cancellable && discarded != Some(*thread))
            .collect()
    }

    /// The implicit thread of a task, where `Task.request_cancellation` discards it: it needs to be exclusive, and another one is.
    pub fn cannot_be_told(&self, task_id: TaskId) -> Option<ThreadId> {
        let task = &self.tasks[task_id.0];
        let exclusive = self.instances[task.inst.0].exclusive_thread;
        let other = exclusive.is_some() && exclusive != task.implicit_thread;
        task.implicit_thread
            .filter(|_| other && self.needs_exclusive(task_id))
    }

    /// `inst.enter_from(caller)`, `resume(TRUE)` and `inst.leave_to(caller)`, of `Task.request_cancellation`.
    ///
    /// # Errors
    ///
    /// Fails with the [`Stop`] that keeps the store from going on, for example a trap.
    pub fn resume_cancelled(
        &mut self,
        thread: ThreadId,
        caller: Option<InstanceId>,
    ) -> Result<(), Stop> {
        let inst = self.inst_of(thread);
        self.enter_from(inst, caller);
        self.resume(thread, true)?;
        M::leave_to(self, inst, caller);
        Ok(())
    }

    /// `Task.deliver_pending_cancel`.
    pub fn deliver_pending_cancel(&mut self, thread: ThreadId, cancellable: bool) -> bool {
        let task = self.task_of(thread);
        let delivers = cancellable && task.state == TaskState::PendingCancel;
        if delivers {
            task.state = TaskState::CancelDelivered;
        }
        delivers
    }

    /// `Task.return_`.
    pub(crate) fn return_(&mut self, task_id: TaskId, result: Option<Value>) -> Result<(), Stop> {
        self.may_resolve(task_id)?;
        M::resolve(self, task_id, Some(result))
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
            return Err(TrapIf::ReturnsTwice.into());
        }
        if task.num_borrows > 0 {
            return Err(TrapIf::BorrowsRemain.into());
        }
        Ok(())
    }

    /// `Task.cancel`, once its conditions are checked (`canon_task_cancel`; a task that has not started has none).
    pub(crate) fn cancel(&mut self, task_id: TaskId) -> Result<(), Stop> {
        M::resolve(self, task_id, None)
    }

    /// The last two lines of `Task.return_` and of `Task.cancel`.
    ///
    /// # Errors
    ///
    /// Fails with the [`Stop`] that keeps the store from going on, for example a trap.
    pub fn resolve(&mut self, task: TaskId, result: Option<Option<Value>>) -> Result<(), Stop> {
        match &mut self.task(task).caller {
            Caller::Host { result: to, .. } => *to = Some(result),
            &mut Caller::Subtask(subtask) => M::on_resolve(self, subtask, result)?,
            Caller::Core { .. } => {}
        }
        self.task(task).state = TaskState::Resolved;
        Ok(())
    }

    /// `current_task()`.
    pub fn current_task(&self, thread: ThreadId) -> TaskId {
        self.threads[thread.0].task
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
        M::call_func(self, func, None, Caller::Host { args, result: None })?;
        while M::returned(self, task).is_none() && self.tick()? {}
        Ok(M::returned(self, task))
    }

    /// The result of a task that the host has called, once it has returned.
    pub fn returned(&self, task: TaskId) -> Option<Option<Value>> {
        match &self.tasks.get(task.0)?.caller {
            Caller::Host { result, .. } => result.clone().flatten(),
            Caller::Subtask(_) | Caller::Core { .. } => None,
        }
    }
}
