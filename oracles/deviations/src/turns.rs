//! Waiting for a turn: whether a thread is ready, as this machine has it, and how a thread waits that the text would have go on at
//! once.

use crate::St;
use crate::own::NEVER;
use spawndiff_reference::machine::{ReadyFunc, ThreadId};

/// Returns the condition that a thread waits for, if it waits: one that always holds where the thread has been woken for good, and
/// one that never holds where it is never to be.
pub(crate) fn ready_func(st: &St<'_>, thread: ThreadId) -> Option<ReadyFunc> {
    let waits_for = st.get_thread(thread).ready_func();
    match st.machine.of_thread(thread).forced {
        Some(true) => waits_for.map(|_| ReadyFunc::Always),
        Some(false) => waits_for.map(|_| NEVER),
        None => waits_for,
    }
}

/// `Thread.ready`, as this machine has it.
pub(crate) fn is_ready(st: &St<'_>, thread: ThreadId) -> bool {
    match st.machine.of_thread(thread).forced {
        Some(forced) => st.get_thread(thread).waiting() && forced,
        None => st.ready(thread),
    }
}

/// A wait, or a yield, that blocks for certain and cannot be cancelled.
pub(crate) fn waits(st: &mut St<'_>, thread: ThreadId, ready_func: ReadyFunc) {
    st.machine.thread(thread).forced = None;
    st.start_waiting_internal(thread, ready_func);
    let _ = st.block_internal::<bool>(thread, false);
}

/// Makes a thread ready that should have run at once.
pub(crate) fn waits_its_turn(st: &mut St<'_>, thread: ThreadId) {
    waits(st, thread, ReadyFunc::Always);
    st.machine.thread(thread).queued = true;
}

/// Like [`waits_its_turn`], for a thread that is switched to. The thread can still be cancelled if it could be while it was
/// suspended.
pub(crate) fn switches_in_turn(st: &mut St<'_>, thread: ThreadId) {
    let cancellable = st.get_thread(thread).cancellable();
    st.machine.thread(thread).resumed_later = false;
    waits_its_turn(st, thread);
    let _ = st.block_internal::<bool>(thread, cancellable);
}
