//! The built-ins (CanonicalABI.md, "Canonical Definitions"): one method for each `canon_*` function.

use super::component::{Canon, CanonicalOptions, Func, HostFunc, StringEncoding};
use super::coverage::Builtin;
use super::limits::Limits;
use super::state::{Continuation, TaskState, ThreadId};
use super::store::{Stop, Store};
use super::threads::Flow;
use super::values::lift_flat;
use crate::schedules::{Choice, NOBODY};
use crate::{NUM_ALLOWED_THREADS, Trap};
use spawndiff_corpus::{Event, MARK, Type, Value};
use std::fmt;
use wasmi::{Nullable, Val};

/// What core code asks for when it calls a built-in: the error of the host function that stands for it.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// The canonical definition, by its index.
    pub(crate) builtin: usize,
    args: Vec<Val>,
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a call of canonical definition {}", self.builtin)
    }
}

impl wasmi::errors::HostError for Request {}

/// The core function of a canonical definition.
pub(crate) fn core_func(
    core: &mut wasmi::Store<Limits>,
    builtin: usize,
    ty: wasmi::FuncType,
) -> wasmi::Func {
    wasmi::Func::new(core, ty, move |_, args, _| {
        Err(wasmi::Error::host(Request {
            builtin,
            args: args.to_vec(),
        }))
    })
}

/// What a built-in does to the thread that calls it.
pub(crate) enum Outcome {
    Return(Vec<Val>),
    /// It blocks, and the thread named here, if any, is switched to. Its result is `Cancelled`.
    Block(Option<ThreadId>),
}

impl From<Flow> for Outcome {
    fn from(flow: Flow) -> Outcome {
        match flow {
            Flow::Go => Outcome::Return(vec![Val::I32(0)]),
            Flow::Block(switch_to) => Outcome::Block(switch_to),
        }
    }
}

