//! The canonical definitions, whole: what is done otherwise before and after each.

use super::{copies, lower};
use crate::wasmtime::{
    cancels_other_end, forgets_subtasks, leaves_in_called_post_return, promotes_nothing,
    promotes_suspended, sync_typed_suspends, sync_typed_yield_asserts, tells_before_checking,
    wait_takes_yield,
};
use crate::{Deviation, St, ends, idle_events, is_on, wakes};
use spawndiff_observation::Trap;
use spawndiff_reference::machine::{
    Args, Canon, CopyState, EventCode, EventTuple, Flow, InstanceId, Outcome, Stop, ThreadId,
    ValType, WaitableId,
};

/// A canonical definition, with what is done otherwise before and after it.
pub(crate) fn canon_otherwise(
    st: &mut St<'_>,
    thread: ThreadId,
    canon: &Canon,
    args: &Args<'_>,
) -> Result<Outcome, Stop> {
    let inst = st.inst_of(thread);
    match canon {
        Canon::Lower { callee, opts, .. } => {
            let values = args.values();
            if let Some(waits) = lower::lowers_in_turn(st, thread, callee, opts, values)? {
                return Ok(waits);
            }
        }
        Canon::ThreadIndex => {
            if let Some(index) = leaves_in_called_post_return::index_of_thread(st, thread) {
                return Ok(Outcome::returns(index));
            }
        }
        Canon::WaitableSetWait { memory, .. } | Canon::WaitableSetPoll { memory, .. } => {
            let (si, ptr) = (args.i32(0)?, args.word(1, memory.wide)?);
            st.get_set(inst, si)?;
            if wait_takes_yield::takes_yield(st, thread) {
                let nothing = EventTuple(EventCode::None, 0, 0);
                return st.unpack_event(thread, *memory, ptr, nothing);
            }
        }
        Canon::WaitableJoin => {
            let wi = args.i32(0)?;
            forgets_subtasks::refuses_join(st, inst, wi)?;
        }
        Canon::SubtaskCancel { async_ } => {
            let subtask = st.get_subtask(inst, args.i32(0)?)?;
            if forgets_subtasks::forgets(st, subtask) {
                return forgets_subtasks::cancels_another(st, thread, subtask, *async_);
            }
        }
        Canon::SubtaskDrop => {
            let i = args.i32(0)?;
            let subtask = forgets_subtasks::subtask_to_drop(st, inst, i)?;
            let outcome = st.canon(thread, canon, args)?;
            forgets_subtasks::was_dropped(st, subtask);
            return Ok(outcome);
        }
        Canon::Copy { ty, side, opts } => {
            let Some(end) = end_named(st, inst, ty, args)? else {
                return st.canon(thread, canon, args);
            };
            if cancels_other_end::has_crossed(st, end) {
                let (end, buffer) = st.copy_operands(thread, args.of_copy(ty, *side, opts)?)?;
                let copied =
                    cancels_other_end::copy_crossed(st, thread, end, *side, buffer, opts.async_)?;
                return Ok(copied.widened(canon.returns_wide()));
            }
            let idle = idle_events::take_idle_event(st, end);
            let outcome = st.canon(thread, canon, args)?;
            if idle {
                copies::give_idle_event(st, end);
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
                && (cancels_other_end::has_crossed(st, end)
                    || wrong && cancels_other_end::cancels_other_end(st))
            {
                return cancels_other_end::cancel_crossed(st, end, *side, *async_);
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
                && cancels_other_end::has_crossed(st, end)
            {
                st.remove_handle(inst, args.i32(0)?)?;
                return cancels_other_end::drop_crossed(st, end, *side);
            }
        }
        Canon::ThreadSuspend { .. } if sync_typed_suspends::may_not_suspend(st, thread) => {
            return Err(Trap::CannotBlock.into());
        }
        Canon::ThreadYield { .. } if sync_typed_yield_asserts::may_not_yield(st, thread) => {
            return Err(Trap::CannotBlock.into());
        }
        Canon::ThreadSuspendThenResume { cancellable }
        | Canon::ThreadYieldThenResume { cancellable }
            if tells_before_checking::tells_first(st, thread, *cancellable) =>
        {
            return Ok(Outcome::returns(1));
        }
        Canon::ThreadSuspendThenPromote { cancellable }
        | Canon::ThreadYieldThenPromote { cancellable } => {
            if tells_before_checking::tells_first(st, thread, *cancellable) {
                return Ok(Outcome::returns(1));
            }
            let other = st.other_thread(inst, args.i32(0)?)?;
            let yields = matches!(canon, Canon::ThreadYieldThenPromote { .. });
            let itself = other == thread && is_on(st, Deviation::PromotesItself);
            if !itself
                && let Some(flow) = instead_of_promoting(st, thread, *cancellable, other, yields)
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

/// Before `Thread.suspend_then_promote` (or, with `yields`, `Thread.yield_then_promote`): what is done instead. `None`: nothing
/// else.
fn instead_of_promoting(
    st: &mut St<'_>,
    thread: ThreadId,
    cancellable: bool,
    other: ThreadId,
    yields: bool,
) -> Option<Result<Flow, Stop>> {
    let instead = promotes_suspended::instead_of_promoting(st, thread, cancellable, other, yields);
    instead.or_else(|| {
        promotes_nothing::instead_of_promoting(st, thread, cancellable, other, yields).map(Ok)
    })
}
