//! The state of the deviating machine. It is kept beside the store of the reference, whose fields this machine cannot write.

use super::Deviation;
use super::wasmtime::cancels_other_end::{Crossed, CrossedEvent};
use spawndiff_reference::machine::wasmi::Val;
use spawndiff_reference::machine::{
    CopyState, CoreValueIter, InstanceId, PendingEvent, ReadyFunc, SetId, SharedId, Side, TaskId,
    Then, ThreadId, WaitableId,
};
use std::collections::{BTreeSet, HashMap, HashSet};

/// The machine that leaves the specification in known ways.
#[derive(Debug, Default)]
pub struct Deviating {
    /// The deviations that are on: a bit for each, in the order of [`Deviation::ALL`].
    on: u128,
    /// The deviations that made a difference.
    pub(crate) deviated: BTreeSet<Deviation>,
    threads: Vec<OwnThread>,
    tasks: Vec<OwnTask>,
    /// How built-ins go on that have blocked in a way that the text does not have, by the number of their [`Then::Own`].
    thens: Vec<OwnThen>,
    /// The events that the text does not have, by the number of their [`PendingEvent::Own`].
    events: Vec<OwnEvent>,
    /// Subtasks that were dropped, and whose handle is still there.
    pub(crate) dropped_subtasks: HashSet<WaitableId>,
    /// Subtasks that have returned, and whose caller was not told so.
    pub(crate) held_subtasks: HashSet<WaitableId>,
    /// Sets that were dropped while threads waited for them.
    pub(crate) dropped_sets: HashSet<SetId>,
    /// Ends that are taken for the other side.
    pub(crate) taken_for: HashMap<WaitableId, Side>,
    /// The states of ends that have others than the text gives them.
    pub(crate) copy_states: HashMap<WaitableId, CopyState>,
    /// Streams and futures that crossed.
    pub(crate) crossed: HashMap<SharedId, Crossed>,
    /// The thread that began the last copy of an end.
    pub(crate) copiers: HashMap<WaitableId, ThreadId>,
    /// The place where a caller wants a result that is returned by pointer.
    pub(crate) out_params: HashMap<WaitableId, CoreValueIter>,
    /// Instances in a `post-return` function in which they may leave.
    pub(crate) in_called_post_return: HashSet<InstanceId>,
    /// The running thread, if it has returned for a synchronously typed task.
    pub(crate) returned_early: Option<ThreadId>,
    /// The subtask that the last thread to block cancels synchronously, or the call of a synchronous type in which it blocked.
    pub(crate) held_by: Option<WaitableId>,
    /// How many calls that are lifted or lowered `async` have not returned to their caller yet.
    pub(crate) async_calls: u32,
    /// Whether a call has returned at once.
    pub(crate) kept_calls: bool,
    /// The task of the start function of a core module that runs.
    pub(crate) starting: Option<TaskId>,
    /// Whether that start function has blocked, and let another thread run.
    pub(crate) start_function_blocked: bool,
    /// Who was told of the cancellation that was requested last, until the canceller has heard of it.
    pub(crate) told: Option<Told>,
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
    /// No one before another thread is no longer exclusive.
    WhenFree,
}

/// The state that this machine keeps for a thread.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct OwnThread {
    /// Whether the thread is ready because of `Thread.resume_later`.
    pub(crate) resumed_later: bool,
    /// Whether the thread is ready because it was not switched to.
    pub(crate) queued: bool,
    /// Whether the thread was woken by an event that is gone.
    pub(crate) stale: bool,
    /// Whether the thread is ready whatever it waits for (`Some(true)`), or never (`Some(false)`), until it is resumed.
    pub(crate) forced: Option<bool>,
    /// Whether the thread is to be told of a cancellation when its turn comes.
    pub(crate) told: bool,
    /// Whether the thread does not look for an event of its set when it is told.
    pub(crate) told_alone: bool,
    /// Whether the event of the thread's callback was taken.
    pub(crate) robbed: bool,
    /// Whether the thread was waiting for its callback after WAIT when it was resumed last.
    pub(crate) in_callback_wait: bool,
    /// Whether the thread has ended.
    pub(crate) ended: bool,
    /// The start function that ran when the core function of the thread was called.
    pub(crate) began_in: Option<TaskId>,
    /// The index of the thread's caller, where the thread is in a `post-return` function and taken for its caller: its own place is
    /// gone.
    pub(crate) passes_for_caller: Option<u32>,
}

