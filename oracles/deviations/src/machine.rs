//! Which function of the text is left where: the functions of the machine, each with what is done otherwise in it.

use super::own::{Deviating, OwnEvent, OwnThen};
use super::{
    Deviation, St, cancelling, copying, crossing, destroying, deviates, ends, idle_events,
    internal_error, leaving, starting, switching, turns, waiting, wakes,
};
use spawndiff_observation::Trap;
use spawndiff_reference::machine::wasmi;
use spawndiff_reference::machine::{
    Activity, Args, BufferId, CallbackCode, Caller, Cancelled, Canon, Continuation, CopyState,
    CoreValueIter, EventCode, EventTuple, Flow, FuncInst, Handle, InstanceId, Machine, Next,
    OnCancel, Outcome, PendingEvent, ReadyFunc, ResourceTypeId, Returning, SetId, SharedId, Side,
    Site, Stop, SubtaskState, TaskId, TaskState, Then, ThreadId, TrapIf, ValType, Value,
    WaitableId,
};

impl Machine for Deviating {
    const ASSERTS: bool = false;

    fn resume_cont(
        st: &mut St<'_>,
        thread: ThreadId,
        cancelled: Cancelled,
    ) -> Result<Option<ThreadId>, Stop> {
        switching::resume_cont(st, thread, cancelled)
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
        switching::leaves_instance(st, inst)
    }

    fn run_until_resolved(st: &mut St<'_>, task: TaskId) -> Result<(), Stop> {
        switching::run_until_resolved(st, task)
    }

    fn call_func(
        st: &mut St<'_>,
        func: &FuncInst,
        from: Option<InstanceId>,
        caller: Caller,
    ) -> Result<OnCancel, Stop> {
        switching::call_func(st, func, from, caller)
    }

    fn has_backpressure(st: &St<'_>, task: TaskId) -> bool {
        switching::has_backpressure(st, task)
    }

