//! `canon lift`: a call of a core function as a task, from its entry to the end of its implicit thread.
//!
//! `thread_func` of the specification is one function; here it is cut where it can block, and [`Continuation`] says
//! where it goes on. The running of core code, in which built-ins are requests, is in [`super::drive`].

use super::abi::{self, CoreValueIter};
use super::canonical::{CanonicalOptions, InstanceId};
use super::limits;
use super::resources::Scope;
use super::state::{
    Activity, Caller, Cancelled, Continuation, ReadyFunc, Task, TaskId, TaskState, ThreadId,
};
use super::store::{Stop, Store};
use super::tasks::Entered;
use super::threads::Flow;
use super::types::FuncType;
use super::waitables::{EventCode, EventTuple};
use crate::schedules::Choice;
use spawndiff_observation::Builtin;
use spawndiff_observation::Trap;
use std::sync::Arc;
use wasmi::Val;

/// What a thread does after a core call of it has returned.
pub(crate) enum Next {
    Call {
        callee: wasmi::Func,
        args: Vec<Val>,
        activity: Activity,
    },
    Block(Option<ThreadId>, Continuation),
    End,
}

/// `class CallbackCode`.
const EXIT: u32 = 0;
const YIELD: u32 = 1;
const WAIT: u32 = 2;

