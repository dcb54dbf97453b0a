//! `class Waitable` and `class WaitableSet`, and the built-ins for them (CanonicalABI.md, "Waitable State",
//! `canon waitable-set.*`, `canon waitable.join`).

use super::canon::Outcome;
use super::canonical::{CanonicalOptions, InstanceId, Memory};
use super::deviation::CrossedEvent;
use super::fault::Fault;
use super::limits;
use super::state::{Cancelled, Handle, ReadyFunc, Then, ThreadId};
use super::store::{Stop, Store};
use super::streams::{CopyEnd, CopyResult};
use super::subtasks::Subtask;
use super::threads::Flow;
use crate::schedules::{Choice, NOBODY};
use spawndiff_observation::Trap;

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
    /// Of an end that is not copying. `kept`: it was there before the end's last copy. Only of a deviation.
    Idle { kept: bool },
    /// Of an end of a stream or future that crossed. Only of a deviation.
    Crossed(CrossedEvent),
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
    /// It was dropped while threads waited for it. Only after a deviation.
    pub(crate) dropped: bool,
}

/// `BLOCKED`.
pub(crate) const BLOCKED: u32 = 0xffff_ffff;

/// `class Waitable` and `class WaitableSet`.
impl Store<'_> {
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
        self.wait_synchronously(thread, waitable, ReadyFunc::PendingEvent(waitable))
    }

    /// The same for a subtask that is cancelled: what comes of that is its final state, and no earlier event.
    pub(crate) fn wait_for_resolution(
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
        match self.wait_until(thread, ready_func, false) {
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
        let EventTuple(_, _, payload) = self.get_pending_event(waitable)?;
        Ok(Outcome::returns(payload))
    }

    /// `Waitable.get_pending_event`. Only a deviation fails in it.
    pub(crate) fn get_pending_event(&mut self, waitable: WaitableId) -> Result<EventTuple, Stop> {
        let pending = self.waitable(waitable).pending_event.take();
        let set = self.waitable(waitable).wset;
        let event = match pending.expect("it has a pending event") {
            PendingEvent::Subtask => {
                let event = self.subtask_event(waitable);
                if !self.resolved(waitable) && self.planted(Fault::EventTwice) {
                    self.waitable(waitable).pending_event = Some(PendingEvent::Subtask);
                }
                event
            }
            PendingEvent::Idle { kept } => self.idle_event(waitable, kept),
            PendingEvent::Copy { result, reclaim } => self.copy_event(waitable, result, reclaim),
            PendingEvent::Crossed(event) => self.crossed_event(waitable, event)?,
        };
        if let Some(set) = set {
            self.goes_stale(set);
        }
        Ok(event)
    }

    /// `Waitable.join`.
    pub(crate) fn join(&mut self, waitable: WaitableId, wset: Option<SetId>) {
        debug_assert!(!self.waitables[waitable.0].has_sync_waiter);
        if let Some(old) = self.waitable(waitable).wset
            && !self.planted(Fault::LeavesSetInName)
        {
            self.sets[old.0].elems.retain(|&elem| elem != waitable);
            if self.has_pending_event(waitable) {
                self.goes_stale(old);
            }
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
    fn get_pending_event_of_set(&mut self, set: SetId) -> Result<EventTuple, Stop> {
        let elems = self.sets[set.0].elems.iter().copied();
        let pending: Vec<_> = elems.filter(|&elem| self.has_pending_event(elem)).collect();
        let chosen = self.choose(Choice::Event, &vec![NOBODY; pending.len()]);
        let event = self.get_pending_event(pending[chosen]);
        self.wakes_in_vain(pending[chosen]);
        event
    }

    /// `WaitableSet.wait_for_event_and`, up to the wait.
    pub(crate) fn wait_for_event_and(
        &mut self,
        thread: ThreadId,
        set: SetId,
        not_exclusive: Option<InstanceId>,
        cancellable: bool,
    ) -> Result<Flow<EventTuple>, Stop> {
        self.sets[set.0].num_waiting += 1;
        let ready_func = ReadyFunc::SetEvent { set, not_exclusive };
        match self.wait_until(thread, ready_func, cancellable) {
            Flow::Go(cancelled) => self.waited_for_event(set, cancelled).map(Flow::Go),
            Flow::Block(switch_to) => Ok(Flow::Block(switch_to)),
        }
    }

    /// `WaitableSet.wait_for_event_and`, after the wait.
    pub(crate) fn waited_for_event(
        &mut self,
        set: SetId,
        cancelled: Cancelled,
    ) -> Result<EventTuple, Stop> {
        let event = match cancelled {
            true => EventTuple(EventCode::TaskCancelled, 0, 0),
            false => self.get_pending_event_of_set(set)?,
        };
        self.sets[set.0].num_waiting -= 1;
        Ok(event)
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

/// The built-ins.
impl Store<'_> {
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
        if self.takes_yield(thread) {
            return self.unpack_event(thread, memory, ptr, EventTuple(EventCode::None, 0, 0));
        }
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
        let event = if self.takes_yield(thread) {
            EventTuple(EventCode::None, 0, 0)
        } else if self.deliver_pending_cancel(thread, cancellable) {
            EventTuple(EventCode::TaskCancelled, 0, 0)
        } else if !self.set_has_pending_event(set) || self.planted(Fault::PollFindsNothing) {
            EventTuple(EventCode::None, 0, 0)
        } else {
            self.get_pending_event_of_set(set)?
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
        let waiters = self.sets[set.0].num_waiting > 0 && !self.drops_woken(set);
        let elems = self.sets[set.0].elems.clone();
        let elems = elems.into_iter().any(|elem| !self.forgets(elem));
        self.trap_if_any(&[(elems, Trap::SetNotEmpty), (waiters, Trap::SetHasWaiters)])?;
        Ok(Outcome::nothing())
    }

    /// `canon_waitable_join`.
    pub(crate) fn canon_waitable_join(
        &mut self,
        inst: InstanceId,
        wi: u32,
        si: u32,
    ) -> Result<Outcome, Stop> {
        let Handle::Waitable(mut waitable) = self.get_handle(inst, wi)? else {
            return Err(Trap::WrongHandle.into());
        };
        if self.forgets(waitable) {
            match self.means_another(inst, wi, waitable) {
                Some(other) => waitable = other,
                None => self.trap_if_any(&[
                    (true, Trap::SubtaskNotResolved),
                    (self.is_another_waited_for(), Trap::WaitableInSet),
                ])?,
            }
        }
        if self.waitables[waitable.0].has_sync_waiter {
            match si {
                0 => self.leaves_waiter(waitable)?,
                _ => return Err(Trap::WaitableInSet.into()),
            }
        }
        let set = match si {
            0 => None,
            si => Some(self.get_set(inst, si)?),
        };
        self.join(waitable, set);
        Ok(Outcome::nothing())
    }
}
