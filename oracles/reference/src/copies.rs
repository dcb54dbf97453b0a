//! The built-ins of streams and futures (CanonicalABI.md, `canon {stream,future}.*`), and the passing of their readable ends
//! (`lift_async_value`, `lower_stream`, `lower_future`).

use super::abi::SharedId;
use super::canon::Outcome;
use super::canonical::{CanonicalOptions, InstanceId, Side};
use super::state::{Handle, ThreadId};
use super::store::{Stop, Store};
use super::streams::CopyState;
use super::types::ValType;
use super::waitables::{BLOCKED, EventTuple, WaitableId, WaitableKind};
use spawndiff_observation::Trap;
use wasmi::Val;

impl Store<'_> {
    /// `canon_stream_new`, `canon_future_new`.
    pub(crate) fn canon_ends_new(
        &mut self,
        inst: InstanceId,
        ty: &ValType,
    ) -> Result<Outcome, Stop> {
        let shared = self.new_shared(ty.clone())?;
        let ri = self.new_end(inst, shared, Side::Readable)?;
        let wi = self.new_end(inst, shared, Side::Writable)?;
        let packed = u64::from(ri) | u64::from(wi) << 32;
        Ok(Outcome::Return(vec![Val::I64(packed as i64)]))
    }

    /// The end that a handle names, of this type, and whether it is not the one that is asked for: where more is wrong with it
    /// than that, which is named is a choice.
    fn end_of(
        &mut self,
        handle: Handle,
        ty: &ValType,
        side: Side,
    ) -> Result<(WaitableId, bool), Stop> {
        if let Handle::Waitable(waitable) = handle
            && let WaitableKind::End(end) = &self.waitables[waitable.0].kind
            && self.shared[end.shared.0].ty == *ty
        {
            return Ok((waitable, end.taken_for != side));
        }
        Err(Trap::WrongHandle.into())
    }

    /// `stream_copy` and `future_copy`. For a future, `n` is 1.
    #[expect(clippy::too_many_arguments, reason = "they are the specification's")]
    pub(crate) fn stream_copy(
        &mut self,
        thread: ThreadId,
        ty: &ValType,
        side: Side,
        opts: &CanonicalOptions,
        i: u32,
        ptr: u64,
        n: u32,
    ) -> Result<Outcome, Stop> {
        let inst = self.inst_of(thread);
        let [too_long, elsewhere, unaligned] = self.check_buffer(ty, opts, inst, ptr, n);
        let handle = self.get_handle(inst, i);
        let (end, wrong) = match handle.and_then(|handle| self.end_of(handle, ty, side)) {
            Err(Stop::Trap(_, trap)) => {
                self.trap_if_any(&[(true, trap), too_long, elsewhere, unaligned])?;
                return Err(trap.into());
            }
            end => end?,
        };
        let state = self.end(end).state;
        let in_set =
            !wrong && !opts.async_ && self.waitable(end).wset.is_some() && !self.copies_in_set();
        let conditions = [
            (wrong, Trap::WrongEnd),
            (state == CopyState::Done, Trap::CopyEndDone),
            (state.copying(), Trap::CopyEndBusy),
            (in_set, Trap::WaitableInSet),
            too_long,
            elsewhere,
            unaligned,
        ];
        if !self.copies_unaligned(&conditions) {
            self.trap_if_any(&conditions)?;
        }
        self.not_waited_for(end, opts.async_)?;
        let buffer = self.new_buffer(ty, opts, inst, ptr, n)?;
        if self.has_crossed(end) {
            return self.copy_crossed(thread, end, side, buffer, opts.async_);
        }
        self.end(end).state = CopyState::Copying;
        self.end(end).copy = Some((i, buffer));
        let idle = self.take_idle_event(end);
        self.copy(thread, end, buffer)?;
        self.blocks_outside_sets(end, opts.async_)?;
        let result = self.result_of_copy(thread, end, opts.async_);
        if idle {
            self.give_idle_event(end);
        }
        result
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
        let (end, wrong) = self.end_of(handle, ty, side)?;
        let future = matches!(ty, ValType::Future(_));
        let copies = self.end(end).state == CopyState::Copying;
        if copies && (self.has_crossed(end) || wrong && self.cancels_other_end()) {
            return self.cancel_crossed(end, side, async_);
        }
        let waiter = copies && self.waitable(end).has_sync_waiter && !self.cancels_sync_copy();
        let idle = !copies || waiter;
        let in_set = self.waitable(end).wset.is_some() && !async_;
        self.trap_if_any(&[
            (wrong, Trap::WrongEnd),
            (idle, Trap::NotCopying),
            (in_set, Trap::WaitableInSet),
        ])?;
        self.not_waited_for(end, async_)?;
        self.end(end).state = CopyState::CancellingCopy;
        self.cancels_completed(end, future);
        let told = self.has_pending_event(end);
        if !told {
            let shared = self.end(end).shared;
            self.cancel_shared(shared);
        }
        let result = self.result_of_copy(thread, end, async_);
        if told {
            self.wakes_in_vain(end);
        }
        result
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
                false => self.wait_for_pending_event(thread, end),
                true => Ok(Outcome::returns(BLOCKED)),
            };
        }
        let EventTuple(_, _, payload) = self.get_pending_event(end)?;
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
        let (end, wrong) = self.end_of(handle, ty, side)?;
        let state = self.end(end).state;
        if !wrong && !state.copying() && self.has_crossed(end) {
            return self.drop_crossed(end, side);
        }
        // `WritableFutureEnd.drop`
        let future = matches!(ty, ValType::Future(_)) && !wrong;
        let unwritten = future && side == Side::Writable && state != CopyState::Done;
        // And `CopyEnd.drop`.
        self.trap_if_any(&[
            (wrong, Trap::WrongEnd),
            (unwritten, Trap::FutureNotWritten),
            (state.copying(), Trap::DropWhileCopying),
        ])?;
        let shared = self.end(end).shared;
        self.drop_shared(shared);
        if self.take_idle_event(end) {
            self.loses_idle_event(end);
        }
        self.tells_idle_end(end);
        self.replaces_completed(end);
        self.drops_waited_for(end);
        self.drop_waitable(end);
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
        let (end, wrong) = self.end_of(handle, ty, Side::Readable)?;
        let state = self.end(end).state;
        let in_set = self.waitables[end.0].wset.is_some() || self.is_still_waited_for(end);
        self.trap_if_any(&[
            (wrong, Trap::WrongEnd),
            (state == CopyState::Done, Trap::CopyEndDone),
            (state.copying(), Trap::CopyEndBusy),
            (in_set, Trap::LiftInSet),
        ])?;
        Ok(self.end(end).shared)
    }
}
