//! `canon_lower`: the call and its return, each of which may wait for its turn, and what is counted around the call.

use crate::St;
use crate::own::OwnThen;
use crate::turns::waits_its_turn;
use crate::wasmtime::holds_caller::{blocks_in_call, holds_caller};
use crate::wasmtime::keeps_returned_calls::keeps_returned_call;
use crate::wasmtime::parent_child_traps::refuses_relatives;
use crate::wasmtime::queues_switches::{instead_of_switching, queues_behind_others};
use crate::wasmtime::start_function_waits::waits_in_start_function;
use crate::wasmtime::start_function_yields::calls_in_start_function;
use spawndiff_observation::Trap;
use spawndiff_reference::machine::wasmi::Val;
use spawndiff_reference::machine::{
    Caller, CanonicalOptions, FuncInst, InstanceId, OnCancel, Outcome, Stop, Then, ThreadId,
    WaitableId,
};

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
    let async_ = st.as_subtask(subtask).is_some_and(|it| it.opts().async_);
    let returned = async_ && st.resolved(subtask);
    let outcome = st.lower_result(thread, subtask)?;
    if let Outcome::Block(_, Then::Lower(subtask)) = outcome {
        blocks_in_call(st, subtask);
    }
    if returned
        && let Some(OnCancel::Task(task)) = st.as_subtask(subtask).and_then(|it| it.on_cancel())
    {
        keeps_returned_call(st, task);
    }
    Ok(outcome)
}

/// The call of a `FuncInst`, with what is counted around it.
pub(crate) fn call_func(
    st: &mut St<'_>,
    func: &FuncInst,
    from: Option<InstanceId>,
    caller: Caller,
) -> Result<OnCancel, Stop> {
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
) -> Result<OnCancel, Stop> {
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
