//! Streams and futures that crossed: a copy of one end was cancelled as if it were a copy of the other, and from then on the end is
//! taken for an idle one of the other side. What comes of the copy is still told of where it was begun.

use super::super::abi::SharedId;
use super::super::canon::Outcome;
use super::super::canonical::Side;
use super::super::state::ThreadId;
use super::super::store::{Stop, Store};
use super::super::streams::{BufferId, CopyEnd, CopyResult, CopyState, event_code};
use super::super::types::ValType;
use super::super::waitables::{BLOCKED, EventTuple, PendingEvent, WaitableId};
use super::Deviation;
use spawndiff_observation::Trap;

/// What is known of a stream or future that crossed, beside its ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crossed {
    readable: Slot,
    writable: Slot,
    /// Of a future: its value has been copied.
    written: bool,
}

/// What a side waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    Open,
    /// A copy that waits for the other side: which end was named for it, which need not be of this side.
    Ready(WaitableId, BufferId),
    Dropped,
}

/// What has come of a copy of an end that crossed, not yet told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CrossedEvent {
    result: CopyResult,
    progress: u32,
    /// The end that was named for the copy; `None`: there was no copy.
    of: Option<WaitableId>,
}

/// An internal error.
fn fails() -> Stop {
    Trap::SubtaskNotResolved.into()
}

impl Crossed {
    fn slot(&mut self, side: Side) -> &mut Slot {
        match side {
            Side::Readable => &mut self.readable,
            Side::Writable => &mut self.writable,
        }
    }
}

/// The built-ins.
impl Store<'_> {
    /// Whether the built-in that cancels a copy of the other end is let work on this one.
    pub(crate) fn cancels_other_end(&mut self) -> bool {
        self.deviates(Deviation::CancelsOtherEnd)
    }

    /// Whether an end is one of a stream or future that crossed.
    pub(crate) fn has_crossed(&mut self, end: WaitableId) -> bool {
        let shared = self.end(end).shared;
        self.shared[shared.0].crossed.is_some()
    }

    /// A copy, of an end that is taken for an idle one of this side.
    pub(crate) fn copy_crossed(
        &mut self,
        thread: ThreadId,
        end: WaitableId,
        side: Side,
        buffer: BufferId,
        async_: bool,
    ) -> Result<Outcome, Stop> {
        let shared = self.end(end).shared;
        if self.crossed(shared).written {
            return Err(Trap::CopyEndDone.into());
        }
        self.end(end).state = CopyState::Copying;
        let theirs = *self.crossed(shared).slot(side.other());
        let (result, progress) = match theirs {
            Slot::Ready(of, their_buffer) => {
                *self.crossed(shared).slot(side.other()) = Slot::Open;
                match self.meet_crossed(shared, side, buffer, of, their_buffer)? {
                    Some(n) => (CopyResult::Completed, n),
                    None => return self.wait_crossed(thread, end, side, buffer, async_),
                }
            }
            Slot::Open => return self.wait_crossed(thread, end, side, buffer, async_),
            Slot::Dropped => (CopyResult::Dropped, 0),
        };
        self.settle_crossed(end, result);
        Ok(Outcome::returns(self.payload(shared, result, progress)))
    }

    /// `cancel_copy`, of an end that copies, whichever side it is of.
    pub(crate) fn cancel_crossed(
        &mut self,
        end: WaitableId,
        side: Side,
        async_: bool,
    ) -> Result<Outcome, Stop> {
        let shared = self.end(end).shared;
        self.cross(shared);
        let told = self.end_of_side(shared, side);
        self.not_in_set(told, async_)?;
        self.not_waited_for(told, async_)?;
        let mut payload = CopyResult::Cancelled as u32;
        if let Some(PendingEvent::Crossed(mut event)) = self.waitable(told).pending_event {
            let stream = matches!(self.shared[shared.0].ty, ValType::Stream(_));
            let completed = stream && event.result == CopyResult::Completed;
            if completed && self.deviates(Deviation::CancelledAfterCopy) {
                event.result = CopyResult::Cancelled;
                self.waitable(told).pending_event = Some(PendingEvent::Crossed(event));
            }
            EventTuple(_, _, payload) = self.get_pending_event(told)?;
            self.wakes_in_vain(told);
        }
        if let slot @ Slot::Ready(..) = self.crossed(shared).slot(side) {
            *slot = Slot::Open;
        }
        if self.end(end).state.copying() {
            self.end(end).state = CopyState::Idle;
            self.end(end).taken_for = side;
        }
        Ok(Outcome::returns(payload))
    }

    /// The drop of an end that is taken for an idle one of this side. It is no longer in its table.
    pub(crate) fn drop_crossed(&mut self, end: WaitableId, side: Side) -> Result<Outcome, Stop> {
        let shared = self.end(end).shared;
        self.drops_waited_for(end);
        self.join(end, None);
        let future = matches!(self.shared[shared.0].ty, ValType::Future(_));
        let Crossed {
            writable, written, ..
        } = *self.crossed(shared);
        match (side, writable) {
            (Side::Readable, _) => {}
            (Side::Writable, Slot::Open) if future && !written => {
                return Err(Trap::FutureNotWritten.into());
            }
            (Side::Writable, Slot::Open) => {}
            (Side::Writable, Slot::Ready(..) | Slot::Dropped) => return Err(fails()),
        }
        *self.crossed(shared).slot(side) = Slot::Dropped;
        let theirs = self.crossed(shared).slot(side.other());
        let of = match *theirs {
            Slot::Dropped => return Ok(Outcome::nothing()),
            Slot::Ready(of, _) => Some(of),
            Slot::Open => None,
        };
        *theirs = Slot::Open;
        let told = self.end_of_side(shared, side.other());
        let mut event = CrossedEvent {
            result: CopyResult::Dropped,
            progress: 0,
            of,
        };
        if let Some(PendingEvent::Crossed(before)) = self.waitable(told).pending_event {
            event = match future {
                true => before,
                false => CrossedEvent {
                    progress: before.progress,
                    of: before.of.or(of),
                    ..event
                },
            };
        }
        self.tells_crossed(told, event);
        Ok(Outcome::nothing())
    }
}

