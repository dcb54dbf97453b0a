//! Who runs next: switches, promotions, calls, and tasks of a synchronous type.

use super::blocked_in::{is_in_yield, then_of, yields_in_built_in};
use super::own::OwnThen;
use super::turns::{is_ready, ready_func, switches_in_turn, waits, waits_its_turn};
use super::wasmtime::leaves_in_called_post_return::may_block_as_caller;
use super::{Deviation, St, deviates, deviates_here, either, is_on};
use crate::wasmtime::start_function_waits::waits_in_start_function;
use crate::wasmtime::start_function_yields::{calls_in_start_function, runs_beside_start_function};
use spawndiff_observation::{Builtin, Trap};
use spawndiff_reference::machine::wasmi::Val;
use spawndiff_reference::machine::{
    Caller, Canon, CanonicalOptions, Continuation, CoreValueIter, Flow, FuncInst, InstanceId,
    Outcome, ReadyFunc, Stop, TaskId, TaskState, Then, ThreadId, WaitableId,
};

/// What a deviation does instead of what the specification says; `None`: nothing else.
pub(crate) type Instead = Option<Result<Flow, Stop>>;

/// Before `Thread.suspend_then_promote` (or, with `yields`, `Thread.yield_then_promote`).
pub(crate) fn instead_of_promoting(
    st: &mut St<'_>,
    thread: ThreadId,
    cancellable: bool,
    other: ThreadId,
    yields: bool,
) -> Instead {
    if st.get_thread(other).suspended() && deviates(st, Deviation::PromotesSuspended) {
        return Some(Ok(if yields {
            st.yield_then_resume(thread, cancellable, other)
        } else {
            st.suspend_then_resume(thread, cancellable, other)
        }));
    }
    let own = st.machine.of_thread(other);
    let yields_there = yields_in_built_in(st, other);
    let queued = own.queued && !is_in_yield(st, other);
    if (!yields_there || queued) && deviates(st, Deviation::PromotesSuspended) {
        return Some(Err(Trap::ThreadNotSuspended.into()));
    }
    let ready = is_ready(st, other);
    let nothing = ready && !yields_there && deviates(st, Deviation::PromotesNothing);
    nothing.then(|| {
        Ok(if yields {
            st.yield_(thread, cancellable)
        } else {
            st.suspend(thread, cancellable)
        })
    })
}

/// Before `Thread.resume` switches from one thread to another, and before a call of `canon_lower`: whether the other
/// thread, or the call, waits for its turn. `task`: of the thread that switches or calls.
pub(crate) fn instead_of_switching(st: &mut St<'_>, task: TaskId) -> bool {
    match st.machine.async_calls {
        0 => queues_behind_others(st, task),
        _ => deviates(st, Deviation::QueuesSwitches),
    }
}

/// Whether what a task should do at once waits for its turn: in one that another component instance has called, behind any
/// thread that is ready; in another one, behind a thread that waits for its turn already, or whose wait is over, or whose
/// task is synchronously typed and blocked.
pub(crate) fn queues_behind_others(st: &mut St<'_>, task: TaskId) -> bool {
    if !is_on(st, Deviation::QueuesSwitches) {
        return false;
    }
    let called = matches!(st.get_task(task).caller(), Caller::Subtask(_));
    let behind = st.waiting().iter().any(|&waiting| {
        let waited = ready_func(st, waiting) != Some(ReadyFunc::Always);
        let sync_typed = !st.get_task(st.get_thread(waiting).task()).ft().async_;
        let queued = st.machine.of_thread(waiting).queued;
        (queued || called || waited || sync_typed) && is_ready(st, waiting)
    });
    behind && deviates_here(st, Deviation::QueuesSwitches)
}

/// After a thread has blocked in a synchronous call: that it may hold its callers, if what it called is synchronously typed.
fn blocks_in_call(st: &mut St<'_>, subtask: WaitableId) {
    if st.as_subtask(subtask).is_some_and(|it| !it.ft().async_) {
        st.machine.held_by = Some(subtask);
    }
}

