//! The `match code` in the loop of `canon_lift`: what a callback has returned, and whether the thread is told of a cancellation
//! then.

use crate::St;
use crate::told_in_turn::tell_in_turn;
use crate::turns::waits;
use crate::wasmtime::cancel_misses_callback_yield::tells_next_callback;
use crate::wasmtime::queues_switches::queues_behind_others;
use crate::wasmtime::tells_in_turn::{tells_in_turn, tells_in_turn_after_wait};
use spawndiff_observation::Builtin;
use spawndiff_reference::machine::{
    CallbackCode, Continuation, Next, ReadyFunc, Stop, TaskState, ThreadId,
};

/// The `match code`, with the index of the waitable set.
pub(crate) fn callback_returned(
    st: &mut St<'_>,
    thread: ThreadId,
    code: CallbackCode,
    si: u32,
) -> Result<Next, Stop> {
    let inst = st.inst_of(thread);
    match code {
        CallbackCode::Yield if instead_of_telling(st, thread) => {
            st.release_exclusive(inst);
            waits(st, thread, ReadyFunc::NotExclusive(inst));
            let _ = st.block_internal::<bool>(thread, true);
            return Ok(Next::Block(None, Continuation::CallbackYield));
        }
        CallbackCode::Wait => {
            st.release_exclusive(inst);
            let set = st.get_set(inst, si);
            let set = set.map_err(|stop| stop.by(Builtin::Callback))?;
            if instead_of_waiting(st, thread) {
                st.begin_waiting(set);
                return Ok(Next::Block(None, Continuation::CallbackWait(set)));
            }
        }
        CallbackCode::Exit | CallbackCode::Yield => {}
    }
    st.callback_returned(thread, code, si)
}

/// Where a callback has returned YIELD: whether it is told of a cancellation only at its next turn.
fn instead_of_telling(st: &mut St<'_>, thread: ThreadId) -> bool {
    let task = st.get_thread(thread).task();
    (st.get_task(task).state() == TaskState::PendingCancel || st.machine.of_task(task).told_late)
        && (tells_next_callback(st) || tells_in_turn(st, thread))
}

/// Where a callback has returned WAIT: whether it is told of a cancellation only in its turn.
fn instead_of_waiting(st: &mut St<'_>, thread: ThreadId) -> bool {
    let task = st.get_thread(thread).task();
    let pending =
        st.get_task(task).state() == TaskState::PendingCancel || st.machine.of_task(task).told_late;
    let tells = pending && (queues_behind_others(st, task) || tells_in_turn_after_wait(st, thread));
    if tells {
        tell_in_turn(st, thread, true);
    }
    tells
}
