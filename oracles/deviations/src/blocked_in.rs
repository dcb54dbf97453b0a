//! Where a thread has blocked: in which built-in, and how that goes on, or between two calls of its callback.

use crate::St;
use crate::own::OwnThen;
use crate::turns::ready_func;
use spawndiff_reference::machine::{Canon, Continuation, ReadyFunc, ThreadId};

/// The built-in in which a thread has blocked.
fn blocked_in<'s>(st: &'s St<'_>, thread: ThreadId) -> Option<&'s Canon> {
    match st.get_thread(thread).cont() {
        Some(Continuation::Core { builtin, .. }) => Some(st.get_canon(*builtin)),
        Some(_) | None => None,
    }
}

/// Returns how the built-in goes on in which a thread has blocked, if that is a way that the text does not have.
pub(crate) fn then_of<'s>(st: &'s St<'_>, thread: ThreadId) -> Option<&'s OwnThen> {
    match st.get_thread(thread).cont() {
        Some(Continuation::Core { then, .. }) => st.machine.of_then(*then),
        Some(_) | None => None,
    }
}

/// Whether a thread is in a built-in that yields by the specification: also after a cancellation, until its turn comes.
pub(crate) fn is_in_yield(st: &St<'_>, thread: ThreadId) -> bool {
    matches!(
        blocked_in(st, thread),
        Some(
            Canon::ThreadYield { .. }
                | Canon::ThreadYieldThenResume { .. }
                | Canon::ThreadYieldThenPromote { .. }
        )
    )
}

/// Whether a thread is in a built-in that suspends it, and not in one that yields or waits.
pub(crate) fn is_in_suspend(st: &St<'_>, thread: ThreadId) -> bool {
    matches!(
        blocked_in(st, thread),
        Some(
            Canon::ThreadSuspend { .. }
                | Canon::ThreadSuspendThenResume { .. }
                | Canon::ThreadSuspendThenPromote { .. }
        )
    )
}

/// Whether a thread waits for its callback after WAIT.
pub(crate) fn is_in_callback_wait(st: &St<'_>, thread: ThreadId) -> bool {
    matches!(
        st.get_thread(thread).cont(),
        Some(Continuation::CallbackWait(_))
    )
}

/// Whether a thread yields in a built-in: it is ready there whatever happens, and not because of `Thread.resume_later`.
pub(crate) fn yields_in_built_in(st: &St<'_>, thread: ThreadId) -> bool {
    let in_built_in = matches!(
        st.get_thread(thread).cont(),
        Some(Continuation::Core { .. })
    );
    let in_built_in = in_built_in && !st.machine.of_thread(thread).resumed_later;
    in_built_in && ready_func(st, thread) == Some(ReadyFunc::Always)
}
