//! Streams and futures (CanonicalABI.md, "Buffer State", "Stream State", "Future State"): what both ends share, the copies
//! between them, and their ends.
//!
//! The specification keeps callbacks with a pending copy; here it is known which end is copying, and [`PendingEvent`] says
//! what the callback would do. The built-ins are in [`super::copies`].

use super::abi::{self, SharedId};
use super::canonical::{CanonicalOptions, InstanceId, Side};
use super::deviation::Crossed;
use super::fault::Fault;
use super::limits;
use super::state::{Handle, ThreadId};
use super::store::{Stop, Store};
use super::types::ValType;
use super::waitables::{EventCode, EventTuple, PendingEvent, WaitableId, WaitableKind};
use spawndiff_observation::Trap;

/// A buffer, by its place in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct BufferId(pub(crate) usize);

/// `class CopyResult`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CopyResult {
    Completed = 0,
    Dropped = 1,
    Cancelled = 2,
}

/// `class CopyState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CopyState {
    Idle,
    Copying,
    CancellingCopy,
    Done,
}

impl CopyState {
    /// `CopyEnd.copying`.
    pub(crate) fn copying(self) -> bool {
        match self {
            CopyState::Idle | CopyState::Done => false,
            CopyState::Copying | CopyState::CancellingCopy => true,
        }
    }
}

/// `class CopyEnd` and what is derived from it.
#[derive(Debug)]
pub(crate) struct CopyEnd {
    pub(crate) state: CopyState,
    pub(crate) shared: SharedId,
    pub(crate) side: Side,
    /// The copy that is under way: the end's index when it began, and its buffer.
    pub(crate) copy: Option<(u32, BufferId)>,
    /// Its side. Only a deviation takes it for the other.
    pub(crate) taken_for: Side,
}

/// `class SharedStreamImpl` or `class SharedFutureImpl`.
#[derive(Debug)]
pub(crate) struct Shared {
    /// [`ValType::Stream`] or [`ValType::Future`].
    pub(crate) ty: ValType,
    dropped: bool,
    pending: Option<Pending>,
    /// Only of a deviation: the rest of what is here has no meaning then.
    pub(crate) crossed: Option<Crossed>,
}

/// A copy that waits for the other end: `pending_buffer` (which knows `pending_inst`), and whose callbacks are to be called.
#[derive(Clone, Copy, Debug)]
struct Pending {
    /// Only a deviation asks.
    thread: ThreadId,
    buffer: BufferId,
    end: WaitableId,
}

/// `class BufferGuestImpl`.
#[derive(Debug)]
pub(crate) struct Buffer {
    pub(crate) opts: CanonicalOptions,
    pub(crate) inst: InstanceId,
    t: Option<ValType>,
    pub(crate) ptr: u64,
    pub(crate) progress: u32,
    length: u32,
}

/// `Buffer.MAX_LENGTH`.
const MAX_LENGTH: u32 = (1 << 28) - 1;

impl Buffer {
    pub(crate) fn remain(&self) -> u32 {
        self.length - self.progress
    }

