//! Ways in which an engine is known to leave the specification, so that a known divergence can be told from a new one.
//!
//! This is *not* the reference: no deviation is on when a case is judged. Only once no schedule of the reference allows
//! what the native engine did, the comparison asks again with the deviations of that engine on ([`crate::known`]). What
//! agrees then is that known divergence and nothing beside it; what does not is new.

use super::state::{Caller, Continuation, Task, TaskId, TaskState, ThreadId};
use super::store::{Stop, Store};
use super::threads::Flow;
use crate::Trap;

/// A way to leave the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deviation {
    /// A synchronously typed task that suspends before it has returned traps at once, whether another thread is ready or
    /// not; and where it is left without a ready thread after a switch, that is a deadlock and no trap.
    SyncTypedSuspends,
    /// `thread.*-then-promote` asks whether the other thread is suspended, not whether it is ready: it resumes one that
    /// is suspended, and traps on one that is running, that waits between callbacks, or that was made ready by `resume-later`.
    PromotesSuspended,
    /// `task.return` does its work in a task that is not lifted `async`, and so the task returns twice.
    ReturnsFromSyncLift,
    /// Every task waits for the exclusive thread before it starts, also one that does not need it: one that is lifted
    /// `async` without a callback, or that is synchronously typed.
    AlwaysWaitsForExclusive,
    /// `thread.yield` in a synchronously typed task that has not returned, with another thread ready, fails an assertion of
    /// the engine: a trap `cannot-block` stands for it. Only where the engine failed that assertion.
    SyncTypedYieldAsserts,
}

impl Deviation {
    /// Every one that an engine without debug assertions has.
    pub const ALL: &'static [Deviation] = &[
        Deviation::SyncTypedSuspends,
        Deviation::PromotesSuspended,
        Deviation::ReturnsFromSyncLift,
        Deviation::AlwaysWaitsForExclusive,
    ];
    /// Every one.
    pub const ALL_AND_ASSERTIONS: &'static [Deviation] = &[
        Deviation::SyncTypedSuspends,
        Deviation::PromotesSuspended,
        Deviation::ReturnsFromSyncLift,
        Deviation::AlwaysWaitsForExclusive,
        Deviation::SyncTypedYieldAsserts,
    ];
}

/// What a deviation does instead of what the specification says; `None`: nothing else.
pub(crate) type Instead = Option<Result<Flow, Stop>>;

impl Store<'_> {
    /// Whether the store leaves the specification in this way; if so, that it did is written down.
    fn deviates(&mut self, deviation: Deviation) -> bool {
        let on = self.deviations.contains(&deviation);
        if on {
            self.coverage.deviated.insert(deviation);
        }
        on
    }

    /// Before `Thread.suspend`.
    pub(crate) fn instead_of_suspending(&mut self, thread: ThreadId) -> Instead {
        let returned_early = self.returned_early == Some(thread);
        let task = self.thread(thread).task;
        let task = self.task(task);
        let blocks = !task.ft.async_ && (task.state != TaskState::Resolved || returned_early);
        (blocks && self.deviates(Deviation::SyncTypedSuspends))
            .then_some(Err(Trap::CannotBlock.into()))
    }

    /// Before `Thread.yield_` in `canon_thread_yield`.
    pub(crate) fn instead_of_yielding(&mut self, thread: ThreadId) -> Instead {
        let task = self.thread(thread).task;
        let task = self.task(task);
        let asserts = !task.ft.async_ && task.state != TaskState::Resolved;
        let asserts = asserts && !self.ready_threads(|_| true).is_empty();
        (asserts && self.deviates(Deviation::SyncTypedYieldAsserts))
            .then_some(Err(Trap::CannotBlock.into()))
    }

    /// Where a synchronously typed task has blocked and nothing is ready: whether that is left to the host's loop.
    pub(crate) fn leaves_blocked_task(&mut self, task: TaskId) -> bool {
        let waits_to_start = self.task(task).state == TaskState::Initial;
        self.deviates(if waits_to_start {
            Deviation::AlwaysWaitsForExclusive
        } else {
            Deviation::SyncTypedSuspends
        })
    }

    /// Whether a task that does not need the exclusive thread waits for it all the same.
    pub(crate) fn waits_for_exclusive(&mut self, thread: ThreadId) -> bool {
        let inst = self.inst_of(thread);
        // A `realloc` or a destructor is no task to that engine.
        let called = !matches!(self.task_of(thread).caller, Caller::Core { .. });
        called
            && self.inst(inst).exclusive_thread.is_some()
            && self.deviates(Deviation::AlwaysWaitsForExclusive)
    }

    /// Whether `task.return` goes on in a task that is not lifted `async`.
    pub(crate) fn instead_of_refusing(&mut self, thread: ThreadId) -> bool {
        let task = self.thread(thread).task;
        let Task {
            state,
            ft,
            inst,
            implicit_thread,
            ..
        } = self.task(task);
        let inst = *inst;
        let (sync_typed, implicit_thread) = (!ft.async_, *implicit_thread);
        let resolved = *state == TaskState::Resolved;
        // Where it has returned already, it fails in the same way, and that is all that it does.
        let goes_on = self.deviates(Deviation::ReturnsFromSyncLift) && !resolved;
        if goes_on && sync_typed {
            // Its implicit thread can outlive its return now, and keeps others from starting until it ends.
            self.inst(inst).exclusive_thread = implicit_thread;
            // And the thread that returned for it still may not suspend, until it is switched away from and back or calls
            // the host.
            self.returned_early = Some(thread);
        }
        goes_on
    }

    /// Before `Thread.suspend_then_promote` (or, with `yields`, `Thread.yield_then_promote`).
    pub(crate) fn instead_of_promoting(
        &mut self,
        thread: ThreadId,
        cancellable: bool,
        other: ThreadId,
        yields: bool,
    ) -> Instead {
        let target = &self.threads[other.0];
        if target.suspended() {
            return self.deviates(Deviation::PromotesSuspended).then(|| {
                Ok(if yields {
                    self.yield_then_resume(thread, cancellable, other)
                } else {
                    self.suspend_then_resume(thread, cancellable, other)
                })
            });
        }
        let in_built_in = matches!(target.cont, Some(Continuation::Core { .. }));
        let yielded = in_built_in && self.ready(other) && !target.resumed_later;
        if yielded || !self.deviates(Deviation::PromotesSuspended) {
            return None;
        }
        Some(Err(Trap::ThreadNotSuspended.into()))
    }
}
