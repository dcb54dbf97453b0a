//! Cancellation: who is told, when, and what the canceller does meanwhile.

use super::super::canon::Outcome;
use super::super::state::{Continuation, Handle, ReadyFunc, TaskId, TaskState, Then, ThreadId};
use super::super::store::{Stop, Store};
use super::super::tasks::Told;
use super::super::waitables::{BLOCKED, WaitableId, WaitableKind};
use super::Deviation;
use crate::schedules::{Choice, NOBODY};
use spawndiff_observation::Trap;

impl Store<'_> {
    /// After `Task.request_cancellation`: whether the thread that asked for it yields.
    pub(crate) fn instead_of_going_on(&mut self, told: Told) -> bool {
        match told {
            Told::Unstarted | Told::Nobody => false,
            Told::Thread => self.deviates(Deviation::CancelYields),
            Told::WhenFree => true,
        }
    }

    /// In `Task.request_cancellation`: whether a thread that could be resumed is not.
    pub(crate) fn misses(&mut self, thread: ThreadId) -> bool {
        let target = &self.threads[thread.0];
        match &target.cont {
            Some(Continuation::CallbackYield) => {
                self.deviates(Deviation::CancelMissesCallbackYield)
            }
            Some(Continuation::Core { .. })
                if target.suspended()
                    || target.resumed_later
                    || (target.queued && self.suspends(thread)) =>
            {
                self.deviates(Deviation::CancelMissesSuspended)
            }
            Some(_) | None => false,
        }
    }

    /// The thread that is not told now because it has been woken for its callback, if nobody else can be told.
    pub(crate) fn misses_woken(&mut self, candidates: &[ThreadId]) -> Option<ThreadId> {
        let &[thread] = candidates else {
            return None;
        };
        let waits = matches!(
            self.threads[thread.0].cont,
            Some(Continuation::CallbackWait(_))
        );
        (waits && self.ready(thread) && self.deviates(Deviation::CancelMissesWoken))
            .then_some(thread)
    }

    /// Where a thread is resumed after a wait that could be cancelled: whether it is told now of a cancellation that it
    /// missed.
    pub(crate) fn tells_late(&mut self, thread: ThreadId, cont: &Continuation) -> bool {
        if std::mem::take(&mut self.thread(thread).told) {
            self.thread(thread).told_alone = false;
            return self.deliver_pending_cancel(thread, true);
        }
        if !self.threads[thread.0].cancellable {
            return false;
        }
        let in_turn = self.deviations.contains(&Deviation::TellsInTurn);
        let late = match cont {
            Continuation::CallbackYield if in_turn => Deviation::TellsInTurn,
            Continuation::CallbackYield => Deviation::CancelMissesCallbackYield,
            Continuation::Core { .. } => Deviation::CancelMissesSuspended,
            Continuation::Implicit
            | Continuation::Entered
            | Continuation::Explicit { .. }
            | Continuation::CallbackWait(_) => return false,
        };
        if self.task_of(thread).told_late {
            return self.tells_after_return(thread);
        }
        self.task_of(thread).state == TaskState::PendingCancel
            && self.deviates(late)
            && self.deliver_pending_cancel(thread, true)
    }

    /// Where a callback has returned YIELD: whether it is told of a cancellation only at its next turn.
    pub(crate) fn instead_of_telling(&mut self, thread: ThreadId) -> bool {
        let task = self.task_of(thread);
        (task.state == TaskState::PendingCancel || task.told_late)
            && (self.deviates(Deviation::CancelMissesCallbackYield) || self.tells_in_turn(thread))
    }

    /// Whether a callback is told of a pending cancellation in its turn only. After a return, that it is told is a deviation of its
    /// own.
    fn tells_in_turn(&mut self, thread: ThreadId) -> bool {
        let returned = self.task_of(thread).told_late;
        self.deviations.contains(&Deviation::TellsInTurn)
            && (returned || self.deviates(Deviation::TellsInTurn))
    }

    /// In `Task.request_cancellation`, where a thread cannot be resumed because another one is exclusive: whether it is told as soon
    /// as that one no longer is, and the canceller waits for that.
    pub(crate) fn tells_when_free(&mut self, thread: ThreadId) -> bool {
        let target = &self.threads[thread.0];
        let waits =
            target.cancellable && matches!(target.cont, Some(Continuation::CallbackWait(_)));
        let canceller_waits = waits && self.deviates(Deviation::CancelWaitsForExclusive);
        if canceller_waits || waits && self.deviates(Deviation::TellsWhenFree) {
            self.tell_in_turn(thread, true);
            self.tells_alone(thread);
        }
        canceller_waits
    }

    /// Makes a thread ready to be told of the cancellation of its task, unless another one is told before.
    pub(crate) fn tell_in_turn(&mut self, thread: ThreadId, between_callbacks: bool) {
        let task = self.task_of(thread);
        if !task.told_late {
            task.state = TaskState::PendingCancel;
        }
        self.waiting.retain(|&waiting| waiting != thread);
        self.thread(thread).ready_func = None;
        self.waits_its_turn(thread);
        if between_callbacks {
            let inst = self.inst_of(thread);
            self.thread(thread).ready_func = Some(ReadyFunc::NotExclusive(inst));
        }
        self.thread(thread).told = true;
    }

    /// Where a thread that may wait for its callback is to be told in its turn: it no longer waits for its set.
    pub(crate) fn tells_alone(&mut self, thread: ThreadId) {
        self.thread(thread).told_alone = matches!(
            self.threads[thread.0].cont,
            Some(Continuation::CallbackWait(_))
        );
    }

    /// Where a callback has returned WAIT: whether it is told of a cancellation only in its turn.
    pub(crate) fn instead_of_waiting(&mut self, thread: ThreadId) -> bool {
        let task = self.task_of(thread);
        let pending = task.state == TaskState::PendingCancel || task.told_late;
        let in_turn = self.deviations.contains(&Deviation::TellsInTurn);
        let tells = pending
            && (self.queues_behind_others(self.threads[thread.0].task)
                || (in_turn
                    && self.choose(Choice::Deviation, &[NOBODY; 2]) == 1
                    && self.tells_in_turn(thread)));
        if tells {
            self.tell_in_turn(thread, true);
        }
        tells
    }

    /// Where a task that was asked to cancel returns instead.
    pub(crate) fn remembers_cancellation(&mut self, task: TaskId) {
        let on = self.deviations.contains(&Deviation::TellsAfterReturn);
        let task = self.task(task);
        task.told_late = on && task.state == TaskState::PendingCancel;
    }

    /// Whether a task that has returned is told of its cancellation now.
    pub(crate) fn tells_after_return(&mut self, thread: ThreadId) -> bool {
        std::mem::take(&mut self.task_of(thread).told_late)
            && self.deviates(Deviation::TellsAfterReturn)
    }

    /// Where `subtask.cancel` has yielded: its result, after what became of the subtask meanwhile.
    pub(crate) fn has_yielded(
        &mut self,
        thread: ThreadId,
        waitable: WaitableId,
        async_: bool,
    ) -> Result<Outcome, Stop> {
        let waitable = match self.has_handle(waitable) {
            true => waitable,
            false => match self.takes_what_is_there(waitable, async_)? {
                Some(other) => other,
                None => return Ok(Outcome::returns(BLOCKED)),
            },
        };
        if self.forgets(waitable) {
            return Err(Trap::SubtaskNotResolved.into());
        }
        if !self.resolved(waitable) {
            self.not_in_set(waitable, async_)?;
        } else if !self.has_pending_event(waitable) {
            return Err(Trap::SubtaskResolveDelivered.into());
        }
        self.cancel_requested(thread, waitable, async_)
    }

    /// Whether a waitable is a subtask that its instance's table still has.
    pub(super) fn has_handle(&self, waitable: WaitableId) -> bool {
        let WaitableKind::Subtask(subtask) = &self.waitables[waitable.0].kind else {
            return false;
        };
        let there = subtask
            .index
            .map(|i| self.instances[subtask.inst.0].handles.get(i));
        matches!(there, Some(Some(Handle::Waitable(there))) if there == waitable)
    }

    /// Where the subtask that a thread cancels was dropped while that thread had yielded ([`Deviation::CancelYields`]): the
    /// engine remembers a place in a table of its own, and not a subtask, and takes what is there now. That is a subtask that
    /// was made since (also one without a handle, which has not resolved: `None`), or nothing, which is an internal error or
    /// looks like a subtask whose return was delivered.
    fn takes_what_is_there(
        &mut self,
        dropped: WaitableId,
        async_: bool,
    ) -> Result<Option<WaitableId>, Stop> {
        let since = (dropped.0 + 1..self.waitables.len()).map(WaitableId);
        let others: Vec<WaitableId> = since
            .filter(|&other| self.has_handle(other) && !self.waitables[other.0].has_sync_waiter)
            .collect();
        let mut outcomes = vec![
            Err(Trap::SubtaskNotResolved),
            Err(Trap::SubtaskResolveDelivered),
        ];
        outcomes.push(match async_ {
            true => Ok(None),
            false => Err(Trap::WaitableInSet),
        });
        outcomes.extend(others.into_iter().map(|other| Ok(Some(other))));
        let chosen = self.choose(Choice::Deviation, &vec![NOBODY; outcomes.len()]);
        outcomes.swap_remove(chosen).map_err(Stop::from)
    }

    /// `subtask.cancel` of a subtask that the engine has forgotten ([`Deviation::ForgetsSubtasks`]): it takes what is there now,
    /// and that may be the task of the thread itself, which then waits for its own return.
    pub(crate) fn cancels_another(
        &mut self,
        thread: ThreadId,
        forgotten: WaitableId,
        async_: bool,
    ) -> Result<Outcome, Stop> {
        let task = self.threads[thread.0].task;
        let waits_for_itself = !async_
            && self.task(task).state != TaskState::Resolved
            && self.choose(Choice::Deviation, &[NOBODY; 2]) == 1;
        if waits_for_itself {
            self.request_cancellation(task, None)?;
            self.waits(thread, ReadyFunc::Never);
            return Ok(Outcome::Block(None, Then::Event(forgotten)));
        }
        match self.takes_what_is_there(forgotten, async_)? {
            Some(other) => self.cancel_subtask(thread, other, async_),
            None => Ok(Outcome::returns(BLOCKED)),
        }
    }

    /// Whether a subtask may be asked to cancel again.
    pub(crate) fn cancels_twice(&mut self) -> bool {
        self.deviates(Deviation::CancelsTwice)
    }

    /// Whether a subtask counts as being in a waitable set because another thread, which asked to cancel it before, waits for it:
    /// that engine waits in a set of its own.
    pub(crate) fn waits_in_own_set(&mut self, subtask: WaitableId, requested: bool) -> bool {
        requested
            && self.waitable(subtask).has_sync_waiter
            && self.deviates_here(Deviation::CancelsTwice)
    }

    /// Whether an asynchronous `subtask.cancel` traps where a synchronous one does: the subtask is in a waitable set.
    pub(crate) fn refuses_in_set(&mut self, subtask: WaitableId, requested: bool) -> bool {
        self.deviations.contains(&Deviation::CancelTrapsInSet)
            && (self.waitable(subtask).wset.is_some() || self.waits_in_own_set(subtask, requested))
            && self.deviates(Deviation::CancelTrapsInSet)
    }

    /// Whether the task of a thread may be cancelled before it was told.
    pub(crate) fn cancels_undelivered(&mut self, task: TaskId) -> bool {
        let task = self.task(task);
        let (pending, told) = (task.state == TaskState::PendingCancel, task.told);
        // Where it was told, it was asked a second time.
        pending
            && (told && self.deviates(Deviation::CancelsTwice)
                || self.deviates(Deviation::CancelsUndelivered))
    }

    /// Before `thread.*-then-*`: whether it is told of a cancellation and does nothing else.
    pub(crate) fn tells_first(&mut self, thread: ThreadId, cancellable: bool) -> bool {
        self.deviations.contains(&Deviation::TellsBeforeChecking)
            && self.deliver_pending_cancel(thread, cancellable)
            && self.deviates(Deviation::TellsBeforeChecking)
    }
}