    fn waits_to_enter(st: &mut St<'_>, task: TaskId) -> bool {
        switching::waits_to_enter(st, task)
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
            Activity::Start | Activity::Callee => starting::begins_in_start_function(st, thread),
            Activity::PostReturn => leaving::begins_post_return(st, st.get_thread(thread).task()),
            Activity::Callback | Activity::Within(_) => {}
        }
        st.begin_core_call(thread, activity);
    }

    fn end_core_call(st: &mut St<'_>, thread: ThreadId, activity: &Activity) -> Result<(), Stop> {
        st.end_core_call(thread, activity)?;
        match activity {
            Activity::Start | Activity::Callee => starting::outlives_start_function(st, thread),
            Activity::PostReturn => leaving::ends_post_return(st, st.get_thread(thread).task()),
            Activity::Callback | Activity::Within(_) => Ok(()),
        }
    }

    fn may_leave(st: &mut St<'_>, thread: ThreadId, canon: &Canon) -> Result<bool, Stop> {
        if !leaving::may_leave(st, thread, canon) {
            return Ok(false);
        }
        match switching::instead_of_blocking(st, thread, canon) {
            true => Err(Trap::CannotBlock.into()),
            false => Ok(true),
        }
    }

    fn current_task(st: &St<'_>, thread: ThreadId) -> TaskId {
        leaving::returning_task(st, thread)
    }

    fn start_function(st: &mut St<'_>, inst: InstanceId, func: wasmi::Func) -> Result<(), Stop> {
        starting::begins_start_function(st);
        st.start_function(inst, func)?;
        st.machine.starting = None;
        Ok(())
    }

    fn set_pending_event(st: &mut St<'_>, waitable: WaitableId, event: PendingEvent) {
        st.set_pending_event(waitable, event);
        waiting::wakes_one(st, waitable);
    }

    fn get_pending_event(st: &mut St<'_>, waitable: WaitableId) -> Result<EventTuple, Stop> {
        let set = st.get_waitable(waitable).wset();
        let event = st.get_pending_event(waitable)?;
        if let Some(set) = set {
            waiting::goes_stale(st, set);
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
                waiting::goes_stale(st, old);
            }
        }
        st.join(waitable, wset);
    }

    fn wait_for_pending_event(
        st: &mut St<'_>,
        thread: ThreadId,
        waitable: WaitableId,
    ) -> Result<Outcome, Stop> {
        copying::wait_for_pending_event(st, thread, waitable)
    }

    fn waited_for_pending_event(
        st: &mut St<'_>,
        thread: ThreadId,
        waitable: WaitableId,
    ) -> Result<Outcome, Stop> {
        waiting::waited_for_pending_event(st, thread, waitable)
    }

    fn waited_for_event(
        st: &mut St<'_>,
        thread: ThreadId,
        set: SetId,
        cancelled: Cancelled,
    ) -> Result<Flow<EventTuple>, Stop> {
        waiting::waited_for_event(st, thread, set, cancelled)
    }

    fn callback_returned(
        st: &mut St<'_>,
        thread: ThreadId,
        code: CallbackCode,
        si: u32,
    ) -> Result<Next, Stop> {
        use spawndiff_observation::Builtin;
        let inst = st.inst_of(thread);
        match code {
            CallbackCode::Yield if cancelling::instead_of_telling(st, thread) => {
                st.release_exclusive(inst);
                turns::waits(st, thread, ReadyFunc::NotExclusive(inst));
                let _ = st.block_internal::<bool>(thread, true);
                return Ok(Next::Block(None, Continuation::CallbackYield));
            }
            CallbackCode::Wait => {
                st.release_exclusive(inst);
                let set = st.get_set(inst, si);
                let set = set.map_err(|stop| stop.by(Builtin::Callback))?;
                if cancelling::instead_of_waiting(st, thread) {
                    st.begin_waiting(set);
                    return Ok(Next::Block(None, Continuation::CallbackWait(set)));
                }
            }
            CallbackCode::Exit | CallbackCode::Yield => {}
        }
        st.callback_returned(thread, code, si)
    }

    fn request_cancellation(
        st: &mut St<'_>,
        task: TaskId,
        caller: Option<InstanceId>,
    ) -> Result<(), Stop> {
        cancelling::request_cancellation(st, task, caller)
    }

    fn cancellation_candidates(st: &mut St<'_>, task: TaskId) -> Vec<ThreadId> {
        cancelling::cancellation_candidates(st, task)
    }

    fn resume_cancelled(
        st: &mut St<'_>,
        thread: ThreadId,
        caller: Option<InstanceId>,
    ) -> Result<(), Stop> {
        cancelling::resume_cancelled(st, thread, caller)
    }

    fn deliver_pending_cancel(st: &mut St<'_>, thread: ThreadId, cancellable: bool) -> bool {
        cancelling::deliver_pending_cancel(st, thread, cancellable)
    }

    fn cancellation_requested(
        st: &mut St<'_>,
        thread: ThreadId,
        subtask: WaitableId,
        async_: bool,
    ) -> Result<Outcome, Stop> {
        cancelling::cancellation_requested(st, thread, subtask, async_)
    }

    fn shared_copy(
        st: &mut St<'_>,
        thread: ThreadId,
        end: WaitableId,
        buffer: BufferId,
    ) -> Result<(), Stop> {
        copying::shared_copy(st, thread, end, buffer)
    }

    fn transfer(st: &mut St<'_>, from: BufferId, to: BufferId, n: u32) -> Result<(), Stop> {
        copying::transfer(st, from, to, n)
    }

    fn drop_end(st: &mut St<'_>, end: WaitableId) -> Result<(), Stop> {
        copying::drop_end(st, end);
        Ok(())
    }

    fn new_end(st: &mut St<'_>, shared: SharedId, side: Side) -> Result<WaitableId, Stop> {
        let end = st.new_end(shared, side)?;
        copying::brings_idle_event(st, end);
        Ok(end)
    }

    fn lower_result(
        st: &mut St<'_>,
        thread: ThreadId,
        subtask: WaitableId,
    ) -> Result<Outcome, Stop> {
        switching::lower_result(st, thread, subtask)
    }

    fn lift_result(
        st: &mut St<'_>,
        task: TaskId,
        returning: Returning<'_>,
    ) -> Result<Option<Value>, Stop> {
        let resolved = st.get_task(task).state() == TaskState::Resolved;
        if !resolved {
            waiting::returns_without_caller(st, task)?;
        }
        match returning {
            Returning::TaskReturn(_, _, args) => {
                match switching::returns_by_pointer(st, task, args) {
                    Some(pointer) => st.lift_result(task, Returning::Results(&[pointer])),
                    None => st.lift_result(task, returning),
                }
            }
            // It has returned before, so what comes of this shows nowhere but in the trap of that.
            Returning::Results(_) if resolved => match st.lift_values(task, returning) {
                Err(Stop::Trap(..)) => Ok(None),
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
        leaving::subtask_state(st, subtask)
    }

    fn resolve(st: &mut St<'_>, task: TaskId, result: Option<Option<Value>>) -> Result<(), Stop> {
        cancelling::remembers_cancellation(st, task);
        st.resolve(task, result)
    }

    fn on_resolve(
        st: &mut St<'_>,
        subtask: WaitableId,
        result: Option<Option<Value>>,
    ) -> Result<(), Stop> {
        waiting::not_without_caller_of(st, subtask)?;
        st.on_resolve(subtask, result)
    }

    fn call_destructor(
        st: &mut St<'_>,
        thread: ThreadId,
        rt: ResourceTypeId,
        rep: u32,
    ) -> Result<Outcome, Stop> {
        destroying::call_destructor(st, thread, rt, rep)
    }

    fn shrink_alignment(st: &mut St<'_>) -> u64 {
        match deviates(st, Deviation::ShrinksAligned) {
            true => 2,
            false => st.shrink_alignment(),
        }
    }

    fn canon(
        st: &mut St<'_>,
        thread: ThreadId,
        canon: &Canon,
        args: &Args<'_>,
    ) -> Result<Outcome, Stop> {
        let outcome = canon_otherwise(st, thread, canon, args)?;
        if let Outcome::Block(Some(_), _) = outcome {
            starting::switches_in_start_function(st, thread)?;
        }
        Ok(outcome)
    }

    fn traps(st: &mut St<'_>, site: Site<'_>, conditions: &mut Vec<TrapIf>) -> Result<(), Stop> {
        match site {
            Site::TaskReturn { thread, task, opts } => {
                if conditions[..] != [TrapIf::ReturnsNotAsync] {
                    let others = [TrapIf::ReturnsNotAsync, TrapIf::ReturnsWithOtherOptions];
                    let only_options = conditions.contains(&TrapIf::ReturnsWithOtherOptions)
                        && conditions.iter().all(|it| others.contains(it));
                    if only_options && switching::returns_without_memory(st, task, opts) {
                        conditions.retain(|it| *it != TrapIf::ReturnsWithOtherOptions);
                    }
                }
                if conditions[..] == [TrapIf::ReturnsNotAsync]
                    && switching::instead_of_refusing(st, thread)
                {
                    conditions.clear();
                }
            }
            Site::TaskCancel { thread, task } => {
                if conditions.contains(&TrapIf::CancelNotDelivered)
                    && cancelling::cancels_undelivered(st, task)
                {
                    conditions.retain(|it| *it != TrapIf::CancelNotDelivered);
                }
                if conditions[..] == [TrapIf::CancelsNotAsync]
                    && switching::instead_of_refusing(st, thread)
                {
                    conditions.clear();
                }
            }
            Site::WaitableSetDrop(set) => waiting::traps_of_set_drop(st, set, conditions),
            Site::WaitableJoin { waitable, si } => {
                waiting::traps_of_join(st, waitable, si, conditions);
            }
            Site::SubtaskCancel { subtask, async_ } => {
                cancelling::traps_of_subtask_cancel(st, subtask, async_, conditions);
            }
            Site::SubtaskDrop(subtask) => {
                if leaving::drops_held(st, subtask) {
                    conditions.clear();
                }
            }
            Site::Copy { end, side, async_ } => {
                if let Some(end) = end {
                    copying::traps_of_copy(st, end, side, async_, conditions);
                }
            }
            Site::CancelCopy { end, side, async_ } => {
                copying::traps_of_cancel_copy(st, end, side, async_, conditions);
            }
            Site::DropEnd { end, side } => {
                copying::traps_of_drop_end(st, end, side, conditions);
            }
            Site::LiftAsyncValue(end) => copying::traps_of_lift(st, end, conditions),
            Site::LiftOwn(handle) => destroying::lifts_lent(st, handle, conditions),
            Site::ResourceDrop(handle) => destroying::drops_lent(st, handle, conditions),
        }
        Ok(())
    }

    fn returned(st: &St<'_>, task: TaskId) -> Option<Option<Value>> {
        match leaving::blocks_in_post_return(st, task) {
            true => None,
            false => st.returned(task),
        }
    }

    fn leftover(st: &mut St<'_>) -> Option<bool> {
        waiting::leftover(st)
    }

    fn own_ready(st: &St<'_>, key: u64) -> bool {
        waiting::own_ready(st, key)
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
            Some(OwnThen::Called(subtask)) => switching::called(st, thread, subtask),
            Some(OwnThen::Cancel(subtask, async_)) => {
                cancelling::has_yielded(st, thread, subtask, async_)
            }
            Some(OwnThen::Destroyed) => Ok(Outcome::nothing()),
            None => unreachable!("the number was given out by this machine"),
        }
    }

    fn own_event(st: &mut St<'_>, waitable: WaitableId, key: u64) -> Result<EventTuple, Stop> {
        match st.machine.of_event(Some(PendingEvent::Own(key))) {
            Some(OwnEvent::Idle { kept }) => copying::idle_event(st, waitable, kept),
            Some(OwnEvent::Crossed(event)) => crossing::crossed_event(st, waitable, event),
            None => unreachable!("the number was given out by this machine"),
        }
    }
}

