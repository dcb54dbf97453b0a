//! Streams and futures (CanonicalABI.md, "Buffer State", "Stream State", "Future State"): what both ends share, the copies
//! between them, and their ends.
//!
//! The specification keeps callbacks with a pending copy; here it is known which end is copying, and [`PendingEvent`] says
//! what the callback would do. The built-ins are in [`super::copies`].

use super::abi::{self, SharedId};
use super::canonical::{CanonicalOptions, InstanceId, Side};
use super::edition::Change;
use super::limits;
use super::machine::Machine;
use super::state::Handle;
use super::store::{Stop, Store};
use super::trap_if::TrapIf;
use super::types::ValType;
use super::waitables::{EventCode, EventTuple, PendingEvent, Waitable, WaitableId, WaitableKind};

/// A buffer, by its place in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BufferId(pub(crate) usize);

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

/// `class BufferGuestImpl`.
#[derive(Debug)]
pub struct Buffer {
    pub(crate) opts: CanonicalOptions,
    pub(crate) inst: InstanceId,
    t: Option<ValType>,
    pub(crate) ptr: u64,
    pub(crate) progress: u32,
    length: u32,
}

/// `Buffer.MAX_LENGTH`.
const MAX_LENGTH: u32 = (1 << 28) - 1;

impl Shared {
    /// Its type: a stream or a future.
    pub fn ty(&self) -> &ValType {
        &self.ty
    }

    /// Whether an end was dropped.
    pub fn dropped(&self) -> bool {
        self.dropped
    }
}

impl Buffer {
    /// `Buffer.remain`.
    pub fn remain(&self) -> u32 {
        self.length - self.progress
    }

    /// `Buffer.is_zero_length`.
    pub fn is_zero_length(&self) -> bool {
        self.length == 0
    }

    /// `BufferGuestImpl.progress`.
    pub fn progress(&self) -> u32 {
        self.progress
    }
}

/// The element type of a stream or future type.
pub(crate) fn element(ty: &ValType) -> Option<&ValType> {
    match ty {
        ValType::Stream(t) | ValType::Future(t) => t.as_deref(),
        _ => None,
    }
}

/// `none_or_number_type`.
fn none_or_number_type(t: Option<&ValType>) -> bool {
    matches!(
        t,
        None | Some(
            ValType::U8
                | ValType::U16
                | ValType::U32
                | ValType::U64
                | ValType::S8
                | ValType::S16
                | ValType::S32
                | ValType::S64
                | ValType::F32
                | ValType::F64
        )
    )
}

/// Buffers.
impl<M: Machine> Store<'_, M> {
    /// The conditions of `BufferGuestImpl.__init__`, and their traps.
    pub(crate) fn check_buffer(
        &mut self,
        ty: &ValType,
        opts: &CanonicalOptions,
        inst: InstanceId,
        ptr: u64,
        length: u32,
    ) -> [(bool, TrapIf); 3] {
        let [unaligned, elsewhere] = match (element(ty), length) {
            (Some(t), 1..) => self.context(opts, inst, None).check_range(ptr, length, t),
            (Some(_), 0) | (None, _) => [false; 2],
        };
        [
            (length > MAX_LENGTH, TrapIf::BufferTooLong),
            (elsewhere, TrapIf::BufferOutOfBounds),
            (unaligned, TrapIf::BufferUnaligned),
        ]
    }

    /// `BufferGuestImpl.__init__`, once they are checked.
    pub(crate) fn new_buffer(
        &mut self,
        ty: &ValType,
        opts: &CanonicalOptions,
        inst: InstanceId,
        ptr: u64,
        length: u32,
    ) -> Result<BufferId, Stop> {
        let t = element(ty).cloned();
        let buffer = Buffer {
            opts: opts.clone(),
            inst,
            t,
            ptr,
            progress: 0,
            length,
        };
        limits::add(&mut self.buffers, buffer).map(BufferId)
    }

    /// A buffer.
    pub fn buffer(&self, buffer: BufferId) -> &Buffer {
        &self.buffers[buffer.0]
    }

    /// Whether the address at which a buffer goes on is aligned.
    pub fn is_aligned(&mut self, buffer: BufferId) -> bool {
        let Buffer {
            opts, inst, ptr, t, ..
        } = &self.buffers[buffer.0];
        let (opts, inst, ptr) = (opts.clone(), *inst, *ptr);
        match t.clone() {
            Some(t) => !self.context(&opts, inst, None).check_range(ptr, 0, &t)[0],
            None => true,
        }
    }

    /// `ReadableBuffer.read` of one and `WritableBuffer.write` of the other.
    ///
    /// # Errors
    ///
    /// A trap, if the values cannot be lifted or lowered.
    pub fn transfer(&mut self, from: BufferId, to: BufferId, n: u32) -> Result<(), Stop> {
        if let Some(t) = self.buffer(from).t.clone() {
            let buffer = self.buffer(from);
            let (opts, inst, ptr) = (buffer.opts.clone(), buffer.inst, buffer.ptr);
            let mut cx = self.context(&opts, inst, None);
            let values = abi::load_list_from_valid_range(&mut cx, ptr, n.into(), &t)?;
            let size = u64::from(n) * abi::elem_size(&mut cx, &t);
            self.buffers[from.0].ptr += size;
            let buffer = self.buffer(to);
            let (opts, inst, ptr) = (buffer.opts.clone(), buffer.inst, buffer.ptr);
            let mut cx = self.context(&opts, inst, None);
            abi::store_list_into_valid_range(&mut cx, &values, ptr, &t)?;
            let size = u64::from(n) * abi::elem_size(&mut cx, &t);
            self.buffers[to.0].ptr += size;
        }
        self.buffers[from.0].progress += n;
        self.buffers[to.0].progress += n;
        Ok(())
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
        self.drop_waitable(end);
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

    /// Has what is still to be told of a copy be something else.
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

    /// What the specification calls "temporary".
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
