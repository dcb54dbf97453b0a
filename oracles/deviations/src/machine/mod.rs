//! Which function of the text is left where: the functions of the machine, each with what is done otherwise in it. Where one
//! function of the text is left by several causes, in an order, a file of its own here has that order.

mod builtins;
mod callback_returned;
mod copies;
mod deliver_pending_cancel;
mod lower;
mod may_leave;
mod post_return;
mod request_cancellation;
mod resources;
mod resume_cont;
mod run_until_resolved;
mod subtask_cancel;
mod task_return;
mod traps;
mod waits;

use crate::own::{Deviating, NEVER, OwnEvent, OwnThen};
use crate::wasmtime::{
    cancels_other_end, copies_in_set, copies_unaligned, copy_keeps_idle_event, forgets_subtasks,
    keeps_returned_calls, leaves_in_called_post_return, outlived_caller_fails,
    outlived_start_function_fails, shrinks_aligned, stale_wait_fails, start_function_waits,
    start_function_yields, sync_call_skips_queue, sync_typed_suspends,
    sync_typed_yield_runs_others, tells_after_return, waits_for_exclusive, wakes_excluded,
};
use crate::{St, held_returns, idle_events, turns, wakes};
use spawndiff_observation::Trap;
use spawndiff_reference::machine::wasmi;
use spawndiff_reference::machine::{
    Activity, Args, BufferId, CallbackCode, Caller, Cancelled, Canon, CoreValueIter, EventTuple,
    Flow, FuncInst, InstanceId, Machine, Next, OnCancel, Outcome, PendingEvent, ReadyFunc,
    ResourceTypeId, Returning, SetId, SharedId, Side, Site, Stop, SubtaskState, TaskId, TaskState,
    Then, ThreadId, TrapIf, Value, WaitableId,
};

impl Machine for Deviating {
    const ASSERTS: bool = false;

    fn resume_cont(
        st: &mut St<'_>,
        thread: ThreadId,
        cancelled: Cancelled,
    ) -> Result<Option<ThreadId>, Stop> {
        resume_cont::resume_cont(st, thread, cancelled)
    }

    fn ready(st: &St<'_>, thread: ThreadId) -> bool {
        turns::is_ready(st, thread)
    }

    fn resume_later(st: &mut St<'_>, thread: ThreadId) {
        st.machine.thread(thread).resumed_later = true;
        st.resume_later(thread);
    }

    fn run_ready(st: &mut St<'_>, thread: ThreadId) -> Result<(), Stop> {
        let inst = st.inst_of(thread);
        st.run_ready(thread)?;
        sync_typed_yield_runs_others::leaves_instance(st, inst)
    }

    fn run_until_resolved(st: &mut St<'_>, task: TaskId) -> Result<(), Stop> {
        run_until_resolved::run_until_resolved(st, task)
    }

    fn call_func(
        st: &mut St<'_>,
        func: &FuncInst,
        from: Option<InstanceId>,
        caller: Caller,
    ) -> Result<OnCancel, Stop> {
        lower::call_func(st, func, from, caller)
    }

    fn has_backpressure(st: &St<'_>, task: TaskId) -> bool {
        st.has_backpressure(task) || waits_for_exclusive::has_to_wait(st, task)
    }

    fn waits_to_enter(st: &mut St<'_>, task: TaskId) -> bool {
        if sync_call_skips_queue::skips_queue(st, task) {
            return false;
        }
        let waits = st.waits_to_enter(task);
        let deviates = waits_for_exclusive::waits_for_exclusive(st, task);
        waits || deviates
    }

    fn needs_exclusive(st: &St<'_>, task: TaskId) -> bool {
        !st.machine.of_task(task).skips_queue && st.needs_exclusive(task)
    }

    fn exit_implicit_thread(st: &mut St<'_>, thread: ThreadId) -> Result<(), Stop> {
        Self::unregister_thread(st, thread)?;
        let inst = st.inst_of(thread);
        // A task may not have been exclusive that needs to be, and one may have been that does not.
        if st.exclusive_thread(inst) == Some(thread) {
            st.release_exclusive(inst);
        }
        Ok(())
    }