/// A canonical definition, with what is done otherwise before and after it.
fn canon_otherwise(
    st: &mut St<'_>,
    thread: ThreadId,
    canon: &Canon,
    args: &Args<'_>,
) -> Result<Outcome, Stop> {
    let inst = st.inst_of(thread);
    match canon {
        Canon::Lower { callee, opts, .. } => {
            let values = args.values();
            if let Some(waits) = switching::lowers_in_turn(st, thread, callee, opts, values)? {
                return Ok(waits);
            }
        }
        Canon::ThreadIndex => {
            if let Some(index) = leaving::index_of_thread(st, thread) {
                return Ok(Outcome::returns(index));
            }
        }
        Canon::WaitableSetWait { memory, .. } | Canon::WaitableSetPoll { memory, .. } => {
            let (si, ptr) = (args.i32(0)?, args.word(1, memory.wide)?);
            st.get_set(inst, si)?;
            if waiting::takes_yield(st, thread) {
                let nothing = EventTuple(EventCode::None, 0, 0);
                return st.unpack_event(thread, *memory, ptr, nothing);
            }
        }
        Canon::WaitableJoin => {
            let wi = args.i32(0)?;
            if let Handle::Waitable(waitable) = st.get_handle(inst, wi)?
                && waiting::forgets(st, waitable)
                && waiting::means_another(st, inst, wi, waitable)?.is_none()
            {
                let mut traps = vec![Trap::SubtaskNotResolved];
                if waiting::is_another_waited_for(st) {
                    traps.push(Trap::WaitableInSet);
                }
                st.trap_of(&traps)?;
            }
        }
        Canon::SubtaskCancel { async_ } => {
            let subtask = st.get_subtask(inst, args.i32(0)?)?;
            if waiting::forgets(st, subtask) {
                return cancelling::cancels_another(st, thread, subtask, *async_);
            }
        }
        Canon::SubtaskDrop => {
            let i = args.i32(0)?;
            let mut subtask = st.get_subtask(inst, i)?;
            if waiting::forgets(st, subtask) {
                match waiting::means_another(st, inst, i, subtask)? {
                    Some(other) => subtask = other,
                    None => return Err(internal_error::internal_error()),
                }
            }
            let outcome = st.canon(thread, canon, args)?;
            waiting::was_dropped(st, subtask);
            return Ok(outcome);
        }
        Canon::Copy { ty, side, opts } => {
            let Some(end) = end_named(st, inst, ty, args)? else {
                return st.canon(thread, canon, args);
            };
            if crossing::has_crossed(st, end) {
                let (end, buffer) = st.copy_operands(thread, args.of_copy(ty, *side, opts)?)?;
                let copied = crossing::copy_crossed(st, thread, end, *side, buffer, opts.async_)?;
                return Ok(copied.widened(canon.returns_wide()));
            }
            let idle = idle_events::take_idle_event(st, end);
            let outcome = st.canon(thread, canon, args)?;
            if idle {
                copying::give_idle_event(st, end);
            }
            return Ok(outcome);
        }
        Canon::CancelCopy { ty, side, async_ } => {
            let Some(end) = end_named(st, inst, ty, args)? else {
                return st.canon(thread, canon, args);
            };
            let copies = ends::copy_state(st, end) == CopyState::Copying;
            let wrong = ends::side_of(st, end) != *side;
            if copies
                && (crossing::has_crossed(st, end) || wrong && crossing::cancels_other_end(st))
            {
                return crossing::cancel_crossed(st, end, *side, *async_);
            }
            let told = st.has_pending_event(end);
            let outcome = st.canon(thread, canon, args)?;
            if told {
                wakes::wakes_in_vain(st, end);
            }
            return Ok(outcome);
        }
        Canon::DropEnd { ty, side } => {
            if let Some(end) = end_named(st, inst, ty, args)?
                && ends::side_of(st, end) == *side
                && !ends::copy_state(st, end).copying()
                && crossing::has_crossed(st, end)
            {
                st.remove_handle(inst, args.i32(0)?)?;
                return crossing::drop_crossed(st, end, *side);
            }
        }
        Canon::ThreadSuspend { .. } if switching::may_not_suspend(st, thread) => {
            return Err(Trap::CannotBlock.into());
        }
        Canon::ThreadYield { .. } if switching::may_not_yield(st, thread) => {
            return Err(Trap::CannotBlock.into());
        }
        Canon::ThreadSuspendThenResume { cancellable }
        | Canon::ThreadYieldThenResume { cancellable }
            if cancelling::tells_first(st, thread, *cancellable) =>
        {
            return Ok(Outcome::returns(1));
        }
        Canon::ThreadSuspendThenPromote { cancellable }
        | Canon::ThreadYieldThenPromote { cancellable } => {
            if cancelling::tells_first(st, thread, *cancellable) {
                return Ok(Outcome::returns(1));
            }
            let other = st.other_thread(inst, args.i32(0)?)?;
            let yields = matches!(canon, Canon::ThreadYieldThenPromote { .. });
            let itself = other == thread && super::is_on(st, Deviation::PromotesItself);
            if !itself
                && let Some(flow) =
                    switching::instead_of_promoting(st, thread, *cancellable, other, yields)
            {
                return Ok(flow?.into());
            }
        }
        _ => {}
    }
    st.canon(thread, canon, args)
}

/// The end of this type that the first argument of a built-in names, if it names one.
fn end_named(
    st: &St<'_>,
    inst: InstanceId,
    ty: &ValType,
    args: &Args<'_>,
) -> Result<Option<WaitableId>, Stop> {
    let handle = st.get_handle(inst, args.i32(0)?);
    Ok(handle.and_then(|handle| st.end_of(handle, ty)).ok())
}