impl Store<'_> {
    /// Performs a built-in for the current thread.
    pub(crate) fn builtin(&mut self, thread: ThreadId, request: &Request) -> Result<Outcome, Stop> {
        let component = self.component;
        let canon = &component.canons[request.builtin];
        let name = Builtin::of(canon, component);
        let args = Args(&request.args);
        let trap = |trap| Stop::Trap(name, trap);
        match canon {
            // `canon_context_get`, `canon_context_set`: the two that do not ask for `may_leave`.
            Canon::ContextGet { slot, wide } => {
                let value = self.thread(thread).storage[*slot];
                let value = if *wide {
                    Val::I64(value as i64)
                } else {
                    Val::I32(value as u32 as i32)
                };
                return Ok(Outcome::Return(vec![value]));
            }
            Canon::ContextSet { slot, wide } => {
                let value = if *wide {
                    args.i64(0)?
                } else {
                    u64::from(args.i32(0)?)
                };
                self.thread(thread).storage[*slot] = value;
                return Ok(Outcome::Return(vec![]));
            }
            Canon::ThreadAvailableParallelism => {
                return Ok(Outcome::Return(vec![Val::I32(NUM_ALLOWED_THREADS as i32)]));
            }
            _ if !self.inst.may_leave => return Err(trap(Trap::CannotLeave)),
            Canon::Lower { func } => match &component.funcs[*func] {
                Func::Host(HostFunc::Log) => {
                    self.event(Event {
                        point: args.i32(0)?,
                        value: args.i64(1)?,
                    })?;
                }
                Func::Host(HostFunc::Mark) => {
                    self.event(Event {
                        point: MARK,
                        value: u64::from(args.i32(0)?),
                    })?;
                }
                Func::Lift { .. } => {
                    return Err(super::Unsupported::new("lower of a lifted function").into());
                }
            },
            Canon::TaskReturn { result, opts } => {
                self.canon_task_return(thread, *result, opts, &args)?;
            }
            Canon::ThreadIndex => {
                let index = self
                    .thread(thread)
                    .index
                    .expect("a thread that runs is registered");
                return Ok(Outcome::Return(vec![Val::I32(index as i32)]));
            }
            Canon::ThreadNewIndirect { table } => {
                let new = self.canon_thread_new_indirect(thread, *table, &args, name)?;
                return Ok(self.returned_index(new));
            }
            Canon::ThreadSpawnIndirect { table } => {
                let new = self.canon_thread_new_indirect(thread, *table, &args, name)?;
                self.resume_later(new);
                return Ok(self.returned_index(new));
            }
            Canon::ThreadSpawnRef => {
                let new = self.canon_thread_new_ref(thread, &args, name)?;
                self.resume_later(new);
                return Ok(self.returned_index(new));
            }
            Canon::ThreadResumeLater => {
                let other = self.suspended_thread(args.i32(0)?, name)?;
                self.resume_later(other);
            }
            Canon::ThreadSuspend { cancellable } => {
                let instead = self.instead_of_suspending(thread);
                let flow = instead.unwrap_or_else(|| Ok(self.suspend(thread, *cancellable)));
                return Ok(flow?.into());
            }
            Canon::ThreadYield { cancellable } => {
                let instead = self.instead_of_yielding(thread);
                let flow = instead.unwrap_or_else(|| Ok(self.yield_(thread, *cancellable)));
                return Ok(flow?.into());
            }
            Canon::ThreadSuspendThenResume { cancellable } => {
                let other = self.suspended_thread(args.i32(0)?, name)?;
                return Ok(self.suspend_then_resume(thread, *cancellable, other).into());
            }
            Canon::ThreadYieldThenResume { cancellable } => {
                let other = self.suspended_thread(args.i32(0)?, name)?;
                return Ok(self.yield_then_resume(thread, *cancellable, other).into());
            }
            Canon::ThreadSuspendThenPromote { cancellable } => {
                let other = self.other_thread(args.i32(0)?, name)?;
                let instead = self.instead_of_promoting(thread, *cancellable, other, false);
                let flow = instead
                    .unwrap_or_else(|| Ok(self.suspend_then_promote(thread, *cancellable, other)));
                return Ok(flow?.into());
            }
            Canon::ThreadYieldThenPromote { cancellable } => {
                let other = self.other_thread(args.i32(0)?, name)?;
                let instead = self.instead_of_promoting(thread, *cancellable, other, true);
                let flow = instead
                    .unwrap_or_else(|| Ok(self.yield_then_promote(thread, *cancellable, other)));
                return Ok(flow?.into());
            }
        }
        Ok(Outcome::Return(vec![]))
    }

    /// `canon_task_return`.
    fn canon_task_return(
        &mut self,
        thread: ThreadId,
        result: Option<Type>,
        opts: &CanonicalOptions,
        args: &Args<'_>,
    ) -> Result<(), Stop> {
        let task_id = self.thread(thread).task;
        let task = self.task(task_id);
        let resolved = task.state == TaskState::Resolved;
        let signature = result == task.ft.result && lift_options_equal(opts, &task.opts);
        let invalid = !signature || (!task.opts.async_ && !self.instead_of_refusing(thread));
        let lifted: Result<Option<Value>, Trap> = match result {
            Some(ty) => lift_flat(ty, args.get(0)?).map(Some),
            None => Ok(None),
        };
        // Where several conditions hold, the specification does not say which an engine has to name.
        let mut traps = Vec::new();
        traps.extend(invalid.then_some(Trap::TaskReturnInvalid));
        traps.extend(lifted.as_ref().err());
        traps.extend(resolved.then_some(Trap::TaskReturnTwice));
        if !traps.is_empty() {
            let chosen = self.choose(Choice::Trap, &vec![NOBODY; traps.len()]);
            return Err(Stop::Trap(Builtin::TaskReturn, traps[chosen]));
        }
        self.return_(task_id, lifted.unwrap_or_default(), Builtin::TaskReturn)
    }

    /// `canon_thread_new_indirect`.
    fn canon_thread_new_indirect(
        &mut self,
        thread: ThreadId,
        table: usize,
        args: &Args<'_>,
        name: Builtin,
    ) -> Result<ThreadId, Stop> {
        let (fi, c) = (args.i32(0)?, args.i32(1)?);
        let table = self.core_table(table)?;
        let entry = table
            .get(&self.core, u64::from(fi))
            .ok_or(Stop::Trap(name, Trap::TableOutOfBounds))?;
        let callee = match entry.as_func() {
            Some(Nullable::Val(func)) => *func,
            Some(Nullable::Null) | None => return Err(Stop::Trap(name, Trap::ThreadStartNull)),
        };
        if !is_start_type(&callee.ty(&self.core)) {
            return Err(Stop::Trap(name, Trap::ThreadStartType));
        }
        self.start_suspended(thread, callee, c)
    }

    /// `canon_thread_new_ref`: like `canon_thread_new_indirect`, minus the table access and the type check, which the
    /// core type of the parameter makes superfluous. A null reference traps.
    fn canon_thread_new_ref(
        &mut self,
        thread: ThreadId,
        args: &Args<'_>,
        name: Builtin,
    ) -> Result<ThreadId, Stop> {
        let c = args.i32(1)?;
        let callee = match args.get(0)?.funcref() {
            Some(Nullable::Val(func)) => *func,
            Some(Nullable::Null) | None => return Err(Stop::Trap(name, Trap::ThreadStartNull)),
        };
        if !is_start_type(&callee.ty(&self.core)) {
            return Err(super::Unsupported::new("a reference of another type than its own").into());
        }
        self.start_suspended(thread, callee, c)
    }

    /// A new thread of the current task, suspended.
    fn start_suspended(
        &mut self,
        thread: ThreadId,
        callee: wasmi::Func,
        c: u32,
    ) -> Result<ThreadId, Stop> {
        let task = self.thread(thread).task;
        let new = self.new_thread(
            task,
            Continuation::Explicit {
                callee,
                c: c as i32,
            },
            Some(thread),
        );
        self.register_thread(new)?;
        Ok(new)
    }

    fn returned_index(&mut self, thread: ThreadId) -> Outcome {
        let index = self
            .thread(thread)
            .index
            .expect("it was registered just now");
        Outcome::Return(vec![Val::I32(index as i32)])
    }

    /// `inst.threads.get(i)`.
    fn other_thread(&self, i: u32, name: Builtin) -> Result<ThreadId, Stop> {
        self.inst
            .threads
            .get(i)
            .ok_or(Stop::Trap(name, Trap::UnknownIndex))
    }

    /// `inst.threads.get(i)`, and `trap_if(not other_thread.suspended())`.
    fn suspended_thread(&self, i: u32, name: Builtin) -> Result<ThreadId, Stop> {
        let other = self.other_thread(i, name)?;
        if !self.threads[other.0].suspended() {
            return Err(Stop::Trap(name, Trap::ThreadNotSuspended));
        }
        Ok(other)
    }
}

