//! Who runs next: switches, promotions, calls, and tasks of a synchronous type.

use super::super::abi::CoreValueIter;
use super::super::canonical::{Canon, CanonicalOptions, FuncInst, InstanceId};
use super::super::state::{
    Caller, Continuation, ReadyFunc, Task, TaskId, TaskState, Then, ThreadId,
};
use super::super::store::Store;
use super::super::waitables::WaitableId;
use super::{Deviation, Instead};
use crate::schedules::{Choice, NOBODY};
use spawndiff_observation::Trap;
use wasmi::Val;

impl Store<'_> {
    /// Before `Thread.suspend_then_promote` (or, with `yields`, `Thread.yield_then_promote`).
    pub(crate) fn instead_of_promoting(
        &mut self,
        thread: ThreadId,
        cancellable: bool,
        other: ThreadId,
        yields: bool,
    ) -> Instead {
        if other == thread && self.deviates(Deviation::PromotesItself) {
            return Some(Err(Trap::ThreadNotSuspended.into()));
        }
        if self.threads[other.0].suspended() && self.deviates(Deviation::PromotesSuspended) {
            return Some(Ok(if yields {
                self.yield_then_resume(thread, cancellable, other)
            } else {
                self.suspend_then_resume(thread, cancellable, other)
            }));
        }
        let target = &self.threads[other.0];
        let in_built_in = matches!(target.cont, Some(Continuation::Core { .. }));
        let in_built_in = in_built_in && !target.resumed_later;
        let yields_there = in_built_in && target.ready_func == Some(ReadyFunc::Always);
        let queued = target.queued && !self.yields(other);
        if (!yields_there || queued) && self.deviates(Deviation::PromotesSuspended) {
            return Some(Err(Trap::ThreadNotSuspended.into()));
        }
        let ready = self.ready(other);
        let nothing = ready && !yields_there && self.deviates(Deviation::PromotesNothing);
        nothing.then(|| {
            Ok(if yields {
                self.yield_(thread, cancellable)
            } else {
                self.suspend(thread, cancellable)
            })
        })
    }

    /// Before `Thread.resume` switches from one thread to another, and before a call of `canon_lower`: whether the other
    /// thread, or the call, waits for its turn. `task`: of the thread that switches or calls.
    pub(crate) fn instead_of_switching(&mut self, task: TaskId) -> bool {
        match self.async_calls {
            0 => self.queues_behind_others(task),
            _ => self.deviates(Deviation::QueuesSwitches),
        }
    }

    /// Whether what a task should do at once waits for its turn: in one that another component instance has called, behind any
    /// thread that is ready; in another one, behind a thread that waits for its turn already, or whose wait is over, or whose
    /// task is synchronously typed and blocked.
    pub(crate) fn queues_behind_others(&mut self, task: TaskId) -> bool {
        let called = matches!(self.task(task).caller, Caller::Subtask(_));
        self.deviations.contains(&Deviation::QueuesSwitches)
            && self.waiting.iter().any(|&waiting| {
                let thread = &self.threads[waiting.0];
                let waited = thread.ready_func != Some(ReadyFunc::Always);
                let sync_typed = !self.tasks[thread.task.0].ft.async_;
                (thread.queued || called || waited || sync_typed) && self.ready(waiting)
            })
            && self.deviates_here(Deviation::QueuesSwitches)
    }

    /// In `Task.request_cancellation`: whether the thread that is told waits for its turn.
    pub(crate) fn instead_of_resuming(&mut self, thread: ThreadId) -> bool {
        if !self.queues_behind_others(self.threads[thread.0].task) {
            return false;
        }
        self.tell_in_turn(thread, self.is_between_callbacks(thread));
        self.tells_alone(thread);
        true
    }

    /// Makes a thread ready that should have run at once.
    pub(crate) fn waits_its_turn(&mut self, thread: ThreadId) {
        self.waits(thread, ReadyFunc::Always);
        self.thread(thread).queued = true;
    }

    /// The same for one that is switched to. It can still be cancelled, but while it was suspended before.
    pub(crate) fn switches_in_turn(&mut self, thread: ThreadId) {
        let cancellable = self.threads[thread.0].cancellable;
        self.waits_its_turn(thread);
        self.thread(thread).cancellable = cancellable;
    }

    /// The built-in in which a thread has blocked.
    fn blocked_in(&self, thread: ThreadId) -> Option<&Canon> {
        match self.threads[thread.0].cont {
            Some(Continuation::Core { builtin, .. }) => Some(&self.canons[builtin].1),
            Some(_) | None => None,
        }
    }

    /// Whether a thread is in a built-in that yields by the specification: also after a cancellation, until its turn comes.
    fn yields(&self, thread: ThreadId) -> bool {
        matches!(
            self.blocked_in(thread),
            Some(
                Canon::ThreadYield { .. }
                    | Canon::ThreadYieldThenResume { .. }
                    | Canon::ThreadYieldThenPromote { .. }
            )
        )
    }

    /// Whether a thread is in a built-in that suspends it, and not in one that yields or waits.
    pub(super) fn suspends(&self, thread: ThreadId) -> bool {
        matches!(
            self.blocked_in(thread),
            Some(
                Canon::ThreadSuspend { .. }
                    | Canon::ThreadSuspendThenResume { .. }
                    | Canon::ThreadSuspendThenPromote { .. }
            )
        )
    }

    /// After a thread has blocked in a synchronous call: that it may hold its callers, if what it called is synchronously typed.
    pub(crate) fn blocks_in_call(&mut self, subtask: WaitableId) {
        if !self.subtask(subtask).ft.async_ {
            self.held_by = Some(subtask);
        }
    }

    /// After a call or cancellation whose callee has blocked: whether its caller does not go on before another cancellation, or a
    /// call of a synchronous type, is over, for which the callee waits.
    pub(crate) fn holds_caller(&mut self, caller: ThreadId) -> bool {
        let Some(subtask) = self.held_by else {
            return false;
        };
        let holds = self.deviates_here(Deviation::HoldsCaller);
        if holds {
            self.start_waiting_internal(caller, ReadyFunc::Resolved(subtask));
            self.thread(caller).cancellable = false;
        }
        holds
    }

    /// Where a synchronously typed task has blocked and nothing is ready, because the thread that it began with is held so: whether
    /// that is left to the host's loop.
    pub(crate) fn leaves_held_task(&mut self, task: TaskId) -> bool {
        let held = |thread: ThreadId| {
            let thread = &self.threads[thread.0];
            let then = match &thread.cont {
                Some(Continuation::Core { then, .. }) => then,
                Some(_) | None => return false,
            };
            matches!(then, Then::Called(_) | Then::Cancel { .. })
                && matches!(thread.ready_func, Some(ReadyFunc::Resolved(_)))
        };
        self.tasks[task.0].implicit_thread.is_some_and(held)
            && self.deviates_here(Deviation::HoldsCaller)
    }

    /// Whether a task that does not need the exclusive thread waits for it all the same.
    pub(crate) fn waits_for_exclusive(&mut self, thread: ThreadId) -> bool {
        let inst = self.inst_of(thread);
        // A `realloc` or a destructor is no task to that engine.
        let called = !matches!(self.task_of(thread).caller, Caller::Core { .. });
        let inst = self.inst(inst);
        let held = inst.exclusive_thread.is_some() || inst.backpressure > 0;
        called && held && self.deviates_here(Deviation::AlwaysWaitsForExclusive)
    }

    /// Whether a task enters without waiting, and without becoming exclusive.
    pub(crate) fn skips_queue(&mut self, thread: ThreadId) -> bool {
        let task = self.task_of(thread);
        let (lifted, caller) = (task.opts.async_, &task.caller);
        let &Caller::Subtask(subtask) = caller else {
            return false;
        };
        !lifted
            && !self.subtask(subtask).opts.async_
            && self.deviates(Deviation::SyncCallSkipsQueue)
    }

    /// Whether a call between these instances traps.
    pub(crate) fn refuses_relatives(&mut self, a: InstanceId, b: InstanceId) -> bool {
        let above = |store: &Self, a: InstanceId, b: InstanceId| {
            a != b && store.self_and_ancestors(b).contains(&a)
        };
        (above(self, a, b) || above(self, b, a)) && self.deviates(Deviation::ParentChildTraps)
    }

    /// Before `Thread.suspend`.
    pub(crate) fn instead_of_suspending(&mut self, thread: ThreadId) -> Instead {
        let returned_early = self.returned_early == Some(thread);
        let as_caller = self.may_block_as_caller(thread);
        let task = self.thread(thread).task;
        let task = self.task(task);
        let returned = task.state == TaskState::Resolved && !returned_early;
        let returned = as_caller.unwrap_or(returned);
        let blocks = !task.ft.async_ && !returned;
        (blocks && self.deviates(Deviation::SyncTypedSuspends))
            .then_some(Err(Trap::CannotBlock.into()))
    }

    /// Whether a synchronously typed task is not over: it has not returned, or has although it should not, and still may not suspend.
    pub(crate) fn is_not_over(&mut self, task: TaskId) -> bool {
        let Task {
            state,
            returned_anyway,
            implicit_thread,
            ..
        } = self.task(task);
        *state != TaskState::Resolved
            || *returned_anyway
                && implicit_thread.is_some()
                && self.deviates(Deviation::ReturnedMayNotSuspend)
    }

    /// Before `Thread.yield_` in `canon_thread_yield`.
    pub(crate) fn instead_of_yielding(&mut self, thread: ThreadId) -> Instead {
        let task = self.task_of(thread);
        let asserts = !task.ft.async_ && task.state != TaskState::Resolved;
        let inst = self.inst_of(thread);
        let ready = self.ready_threads(|_| true);
        let asserts = asserts
            && ready
                .into_iter()
                .any(|other| self.is_yielded_to(inst, other));
        (asserts && self.deviates(Deviation::SyncTypedYieldAsserts))
            .then_some(Err(Trap::CannotBlock.into()))
    }

    /// Whether a synchronously typed task of an instance lets a ready thread run where it yields: one of the same instance that has
    /// yielded (in a built-in, or to the callee that it cancels), or is to begin or to be called back. One that was suspended, or has
    /// waited in a built-in, it does not see.
    fn is_yielded_to(&self, inst: InstanceId, other: ThreadId) -> bool {
        let seen = match &self.threads[other.0].cont {
            Some(Continuation::Core { then, .. }) => {
                self.yields(other) || matches!(then, Then::Cancel { .. })
            }
            Some(_) | None => true,
        };
        seen && self.inst_of(other) == inst
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

    /// Before a built-in that may block, in a synchronously typed task: whether it traps, whether it blocks or not.
    pub(crate) fn instead_of_blocking(&mut self, thread: ThreadId, canon: &Canon) -> bool {
        let may_block = match canon {
            Canon::WaitableSetWait { .. } => true,
            Canon::SubtaskCancel { async_ } | Canon::CancelCopy { async_, .. } => !async_,
            Canon::Copy { opts, .. } => !opts.async_,
            Canon::Lower { opts, ft, .. } => !opts.async_ && ft.async_,
            _ => false,
        };
        if !may_block {
            return false;
        }
        let returned_early = self.returned_early == Some(thread);
        let as_caller = self.may_block_as_caller(thread);
        let task = self.task_of(thread);
        let (sync_typed, inst) = (!task.ft.async_, task.inst);
        let returned = task.state == TaskState::Resolved && !returned_early;
        // In `post-return` it has returned, and is refused all the same.
        let returned = as_caller.unwrap_or(returned && self.inst(inst).may_leave);
        if !sync_typed || returned {
            return false;
        }
        // Such a call traps all the same; which of the two it names is not worked out here.
        if let Canon::Lower { callee, .. } = canon
            && let FuncInst::Lift(lift) = callee
            && self.refuses_relatives(inst, lift.inst)
            && self.choose(Choice::Deviation, &[NOBODY; 2]) == 1
        {
            return false;
        }
        self.deviates(Deviation::SyncTypedSuspends)
    }

    /// Where a synchronously typed task has blocked: whether it is left to the host's loop.
    pub(crate) fn instead_of_looping(&mut self) -> bool {
        self.deviates_here(Deviation::SyncTypedRunsOthers)
    }

    /// Where it has let another thread run, and that has stopped: whether it is left to the host's loop now.
    pub(crate) fn yields_to_others(&mut self, task: TaskId, thread: ThreadId) -> bool {
        let yields = self.threads[thread.0].task != task
            && self.deviates_here(Deviation::SyncTypedYieldRunsOthers);
        self.task(task).left |= yields;
        yields
    }

    /// After a thread has stopped in the host's loop: where a task of its instance was left to that and is not over, another thread of
    /// the instance has to be ready. (An engine in which such a task cannot suspend at all does not get here.)
    pub(crate) fn leaves_instance(&mut self, inst: InstanceId) -> Result<(), Trap> {
        if !self
            .deviations
            .contains(&Deviation::SyncTypedYieldRunsOthers)
            || self.deviations.contains(&Deviation::SyncTypedSuspends)
        {
            return Ok(());
        }
        let left = |place: &usize| self.tasks[*place].left && self.tasks[*place].inst == inst;
        let left: Vec<usize> = (0..self.tasks.len()).filter(left).collect();
        let held = left
            .into_iter()
            .any(|place| self.is_not_over(TaskId(place)));
        match held
            && self
                .ready_threads(|thread| self.inst_of(thread) == inst)
                .is_empty()
        {
            true => Err(Trap::CannotBlock),
            false => Ok(()),
        }
    }

    /// Where a synchronously typed task has blocked: whether a thread that is exclusive in its instance may not run.
    pub(crate) fn excludes_exclusive(&self) -> bool {
        !self.deviations.contains(&Deviation::SyncTypedRunsExclusive)
    }

    /// There such a thread runs.
    pub(crate) fn runs_exclusive(&mut self) {
        self.deviates(Deviation::SyncTypedRunsExclusive);
    }

    /// Where a synchronously typed task has blocked: whether a task that has not entered its instance may not do so.
    pub(crate) fn leaves_out_unentered(&self) -> bool {
        !self.deviations.contains(&Deviation::SyncTypedStartsOthers)
    }

    /// There such a task enters.
    pub(crate) fn starts_other(&mut self) {
        self.deviates(Deviation::SyncTypedStartsOthers);
    }

    /// Whether `task.return` works that names no memory where `canon lift` does.
    pub(crate) fn returns_without_memory(&mut self, task: TaskId, opts: &CanonicalOptions) -> bool {
        let lifted = &self.task(task).opts;
        opts.string_encoding == lifted.string_encoding
            && opts.memory.is_none()
            && self.deviates(Deviation::ReturnsWithoutMemory)
    }

    /// Whether `task.return`, or `task.cancel`, goes on in a task that is not lifted `async`.
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
        // Not a destructor or a start function.
        if let Caller::Core { .. } = self.task_of(thread).caller {
            return false;
        }
        // A call that is lowered without `async`, too, can return in this way only if its type is asynchronous.
        let by = if let Caller::Subtask(subtask) = self.task_of(thread).caller
            && !self.subtask(subtask).opts.async_
        {
            if sync_typed {
                return false;
            }
            Deviation::ReturnsFromSyncCall
        } else {
            Deviation::ReturnsFromSyncLift
        };
        // Where it has returned already, it fails in the same way, and that is all that it does.
        let goes_on = self.deviates(by) && !resolved;
        self.task_of(thread).returned_anyway |= goes_on;
        if goes_on && sync_typed {
            // Its implicit thread can outlive its return now, and keeps others from starting until it ends.
            self.inst(inst).exclusive_thread = implicit_thread;
            // And the thread that returned for it still may not suspend, until it is switched away from and back or calls
            // the host.
            self.returned_early = Some(thread);
        }
        goes_on
    }

    /// Where `task.return` goes on so in a task that another component instance has called, and its result is more than one core
    /// value: what is between them expects the pointers of a function that is lifted synchronously, to the result and to where
    /// the caller wants it, and takes the first two values for them. Gives the first.
    pub(crate) fn returns_by_pointer(&mut self, task: TaskId, args: &[Val]) -> Option<Val> {
        let Task { caller, opts, .. } = self.task(task);
        let (&mut Caller::Subtask(subtask), false) = (caller, opts.async_) else {
            return None;
        };
        let wide = opts.memory.is_some_and(|memory| memory.wide);
        let [result, for_caller, ..] = args else {
            return None;
        };
        let (result, for_caller) = (bits(result), bits(for_caller));
        let pointer = |bits: u64, wide: bool| match wide {
            true => Val::I64(bits.cast_signed()),
            false => Val::I32((bits as u32).cast_signed()),
        };
        let subtask = self.subtask(subtask);
        let wide_caller = subtask.opts.memory.is_some_and(|memory| memory.wide);
        subtask.flat_args = CoreValueIter::new(vec![pointer(for_caller, wide_caller)]);
        Some(pointer(result, wide))
    }
}

/// The bits of a core number.
fn bits(value: &Val) -> u64 {
    match value {
        Val::I32(value) => u64::from(value.cast_unsigned()),
        Val::I64(value) => value.cast_unsigned(),
        Val::F32(value) => u64::from(value.to_bits()),
        Val::F64(value) => value.to_bits(),
        _ => 0,
    }
}
