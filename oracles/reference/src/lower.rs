//! `canon lower`: a call of a component function from core code (CanonicalABI.md, `canon lower`, `Store.lift`).

use super::abi::CoreValueIter;
use super::builtins::Outcome;
use super::canon_defs::{CanonicalOptions, FuncInst, InstanceId};
use super::machine::Machine;
use super::state::{Caller, Handle, ReadyFunc, Then, ThreadId};
use super::store::{Stop, Store};
use super::subtasks::{OnCancel, Subtask, SubtaskState};
use super::threads::Flow;
use super::trap_if::TrapIf;
use super::types::FuncType;
use super::waitables::{WaitableId, WaitableKind};
use std::sync::Arc;
use wasmi::Val;

impl<M: Machine> Store<'_, M> {
    /// Calls a `FuncInst`: `func_inst` of `Store.lift`, or a function of the host. Returns the `OnCancel` of the call.
    ///
    /// # Errors
    ///
    /// Fails with the [`Stop`] that keeps the store from going on, for example a trap.
    pub fn call_func(
        &mut self,
        func: &FuncInst,
        from: Option<InstanceId>,
        caller: Caller,
    ) -> Result<OnCancel, Stop> {
        match func {
            FuncInst::Lift(lift) => {
                if !self.may_enter_from(lift.inst, from) {
                    return Err(TrapIf::MayNotEnter.into());
                }
                self.enter_from(lift.inst, from);
                let callee = Some(lift.callee);
                let task =
                    self.canon_lift(callee, lift.ft.clone(), &lift.opts, lift.inst, caller)?;
                M::leave_to(self, lift.inst, from);
                Ok(OnCancel::Task(task))
            }
            FuncInst::Host(func, _) => {
                self.call_host(*func, caller)?;
                Ok(OnCancel::Host)
            }
        }
    }

    /// `canon_lower`.
    ///
    /// # Errors
    ///
    /// Fails with the [`Stop`] that keeps the store from going on, for example a trap.
    pub fn canon_lower(
        &mut self,
        thread: ThreadId,
        callee: &FuncInst,
        ft: &Arc<FuncType>,
        opts: &CanonicalOptions,
        flat_args: Vec<Val>,
    ) -> Result<Outcome, Stop> {
        let subtask = self.new_waitable(WaitableKind::Subtask(Subtask {
            state: SubtaskState::Starting,
            on_cancel: None,
            lenders: Some(Vec::new()),
            cancellation_requested: false,
            flat_results: Vec::new(),
            index: None,
            thread,
            ft: ft.clone(),
            opts: opts.clone(),
            flat_args: CoreValueIter::new(flat_args),
        }))?;
        let inst = self.inst_of(thread);
        let on_cancel = M::call_func(self, callee, Some(inst), Caller::Subtask(subtask))?;
        self.subtask(subtask).on_cancel = Some(on_cancel);
        M::lower_result(self, thread, subtask)
    }

    /// `canon_lower`, after `callee(..)`.
    ///
    /// # Errors
    ///
    /// Fails with the [`Stop`] that keeps the store from going on, for example a trap.
    pub fn lower_result(&mut self, thread: ThreadId, subtask: WaitableId) -> Result<Outcome, Stop> {
        let async_ = self.subtask(subtask).opts.async_;
        if !async_ {
            if !self.resolved(subtask) {
                let resolved = ReadyFunc::Resolved(subtask);
                if let Flow::Block(switch_to) = M::wait_until(self, thread, resolved, false) {
                    return Ok(Outcome::Block(switch_to, Then::Lower(subtask)));
                }
            }
            return self.lower_resolved(subtask);
        }
        if self.resolved(subtask) {
            self.deliver_resolve(subtask);
            return Ok(Outcome::returns(SubtaskState::Returned as u32));
        }
        self.add_subtask(subtask)
    }

    /// `canon_lower`, after the wait of a synchronous call.
    pub(crate) fn lower_resolved(&mut self, subtask: WaitableId) -> Result<Outcome, Stop> {
        self.deliver_resolve(subtask);
        let results = std::mem::take(&mut self.subtask(subtask).flat_results);
        Ok(Outcome::Return(results))
    }

    /// The end of `canon_lower`: the subtask is given a handle, and from then on its progress is an event.
    ///
    /// # Errors
    ///
    /// The table of handles is full.
    pub fn add_subtask(&mut self, subtask: WaitableId) -> Result<Outcome, Stop> {
        let inst = self.inst_of_subtask(subtask);
        let index = self.add_handle(inst, Handle::Waitable(subtask))?;
        self.subtask(subtask).index = Some(index);
        let state = M::subtask_state(self, subtask);
        Ok(Outcome::returns(state as u32 | index << 4))
    }
}
