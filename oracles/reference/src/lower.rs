//! `canon lower`: a call of a component function from core code (CanonicalABI.md, `canon lower`, `Store.lift`).

use super::abi::CoreValueIter;
use super::canon::Outcome;
use super::canonical::{CanonicalOptions, FuncInst, InstanceId};
use super::fault::Fault;
use super::state::{Caller, Handle, ReadyFunc, Then, ThreadId};
use super::store::{Stop, Store};
use super::subtasks::{OnCancel, Subtask, SubtaskState};
use super::threads::Flow;
use super::types::FuncType;
use super::waitables::{WaitableId, WaitableKind};
use spawndiff_observation::Trap;
use std::sync::Arc;
use wasmi::Val;

/// The immediates of a `canon lower`: what is called, its type, and the options.
pub(crate) type Lower<'a> = (&'a FuncInst, &'a Arc<FuncType>, &'a CanonicalOptions);

impl Store<'_> {
    /// Calls a `FuncInst`. What is returned is its `OnCancel`.
    pub(crate) fn call_func(
        &mut self,
        func: &FuncInst,
        from: Option<InstanceId>,
        caller: Caller,
    ) -> Result<OnCancel, Stop> {
        match func {
            FuncInst::Lift(lift) => {
                if from.is_some_and(|from| self.refuses_relatives(from, lift.inst)) {
                    return Err(Trap::CannotEnter.into());
                }
                if !self.may_enter_from(lift.inst, from) {
                    return Err(Trap::CannotEnter.into());
                }
                self.enter_from(lift.inst, from);
                let callee = Some(lift.callee);
                let task =
                    self.canon_lift(callee, lift.ft.clone(), &lift.opts, lift.inst, caller)?;
                self.leave_to(lift.inst, from);
                Ok(OnCancel::Task(task))
            }
            FuncInst::Host(func, _) => {
                self.call_host(*func, caller)?;
                Ok(OnCancel::Host)
            }
        }
    }

    /// `canon_lower`; where a deviation is on, in its turn.
    pub(crate) fn canon_lower(
        &mut self,
        thread: ThreadId,
        (callee, ft, opts): Lower<'_>,
        flat_args: Vec<Val>,
    ) -> Result<Outcome, Stop> {
        let lifted_async = matches!(callee, FuncInst::Lift(lift) if lift.opts.async_);
        let guest = matches!(callee, FuncInst::Lift(_));
        let task = self.threads[thread.0].task;
        if opts.async_
            && let FuncInst::Lift(lift) = callee
            && !self.refuses_relatives(self.inst_of(thread), lift.inst)
        {
            self.waits_in_start_function()?;
        }
        if guest && (opts.async_ || lifted_async) && self.instead_of_switching(task) {
            self.waits_its_turn(thread);
            return Ok(Outcome::Block(None, Then::Call(flat_args)));
        }
        self.lower_now(thread, (callee, ft, opts), flat_args)
    }

    /// The same, once it is its turn.
    pub(crate) fn lower_now(
        &mut self,
        thread: ThreadId,
        (callee, ft, opts): Lower<'_>,
        flat_args: Vec<Val>,
    ) -> Result<Outcome, Stop> {
        let inst = self.inst_of(thread);
        let waitable = self.new_waitable(WaitableKind::Subtask(Subtask {
            state: SubtaskState::Starting,
            on_cancel: None,
            lenders: Some(Vec::new()),
            cancellation_requested: false,
            flat_results: Vec::new(),
            index: None,
            inst,
            thread,
            dropped: false,
            ft: ft.clone(),
            opts: opts.clone(),
            flat_args: CoreValueIter::new(flat_args),
        }))?;
        let lifted_async = matches!(callee, FuncInst::Lift(lift) if lift.opts.async_);
        let guest = matches!(callee, FuncInst::Lift(_));
        let async_call = u32::from(opts.async_ || lifted_async);
        self.async_calls += async_call;
        // Only a deviation asks: whether the caller may suspend is as it was after a call that is synchronous in every way.
        let returned_early = self.returned_early;
        let may_leave = std::mem::replace(&mut self.inst(inst).may_leave, true);
        if async_call == 1 || ft.async_ {
            self.calls_in_start_function(thread)?;
        }
        let on_cancel = self.call_func(callee, Some(inst), Caller::Subtask(waitable))?;
        // Only after a deviation it was not set.
        self.inst(inst).may_leave = may_leave;
        self.async_calls -= async_call;
        if guest && async_call == 0 && !ft.async_ {
            self.returned_early = returned_early;
        }
        self.subtask(waitable).on_cancel = Some(on_cancel);
        let goes_on = opts.async_ || (lifted_async && self.resolved(waitable));
        let task = self.threads[thread.0].task;
        if guest && goes_on && self.queues_behind_others(task) {
            self.waits_its_turn(thread);
            return Ok(Outcome::Block(None, Then::Called(waitable)));
        }
        if guest && goes_on && self.holds_caller(thread) {
            return Ok(Outcome::Block(None, Then::Called(waitable)));
        }
        self.called(thread, waitable)
    }

    /// `canon_lower`, from where its callee has returned or blocked.
    pub(crate) fn called(
        &mut self,
        thread: ThreadId,
        waitable: WaitableId,
    ) -> Result<Outcome, Stop> {
        let subtask = self.subtask(waitable);
        let (inst, async_, on_cancel) = (subtask.inst, subtask.opts.async_, subtask.on_cancel);
        if !async_ {
            if !self.resolved(waitable) {
                let resolved = ReadyFunc::Resolved(waitable);
                if let Flow::Block(switch_to) = self.wait_until(thread, resolved, false) {
                    self.blocks_in_call(waitable);
                    return Ok(Outcome::Block(switch_to, Then::Lower(waitable)));
                }
            }
            return self.lower_resolved(waitable);
        }
        if self.resolved(waitable) && !self.planted(Fault::ReturnsHandle) {
            self.deliver_resolve(waitable);
            if let Some(OnCancel::Task(task)) = on_cancel {
                self.keeps_returned_call(task);
            }
            return Ok(Outcome::returns(SubtaskState::Returned as u32));
        }
        let index = self.add_handle(inst, Handle::Waitable(waitable))?;
        let subtask = self.subtask(waitable);
        subtask.index = Some(index);
        Ok(Outcome::returns(subtask.state as u32 | index << 4))
    }

    /// The end of `canon_lower` for a synchronous call.
    pub(crate) fn lower_resolved(&mut self, waitable: WaitableId) -> Result<Outcome, Stop> {
        self.deliver_resolve(waitable);
        let results = std::mem::take(&mut self.subtask(waitable).flat_results);
        Ok(Outcome::Return(results))
    }
}