    fn unregister_thread(st: &mut St<'_>, thread: ThreadId) -> Result<(), Stop> {
        match st.machine.of_thread(thread).passes_for_caller {
            // Its own place is gone already.
            Some(_) => st.leave_task(thread)?,
            None => st.unregister_thread(thread)?,
        }
        let own = st.machine.thread(thread);
        own.passes_for_caller = None;
        own.ended = true;
        Ok(())
    }

    fn begin_core_call(st: &mut St<'_>, thread: ThreadId, activity: &Activity) {
        match activity {
            Activity::Start | Activity::Callee => {
                outlived_start_function_fails::begins_in_start_function(st, thread)
            }
            Activity::PostReturn => {
                post_return::begins_post_return(st, st.get_thread(thread).task())
            }
            Activity::Callback | Activity::Within(_) => {}
        }
        st.begin_core_call(thread, activity);
    }

    fn end_core_call(st: &mut St<'_>, thread: ThreadId, activity: &Activity) -> Result<(), Stop> {
        st.end_core_call(thread, activity)?;
        match activity {
            Activity::Start | Activity::Callee => {
                outlived_start_function_fails::outlives_start_function(st, thread)
            }
            Activity::PostReturn => post_return::ends_post_return(st, st.get_thread(thread).task()),
            Activity::Callback | Activity::Within(_) => Ok(()),
        }
    }

    fn may_leave(st: &mut St<'_>, thread: ThreadId, canon: &Canon) -> Result<bool, Stop> {
        if !may_leave::may_leave(st, thread, canon) {
            return Ok(false);
        }
        match sync_typed_suspends::instead_of_blocking(st, thread, canon) {
            true => Err(Trap::CannotBlock.into()),
            false => Ok(true),
        }
    }

    fn current_task(st: &St<'_>, thread: ThreadId) -> TaskId {
        leaves_in_called_post_return::returning_task(st, thread)
    }

    fn start_function(st: &mut St<'_>, inst: InstanceId, func: wasmi::Func) -> Result<(), Stop> {
        // Its task is the next one that there is.
        st.machine.starting = Some(st.next_task());
        st.machine.start_function_blocked = false;
        st.start_function(inst, func)?;
        st.machine.starting = None;
        Ok(())
    }

    fn set_pending_event(st: &mut St<'_>, waitable: WaitableId, event: PendingEvent) {
        st.set_pending_event(waitable, event);
        wakes_excluded::wakes_one(st, waitable);
    }

    fn get_pending_event(st: &mut St<'_>, waitable: WaitableId) -> Result<EventTuple, Stop> {
        let set = st.get_waitable(waitable).wset();
        let event = st.get_pending_event(waitable)?;
        if let Some(set) = set {
            stale_wait_fails::goes_stale(st, set);
        }
        Ok(event)
    }

    fn get_pending_event_of_set(st: &mut St<'_>, set: SetId) -> Result<EventTuple, Stop> {
        let waitable = st.choose_waitable(set);
        let event = Self::get_pending_event(st, waitable);
        wakes::wakes_in_vain(st, waitable);
        event
    }

    fn join(st: &mut St<'_>, waitable: WaitableId, wset: Option<SetId>) {
        if let Some(old) = st.get_waitable(waitable).wset() {
            st.join(waitable, None);
            if st.has_pending_event(waitable) {
                stale_wait_fails::goes_stale(st, old);
            }
        }
        st.join(waitable, wset);
    }

    fn wait_for_pending_event(
        st: &mut St<'_>,
        thread: ThreadId,
        waitable: WaitableId,
    ) -> Result<Outcome, Stop> {
        copies_in_set::blocks_in_set(st, waitable)?;
        st.wait_for_pending_event(thread, waitable)
    }

    fn waited_for_pending_event(
        st: &mut St<'_>,
        thread: ThreadId,
        waitable: WaitableId,
    ) -> Result<Outcome, Stop> {
        waits::waited_for_pending_event(st, thread, waitable)
    }