/// After a call or cancellation whose callee has blocked: whether its caller does not go on before another cancellation, or a
/// call of a synchronous type, is over, for which the callee waits.
pub(crate) fn holds_caller(st: &mut St<'_>, caller: ThreadId) -> bool {
    let Some(subtask) = st.machine.held_by else {
        return false;
    };
    let holds = deviates_here(st, Deviation::HoldsCaller);
    if holds {
        waits(st, caller, ReadyFunc::Resolved(subtask));
    }
    holds
}

/// Where a synchronously typed task has blocked and nothing is ready, because the thread that it began with is held so: whether
/// that is left to the host's loop.
fn leaves_held_task(st: &mut St<'_>, task: TaskId) -> bool {
    let held = |thread: ThreadId| {
        matches!(
            then_of(st, thread),
            Some(OwnThen::Called(_) | OwnThen::Cancel(..))
        ) && matches!(ready_func(st, thread), Some(ReadyFunc::Resolved(_)))
    };
    st.get_task(task).implicit_thread().is_some_and(held)
        && deviates_here(st, Deviation::HoldsCaller)
}

/// The conditions under which a task waits to enter: one that does not need the exclusive thread may wait for it all the same, and
/// one may enter without waiting, and without becoming exclusive.
pub(crate) fn waits_to_enter(st: &mut St<'_>, task: TaskId) -> bool {
    let async_ = st.get_task(task).ft().async_;
    if async_ && skips_queue(st, task) {
        st.machine.task(task).skips_queue = true;
        return false;
    }
    let waits = st.waits_to_enter(task);
    let deviates = !st.needs_exclusive(task) && waits_for_exclusive(st, task);
    if deviates {
        st.machine.task(task).waits_for_exclusive = true;
    }
    waits || deviates
}

/// Whether a task that does not need the exclusive thread waits for it all the same.
fn waits_for_exclusive(st: &mut St<'_>, task: TaskId) -> bool {
    // A `realloc` or a destructor is no task to that engine.
    let called = !matches!(st.get_task(task).caller(), Caller::Core { .. });
    let inst = st.get_task(task).inst();
    let held = st.exclusive_thread(inst).is_some() || st.backpressure(inst) > 0;
    called && held && deviates_here(st, Deviation::AlwaysWaitsForExclusive)
}

/// Whether a task enters without waiting, and without becoming exclusive.
fn skips_queue(st: &mut St<'_>, task: TaskId) -> bool {
    let lifted = st.get_task(task).opts().async_;
    let &Caller::Subtask(subtask) = st.get_task(task).caller() else {
        return false;
    };
    let lowered = st.as_subtask(subtask).is_some_and(|it| it.opts().async_);
    !lifted && !lowered && deviates(st, Deviation::SyncCallSkipsQueue)
}

/// `has_backpressure`.
pub(crate) fn has_backpressure(st: &St<'_>, task: TaskId) -> bool {
    let inst = st.get_task(task).inst();
    st.has_backpressure(task)
        || st.machine.of_task(task).waits_for_exclusive && st.exclusive_thread(inst).is_some()
}

/// Whether a call between these instances traps.
pub(crate) fn refuses_relatives(st: &mut St<'_>, a: InstanceId, b: InstanceId) -> bool {
    let above =
        |st: &St<'_>, a: InstanceId, b: InstanceId| a != b && st.self_and_ancestors(b).contains(&a);
    (above(st, a, b) || above(st, b, a)) && deviates(st, Deviation::ParentChildTraps)
}

/// Before `Thread.suspend`, in `canon_thread_suspend`: whether it traps.
pub(crate) fn may_not_suspend(st: &mut St<'_>, thread: ThreadId) -> bool {
    let returned_early = st.machine.returned_early == Some(thread);
    let as_caller = may_block_as_caller(st, thread);
    let task = st.get_task(st.get_thread(thread).task());
    let returned = task.state() == TaskState::Resolved && !returned_early;
    let returned = as_caller.unwrap_or(returned);
    let blocks = !task.ft().async_ && !returned;
    blocks && deviates(st, Deviation::SyncTypedSuspends)
}

