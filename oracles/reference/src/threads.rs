//! `class Thread` (CanonicalABI.md, "Threads").
//!
//! The methods are the store's here, since they change its list of waiting threads and ask its scheduler.

use super::fault::Fault;
use super::limits;
use super::state::{Cancelled, Continuation, ReadyFunc, TaskId, Thread, ThreadId};
use super::store::{Stop, Store};
use crate::schedules::{Choice, Label, NOBODY, splitmix64};
use spawndiff_observation::Exhaustion;

impl Store<'_> {
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
        let mut thread = Thread::new(task, cont, label);
        if let (None, Some(last)) = (parent, self.threads.last())
            && self.planted(Fault::InheritsContext)
        {
            thread.storage = last.storage;
        }
        if self.waiting.len() >= limits::WAITING {
            return Err(Stop::Exhausted(Exhaustion::Memory));
        }
        limits::add(&mut self.threads, thread).map(ThreadId)
    }

    /// `Thread.ready`.
    pub(crate) fn ready(&self, thread: ThreadId) -> bool {
        let thread = &self.threads[thread.0];
        thread.waiting()
            && thread
                .ready_func
                .is_some_and(|ready_func| self.holds(ready_func))
    }

    /// `Thread.start_waiting_internal`.
    pub(crate) fn start_waiting_internal(&mut self, thread: ThreadId, ready_func: ReadyFunc) {
        debug_assert!(self.threads[thread.0].ready_func.is_none());
        self.thread(thread).ready_func = Some(ready_func);
        self.waiting.push(thread);
    }

    /// `Thread.stop_waiting_internal`.
    fn stop_waiting_internal(&mut self, thread: ThreadId, cancelled: Cancelled) {
        debug_assert!(cancelled || self.ready(thread));
        self.thread(thread).ready_func = None;
        self.thread(thread).resumed_later = false;
        self.thread(thread).queued = false;
        self.waiting.retain(|&waiting| waiting != thread);
    }

    /// `Thread.resume_later`.
    pub(crate) fn resume_later(&mut self, thread: ThreadId) {
        debug_assert!(self.threads[thread.0].suspended());
        self.thread(thread).resumed_later = true;
        self.start_waiting_internal(thread, ReadyFunc::Always);
    }

    /// `Thread.resume`: runs the thread, and each thread that is switched to, until one blocks or ends.
    pub(crate) fn resume(&mut self, thread: ThreadId, cancelled: Cancelled) -> Result<(), Stop> {
        debug_assert!(!cancelled || self.threads[thread.0].cancellable);
        self.nest()?;
        if self.threads[thread.0].waiting() {
            self.stop_waiting_internal(thread, cancelled);
        }
        let mut cancelled = cancelled;
        let mut next = Some(thread);
        while let Some(thread) = next {
            let cont = self.thread(thread).cont.take();
            let cont = cont.expect("a thread that is resumed is not running");
            self.returned_early = None;
            self.held_by = None;
            self.goes_on(thread);
            cancelled |= self.tells_late(thread, &cont);
            next = self.thread_func(thread, cont, cancelled)?;
            cancelled = false;
            if let Some(other) = next
                && self.instead_of_switching(self.threads[thread.0].task)
            {
                self.switches_in_turn(other);
                next = None;
            }
        }
        self.unnest();
        Ok(())
    }

    /// A thread is at another place of its program from here on.
    fn goes_on(&mut self, thread: ThreadId) {
        let thread = self.thread(thread);
        thread.label = step(thread.label, Step::GoesOn);
    }

    /// `Thread.suspend`. What is returned is the thread to switch to.
    pub(crate) fn suspend(&mut self, thread: ThreadId, cancellable: bool) -> Flow {
        debug_assert!(self.threads[thread.0].running());
        if self.deliver_pending_cancel(thread, cancellable) {
            return Flow::Go(true);
        }
        self.thread(thread).cancellable = cancellable;
        Flow::Block(None)
    }

    /// `Thread.wait_until`.
    pub(crate) fn wait_until(
        &mut self,
        thread: ThreadId,
        ready_func: ReadyFunc,
        cancellable: bool,
    ) -> Flow {
        debug_assert!(self.threads[thread.0].running());
        if self.deliver_pending_cancel(thread, cancellable) {
            let yields = ready_func == ReadyFunc::Always;
            return Flow::Go(!yields || !self.planted(Fault::YieldSwallowsCancellation));
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
        self.thread(thread).cancellable = cancellable;
        Flow::Block(None)
    }

    /// `Thread.yield_`.
    pub(crate) fn yield_(&mut self, thread: ThreadId, cancellable: bool) -> Flow {
        self.wait_until(thread, ReadyFunc::Always, cancellable)
    }

    /// A wait, or a yield, that blocks for certain and cannot be cancelled. Only deviations ask.
    pub(crate) fn waits(&mut self, thread: ThreadId, ready_func: ReadyFunc) {
        self.start_waiting_internal(thread, ready_func);
        self.thread(thread).cancellable = false;
    }

    /// `Thread.suspend_then_resume`.
    pub(crate) fn suspend_then_resume(
        &mut self,
        thread: ThreadId,
        cancellable: bool,
        other: ThreadId,
    ) -> Flow {
        debug_assert!(self.threads[thread.0].running() && self.threads[other.0].suspended());
        if self.deliver_pending_cancel(thread, cancellable) {
            return Flow::Go(true);
        }
        self.thread(thread).cancellable = cancellable;
        Flow::Block(Some(other))
    }

    /// `Thread.yield_then_resume`.
    pub(crate) fn yield_then_resume(
        &mut self,
        thread: ThreadId,
        cancellable: bool,
        other: ThreadId,
    ) -> Flow {
        debug_assert!(self.threads[thread.0].running() && self.threads[other.0].suspended());
        if self.deliver_pending_cancel(thread, cancellable) {
            return Flow::Go(true);
        }
        self.start_waiting_internal(thread, ReadyFunc::Always);
        self.thread(thread).cancellable = cancellable;
        Flow::Block(Some(other))
    }

    /// `Thread.suspend_then_promote`.
    pub(crate) fn suspend_then_promote(
        &mut self,
        thread: ThreadId,
        cancellable: bool,
        other: ThreadId,
    ) -> Flow {
        if self.deliver_pending_cancel(thread, cancellable) {
            return Flow::Go(true);
        }
        if self.ready(other) {
            self.stop_waiting_internal(other, false);
            self.suspend_then_resume(thread, cancellable, other)
        } else {
            self.suspend(thread, cancellable)
        }
    }

    /// `Thread.yield_then_promote`.
    pub(crate) fn yield_then_promote(
        &mut self,
        thread: ThreadId,
        cancellable: bool,
        other: ThreadId,
    ) -> Flow {
        if self.deliver_pending_cancel(thread, cancellable) {
            return Flow::Go(true);
        }
        if self.ready(other) {
            self.stop_waiting_internal(other, false);
            self.yield_then_resume(thread, cancellable, other)
        } else {
            self.yield_(thread, cancellable)
        }
    }
}

/// What changes a thread's label.
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
pub(crate) enum Flow<T = Cancelled> {
    /// It goes on at once; if nothing else, cancelled or not.
    Go(T),
    /// It blocks, and the thread named here, if any, is switched to.
    Block(Option<ThreadId>),
}
