//! The built-ins (CanonicalABI.md, "Canonical Definitions"): how core code asks for one, and the way from there to the
//! function that performs it, `canon_*`. Those for threads and tasks are here; the others have files of their own.

mod args;

use super::canon_defs::{Canon, CanonicalOptions, CoreTable, InstanceId};
use super::edition::Change;
use super::lift::Returning;
use super::limits::Limits;
use super::machine::Machine;
use super::state::{Continuation, Task, TaskState, Then, ThreadId};
use super::store::{Stop, Store};
use super::threads::Flow;
use super::trap_if::{Site, TrapIf, Trapped};
use super::types::ValType;
pub use args::Args;
use spawndiff_observation::NUM_ALLOWED_THREADS;
use std::fmt;
use std::sync::Arc;
use wasmi::{Nullable, Val};

/// A call of a built-in by core code. It is the error of the host function that stands for the built-in.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// The canonical definition, by its place in the store.
    pub(crate) builtin: usize,
    args: Vec<Val>,
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a call of canonical definition {}", self.builtin)
    }
}

impl wasmi::errors::HostError for Request {}

/// Makes the core function of a canonical definition. Each call of that function fails with a [`Request`].
fn core_func(core: &mut wasmi::Store<Limits>, builtin: usize, ty: wasmi::FuncType) -> wasmi::Func {
    wasmi::Func::new(core, ty, move |_, args, _| {
        Err(wasmi::Error::host(Request {
            builtin,
            args: args.to_vec(),
        }))
    })
}

/// The effect of a built-in on the thread that calls it.
#[derive(Debug)]
pub enum Outcome {
    /// The built-in returns these values.
    Return(Vec<Val>),
    /// The built-in blocks the thread, and the store switches to the thread named here, if any. The second field says how the
    /// built-in goes on when its thread is resumed.
    Block(Option<ThreadId>, Then),
    /// The built-in calls this function, which has no results, with these arguments in the thread that called the built-in, and
    /// then returns nothing. No built-in of the text does so.
    Call(wasmi::Func, Vec<Val>),
}

impl Outcome {
    /// The outcome of a built-in that returns `value` as an `i32`.
    pub fn returns(value: u32) -> Outcome {
        Outcome::Return(vec![Val::I32(value as i32)])
    }

    /// Where `wide`, makes each returned `i32` an `i64` by extending it with zeros: for a function whose result is an `i64`. Any
    /// other outcome stays as it is.
    pub fn widened(self, wide: bool) -> Outcome {
        match self {
            Outcome::Return(mut values) if wide => {
                for value in &mut values {
                    if let Val::I32(narrow) = *value {
                        *value = Val::I64(i64::from(narrow as u32));
                    }
                }
                Outcome::Return(values)
            }
            outcome => outcome,
        }
    }

    /// The outcome of a built-in that returns nothing.
    pub fn nothing() -> Outcome {
        Outcome::Return(Vec::new())
    }
}

impl From<Flow> for Outcome {
    fn from(flow: Flow) -> Outcome {
        match flow {
            Flow::Go(cancelled) => Outcome::returns(u32::from(cancelled)),
            Flow::Block(switch_to) => Outcome::Block(switch_to, Then::Cancelled),
        }
    }
}