/// `(func (param i32))`.
fn is_start_type(ty: &wasmi::FuncType) -> bool {
    ty.params() == [wasmi::ValType::I32] && ty.results().is_empty()
}

/// `LiftOptions.equal`.
fn lift_options_equal(lhs: &CanonicalOptions, rhs: &CanonicalOptions) -> bool {
    let encoding = |opts: &CanonicalOptions| -> StringEncoding { opts.string_encoding };
    encoding(lhs) == encoding(rhs) && lhs.memory == rhs.memory
}

/// The arguments of a built-in. Their types are those of its core type: a mistake here is one of the decoder.
struct Args<'a>(&'a [Val]);

impl<'a> Args<'a> {
    fn get(&self, index: usize) -> Result<&'a Val, Stop> {
        self.0
            .get(index)
            .ok_or_else(|| super::Unsupported::new("a missing argument").into())
    }

    fn i32(&self, index: usize) -> Result<u32, Stop> {
        let value = self.get(index)?.i32();
        value
            .map(|value| value as u32)
            .ok_or_else(|| super::Unsupported::new("an argument of the wrong core type").into())
    }

    fn i64(&self, index: usize) -> Result<u64, Stop> {
        let value = self.get(index)?.i64();
        value
            .map(|value| value as u64)
            .ok_or_else(|| super::Unsupported::new("an argument of the wrong core type").into())
    }
}
