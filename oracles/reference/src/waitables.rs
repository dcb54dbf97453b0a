//! `class Waitable` and `class WaitableSet`, and the built-ins for them (CanonicalABI.md, "Waitable State",
//! `canon waitable-set.*`, `canon waitable.join`).

use super::builtins::Outcome;
use super::canon_defs::{CanonicalOptions, InstanceId, Memory};
use super::limits;
use super::machine::Machine;
use super::state::{Cancelled, Handle, ReadyFunc, Then, ThreadId};
use super::store::{Stop, Store};
use super::streams::{CopyEnd, CopyResult};
use super::subtasks::Subtask;
use super::threads::Flow;
use super::trap_if::{Site, TrapIf};
use crate::schedules::{Choice, NOBODY};

/// A waitable, by its place in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WaitableId(pub(crate) usize);

/// A waitable set, by its place in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SetId(pub(crate) usize);

/// `class EventCode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventCode {
    /// `NONE`.
    None = 0,
    /// `SUBTASK`, or a subtask.
    Subtask = 1,
    /// `STREAM_READ`.
    StreamRead = 2,
    /// `STREAM_WRITE`.
    StreamWrite = 3,
    /// `FUTURE_READ`.
    FutureRead = 4,
    /// `FUTURE_WRITE`.
    FutureWrite = 5,
    /// `TASK_CANCELLED`.
    TaskCancelled = 6,
}

/// `EventTuple`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventTuple(pub EventCode, pub u32, pub u32);

/// `Waitable.pending_event`: the function that will make the event, as data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PendingEvent {
    /// `subtask_event`.
    Subtask,
    /// `stream_event` or `future_event`. `reclaim`: `on_copy` was called, and the buffer is taken back on delivery.
    Copy {
        /// The result.
        result: CopyResult,
        /// Whether the buffer is taken back.
        reclaim: bool,
    },
    /// 720: the other end was dropped, of an end that is not copying.
    Dropped,
    /// Something of a machine's own: the text has none.
    Own(u64),
}

/// `class Waitable`.
#[derive(Debug)]
pub struct Waitable {
    pub(crate) pending_event: Option<PendingEvent>,
    pub(crate) wset: Option<SetId>,
    pub(crate) has_sync_waiter: bool,
    pub(crate) kind: WaitableKind,
}

/// The classes derived from `Waitable`.
#[derive(Debug)]
pub enum WaitableKind {
    /// `SUBTASK`, or a subtask.
    Subtask(Subtask),
    /// An end of a stream or future.
    End(CopyEnd),
}

/// `class WaitableSet`.
#[derive(Debug, Default)]
pub struct WaitableSet {
    pub(crate) elems: Vec<WaitableId>,
    pub(crate) num_waiting: u32,
}

impl Waitable {
    /// `Waitable.pending_event`.
    pub fn pending_event(&self) -> Option<PendingEvent> {
        self.pending_event
    }

    /// `Waitable.wset`.
    pub fn wset(&self) -> Option<SetId> {
        self.wset
    }

    /// `Waitable.has_sync_waiter`.
    pub fn has_sync_waiter(&self) -> bool {
        self.has_sync_waiter
    }

    /// The derived class that the waitable is of.
    pub fn kind(&self) -> &WaitableKind {
        &self.kind
    }
}

impl WaitableSet {
    /// `WaitableSet.elems`.
    pub fn elems(&self) -> &[WaitableId] {
        &self.elems
    }

    /// `WaitableSet.num_waiting`.
    pub fn num_waiting(&self) -> u32 {
        self.num_waiting
    }
}

/// `BLOCKED`.
pub const BLOCKED: u32 = 0xffff_ffff;

