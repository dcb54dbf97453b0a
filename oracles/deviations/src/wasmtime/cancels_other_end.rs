//! `{stream,future}.cancel-read` of a writable end that copies, and `cancel-write` of a readable one, says CANCELLED; the copy goes
//! on, and the end is taken for an idle one of the other side. What comes of that copy cannot be told then, which is an internal
//! error. A trap `subtask-not-resolved` stands for it.
//!
//! Such a stream or future has crossed, as it is called here: a copy of one end was cancelled as if it were a copy of the other,
//! and from then on the end is taken for an idle one of the other side. What comes of the copy is still told of where it was begun.
//!
//! This file overrides no function of the text. It is a second state machine for such a stream or future: it catches the built-ins
//! whole, and keeps all of its state to itself.

use super::copies_unaligned::transfer;
use super::wakes_excluded::wakes_one;
use crate::conditions::not_in_set;
use crate::ends::{copy_state, end_of, is_stream, set_copy_state};
use crate::internal_error::internal_error;
use crate::own::{Deviating, OwnEvent};
use crate::wakes::{drops_waited_for, wakes_in_vain};
use crate::{Deviation, St, deviates};
use spawndiff_observation::Trap;
use spawndiff_reference::machine::{
    BLOCKED, BufferId, Change, CopyResult, CopyState, EventTuple, Machine, Outcome, PendingEvent,
    SharedId, Side, Stop, ThreadId, WaitableId, event_code,
};

/// The state of a stream or future that crossed, beside its ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crossed {
    readable: Slot,
    writable: Slot,
    /// Whether the value of a future has been copied.
    written: bool,
}

/// The state of one side of a stream or future that crossed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    Open,
    /// A copy that waits for the other side: which end was named for it, which need not be of this side.
    Ready(WaitableId, BufferId),
    Dropped,
}

/// The result of a copy of an end that crossed, of which nobody has been told yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CrossedEvent {
    result: CopyResult,
    progress: u32,
    /// The end that was named for the copy; `None`: there was no copy.
    of: Option<WaitableId>,
}

impl Crossed {
    fn slot(&mut self, side: Side) -> &mut Slot {
        match side {
            Side::Readable => &mut self.readable,
            Side::Writable => &mut self.writable,
        }
    }
}

/// Whether the built-in that cancels a copy of the other end is let work on this one.
pub(crate) fn cancels_other_end(st: &mut St<'_>) -> bool {
    deviates(st, Deviation::CancelsOtherEnd)
}

/// Whether an end is one of a stream or future that crossed.
pub(crate) fn has_crossed(st: &mut St<'_>, end: WaitableId) -> bool {
    let shared = end_of(st, end).shared();
    st.machine.crossed.contains_key(&shared)
}

/// A copy, of an end that is taken for an idle one of this side.
pub(crate) fn copy_crossed(
    st: &mut St<'_>,
    thread: ThreadId,
    end: WaitableId,
    side: Side,
    buffer: BufferId,
    async_: bool,
) -> Result<Outcome, Stop> {
    let shared = end_of(st, end).shared();
    if crossed(st, shared).written {
        return Err(Trap::CopyEndDone.into());
    }
    set_copy_state(st, end, CopyState::Copying);
    let theirs = *crossed(st, shared).slot(side.other());
    let (result, progress) = match theirs {
        Slot::Ready(of, their_buffer) => {
            *crossed(st, shared).slot(side.other()) = Slot::Open;
            match meet_crossed(st, shared, side, buffer, of, their_buffer)? {
                Some(n) => (CopyResult::Completed, n),
                None => return wait_crossed(st, thread, end, side, buffer, async_),
            }
        }
        Slot::Open => return wait_crossed(st, thread, end, side, buffer, async_),
        Slot::Dropped => (CopyResult::Dropped, 0),
    };
    settle_crossed(st, end, result);
    Ok(Outcome::returns(payload(st, shared, result, progress)))
}