impl Store<'_> {
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
            returned_anyway: false,
            told: false,
            in_post_return: false,
            holds_return: false,
            left: false,
            told_late: false,
        };
        let task = TaskId(limits::add(&mut self.tasks, task)?);
        let thread = self.new_thread(task, Continuation::Implicit, None)?;
        // Only what may be cancelled is resumed as cancelled: a thread that has not run may not.
        self.sync_typed += u32::from(!async_);
        self.resume(thread, false)?;
        if !async_ {
            while self.is_not_over(task) && !self.instead_of_looping() {
                self.waits_in_start_function()?;
                let exclusive = self.inst(inst).exclusive_thread;
                let excluded = self.excludes_exclusive();
                let entered = self.leaves_out_unentered();
                let mut candidates = self.ready_threads(|thread| {
                    (self.threads[thread.0].index.is_some() || !entered)
                        && self.inst_of(thread) == inst
                        && !(excluded && Some(thread) == exclusive)
                });
                // Any of them may run; that those come last which use the stack of this task keeps invariant 3 where it can be.
                candidates.sort_by_key(|&thread| self.is_between_callbacks(thread));
                if candidates.is_empty() {
                    if self.leaves_held_task(task) || self.leaves_blocked_task(task) {
                        break;
                    }
                    return Err(Stop::Trap(Some(Builtin::Lift), Trap::CannotBlock));
                }
                let chosen = self.choose_thread(Choice::SyncTask, &candidates);
                if Some(chosen) == exclusive {
                    self.runs_exclusive();
                }
                if self.threads[chosen.0].index.is_none() {
                    self.starts_other();
                }
                self.runs_beside_start_function()?;
                self.resume(chosen, false)?;
                if self.yields_to_others(task, chosen) {
                    break;
                }
            }
            self.sync_typed -= 1;
        }
        Ok(task)
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
            Continuation::Explicit { callee, c } => {
                self.coverage.threads_ran += 1;
                self.begins_in_start_function(thread);
                Next::Call {
                    callee,
                    args: vec![Val::I32(c)],
                    activity: Activity::Start,
                }
            }
            Continuation::CallbackYield | Continuation::CallbackWait(_)
                if self.is_robbed(thread) =>
            {
                return Err(by_lift(Trap::SetHasWaiters.into()));
            }
            Continuation::CallbackYield => {
                let code = match cancelled {
                    true => EventCode::TaskCancelled,
                    false => EventCode::None,
                };
                self.call_callback(thread, EventTuple(code, 0, 0))?
            }
            Continuation::CallbackWait(set) => {
                let waited = self.set_waited_for(thread, set, cancelled);
                let set = waited.map_err(|trap| by_lift(trap.into()))?;
                match self.waits_again(thread, set, cancelled) {
                    true => Next::Block(None, Continuation::CallbackWait(set)),
                    false => {
                        let event = self.waited_for_event(set, cancelled).map_err(by_lift)?;
                        self.call_callback(thread, event)?
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

    /// What follows on entering the task.
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
        self.begins_in_start_function(thread);
        match callee {
            Some(callee) => Ok(Next::Call {
                callee,
                args,
                activity: Activity::Callee,
            }),
            None => self.finished(thread, &Activity::Callee, Vec::new()),
        }
    }

    /// After a core call of `thread_func` has returned.
    pub(crate) fn finished(
        &mut self,
        thread: ThreadId,
        activity: &Activity,
        results: Vec<Val>,
    ) -> Result<Next, Stop> {
        let task_id = self.thread(thread).task;
        match activity {
            Activity::Start => {
                self.outlives_start_function(thread)?;
                self.unregister_thread(thread)?;
                Ok(Next::End)
            }
            Activity::Callee => {
                self.outlives_start_function(thread)?;
                let task = self.task(task_id);
                if task.opts.async_ {
                    if task.opts.callback.is_some() {
                        return self.callback_loop(thread, &results);
                    }
                    self.exit_implicit_thread(thread)?;
                    return Ok(Next::End);
                }
                self.return_from_sync_lift(task_id, &results)?;
                self.coverage.count(Builtin::Lift, None);
                if let Some(callee) = self.task(task_id).opts.post_return {
                    self.begins_post_return(task_id);
                    return Ok(Next::Call {
                        callee,
                        args: results,
                        activity: Activity::PostReturn,
                    });
                }
                self.exit_implicit_thread(thread)?;
                Ok(Next::End)
            }
            Activity::PostReturn => {
                self.ends_post_return(task_id)?;
                self.exit_implicit_thread(thread)?;
                Ok(Next::End)
            }
            Activity::Callback => {
                self.coverage.count(Builtin::Callback, None);
                self.callback_loop(thread, &results)
            }
            // What goes on then is the call around it.
            Activity::Within(_) => Err(super::drive::mistyped("call within another")),
        }
    }

    /// The lifting of the results of a synchronous lift, and `Task.return_`.
    fn return_from_sync_lift(&mut self, task_id: TaskId, results: &[Val]) -> Result<(), Stop> {
        let task = self.task(task_id);
        if let Caller::Core { .. } = task.caller {
            return self.return_core(task_id, results.to_vec());
        }
        let (inst, opts, ft) = (task.inst, task.opts.clone(), task.ft.clone());
        // A task that is lifted synchronously has not returned yet, but for a deviation.
        let resolved = task.state == TaskState::Resolved;
        if !resolved {
            self.returns_without_caller(task_id)?;
        }
        let mut flat = CoreValueIter::new(results.to_vec());
        let mut cx = self.context(&opts, inst, Some(Scope::Task(task_id)));
        let max = abi::MAX_FLAT_RESULTS;
        let result = abi::lift_flat_values(&mut cx, max, &mut flat, ft.result.as_slice());
        match result {
            Err(stop) if !resolved => Err(self.interleaved_result(stop, task_id)),
            result => self.return_(task_id, result.unwrap_or_default().pop()),
        }
    }

    /// One turn of the loop over callback codes.
    fn callback_loop(&mut self, thread: ThreadId, results: &[Val]) -> Result<Next, Stop> {
        let packed = results.first().and_then(Val::i32);
        let packed = packed.ok_or_else(|| super::drive::mistyped("callback code"))? as u32;
        let inst = self.inst_of(thread);
        let by_callback = |stop: Stop| stop.by(Builtin::Callback);
        // `unpack_callback_result`
        match packed & 0xf {
            EXIT => {
                self.exit_implicit_thread(thread)?;
                Ok(Next::End)
            }
            YIELD if self.instead_of_telling(thread) => {
                self.inst(inst).exclusive_thread = None;
                self.waits(thread, ReadyFunc::Always);
                self.thread(thread).ready_func = Some(ReadyFunc::NotExclusive(inst));
                self.thread(thread).cancellable = true;
                Ok(Next::Block(None, Continuation::CallbackYield))
            }
            YIELD => {
                self.inst(inst).exclusive_thread = None;
                match self.wait_until(thread, ReadyFunc::NotExclusive(inst), true) {
                    Flow::Go(cancelled) => {
                        let code = match cancelled {
                            true => EventCode::TaskCancelled,
                            false => EventCode::None,
                        };
                        self.call_callback(thread, EventTuple(code, 0, 0))
                    }
                    Flow::Block(switch_to) => {
                        Ok(Next::Block(switch_to, Continuation::CallbackYield))
                    }
                }
            }
            WAIT => {
                self.inst(inst).exclusive_thread = None;
                let set = self.get_set(inst, packed >> 4).map_err(by_callback)?;
                if self.instead_of_waiting(thread) {
                    self.sets[set.0].num_waiting += 1;
                    return Ok(Next::Block(None, Continuation::CallbackWait(set)));
                }
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
            _ => Err(by_callback(Trap::CallbackCode.into())),
        }
    }

    /// Calls the callback with an event.
    fn call_callback(
        &mut self,
        thread: ThreadId,
        EventTuple(code, p1, p2): EventTuple,
    ) -> Result<Next, Stop> {
        let inst = self.inst_of(thread);
        debug_assert!(self.inst(inst).exclusive_thread.is_none());
        self.inst(inst).exclusive_thread = Some(thread);
        self.coverage.delivered(code);
        let callee = self.task_of(thread).opts.callback;
        let callee = callee.ok_or_else(|| super::drive::mistyped("callback"))?;
        let args = [code as u32, p1, p2].map(|arg| Val::I32(arg as i32));
        Ok(Next::Call {
            callee,
            args: args.to_vec(),
            activity: Activity::Callback,
        })
    }
}
