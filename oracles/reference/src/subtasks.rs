//! `class Subtask`, and the built-ins for it (CanonicalABI.md, "Subtask State", `canon subtask.*`).

use super::abi::{self, CoreValueIter, Value};
use super::canon::Outcome;
use super::canonical::{CanonicalOptions, InstanceId};
use super::fault::Fault;
use super::resources::Scope;
use super::state::{Handle, ReadyFunc, ResourceHandleId, TaskId, Then, ThreadId};
use super::store::{Stop, Store};
use super::tasks::Told;
use super::types::FuncType;
use super::waitables::{BLOCKED, EventCode, EventTuple, PendingEvent, WaitableId, WaitableKind};
use spawndiff_observation::Trap;
use std::sync::Arc;
use wasmi::Val;

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
    /// The thread that called. Only a deviation asks.
    pub(crate) thread: ThreadId,
    /// Whether it was dropped, and its handle is still there. Only a deviation asks.
    pub(crate) dropped: bool,
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
    pub(super) fn resolved(self) -> bool {
        match self {
            SubtaskState::Starting | SubtaskState::Started => false,
            SubtaskState::Returned
            | SubtaskState::CancelledBeforeStarted
            | SubtaskState::CancelledBeforeReturned => true,
        }
    }
}

impl Subtask {
    /// How many core values its result may be, and is stored otherwise.
    pub(crate) fn max_flat_results(&self) -> usize {
        match self.opts.async_ {
            true => 0,
            false => abi::MAX_FLAT_RESULTS,
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
            self.wakes_one(waitable);
        }
    }

    /// The same, where the task returned before. Only after a deviation.
    pub(super) fn returns_late(&mut self, waitable: WaitableId) -> Result<(), Trap> {
        let caller = self.subtask(waitable).thread;
        if self.fails_without_caller(caller) {
            return Err(Trap::SubtaskNotResolved);
        }
        self.maybe_on_progress(waitable);
        self.subtask(waitable).state = SubtaskState::Returned;
        Ok(())
    }

    /// `subtask_event`.
    pub(super) fn subtask_event(&mut self, waitable: WaitableId) -> EventTuple {
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
        let caller = self.subtask(waitable).thread;
        if self.fails_without_caller(caller) {
            return Err(Trap::SubtaskNotResolved.into());
        }
        self.maybe_on_progress(waitable);
        if let (Some(OnCancel::Task(task)), Some(index)) = (
            self.subtask(waitable).on_cancel,
            self.subtask(waitable).index,
        ) && self.task(task).threads.len() > 1
            && self.planted(Fault::FreesSubtaskEarly)
        {
            let inst = self.subtask(waitable).inst;
            self.remove_handle(inst, index)?;
        }
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
        let max_flat = subtask.max_flat_results();
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
        let waitable = self.get_subtask(self.inst_of(thread), i)?;
        if self.forgets(waitable) {
            return self.cancels_another(thread, waitable, async_);
        }
        self.cancel_subtask(thread, waitable, async_)
    }

    /// The same, of the subtask that the handle names.
    pub(crate) fn cancel_subtask(
        &mut self,
        thread: ThreadId,
        waitable: WaitableId,
        async_: bool,
    ) -> Result<Outcome, Stop> {
        let inst = self.inst_of(thread);
        let held = self.return_is_held(waitable);
        let subtask = self.subtask(waitable);
        let delivered = held || subtask.lenders.is_none();
        let requested = subtask.cancellation_requested;
        let twice = requested && !self.cancels_twice();
        let in_set = self.waitable(waitable).wset.is_some();
        let in_set = match async_ {
            false => in_set || self.waits_in_own_set(waitable, requested),
            true => self.refuses_in_set(waitable, requested),
        };
        self.trap_if_any(&[
            (delivered, Trap::SubtaskResolveDelivered),
            (twice, Trap::SubtaskCancelTwice),
            (in_set, Trap::WaitableInSet),
        ])?;
        if !self.resolved(waitable) {
            let subtask = self.subtask(waitable);
            subtask.cancellation_requested = true;
            match subtask.on_cancel {
                Some(OnCancel::Task(task)) => {
                    let told = self.request_cancellation(task, Some(inst))?;
                    let waits = match told == Told::Thread && self.holds_caller(thread) {
                        true => true,
                        false if self.instead_of_going_on(told) => {
                            self.waits(thread, ReadyFunc::Always);
                            true
                        }
                        false => false,
                    };
                    if waits {
                        return Ok(Outcome::Block(None, Then::Cancel { waitable, async_ }));
                    }
                }
                Some(OnCancel::Host) => self.cancel_host(waitable)?,
                None => {}
            }
        }
        self.cancel_requested(thread, waitable, async_)
    }

    /// The end of `canon_subtask_cancel`.
    pub(crate) fn cancel_requested(
        &mut self,
        thread: ThreadId,
        waitable: WaitableId,
        async_: bool,
    ) -> Result<Outcome, Stop> {
        if !self.resolved(waitable) {
            return match async_ {
                false => {
                    let outcome = self.wait_for_resolution(thread, waitable)?;
                    if let Outcome::Block(..) = outcome {
                        self.held_by = Some(waitable);
                    }
                    Ok(outcome)
                }
                true => Ok(Outcome::returns(BLOCKED)),
            };
        }
        let EventTuple(_, _, state) = self.get_pending_event(waitable)?;
        Ok(Outcome::returns(state))
    }

    /// `canon_subtask_drop`.
    pub(crate) fn canon_subtask_drop(&mut self, inst: InstanceId, i: u32) -> Result<Outcome, Stop> {
        let mut waitable = self.get_subtask(inst, i)?;
        if self.forgets(waitable) {
            match self.means_another(inst, i, waitable) {
                Some(other) => waitable = other,
                None => return Err(Trap::SubtaskNotResolved.into()),
            }
        }
        self.remove_handle(inst, i)?;
        // `Subtask.drop`
        let held = self.drops_held(waitable);
        let undelivered = self.subtask(waitable).lenders.is_some() && !held;
        if undelivered && !self.planted(Fault::DropsSubtaskEarly) {
            return Err(Trap::SubtaskNotResolved.into());
        }
        self.drop_waitable(waitable);
        self.was_dropped(waitable);
        Ok(Outcome::nothing())
    }
}
