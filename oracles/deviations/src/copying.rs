//! Streams and futures.

use super::own::OwnEvent;
use super::{Deviation, St, deviates, is_on};
use spawndiff_observation::Trap;
use spawndiff_reference::machine::{
    BufferId, CopyEnd, CopyResult, CopyState, EventTuple, Handle, Outcome, SharedId, Side, Stop,
    ThreadId, TrapIf, ValType, WaitableId, event_code,
};

/// An end.
pub(crate) fn end_of<'s>(st: &'s St<'_>, end: WaitableId) -> &'s CopyEnd {
    match st.as_end(end) {
        Some(end) => end,
        None => unreachable!("only ends are asked as ends"),
    }
}

/// Whether what two ends share is a stream.
pub(crate) fn is_stream(st: &St<'_>, shared: SharedId) -> bool {
    matches!(st.get_shared(shared).ty(), ValType::Stream(_))
}

/// The other end of a stream or future.
fn other_end(st: &St<'_>, end: WaitableId) -> WaitableId {
    let end = end_of(st, end);
    st.end_of_side(end.shared(), end.side().other())
}

/// The index of a waitable, if it is in a table.
pub(crate) fn index_of(st: &St<'_>, waitable: WaitableId) -> Option<u32> {
    st.all_instances()
        .find_map(|inst| st.handles(inst).index_of(Handle::Waitable(waitable)))
}

/// The event of an end that is not copying, if it has one.
fn idle_event_of(st: &St<'_>, end: WaitableId) -> Option<OwnEvent> {
    let event = st.machine.of_event(st.get_waitable(end).pending_event());
    event.filter(|event| matches!(event, OwnEvent::Idle { .. }))
}

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
                    return Err(super::leaving::internal_error());
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

/// Before an end is dropped whose copy another thread has cancelled: the thread that waited on waits for ever.
pub(crate) fn drops_waited_for(st: &mut St<'_>, end: WaitableId) {
    if st.get_waitable(end).has_sync_waiter() {
        st.has_no_sync_waiter(end);
        super::waiting::abandons_waiter(st, end);
    }
}

/// Before something is copied from or to a buffer that is not aligned.
pub(crate) fn transfer(st: &mut St<'_>, from: BufferId, to: BufferId, n: u32) -> Result<(), Stop> {
    if n > 0 && !(st.is_aligned(from) && st.is_aligned(to)) {
        return Err(Trap::UnalignedPointer.into());
    }
    st.transfer(from, to, n)
}

/// `CopyEnd.state`, as this machine has it.
pub(crate) fn copy_state(st: &St<'_>, end: WaitableId) -> CopyState {
    let own = st.machine.copy_states.get(&end).copied();
    own.unwrap_or(end_of(st, end).state())
}

/// From here on, the state of an end is that of this machine.
pub(crate) fn set_copy_state(st: &mut St<'_>, end: WaitableId, state: CopyState) {
    st.machine.copy_states.insert(end, state);
}

/// The side that an end is of, as this machine has it.
pub(crate) fn side_of(st: &St<'_>, end: WaitableId) -> Side {
    let own = st.machine.taken_for.get(&end).copied();
    own.unwrap_or(end_of(st, end).side())
}

/// Of an end whose side or state is that of this machine: which of these conditions hold.
fn fix(st: &St<'_>, end: WaitableId, conditions: &mut Vec<TrapIf>, holds: &[(TrapIf, bool)]) {
    let own = st.machine.taken_for.contains_key(&end) || st.machine.copy_states.contains_key(&end);
    if own {
        conditions.retain(|it| !holds.iter().any(|(of, _)| of == it));
        conditions.extend(holds.iter().filter(|it| it.1).map(|it| it.0));
        conditions.sort_unstable();
    }
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
        super::cancelling::add(conditions, TrapIf::LiftsInWaitableSet);
    }
}

/// After the cancellation of a copy that a thread waits for, and before another one: such a thread waits by a set of its own, in which
/// a synchronous copy or cancellation finds the end.
fn not_waited_for(st: &St<'_>, end: WaitableId, async_: bool, conditions: &mut Vec<TrapIf>) {
    if conditions.is_empty() && st.get_waitable(end).has_sync_waiter() && !async_ {
        conditions.push(TrapIf::InWaitableSet);
    }
}

/// `Waitable.wait_for_pending_event`: a copy of an end that is in a set traps where it would block.
pub(crate) fn wait_for_pending_event(
    st: &mut St<'_>,
    thread: ThreadId,
    waitable: WaitableId,
) -> Result<Outcome, Stop> {
    if st.as_end(waitable).is_some() {
        super::cancelling::not_in_set(st, waitable, false)?;
    }
    st.wait_for_pending_event(thread, waitable)
}

/// Before a copy: takes the event of an end that was not copying.
pub(crate) fn take_idle_event(st: &mut St<'_>, end: WaitableId) -> bool {
    let idle = idle_event_of(st, end).is_some();
    if idle {
        st.take_pending_event(end);
    }
    idle
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
    super::waiting::wakes_in_vain(st, end);
}