/// `class Waitable` and `class WaitableSet`.
impl<M: Machine> Store<'_, M> {
    pub(crate) fn new_waitable(&mut self, kind: WaitableKind) -> Result<WaitableId, Stop> {
        let waitable = Waitable {
            pending_event: None,
            wset: None,
            has_sync_waiter: false,
            kind,
        };
        limits::add(&mut self.waitables, waitable).map(WaitableId)
    }

    pub(crate) fn waitable(&mut self, waitable: WaitableId) -> &mut Waitable {
        &mut self.waitables[waitable.0]
    }

    /// `Waitable.has_pending_event`.
    pub fn has_pending_event(&self, waitable: WaitableId) -> bool {
        self.waitables[waitable.0].pending_event.is_some()
    }

    /// `Waitable.wait_for_pending_event`, and `Waitable.get_pending_event` after it: the payload is the result.
    pub fn wait_for_pending_event(
        &mut self,
        thread: ThreadId,
        waitable: WaitableId,
    ) -> Result<Outcome, Stop> {
        self.wait_synchronously(thread, waitable, ReadyFunc::PendingEvent(waitable))
    }

    /// Like [`Store::wait_for_pending_event`], for a subtask that is cancelled: the thread waits for the final state of the
    /// subtask, and not for an earlier event.
    pub fn wait_for_resolution(
        &mut self,
        thread: ThreadId,
        subtask: WaitableId,
    ) -> Result<Outcome, Stop> {
        self.wait_synchronously(thread, subtask, ReadyFunc::Resolved(subtask))
    }

    fn wait_synchronously(
        &mut self,
        thread: ThreadId,
        waitable: WaitableId,
        ready_func: ReadyFunc,
    ) -> Result<Outcome, Stop> {
        self.waitable(waitable).has_sync_waiter = true;
        match M::wait_until(self, thread, ready_func, false) {
            Flow::Go(_) => self.waited_for_pending_event(thread, waitable),
            Flow::Block(switch_to) => Ok(Outcome::Block(switch_to, Then::Event(waitable))),
        }
    }

    /// After the wait of [`Store::wait_for_pending_event`].
    ///
    /// # Errors
    ///
    /// None in the text.
    pub fn waited_for_pending_event(
        &mut self,
        _: ThreadId,
        waitable: WaitableId,
    ) -> Result<Outcome, Stop> {
        self.has_no_sync_waiter(waitable);
        let EventTuple(_, _, payload) = M::get_pending_event(self, waitable)?;
        Ok(Outcome::returns(payload))
    }

    /// `self.has_sync_waiter = False`.
    pub fn has_no_sync_waiter(&mut self, waitable: WaitableId) {
        self.waitable(waitable).has_sync_waiter = false;
    }

    /// `Waitable.set_pending_event`.
    pub fn set_pending_event(&mut self, waitable: WaitableId, event: PendingEvent) {
        self.waitable(waitable).pending_event = Some(event);
    }

    /// The beginning of `Waitable.get_pending_event`: it has none any more.
    pub fn take_pending_event(&mut self, waitable: WaitableId) -> Option<PendingEvent> {
        self.waitable(waitable).pending_event.take()
    }

    /// `Waitable.get_pending_event`.
    ///
    /// # Errors
    ///
    /// None in the text.
    pub fn get_pending_event(&mut self, waitable: WaitableId) -> Result<EventTuple, Stop> {
        let pending = self.take_pending_event(waitable);
        match pending.expect("it has a pending event") {
            PendingEvent::Subtask => Ok(self.subtask_event(waitable)),
            PendingEvent::Copy { result, reclaim } => {
                Ok(self.copy_event(waitable, result, reclaim))
            }
            PendingEvent::Dropped => Ok(self.dropped_event(waitable)),
            PendingEvent::Own(key) => M::own_event(self, waitable, key),
        }
    }

    /// `Waitable.join`.
    pub fn join(&mut self, waitable: WaitableId, wset: Option<SetId>) {
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
    pub fn drop_waitable(&mut self, waitable: WaitableId) {
        debug_assert!(!self.has_pending_event(waitable));
        M::join(self, waitable, None);
    }

    /// `WaitableSet.has_pending_event`.
    pub fn set_has_pending_event(&self, set: SetId) -> bool {
        let mut elems = self.sets[set.0].elems.iter();
        elems.any(|&elem| self.has_pending_event(elem))
    }

    /// `WaitableSet.get_pending_event`.
    ///
    /// # Errors
    ///
    /// None in the text.
    pub fn get_pending_event_of_set(&mut self, set: SetId) -> Result<EventTuple, Stop> {
        let waitable = self.choose_waitable(set);
        M::get_pending_event(self, waitable)
    }

    /// The choice in `WaitableSet.get_pending_event`: any of its elements that has an event.
    pub fn choose_waitable(&mut self, set: SetId) -> WaitableId {
        let elems = self.sets[set.0].elems.iter().copied();
        let pending: Vec<_> = elems.filter(|&elem| self.has_pending_event(elem)).collect();
        let chosen = self.choose(Choice::Event, &vec![NOBODY; pending.len()]);
        pending[chosen]
    }

    /// `WaitableSet.wait_for_event_and`, up to the wait.
    pub(crate) fn wait_for_event_and(
        &mut self,
        thread: ThreadId,
        set: SetId,
        not_exclusive: Option<InstanceId>,
        cancellable: bool,
    ) -> Result<Flow<EventTuple>, Stop> {
        self.begin_waiting(set);
        let ready_func = ReadyFunc::SetEvent { set, not_exclusive };
        match M::wait_until(self, thread, ready_func, cancellable) {
            Flow::Go(cancelled) => self.waited_for_event(thread, set, cancelled).map(Flow::Go),
            Flow::Block(switch_to) => Ok(Flow::Block(switch_to)),
        }
    }

    /// `WaitableSet.wait_for_event_and`, after the wait.
    ///
    /// # Errors
    ///
    /// None in the text.
    pub fn waited_for_event(
        &mut self,
        _: ThreadId,
        set: SetId,
        cancelled: Cancelled,
    ) -> Result<EventTuple, Stop> {
        let event = match cancelled {
            true => EventTuple(EventCode::TaskCancelled, 0, 0),
            false => M::get_pending_event_of_set(self, set)?,
        };
        self.end_waiting(set);
        Ok(event)
    }

    /// `self.num_waiting += 1`, of a waitable set.
    pub fn begin_waiting(&mut self, set: SetId) {
        self.sets[set.0].num_waiting += 1;
    }

    /// `self.num_waiting -= 1`, of a waitable set.
    pub fn end_waiting(&mut self, set: SetId) {
        self.sets[set.0].num_waiting -= 1;
    }

    /// A waitable set of an instance.
    ///
    /// # Errors
    ///
    /// A trap, if it names none.
    pub fn get_set(&self, inst: InstanceId, si: u32) -> Result<SetId, Stop> {
        match self.get_handle(inst, si)? {
            Handle::Set(set) => Ok(set),
            Handle::Resource(_) | Handle::Waitable(_) | Handle::ErrorContext(_) => {
                Err(TrapIf::NotWaitableSet.into())
            }
        }
    }
}