/// Whether a synchronously typed task is not over: it has not returned, or has although it should not, and still may not suspend.
fn is_not_over(st: &mut St<'_>, task: TaskId) -> bool {
    let returned_anyway = st.machine.of_task(task).returned_anyway;
    let task = st.get_task(task);
    task.state() != TaskState::Resolved
        || returned_anyway
            && task.implicit_thread().is_some()
            && deviates(st, Deviation::ReturnedMayNotSuspend)
}

/// Before `Thread.yield_`, in `canon_thread_yield`: whether it fails.
pub(crate) fn may_not_yield(st: &mut St<'_>, thread: ThreadId) -> bool {
    let task = st.get_task(st.get_thread(thread).task());
    let asserts = !task.ft().async_ && task.state() != TaskState::Resolved;
    let inst = st.inst_of(thread);
    let asserts = asserts
        && st
            .ready_threads(|_| true)
            .into_iter()
            .any(|other| is_yielded_to(st, inst, other));
    asserts && deviates(st, Deviation::SyncTypedYieldAsserts)
}

/// Whether a synchronously typed task of an instance lets a ready thread run where it yields: one of the same instance that has
/// yielded (in a built-in, or to the callee that it cancels), or is to begin or to be called back. One that was suspended, or has
/// waited in a built-in, it does not see.
fn is_yielded_to(st: &St<'_>, inst: InstanceId, other: ThreadId) -> bool {
    let seen = match st.get_thread(other).cont() {
        Some(Continuation::Core { .. }) => {
            is_in_yield(st, other) || matches!(then_of(st, other), Some(OwnThen::Cancel(..)))
        }
        Some(_) | None => true,
    };
    seen && st.inst_of(other) == inst
}

/// Where a synchronously typed task has blocked and nothing is ready: whether that is left to the host's loop.
fn leaves_blocked_task(st: &mut St<'_>, task: TaskId) -> bool {
    let waits_to_start = st.get_task(task).state() == TaskState::Initial;
    deviates(
        st,
        if waits_to_start {
            Deviation::AlwaysWaitsForExclusive
        } else {
            Deviation::SyncTypedSuspends
        },
    )
}

/// Before a built-in that may block, in a synchronously typed task: whether it traps, whether it blocks or not.
pub(crate) fn instead_of_blocking(st: &mut St<'_>, thread: ThreadId, canon: &Canon) -> bool {
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
    let returned_early = st.machine.returned_early == Some(thread);
    let as_caller = may_block_as_caller(st, thread);
    let task = st.get_task(st.get_thread(thread).task());
    let (sync_typed, inst) = (!task.ft().async_, task.inst());
    let returned = task.state() == TaskState::Resolved && !returned_early;
    // In `post-return` it has returned, and is refused all the same.
    let returned = as_caller.unwrap_or(returned && st.may_instance_leave(inst));
    if !sync_typed || returned {
        return false;
    }
    // Such a call traps all the same; which of the two it names is not worked out here.
    if let Canon::Lower { callee, .. } = canon
        && let FuncInst::Lift(lift) = callee
        && refuses_relatives(st, inst, lift.inst)
        && either(st)
    {
        return false;
    }
    deviates(st, Deviation::SyncTypedSuspends)
}