/// What they do.
impl Store<'_> {
    fn crossed(&mut self, shared: SharedId) -> &mut Crossed {
        let crossed = self.shared[shared.0].crossed.as_mut();
        crossed.expect("only what crossed is asked")
    }

    /// Has a stream or future cross.
    fn cross(&mut self, shared: SharedId) {
        if self.shared[shared.0].crossed.is_some() {
            return;
        }
        let mut crossed = Crossed {
            readable: Slot::Open,
            writable: Slot::Open,
            written: false,
        };
        let pending = self.pending_copy(shared);
        let future = matches!(self.shared[shared.0].ty, ValType::Future(_));
        for side in [Side::Readable, Side::Writable] {
            let end = self.end_of_side(shared, side);
            let CopyEnd { state, copy, .. } = *self.end(end);
            match pending {
                Some((of, buffer)) if of == end => *crossed.slot(side) = Slot::Ready(of, buffer),
                _ if self.index_of(end).is_none() => *crossed.slot(side) = Slot::Dropped,
                _ => {}
            }
            crossed.written |= future && state == CopyState::Done;
            let event = match (self.waitable(end).pending_event, copy) {
                (Some(PendingEvent::Copy { result, .. }), Some((_, buffer))) => {
                    crossed.written |= future && result == CopyResult::Completed;
                    Some(CrossedEvent {
                        result,
                        progress: self.buffer(buffer).progress,
                        of: Some(end),
                    })
                }
                (Some(PendingEvent::Idle { .. }), _) => Some(CrossedEvent {
                    result: CopyResult::Dropped,
                    progress: 0,
                    of: None,
                }),
                _ => None,
            };
            self.waitable(end).pending_event = event.map(PendingEvent::Crossed);
        }
        self.shared[shared.0].crossed = Some(crossed);
    }

    /// Two copies meet: how much was copied, if this one is complete.
    fn meet_crossed(
        &mut self,
        shared: SharedId,
        side: Side,
        buffer: BufferId,
        of: WaitableId,
        theirs: BufferId,
    ) -> Result<Option<u32>, Stop> {
        self.check_intra_component(shared, buffer, theirs)?;
        let future = matches!(self.shared[shared.0].ty, ValType::Future(_));
        self.crossed(shared).written |= future;
        let (mine, rest) = (self.buffer(buffer).remain(), self.buffer(theirs).remain());
        let n = mine.min(rest);
        let (from, to) = match side {
            Side::Readable => (theirs, buffer),
            Side::Writable => (buffer, theirs),
        };
        let (written, read) = (self.buffer(from).remain(), self.buffer(to).remain());
        self.transfer(from, to, n)?;
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
            let told = self.end_of_side(shared, side.other());
            let before = match self.waitable(told).pending_event {
                Some(PendingEvent::Crossed(before)) if !future => match before.result {
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
            self.tells_crossed(told, event);
        }
        if waits_on {
            *self.crossed(shared).slot(side.other()) = Slot::Ready(of, theirs);
        }
        Ok(complete.then_some(n))
    }

    /// A copy that waits for the other side.
    fn wait_crossed(
        &mut self,
        thread: ThreadId,
        end: WaitableId,
        side: Side,
        buffer: BufferId,
        async_: bool,
    ) -> Result<Outcome, Stop> {
        let shared = self.end(end).shared;
        match self.crossed(shared).slot(side) {
            slot @ Slot::Open => *slot = Slot::Ready(end, buffer),
            Slot::Ready(..) | Slot::Dropped => return Err(fails()),
        }
        self.not_in_set(end, async_)?;
        match async_ {
            true => Ok(Outcome::returns(BLOCKED)),
            false => self.wait_for_pending_event(thread, end),
        }
    }

    fn tells_crossed(&mut self, end: WaitableId, event: CrossedEvent) {
        self.waitable(end).pending_event = Some(PendingEvent::Crossed(event));
        self.wakes_one(end);
    }

    /// A copy of an end is over.
    fn settle_crossed(&mut self, end: WaitableId, result: CopyResult) {
        self.end(end).state = match result {
            CopyResult::Dropped => CopyState::Done,
            CopyResult::Completed | CopyResult::Cancelled => CopyState::Idle,
        };
    }

    fn payload(&self, shared: SharedId, result: CopyResult, progress: u32) -> u32 {
        match self.shared[shared.0].ty {
            ValType::Stream(_) => result as u32 | progress << 4,
            _ => result as u32,
        }
    }
}

/// Their events.
impl Store<'_> {
    /// The event of an end: an error where the end is not copying any more, or another one was named for the copy.
    pub(crate) fn crossed_event(
        &mut self,
        end: WaitableId,
        event: CrossedEvent,
    ) -> Result<EventTuple, Stop> {
        let CopyEnd { shared, side, .. } = *self.end(end);
        if let Some(of) = event.of {
            if self.index_of(of).is_none() {
                return Err(Trap::UnknownIndex.into());
            }
            if of != end || !self.end(end).state.copying() {
                return Err(fails());
            }
            self.settle_crossed(end, event.result);
            self.end(end).taken_for = side;
            *self.crossed(shared).slot(side) = Slot::Open;
        }
        let stream = matches!(self.shared[shared.0].ty, ValType::Stream(_));
        let index = self.index_of(end).unwrap_or_default();
        let payload = self.payload(shared, event.result, event.progress);
        Ok(EventTuple(event_code(stream, side), index, payload))
    }
}
