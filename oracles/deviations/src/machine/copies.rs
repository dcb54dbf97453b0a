//! Streams and futures: their copies, the drops of their ends, and the conditions of both.

use crate::St;
use crate::conditions::{fix, not_waited_for};
use crate::ends::{copy_state, end_of, is_stream, side_of};
use crate::idle_events::{loses_idle_event, take_idle_event};
use crate::internal_error::internal_error;
use crate::wakes::drops_waited_for;
use crate::wasmtime::cancels_sync_copy::{cancels_sync_copy, lifts_waited_for};
use crate::wasmtime::copies_in_set::begins_in_set;
use crate::wasmtime::copies_unaligned::begins_unaligned;
use crate::wasmtime::copy_keeps_idle_event::keeps_idle_event;
use crate::wasmtime::outlived_caller_fails::fails_without_caller;
use crate::wasmtime::outlived_copier_fails::fails_without_copier;
use crate::wasmtime::zero_write_completes::completes_zero_write;
use spawndiff_reference::machine::{
    BufferId, CopyResult, CopyState, Side, Stop, ThreadId, TrapIf, WaitableId,
};

/// `CopyEnd.drop`: the other end hears of it in more ways than the text has.
pub(crate) fn drop_end(st: &mut St<'_>, end: WaitableId) {
    st.drop_shared(end_of(st, end).shared());
    if take_idle_event(st, end) {
        loses_idle_event(st, end);
    }
    st.drop_tells_idle_end(end);
    st.drop_replaces_completed(end);
    drops_waited_for(st, end);
    st.drop_waitable(end);
}

/// `read` or `write` of what is shared.
pub(crate) fn shared_copy(
    st: &mut St<'_>,
    thread: ThreadId,
    end: WaitableId,
    buffer: BufferId,
) -> Result<(), Stop> {
    let shared = end_of(st, end).shared();
    if !st.get_shared(shared).dropped() {
        match st.pending_copy(shared) {
            Some((of, _)) => {
                let copier = st.machine.copiers.get(&of).copied();
                if copier.is_some_and(|copier| {
                    fails_without_caller(st, copier) || fails_without_copier(st, copier)
                }) {
                    return Err(internal_error());
                }
            }
            None => {
                if completes_zero_write(st, end, buffer) {
                    st.on_copy_done(end, CopyResult::Completed, false);
                    return Ok(());
                }
            }
        }
    }
    st.machine.copiers.insert(end, thread);
    st.shared_copy(end, buffer)
}

/// The conditions of `stream_copy` and `future_copy`, with an end of theirs.
pub(crate) fn traps_of_copy(
    st: &mut St<'_>,
    end: WaitableId,
    side: Side,
    async_: bool,
    conditions: &mut Vec<TrapIf>,
) {
    let (wrong, state) = (side_of(st, end) != side, copy_state(st, end));
    let in_set = !wrong && !async_ && st.get_waitable(end).wset().is_some();
    let holds = [
        (TrapIf::OtherEnd, wrong),
        (TrapIf::EndIsDone, state == CopyState::Done),
        (TrapIf::EndIsBusy, state.copying()),
        (TrapIf::InWaitableSet, in_set),
    ];
    fix(st, end, conditions, &holds);
    begins_in_set(st, conditions);
    begins_unaligned(st, conditions);
    not_waited_for(st, end, async_, conditions);
}

/// The conditions of `cancel_copy`.
pub(crate) fn traps_of_cancel_copy(
    st: &mut St<'_>,
    end: WaitableId,
    side: Side,
    async_: bool,
    conditions: &mut Vec<TrapIf>,
) {
    let copies = copy_state(st, end) == CopyState::Copying;
    let waiter = st.get_waitable(end).has_sync_waiter();
    let holds = [
        (TrapIf::OtherEnd, side_of(st, end) != side),
        (TrapIf::NotCopying, !copies || waiter),
    ];
    fix(st, end, conditions, &holds);
    cancels_sync_copy(st, end, copies, conditions);
    not_waited_for(st, end, async_, conditions);
}

/// The conditions of the drop of an end.
pub(crate) fn traps_of_drop_end(
    st: &mut St<'_>,
    end: WaitableId,
    side: Side,
    conditions: &mut Vec<TrapIf>,
) {
    let (wrong, state) = (side_of(st, end) != side, copy_state(st, end));
    let future = !is_stream(st, end_of(st, end).shared()) && !wrong;
    let unwritten = future && side == Side::Writable && state != CopyState::Done;
    let holds = [
        (TrapIf::OtherEnd, wrong),
        (TrapIf::FutureNotWritten, unwritten),
        (TrapIf::DropsWhileCopying, state.copying()),
    ];
    fix(st, end, conditions, &holds);
}

/// The conditions of `lift_async_value`.
pub(crate) fn traps_of_lift(st: &mut St<'_>, end: WaitableId, conditions: &mut Vec<TrapIf>) {
    let state = copy_state(st, end);
    let holds = [
        (TrapIf::OtherEnd, side_of(st, end) != Side::Readable),
        (TrapIf::EndIsDone, state == CopyState::Done),
        (TrapIf::EndIsBusy, state.copying()),
    ];
    fix(st, end, conditions, &holds);
    lifts_waited_for(st, end, conditions);
}

/// After a copy that did not block, of an end that had an event although it was not copying: it has that back, or not.
pub(crate) fn give_idle_event(st: &mut St<'_>, end: WaitableId) {
    if !keeps_idle_event(st, end) {
        loses_idle_event(st, end);
    }
}
