//! `task.return` and `task.cancel` in a task that is not lifted `async`, where they are not refused.

use crate::St;
use crate::wasmtime::returns_from_sync_call::returns_from_sync_call;
use crate::wasmtime::returns_internal_error::returns_from_sync_lift;
use spawndiff_reference::machine::wasmi::Val;
use spawndiff_reference::machine::{Caller, CoreValueIter, TaskId, TaskState, ThreadId};

/// Whether `task.return`, or `task.cancel`, goes on in a task that is not lifted `async`.
pub(crate) fn instead_of_refusing(st: &mut St<'_>, thread: ThreadId) -> bool {
    let task_id = st.get_thread(thread).task();
    let task = st.get_task(task_id);
    let (sync_typed, implicit_thread) = (!task.ft().async_, task.implicit_thread());
    let resolved = task.state() == TaskState::Resolved;
    let returns = match *task.caller() {
        // Not a destructor or a start function.
        Caller::Core { .. } => return false,
        // A call that is lowered without `async`, too, can return in this way only if its type is asynchronous.
        Caller::Subtask(subtask) if st.as_subtask(subtask).is_some_and(|it| !it.opts().async_) => {
            if sync_typed {
                return false;
            }
            returns_from_sync_call(st)
        }
        Caller::Subtask(_) | Caller::Host { .. } => returns_from_sync_lift(st),
    };
    // Where it has returned already, it fails in the same way, and that is all that it does.
    let goes_on = returns && !resolved;
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
