//! `class Subtask`, and the built-ins for it (CanonicalABI.md, "Subtask State", `canon subtask.*`).

use super::abi::{self, CoreValueIter, Value};
use super::builtins::Outcome;
use super::canon_defs::{CanonicalOptions, InstanceId};
use super::edition::Change;
use super::machine::Machine;
use super::resources::Scope;
use super::state::{Handle, ResourceHandleId, TaskId, ThreadId};
use super::store::{Stop, Store};
use super::trap_if::{Site, TrapIf};
use super::types::FuncType;
use super::waitables::{BLOCKED, EventCode, EventTuple, PendingEvent, WaitableId, WaitableKind};
use std::sync::Arc;
use wasmi::Val;

/// `class Subtask`, and what `canon_lower`'s `on_start` and `on_resolve` close over.
#[derive(Debug)]
pub struct Subtask {
    pub(crate) state: SubtaskState,
    /// `None`: the function was not called yet.
    pub(crate) on_cancel: Option<OnCancel>,
    /// `None` once the resolution has been delivered.
    pub(crate) lenders: Option<Vec<ResourceHandleId>>,
    pub(crate) cancellation_requested: bool,
    pub(crate) flat_results: Vec<Val>,
    /// The index of the subtask in the caller's table, once it has one: from then on progress is an event (`maybe_on_progress`).
    pub(crate) index: Option<u32>,
    /// The thread that called.
    pub(crate) thread: ThreadId,
    pub(crate) ft: Arc<FuncType>,
    pub(crate) opts: CanonicalOptions,
    pub(crate) flat_args: CoreValueIter,
}

/// `OnCancel`: who is asked to cancel a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnCancel {
    /// `Task.request_cancellation`.
    Task(TaskId),
    /// The host.
    Host,
}

/// `class Subtask.State`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubtaskState {
    /// `STARTING`.
    Starting = 0,
    /// `STARTED`.
    Started = 1,
    /// `RETURNED`.
    Returned = 2,
    /// `CANCELLED_BEFORE_STARTED`.
    CancelledBeforeStarted = 3,
    /// `CANCELLED_BEFORE_RETURNED`.
    CancelledBeforeReturned = 4,
}

impl SubtaskState {
    /// `Subtask.resolved`.
    pub fn resolved(self) -> bool {
        match self {
            SubtaskState::Starting | SubtaskState::Started => false,
            SubtaskState::Returned
            | SubtaskState::CancelledBeforeStarted
            | SubtaskState::CancelledBeforeReturned => true,
        }
    }
}

impl Subtask {
    /// `Subtask.state`.
    pub fn state(&self) -> SubtaskState {
        self.state
    }

    /// `Subtask.on_cancel`.
    pub fn on_cancel(&self) -> Option<OnCancel> {
        self.on_cancel
    }

    /// `Subtask.lenders`.
    pub fn lenders(&self) -> Option<&[ResourceHandleId]> {
        self.lenders.as_deref()
    }

    /// `Subtask.cancellation_requested`.
    pub fn cancellation_requested(&self) -> bool {
        self.cancellation_requested
    }

    /// `subtaski`, of `canon_lower`.
    pub fn index(&self) -> Option<u32> {
        self.index
    }

    /// The thread that called.
    pub fn thread(&self) -> ThreadId {
        self.thread
    }

    /// The type of what is called.
    pub fn ft(&self) -> &FuncType {
        &self.ft
    }

    /// The options of the `canon lower`.
    pub fn opts(&self) -> &CanonicalOptions {
        &self.opts
    }

    /// The number of core values that the result may be returned as; a longer result is stored in memory. It is 0 for an `async`
    /// call.
    pub(crate) fn max_flat_results(&self) -> usize {
        match self.opts.async_ {
            true => 0,
            false => abi::MAX_FLAT_RESULTS,
        }
    }
}

