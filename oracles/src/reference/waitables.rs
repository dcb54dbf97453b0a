//! `class Waitable`, `class WaitableSet` and `class Subtask`, and the built-ins for them (CanonicalABI.md, "Waitable State",
//! "Subtask State", `canon waitable-set.*`, `canon waitable.join`, `canon subtask.*`).

use super::abi::{self, CoreValueIter, Value};
use super::canon::Outcome;
use super::canonical::{CanonicalOptions, InstanceId, Memory};
use super::resources::Scope;
use super::state::{Cancelled, Handle, ReadyFunc, ResourceHandleId, TaskId, Then, ThreadId};
use super::store::{Stop, Store};
use super::streams::{CopyEnd, CopyResult};
use super::threads::Flow;
use super::types::FuncType;
use crate::Trap;
use crate::schedules::{Choice, NOBODY};
use std::sync::Arc;
use wasmi::Val;

/// A waitable, by its place in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct WaitableId(pub(crate) usize);

/// A waitable set, by its place in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SetId(pub(crate) usize);

/// `class EventCode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventCode {
    None = 0,
    Subtask = 1,
    StreamRead = 2,
    StreamWrite = 3,
    FutureRead = 4,
    FutureWrite = 5,
    TaskCancelled = 6,
}

/// `EventTuple`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EventTuple(pub(crate) EventCode, pub(crate) u32, pub(crate) u32);

/// `Waitable.pending_event`: the function that will make the event, as data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PendingEvent {
    /// `subtask_event`.
    Subtask,
    /// `stream_event` or `future_event`. `reclaim`: `on_copy` was called, and the buffer is taken back on delivery.
    Copy { result: CopyResult, reclaim: bool },
}

/// `class Waitable`.
#[derive(Debug)]
pub(crate) struct Waitable {
    pub(crate) pending_event: Option<PendingEvent>,
    pub(crate) wset: Option<SetId>,
    pub(crate) has_sync_waiter: bool,
    pub(crate) kind: WaitableKind,
}

/// The classes derived from `Waitable`.
#[derive(Debug)]
pub(crate) enum WaitableKind {
    Subtask(Subtask),
    End(CopyEnd),
}

/// `class WaitableSet`.
#[derive(Debug, Default)]
pub(crate) struct WaitableSet {
    pub(crate) elems: Vec<WaitableId>,
    pub(crate) num_waiting: u32,
}

/// `class Subtask`, and what `canon_lower`'s `on_start` and `on_resolve` close over.
#[derive(Debug)]
pub(crate) struct Subtask {
    pub(crate) state: SubtaskState,
    /// `None`: the function was not called yet.
    pub(crate) on_cancel: Option<OnCancel>,
    /// `None` once the resolution has been delivered.
    pub(crate) lenders: Option<Vec<ResourceHandleId>>,
    pub(crate) cancellation_requested: bool,
    pub(crate) flat_results: Vec<Val>,
    /// Its index in the caller's table, once it has one: from then on progress is an event (`maybe_on_progress`).
    pub(crate) index: Option<u32>,
    pub(crate) inst: InstanceId,
    pub(crate) ft: Arc<FuncType>,
    pub(crate) opts: CanonicalOptions,
    pub(crate) flat_args: CoreValueIter,
}

/// `OnCancel`: who is asked to cancel a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnCancel {
    /// `Task.request_cancellation`.
    Task(TaskId),
    /// The host.
    Host,
}

/// `class Subtask.State`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SubtaskState {
    Starting = 0,
    Started = 1,
    Returned = 2,
    CancelledBeforeStarted = 3,
    CancelledBeforeReturned = 4,
}

impl SubtaskState {
    fn resolved(self) -> bool {
        match self {
            SubtaskState::Starting | SubtaskState::Started => false,
            SubtaskState::Returned
            | SubtaskState::CancelledBeforeStarted
            | SubtaskState::CancelledBeforeReturned => true,
        }
    }
}

/// `BLOCKED`.
pub(crate) const BLOCKED: u32 = 0xffff_ffff;

