//! `canon lift`: a call of a core function as a task, from its entry to the end of its implicit thread.
//!
//! `thread_func` of the specification is one function; here it is cut where it can block, and [`Continuation`] says
//! where it goes on. The running of core code, in which built-ins are requests, is in [`super::drive`].

use super::abi::{self, CoreValueIter, Value};
use super::canon_defs::{CanonicalOptions, InstanceId};
use super::edition::Change;
use super::limits;
use super::machine::Machine;
use super::resources::Scope;
use super::state::{
    Activity, Caller, Cancelled, Continuation, ReadyFunc, Task, TaskId, TaskState, ThreadId,
};
use super::store::{Stop, Store};
use super::tasks::Entered;
use super::threads::Flow;
use super::trap_if::TrapIf;
use super::types::{FuncType, ValType};
use super::waitables::{EventCode, EventTuple};
use crate::schedules::Choice;
use spawndiff_observation::Builtin;
use std::sync::Arc;
use wasmi::Val;

/// The next step of a thread, for example after a core call of it has returned.
pub enum Next {
    /// The thread calls another core function.
    Call {
        /// The function.
        callee: wasmi::Func,
        /// The arguments of the function.
        args: Vec<Val>,
        /// Which core call of the `thread_func` this is.
        activity: Activity,
    },
    /// The thread blocks, and the store switches to the thread named here, if any. The continuation says where the blocked thread
    /// goes on.
    Block(Option<ThreadId>, Continuation),
    /// The thread ends.
    End,
}

/// `class CallbackCode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallbackCode {
    /// `EXIT`.
    Exit,
    /// `YIELD`.
    Yield,
    /// `WAIT`.
    Wait,
}

/// `unpack_callback_result`.
fn unpack_callback_result(packed: u32) -> Result<(CallbackCode, u32), TrapIf> {
    let code = match packed & 0xf {
        0 => CallbackCode::Exit,
        1 => CallbackCode::Yield,
        2 => CallbackCode::Wait,
        _ => return Err(TrapIf::NoSuchCode),
    };
    Ok((code, packed >> 4))
}