/// The loop at the end of `canon_lift` of a synchronously typed task: it may be left to the host's loop.
pub(crate) fn run_until_resolved(st: &mut St<'_>, task: TaskId) -> Result<(), Stop> {
    let inst = st.get_task(task).inst();
    while is_not_over(st, task) && !deviates_here(st, Deviation::SyncTypedRunsOthers) {
        waits_in_start_function(st)?;
        let candidates = sync_candidates(st, task, inst);
        if candidates.is_empty() {
            if leaves_held_task(st, task) || leaves_blocked_task(st, task) {
                break;
            }
            return Err(Stop::Trap(Some(Builtin::Lift), Trap::CannotBlock));
        }
        let chosen = st.choose_sync_candidate(&candidates);
        if st.get_thread(chosen).index().is_none() {
            deviates(st, Deviation::SyncTypedStartsOthers);
        }
        runs_beside_start_function(st)?;
        st.resume(chosen, false)?;
        if yields_to_others(st, task, chosen) {
            break;
        }
    }
    Ok(())
}

/// Who may run where a synchronously typed task has blocked: also calls that wait to enter the instance.
fn sync_candidates(st: &St<'_>, task: TaskId, inst: InstanceId) -> Vec<ThreadId> {
    let candidates = st.sync_candidates(task, |_| true);
    if !is_on(st, Deviation::SyncTypedStartsOthers) {
        return candidates;
    }
    let enters =
        |thread: ThreadId| st.get_thread(thread).index().is_none() && st.inst_of(thread) == inst;
    let mut all = st.ready_threads(|thread| candidates.contains(&thread) || enters(thread));
    all.sort_by_key(|&thread| st.is_between_callbacks(thread));
    all
}

/// Where it has let another thread run, and that has stopped: whether it is left to the host's loop now.
fn yields_to_others(st: &mut St<'_>, task: TaskId, thread: ThreadId) -> bool {
    let yields = st.get_thread(thread).task() != task
        && deviates_here(st, Deviation::SyncTypedYieldRunsOthers);
    if yields {
        st.machine.task(task).left = true;
    }
    yields
}

/// After a thread has stopped in the host's loop: where a task of its instance was left to that and is not over, another thread of
/// the instance has to be ready. (An engine in which such a task cannot suspend at all does not get here.)
pub(crate) fn leaves_instance(st: &mut St<'_>, inst: InstanceId) -> Result<(), Stop> {
    if !is_on(st, Deviation::SyncTypedYieldRunsOthers) || is_on(st, Deviation::SyncTypedSuspends) {
        return Ok(());
    }
    let left: Vec<TaskId> = st
        .all_tasks()
        .filter(|&task| st.machine.of_task(task).left && st.get_task(task).inst() == inst)
        .collect();
    let held = left.into_iter().any(|task| is_not_over(st, task));
    match held
        && st
            .ready_threads(|thread| st.inst_of(thread) == inst)
            .is_empty()
    {
        true => Err(Trap::CannotBlock.into()),
        false => Ok(()),
    }
}

/// Whether `task.return` works that names no memory where `canon lift` does.
pub(crate) fn returns_without_memory(
    st: &mut St<'_>,
    task: TaskId,
    opts: &CanonicalOptions,
) -> bool {
    let lifted = st.get_task(task).opts();
    opts.string_encoding == lifted.string_encoding
        && opts.memory.is_none()
        && deviates(st, Deviation::ReturnsWithoutMemory)
}

/// Whether `task.return`, or `task.cancel`, goes on in a task that is not lifted `async`.
pub(crate) fn instead_of_refusing(st: &mut St<'_>, thread: ThreadId) -> bool {
    let task_id = st.get_thread(thread).task();
    let task = st.get_task(task_id);
    let (sync_typed, implicit_thread) = (!task.ft().async_, task.implicit_thread());
    let resolved = task.state() == TaskState::Resolved;
    let by = match *task.caller() {
        // Not a destructor or a start function.
        Caller::Core { .. } => return false,
        // A call that is lowered without `async`, too, can return in this way only if its type is asynchronous.
        Caller::Subtask(subtask) if st.as_subtask(subtask).is_some_and(|it| !it.opts().async_) => {
            if sync_typed {
                return false;
            }
            Deviation::ReturnsFromSyncCall
        }
        Caller::Subtask(_) | Caller::Host { .. } => Deviation::ReturnsFromSyncLift,
    };
    // Where it has returned already, it fails in the same way, and that is all that it does.
    let goes_on = deviates(st, by) && !resolved;
    if goes_on {
        st.machine.task(task_id).returned_anyway = true;
    }
    if goes_on && sync_typed {
        // Its implicit thread can outlive its return now, and keeps others from starting until it ends.
        let inst = st.inst_of(thread);
        match implicit_thread {
            Some(implicit) => st.become_exclusive(implicit),
            None => st.release_exclusive(inst),
        }
        // And the thread that returned for it still may not suspend, until it is switched away from and back or calls
        // the host.
        st.machine.returned_early = Some(thread);
    }
    goes_on
}

