//! The built-ins of streams and futures (CanonicalABI.md, `canon {stream,future}.*`), and the passing of their readable ends
//! (`lift_async_value`, `lower_stream`, `lower_future`).

use super::abi::SharedId;
use super::buffers::BufferId;
use super::builtins::Outcome;
use super::canon_defs::{CanonicalOptions, InstanceId, Side};
use super::machine::Machine;
use super::state::{Handle, ThreadId};
use super::store::{Stop, Store};
use super::streams::{CopyEnd, CopyState};
use super::trap_if::{Site, TrapIf};
use super::types::ValType;
use super::waitables::{BLOCKED, EventTuple, WaitableId};
use wasmi::Val;

/// The arguments of `stream_copy` and `future_copy`, which say what a stream or future is to be copied with.
#[derive(Clone, Copy, Debug)]
pub struct CopyArgs<'s> {
    /// The type of the stream or future.
    pub ty: &'s ValType,
    /// Which end is asked for.
    pub side: Side,
    /// The options.
    pub opts: &'s CanonicalOptions,
    /// The index of the end.
    pub i: u32,
    /// The address of the buffer.
    pub ptr: u64,
    /// The length of the buffer in elements; 1 for a future.
    pub n: u32,
}

impl<M: Machine> Store<'_, M> {
    /// `canon_stream_new`, `canon_future_new`.
    pub(crate) fn canon_ends_new(
        &mut self,
        inst: InstanceId,
        ty: &ValType,
    ) -> Result<Outcome, Stop> {
        let shared = self.new_shared(ty.clone())?;
        let ri = self.add_end(inst, shared, Side::Readable)?;
        let wi = self.add_end(inst, shared, Side::Writable)?;
        let packed = u64::from(ri) | u64::from(wi) << 32;
        Ok(Outcome::Return(vec![Val::I64(packed as i64)]))
    }

    /// The end of this type that a handle is, of whichever side: which trap that is, is a choice where more is wrong with it.
    ///
    /// # Errors
    ///
    /// A trap, if it is none.
    pub fn end_of(&self, handle: Handle, ty: &ValType) -> Result<WaitableId, Stop> {
        if let Handle::Waitable(waitable) = handle
            && let Some(end) = self.as_end(waitable)
            && self.shared[end.shared.0].ty == *ty
        {
            return Ok(waitable);
        }
        Err(TrapIf::OtherKind.into())
    }

    /// `stream_copy` and `future_copy`.
    pub(crate) fn stream_copy(
        &mut self,
        thread: ThreadId,
        args: CopyArgs<'_>,
    ) -> Result<Outcome, Stop> {
        let (end, buffer) = self.copy_operands(thread, args)?;
        let CopyEnd { state, copy, .. } = self.end(end);
        *state = CopyState::Copying;
        *copy = Some((args.i, buffer));
        M::shared_copy(self, thread, end, buffer)?;
        self.result_of_copy(thread, end, args.opts.async_)
    }

    /// `stream_copy` and `future_copy`, up to the buffer: the end, and the buffer.
    ///
    /// # Errors
    ///
    /// The trap of a condition that holds.
    pub fn copy_operands(
        &mut self,
        thread: ThreadId,
        CopyArgs {
            ty,
            side,
            opts,
            i,
            ptr,
            n,
        }: CopyArgs<'_>,
    ) -> Result<(WaitableId, BufferId), Stop> {
        let inst = self.inst_of(thread);
        let [too_long, elsewhere, unaligned] = self.check_buffer(ty, opts, inst, ptr, n);
        let async_ = opts.async_;
        let handle = self.get_handle(inst, i);
        let unknown = handle.is_err();
        let end = handle.and_then(|handle| self.end_of(handle, ty)).ok();
        let site = Site::Copy { end, side, async_ };
        let Some(end) = end else {
            let conditions = [
                (unknown, TrapIf::NoSuchHandle),
                (!unknown, TrapIf::OtherKind),
                too_long,
                elsewhere,
                unaligned,
            ];
            self.trap_if_any(site, &conditions)?;
            return Err(TrapIf::OtherKind.into());
        };
        let wrong = self.end(end).side != side;
        let state = self.end(end).state;
        let in_set = !wrong && !async_ && self.waitable(end).wset.is_some();
        let conditions = [
            (wrong, TrapIf::OtherEnd),
            (state == CopyState::Done, TrapIf::EndIsDone),
            (state.copying(), TrapIf::EndIsBusy),
            (in_set, TrapIf::InWaitableSet),
            too_long,
            elsewhere,
            unaligned,
        ];
        self.trap_if_any(site, &conditions)?;
        let buffer = self.new_buffer(ty, opts, inst, ptr, n)?;
        Ok((end, buffer))
    }

    /// `cancel_copy`.
    pub(crate) fn cancel_copy(
        &mut self,
        thread: ThreadId,
        ty: &ValType,
        side: Side,
        async_: bool,
        i: u32,
    ) -> Result<Outcome, Stop> {
        let inst = self.inst_of(thread);
        let handle = self.get_handle(inst, i)?;
        let end = self.end_of(handle, ty)?;
        let copies = self.end(end).state == CopyState::Copying;
        let wrong = self.end(end).side != side;
        let waitable = self.waitable(end);
        let conditions = [
            (wrong, TrapIf::OtherEnd),
            (!copies || waitable.has_sync_waiter, TrapIf::NotCopying),
            (waitable.wset.is_some() && !async_, TrapIf::InWaitableSet),
        ];
        self.trap_if_any(Site::CancelCopy { end, side, async_ }, &conditions)?;
        self.end(end).state = CopyState::CancellingCopy;
        self.cancel_replaces_completed(end);
        if !self.has_pending_event(end) {
            let shared = self.end(end).shared;
            self.cancel_shared(shared);
        }
        self.result_of_copy(thread, end, async_)
    }

    /// The end of `stream_copy`, `future_copy` and `cancel_copy`.
    fn result_of_copy(
        &mut self,
        thread: ThreadId,
        end: WaitableId,
        async_: bool,
    ) -> Result<Outcome, Stop> {
        if !self.has_pending_event(end) {
            return match async_ {
                false => M::wait_for_pending_event(self, thread, end),
                true => Ok(Outcome::returns(BLOCKED)),
            };
        }
        let EventTuple(_, _, payload) = M::get_pending_event(self, end)?;
        Ok(Outcome::returns(payload))
    }

    /// `drop`, of `canon_{stream,future}_drop_{readable,writable}`.
    pub(crate) fn canon_drop_end(
        &mut self,
        inst: InstanceId,
        ty: &ValType,
        side: Side,
        hi: u32,
    ) -> Result<Outcome, Stop> {
        let handle = self.remove_handle(inst, hi)?;
        let end = self.end_of(handle, ty)?;
        let CopyEnd {
            state,
            side: of_end,
            ..
        } = *self.end(end);
        let wrong = of_end != side;
        // `WritableFutureEnd.drop`
        let future = matches!(ty, ValType::Future(_)) && !wrong;
        let unwritten = future && side == Side::Writable && state != CopyState::Done;
        // And `CopyEnd.drop`.
        let conditions = [
            (wrong, TrapIf::OtherEnd),
            (unwritten, TrapIf::FutureNotWritten),
            (state.copying(), TrapIf::DropsWhileCopying),
        ];
        self.trap_if_any(Site::DropEnd { end, side }, &conditions)?;
        M::drop_end(self, end)?;
        Ok(Outcome::nothing())
    }

    /// `lift_async_value`.
    pub(crate) fn lift_async_value(
        &mut self,
        inst: InstanceId,
        i: u32,
        ty: &ValType,
    ) -> Result<SharedId, Stop> {
        let handle = self.remove_handle(inst, i)?;
        let end = self.end_of(handle, ty)?;
        let in_set = self.waitable(end).wset.is_some();
        let CopyEnd {
            state,
            side,
            shared,
            ..
        } = *self.end(end);
        let conditions = [
            (side != Side::Readable, TrapIf::OtherEnd),
            (state == CopyState::Done, TrapIf::EndIsDone),
            (state.copying(), TrapIf::EndIsBusy),
            (in_set, TrapIf::LiftsInWaitableSet),
        ];
        self.trap_if_any(Site::LiftAsyncValue(end), &conditions)?;
        Ok(shared)
    }
}