/// The state that this machine keeps for a task.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct OwnTask {
    /// Whether the task has returned although it was lifted synchronously.
    pub(crate) returned_anyway: bool,
    /// Whether the `post-return` function of the task runs, or is suspended.
    pub(crate) in_post_return: bool,
    /// Whether the task has returned and its caller is not told before `post-return` is over.
    pub(crate) holds_return: bool,
    /// Whether the task is synchronously typed, has blocked, and was left to the host's loop.
    pub(crate) left: bool,
    /// Whether the task was told of a cancellation.
    pub(crate) told: bool,
    /// Whether the task is to be told of a cancellation although it has returned.
    pub(crate) told_late: bool,
    /// Whether the task waits for the exclusive thread although it does not need to be exclusive.
    pub(crate) waits_for_exclusive: bool,
    /// Whether the task enters without waiting, and without becoming exclusive.
    pub(crate) skips_queue: bool,
}

/// How a built-in goes on that has blocked in a way that the text does not have.
#[derive(Clone, Debug)]
pub(crate) enum OwnThen {
    /// `canon_lower`: the call itself, with these arguments.
    Call(Vec<Val>),
    /// `canon_lower`: what follows the call.
    Called(WaitableId),
    /// The end of `canon_subtask_cancel`.
    Cancel(WaitableId, bool),
    /// The end of `canon_resource_drop`.
    Destroyed,
}

/// An event that the text does not have.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OwnEvent {
    /// An event of an end that is not copying, kept beyond a copy.
    ComponentCache,
    /// An event of an end of a stream or future that crossed.
    Crossed(CrossedEvent),
}

/// The condition that never holds. Any other number of a [`ReadyFunc::Own`] is the place of a task that has to return.
pub(crate) const NEVER: ReadyFunc = ReadyFunc::Own(u64::MAX);

const _: () = assert!(Deviation::ALL.len() <= u128::BITS as usize);

fn bit(deviation: Deviation) -> u128 {
    1 << deviation as u32
}

impl Deviating {
    /// A machine with these deviations.
    pub fn new(on: &[Deviation]) -> Deviating {
        let bits = on.iter().map(|&deviation| bit(deviation));
        Deviating {
            on: bits.fold(0, |all, bit| all | bit),
            ..Deviating::default()
        }
    }

    /// Whether a deviation is on.
    pub(crate) fn is_on(&self, deviation: Deviation) -> bool {
        self.on & bit(deviation) != 0
    }

    /// Whether a deviation is on; if so, that it made a difference is written down.
    pub(crate) fn deviates(&mut self, deviation: Deviation) -> bool {
        let on = self.is_on(deviation);
        if on {
            self.deviated.insert(deviation);
        }
        on
    }

    /// Returns the state that is kept for a thread, to be changed.
    pub(crate) fn thread(&mut self, thread: ThreadId) -> &mut OwnThread {
        if self.threads.len() <= thread.place() {
            self.threads
                .resize_with(thread.place() + 1, OwnThread::default);
        }
        &mut self.threads[thread.place()]
    }

    /// Returns the state that is kept for a thread.
    pub(crate) fn of_thread(&self, thread: ThreadId) -> OwnThread {
        let own = self.threads.get(thread.place());
        own.copied().unwrap_or_default()
    }

    /// Returns the state that is kept for a task, to be changed.
    pub(crate) fn task(&mut self, task: TaskId) -> &mut OwnTask {
        if self.tasks.len() <= task.place() {
            self.tasks.resize_with(task.place() + 1, OwnTask::default);
        }
        &mut self.tasks[task.place()]
    }

    /// Returns the state that is kept for a task.
    pub(crate) fn of_task(&self, task: TaskId) -> OwnTask {
        let own = self.tasks.get(task.place());
        own.copied().unwrap_or_default()
    }

    /// Returns the [`Then::Own`] with which a built-in goes on in this way.
    pub(crate) fn then(&mut self, then: OwnThen) -> Then {
        self.thens.push(then);
        Then::Own(self.thens.len() as u64 - 1)
    }

    /// Returns how a built-in goes on, if that is a way that the text does not have.
    pub(crate) fn of_then(&self, then: Then) -> Option<&OwnThen> {
        match then {
            Then::Own(key) => self.thens.get(key as usize),
            Then::Cancelled | Then::Lower(_) | Then::Wait { .. } | Then::Event(_) => None,
        }
    }

    /// Returns the [`PendingEvent::Own`] that stands for this event.
    pub(crate) fn event(&mut self, event: OwnEvent) -> PendingEvent {
        self.events.push(event);
        PendingEvent::Own(self.events.len() as u64 - 1)
    }

    /// Returns the event, if it is one that the text does not have.
    pub(crate) fn of_event(&self, event: Option<PendingEvent>) -> Option<OwnEvent> {
        match event {
            Some(PendingEvent::Own(key)) => self.events.get(key as usize).copied(),
            Some(PendingEvent::Subtask | PendingEvent::Copy { .. } | PendingEvent::Dropped)
            | None => None,
        }
    }
}