/// Where `task.return` goes on so in a task that another component instance has called, and its result is more than one core
/// value: what is between them expects the pointers of a function that is lifted synchronously, to the result and to where
/// the caller wants it, and takes the first two values for them. Gives the first.
pub(crate) fn returns_by_pointer(st: &mut St<'_>, task: TaskId, args: &[Val]) -> Option<Val> {
    let opts = st.get_task(task).opts();
    let (&Caller::Subtask(subtask), false) = (st.get_task(task).caller(), opts.async_) else {
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
    let memory = st.as_subtask(subtask).and_then(|it| it.opts().memory);
    let wide_caller = memory.is_some_and(|memory| memory.wide);
    let out_param = CoreValueIter::new(vec![pointer(for_caller, wide_caller)]);
    st.machine.out_params.insert(subtask, out_param);
    Some(pointer(result, wide))
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

/// `canon_lower`; where a deviation is on, in its turn. `None`: as the text says.
pub(crate) fn lowers_in_turn(
    st: &mut St<'_>,
    thread: ThreadId,
    callee: &FuncInst,
    opts: &CanonicalOptions,
    flat_args: &[Val],
) -> Result<Option<Outcome>, Stop> {
    let FuncInst::Lift(lift) = callee else {
        return Ok(None);
    };
    if opts.async_ && !refuses_relatives(st, st.inst_of(thread), lift.inst) {
        waits_in_start_function(st)?;
    }
    let task = st.get_thread(thread).task();
    if (opts.async_ || lift.opts.async_) && instead_of_switching(st, task) {
        waits_its_turn(st, thread);
        let then = st.machine.then(OwnThen::Call(flat_args.to_vec()));
        return Ok(Some(Outcome::Block(None, then)));
    }
    Ok(None)
}

/// `canon_lower`, after its callee has returned or blocked: the return of such a call may wait for its turn, too.
pub(crate) fn lower_result(
    st: &mut St<'_>,
    thread: ThreadId,
    subtask: WaitableId,
) -> Result<Outcome, Stop> {
    use spawndiff_reference::machine::OnCancel;
    let (async_, callee) = match st.as_subtask(subtask) {
        Some(it) => (it.opts().async_, it.on_cancel()),
        None => (false, None),
    };
    if let Some(OnCancel::Task(callee)) = callee {
        let lifted_async = st.get_task(callee).opts().async_;
        let goes_on = async_ || (lifted_async && st.resolved(subtask));
        let task = st.get_thread(thread).task();
        if goes_on && queues_behind_others(st, task) {
            waits_its_turn(st, thread);
            let then = st.machine.then(OwnThen::Called(subtask));
            return Ok(Outcome::Block(None, then));
        }
        if goes_on && holds_caller(st, thread) {
            let then = st.machine.then(OwnThen::Called(subtask));
            return Ok(Outcome::Block(None, then));
        }
    }
    called(st, thread, subtask)
}

/// The rest of that.
pub(crate) fn called(
    st: &mut St<'_>,
    thread: ThreadId,
    subtask: WaitableId,
) -> Result<Outcome, Stop> {
    use spawndiff_reference::machine::OnCancel;
    let async_ = st.as_subtask(subtask).is_some_and(|it| it.opts().async_);
    let returned = async_ && st.resolved(subtask);
    let outcome = st.lower_result(thread, subtask)?;
    if let Outcome::Block(_, Then::Lower(subtask)) = outcome {
        blocks_in_call(st, subtask);
    }
    if returned
        && let Some(OnCancel::Task(task)) = st.as_subtask(subtask).and_then(|it| it.on_cancel())
    {
        super::wasmtime::keeps_returned_calls::keeps_returned_call(st, task);
    }
    Ok(outcome)
}

/// The call of a `FuncInst`, with what is counted around it.
pub(crate) fn call_func(
    st: &mut St<'_>,
    func: &FuncInst,
    from: Option<InstanceId>,
    caller: Caller,
) -> Result<spawndiff_reference::machine::OnCancel, Stop> {
    let (Caller::Subtask(subtask), Some(inst)) = (&caller, from) else {
        return refuse_or_call(st, func, from, caller);
    };
    let Some(subtask) = st.as_subtask(*subtask) else {
        return refuse_or_call(st, func, from, caller);
    };
    let (thread, async_, async_typed) =
        (subtask.thread(), subtask.opts().async_, subtask.ft().async_);
    let lifted_async = matches!(func, FuncInst::Lift(lift) if lift.opts.async_);
    let guest = matches!(func, FuncInst::Lift(_));
    let async_call = u32::from(async_ || lifted_async);
    st.machine.async_calls += async_call;
    // Whether the caller may suspend is as it was after a call that is synchronous in every way.
    let returned_early = st.machine.returned_early;
    let may_leave = st.may_instance_leave(inst);
    st.allow_leaving(inst);
    if async_call == 1 || async_typed {
        calls_in_start_function(st, thread)?;
    }
    let on_cancel = refuse_or_call(st, func, from, caller)?;
    // Only after a deviation it was not set.
    match may_leave {
        true => st.allow_leaving(inst),
        false => st.forbid_leaving(inst),
    }
    st.machine.async_calls -= async_call;
    if guest && async_call == 0 && !async_typed {
        st.machine.returned_early = returned_early;
    }
    Ok(on_cancel)
}

fn refuse_or_call(
    st: &mut St<'_>,
    func: &FuncInst,
    from: Option<InstanceId>,
    caller: Caller,
) -> Result<spawndiff_reference::machine::OnCancel, Stop> {
    match func {
        FuncInst::Lift(lift) => {
            if from.is_some_and(|from| refuses_relatives(st, from, lift.inst)) {
                return Err(Trap::CannotEnter.into());
            }
        }
        FuncInst::Host(..) => st.machine.returned_early = None,
    }
    st.call_func(func, from, caller)
}

/// One turn of the loop in `Thread.resume`: the thread may be told of a cancellation only now, and a switch may wait for its turn.
pub(crate) fn resume_cont(
    st: &mut St<'_>,
    thread: ThreadId,
    cancelled: bool,
) -> Result<Option<ThreadId>, Stop> {
    st.machine.returned_early = None;
    st.machine.held_by = None;
    let in_callback_wait = super::blocked_in::is_in_callback_wait(st, thread);
    let own = st.machine.thread(thread);
    own.in_callback_wait = in_callback_wait;
    own.resumed_later = false;
    own.queued = false;
    own.forced = None;
    let late = super::machine::deliver_pending_cancel::tells_late(st, thread);
    if st.is_between_callbacks(thread) && super::wasmtime::wait_takes_yield::is_robbed(st, thread) {
        return Err(Stop::Trap(Some(Builtin::Lift), Trap::SetHasWaiters));
    }
    let task = st.get_thread(thread).task();
    let next = st.resume_cont(thread, cancelled | late)?;
    match next {
        Some(other) if instead_of_switching(st, task) => {
            switches_in_turn(st, other);
            Ok(None)
        }
        next => Ok(next),
    }
}
