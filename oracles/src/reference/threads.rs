//! The methods of `Thread`, and those of `Task` that keep account of its threads.
//!
//! They are methods of the store here, since they change the store's list of waiting threads and ask its scheduler.

use super::coverage::Builtin;
use super::state::{Continuation, ReadyFunc, TaskId, TaskState, Thread, ThreadId};
use super::store::{Stop, Store};
use crate::schedules::{Choice, Label, NOBODY};
use crate::{Exhaustion, Trap};
use spawndiff_corpus::Value;

impl Store<'_> {
    /// `Thread.__init__`. `parent`: the thread that starts it; `None`: it is the implicit thread of its task.
    pub(crate) fn new_thread(
        &mut self,
        task: TaskId,
        cont: Continuation,
        parent: Option<ThreadId>,
    ) -> ThreadId {
        let label = match parent {
            Some(parent) => {
                let label = self.thread(parent).label;
                self.thread(parent).label = step(label, Step::Starts);
                step(label, Step::Child)
            }
            None => step(task.0 as Label, Step::Child),
        };
        self.threads.push(Thread::new(task, cont, label));
        ThreadId(self.threads.len() - 1)
    }

    /// `Thread.ready`.
    pub(crate) fn ready(&self, thread: ThreadId) -> bool {
        let thread = &self.threads[thread.0];
        thread.waiting()
            && thread
                .ready_func
                .is_some_and(|ready_func| self.holds(ready_func))
    }

    /// Whether a condition holds now.
    fn holds(&self, ready_func: ReadyFunc) -> bool {
        match ready_func {
            ReadyFunc::Always => true,
            ReadyFunc::NoBackpressure { needs_exclusive } => {
                !self.has_backpressure(needs_exclusive)
            }
            ReadyFunc::NotExclusive => self.inst.exclusive_thread.is_none(),
        }
    }

    /// `has_backpressure`, of `Task.enter_implicit_thread`.
    pub(crate) fn has_backpressure(&self, needs_exclusive: bool) -> bool {
        self.inst.backpressure > 0 || (needs_exclusive && self.inst.exclusive_thread.is_some())
    }

    /// `Thread.start_waiting_internal`.
    fn start_waiting_internal(&mut self, thread: ThreadId, ready_func: ReadyFunc) {
        debug_assert!(self.threads[thread.0].ready_func.is_none());
        self.thread(thread).ready_func = Some(ready_func);
        self.waiting.push(thread);
    }

    /// `Thread.stop_waiting_internal`.
    fn stop_waiting_internal(&mut self, thread: ThreadId) {
        debug_assert!(self.ready(thread));
        self.thread(thread).ready_func = None;
        self.thread(thread).resumed_later = false;
        self.waiting.retain(|&waiting| waiting != thread);
    }

    /// `Thread.resume_later`.
    pub(crate) fn resume_later(&mut self, thread: ThreadId) {
        debug_assert!(self.threads[thread.0].suspended());
        self.thread(thread).resumed_later = true;
        self.start_waiting_internal(thread, ReadyFunc::Always);
    }

    /// `Thread.resume`: runs the thread, and each thread that is switched to, until one blocks or ends.
    pub(crate) fn resume(&mut self, thread: ThreadId) -> Result<(), Stop> {
        if self.threads[thread.0].waiting() {
            self.stop_waiting_internal(thread);
        }
        let mut next = Some(thread);
        while let Some(thread) = next {
            let cont = self
                .thread(thread)
                .cont
                .take()
                .expect("it is not running yet");
            self.returned_early = None;
            self.goes_on(thread);
            next = self.thread_func(thread, cont)?;
        }
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
        if self.holds(ready_func) {
            // With no other thread ready, and no synchronously typed task to trap because of it, the one that yields is
            // the one that is resumed: both answers are the same.
            let alone = self.sync_typed == 0 && self.ready_threads(|_| true).is_empty();
            let label = self.threads[thread.0].label;
            if !alone && self.choose(Choice::Yield, &[NOBODY, label]) == 1 {
                self.goes_on(thread);
                return Flow::Go;
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

    /// `Thread.suspend_then_resume`.
    pub(crate) fn suspend_then_resume(
        &mut self,
        thread: ThreadId,
        cancellable: bool,
        other: ThreadId,
    ) -> Flow {
        debug_assert!(self.threads[thread.0].running() && self.threads[other.0].suspended());
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
        if self.ready(other) {
            self.stop_waiting_internal(other);
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
        if self.ready(other) {
            self.stop_waiting_internal(other);
            self.yield_then_resume(thread, cancellable, other)
        } else {
            self.yield_(thread, cancellable)
        }
    }

    /// `Task.register_thread`.
    pub(crate) fn register_thread(&mut self, thread: ThreadId) -> Result<(), Stop> {
        let task = self.thread(thread).task;
        self.task(task).threads.push(thread);
        let index = self
            .inst
            .threads
            .add(thread)
            .ok_or(Stop::Exhausted(Exhaustion::Memory))?;
        self.thread(thread).index = Some(index);
        Ok(())
    }

    /// `Task.unregister_thread`.
    pub(crate) fn unregister_thread(&mut self, thread: ThreadId) -> Result<(), Stop> {
        let task_id = self.thread(thread).task;
        let task = self.task(task_id);
        task.threads.retain(|&other| other != thread);
        if task.threads.is_empty() && task.state != TaskState::Resolved {
            return Err(Stop::Trap(Builtin::Lift, Trap::NoTaskReturn));
        }
        let index = self.thread(thread).index.take().expect("it was registered");
        self.inst.threads.remove(index);
        Ok(())
    }

    /// `Task.return_`.
    pub(crate) fn return_(
        &mut self,
        task: TaskId,
        result: Option<Value>,
        by: Builtin,
    ) -> Result<(), Stop> {
        let task = self.task(task);
        if task.state == TaskState::Resolved {
            return Err(Stop::Trap(by, Trap::TaskReturnTwice));
        }
        task.result = Some(result);
        task.state = TaskState::Resolved;
        Ok(())
    }
}

/// What changes a thread's label.
#[derive(Clone, Copy)]
enum Step {
    Child,
    Starts,
    GoesOn,
}

/// The label after a step. (The finalizer of splitmix64.)
fn step(label: Label, step: Step) -> Label {
    let mut z = label.wrapping_add((step as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Whether a thread goes on after an operation that may block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// It goes on at once.
    Go,
    /// It blocks, and the thread named here, if any, is switched to.
    Block(Option<ThreadId>),
}
