//! Streams and futures (CanonicalABI.md, "Stream State", "Future State"): what both ends share, the copies between them, and their
//! ends.
//!
//! The specification keeps callbacks with a pending copy; here it is known which end is copying, and [`PendingEvent`] says
//! what the callback would do. The built-ins are in [`super::copies`].

use super::abi::SharedId;
use super::buffers::{BufferId, element, none_or_number_type};
use super::canon_defs::{InstanceId, Side};
use super::edition::Change;
use super::limits;
use super::machine::Machine;
use super::state::Handle;
use super::store::{Stop, Store};
use super::trap_if::TrapIf;
use super::types::ValType;
use super::waitables::{EventCode, EventTuple, PendingEvent, Waitable, WaitableId, WaitableKind};

/// `class CopyResult`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyResult {
    /// `COMPLETED`.
    Completed = 0,
    /// `DROPPED`.
    Dropped = 1,
    /// `CANCELLED`.
    Cancelled = 2,
}

/// `class CopyState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyState {
    /// `IDLE`.
    Idle,
    /// `COPYING`.
    Copying,
    /// `CANCELLING_COPY`.
    CancellingCopy,
    /// `DONE`.
    Done,
}

impl CopyState {
    /// `CopyEnd.copying`.
    pub fn copying(self) -> bool {
        match self {
            CopyState::Idle | CopyState::Done => false,
            CopyState::Copying | CopyState::CancellingCopy => true,
        }
    }
}

/// `class CopyEnd` and what is derived from it.
#[derive(Debug)]
pub struct CopyEnd {
    pub(crate) state: CopyState,
    pub(crate) shared: SharedId,
    pub(crate) side: Side,
    /// The copy that is under way: the end's index when it began, and its buffer.
    pub(crate) copy: Option<(u32, BufferId)>,
}

impl CopyEnd {
    /// `CopyEnd.state`.
    pub fn state(&self) -> CopyState {
        self.state
    }

    /// `CopyEnd.shared`.
    pub fn shared(&self) -> SharedId {
        self.shared
    }

    /// Whether it is a readable or a writable one.
    pub fn side(&self) -> Side {
        self.side
    }

    /// The copy that is under way: the end's index when it began, and its buffer.
    pub fn copy(&self) -> Option<(u32, BufferId)> {
        self.copy
    }
}

/// `class SharedStreamImpl` or `class SharedFutureImpl`.
#[derive(Debug)]
pub struct Shared {
    /// [`ValType::Stream`] or [`ValType::Future`].
    pub(crate) ty: ValType,
    dropped: bool,
    pending: Option<Pending>,
}

/// A copy that waits for the other end: `pending_buffer` (which knows `pending_inst`), and whose callbacks are to be called.
#[derive(Clone, Copy, Debug)]
struct Pending {
    buffer: BufferId,
    end: WaitableId,
}

impl Shared {
    /// The type of what the ends share: a stream or a future.
    pub fn ty(&self) -> &ValType {
        &self.ty
    }

    /// Whether an end was dropped.
    pub fn dropped(&self) -> bool {
        self.dropped
    }
}