/// The built-ins.
impl<M: Machine> Store<'_, M> {
    /// `canon_waitable_set_new`.
    pub(crate) fn canon_waitable_set_new(&mut self, inst: InstanceId) -> Result<Outcome, Stop> {
        let set = SetId(limits::add(&mut self.sets, WaitableSet::default())?);
        self.add_handle(inst, Handle::Set(set))
            .map(Outcome::returns)
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
        match self.wait_for_event_and(thread, set, None, cancellable)? {
            Flow::Go(event) => self.unpack_event(thread, memory, ptr, event),
            Flow::Block(switch_to) => Ok(Outcome::Block(switch_to, Then::Wait { set, ptr })),
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
        let event = if M::deliver_pending_cancel(self, thread, cancellable) {
            EventTuple(EventCode::TaskCancelled, 0, 0)
        } else if !self.set_has_pending_event(set) {
            EventTuple(EventCode::None, 0, 0)
        } else {
            M::get_pending_event_of_set(self, set)?
        };
        self.unpack_event(thread, memory, ptr, event)
    }

    /// `unpack_event`.
    ///
    /// # Errors
    ///
    /// A trap, if it cannot be stored there.
    pub fn unpack_event(
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
        self.coverage.delivered(event);
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
        let WaitableSet {
            elems, num_waiting, ..
        } = &self.sets[set.0];
        let conditions = [
            (!elems.is_empty(), TrapIf::SetHasElements),
            (*num_waiting > 0, TrapIf::SetHasWaiters),
        ];
        self.trap_if_any(Site::WaitableSetDrop(set), &conditions)?;
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
            return Err(TrapIf::NotWaitable.into());
        };
        let waiter = self.waitables[waitable.0].has_sync_waiter;
        let conditions = [(waiter, TrapIf::HasSyncWaiter)];
        self.trap_if_any(Site::WaitableJoin { waitable, si }, &conditions)?;
        let set = match si {
            0 => None,
            si => Some(self.get_set(inst, si)?),
        };
        M::join(self, waitable, set);
        Ok(Outcome::nothing())
    }
}