    fn waited_for_event(
        st: &mut St<'_>,
        thread: ThreadId,
        set: SetId,
        cancelled: Cancelled,
    ) -> Result<Flow<EventTuple>, Stop> {
        waits::waited_for_event(st, thread, set, cancelled)
    }

    fn callback_returned(
        st: &mut St<'_>,
        thread: ThreadId,
        code: CallbackCode,
        si: u32,
    ) -> Result<Next, Stop> {
        callback_returned::callback_returned(st, thread, code, si)
    }

    fn request_cancellation(
        st: &mut St<'_>,
        task: TaskId,
        caller: Option<InstanceId>,
    ) -> Result<(), Stop> {
        request_cancellation::request_cancellation(st, task, caller)
    }

    fn cancellation_candidates(st: &mut St<'_>, task: TaskId) -> Vec<ThreadId> {
        request_cancellation::cancellation_candidates(st, task)
    }

    fn resume_cancelled(
        st: &mut St<'_>,
        thread: ThreadId,
        caller: Option<InstanceId>,
    ) -> Result<(), Stop> {
        request_cancellation::resume_cancelled(st, thread, caller)
    }

    fn deliver_pending_cancel(st: &mut St<'_>, thread: ThreadId, cancellable: bool) -> bool {
        deliver_pending_cancel::deliver_pending_cancel(st, thread, cancellable)
    }

    fn cancellation_requested(
        st: &mut St<'_>,
        thread: ThreadId,
        subtask: WaitableId,
        async_: bool,
    ) -> Result<Outcome, Stop> {
        subtask_cancel::cancellation_requested(st, thread, subtask, async_)
    }

    fn shared_copy(
        st: &mut St<'_>,
        thread: ThreadId,
        end: WaitableId,
        buffer: BufferId,
    ) -> Result<(), Stop> {
        copies::shared_copy(st, thread, end, buffer)
    }

    fn transfer(st: &mut St<'_>, from: BufferId, to: BufferId, n: u32) -> Result<(), Stop> {
        copies_unaligned::transfer(st, from, to, n)
    }

    fn drop_end(st: &mut St<'_>, end: WaitableId) -> Result<(), Stop> {
        copies::drop_end(st, end);
        Ok(())
    }

    fn new_end(st: &mut St<'_>, shared: SharedId, side: Side) -> Result<WaitableId, Stop> {
        let end = st.new_end(shared, side)?;
        idle_events::brings_idle_event(st, end);
        Ok(end)
    }

    fn lower_result(
        st: &mut St<'_>,
        thread: ThreadId,
        subtask: WaitableId,
    ) -> Result<Outcome, Stop> {
        lower::lower_result(st, thread, subtask)
    }

    fn lift_result(
        st: &mut St<'_>,
        task: TaskId,
        returning: Returning<'_>,
    ) -> Result<Option<Value>, Stop> {
        let resolved = st.get_task(task).state() == TaskState::Resolved;
        if !resolved {
            outlived_caller_fails::returns_without_caller(st, task)?;
        }
        match returning {
            Returning::TaskReturn(_, _, args) => {
                match task_return::returns_by_pointer(st, task, args) {
                    Some(pointer) => st.lift_result(task, Returning::Results(&[pointer])),
                    None => st.lift_result(task, returning),
                }
            }
            // The task has returned before, and `Task.return_` traps for that. A trap while lifting must not come in its place.
            Returning::Results(_) if resolved => match st.lift_values(task, returning) {
                Err(Stop::Trap(_)) => Ok(None),
                lifted => lifted,
            },
            Returning::Results(_) => st.lift_result(task, returning),
        }
    }

    fn out_param(st: &St<'_>, subtask: WaitableId) -> CoreValueIter {
        match st.machine.out_params.get(&subtask) {
            Some(own) => own.clone(),
            None => st.out_param(subtask),
        }
    }