/// `class Waitable` and `class WaitableSet`.
impl Store<'_> {
    pub(crate) fn new_waitable(&mut self, kind: WaitableKind) -> WaitableId {
        self.waitables.push(Waitable {
            pending_event: None,
            wset: None,
            has_sync_waiter: false,
            kind,
        });
        WaitableId(self.waitables.len() - 1)
    }

    pub(crate) fn waitable(&mut self, waitable: WaitableId) -> &mut Waitable {
        &mut self.waitables[waitable.0]
    }

    /// `Waitable.has_pending_event`.
    pub(crate) fn has_pending_event(&self, waitable: WaitableId) -> bool {
        self.waitables[waitable.0].pending_event.is_some()
    }

    /// `trap_if(w.in_waitable_set() and not async_)`.
    pub(crate) fn not_in_set(&self, waitable: WaitableId, async_: bool) -> Result<(), Stop> {
        match self.waitables[waitable.0].wset.is_some() && !async_ {
            true => Err(Trap::WaitableInSet.into()),
            false => Ok(()),
        }
    }

    /// `Waitable.wait_for_pending_event`, and `Waitable.get_pending_event` after it: the payload is the result.
    pub(crate) fn wait_for_pending_event(
        &mut self,
        thread: ThreadId,
        waitable: WaitableId,
    ) -> Result<Outcome, Stop> {
        self.waitable(waitable).has_sync_waiter = true;
        match self.wait_until(thread, ReadyFunc::PendingEvent(waitable), false) {
            Flow::Go(_) => self.waited_for_pending_event(waitable),
            Flow::Block(switch_to) => Ok(Outcome::Block(switch_to, Then::Event(waitable))),
        }
    }

    /// After the wait of [`Store::wait_for_pending_event`].
    pub(crate) fn waited_for_pending_event(
        &mut self,
        waitable: WaitableId,
    ) -> Result<Outcome, Stop> {
        self.waitable(waitable).has_sync_waiter = false;
        let EventTuple(_, _, payload) = self.get_pending_event(waitable);
        Ok(Outcome::returns(payload))
    }

    /// `Waitable.get_pending_event`.
    pub(crate) fn get_pending_event(&mut self, waitable: WaitableId) -> EventTuple {
        let pending = self.waitable(waitable).pending_event.take();
        match pending.expect("it has a pending event") {
            PendingEvent::Subtask => self.subtask_event(waitable),
            PendingEvent::Copy { result, reclaim } => self.copy_event(waitable, result, reclaim),
        }
    }

    /// `Waitable.join`.
    fn join(&mut self, waitable: WaitableId, wset: Option<SetId>) {
        debug_assert!(!self.waitables[waitable.0].has_sync_waiter);
        if let Some(old) = self.waitable(waitable).wset {
            self.sets[old.0].elems.retain(|&elem| elem != waitable);
        }
        self.waitable(waitable).wset = wset;
        if let Some(wset) = wset {
            self.sets[wset.0].elems.push(waitable);
        }
    }

    /// `Waitable.drop`.
    pub(crate) fn drop_waitable(&mut self, waitable: WaitableId) {
        debug_assert!(!self.has_pending_event(waitable));
        self.join(waitable, None);
    }

    /// `WaitableSet.has_pending_event`.
    pub(crate) fn set_has_pending_event(&self, set: SetId) -> bool {
        let mut elems = self.sets[set.0].elems.iter();
        elems.any(|&elem| self.has_pending_event(elem))
    }

    /// `WaitableSet.get_pending_event`: of any of its elements.
    fn get_pending_event_of_set(&mut self, set: SetId) -> EventTuple {
        let elems = self.sets[set.0].elems.iter().copied();
        let pending: Vec<_> = elems.filter(|&elem| self.has_pending_event(elem)).collect();
        let chosen = self.choose(Choice::Event, &vec![NOBODY; pending.len()]);
        self.get_pending_event(pending[chosen])
    }

    /// `WaitableSet.wait_for_event_and`, up to the wait. `Ok`: it need not wait.
    pub(crate) fn wait_for_event_and(
        &mut self,
        thread: ThreadId,
        set: SetId,
        not_exclusive: Option<InstanceId>,
        cancellable: bool,
    ) -> Result<EventTuple, Option<ThreadId>> {
        self.sets[set.0].num_waiting += 1;
        let ready_func = ReadyFunc::SetEvent { set, not_exclusive };
        match self.wait_until(thread, ready_func, cancellable) {
            Flow::Go(cancelled) => Ok(self.waited_for_event(set, cancelled)),
            Flow::Block(switch_to) => Err(switch_to),
        }
    }

    /// `WaitableSet.wait_for_event_and`, after the wait.
    pub(crate) fn waited_for_event(&mut self, set: SetId, cancelled: Cancelled) -> EventTuple {
        let event = match cancelled {
            true => EventTuple(EventCode::TaskCancelled, 0, 0),
            false => self.get_pending_event_of_set(set),
        };
        self.sets[set.0].num_waiting -= 1;
        event
    }

    /// A waitable set of an instance.
    pub(crate) fn get_set(&self, inst: InstanceId, si: u32) -> Result<SetId, Stop> {
        match self.get_handle(inst, si)? {
            Handle::Set(set) => Ok(set),
            Handle::Resource(_) | Handle::Waitable(_) | Handle::ErrorContext(_) => {
                Err(Trap::WrongHandle.into())
            }
        }
    }
}