/// `class Subtask`.
impl<M: Machine> Store<'_, M> {
    pub(crate) fn subtask(&mut self, waitable: WaitableId) -> &mut Subtask {
        match &mut self.waitable(waitable).kind {
            WaitableKind::Subtask(subtask) => subtask,
            WaitableKind::End(_) => unreachable!("only subtasks are asked as subtasks"),
        }
    }

    /// A waitable that is a subtask.
    pub fn as_subtask(&self, waitable: WaitableId) -> Option<&Subtask> {
        match &self.waitables[waitable.0].kind {
            WaitableKind::Subtask(subtask) => Some(subtask),
            WaitableKind::End(_) => None,
        }
    }

    /// `Subtask.resolved`.
    pub fn resolved(&self, waitable: WaitableId) -> bool {
        M::subtask_state(self, waitable).resolved()
    }

    /// `Subtask.state`.
    pub fn subtask_state(&self, waitable: WaitableId) -> SubtaskState {
        match &self.waitables[waitable.0].kind {
            WaitableKind::Subtask(subtask) => subtask.state,
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
    pub fn deliver_resolve(&mut self, waitable: WaitableId) {
        debug_assert!(self.resolved(waitable));
        let lenders = self.subtask(waitable).lenders.take();
        for handle in lenders.expect("a resolution is delivered once") {
            self.resource_handles[handle.0].num_lends -= 1;
        }
    }

    /// `maybe_on_progress`: an event, once the subtask is in the table.
    pub fn maybe_on_progress(&mut self, waitable: WaitableId) {
        if self.subtask(waitable).index.is_some() {
            M::set_pending_event(self, waitable, PendingEvent::Subtask);
        }
    }

    /// `subtask_event`.
    pub(super) fn subtask_event(&mut self, waitable: WaitableId) -> EventTuple {
        if self.resolved(waitable) {
            self.deliver_resolve(waitable);
        }
        let state = M::subtask_state(self, waitable);
        let index = self.subtask(waitable).index;
        let index = index.expect("only a subtask with an index has events");
        EventTuple(EventCode::Subtask, index, state as u32)
    }

    /// `on_start` of `canon_lower`.
    pub(crate) fn subtask_on_start(&mut self, waitable: WaitableId) -> Result<Vec<Value>, Stop> {
        self.maybe_on_progress(waitable);
        let subtask = self.subtask(waitable);
        debug_assert_eq!(subtask.state, SubtaskState::Starting);
        subtask.state = SubtaskState::Started;
        let (opts, ft) = (subtask.opts.clone(), subtask.ft.clone());
        let mut flat_args =
            std::mem::replace(&mut subtask.flat_args, CoreValueIter::new(Vec::new()));
        let inst = self.inst_of_subtask(waitable);
        let max_flat = match opts.async_ {
            true => abi::MAX_FLAT_ASYNC_PARAMS,
            false => abi::MAX_FLAT_PARAMS,
        };
        let mut cx = self.context(&opts, inst, Some(Scope::Subtask(waitable)));
        let args = abi::lift_flat_values(&mut cx, max_flat, &mut flat_args, &ft.params);
        self.subtask(waitable).flat_args = flat_args;
        args
    }

    /// The instance that called.
    pub fn inst_of_subtask(&self, waitable: WaitableId) -> InstanceId {
        match self.as_subtask(waitable) {
            Some(subtask) => self.inst_of(subtask.thread),
            None => unreachable!("only subtasks are asked as subtasks"),
        }
    }

    /// `flat_args`, when the result is lowered.
    pub fn out_param(&self, waitable: WaitableId) -> CoreValueIter {
        match self.as_subtask(waitable) {
            Some(subtask) => subtask.flat_args.clone(),
            None => unreachable!("only subtasks are asked as subtasks"),
        }
    }

    /// `on_resolve` of `canon_lower`.
    ///
    /// # Errors
    ///
    /// Fails with the [`Stop`] that keeps the store from going on, for example a trap.
    pub fn on_resolve(
        &mut self,
        waitable: WaitableId,
        result: Option<Option<Value>>,
    ) -> Result<(), Stop> {
        self.maybe_on_progress(waitable);
        let Some(result) = result else {
            let subtask = self.subtask(waitable);
            debug_assert!(!M::ASSERTS || subtask.cancellation_requested);
            let state = match subtask.state {
                SubtaskState::Starting => SubtaskState::CancelledBeforeStarted,
                SubtaskState::Started
                | SubtaskState::Returned
                | SubtaskState::CancelledBeforeStarted
                | SubtaskState::CancelledBeforeReturned => SubtaskState::CancelledBeforeReturned,
            };
            self.resolve_subtask(waitable, state, Vec::new());
            return Ok(());
        };
        let flat_results = self.lower_subtask_result(waitable, result)?;
        self.resolve_subtask(waitable, SubtaskState::Returned, flat_results);
        Ok(())
    }

    /// `lower_flat_values`, in `on_resolve` of `canon_lower`.
    ///
    /// # Errors
    ///
    /// Fails with the [`Stop`] that keeps the store from going on, for example a trap.
    pub fn lower_subtask_result(
        &mut self,
        waitable: WaitableId,
        result: Option<Value>,
    ) -> Result<Vec<Val>, Stop> {
        let mut flat_args = M::out_param(self, waitable);
        let inst = self.inst_of_subtask(waitable);
        let subtask = self.subtask(waitable);
        let (opts, ft, max_flat) = (
            subtask.opts.clone(),
            subtask.ft.clone(),
            subtask.max_flat_results(),
        );
        let mut cx = self.context(&opts, inst, Some(Scope::Subtask(waitable)));
        let (result, types) = (result.as_slice(), ft.result.as_slice());
        abi::lower_flat_values(&mut cx, max_flat, result, types, Some(&mut flat_args))
    }

    /// `Subtask.resolve`.
    pub fn resolve_subtask(
        &mut self,
        waitable: WaitableId,
        state: SubtaskState,
        flat_results: Vec<Val>,
    ) {
        let subtask = self.subtask(waitable);
        subtask.state = state;
        subtask.flat_results = flat_results;
    }
}

/// The built-ins.
impl<M: Machine> Store<'_, M> {
    /// The subtask that a handle names.
    ///
    /// # Errors
    ///
    /// A trap, if it names none.
    pub fn get_subtask(&self, inst: InstanceId, i: u32) -> Result<WaitableId, Stop> {
        if let Handle::Waitable(waitable) = self.get_handle(inst, i)?
            && self.as_subtask(waitable).is_some()
        {
            return Ok(waitable);
        }
        Err(TrapIf::NotSubtask.into())
    }

    /// `canon_subtask_cancel`.
    pub(crate) fn canon_subtask_cancel(
        &mut self,
        thread: ThreadId,
        async_: bool,
        i: u32,
    ) -> Result<Outcome, Stop> {
        let subtask = self.get_subtask(self.inst_of(thread), i)?;
        self.cancel_subtask(thread, subtask, async_)
    }

    /// `canon_subtask_cancel`, of the subtask that is found.
    ///
    /// # Errors
    ///
    /// Fails with the [`Stop`] that keeps the store from going on, for example a trap.
    pub fn cancel_subtask(
        &mut self,
        thread: ThreadId,
        waitable: WaitableId,
        async_: bool,
    ) -> Result<Outcome, Stop> {
        let in_set = self.cancels_in_set(async_, |st| st.waitable(waitable).wset.is_some());
        let subtask = self.subtask(waitable);
        let conditions = [
            (subtask.lenders.is_none(), TrapIf::ResolveDelivered),
            (
                subtask.cancellation_requested,
                TrapIf::CancellationRequested,
            ),
            (in_set, TrapIf::InWaitableSet),
        ];
        let site = Site::SubtaskCancel {
            subtask: waitable,
            async_,
        };
        self.trap_if_any(site, &conditions)?;
        if self.resolved(waitable) {
            let EventTuple(_, _, state) = M::get_pending_event(self, waitable)?;
            return Ok(Outcome::returns(state));
        }
        let inst = self.inst_of(thread);
        let subtask = self.subtask(waitable);
        subtask.cancellation_requested = true;
        match subtask.on_cancel {
            Some(OnCancel::Task(task)) => M::request_cancellation(self, task, Some(inst))?,
            Some(OnCancel::Host) => self.cancel_host(waitable)?,
            None => {}
        }
        M::cancellation_requested(self, thread, waitable, async_)
    }

    /// `in_waitable_set() and not async_`, of `canon_subtask_cancel`; from 715 on without the second half. `in_set`: the first
    /// half.
    pub fn cancels_in_set(&mut self, async_: bool, in_set: impl FnOnce(&mut Self) -> bool) -> bool {
        let traps = !async_ || self.edition.has(Change::CancelInSetTraps);
        traps && in_set(self) && (!async_ || self.changed(Change::CancelInSetTraps))
    }

    /// `canon_subtask_cancel`, after `subtask.on_cancel(..)`.
    ///
    /// # Errors
    ///
    /// Fails with the [`Stop`] that keeps the store from going on, for example a trap.
    pub fn cancellation_requested(
        &mut self,
        thread: ThreadId,
        waitable: WaitableId,
        async_: bool,
    ) -> Result<Outcome, Stop> {
        if !self.resolved(waitable) {
            return match async_ {
                false => self.wait_for_resolution(thread, waitable),
                true => Ok(Outcome::returns(BLOCKED)),
            };
        }
        let EventTuple(_, _, state) = M::get_pending_event(self, waitable)?;
        Ok(Outcome::returns(state))
    }

    /// `canon_subtask_drop`.
    pub(crate) fn canon_subtask_drop(&mut self, inst: InstanceId, i: u32) -> Result<Outcome, Stop> {
        let waitable = self.get_subtask(inst, i)?;
        self.remove_handle(inst, i)?;
        // `Subtask.drop`
        let undelivered = self.subtask(waitable).lenders.is_some();
        let conditions = [(undelivered, TrapIf::ResolveNotDelivered)];
        self.trap_if_any(Site::SubtaskDrop(waitable), &conditions)?;
        self.drop_waitable(waitable);
        Ok(Outcome::nothing())
    }
}