    fn subtask_state(st: &St<'_>, subtask: WaitableId) -> SubtaskState {
        held_returns::subtask_state(st, subtask)
    }

    fn resolve(st: &mut St<'_>, task: TaskId, result: Option<Option<Value>>) -> Result<(), Stop> {
        tells_after_return::remembers_cancellation(st, task);
        st.resolve(task, result)
    }

    fn on_resolve(
        st: &mut St<'_>,
        subtask: WaitableId,
        result: Option<Option<Value>>,
    ) -> Result<(), Stop> {
        outlived_caller_fails::not_without_caller_of(st, subtask)?;
        st.on_resolve(subtask, result)
    }

    fn call_destructor(
        st: &mut St<'_>,
        thread: ThreadId,
        rt: ResourceTypeId,
        rep: u32,
    ) -> Result<Outcome, Stop> {
        resources::call_destructor(st, thread, rt, rep)
    }

    fn shrink_alignment(st: &mut St<'_>) -> u64 {
        shrinks_aligned::shrink_alignment(st)
    }

    fn canon(
        st: &mut St<'_>,
        thread: ThreadId,
        canon: &Canon,
        args: &Args<'_>,
    ) -> Result<Outcome, Stop> {
        let outcome = builtins::canon_otherwise(st, thread, canon, args)?;
        if let Outcome::Block(Some(_), _) = outcome {
            start_function_waits::waits_in_start_function(st)?;
            start_function_yields::switches_in_start_function(st, thread)?;
        }
        Ok(outcome)
    }

    fn traps(st: &mut St<'_>, site: Site<'_>, conditions: &mut Vec<TrapIf>) -> Result<(), Stop> {
        traps::traps(st, site, conditions);
        Ok(())
    }

    fn returned(st: &St<'_>, task: TaskId) -> Option<Option<Value>> {
        match held_returns::blocks_in_post_return(st, task) {
            true => None,
            false => st.returned(task),
        }
    }

    fn leftover(st: &mut St<'_>) -> Option<bool> {
        if !st.is_leftover_told() {
            return None;
        }
        if keeps_returned_calls::has_kept_calls(st) {
            return Some(true);
        }
        let (left, waitables) = st.left();
        let all_forgotten = |st: &mut St<'_>| {
            waitables
                .into_iter()
                .all(|it| forgets_subtasks::forgets(st, it))
        };
        Some(left > 0 || !all_forgotten(st))
    }

    fn own_ready(st: &St<'_>, key: u64) -> bool {
        let returned = |task: TaskId| st.get_task(task).state() == TaskState::Resolved;
        ReadyFunc::Own(key) != NEVER && st.all_tasks().nth(key as usize).is_some_and(returned)
    }

    fn own_then(
        st: &mut St<'_>,
        thread: ThreadId,
        canon: &Canon,
        key: u64,
    ) -> Result<Outcome, Stop> {
        match st.machine.of_then(Then::Own(key)).cloned() {
            Some(OwnThen::Call(args)) => match canon {
                Canon::Lower { callee, ft, opts } => st.canon_lower(thread, callee, ft, opts, args),
                _ => unreachable!("only a call waits for its turn so"),
            },
            Some(OwnThen::Called(subtask)) => lower::called(st, thread, subtask),
            Some(OwnThen::Cancel(subtask, async_)) => {
                subtask_cancel::has_yielded(st, thread, subtask, async_)
            }
            Some(OwnThen::Destroyed) => Ok(Outcome::nothing()),
            None => unreachable!("the number was given out by this machine"),
        }
    }

    fn own_event(st: &mut St<'_>, waitable: WaitableId, key: u64) -> Result<EventTuple, Stop> {
        match st.machine.of_event(Some(PendingEvent::Own(key))) {
            Some(OwnEvent::ComponentCache) => Ok(copy_keeps_idle_event::kept_event(st, waitable)),
            Some(OwnEvent::Crossed(event)) => cancels_other_end::crossed_event(st, waitable, event),
            None => unreachable!("the number was given out by this machine"),
        }
    }
}