/// `cancel_copy`, of an end that copies, whichever side it is of.
pub(crate) fn cancel_crossed(
    st: &mut St<'_>,
    end: WaitableId,
    side: Side,
    async_: bool,
) -> Result<Outcome, Stop> {
    let shared = end_of(st, end).shared();
    cross(st, shared);
    let told = st.end_of_side(shared, side);
    not_in_set(st, told, async_)?;
    if st.get_waitable(told).has_sync_waiter() && !async_ {
        return Err(Trap::WaitableInSet.into());
    }
    let mut payload = CopyResult::Cancelled as u32;
    if let Some(mut event) = event_of(st, told) {
        let completed = is_stream(st, shared) && event.result == CopyResult::Completed;
        if completed && st.changed(Change::CancelledBeatsCompleted) {
            event.result = CopyResult::Cancelled;
            set_event(st, told, Some(event));
        }
        EventTuple(_, _, payload) = Deviating::get_pending_event(st, told)?;
        wakes_in_vain(st, told);
    }
    if let slot @ Slot::Ready(..) = crossed(st, shared).slot(side) {
        *slot = Slot::Open;
    }
    if copy_state(st, end).copying() {
        set_copy_state(st, end, CopyState::Idle);
        st.machine.taken_for.insert(end, side);
    }
    Ok(Outcome::returns(payload))
}

/// The drop of an end that is taken for an idle one of this side. It is no longer in its table.
pub(crate) fn drop_crossed(st: &mut St<'_>, end: WaitableId, side: Side) -> Result<Outcome, Stop> {
    let shared = end_of(st, end).shared();
    drops_waited_for(st, end);
    Deviating::join(st, end, None);
    let future = !is_stream(st, shared);
    let Crossed {
        writable, written, ..
    } = *crossed(st, shared);
    match (side, writable) {
        (Side::Readable, _) => {}
        (Side::Writable, Slot::Open) if future && !written => {
            return Err(Trap::FutureNotWritten.into());
        }
        (Side::Writable, Slot::Open) => {}
        (Side::Writable, Slot::Ready(..) | Slot::Dropped) => return Err(internal_error()),
    }
    *crossed(st, shared).slot(side) = Slot::Dropped;
    let theirs = crossed(st, shared).slot(side.other());
    let of = match *theirs {
        Slot::Dropped => return Ok(Outcome::nothing()),
        Slot::Ready(of, _) => Some(of),
        Slot::Open => None,
    };
    *theirs = Slot::Open;
    let told = st.end_of_side(shared, side.other());
    let mut event = CrossedEvent {
        result: CopyResult::Dropped,
        progress: 0,
        of,
    };
    if let Some(before) = event_of(st, told) {
        event = match future {
            true => before,
            false => CrossedEvent {
                progress: before.progress,
                of: before.of.or(of),
                ..event
            },
        };
    }
    tells_crossed(st, told, event);
    Ok(Outcome::nothing())
}

fn crossed<'s>(st: &'s mut St<'_>, shared: SharedId) -> &'s mut Crossed {
    let crossed = st.machine.crossed.get_mut(&shared);
    crossed.expect("only what crossed is asked")
}

/// Makes a stream or future cross, if it has not crossed yet.
fn cross(st: &mut St<'_>, shared: SharedId) {
    if st.machine.crossed.contains_key(&shared) {
        return;
    }
    let mut crossed = Crossed {
        readable: Slot::Open,
        writable: Slot::Open,
        written: false,
    };
    let pending = st.pending_copy(shared);
    let future = !is_stream(st, shared);
    for side in [Side::Readable, Side::Writable] {
        let end = st.end_of_side(shared, side);
        let (state, copy) = (copy_state(st, end), end_of(st, end).copy());
        match pending {
            Some((of, buffer)) if of == end => *crossed.slot(side) = Slot::Ready(of, buffer),
            _ if st.index_of(end).is_none() => *crossed.slot(side) = Slot::Dropped,
            _ => {}
        }
        crossed.written |= future && state == CopyState::Done;
        let event = match (st.get_waitable(end).pending_event(), copy) {
            (Some(PendingEvent::Copy { result, .. }), Some((_, buffer))) => {
                crossed.written |= future && result == CopyResult::Completed;
                Some(CrossedEvent {
                    result,
                    progress: st.buffer(buffer).progress(),
                    of: Some(end),
                })
            }
            (Some(PendingEvent::Own(_) | PendingEvent::Dropped), _) => Some(CrossedEvent {
                result: CopyResult::Dropped,
                progress: 0,
                of: None,
            }),
            _ => None,
        };
        set_event(st, end, event);
    }
    st.machine.crossed.insert(shared, crossed);
}

