//! `class Thread` (CanonicalABI.md, "Threads").
//!
//! The methods are the store's here, since they change its list of waiting threads and ask its scheduler.

use super::edition::Change;
use super::limits;
use super::machine::Machine;
use super::state::{Cancelled, Continuation, ReadyFunc, TaskId, TaskState, Thread, ThreadId};
use super::store::{Stop, Store};
use crate::schedules::{Choice, Label, NOBODY, splitmix64};
use spawndiff_observation::Exhaustion;

impl<M: Machine> Store<'_, M> {
    /// `Thread.__init__`. `parent`: the thread that starts it; `None`: it is the implicit thread of its task.
    pub(crate) fn new_thread(
        &mut self,
        task: TaskId,
        cont: Continuation,
        parent: Option<ThreadId>,
    ) -> Result<ThreadId, Stop> {
        let label = match parent {
            Some(parent) => {
                let label = self.thread(parent).label;
                self.thread(parent).label = step(label, Step::Starts);
                step(label, Step::Child)
            }
            None => step(task.0 as Label, Step::Child),
        };
        let thread = Thread::new(task, cont, label);
        if self.waiting.len() >= limits::WAITING {
            return Err(Stop::Exhausted(Exhaustion::Memory));
        }
        limits::add(&mut self.threads, thread).map(ThreadId)
    }

    /// `Thread.ready`.
    pub fn ready(&self, thread: ThreadId) -> bool {
        let ready_func = self.threads[thread.0].ready_func;
        self.threads[thread.0].waiting()
            && (ready_func.is_some_and(|ready_func| self.holds(ready_func))
                || self.may_be_told(thread))
    }

    /// 707: `cancellable() and self.task.has_pending_cancel()`, of a thread that waits for its callback. What makes it cancellable
    /// is that no thread of its instance is exclusive.
    fn may_be_told(&self, thread: ThreadId) -> bool {
        let pending =
            || self.get_task(self.get_thread(thread).task).state == TaskState::PendingCancel;
        self.edition.has(Change::DeliversWhenFree)
            && self.is_between_callbacks(thread)
            && self.holds(ReadyFunc::NotExclusive(self.inst_of(thread)))
            && pending()
    }

    /// At the end of a wait for the callback: whether the thread was cancelled. In the text of 707, a cancellation that is pending is
    /// delivered then, too.
    pub(crate) fn deliver_after_wait(
        &mut self,
        thread: ThreadId,
        cancelled: Cancelled,
    ) -> Cancelled {
        cancelled
            || self.edition.has(Change::DeliversWhenFree)
                && M::deliver_pending_cancel(self, thread, true)
                && self.changed(Change::DeliversWhenFree)
    }

    /// `Thread.start_waiting_internal`.
    pub fn start_waiting_internal(&mut self, thread: ThreadId, ready_func: ReadyFunc) {
        debug_assert!(self.threads[thread.0].ready_func.is_none());
        self.thread(thread).ready_func = Some(ready_func);
        self.waiting.push(thread);
    }

    /// `Thread.stop_waiting_internal`.
    pub fn stop_waiting_internal(&mut self, thread: ThreadId, cancelled: Cancelled) {
        debug_assert!(cancelled || M::ready(self, thread));
        self.thread(thread).ready_func = None;
        self.waiting.retain(|&waiting| waiting != thread);
    }

    /// `Thread.resume_later`.
    pub fn resume_later(&mut self, thread: ThreadId) {
        debug_assert!(self.threads[thread.0].suspended());
        self.start_waiting_internal(thread, ReadyFunc::Always);
    }

    /// `Thread.resume`: runs the thread, and each thread that is switched to, until one blocks or ends.
    ///
    /// # Errors
    ///
    /// Fails with the [`Stop`] that keeps the store from going on, for example a trap.
    pub fn resume(&mut self, thread: ThreadId, cancelled: Cancelled) -> Result<(), Stop> {
        debug_assert!(!cancelled || self.threads[thread.0].cancellable);
        self.nest()?;
        if self.threads[thread.0].waiting() {
            self.stop_waiting_internal(thread, cancelled);
        }
        let mut cancelled = cancelled;
        let mut next = Some(thread);
        while let Some(thread) = next {
            next = M::resume_cont(self, thread, cancelled)?;
            cancelled = false;
        }
        self.unnest();
        Ok(())
    }

    /// `resume` of "Stack Switching", and one turn of the loop in `Thread.resume`.
    ///
    /// # Errors
    ///
    /// Fails with the [`Stop`] that keeps the store from going on, for example a trap.
    pub fn resume_cont(
        &mut self,
        thread: ThreadId,
        cancelled: Cancelled,
    ) -> Result<Option<ThreadId>, Stop> {
        let cont = self.thread(thread).cont.take();
        let cont = cont.expect("a thread that is resumed is not running");
        self.goes_on(thread);
        self.thread_func(thread, cont, cancelled)
    }

    /// `Thread.block_internal`.
    pub fn block_internal<T>(&mut self, thread: ThreadId, cancellable: bool) -> Flow<T> {
        self.thread(thread).cancellable = cancellable;
        Flow::Block(None)
    }

    /// `Thread.switch_to_internal`.
    pub fn switch_to_internal(
        &mut self,
        thread: ThreadId,
        cancellable: bool,
        other: ThreadId,
    ) -> Flow {
        self.thread(thread).cancellable = cancellable;
        Flow::Block(Some(other))
    }

    /// A thread is at another place of its program from here on.
    fn goes_on(&mut self, thread: ThreadId) {
        let thread = self.thread(thread);
        thread.label = step(thread.label, Step::GoesOn);
    }

    /// `Thread.suspend`. What is returned is the thread to switch to.
    pub fn suspend(&mut self, thread: ThreadId, cancellable: bool) -> Flow {
        debug_assert!(self.threads[thread.0].running());
        if M::deliver_pending_cancel(self, thread, cancellable) {
            return Flow::Go(true);
        }
        self.block_internal(thread, cancellable)
    }

    /// `Thread.wait_until`.
    pub fn wait_until(
        &mut self,
        thread: ThreadId,
        ready_func: ReadyFunc,
        cancellable: bool,
    ) -> Flow {
        debug_assert!(self.threads[thread.0].running());
        if M::deliver_pending_cancel(self, thread, cancellable) {
            return Flow::Go(true);
        }
        if self.holds(ready_func) {
            // With no other thread ready, and no one else that runs meanwhile, the one that yields is the one that is
            // resumed: both answers are the same.
            let alone =
                self.sync_typed == 0 && !self.nested() && self.ready_threads(|_| true).is_empty();
            let label = self.threads[thread.0].label;
            if !alone && self.choose(Choice::Yield, &[NOBODY, label]) == 1 {
                self.goes_on(thread);
                return Flow::Go(false);
            }
        }
        self.start_waiting_internal(thread, ready_func);
        self.block_internal(thread, cancellable)
    }

    /// `Thread.yield_`.
    pub fn yield_(&mut self, thread: ThreadId, cancellable: bool) -> Flow {
        M::wait_until(self, thread, ReadyFunc::Always, cancellable)
    }

    /// `Thread.suspend_then_resume`.
    pub fn suspend_then_resume(
        &mut self,
        thread: ThreadId,
        cancellable: bool,
        other: ThreadId,
    ) -> Flow {
        debug_assert!(self.threads[thread.0].running() && self.threads[other.0].suspended());
        if M::deliver_pending_cancel(self, thread, cancellable) {
            return Flow::Go(true);
        }
        self.switch_to_internal(thread, cancellable, other)
    }

    /// `Thread.yield_then_resume`.
    pub fn yield_then_resume(
        &mut self,
        thread: ThreadId,
        cancellable: bool,
        other: ThreadId,
    ) -> Flow {
        debug_assert!(self.threads[thread.0].running() && self.threads[other.0].suspended());
        if M::deliver_pending_cancel(self, thread, cancellable) {
            return Flow::Go(true);
        }
        self.start_waiting_internal(thread, ReadyFunc::Always);
        self.switch_to_internal(thread, cancellable, other)
    }

    /// `Thread.suspend_then_promote`.
    pub fn suspend_then_promote(
        &mut self,
        thread: ThreadId,
        cancellable: bool,
        other: ThreadId,
    ) -> Flow {
        if M::deliver_pending_cancel(self, thread, cancellable) {
            return Flow::Go(true);
        }
        if M::ready(self, other) {
            self.stop_waiting_internal(other, false);
            self.suspend_then_resume(thread, cancellable, other)
        } else {
            self.suspend(thread, cancellable)
        }
    }

    /// `Thread.yield_then_promote`.
    pub fn yield_then_promote(
        &mut self,
        thread: ThreadId,
        cancellable: bool,
        other: ThreadId,
    ) -> Flow {
        if M::deliver_pending_cancel(self, thread, cancellable) {
            return Flow::Go(true);
        }
        if M::ready(self, other) {
            self.stop_waiting_internal(other, false);
            self.yield_then_resume(thread, cancellable, other)
        } else {
            self.yield_(thread, cancellable)
        }
    }
}

/// A step that changes a thread's label.
#[derive(Clone, Copy)]
enum Step {
    Child,
    Starts,
    GoesOn,
}

/// The label after a step.
fn step(label: Label, step: Step) -> Label {
    splitmix64(label.wrapping_add(step as u64))
}

/// Whether a thread goes on after an operation that may block, and with what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow<T = Cancelled> {
    /// The thread goes on at once, with this value: whether it was cancelled, unless the operation gives something else.
    Go(T),
    /// The thread blocks, and the store switches to the thread named here, if any.
    Block(Option<ThreadId>),
}