/// How a task returns, and the core values that its result is lifted from.
pub enum Returning<'r> {
    /// By `task.return`, with the options and the result type of that.
    TaskReturn(&'r CanonicalOptions, Option<&'r ValType>, &'r [Val]),
    /// By the end of its core function, which is lifted without `async`.
    Results(&'r [Val]),
}

impl<M: Machine> Store<'_, M> {
    /// `canon_lift`.
    pub(crate) fn canon_lift(
        &mut self,
        callee: Option<wasmi::Func>,
        ft: Arc<FuncType>,
        opts: &CanonicalOptions,
        inst: InstanceId,
        caller: Caller,
    ) -> Result<TaskId, Stop> {
        let async_ = ft.async_;
        let task = Task {
            ft,
            opts: opts.clone(),
            inst,
            callee,
            caller,
            state: TaskState::Initial,
            num_borrows: 0,
            implicit_thread: None,
            threads: Vec::new(),
        };
        let task = TaskId(limits::add(&mut self.tasks, task)?);
        let thread = self.new_thread(task, Continuation::Implicit, None)?;
        // Only what may be cancelled is resumed as cancelled: a thread that has not run may not.
        self.sync_typed += u32::from(!async_);
        self.resume(thread, false)?;
        if !async_ {
            M::run_until_resolved(self, task)?;
            self.sync_typed -= 1;
        }
        Ok(task)
    }

    /// The `while task.state != RESOLVED` at the end of `canon_lift`.
    ///
    /// # Errors
    ///
    /// A trap, if none of them is ready.
    pub fn run_until_resolved(&mut self, task: TaskId) -> Result<(), Stop> {
        while self.tasks[task.0].state != TaskState::Resolved {
            let candidates = self.sync_candidates(task, |_| true);
            if candidates.is_empty() {
                return Err(Stop::from(TrapIf::NoCandidates).by(Builtin::Lift));
            }
            let chosen = self.choose_sync_candidate(&candidates);
            self.resume(chosen, false)?;
        }
        Ok(())
    }

    /// The `candidates` at the end of `canon_lift` that fit: the threads in `inst.threads` that are ready.
    pub fn sync_candidates(&self, task: TaskId, fits: impl Fn(ThreadId) -> bool) -> Vec<ThreadId> {
        let inst = self.tasks[task.0].inst;
        let exclusive = self.instances[inst.0].exclusive_thread;
        let excluded = !self.edition.has(Change::ExclusiveMayRun);
        let mut candidates = self.ready_threads(|thread| {
            self.threads[thread.0].index.is_some()
                && self.inst_of(thread) == inst
                && !(excluded && Some(thread) == exclusive)
                && fits(thread)
        });
        // Any of them may run; that those come last which use the stack of this task keeps invariant 3 where it can be.
        candidates.sort_by_key(|&thread| self.is_between_callbacks(thread));
        candidates
    }

    /// The choice among these candidates.
    pub fn choose_sync_candidate(&mut self, candidates: &[ThreadId]) -> ThreadId {
        let chosen = self.choose_thread(Choice::SyncTask, candidates);
        let inst = self.inst_of(chosen);
        if self.instances[inst.0].exclusive_thread == Some(chosen) {
            self.changed(Change::ExclusiveMayRun);
        }
        chosen
    }

    /// The body of a thread, from where it stopped to where it blocks or ends. What is returned is the thread to switch
    /// to.
    pub(crate) fn thread_func(
        &mut self,
        thread: ThreadId,
        cont: Continuation,
        cancelled: Cancelled,
    ) -> Result<Option<ThreadId>, Stop> {
        let by_lift = |stop: Stop| stop.by(Builtin::Lift);
        let next = match cont {
            Continuation::Implicit => {
                let entered = self.enter_implicit_thread(thread).map_err(by_lift)?;
                self.after_entering(thread, entered).map_err(by_lift)?
            }
            Continuation::Entered => {
                let entered = self.entered(thread, cancelled).map_err(by_lift)?;
                self.after_entering(thread, entered).map_err(by_lift)?
            }
            Continuation::Explicit { callee, args } => {
                self.coverage.threads_ran += 1;
                Next::Call {
                    callee,
                    args,
                    activity: Activity::Start,
                }
            }
            Continuation::CallbackYield => {
                let cancelled = self.deliver_after_wait(thread, cancelled);
                self.call_callback(thread, after_yield(cancelled))?
            }
            Continuation::CallbackWait(set) => {
                let cancelled = self.deliver_after_wait(thread, cancelled);
                match M::waited_for_event(self, thread, set, cancelled).map_err(by_lift)? {
                    Flow::Go(event) => self.call_callback(thread, event)?,
                    Flow::Block(switch_to) => {
                        Next::Block(switch_to, Continuation::CallbackWait(set))
                    }
                }
            }
            Continuation::Core {
                call,
                activity,
                builtin,
                then,
            } => return self.unblocked(thread, call, activity, builtin, then, cancelled),
        };
        self.follow(thread, next)
    }

    /// Returns the next step of a thread from how it has entered its task: it calls the callee, waits to enter, or ends.
    fn after_entering(&mut self, thread: ThreadId, entered: Entered) -> Result<Next, Stop> {
        match entered {
            Entered::Go => self.start(thread),
            Entered::Wait(switch_to) => Ok(Next::Block(switch_to, Continuation::Entered)),
            Entered::Cancelled => Ok(Next::End),
        }
    }

    /// The call of the callee, with the arguments lowered.
    fn start(&mut self, thread: ThreadId) -> Result<Next, Stop> {
        let task_id = self.thread(thread).task;
        let task = self.task(task_id);
        // `Task.start`
        debug_assert_eq!(task.state, TaskState::Initial);
        task.state = TaskState::Started;
        let (inst, opts, ft) = (task.inst, task.opts.clone(), task.ft.clone());
        let callee = task.callee;
        let args = match &mut task.caller {
            Caller::Core { args, .. } => std::mem::take(args),
            Caller::Host { .. } | Caller::Subtask(_) => {
                let args = match self.on_start(task_id) {
                    Ok(args) => args,
                    Err(stop) => return Err(self.interleaved_params(stop, task_id)),
                };
                let scope = Some(Scope::Task(task_id));
                let mut cx = self.context(&opts, inst, scope);
                abi::lower_flat_values(&mut cx, abi::MAX_FLAT_PARAMS, &args, &ft.params, None)?
            }
        };
        match callee {
            Some(callee) => Ok(Next::Call {
                callee,
                args,
                activity: Activity::Callee,
            }),
            None => self.finished(thread, &Activity::Callee, Vec::new()),
        }
    }

    /// Before a core call of `thread_func`: in `post-return`, the instance may not leave.
    pub fn begin_core_call(&mut self, thread: ThreadId, activity: &Activity) {
        if let Activity::PostReturn = activity {
            let inst = self.inst_of(thread);
            self.forbid_leaving(inst);
        }
    }

    /// After a core call of `thread_func`.
    ///
    /// # Errors
    ///
    /// None in the text.
    pub fn end_core_call(&mut self, thread: ThreadId, activity: &Activity) -> Result<(), Stop> {
        if let Activity::PostReturn = activity {
            let inst = self.inst_of(thread);
            self.allow_leaving(inst);
        }
        Ok(())
    }

    /// `inst.may_leave = False`.
    pub fn forbid_leaving(&mut self, inst: InstanceId) {
        self.inst(inst).may_leave = false;
    }

    /// `inst.may_leave = True`.
    pub fn allow_leaving(&mut self, inst: InstanceId) {
        self.inst(inst).may_leave = true;
    }

    /// After a core call of `thread_func` has returned.
    pub(crate) fn finished(
        &mut self,
        thread: ThreadId,
        activity: &Activity,
        results: Vec<Val>,
    ) -> Result<Next, Stop> {
        M::end_core_call(self, thread, activity)?;
        let task_id = self.thread(thread).task;
        match activity {
            Activity::Start => {
                M::unregister_thread(self, thread)?;
                Ok(Next::End)
            }
            Activity::Callee => {
                let task = self.task(task_id);
                if task.opts.async_ {
                    if task.opts.callback.is_some() {
                        return self.callback_loop(thread, &results);
                    }
                    M::exit_implicit_thread(self, thread)?;
                    return Ok(Next::End);
                }
                self.return_from_sync_lift(task_id, &results)?;
                self.coverage.count(Builtin::Lift, None);
                if let Some(callee) = self.task(task_id).opts.post_return {
                    return Ok(Next::Call {
                        callee,
                        args: results,
                        activity: Activity::PostReturn,
                    });
                }
                M::exit_implicit_thread(self, thread)?;
                Ok(Next::End)
            }
            Activity::PostReturn => {
                M::exit_implicit_thread(self, thread)?;
                Ok(Next::End)
            }
            Activity::Callback => {
                self.coverage.count(Builtin::Callback, None);
                self.callback_loop(thread, &results)
            }
            // After a call within another, the call around it goes on; it is not asked for here.
            Activity::Within(_) => Err(super::core_calls::mistyped("call within another")),
        }
    }

    /// The lifting of the results of a synchronous lift, and `Task.return_`.
    fn return_from_sync_lift(&mut self, task_id: TaskId, results: &[Val]) -> Result<(), Stop> {
        if let Caller::Core { .. } = self.task(task_id).caller {
            return self.return_core(task_id, results.to_vec());
        }
        let result = M::lift_result(self, task_id, Returning::Results(results))?;
        self.return_(task_id, result)
    }

    /// The lifting of a result, in `canon_lift` and in `canon_task_return`.
    ///
    /// # Errors
    ///
    /// A trap, if it cannot be lifted.
    pub fn lift_result(
        &mut self,
        task: TaskId,
        returning: Returning<'_>,
    ) -> Result<Option<Value>, Stop> {
        let lifted = self.lift_values(task, returning);
        lifted.map_err(|stop| self.interleaved_result(stop, task))
    }

    /// `lift_flat_values` of a result.
    ///
    /// # Errors
    ///
    /// A trap, if it cannot be lifted.
    pub fn lift_values(
        &mut self,
        task_id: TaskId,
        returning: Returning<'_>,
    ) -> Result<Option<Value>, Stop> {
        let task = &self.tasks[task_id.0];
        let (inst, of_task, ft) = (task.inst, task.opts.clone(), task.ft.clone());
        let (opts, max_flat, types, values) = match &returning {
            Returning::TaskReturn(opts, result, values) => {
                let types = result.map_or(&[][..], std::slice::from_ref);
                (*opts, abi::MAX_FLAT_PARAMS, types, *values)
            }
            Returning::Results(values) => {
                let types = ft.result.as_slice();
                (&of_task, abi::MAX_FLAT_RESULTS, types, *values)
            }
        };
        let mut flat = CoreValueIter::new(values.to_vec());
        let mut cx = self.context(opts, inst, Some(Scope::Task(task_id)));
        abi::lift_flat_values(&mut cx, max_flat, &mut flat, types).map(|mut values| values.pop())
    }

    /// One turn of the loop over callback codes.
    fn callback_loop(&mut self, thread: ThreadId, results: &[Val]) -> Result<Next, Stop> {
        let packed = results.first().and_then(Val::i32);
        let packed = packed.ok_or_else(|| super::core_calls::mistyped("callback code"))? as u32;
        let unpacked = unpack_callback_result(packed);
        let (code, si) = unpacked.map_err(|trap| Stop::from(trap).by(Builtin::Callback))?;
        M::callback_returned(self, thread, code, si)
    }

    /// The `match code` in the loop of `canon_lift`.
    ///
    /// # Errors
    ///
    /// Fails with the [`Stop`] that keeps the store from going on, for example a trap.
    pub fn callback_returned(
        &mut self,
        thread: ThreadId,
        code: CallbackCode,
        si: u32,
    ) -> Result<Next, Stop> {
        let inst = self.inst_of(thread);
        let by_callback = |stop: Stop| stop.by(Builtin::Callback);
        match code {
            CallbackCode::Exit => {
                M::exit_implicit_thread(self, thread)?;
                Ok(Next::End)
            }
            CallbackCode::Yield => {
                self.release_exclusive(inst);
                match M::wait_until(self, thread, ReadyFunc::NotExclusive(inst), true) {
                    Flow::Go(cancelled) => self.call_callback(thread, after_yield(cancelled)),
                    Flow::Block(switch_to) => {
                        Ok(Next::Block(switch_to, Continuation::CallbackYield))
                    }
                }
            }
            CallbackCode::Wait => {
                self.release_exclusive(inst);
                let set = self.get_set(inst, si).map_err(by_callback)?;
                match self
                    .wait_for_event_and(thread, set, Some(inst), true)
                    .map_err(by_callback)?
                {
                    Flow::Go(event) => self.call_callback(thread, event),
                    Flow::Block(switch_to) => {
                        Ok(Next::Block(switch_to, Continuation::CallbackWait(set)))
                    }
                }
            }
        }
    }

    /// Calls the callback with an event.
    fn call_callback(
        &mut self,
        thread: ThreadId,
        EventTuple(code, p1, p2): EventTuple,
    ) -> Result<Next, Stop> {
        self.become_exclusive(thread);
        self.coverage.delivered(code);
        let callee = self.task_of(thread).opts.callback;
        let callee = callee.ok_or_else(|| super::core_calls::mistyped("callback"))?;
        let args = [code as u32, p1, p2].map(|arg| Val::I32(arg as i32));
        Ok(Next::Call {
            callee,
            args: args.to_vec(),
            activity: Activity::Callback,
        })
    }
}

/// The event of a callback after `YIELD`.
fn after_yield(cancelled: Cancelled) -> EventTuple {
    let code = match cancelled {
        true => EventCode::TaskCancelled,
        false => EventCode::None,
    };
    EventTuple(code, 0, 0)
}
