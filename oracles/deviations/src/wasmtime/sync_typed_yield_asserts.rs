//! `thread.yield` in a synchronously typed task that has not returned, with another thread of the instance ready that has yielded,
//! or is to begin or to be called back, fails an assertion of the engine. A trap `cannot-block` stands for it. It is on only where
//! the engine failed that assertion.

use crate::blocked_in::{is_in_yield, then_of};
use crate::own::OwnThen;
use crate::{Deviation, St, deviates};
use spawndiff_reference::machine::{Continuation, InstanceId, TaskState, ThreadId};

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