/// Two copies meet: how much was copied, if this one is complete.
fn meet_crossed(
    st: &mut St<'_>,
    shared: SharedId,
    side: Side,
    buffer: BufferId,
    of: WaitableId,
    theirs: BufferId,
) -> Result<Option<u32>, Stop> {
    st.check_intra_component(shared, buffer, theirs)?;
    let future = !is_stream(st, shared);
    crossed(st, shared).written |= future;
    let (mine, rest) = (st.buffer(buffer).remain(), st.buffer(theirs).remain());
    let n = mine.min(rest);
    let (from, to) = match side {
        Side::Readable => (theirs, buffer),
        Side::Writable => (buffer, theirs),
    };
    let (written, read) = (st.buffer(from).remain(), st.buffer(to).remain());
    transfer(st, from, to, n)?;
    let write_complete = written == 0 || read > 0;
    let read_complete = written > 0;
    let (complete, theirs_complete, waits_on) = match side {
        Side::Readable => (read_complete, write_complete, read < written),
        Side::Writable => {
            let both_empty = written == 0 && read == 0;
            (write_complete, read_complete, written < read || both_empty)
        }
    };
    if theirs_complete {
        let told = st.end_of_side(shared, side.other());
        let before = match event_of(st, told) {
            Some(before) if !future => match before.result {
                CopyResult::Completed => before.progress,
                CopyResult::Dropped | CopyResult::Cancelled => 0,
            },
            _ => 0,
        };
        let event = CrossedEvent {
            result: CopyResult::Completed,
            progress: before + n,
            of: Some(of),
        };
        tells_crossed(st, told, event);
    }
    if waits_on {
        *crossed(st, shared).slot(side.other()) = Slot::Ready(of, theirs);
    }
    Ok(complete.then_some(n))
}

/// A copy that waits for the other side.
fn wait_crossed(
    st: &mut St<'_>,
    thread: ThreadId,
    end: WaitableId,
    side: Side,
    buffer: BufferId,
    async_: bool,
) -> Result<Outcome, Stop> {
    let shared = end_of(st, end).shared();
    match crossed(st, shared).slot(side) {
        slot @ Slot::Open => *slot = Slot::Ready(end, buffer),
        Slot::Ready(..) | Slot::Dropped => return Err(internal_error()),
    }
    not_in_set(st, end, async_)?;
    match async_ {
        true => Ok(Outcome::returns(BLOCKED)),
        false => st.wait_for_pending_event(thread, end),
    }
}

fn tells_crossed(st: &mut St<'_>, end: WaitableId, event: CrossedEvent) {
    set_event(st, end, Some(event));
    wakes_one(st, end);
}

/// A copy of an end is over.
fn settle_crossed(st: &mut St<'_>, end: WaitableId, result: CopyResult) {
    let state = match result {
        CopyResult::Dropped => CopyState::Done,
        CopyResult::Completed | CopyResult::Cancelled => CopyState::Idle,
    };
    set_copy_state(st, end, state);
}

fn payload(st: &St<'_>, shared: SharedId, result: CopyResult, progress: u32) -> u32 {
    match is_stream(st, shared) {
        true => result as u32 | progress << 4,
        false => result as u32,
    }
}

/// The event of an end: an error where the end is not copying any more, or another one was named for the copy.
pub(crate) fn crossed_event(
    st: &mut St<'_>,
    end: WaitableId,
    event: CrossedEvent,
) -> Result<EventTuple, Stop> {
    let (shared, side) = (end_of(st, end).shared(), end_of(st, end).side());
    if let Some(of) = event.of {
        if st.index_of(of).is_none() {
            return Err(Trap::UnknownIndex.into());
        }
        if of != end || !copy_state(st, end).copying() {
            return Err(internal_error());
        }
        settle_crossed(st, end, event.result);
        st.machine.taken_for.insert(end, side);
        *crossed(st, shared).slot(side) = Slot::Open;
    }
    let stream = is_stream(st, shared);
    let index = st.index_of(end).unwrap_or_default();
    let payload = payload(st, shared, event.result, event.progress);
    Ok(EventTuple(event_code(stream, side), index, payload))
}

/// Returns the event that is still to be told of an end that crossed, if there is one.
fn event_of(st: &St<'_>, end: WaitableId) -> Option<CrossedEvent> {
    match st.machine.of_event(st.get_waitable(end).pending_event()) {
        Some(OwnEvent::Crossed(event)) => Some(event),
        Some(OwnEvent::ComponentCache) | None => None,
    }
}

/// Sets the event that is to be told of an end. `None`: there is none.
fn set_event(st: &mut St<'_>, end: WaitableId, event: Option<CrossedEvent>) {
    st.take_pending_event(end);
    if let Some(event) = event {
        let event = st.machine.event(OwnEvent::Crossed(event));
        st.set_pending_event(end, event);
    }
}
