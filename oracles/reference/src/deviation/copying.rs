//! Streams and futures.

use super::super::abi::SharedId;
use super::super::canonical::Side;
use super::super::state::{ComponentInstance, Handle};
use super::super::store::{Stop, Store};
use super::super::streams::{BufferId, CopyEnd, CopyResult, CopyState, event_code};
use super::super::types::ValType;
use super::super::waitables::{EventTuple, PendingEvent, Waitable, WaitableId, WaitableKind};
use super::Deviation;
use spawndiff_observation::Trap;

impl Store<'_> {
    /// Before a copy is cancelled: where it was completed, and that has not been told of, its result becomes CANCELLED.
    pub(crate) fn cancels_completed(&mut self, end: WaitableId, future: bool) {
        if self.completed(end) && !future && self.deviates(Deviation::CancelledAfterCopy) {
            self.changes_result(end, CopyResult::Cancelled);
        }
    }

    /// Whether a copy of this end was completed, and that has not been told of.
    fn completed(&mut self, end: WaitableId) -> bool {
        let event = self.waitable(end).pending_event;
        matches!(event, Some(PendingEvent::Copy { result, .. }) if result == CopyResult::Completed)
    }

    /// Has what is still to be told of a copy be something else.
    fn changes_result(&mut self, end: WaitableId, by: CopyResult) {
        if let Some(PendingEvent::Copy { result, .. }) = &mut self.waitable(end).pending_event {
            *result = by;
        }
    }

    /// After the drop of an end.
    pub(crate) fn tells_idle_end(&mut self, dropped: WaitableId) {
        if !self.deviations.contains(&Deviation::DropTellsIdleEnd) {
            return;
        }
        let other = self.other_end(dropped);
        if !self.end(other).state.copying() && !self.has_pending_event(other) {
            self.waitable(other).pending_event = Some(PendingEvent::Idle { kept: false });
        }
    }

    /// Where an end is lowered that was lifted before: to that engine it is the same one, with what it is to be told.
    pub(crate) fn brings_idle_event(&mut self, new: WaitableId) {
        if !self.deviations.contains(&Deviation::DropTellsIdleEnd) {
            return;
        }
        let CopyEnd { shared, side, .. } = *self.end(new);
        let was_it = |waitable: &Waitable| {
            matches!(waitable.pending_event, Some(PendingEvent::Idle { .. }))
                && matches!(&waitable.kind, WaitableKind::End(end)
                    if end.shared == shared && end.side == side)
        };
        if let Some(old) = self.waitables.iter().position(was_it) {
            self.waitables[new.0].pending_event = self.waitables[old].pending_event.take();
        }
    }

    /// After the drop of an end: where a copy at the other end was completed, and that has not been told of, what is told is the
    /// drop.
    pub(crate) fn replaces_completed(&mut self, dropped: WaitableId) {
        let shared = self.end(dropped).shared;
        let stream = matches!(self.shared[shared.0].ty, ValType::Stream(_));
        let other = self.other_end(dropped);
        if self.completed(other) && stream && self.deviates(Deviation::DropReplacesCompleted) {
            self.changes_result(other, CopyResult::Dropped);
        }
    }

    /// Where nothing is pending at the other end: whether a write of no elements completes all the same.
    pub(crate) fn completes_zero_write(&mut self, end: WaitableId, buffer: BufferId) -> bool {
        let write = self.end(end).side == Side::Writable && self.is_zero_length(buffer);
        if !write {
            return false;
        }
        let other = self.other_end(end);
        let read = self.end(other).copy.map(|(_, buffer)| buffer);
        self.completed(other)
            && read.is_some_and(|read| self.is_zero_length(read))
            && self.deviates(Deviation::ZeroWriteCompletes)
    }

    /// The other end of a stream or future.
    fn other_end(&mut self, end: WaitableId) -> WaitableId {
        let CopyEnd { shared, side, .. } = *self.end(end);
        self.end_of_side(shared, side.other())
    }

    /// The end of this side. One that was passed on is a new one in its new instance: the last one counts.
    pub(super) fn end_of_side(&self, shared: SharedId, side: Side) -> WaitableId {
        let is_it = |waitable: &Waitable| {
            matches!(&waitable.kind, WaitableKind::End(end)
                if end.shared == shared && end.side == side)
        };
        let place = self.waitables.iter().rposition(is_it);
        WaitableId(place.expect("a stream or future has both ends"))
    }

    /// The index of a waitable, if it is in a table.
    pub(super) fn index_of(&self, waitable: WaitableId) -> Option<u32> {
        let held = |inst: &ComponentInstance| inst.handles.index_of(Handle::Waitable(waitable));
        self.instances.iter().find_map(held)
    }

    /// The event of an end that was not copying.
    pub(crate) fn idle_event(&mut self, end: WaitableId, kept: bool) -> EventTuple {
        self.deviates(match kept {
            true => Deviation::CopyKeepsIdleEvent,
            false => Deviation::DropTellsIdleEnd,
        });
        if self.deviates(Deviation::IdleEventEnds) {
            self.end(end).state = CopyState::Done;
        }
        let CopyEnd { shared, side, .. } = *self.end(end);
        let stream = matches!(self.shared[shared.0].ty, ValType::Stream(_));
        let index = self.index_of(end).unwrap_or_default();
        EventTuple(event_code(stream, side), index, CopyResult::Dropped as u32)
    }

    /// Whether a copy may be cancelled although a thread waits for it: what comes of the cancellation is not for that thread,
    /// which waits on, for the next event of the end.
    pub(crate) fn cancels_sync_copy(&mut self) -> bool {
        self.deviates(Deviation::CancelsSyncCopy)
    }

    /// Before an end is dropped whose copy was cancelled so: the thread that waited on waits for ever.
    pub(crate) fn drops_waited_for(&mut self, end: WaitableId) {
        if std::mem::take(&mut self.waitable(end).has_sync_waiter) {
            self.abandons_waiter(end);
        }
    }

    /// Whether a copy is begun with nothing wrong but that its buffer is not aligned.
    pub(crate) fn copies_unaligned(&mut self, conditions: &[(bool, Trap)]) -> bool {
        let holds = |&&(holds, _): &&(bool, Trap)| holds;
        let mut hold = conditions.iter().filter(holds).map(|(_, trap)| trap);
        hold.next() == Some(&Trap::UnalignedPointer)
            && hold.next().is_none()
            && self.deviates(Deviation::CopiesUnaligned)
    }

    /// Before something is copied from or to such a buffer.
    pub(crate) fn traps_late(&mut self, buffer: BufferId, t: &ValType) -> Result<(), Stop> {
        let buffer = self.buffer(buffer);
        let (opts, inst, ptr) = (buffer.opts.clone(), buffer.inst, buffer.ptr);
        match self.context(&opts, inst, None).check_range(ptr, 0, t) {
            [true, _] => Err(Trap::UnalignedPointer.into()),
            [false, _] => Ok(()),
        }
    }

    /// Whether a synchronous copy of an end in a set is begun.
    pub(crate) fn copies_in_set(&mut self) -> bool {
        self.deviates(Deviation::CopiesInSet)
    }

    /// And then: it traps if it blocks.
    pub(crate) fn blocks_outside_sets(&self, end: WaitableId, async_: bool) -> Result<(), Stop> {
        match self.has_pending_event(end) {
            true => Ok(()),
            false => self.not_in_set(end, async_),
        }
    }

    /// After the cancellation of such a copy, and before another one: a thread that waits for a copy does so by a set of its own,
    /// in which a synchronous cancel finds the end.
    pub(crate) fn not_waited_for(&mut self, end: WaitableId, async_: bool) -> Result<(), Stop> {
        match self.waitable(end).has_sync_waiter && !async_ {
            true => Err(Trap::WaitableInSet.into()),
            false => Ok(()),
        }
    }

    /// Where an end is passed on: whether a thread waits, in a set of its own, for a copy of it that another one has cancelled.
    pub(crate) fn is_still_waited_for(&mut self, end: WaitableId) -> bool {
        self.deviations.contains(&Deviation::CancelsSyncCopy)
            && self.waitable(end).has_sync_waiter
            && !self.end(end).state.copying()
    }

    /// Before a copy: takes the event of an end that was not copying.
    pub(crate) fn take_idle_event(&mut self, end: WaitableId) -> bool {
        let idle = matches!(
            self.waitable(end).pending_event,
            Some(PendingEvent::Idle { .. })
        );
        if idle {
            self.waitable(end).pending_event = None;
        }
        idle
    }

    /// After a copy that did not block: gives it back.
    pub(crate) fn give_idle_event(&mut self, end: WaitableId) {
        if self.deviations.contains(&Deviation::CopyKeepsIdleEvent) {
            self.waitable(end).pending_event = Some(PendingEvent::Idle { kept: true });
        } else {
            self.loses_idle_event(end);
        }
    }

    /// Where it is gone for good: it may have woken a thread that waits for the set.
    pub(crate) fn loses_idle_event(&mut self, end: WaitableId) {
        if let Some(set) = self.waitable(end).wset {
            self.deviates(Deviation::DropTellsIdleEnd);
            self.goes_stale(set);
        }
        self.wakes_in_vain(end);
    }
}
