//! Streams and futures.

use super::conditions::{add, fix, not_in_set, not_waited_for};
use super::ends::{copy_state, end_of, index_of, is_stream, other_end, set_copy_state, side_of};
use super::idle_events::{idle_event_of, take_idle_event};
use super::own::OwnEvent;
use super::wakes::{drops_waited_for, wakes_in_vain};
use super::{Deviation, St, deviates, is_on};
use spawndiff_observation::Trap;
use spawndiff_reference::machine::{
    BufferId, CopyResult, CopyState, EventTuple, Outcome, Side, Stop, ThreadId, TrapIf, WaitableId,
    event_code,
};

/// `CopyEnd.drop`: the other end hears of it in more ways than the text has.
pub(crate) fn drop_end(st: &mut St<'_>, end: WaitableId) {
    st.drop_shared(end_of(st, end).shared());
    if take_idle_event(st, end) {
        loses_idle_event(st, end);
    }
    tells_idle_end(st, end);
    st.drop_replaces_completed(end);
    drops_waited_for(st, end);
    st.drop_waitable(end);
}

/// After the drop of an end.
fn tells_idle_end(st: &mut St<'_>, dropped: WaitableId) {
    if !is_on(st, Deviation::DropTellsIdleEnd) {
        return;
    }
    let other = other_end(st, dropped);
    if !copy_state(st, other).copying() && !st.has_pending_event(other) {
        let event = st.machine.event(OwnEvent::Idle { kept: false });
        st.set_pending_event(other, event);
    }
}

/// Where an end is lowered that was lifted before: to that engine it is the same one, with what it is to be told.
pub(crate) fn brings_idle_event(st: &mut St<'_>, new: WaitableId) {
    if !is_on(st, Deviation::DropTellsIdleEnd) {
        return;
    }
    let (shared, side) = (end_of(st, new).shared(), end_of(st, new).side());
    let old = st.all_waitables().find(|&waitable| {
        idle_event_of(st, waitable).is_some()
            && st
                .as_end(waitable)
                .is_some_and(|end| end.shared() == shared && end.side() == side)
    });
    if let Some(event) = old.and_then(|old| st.take_pending_event(old)) {
        st.set_pending_event(new, event);
    }
}

/// Where nothing is pending at the other end: whether a write of no elements completes all the same.
fn completes_zero_write(st: &mut St<'_>, end: WaitableId, buffer: BufferId) -> bool {
    let write = end_of(st, end).side() == Side::Writable && st.buffer(buffer).is_zero_length();
    if !write {
        return false;
    }
    let other = other_end(st, end);
    let read = end_of(st, other).copy().map(|(_, buffer)| buffer);
    st.was_completed(other)
        && read.is_some_and(|read| st.buffer(read).is_zero_length())
        && deviates(st, Deviation::ZeroWriteCompletes)
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
                if copier.is_some_and(|copier| super::waiting::fails_without_copier(st, copier)) {
                    return Err(super::internal_error::internal_error());
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

/// The event of an end that was not copying.
pub(crate) fn idle_event(st: &mut St<'_>, end: WaitableId, kept: bool) -> Result<EventTuple, Stop> {
    deviates(
        st,
        match kept {
            true => Deviation::CopyKeepsIdleEvent,
            false => Deviation::DropTellsIdleEnd,
        },
    );
    if deviates(st, Deviation::IdleEventEnds) {
        set_copy_state(st, end, CopyState::Done);
    }
    let (shared, side) = (end_of(st, end).shared(), end_of(st, end).side());
    let index = index_of(st, end).unwrap_or_default();
    let code = event_code(is_stream(st, shared), side);
    Ok(EventTuple(code, index, CopyResult::Dropped as u32))
}

/// Before something is copied from or to a buffer that is not aligned.
pub(crate) fn transfer(st: &mut St<'_>, from: BufferId, to: BufferId, n: u32) -> Result<(), Stop> {
    if n > 0 && !(st.is_aligned(from) && st.is_aligned(to)) {
        return Err(Trap::UnalignedPointer.into());
    }
    st.transfer(from, to, n)
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
    // A synchronous copy of an end in a set is begun, and traps if it blocks.
    if conditions.contains(&TrapIf::InWaitableSet) && deviates(st, Deviation::CopiesInSet) {
        conditions.retain(|it| *it != TrapIf::InWaitableSet);
    }
    // One with nothing wrong but that its buffer is not aligned is begun.
    if conditions[..] == [TrapIf::BufferUnaligned] && deviates(st, Deviation::CopiesUnaligned) {
        conditions.clear();
    }
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
    if copies && st.get_waitable(end).has_sync_waiter() && deviates(st, Deviation::CancelsSyncCopy)
    {
        conditions.retain(|it| *it != TrapIf::NotCopying);
    }
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

/// The conditions of `lift_async_value`: an end is passed on whose copy another thread has cancelled, while one waits for it.
pub(crate) fn traps_of_lift(st: &mut St<'_>, end: WaitableId, conditions: &mut Vec<TrapIf>) {
    let state = copy_state(st, end);
    let holds = [
        (TrapIf::OtherEnd, side_of(st, end) != Side::Readable),
        (TrapIf::EndIsDone, state == CopyState::Done),
        (TrapIf::EndIsBusy, state.copying()),
    ];
    fix(st, end, conditions, &holds);
    let waited_for = is_on(st, Deviation::CancelsSyncCopy)
        && st.get_waitable(end).has_sync_waiter()
        && !copy_state(st, end).copying();
    if waited_for {
        add(conditions, TrapIf::LiftsInWaitableSet);
    }
}

/// `Waitable.wait_for_pending_event`: a copy of an end that is in a set traps where it would block.
pub(crate) fn wait_for_pending_event(
    st: &mut St<'_>,
    thread: ThreadId,
    waitable: WaitableId,
) -> Result<Outcome, Stop> {
    if st.as_end(waitable).is_some() {
        not_in_set(st, waitable, false)?;
    }
    st.wait_for_pending_event(thread, waitable)
}

/// After a copy that did not block: gives it back.
pub(crate) fn give_idle_event(st: &mut St<'_>, end: WaitableId) {
    if is_on(st, Deviation::CopyKeepsIdleEvent) {
        let event = st.machine.event(OwnEvent::Idle { kept: true });
        st.set_pending_event(end, event);
    } else {
        loses_idle_event(st, end);
    }
}

/// Where it is gone for good: it may have woken a thread that waits for the set.
fn loses_idle_event(st: &mut St<'_>, end: WaitableId) {
    if let Some(set) = st.get_waitable(end).wset() {
        deviates(st, Deviation::DropTellsIdleEnd);
        super::waiting::goes_stale(st, set);
    }
    wakes_in_vain(st, end);
}
