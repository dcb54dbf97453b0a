//! Being told of a cancellation in turn: a thread that the text would resume with it at once is made ready, and told when it is
//! resumed.

use crate::St;
use crate::blocked_in::is_in_callback_wait;
use crate::turns::{waits, waits_its_turn};
use spawndiff_reference::machine::{ReadyFunc, ThreadId};

/// Makes a thread ready to be told of the cancellation of its task, unless another one is told before.
pub(crate) fn tell_in_turn(st: &mut St<'_>, thread: ThreadId, between_callbacks: bool) {
    let task = st.get_thread(thread).task();
    if !st.machine.of_task(task).told_late {
        st.pend_cancellation(task);
    }
    if st.get_thread(thread).waiting() {
        st.stop_waiting_internal(thread, true);
    }
    if between_callbacks {
        let inst = st.inst_of(thread);
        waits(st, thread, ReadyFunc::NotExclusive(inst));
        st.machine.thread(thread).queued = true;
    } else {
        waits_its_turn(st, thread);
    }
    st.machine.thread(thread).told = true;
}

/// Where a thread that may wait for its callback is to be told in its turn: it no longer waits for its set.
pub(crate) fn tells_alone(st: &mut St<'_>, thread: ThreadId) {
    st.machine.thread(thread).told_alone = is_in_callback_wait(st, thread);
}