impl<M: Machine> Store<'_, M> {
    /// The core function of a canonical definition of an instance.
    pub(crate) fn new_canon(
        &mut self,
        inst: InstanceId,
        canon: Canon,
    ) -> Result<wasmi::Func, Stop> {
        let ty = canon.core_type(&mut self.layouts);
        self.canons.push((inst, Arc::new(canon)));
        Ok(core_func(&mut self.core, self.canons.len() - 1, ty))
    }

    /// Performs a built-in for the current thread.
    pub(crate) fn builtin(&mut self, thread: ThreadId, request: &Request) -> Result<Outcome, Stop> {
        let canon = Arc::clone(&self.canons[request.builtin].1);
        if asks_to_leave(&canon) && !M::may_leave(self, thread, &canon)? {
            return Err(TrapIf::MayNotLeave.into());
        }
        M::canon(self, thread, &canon, &Args(&request.args))
    }

    /// `inst.may_leave`, of the instance of a thread.
    pub fn may_leave(&self, thread: ThreadId, _: &Canon) -> bool {
        self.instances[self.inst_of(thread).0].may_leave
    }

    /// Does what a canonical definition does, after its first `trap_if`.
    ///
    /// # Errors
    ///
    /// Fails with the [`Stop`] that keeps the store from going on, for example a trap.
    pub fn canon(
        &mut self,
        thread: ThreadId,
        canon: &Canon,
        args: &Args<'_>,
    ) -> Result<Outcome, Stop> {
        let inst = self.inst_of(thread);
        match canon {
            Canon::ContextGet { slot, wide } => {
                let value = self.thread(thread).storage[*slot];
                let value = match wide {
                    true => Val::I64(value as i64),
                    false => Val::I32(value as u32 as i32),
                };
                Ok(Outcome::Return(vec![value]))
            }
            Canon::ContextSet { slot, wide } => {
                self.thread(thread).storage[*slot] = args.word(0, *wide)?;
                Ok(Outcome::nothing())
            }
            Canon::ThreadAvailableParallelism => Ok(Outcome::returns(NUM_ALLOWED_THREADS)),
            Canon::BackpressureInc => self.canon_backpressure_inc(inst),
            Canon::BackpressureDec => self.canon_backpressure_dec(inst),
            Canon::ResourceRep(rt) => self.canon_resource_rep(inst, *rt, args.i32(0)?),
            Canon::Lower { callee, ft, opts } => {
                self.canon_lower(thread, callee, ft, opts, args.0.to_vec())
            }
            Canon::ResourceNew(rt) => self.canon_resource_new(inst, *rt, args.i32(0)?),
            Canon::ResourceDrop(rt) => self.canon_resource_drop(thread, *rt, args.i32(0)?),
            Canon::TaskReturn { result, opts } => {
                self.canon_task_return(thread, result.as_ref(), opts, args.0)
            }
            Canon::TaskCancel => self.canon_task_cancel(thread),
            Canon::WaitableSetNew => self.canon_waitable_set_new(inst),
            Canon::WaitableSetWait {
                cancellable,
                memory,
            } => {
                let (si, ptr) = (args.i32(0)?, args.word(1, memory.wide)?);
                self.canon_waitable_set_wait(thread, *cancellable, *memory, si, ptr)
            }
            Canon::WaitableSetPoll {
                cancellable,
                memory,
            } => {
                let (si, ptr) = (args.i32(0)?, args.word(1, memory.wide)?);
                self.canon_waitable_set_poll(thread, *cancellable, *memory, si, ptr)
            }
            Canon::WaitableSetDrop => self.canon_waitable_set_drop(inst, args.i32(0)?),
            Canon::WaitableJoin => self.canon_waitable_join(inst, args.i32(0)?, args.i32(1)?),
            Canon::SubtaskCancel { async_ } => {
                self.canon_subtask_cancel(thread, *async_, args.i32(0)?)
            }
            Canon::SubtaskDrop => self.canon_subtask_drop(inst, args.i32(0)?),
            Canon::EndsNew { ty } => self.canon_ends_new(inst, ty),
            Canon::Copy { ty, side, opts } => {
                let copied = self.stream_copy(thread, args.of_copy(ty, *side, opts)?)?;
                Ok(copied.widened(canon.returns_wide()))
            }
            Canon::CancelCopy { ty, side, async_ } => {
                self.cancel_copy(thread, ty, *side, *async_, args.i32(0)?)
            }
            Canon::DropEnd { ty, side } => self.canon_drop_end(inst, ty, *side, args.i32(0)?),
            Canon::ErrorContextNew { opts } => self.canon_error_context_new(inst, opts, args),
            Canon::ErrorContextDebugMessage { opts } => {
                self.canon_error_context_debug_message(inst, opts, args)
            }
            Canon::ErrorContextDrop => self.canon_error_context_drop(inst, args.i32(0)?),
            Canon::ThreadIndex => {
                let index = self.thread(thread).index;
                Ok(Outcome::returns(
                    index.expect("a thread that runs is registered"),
                ))
            }
            Canon::ThreadNewIndirect { ft, table } => {
                let new = self.canon_thread_new_indirect(thread, ft, *table, args)?;
                Ok(self.returned_index(new))
            }
            Canon::ThreadSpawnIndirect { ft, table } => {
                let new = self.canon_thread_new_indirect(thread, ft, *table, args)?;
                M::resume_later(self, new);
                Ok(self.returned_index(new))
            }
            Canon::ThreadSpawnRef { ft } => {
                let new = self.canon_thread_new_ref(thread, ft, args)?;
                M::resume_later(self, new);
                Ok(self.returned_index(new))
            }
            Canon::ThreadResumeLater => {
                let other = self.suspended_thread(inst, args.i32(0)?)?;
                M::resume_later(self, other);
                Ok(Outcome::nothing())
            }
            Canon::ThreadSuspend { cancellable } => Ok(self.suspend(thread, *cancellable).into()),
            Canon::ThreadYield { cancellable } => Ok(self.yield_(thread, *cancellable).into()),
            Canon::ThreadSuspendThenResume { cancellable } => {
                let other = self.suspended_thread(inst, args.i32(0)?)?;
                Ok(self.suspend_then_resume(thread, *cancellable, other).into())
            }
            Canon::ThreadYieldThenResume { cancellable } => {
                let other = self.suspended_thread(inst, args.i32(0)?)?;
                Ok(self.yield_then_resume(thread, *cancellable, other).into())
            }
            Canon::ThreadSuspendThenPromote { cancellable } => {
                let other = self.promoted_thread(thread, args.i32(0)?)?;
                Ok(self
                    .suspend_then_promote(thread, *cancellable, other)
                    .into())
            }
            Canon::ThreadYieldThenPromote { cancellable } => {
                let other = self.promoted_thread(thread, args.i32(0)?)?;
                Ok(self.yield_then_promote(thread, *cancellable, other).into())
            }
        }
    }

    /// `canon_backpressure_inc`.
    fn canon_backpressure_inc(&mut self, inst: InstanceId) -> Result<Outcome, Stop> {
        let inst = self.inst(inst);
        inst.backpressure += 1;
        match inst.backpressure == 1 << 16 {
            true => Err(TrapIf::BackpressureTooHigh.into()),
            false => Ok(Outcome::nothing()),
        }
    }

    /// `canon_backpressure_dec`.
    fn canon_backpressure_dec(&mut self, inst: InstanceId) -> Result<Outcome, Stop> {
        let inst = self.inst(inst);
        let less = inst.backpressure.checked_sub(1);
        inst.backpressure = less.ok_or(Stop::from(TrapIf::BackpressureTooLow))?;
        Ok(Outcome::nothing())
    }

    /// `canon_task_return`.
    fn canon_task_return(
        &mut self,
        thread: ThreadId,
        result: Option<&ValType>,
        opts: &CanonicalOptions,
        args: &[Val],
    ) -> Result<Outcome, Stop> {
        let task_id = M::current_task(self, thread);
        let Task {
            ft,
            opts: of_task,
            state,
            ..
        } = &self.tasks[task_id.0];
        let resolved = *state == TaskState::Resolved;
        let conditions = [
            (!of_task.async_, TrapIf::ReturnsNotAsync),
            (result != ft.result.as_ref(), TrapIf::ReturnsOtherType),
            (
                !lift_options_equal(opts, of_task),
                TrapIf::ReturnsWithOtherOptions,
            ),
        ];
        let task = task_id;
        let site = Site::TaskReturn { thread, task, opts };
        let invalid = self.those_that_hold(site, &conditions)?;
        let mut traps: Vec<Trapped> = invalid.into_iter().map(Trapped::from).collect();
        let mut lifted = None;
        if traps.is_empty() {
            match M::lift_result(self, task, Returning::TaskReturn(opts, result, args)) {
                Ok(result) => lifted = result,
                Err(Stop::Trap(trapped)) => traps.push(trapped),
                Err(stop) => return Err(stop),
            }
        }
        if resolved {
            traps.push(TrapIf::ReturnsTwice.into());
        }
        self.trap_of(&traps)?;
        self.return_(task, lifted)?;
        Ok(Outcome::nothing())
    }

    /// `canon_task_cancel`.
    fn canon_task_cancel(&mut self, thread: ThreadId) -> Result<Outcome, Stop> {
        let task_id = M::current_task(self, thread);
        let task = &self.tasks[task_id.0];
        let conditions = [
            (!task.opts.async_, TrapIf::CancelsNotAsync),
            // One condition of the text: the state of a task that has returned is not that of one that was told.
            (
                task.state != TaskState::CancelDelivered,
                TrapIf::CancelNotDelivered,
            ),
            (task.state == TaskState::Resolved, TrapIf::CancelsResolved),
            (task.num_borrows > 0, TrapIf::BorrowsRemain),
        ];
        let task = task_id;
        self.trap_if_any(Site::TaskCancel { thread, task }, &conditions)?;
        self.cancel(task)?;
        Ok(Outcome::nothing())
    }

    /// `canon_thread_new_indirect`.
    fn canon_thread_new_indirect(
        &mut self,
        thread: ThreadId,
        ft: &wasmi::FuncType,
        table: CoreTable,
        args: &Args<'_>,
    ) -> Result<ThreadId, Stop> {
        let fi = args.word(0, table.wide)?;
        let entry = table.table.get(&self.core, fi);
        let entry = entry.ok_or(Stop::from(TrapIf::StartsOutOfRange))?;
        let callee = match entry.as_func() {
            Some(Nullable::Val(func)) => *func,
            Some(Nullable::Null) | None => return Err(TrapIf::StartsNull.into()),
        };
        if callee.ty(&self.core) != *ft {
            return Err(TrapIf::StartsOtherType.into());
        }
        self.start_suspended(thread, callee, args.after(1))
    }

    /// `canon_thread_new_ref`: like `canon_thread_new_indirect`, minus the table access and the type check, which the
    /// core type of the parameter makes superfluous. A null reference traps.
    fn canon_thread_new_ref(
        &mut self,
        thread: ThreadId,
        ft: &wasmi::FuncType,
        args: &Args<'_>,
    ) -> Result<ThreadId, Stop> {
        let callee = match args.get(0)?.funcref() {
            Some(Nullable::Val(func)) => *func,
            Some(Nullable::Null) | None => return Err(TrapIf::StartsNull.into()),
        };
        if callee.ty(&self.core) != *ft {
            return Err(super::Unsupported::new("a reference of another type than its own").into());
        }
        self.start_suspended(thread, callee, args.after(1))
    }

    /// A new thread of the current task, suspended, which will call `callee` with `args`.
    fn start_suspended(
        &mut self,
        thread: ThreadId,
        callee: wasmi::Func,
        args: Vec<Val>,
    ) -> Result<ThreadId, Stop> {
        let task = self.thread(thread).task;
        let cont = Continuation::Explicit { callee, args };
        let new = self.new_thread(task, cont, Some(thread))?;
        self.register_thread(new)?;
        Ok(new)
    }

    fn returned_index(&mut self, thread: ThreadId) -> Outcome {
        let index = self.thread(thread).index;
        Outcome::returns(index.expect("it was registered just now"))
    }

    /// `inst.threads.get(i)`.
    ///
    /// # Errors
    ///
    /// A trap, if it names none.
    pub fn other_thread(&self, inst: InstanceId, i: u32) -> Result<ThreadId, Stop> {
        let thread = self.instances[inst.0].threads.get(i);
        thread.ok_or(TrapIf::NoSuchThread.into())
    }

    /// `inst.threads.get(i)`, of the thread that is promoted; from 687 on it may not be the current one.
    fn promoted_thread(&mut self, thread: ThreadId, i: u32) -> Result<ThreadId, Stop> {
        let other = self.other_thread(self.inst_of(thread), i)?;
        match other == thread && self.changed(Change::PromoteOfItselfTraps) {
            true => Err(TrapIf::PromotesItself.into()),
            false => Ok(other),
        }
    }

    /// `inst.threads.get(i)`, and `trap_if(not other_thread.suspended())`.
    fn suspended_thread(&self, inst: InstanceId, i: u32) -> Result<ThreadId, Stop> {
        let other = self.other_thread(inst, i)?;
        match self.threads[other.0].suspended() {
            true => Ok(other),
            false => Err(TrapIf::NotSuspended.into()),
        }
    }
}

/// Whether the first `trap_if` of a canonical definition is `not inst.may_leave`.
fn asks_to_leave(canon: &Canon) -> bool {
    !matches!(
        canon,
        Canon::ContextGet { .. }
            | Canon::ContextSet { .. }
            | Canon::ThreadAvailableParallelism
            | Canon::BackpressureInc
            | Canon::BackpressureDec
            | Canon::ResourceRep(_)
    )
}

/// `LiftOptions.equal`.
pub fn lift_options_equal(lhs: &CanonicalOptions, rhs: &CanonicalOptions) -> bool {
    let memories = match (&lhs.memory, &rhs.memory) {
        (Some(lhs), Some(rhs)) => lhs.same(rhs),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    };
    lhs.string_encoding == rhs.string_encoding && memories
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_widened_result_is_extended_with_zeros() {
        let widened = |wide| match Outcome::returns(0xffff_ffff).widened(wide) {
            Outcome::Return(values) => format!("{values:?}"),
            Outcome::Block(..) | Outcome::Call(..) => unreachable!("it returns"),
        };
        assert_eq!(widened(true), format!("{:?}", [Val::I64(0xffff_ffff)]));
        assert_eq!(widened(false), format!("{:?}", [Val::I32(-1)]));
    }
}