    fn is_zero_length(&self) -> bool {
        self.length == 0
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
impl Store<'_> {
    /// The conditions of `BufferGuestImpl.__init__`, and their traps.
    pub(crate) fn check_buffer(
        &mut self,
        ty: &ValType,
        opts: &CanonicalOptions,
        inst: InstanceId,
        ptr: u64,
        length: u32,
    ) -> [(bool, Trap); 3] {
        let [unaligned, elsewhere] = match (element(ty), length) {
            (Some(t), 1..) => self.context(opts, inst, None).check_range(ptr, length, t),
            (Some(_), 0) | (None, _) => [false; 2],
        };
        [
            (length > MAX_LENGTH, Trap::BufferTooLong),
            (elsewhere, Trap::BufferOutOfBounds),
            (unaligned, Trap::UnalignedPointer),
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

    pub(crate) fn buffer(&self, buffer: BufferId) -> &Buffer {
        &self.buffers[buffer.0]
    }

    /// `Buffer.is_zero_length`.
    pub(crate) fn is_zero_length(&self, buffer: BufferId) -> bool {
        self.buffer(buffer).is_zero_length()
    }

    /// `ReadableBuffer.read` of one and `WritableBuffer.write` of the other.
    pub(crate) fn transfer(&mut self, from: BufferId, to: BufferId, n: u32) -> Result<(), Stop> {
        if let Some(t) = self.buffer(from).t.clone() {
            if n > 0 {
                self.traps_late(from, &t)?;
                self.traps_late(to, &t)?;
            }
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
impl Store<'_> {
    pub(crate) fn new_shared(&mut self, ty: ValType) -> Result<SharedId, Stop> {
        let shared = Shared {
            ty,
            dropped: false,
            pending: None,
            crossed: None,
        };
        limits::add(&mut self.shared, shared).map(SharedId)
    }

    /// A new end in the table of `inst`.
    pub(crate) fn new_end(
        &mut self,
        inst: InstanceId,
        shared: SharedId,
        side: Side,
    ) -> Result<u32, Stop> {
        let end = self.new_waitable(WaitableKind::End(CopyEnd {
            state: CopyState::Idle,
            shared,
            side,
            copy: None,
            taken_for: side,
        }))?;
        self.brings_idle_event(end);
        self.add_handle(inst, Handle::Waitable(end))
    }

    pub(crate) fn end(&mut self, end: WaitableId) -> &mut CopyEnd {
        match &mut self.waitable(end).kind {
            WaitableKind::End(end) => end,
            WaitableKind::Subtask(_) => unreachable!("only ends are asked as ends"),
        }
    }

    /// `on_copy_done` (or, with `reclaim`, `on_copy`) of the end that a copy belongs to.
    fn on_copy_done(&mut self, end: WaitableId, result: CopyResult, reclaim: bool) {
        self.waitable(end).pending_event = Some(PendingEvent::Copy { result, reclaim });
        self.wakes_one(end);
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
    pub(crate) fn drop_shared(&mut self, shared: SharedId) {
        if !self.shared[shared.0].dropped {
            self.shared[shared.0].dropped = true;
            if self.shared[shared.0].pending.is_some() && !self.planted(Fault::DropIsSilent) {
                self.reset_and_notify_pending(shared, CopyResult::Dropped);
            }
        }
    }

    /// `CopyEnd.copy`: `read` or `write` of what is shared.
    pub(crate) fn copy(
        &mut self,
        thread: ThreadId,
        end: WaitableId,
        buffer: BufferId,
    ) -> Result<(), Stop> {
        let CopyEnd { shared, side, .. } = *self.end(end);
        let state = &self.shared[shared.0];
        if state.dropped {
            // (The writable end of a future cannot be dropped before it has written.)
            self.on_copy_done(end, CopyResult::Dropped, false);
            return Ok(());
        }
        let mine = Pending {
            thread,
            buffer,
            end,
        };
        let Some(pending) = state.pending else {
            if self.completes_zero_write(end, buffer) {
                self.on_copy_done(end, CopyResult::Completed, false);
                return Ok(());
            }
            self.shared[shared.0].pending = Some(mine);
            return Ok(());
        };
        if self.fails_without_copier(pending.thread) {
            return Err(Trap::SubtaskNotResolved.into());
        }
        let state = &self.shared[shared.0];
        self.check_intra_component(shared, buffer, pending.buffer)?;
        let (from, to) = match side {
            Side::Readable => (pending.buffer, buffer),
            Side::Writable => (buffer, pending.buffer),
        };
        match state.ty {
            ValType::Future(_) => {
                self.transfer(from, to, 1)?;
                self.reset_and_notify_pending(shared, CopyResult::Completed);
                self.on_copy_done(end, CopyResult::Completed, false);
                Ok(())
            }
            _ => self.copy_stream(shared, pending, mine, side),
        }
    }

    /// What the specification calls "temporary".
    pub(crate) fn check_intra_component(
        &self,
        shared: SharedId,
        one: BufferId,
        other: BufferId,
    ) -> Result<(), Stop> {
        let ty = &self.shared[shared.0].ty;
        let within = self.buffer(one).inst == self.buffer(other).inst;
        match within && !none_or_number_type(element(ty)) {
            true => Err(Trap::IntraComponentCopy.into()),
            false => Ok(()),
        }
    }

    /// The copy that waits for the other end: of which end, and its buffer.
    pub(crate) fn pending_copy(&self, shared: SharedId) -> Option<(WaitableId, BufferId)> {
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
            let mut n = buffer.remain().min(remain);
            if n > 1 && self.planted(Fault::CopiesOneLess) {
                n -= 1;
            }
            if n > 0 {
                match side {
                    Side::Readable => self.transfer(pending.buffer, mine.buffer, n)?,
                    Side::Writable => self.transfer(mine.buffer, pending.buffer, n)?,
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
pub(crate) fn event_code(stream: bool, side: Side) -> EventCode {
    match (stream, side) {
        (true, Side::Readable) => EventCode::StreamRead,
        (true, Side::Writable) => EventCode::StreamWrite,
        (false, Side::Readable) => EventCode::FutureRead,
        (false, Side::Writable) => EventCode::FutureWrite,
    }
}
