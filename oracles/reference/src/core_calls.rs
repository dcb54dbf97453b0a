//! Running core code in wasmi.
//!
//! A built-in is a host function that fails with a [`Request`]; the request is performed here, and the core call is resumed
//! with its results: now, or when its thread is resumed. So a thread that is parked holds no frame of the host.

use super::builtins::{Outcome, Request};
use super::canon_defs::Canon;
use super::core_traps::core_stop;
use super::exceptions;
use super::lift::Next;
use super::machine::Machine;
use super::state::{Activity, Cancelled, Continuation, Outer, Parked, Then, ThreadId};
use super::store::{Stop, Store};
use super::threads::Flow;
use super::trap_if::TrapIf;
use spawndiff_observation::Builtin;
use spawndiff_observation::Exhaustion;
use std::sync::Arc;
use wasmi::Val;

/// How far a core call got.
enum Step {
    /// The core call has returned. The values are given where the callee was itself a built-in.
    Finished(Option<Vec<Val>>),
    /// The core call calls a built-in.
    Request(Parked, Request),
}

impl<M: Machine> Store<'_, M> {
    /// Does what comes next in the thread, up to where the thread blocks or ends. Returns the thread to switch to, if any.
    pub(crate) fn follow(
        &mut self,
        thread: ThreadId,
        next: Next,
    ) -> Result<Option<ThreadId>, Stop> {
        match next {
            Next::Call {
                callee,
                args,
                activity,
            } => {
                M::begin_core_call(self, thread, &activity);
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

    /// Goes on in a built-in that had blocked.
    pub(crate) fn unblocked(
        &mut self,
        thread: ThreadId,
        call: Parked,
        activity: Activity,
        builtin: usize,
        then: Then,
        cancelled: Cancelled,
    ) -> Result<Option<ThreadId>, Stop> {
        let name = self.builtin_name(builtin);
        let outcome = match then {
            Then::Cancelled => Ok(Outcome::returns(u32::from(cancelled))),
            Then::Lower(subtask) => self.lower_resolved(subtask),
            Then::Event(waitable) => {
                let wide = self.canons[builtin].1.returns_wide();
                let waited = M::waited_for_pending_event(self, thread, waitable);
                waited.map(|outcome| outcome.widened(wide))
            }
            Then::Wait { set, ptr } => {
                let waited = M::waited_for_event(self, thread, set, cancelled);
                match (
                    waited.map_err(|stop| stop.by(name))?,
                    &*self.canons[builtin].1,
                ) {
                    (Flow::Block(switch_to), _) => Ok(Outcome::Block(switch_to, then)),
                    (Flow::Go(event), &Canon::WaitableSetWait { memory, .. }) => {
                        self.unpack_event(thread, memory, ptr, event)
                    }
                    (Flow::Go(_), _) => Err(mistyped("waitable-set.wait")),
                }
            }
            Then::Own(key) => {
                let canon = Arc::clone(&self.canons[builtin].1);
                M::own_then(self, thread, &canon, key)
            }
        };
        let mut results = self.result_buffer(thread, &activity)?;
        match outcome.map_err(|stop| stop.by(name))? {
            Outcome::Return(values) => {
                self.coverage.count(name, None);
                let step = self.resume_core(call, values, &mut results)?;
                self.drive(thread, step, results, activity)
            }
            Outcome::Block(switch_to, then) => {
                self.thread(thread).cont = Some(Continuation::Core {
                    call,
                    activity,
                    builtin,
                    then,
                });
                Ok(switch_to)
            }
            Outcome::Call(..) => Err(mistyped("built-in that calls after it has blocked")),
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
                Step::Request(call, request) => {
                    let name = self.builtin_name(request.builtin);
                    let outcome = self.builtin(thread, &request);
                    match outcome.map_err(|stop| stop.by(name))? {
                        Outcome::Return(values) => {
                            self.coverage.count(name, None);
                            step = self.resume_core(call, values, &mut results)?;
                        }
                        Outcome::Block(switch_to, then) => {
                            self.thread(thread).cont = Some(Continuation::Core {
                                call,
                                activity,
                                builtin: request.builtin,
                                then,
                            });
                            return Ok(switch_to);
                        }
                        Outcome::Call(callee, args) => {
                            let builtin = request.builtin;
                            activity = Activity::Within(Box::new(Outer {
                                call,
                                activity,
                                builtin,
                            }));
                            results = Vec::new();
                            step = self.call_core(callee, &args, &mut results)?;
                        }
                    }
                }
                Step::Finished(direct) => {
                    if let Activity::Within(outer) = activity {
                        let name = self.builtin_name(outer.builtin);
                        self.coverage.count(name, None);
                        activity = outer.activity;
                        results = self.result_buffer(thread, &activity)?;
                        step = self.resume_core(outer.call, Vec::new(), &mut results)?;
                        continue;
                    }
                    if let Some(values) = direct {
                        results = values;
                    }
                    let by = match activity {
                        Activity::Callback => Builtin::Callback,
                        Activity::Start
                        | Activity::Callee
                        | Activity::PostReturn
                        | Activity::Within(_) => Builtin::Lift,
                    };
                    // `call_and_trap_on_throw`
                    if exceptions::escaped(&mut self.core) {
                        return Err(Stop::from(TrapIf::Throws).by(by));
                    }
                    let next = self.finished(thread, &activity, results);
                    match next.map_err(|stop| stop.by(by))? {
                        Next::Call {
                            callee,
                            args,
                            activity: next,
                        } => {
                            M::begin_core_call(self, thread, &next);
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
        let task = self.task_of(thread);
        let func = match activity {
            Activity::Start | Activity::PostReturn | Activity::Within(_) => return Ok(Vec::new()),
            Activity::Callee => task.callee,
            Activity::Callback => task.opts.callback,
        };
        let func = func.ok_or_else(|| mistyped("callee"))?;
        Ok(vec![Val::I32(0); func.ty(&self.core).results().len()])
    }

    /// The built-in that a canonical definition makes.
    fn builtin_name(&self, builtin: usize) -> Builtin {
        super::coverage::built_in(&self.canons[builtin].1)
    }
}

fn step(call: wasmi::ResumableCall) -> Result<Step, Stop> {
    match call {
        wasmi::ResumableCall::Finished => Ok(Step::Finished(None)),
        wasmi::ResumableCall::HostTrap(call) => {
            let request = call.host_error().downcast_ref::<Request>().cloned();
            // Not every function of the host is a built-in.
            let request = request.ok_or_else(|| core_stop(call.host_error()))?;
            Ok(Step::Request(Parked::Wasm(Box::new(call)), request))
        }
        wasmi::ResumableCall::OutOfFuel(_) => Err(Stop::Exhausted(Exhaustion::Fuel)),
    }
}

pub(crate) fn mistyped(what: &str) -> Stop {
    Stop::Unsupported(super::Unsupported::new(format!(
        "a {what} of the wrong core type"
    )))
}