/// `class Subtask`.
impl Store<'_> {
    pub(crate) fn subtask(&mut self, waitable: WaitableId) -> &mut Subtask {
        match &mut self.waitable(waitable).kind {
            WaitableKind::Subtask(subtask) => subtask,
            WaitableKind::End(_) => unreachable!("only subtasks are asked as subtasks"),
        }
    }

    /// `Subtask.resolved`.
    pub(crate) fn resolved(&self, waitable: WaitableId) -> bool {
        match &self.waitables[waitable.0].kind {
            WaitableKind::Subtask(subtask) => subtask.state.resolved(),
            WaitableKind::End(_) => unreachable!("only subtasks are asked as subtasks"),
        }
    }

    /// `Subtask.add_lender`.
    pub(crate) fn add_lender(&mut self, waitable: WaitableId, handle: ResourceHandleId) {
        self.resource_handles[handle.0].num_lends += 1;
        if let Some(lenders) = &mut self.subtask(waitable).lenders {
            lenders.push(handle);
        }
    }

    /// `Subtask.deliver_resolve`.
    pub(crate) fn deliver_resolve(&mut self, waitable: WaitableId) {
        debug_assert!(self.resolved(waitable));
        let lenders = self.subtask(waitable).lenders.take();
        for handle in lenders.expect("a resolution is delivered once") {
            self.resource_handles[handle.0].num_lends -= 1;
        }
    }

    /// `on_progress`, once the subtask is in the table.
    fn maybe_on_progress(&mut self, waitable: WaitableId) {
        if self.subtask(waitable).index.is_some() {
            self.waitable(waitable).pending_event = Some(PendingEvent::Subtask);
        }
    }

    /// `subtask_event`.
    fn subtask_event(&mut self, waitable: WaitableId) -> EventTuple {
        if self.resolved(waitable) {
            self.deliver_resolve(waitable);
        }
        let subtask = self.subtask(waitable);
        let index = subtask
            .index
            .expect("only a subtask with an index has events");
        EventTuple(EventCode::Subtask, index, subtask.state as u32)
    }

    /// `on_start` of `canon_lower`.
    pub(crate) fn subtask_on_start(&mut self, waitable: WaitableId) -> Result<Vec<Value>, Stop> {
        self.maybe_on_progress(waitable);
        let subtask = self.subtask(waitable);
        debug_assert_eq!(subtask.state, SubtaskState::Starting);
        subtask.state = SubtaskState::Started;
        let (inst, opts, ft) = (subtask.inst, subtask.opts.clone(), subtask.ft.clone());
        let mut flat_args =
            std::mem::replace(&mut subtask.flat_args, CoreValueIter::new(Vec::new()));
        let max_flat = match opts.async_ {
            true => abi::MAX_FLAT_ASYNC_PARAMS,
            false => abi::MAX_FLAT_PARAMS,
        };
        let mut cx = self.context(&opts, inst, Some(Scope::Subtask(waitable)));
        let args = abi::lift_flat_values(&mut cx, max_flat, &mut flat_args, &ft.params);
        self.subtask(waitable).flat_args = flat_args;
        args
    }

    /// `on_resolve` of `canon_lower`.
    pub(crate) fn subtask_on_resolve(
        &mut self,
        waitable: WaitableId,
        resolved: Option<Option<Value>>,
    ) -> Result<(), Stop> {
        self.maybe_on_progress(waitable);
        let subtask = self.subtask(waitable);
        let Some(result) = resolved else {
            debug_assert!(subtask.cancellation_requested);
            subtask.state = match subtask.state {
                SubtaskState::Starting => SubtaskState::CancelledBeforeStarted,
                SubtaskState::Started
                | SubtaskState::Returned
                | SubtaskState::CancelledBeforeStarted
                | SubtaskState::CancelledBeforeReturned => SubtaskState::CancelledBeforeReturned,
            };
            return Ok(());
        };
        let (inst, opts, ft) = (subtask.inst, subtask.opts.clone(), subtask.ft.clone());
        let mut flat_args =
            std::mem::replace(&mut subtask.flat_args, CoreValueIter::new(Vec::new()));
        let max_flat = match opts.async_ {
            true => 0,
            false => abi::MAX_FLAT_RESULTS,
        };
        let mut cx = self.context(&opts, inst, Some(Scope::Subtask(waitable)));
        let flat_results = abi::lower_flat_values(
            &mut cx,
            max_flat,
            result.as_slice(),
            ft.result.as_slice(),
            Some(&mut flat_args),
        )?;
        let subtask = self.subtask(waitable);
        subtask.flat_results = flat_results;
        subtask.state = SubtaskState::Returned;
        Ok(())
    }
}

