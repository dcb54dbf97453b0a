//! Waitable sets, subtasks and what is lent to them.

use super::super::canon::Outcome;
use super::super::canonical::InstanceId;
use super::super::state::{
    Caller, Continuation, Handle, ReadyFunc, ResourceHandleId, TaskId, TaskState, Then, ThreadId,
};
use super::super::store::{Stop, Store};
use super::super::subtasks::OnCancel;
use super::super::waitables::{EventCode, EventTuple, SetId, Waitable, WaitableId, WaitableKind};
use super::Deviation;
use crate::schedules::{Choice, NOBODY};
use spawndiff_observation::Trap;

impl Store<'_> {
    /// Before `waitable-set.{wait,poll}`: whether the event of the task's callback is taken.
    pub(crate) fn takes_yield(&mut self, thread: ThreadId) -> bool {
        let takes = self.can_take_yield(thread) && self.deviates(Deviation::WaitTakesYield);
        if let (true, Some(implicit)) = (takes, self.task_of(thread).implicit_thread) {
            self.thread(implicit).robbed = true;
        }
        takes
    }

    /// After a wait that ended with what was meant for the callback.
    pub(crate) fn waited_for_nothing(&mut self, set: SetId) -> EventTuple {
        self.sets[set.0].num_waiting -= 1;
        EventTuple(EventCode::None, 0, 0)
    }

    /// Whether the task's callback is to be called after YIELD, with an event that is still there.
    pub(crate) fn can_take_yield(&mut self, thread: ThreadId) -> bool {
        let Some(implicit) = self.task_of(thread).implicit_thread else {
            return false;
        };
        let task = self.task_of(thread);
        let told = task.state == TaskState::PendingCancel || task.told_late;
        let target = &self.threads[implicit.0];
        !told && matches!(target.cont, Some(Continuation::CallbackYield)) && !target.robbed
    }

    /// Where a thread is told of a cancellation: the callback is not, which was to be called with that.
    pub(crate) fn robs_callback(&mut self, thread: ThreadId) {
        let Some(implicit) = self.task_of(thread).implicit_thread else {
            return;
        };
        if implicit == thread || self.takes_yield(thread) {
            return;
        }
        let told_alone = self.threads[implicit.0].told_alone;
        if told_alone && self.deviates(Deviation::WaitTakesYield) {
            self.thread(implicit).robbed = true;
        }
    }

    /// Where a task is asked to cancel, and its callback is to be told: it has an event again, whether its own was taken or not.
    pub(crate) fn restores_event(&mut self, implicit: Option<ThreadId>) {
        if let Some(implicit) = implicit {
            self.thread(implicit).robbed = false;
        }
    }

    /// Where a callback is to be called: whether its event was taken.
    pub(crate) fn is_robbed(&mut self, thread: ThreadId) -> bool {
        std::mem::take(&mut self.thread(thread).robbed)
    }

    /// After an event of the set was taken, or has left it with its waitable: those that wait for it do not look again.
    pub(crate) fn goes_stale(&mut self, set: SetId) {
        if !self.deviations.contains(&Deviation::StaleWaitFails) || self.set_has_pending_event(set)
        {
            return;
        }
        for place in 0..self.waiting.len() {
            let waiter = self.waiting[place];
            if let Some(ReadyFunc::SetEvent { set: other, .. }) = self.threads[waiter.0].ready_func
                && other == set
                && self.choose(Choice::Deviation, &[NOBODY; 2]) == 1
            {
                self.goes_on_stale(waiter);
            }
        }
    }

    /// After an event of a waitable: it wakes one of the threads that wait for its set. Where that is one that waits for its
    /// callback while another is exclusive, the others are not woken, ever.
    pub(crate) fn wakes_one(&mut self, waitable: WaitableId) {
        let Some(set) = self.waitables[waitable.0].wset else {
            return;
        };
        if !self.deviations.contains(&Deviation::WakesExcluded) {
            return;
        }
        let waits = |&thread: &ThreadId| match self.threads[thread.0].ready_func {
            Some(ReadyFunc::SetEvent {
                set: other,
                not_exclusive,
            }) if other == set => Some((thread, not_exclusive)),
            _ => None,
        };
        let waiters: Vec<_> = self.waiting.iter().filter_map(waits).collect();
        let excluded = |inst: InstanceId| self.instances[inst.0].exclusive_thread.is_some();
        let one = waiters.iter().any(|(_, inst)| inst.is_some_and(excluded));
        let others = waiters.iter().filter(|(_, inst)| inst.is_none());
        let others: Vec<ThreadId> = others.map(|&(thread, _)| thread).collect();
        if !one || others.is_empty() || !self.deviates_here(Deviation::WakesExcluded) {
            return;
        }
        for thread in others {
            self.thread(thread).ready_func = Some(ReadyFunc::Never);
        }
    }

    /// The set that a thread which waited takes its event from; an error if it is resumed without one.
    pub(crate) fn set_waited_for(
        &mut self,
        thread: ThreadId,
        set: SetId,
        cancelled: bool,
    ) -> Result<SetId, Trap> {
        if self.sets[set.0].dropped {
            self.deviates(Deviation::DropsWokenSet);
            return match cancelled {
                true => Ok(set),
                false => self.takes_what_is_in_its_place(set),
            };
        }
        self.was_stale(thread);
        let gone = !cancelled && !self.set_has_pending_event(set);
        match gone && self.deviates(Deviation::StaleWaitFails) {
            true => Err(Trap::SetHasWaiters),
            false => Ok(set),
        }
    }

    /// Where the set that a thread waits for was dropped ([`Deviation::DropsWokenSet`]): the engine remembers a place in a table of
    /// its own. Another set may be there now that has an event; anything else is an internal error.
    fn takes_what_is_in_its_place(&mut self, dropped: SetId) -> Result<SetId, Trap> {
        let since = (dropped.0 + 1..self.sets.len()).map(SetId);
        let others: Vec<SetId> = since
            .filter(|&other| self.set_has_pending_event(other))
            .collect();
        let chosen = self.choose(Choice::Deviation, &vec![NOBODY; others.len() + 1]);
        let Some(&other) = others.get(chosen) else {
            return Err(Trap::SubtaskNotResolved);
        };
        self.sets[dropped.0].num_waiting -= 1;
        self.sets[other.0].num_waiting += 1;
        Ok(other)
    }

    /// Where a thread goes on after a wait.
    pub(crate) fn was_stale(&mut self, thread: ThreadId) {
        if std::mem::take(&mut self.thread(thread).stale) {
            self.deviates(Deviation::StaleWaitFails);
        }
    }

    /// Whether a set that threads wait for can be dropped: each of them was woken by an event that is gone.
    pub(crate) fn drops_woken(&mut self, set: SetId) -> bool {
        let sleeps = |&waiting: &ThreadId| {
            matches!(
                self.threads[waiting.0].ready_func,
                Some(ReadyFunc::SetEvent { set: other, .. }) if other == set
            )
        };
        let drops = self.deviations.contains(&Deviation::DropsWokenSet)
            && self.sets[set.0].num_waiting > 0
            && !self.waiting.iter().any(sleeps);
        self.sets[set.0].dropped |= drops;
        drops
    }

    /// Where a thread that waits for its callback was to be told of a cancellation, and another one was: it waits on.
    pub(crate) fn waits_again(&mut self, thread: ThreadId, set: SetId, cancelled: bool) -> bool {
        let nothing = !cancelled && !self.set_has_pending_event(set);
        if nothing {
            debug_assert!(
                !self.deviations.is_empty(),
                "a thread that is ready for an event has one"
            );
            let not_exclusive = Some(self.inst_of(thread));
            self.start_waiting_internal(thread, ReadyFunc::SetEvent { set, not_exclusive });
            self.thread(thread).cancellable = true;
        }
        nothing
    }

    /// Where a thread that waited for a waitable synchronously is resumed, and another one, which a deviation let wait or cancel
    /// beside it, has taken the event: it waits on.
    pub(crate) fn waits_for_another(&mut self, thread: ThreadId, waitable: WaitableId) -> bool {
        let nothing = !self.has_pending_event(waitable);
        if nothing {
            debug_assert!(
                !self.deviations.is_empty(),
                "a thread that waited for an event has one"
            );
            self.waitable(waitable).has_sync_waiter = true;
            self.start_waiting_internal(thread, ReadyFunc::PendingEvent(waitable));
        }
        nothing
    }

    /// Before the return of a task to the thread that called it.
    pub(crate) fn fails_without_caller(&mut self, caller: ThreadId) -> bool {
        self.threads[caller.0].ended && self.deviates_here(Deviation::OutlivedCallerFails)
    }

    /// Before a copy with another thread's.
    pub(crate) fn fails_without_copier(&mut self, copier: ThreadId) -> bool {
        self.fails_without_caller(copier)
            || self.threads[copier.0].ended && self.deviates_here(Deviation::OutlivedCopierFails)
    }

    /// Before the result of a task is lifted: the thread that called it is looked for even before that.
    pub(crate) fn returns_without_caller(&mut self, task: TaskId) -> Result<(), Stop> {
        let Caller::Subtask(subtask) = self.task(task).caller else {
            return Ok(());
        };
        let caller = self.subtask(subtask).thread;
        match self.fails_without_caller(caller) {
            true => Err(Trap::SubtaskNotResolved.into()),
            false => Ok(()),
        }
    }

    /// After a call that has returned at once.
    pub(crate) fn keeps_returned_call(&mut self, task: TaskId) {
        let ended = self.task(task).threads.is_empty();
        if ended && self.deviations.contains(&Deviation::KeepsReturnedCalls) {
            self.kept_calls = true;
        }
    }

    /// Whether something is left that should not be.
    pub(crate) fn keeps_calls(&mut self) -> bool {
        self.kept_calls && self.deviates(Deviation::KeepsReturnedCalls)
    }

    /// Where a handle of a waitable is used: whether that fails.
    pub(crate) fn forgets(&mut self, waitable: WaitableId) -> bool {
        let WaitableKind::Subtask(subtask) = &self.waitables[waitable.0].kind else {
            return false;
        };
        if subtask.dropped {
            return true;
        }
        let (Some(OnCancel::Task(task)), None) = (subtask.on_cancel, &subtask.lenders) else {
            return false;
        };
        self.task(task).threads.is_empty() && self.deviates_here(Deviation::ForgetsSubtasks)
    }

    /// What a handle of a subtask that the engine has forgotten may mean from now on: one that was made since, and is in its place.
    pub(crate) fn means_another(
        &mut self,
        inst: InstanceId,
        index: u32,
        forgotten: WaitableId,
    ) -> Option<WaitableId> {
        let since = (forgotten.0 + 1..self.waitables.len()).map(WaitableId);
        let others: Vec<WaitableId> = since.filter(|&it| self.has_handle(it)).collect();
        let chosen = self.choose(Choice::Deviation, &vec![NOBODY; others.len() + 1]);
        let other = *others.get(chosen.checked_sub(1)?)?;
        let handles = &mut self.inst(inst).handles;
        handles.remove(index);
        let added = handles.add(Handle::Waitable(other));
        debug_assert_eq!(
            added,
            Some(index),
            "a place that was freed last is used first"
        );
        Some(other)
    }

    /// After a subtask was dropped: by another handle than its own, it is gone for that one.
    pub(crate) fn was_dropped(&mut self, waitable: WaitableId) {
        if self.has_handle(waitable) {
            self.subtask(waitable).dropped = true;
        }
    }

    /// Whether what is in the place of a subtask that the engine has forgotten may be another one that a thread waits for: also that
    /// of a call under way.
    pub(crate) fn is_another_waited_for(&self) -> bool {
        let waits_for = |waitable: &Waitable| match &waitable.kind {
            WaitableKind::Subtask(it) if !it.opts.async_ && it.lenders.is_some() => true,
            WaitableKind::Subtask(_) | WaitableKind::End(_) => waitable.has_sync_waiter,
        };
        self.async_calls > 0 || self.waitables.iter().any(waits_for)
    }

    /// `waitable.join` with 0 of a waitable that a thread waits for synchronously: the engine waits for it in a set of its own,
    /// and that is what it leaves, so that the thread waits for ever.
    pub(crate) fn leaves_waiter(&mut self, waitable: WaitableId) -> Result<(), Stop> {
        if !self.deviates(Deviation::LeavesWaiter) {
            return Err(Trap::WaitableInSet.into());
        }
        self.abandons_waiter(waitable);
        self.waitable(waitable).has_sync_waiter = false;
        Ok(())
    }

    /// After the event of a waitable was taken by another thread than the one that waits for it synchronously: that one has been woken,
    /// and does not look again.
    pub(crate) fn wakes_in_vain(&mut self, waitable: WaitableId) {
        for waiter in self.waiters(ReadyFunc::PendingEvent(waitable)) {
            self.goes_on_stale(waiter);
        }
    }

    /// The threads that wait for this.
    fn waiters(&self, ready_func: ReadyFunc) -> Vec<ThreadId> {
        let waits = |waiter: &&ThreadId| self.threads[waiter.0].ready_func == Some(ready_func);
        self.waiting.iter().filter(waits).copied().collect()
    }

    /// Has a thread go on that was woken by an event which is gone.
    fn goes_on_stale(&mut self, waiter: ThreadId) {
        let thread = self.thread(waiter);
        thread.stale = true;
        thread.ready_func = Some(ReadyFunc::Always);
        thread.queued = true;
    }

    /// Where it goes on: whether there is no other event.
    pub(crate) fn was_woken_in_vain(&mut self, thread: ThreadId, waitable: WaitableId) -> bool {
        std::mem::take(&mut self.thread(thread).stale) && !self.has_pending_event(waitable)
    }

    /// Has the thread that waits for a waitable synchronously wait for ever.
    pub(super) fn abandons_waiter(&mut self, waitable: WaitableId) {
        // An event has woken it already.
        if self.has_pending_event(waitable) {
            return;
        }
        for ready_func in [ReadyFunc::Resolved, ReadyFunc::PendingEvent] {
            for waiter in self.waiters(ready_func(waitable)) {
                self.thread(waiter).ready_func = Some(ReadyFunc::Never);
            }
        }
    }

    /// `resource.drop` of a destructor that was left to the host's loop: it waits for that one.
    pub(crate) fn waits_for_destructor(&mut self, thread: ThreadId, left: TaskId) -> Outcome {
        self.waits(thread, ReadyFunc::Returned(left));
        Outcome::Block(None, Then::Destroyed)
    }

    /// Whether a resource that is lent counts as free.
    pub(crate) fn lends_ended(&mut self, handle: ResourceHandleId) -> bool {
        let lends = |waitable: &Waitable| match &waitable.kind {
            WaitableKind::Subtask(subtask) if !subtask.state.resolved() => subtask
                .lenders
                .as_ref()
                .is_some_and(|lenders| lenders.contains(&handle)),
            WaitableKind::Subtask(_) | WaitableKind::End(_) => false,
        };
        !self.waitables.iter().any(lends) && self.deviates(Deviation::LendsEndOnReturn)
    }
}