/// `class SharedStreamImpl`, `class SharedFutureImpl`.
impl<M: Machine> Store<'_, M> {
    pub(crate) fn new_shared(&mut self, ty: ValType) -> Result<SharedId, Stop> {
        let shared = Shared {
            ty,
            dropped: false,
            pending: None,
        };
        limits::add(&mut self.shared, shared).map(SharedId)
    }

    /// A new end in the table of `inst`.
    pub(crate) fn add_end(
        &mut self,
        inst: InstanceId,
        shared: SharedId,
        side: Side,
    ) -> Result<u32, Stop> {
        let end = M::new_end(self, shared, side)?;
        self.add_handle(inst, Handle::Waitable(end))
    }

    /// `CopyEnd.__init__`.
    ///
    /// # Errors
    ///
    /// There are too many waitables.
    pub fn new_end(&mut self, shared: SharedId, side: Side) -> Result<WaitableId, Stop> {
        self.new_waitable(WaitableKind::End(CopyEnd {
            state: CopyState::Idle,
            shared,
            side,
            copy: None,
        }))
    }

    /// A waitable that is an end.
    pub fn as_end(&self, waitable: WaitableId) -> Option<&CopyEnd> {
        match &self.waitables[waitable.0].kind {
            WaitableKind::End(end) => Some(end),
            WaitableKind::Subtask(_) => None,
        }
    }

    pub(crate) fn end(&mut self, end: WaitableId) -> &mut CopyEnd {
        match &mut self.waitable(end).kind {
            WaitableKind::End(end) => end,
            WaitableKind::Subtask(_) => unreachable!("only ends are asked as ends"),
        }
    }

    /// `on_copy_done` (or, with `reclaim`, `on_copy`) of the end that a copy belongs to.
    pub fn on_copy_done(&mut self, end: WaitableId, result: CopyResult, reclaim: bool) {
        M::set_pending_event(self, end, PendingEvent::Copy { result, reclaim });
    }

    /// `reset_and_notify_pending`.
    fn reset_and_notify_pending(&mut self, shared: SharedId, result: CopyResult) {
        let pending = self.shared[shared.0].pending.take();
        let pending = pending.expect("only a pending copy is notified");
        self.on_copy_done(pending.end, result, false);
    }

    /// `SharedBase.cancel`.
    pub(crate) fn cancel_shared(&mut self, shared: SharedId) {
        self.reset_and_notify_pending(shared, CopyResult::Cancelled);
    }

    /// `SharedBase.drop`.
    pub fn drop_shared(&mut self, shared: SharedId) {
        if !self.shared[shared.0].dropped {
            self.shared[shared.0].dropped = true;
            if self.shared[shared.0].pending.is_some() {
                self.reset_and_notify_pending(shared, CopyResult::Dropped);
            }
        }
    }

    /// `CopyEnd.drop`, once its condition is checked.
    pub fn drop_end(&mut self, end: WaitableId) {
        let shared = self.end(end).shared;
        self.drop_shared(shared);
        self.drop_replaces_completed(end);
        self.drop_tells_idle_end(end);
        if self.waitable(end).pending_event == Some(PendingEvent::Dropped) {
            self.take_pending_event(end);
        }
        self.drop_waitable(end);
    }

    /// 720: an end that is not copying is told, too.
    pub fn drop_tells_idle_end(&mut self, dropped: WaitableId) {
        if !self.edition.has(Change::DropTellsIdleEnd) {
            return;
        }
        let CopyEnd { shared, side, .. } = *self.end(dropped);
        let other = self.end_of_side(shared, side.other());
        if !self.end(other).state.copying() && !self.has_pending_event(other) {
            M::set_pending_event(self, other, PendingEvent::Dropped);
        }
    }

    /// 720: the event of an end that is not copying.
    pub(crate) fn dropped_event(&mut self, end: WaitableId) -> EventTuple {
        self.changed(Change::DropTellsIdleEnd);
        self.idle_event(end)
    }

    /// 720: DROPPED, of an end that is not copying.
    pub fn idle_event(&mut self, end: WaitableId) -> EventTuple {
        if self.changed(Change::IdleEndIsDone) {
            self.end(end).state = CopyState::Done;
        }
        let CopyEnd { shared, side, .. } = *self.end(end);
        let stream = matches!(self.shared[shared.0].ty, ValType::Stream(_));
        let index = self.index_of(end).unwrap_or_default();
        EventTuple(event_code(stream, side), index, CopyResult::Dropped as u32)
    }

    /// The index of a waitable, if it is in a table.
    pub fn index_of(&self, waitable: WaitableId) -> Option<u32> {
        let handle = Handle::Waitable(waitable);
        let mut instances = self.instances.iter();
        instances.find_map(|inst| inst.handles.index_of(handle))
    }

    /// 719: DROPPED is told in the place of COMPLETED, where that was not told of yet.
    pub fn drop_replaces_completed(&mut self, dropped: WaitableId) {
        if !self.edition.has(Change::DroppedBeatsCompleted) {
            return;
        }
        let CopyEnd { shared, side, .. } = *self.end(dropped);
        let other = self.end_of_side(shared, side.other());
        let stream = matches!(self.shared[shared.0].ty, ValType::Stream(_));
        if stream && self.was_completed(other) {
            self.changed(Change::DroppedBeatsCompleted);
            self.change_result(other, CopyResult::Dropped);
        }
    }

    /// 719: CANCELLED is told in the place of COMPLETED, where that was not told of yet.
    pub(crate) fn cancel_replaces_completed(&mut self, end: WaitableId) {
        let shared = self.end(end).shared;
        let stream = matches!(self.shared[shared.0].ty, ValType::Stream(_));
        if stream && self.was_completed(end) && self.changed(Change::CancelledBeatsCompleted) {
            self.change_result(end, CopyResult::Cancelled);
        }
    }

    /// Whether a copy of this end was completed, and that has not been told of.
    pub fn was_completed(&self, end: WaitableId) -> bool {
        let event = self.waitables[end.0].pending_event;
        matches!(event, Some(PendingEvent::Copy { result, .. }) if result == CopyResult::Completed)
    }

    /// Changes the result that is still to be told of a copy.
    fn change_result(&mut self, end: WaitableId, by: CopyResult) {
        if let Some(PendingEvent::Copy { result, .. }) = &mut self.waitable(end).pending_event {
            *result = by;
        }
    }

    /// The end of this side. One that was passed on is a new one in its new instance: the last one counts.
    pub fn end_of_side(&self, shared: SharedId, side: Side) -> WaitableId {
        let is_it = |waitable: &Waitable| {
            matches!(&waitable.kind, WaitableKind::End(end)
                if end.shared == shared && end.side == side)
        };
        let place = self.waitables.iter().rposition(is_it);
        WaitableId(place.expect("a stream or future has both ends"))
    }

    /// `CopyEnd.copy`: `read` or `write` of what is shared.
    ///
    /// # Errors
    ///
    /// A trap, if both ends are used in one instance, or the values cannot be lifted or lowered.
    pub fn shared_copy(&mut self, end: WaitableId, buffer: BufferId) -> Result<(), Stop> {
        let CopyEnd { shared, side, .. } = *self.end(end);
        let state = &self.shared[shared.0];
        if state.dropped {
            // (The writable end of a future cannot be dropped before it has written.)
            self.on_copy_done(end, CopyResult::Dropped, false);
            return Ok(());
        }
        let mine = Pending { buffer, end };
        let Some(pending) = state.pending else {
            self.shared[shared.0].pending = Some(mine);
            return Ok(());
        };
        self.check_intra_component(shared, buffer, pending.buffer)?;
        let (from, to) = match side {
            Side::Readable => (pending.buffer, buffer),
            Side::Writable => (buffer, pending.buffer),
        };
        match self.shared[shared.0].ty {
            ValType::Future(_) => {
                M::transfer(self, from, to, 1)?;
                self.reset_and_notify_pending(shared, CopyResult::Completed);
                self.on_copy_done(end, CopyResult::Completed, false);
                Ok(())
            }
            _ => self.copy_stream(shared, pending, mine, side),
        }
    }

    /// Traps where both buffers are of one component instance, unless there are no elements or their type is a number: the rule
    /// that the specification calls "temporary".
    ///
    /// # Errors
    ///
    /// The trap.
    pub fn check_intra_component(
        &self,
        shared: SharedId,
        one: BufferId,
        other: BufferId,
    ) -> Result<(), Stop> {
        let ty = &self.shared[shared.0].ty;
        let within = self.buffer(one).inst == self.buffer(other).inst;
        match within && !none_or_number_type(element(ty)) {
            true => Err(TrapIf::WithinComponent.into()),
            false => Ok(()),
        }
    }

    /// The copy that waits for the other end: of which end, and its buffer.
    pub fn pending_copy(&self, shared: SharedId) -> Option<(WaitableId, BufferId)> {
        let pending = self.shared[shared.0].pending.as_ref();
        pending.map(|pending| (pending.end, pending.buffer))
    }

    /// `SharedStreamImpl.read` or `.write`, with a pending copy at the other end.
    fn copy_stream(
        &mut self,
        shared: SharedId,
        pending: Pending,
        mine: Pending,
        side: Side,
    ) -> Result<(), Stop> {
        let theirs = self.buffer(pending.buffer);
        let (remain, zero_length) = (theirs.remain(), theirs.is_zero_length());
        let buffer = self.buffer(mine.buffer);
        if remain > 0 {
            let n = buffer.remain().min(remain);
            if n > 0 {
                match side {
                    Side::Readable => M::transfer(self, pending.buffer, mine.buffer, n)?,
                    Side::Writable => M::transfer(self, mine.buffer, pending.buffer, n)?,
                }
                self.on_copy_done(pending.end, CopyResult::Completed, true);
            }
            self.on_copy_done(mine.end, CopyResult::Completed, false);
        } else if side == Side::Writable && buffer.is_zero_length() && zero_length {
            self.on_copy_done(mine.end, CopyResult::Completed, false);
        } else {
            self.reset_and_notify_pending(shared, CopyResult::Completed);
            self.shared[shared.0].pending = Some(mine);
        }
        Ok(())
    }

    /// `stream_event` and `future_event`.
    pub(crate) fn copy_event(
        &mut self,
        end: WaitableId,
        result: CopyResult,
        reclaim: bool,
    ) -> EventTuple {
        let CopyEnd {
            shared, side, copy, ..
        } = *self.end(end);
        let (index, buffer) = copy.expect("an end that has an event is copying");
        if reclaim {
            self.shared[shared.0].pending = None;
        }
        let stream = matches!(self.shared[shared.0].ty, ValType::Stream(_));
        let done = result == CopyResult::Dropped || (!stream && result == CopyResult::Completed);
        let progress = self.buffer(buffer).progress;
        let state = match done {
            true => CopyState::Done,
            false => CopyState::Idle,
        };
        debug_assert!(self.end(end).state.copying());
        self.end(end).state = state;
        self.end(end).copy = None;
        let code = event_code(stream, side);
        match stream {
            true => EventTuple(code, index, result as u32 | progress << 4),
            false => EventTuple(code, index, result as u32),
        }
    }
}

/// The event code of a copy.
pub fn event_code(stream: bool, side: Side) -> EventCode {
    match (stream, side) {
        (true, Side::Readable) => EventCode::StreamRead,
        (true, Side::Writable) => EventCode::StreamWrite,
        (false, Side::Readable) => EventCode::FutureRead,
        (false, Side::Writable) => EventCode::FutureWrite,
    }
}
