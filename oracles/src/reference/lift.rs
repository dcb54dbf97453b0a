//! `canon lift`: a call of an export, from its entry to the end of its implicit thread.
//!
//! `thread_func` of the specification is one function; here it is cut where it can block, and [`Continuation`] says
//! where it goes on.

use super::canon::{self, Request};
use super::component::{CanonicalOptions, FuncType};
use super::coverage::Builtin;
use super::state::{Activity, Continuation, Parked, ReadyFunc, Task, TaskId, TaskState, ThreadId};
use super::store::{Stop, Store, core_stop};
use super::threads::Flow;
use super::values::{lift_flat, lower_flat};
use crate::schedules::Choice;
use crate::{Exhaustion, Trap};
use spawndiff_corpus::Value;
use wasmi::Val;

/// What a thread does after a core call of it has returned.
enum Next {
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
        callee: usize,
        ft: &FuncType,
        opts: &CanonicalOptions,
        args: &[Value],
    ) -> Result<TaskId, Stop> {
        let task = TaskId(self.tasks.len());
        self.tasks.push(Task {
            ft: ft.clone(),
            opts: opts.clone(),
            callee,
            args: args.to_vec(),
            state: TaskState::Initial,
            result: None,
            implicit_thread: None,
            threads: Vec::new(),
        });
        let thread = self.new_thread(task, Continuation::Implicit, None);
        self.sync_typed += u32::from(!ft.async_);
        self.resume(thread)?;
        if !ft.async_ {
            while self.task(task).state != TaskState::Resolved {
                let exclusive = self.inst.exclusive_thread;
                let candidates = self.ready_threads(|thread| {
                    self.threads[thread.0].index.is_some() && Some(thread) != exclusive
                });
                if candidates.is_empty() {
                    if self.leaves_blocked_task(task) {
                        break;
                    }
                    return Err(Stop::Trap(Builtin::Lift, Trap::CannotBlock));
                }
                let chosen = self.choose_thread(Choice::SyncTask, &candidates);
                self.resume(chosen)?;
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
    ) -> Result<Option<ThreadId>, Stop> {
        let next = match cont {
            Continuation::Implicit => self.enter_implicit_thread(thread)?,
            Continuation::Entered => {
                self.inst.num_waiting_to_enter -= 1;
                self.start(thread)?
            }
            Continuation::Explicit { callee, c } => {
                self.coverage.threads_ran += 1;
                Next::Call {
                    callee,
                    args: vec![Val::I32(c)],
                    activity: Activity::Start,
                }
            }
            Continuation::CallbackYield => self.call_callback(thread)?,
            Continuation::Core {
                call,
                activity,
                builtin,
            } => {
                // No one can request cancellation yet, so every blocking built-in returns `Cancelled.FALSE`.
                self.count_return(builtin);
                let mut results = self.result_buffer(thread, &activity)?;
                let step = self.resume_core(call, vec![Val::I32(0)], &mut results);
                return self.drive(thread, step?, results, activity);
            }
        };
        self.follow(thread, next)
    }

    /// Does what comes next, up to where the thread blocks or ends.
    fn follow(&mut self, thread: ThreadId, next: Next) -> Result<Option<ThreadId>, Stop> {
        match next {
            Next::Call {
                callee,
                args,
                activity,
            } => {
                let mut results = vec![Val::I32(0); callee.ty(&self.core).results().len()];
                let step = self.call_core(callee, &args, &mut results)?;
                self.drive(thread, step, results, activity)
            }
            Next::Block(switch_to, cont) => {
                self.thread(thread).cont = Some(cont);
                Ok(switch_to)
            }
            Next::End => Ok(None),
        }
    }

    /// Runs core code, performing the built-ins that it calls, until the thread blocks or ends.
    fn drive(
        &mut self,
        thread: ThreadId,
        mut step: Step,
        mut results: Vec<Val>,
        mut activity: Activity,
    ) -> Result<Option<ThreadId>, Stop> {
        loop {
            match step {
                Step::Request(call, request) => match self.builtin(thread, &request)? {
                    canon::Outcome::Return(values) => {
                        self.count_return(request.builtin);
                        step = self.resume_core(call, values, &mut results)?;
                    }
                    canon::Outcome::Block(switch_to) => {
                        let cont = Continuation::Core {
                            call,
                            activity,
                            builtin: request.builtin,
                        };
                        self.thread(thread).cont = Some(cont);
                        return Ok(switch_to);
                    }
                },
                Step::Finished(direct) => {
                    if let Some(values) = direct {
                        results = values;
                    }
                    match self.finished(thread, &activity, results)? {
                        Next::Call {
                            callee,
                            args,
                            activity: next,
                        } => {
                            results = vec![Val::I32(0); callee.ty(&self.core).results().len()];
                            step = self.call_core(callee, &args, &mut results)?;
                            activity = next;
                        }
                        Next::Block(switch_to, cont) => {
                            self.thread(thread).cont = Some(cont);
                            return Ok(switch_to);
                        }
                        Next::End => return Ok(None),
                    }
                }
            }
        }
    }

    /// After a core call of `thread_func` has returned.
    fn finished(
        &mut self,
        thread: ThreadId,
        activity: &Activity,
        results: Vec<Val>,
    ) -> Result<Next, Stop> {
        let task_id = self.thread(thread).task;
        match activity {
            Activity::Start => {
                self.unregister_thread(thread)?;
                Ok(Next::End)
            }
            Activity::Callee => {
                let task = self.task(task_id);
                if task.opts.async_ {
                    if task.opts.callback.is_some() {
                        return self.callback_loop(thread, &results);
                    }
                    self.exit_implicit_thread(thread)?;
                    return Ok(Next::End);
                }
                let result = match task.ft.result {
                    Some(ty) => {
                        let flat = results.first().ok_or_else(|| mistyped("result"))?;
                        lift_flat(ty, flat).map(Some)
                    }
                    None => Ok(None),
                };
                let post_return = task.opts.post_return;
                // A task that is lifted synchronously has not returned yet, but for a deviation.
                if let (TaskState::Started, Err(trap)) = (task.state, &result) {
                    return Err(Stop::Trap(Builtin::Lift, *trap));
                }
                self.return_(task_id, result.unwrap_or_default(), Builtin::Lift)?;
                self.coverage.count(Builtin::Lift, None);
                if let Some(post_return) = post_return {
                    self.inst.may_leave = false;
                    let callee = self.core_func(post_return)?;
                    let activity = Activity::PostReturn;
                    return Ok(Next::Call {
                        callee,
                        args: results,
                        activity,
                    });
                }
                self.exit_implicit_thread(thread)?;
                Ok(Next::End)
            }
            Activity::PostReturn => {
                self.inst.may_leave = true;
                self.exit_implicit_thread(thread)?;
                Ok(Next::End)
            }
            Activity::Callback => {
                self.coverage.count(Builtin::Callback, None);
                self.callback_loop(thread, &results)
            }
        }
    }

    /// One turn of the loop over callback codes.
    fn callback_loop(&mut self, thread: ThreadId, results: &[Val]) -> Result<Next, Stop> {
        let packed = results
            .first()
            .and_then(Val::i32)
            .ok_or_else(|| mistyped("callback code"))?;
        // `unpack_callback_result`
        match packed as u32 & 0xf {
            EXIT => {
                self.exit_implicit_thread(thread)?;
                Ok(Next::End)
            }
            YIELD => {
                self.inst.exclusive_thread = None;
                match self.wait_until(thread, ReadyFunc::NotExclusive, true) {
                    Flow::Go => self.call_callback(thread),
                    Flow::Block(switch_to) => {
                        Ok(Next::Block(switch_to, Continuation::CallbackYield))
                    }
                }
            }
            // There are no waitable sets, so there is no index that names one.
            WAIT => Err(Stop::Trap(Builtin::Callback, Trap::UnknownIndex)),
            _ => Err(Stop::Trap(Builtin::Callback, Trap::CallbackCode)),
        }
    }

    /// Calls the callback with `EventCode.NONE`.
    fn call_callback(&mut self, thread: ThreadId) -> Result<Next, Stop> {
        debug_assert!(self.inst.exclusive_thread.is_none());
        self.inst.exclusive_thread = Some(thread);
        let task = self.thread(thread).task;
        let callback = self
            .task(task)
            .opts
            .callback
            .ok_or_else(|| mistyped("callback"))?;
        let callee = self.core_func(callback)?;
        let args = vec![Val::I32(0), Val::I32(0), Val::I32(0)];
        Ok(Next::Call {
            callee,
            args,
            activity: Activity::Callback,
        })
    }

    /// `Task.enter_implicit_thread`.
    fn enter_implicit_thread(&mut self, thread: ThreadId) -> Result<Next, Stop> {
        let task_id = self.thread(thread).task;
        let task = self.task(task_id);
        task.implicit_thread = Some(thread);
        let async_ = task.ft.async_;
        let needs_exclusive = async_ && task.needs_exclusive();
        let waits = async_
            && (self.has_backpressure(needs_exclusive) || self.inst.num_waiting_to_enter > 0);
        let deviates = !waits && self.waits_for_exclusive();
        if waits || deviates {
            self.inst.num_waiting_to_enter += 1;
            let needs_exclusive = needs_exclusive || deviates;
            let ready_func = ReadyFunc::NoBackpressure { needs_exclusive };
            match self.wait_until(thread, ready_func, true) {
                Flow::Go => self.inst.num_waiting_to_enter -= 1,
                Flow::Block(switch_to) => {
                    return Ok(Next::Block(switch_to, Continuation::Entered));
                }
            }
        }
        self.start(thread)
    }

    /// What follows on the wait of `enter_implicit_thread`, up to the call of the callee.
    fn start(&mut self, thread: ThreadId) -> Result<Next, Stop> {
        let task_id = self.thread(thread).task;
        let task = self.task(task_id);
        if task.ft.async_ && task.needs_exclusive() {
            debug_assert!(self.inst.exclusive_thread.is_none());
            self.inst.exclusive_thread = Some(thread);
        }
        self.register_thread(thread)?;
        let task = self.task(task_id);
        debug_assert_eq!(task.state, TaskState::Initial);
        task.state = TaskState::Started;
        let args = task.args.iter().map(lower_flat).collect();
        let callee = task.callee;
        let callee = self.core_func(callee)?;
        Ok(Next::Call {
            callee,
            args,
            activity: Activity::Callee,
        })
    }

    /// `Task.exit_implicit_thread`.
    fn exit_implicit_thread(&mut self, thread: ThreadId) -> Result<(), Stop> {
        self.unregister_thread(thread)?;
        let task = self.thread(thread).task;
        let task = self.task(task);
        if task.ft.async_ && task.needs_exclusive() {
            debug_assert_eq!(self.inst.exclusive_thread, Some(thread));
            self.inst.exclusive_thread = None;
        } else if self.inst.exclusive_thread == Some(thread) {
            // Only `Deviation::ReturnsFromSyncLift` gives it to a synchronously typed task.
            self.inst.exclusive_thread = None;
        }
        Ok(())
    }

    /// Calls a core function.
    fn call_core(
        &mut self,
        callee: wasmi::Func,
        args: &[Val],
        results: &mut [Val],
    ) -> Result<Step, Stop> {
        match callee.call_resumable(&mut self.core, args, results) {
            Ok(call) => step(call),
            // A host function that is called directly does not suspend: its error comes back as it is.
            Err(error) => match error.downcast_ref::<Request>() {
                Some(request) => Ok(Step::Request(Parked::Direct, request.clone())),
                None => Err(core_stop(&error)),
            },
        }
    }

    /// Gives the results of a built-in to the core code that called it.
    fn resume_core(
        &mut self,
        call: Parked,
        values: Vec<Val>,
        results: &mut [Val],
    ) -> Result<Step, Stop> {
        match call {
            Parked::Wasm(call) => match call.resume(&mut self.core, &values, results) {
                Ok(call) => step(call),
                Err(error) => Err(core_stop(&error)),
            },
            Parked::Direct => Ok(Step::Finished(Some(values))),
        }
    }

    /// A buffer for the results of the core call that a thread is in.
    fn result_buffer(&mut self, thread: ThreadId, activity: &Activity) -> Result<Vec<Val>, Stop> {
        let task = self.thread(thread).task;
        let task = self.task(task);
        let func = match activity {
            Activity::Start | Activity::PostReturn => return Ok(Vec::new()),
            Activity::Callee => task.callee,
            Activity::Callback => task.opts.callback.ok_or_else(|| mistyped("callback"))?,
        };
        let func = self.core_func(func)?;
        Ok(vec![Val::I32(0); func.ty(&self.core).results().len()])
    }

    fn count_return(&mut self, builtin: usize) {
        let component = self.component;
        self.coverage
            .count(Builtin::of(&component.canons[builtin], component), None);
    }
}

/// How far a core call got.
enum Step {
    /// It has returned. With values where the callee was itself a built-in.
    Finished(Option<Vec<Val>>),
    /// It calls a built-in.
    Request(Parked, Request),
}

fn step(call: wasmi::ResumableCall) -> Result<Step, Stop> {
    match call {
        wasmi::ResumableCall::Finished => Ok(Step::Finished(None)),
        wasmi::ResumableCall::HostTrap(call) => {
            let request = call
                .host_error()
                .downcast_ref::<Request>()
                .cloned()
                .ok_or_else(|| mistyped("host function"))?;
            Ok(Step::Request(Parked::Wasm(Box::new(call)), request))
        }
        wasmi::ResumableCall::OutOfFuel(_) => Err(Stop::Exhausted(Exhaustion::Fuel)),
    }
}

fn mistyped(what: &str) -> Stop {
    Stop::Unsupported(super::Unsupported::new(format!(
        "a {what} of the wrong core type"
    )))
}