/// The built-ins.
impl Store<'_> {
    /// `canon_waitable_set_new`.
    pub(crate) fn canon_waitable_set_new(&mut self, inst: InstanceId) -> Result<Outcome, Stop> {
        self.sets.push(WaitableSet::default());
        let set = Handle::Set(SetId(self.sets.len() - 1));
        self.add_handle(inst, set).map(Outcome::returns)
    }

    /// `canon_waitable_set_wait`.
    pub(crate) fn canon_waitable_set_wait(
        &mut self,
        thread: ThreadId,
        cancellable: bool,
        memory: Memory,
        si: u32,
        ptr: u64,
    ) -> Result<Outcome, Stop> {
        let set = self.get_set(self.inst_of(thread), si)?;
        match self.wait_for_event_and(thread, set, None, cancellable) {
            Ok(event) => self.unpack_event(thread, memory, ptr, event),
            Err(switch_to) => Ok(Outcome::Block(switch_to, Then::Wait { set, ptr })),
        }
    }

    /// `canon_waitable_set_poll`.
    pub(crate) fn canon_waitable_set_poll(
        &mut self,
        thread: ThreadId,
        cancellable: bool,
        memory: Memory,
        si: u32,
        ptr: u64,
    ) -> Result<Outcome, Stop> {
        let set = self.get_set(self.inst_of(thread), si)?;
        // `WaitableSet.poll`
        let event = if self.deliver_pending_cancel(thread, cancellable) {
            EventTuple(EventCode::TaskCancelled, 0, 0)
        } else if !self.set_has_pending_event(set) {
            EventTuple(EventCode::None, 0, 0)
        } else {
            self.get_pending_event_of_set(set)
        };
        self.unpack_event(thread, memory, ptr, event)
    }

    /// `unpack_event`.
    pub(crate) fn unpack_event(
        &mut self,
        thread: ThreadId,
        memory: Memory,
        ptr: u64,
        EventTuple(event, p1, p2): EventTuple,
    ) -> Result<Outcome, Stop> {
        let opts = CanonicalOptions {
            memory: Some(memory),
            ..CanonicalOptions::default()
        };
        let inst = self.inst_of(thread);
        let mut cx = self.context(&opts, inst, None);
        cx.store_u32(ptr, p1)?;
        cx.store_u32(ptr.saturating_add(4), p2)?;
        Ok(Outcome::returns(event as u32))
    }

    /// `canon_waitable_set_drop`.
    pub(crate) fn canon_waitable_set_drop(
        &mut self,
        inst: InstanceId,
        i: u32,
    ) -> Result<Outcome, Stop> {
        let set = self.get_set(inst, i)?;
        self.remove_handle(inst, i)?;
        // `WaitableSet.drop`
        let set = &self.sets[set.0];
        if !set.elems.is_empty() {
            return Err(Trap::SetNotEmpty.into());
        }
        if set.num_waiting > 0 {
            return Err(Trap::SetHasWaiters.into());
        }
        Ok(Outcome::nothing())
    }

    /// `canon_waitable_join`.
    pub(crate) fn canon_waitable_join(
        &mut self,
        inst: InstanceId,
        wi: u32,
        si: u32,
    ) -> Result<Outcome, Stop> {
        let Handle::Waitable(waitable) = self.get_handle(inst, wi)? else {
            return Err(Trap::WrongHandle.into());
        };
        if self.waitables[waitable.0].has_sync_waiter {
            return Err(Trap::WaitableInSet.into());
        }
        let set = match si {
            0 => None,
            si => Some(self.get_set(inst, si)?),
        };
        self.join(waitable, set);
        Ok(Outcome::nothing())
    }

    /// The subtask that a handle names.
    fn get_subtask(&mut self, inst: InstanceId, i: u32) -> Result<WaitableId, Stop> {
        if let Handle::Waitable(waitable) = self.get_handle(inst, i)?
            && let WaitableKind::Subtask(_) = self.waitable(waitable).kind
        {
            return Ok(waitable);
        }
        Err(Trap::WrongHandle.into())
    }

    /// `canon_subtask_cancel`.
    pub(crate) fn canon_subtask_cancel(
        &mut self,
        thread: ThreadId,
        async_: bool,
        i: u32,
    ) -> Result<Outcome, Stop> {
        let inst = self.inst_of(thread);
        let waitable = self.get_subtask(inst, i)?;
        let subtask = self.subtask(waitable);
        if subtask.lenders.is_none() {
            return Err(Trap::SubtaskResolveDelivered.into());
        }
        if subtask.cancellation_requested {
            return Err(Trap::SubtaskCancelTwice.into());
        }
        self.not_in_set(waitable, async_)?;
        if !self.resolved(waitable) {
            let subtask = self.subtask(waitable);
            subtask.cancellation_requested = true;
            match subtask.on_cancel {
                Some(OnCancel::Task(task)) => self.request_cancellation(task, Some(inst))?,
                Some(OnCancel::Host) => self.cancel_host(waitable)?,
                None => {}
            }
            if !self.resolved(waitable) {
                return match async_ {
                    false => self.wait_for_pending_event(thread, waitable),
                    true => Ok(Outcome::returns(BLOCKED)),
                };
            }
        }
        let EventTuple(_, _, state) = self.get_pending_event(waitable);
        Ok(Outcome::returns(state))
    }

    /// `canon_subtask_drop`.
    pub(crate) fn canon_subtask_drop(&mut self, inst: InstanceId, i: u32) -> Result<Outcome, Stop> {
        let waitable = self.get_subtask(inst, i)?;
        self.remove_handle(inst, i)?;
        // `Subtask.drop`
        if self.subtask(waitable).lenders.is_some() {
            return Err(Trap::SubtaskNotResolved.into());
        }
        self.drop_waitable(waitable);
        Ok(Outcome::nothing())
    }
}
