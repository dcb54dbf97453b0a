//! `class Store`, and the methods of `Thread` and `Task` that change more than their own fields.
//!
//! One store is one run: the component's core instances in wasmi, one component instance, its tasks and threads.

use super::component::{
    Component, CoreExport, CoreFunc, CoreInstance, CoreItem, Func as ComponentFunc,
};
use super::coverage::{Builtin, Coverage};
use super::deviation::Deviation;
use super::limits::{FUEL, Limits};
use super::state::{
    ComponentInstance, Continuation, ReadyFunc, Task, TaskId, TaskState, Thread, ThreadId,
};
use super::{Stopped, Unsupported, Witness};
use crate::schedules::{Choice, Scheduler};
use crate::{End, Exhaustion, InvocationObservation, Trap};
use spawndiff_corpus::{Event, Invocation};
use std::collections::HashMap;
use wasmi::Extern;

/// What keeps the store from going on.
#[derive(Debug)]
pub(crate) enum Stop {
    /// A trap, and the built-in that gave it.
    Trap(Builtin, Trap),
    Exhausted(Exhaustion),
    Unsupported(Unsupported),
    /// The witness has seen enough.
    Cut,
}

/// A core instance at run time.
enum Bundle {
    Wasm(wasmi::Instance),
    Exports(HashMap<String, Extern>),
}

/// `class Store`.
pub(crate) struct Store<'a> {
    pub(crate) core: wasmi::Store<Limits>,
    pub(crate) component: &'a Component,
    bundles: Vec<Bundle>,
    canon_funcs: Vec<wasmi::Func>,
    pub(crate) inst: ComponentInstance,
    pub(crate) tasks: Vec<Task>,
    pub(crate) threads: Vec<Thread>,
    /// `Store.waiting`: the one that has waited longest first.
    waiting: Vec<ThreadId>,
    scheduler: &'a mut dyn Scheduler,
    witness: &'a mut dyn Witness,
    pub(crate) coverage: &'a mut Coverage,
    /// The trace of the current invocation.
    events: Vec<Event>,
    /// How many invocations were made before the current one.
    invocation: usize,
    /// Explainer.md, "Component Invariants" 1: set by a trap, and nothing runs any more.
    lockdown: bool,
    /// How many synchronously typed tasks have not returned from `canon_lift` yet.
    pub(crate) sync_typed: u32,
    /// The running thread, if it has returned for a synchronously typed task. Only a deviation asks.
    pub(crate) returned_early: Option<ThreadId>,
    /// Empty when a case is judged.
    pub(crate) deviations: &'a [Deviation],
}

impl<'a> Store<'a> {
    pub(crate) fn new(
        engine: &wasmi::Engine,
        component: &'a Component,
        scheduler: &'a mut dyn Scheduler,
        witness: &'a mut dyn Witness,
        coverage: &'a mut Coverage,
        deviations: &'a [Deviation],
    ) -> Result<Store<'a>, Unsupported> {
        let mut core = wasmi::Store::new(engine, Limits::default());
        core.limiter(|limits| limits);
        core.set_fuel(FUEL).map_err(Unsupported::malformed)?;
        Ok(Store {
            core,
            component,
            bundles: Vec::new(),
            canon_funcs: Vec::new(),
            inst: ComponentInstance::new(),
            tasks: Vec::new(),
            threads: Vec::new(),
            waiting: Vec::new(),
            scheduler,
            witness,
            coverage,
            events: Vec::new(),
            invocation: 0,
            lockdown: false,
            sync_typed: 0,
            returned_early: None,
            deviations,
        })
    }

    /// Makes the core instances, in order.
    pub(crate) fn instantiate(&mut self) -> Result<(), Stop> {
        let component = self.component;
        for (index, canon) in component.canons.iter().enumerate() {
            let func = super::canon::core_func(&mut self.core, index, component.core_type(canon));
            self.canon_funcs.push(func);
        }
        for instance in &component.core_instances {
            let bundle = match instance {
                CoreInstance::Instantiate { module, args } => {
                    let module = &component.modules[*module];
                    let mut imports = Vec::new();
                    for import in module.imports() {
                        let found = args
                            .iter()
                            .find(|(name, _)| name == import.module())
                            .and_then(|&(_, instance)| self.lookup(instance, import.name()))
                            .ok_or_else(|| {
                                let name = format!("{}.{}", import.module(), import.name());
                                Unsupported::new(format!("no core import {name}"))
                            })?;
                        imports.push(found);
                    }
                    let instance = wasmi::Instance::new(&mut self.core, module, &imports)
                        .map_err(|error| instantiation(&error))?;
                    Bundle::Wasm(instance)
                }
                CoreInstance::FromExports(items) => {
                    let mut exports = HashMap::new();
                    for (name, item) in items {
                        exports.insert(name.clone(), self.core_item(*item)?);
                    }
                    Bundle::Exports(exports)
                }
            };
            self.bundles.push(bundle);
        }
        Ok(())
    }

    fn lookup(&self, instance: usize, name: &str) -> Option<Extern> {
        match self.bundles.get(instance)? {
            Bundle::Wasm(instance) => instance.get_export(&self.core, name),
            Bundle::Exports(exports) => exports.get(name).copied(),
        }
    }

    fn core_export(&self, export: &CoreExport) -> Result<Extern, Unsupported> {
        self.lookup(export.instance, &export.name)
            .ok_or_else(|| Unsupported::new(format!("no core export {}", export.name)))
    }

    fn core_item(&self, item: CoreItem) -> Result<Extern, Unsupported> {
        match item {
            CoreItem::Func(index) => self.core_func(index).map(Extern::Func),
            CoreItem::Table(index) => self.core_export(&self.component.core_tables[index]),
            CoreItem::Memory(index) => self.core_export(&self.component.core_memories[index]),
            CoreItem::Global(index) => self.core_export(&self.component.core_globals[index]),
        }
    }

    /// A core function of the component's index space.
    pub(crate) fn core_func(&self, index: usize) -> Result<wasmi::Func, Unsupported> {
        match &self.component.core_funcs[index] {
            CoreFunc::Canon(canon) => Ok(self.canon_funcs[*canon]),
            CoreFunc::Export(export) => self
                .core_export(export)?
                .into_func()
                .ok_or_else(|| Unsupported::new("a core export that is no function")),
        }
    }

    /// A core table of the component's index space.
    pub(crate) fn core_table(&self, index: usize) -> Result<wasmi::Table, Unsupported> {
        self.core_export(&self.component.core_tables[index])?
            .into_table()
            .ok_or_else(|| Unsupported::new("a core export that is no table"))
    }

    /// `Store.invoke`, and then `Store.tick` until nothing is ready.
    pub(crate) fn invoke(
        &mut self,
        invocation: &Invocation,
    ) -> Result<InvocationObservation, Stopped> {
        self.events.clear();
        let task = TaskId(self.tasks.len());
        let stopped = self.invoke_and_tick(invocation).err();
        let returned = self.tasks.get(task.0).and_then(|task| task.result);
        let mut end = match stopped {
            Some(stop) => {
                if let Stop::Trap(builtin, trap) = stop {
                    self.coverage.count(builtin, Some(trap));
                    self.lockdown = true;
                }
                stop.end()?
            }
            None if returned.is_none() => {
                self.coverage.deadlocks += 1;
                End::Deadlock
            }
            None => End::Quiet,
        };
        if self.core.data().refused {
            end = End::Exhausted(Exhaustion::Memory);
        }
        self.invocation += 1;
        Ok(InvocationObservation {
            returned,
            events: std::mem::take(&mut self.events),
            end,
        })
    }

    fn invoke_and_tick(&mut self, invocation: &Invocation) -> Result<(), Stop> {
        let export = self
            .component
            .exports
            .iter()
            .find(|(name, _)| *name == invocation.export);
        let (callee, ft, opts) = match export.map(|&(_, index)| &self.component.funcs[index]) {
            Some(ComponentFunc::Lift { callee, ft, opts }) => (*callee, ft, opts),
            Some(ComponentFunc::Host(_)) => return Err(Unsupported::new("a re-export").into()),
            None => {
                return Err(Unsupported::new(format!("no export {}", invocation.export)).into());
            }
        };
        if !invocation
            .args
            .iter()
            .map(|arg| arg.ty())
            .eq(ft.params.iter().copied())
        {
            let message = format!("arguments that do not fit: {invocation}");
            return Err(Unsupported::new(message).into());
        }
        // `Store.lift`, called by the host.
        if self.lockdown || !self.inst.may_enter {
            return Err(Stop::Trap(Builtin::Lift, Trap::CannotEnter));
        }
        self.inst.may_enter = false;
        self.canon_lift(callee, ft, opts, &invocation.args)?;
        self.inst.may_enter = true;
        while self.tick()? {}
        Ok(())
    }

    /// `Store.tick`. False when no thread was ready.
    fn tick(&mut self) -> Result<bool, Stop> {
        let candidates = self.ready_threads(|_| true);
        if candidates.is_empty() {
            return Ok(false);
        }
        let thread = candidates[self.choose(Choice::Tick, candidates.len())];
        self.inst.may_enter = false;
        self.resume(thread)?;
        self.inst.may_enter = true;
        Ok(true)
    }

    /// The threads that are ready and fit, the one that has waited longest first.
    pub(crate) fn ready_threads(&self, fits: impl Fn(ThreadId) -> bool) -> Vec<ThreadId> {
        self.waiting
            .iter()
            .copied()
            .filter(|&thread| self.ready(thread) && fits(thread))
            .collect()
    }

    /// Asks the scheduler, where there is something to choose.
    pub(crate) fn choose(&mut self, choice: Choice, options: usize) -> usize {
        if options < 2 {
            0
        } else {
            self.scheduler.choose(choice, options)
        }
    }

    /// Whether a thread or a task is left. `None` after a trap.
    pub(crate) fn leftover(&self) -> Option<bool> {
        if self.lockdown {
            return None;
        }
        Some(self.inst.threads.iter().next().is_some() || !self.waiting.is_empty())
    }

    /// Tells the witness how the last invocation ended.
    pub(crate) fn judge(&mut self, invocation: usize, seen: &InvocationObservation) -> bool {
        self.witness.invocation(invocation, seen)
    }

    /// The host's `log` and `mark`.
    pub(crate) fn event(&mut self, event: Event) -> Result<(), Stop> {
        let position = self.events.len();
        self.events.push(event);
        if self.witness.event(self.invocation, position, event) {
            Ok(())
        } else {
            Err(Stop::Cut)
        }
    }

    pub(crate) fn thread(&mut self, thread: ThreadId) -> &mut Thread {
        &mut self.threads[thread.0]
    }

    pub(crate) fn task(&mut self, task: TaskId) -> &mut Task {
        &mut self.tasks[task.0]
    }

    /// `Thread.__init__`.
    pub(crate) fn new_thread(&mut self, task: TaskId, cont: Continuation) -> ThreadId {
        self.threads.push(Thread::new(task, cont));
        ThreadId(self.threads.len() - 1)
    }

    /// `Thread.ready`.
    pub(crate) fn ready(&self, thread: ThreadId) -> bool {
        let thread = &self.threads[thread.0];
        thread.waiting()
            && thread
                .ready_func
                .is_some_and(|ready_func| self.holds(ready_func))
    }

    /// Whether a condition holds now.
    fn holds(&self, ready_func: ReadyFunc) -> bool {
        match ready_func {
            ReadyFunc::Always => true,
            ReadyFunc::NoBackpressure { needs_exclusive } => {
                !self.has_backpressure(needs_exclusive)
            }
            ReadyFunc::NotExclusive => self.inst.exclusive_thread.is_none(),
        }
    }

    /// `has_backpressure`, of `Task.enter_implicit_thread`.
    pub(crate) fn has_backpressure(&self, needs_exclusive: bool) -> bool {
        self.inst.backpressure > 0 || (needs_exclusive && self.inst.exclusive_thread.is_some())
    }

    /// `Thread.start_waiting_internal`.
    fn start_waiting_internal(&mut self, thread: ThreadId, ready_func: ReadyFunc) {
        debug_assert!(self.threads[thread.0].ready_func.is_none());
        self.thread(thread).ready_func = Some(ready_func);
        self.waiting.push(thread);
    }

    /// `Thread.stop_waiting_internal`.
    fn stop_waiting_internal(&mut self, thread: ThreadId) {
        debug_assert!(self.ready(thread));
        self.thread(thread).ready_func = None;
        self.thread(thread).resumed_later = false;
        self.waiting.retain(|&waiting| waiting != thread);
    }

    /// `Thread.resume_later`.
    pub(crate) fn resume_later(&mut self, thread: ThreadId) {
        debug_assert!(self.threads[thread.0].suspended());
        self.thread(thread).resumed_later = true;
        self.start_waiting_internal(thread, ReadyFunc::Always);
    }

    /// `Thread.resume`: runs the thread, and each thread that is switched to, until one blocks or ends.
    pub(crate) fn resume(&mut self, thread: ThreadId) -> Result<(), Stop> {
        if self.threads[thread.0].waiting() {
            self.stop_waiting_internal(thread);
        }
        let mut next = Some(thread);
        while let Some(thread) = next {
            let cont = self
                .thread(thread)
                .cont
                .take()
                .expect("it is not running yet");
            self.returned_early = None;
            next = self.thread_func(thread, cont)?;
        }
        Ok(())
    }

    /// `Thread.suspend`. What is returned is the thread to switch to.
    pub(crate) fn suspend(&mut self, thread: ThreadId, cancellable: bool) -> Flow {
        debug_assert!(self.threads[thread.0].running());
        self.thread(thread).cancellable = cancellable;
        Flow::Block(None)
    }

    /// `Thread.wait_until`.
    pub(crate) fn wait_until(
        &mut self,
        thread: ThreadId,
        ready_func: ReadyFunc,
        cancellable: bool,
    ) -> Flow {
        debug_assert!(self.threads[thread.0].running());
        if self.holds(ready_func) {
            // With no other thread ready, and no synchronously typed task to trap because of it, the one that yields is
            // the one that is resumed: both answers are the same.
            let alone = self.sync_typed == 0 && self.ready_threads(|_| true).is_empty();
            let options = if alone { 1 } else { 2 };
            if self.choose(Choice::Yield, options) == 1 {
                return Flow::Go;
            }
        }
        self.start_waiting_internal(thread, ready_func);
        self.thread(thread).cancellable = cancellable;
        Flow::Block(None)
    }

    /// `Thread.yield_`.
    pub(crate) fn yield_(&mut self, thread: ThreadId, cancellable: bool) -> Flow {
        self.wait_until(thread, ReadyFunc::Always, cancellable)
    }

    /// `Thread.suspend_then_resume`.
    pub(crate) fn suspend_then_resume(
        &mut self,
        thread: ThreadId,
        cancellable: bool,
        other: ThreadId,
    ) -> Flow {
        debug_assert!(self.threads[thread.0].running() && self.threads[other.0].suspended());
        self.thread(thread).cancellable = cancellable;
        Flow::Block(Some(other))
    }

    /// `Thread.yield_then_resume`.
    pub(crate) fn yield_then_resume(
        &mut self,
        thread: ThreadId,
        cancellable: bool,
        other: ThreadId,
    ) -> Flow {
        debug_assert!(self.threads[thread.0].running() && self.threads[other.0].suspended());
        self.start_waiting_internal(thread, ReadyFunc::Always);
        self.thread(thread).cancellable = cancellable;
        Flow::Block(Some(other))
    }

    /// `Thread.suspend_then_promote`.
    pub(crate) fn suspend_then_promote(
        &mut self,
        thread: ThreadId,
        cancellable: bool,
        other: ThreadId,
    ) -> Flow {
        if self.ready(other) {
            self.stop_waiting_internal(other);
            self.suspend_then_resume(thread, cancellable, other)
        } else {
            self.suspend(thread, cancellable)
        }
    }

    /// `Thread.yield_then_promote`.
    pub(crate) fn yield_then_promote(
        &mut self,
        thread: ThreadId,
        cancellable: bool,
        other: ThreadId,
    ) -> Flow {
        if self.ready(other) {
            self.stop_waiting_internal(other);
            self.yield_then_resume(thread, cancellable, other)
        } else {
            self.yield_(thread, cancellable)
        }
    }

    /// `Task.register_thread`.
    pub(crate) fn register_thread(&mut self, thread: ThreadId) -> Result<(), Stop> {
        let task = self.thread(thread).task;
        self.task(task).threads.push(thread);
        let index = self
            .inst
            .threads
            .add(thread)
            .ok_or(Stop::Exhausted(Exhaustion::Memory))?;
        self.thread(thread).index = Some(index);
        Ok(())
    }

    /// `Task.unregister_thread`.
    pub(crate) fn unregister_thread(&mut self, thread: ThreadId) -> Result<(), Stop> {
        let task_id = self.thread(thread).task;
        let task = self.task(task_id);
        task.threads.retain(|&other| other != thread);
        if task.threads.is_empty() && task.state != TaskState::Resolved {
            return Err(Stop::Trap(Builtin::Lift, Trap::NoTaskReturn));
        }
        let index = self.thread(thread).index.take().expect("it was registered");
        self.inst.threads.remove(index);
        Ok(())
    }

    /// `Task.return_`.
    pub(crate) fn return_(
        &mut self,
        task: TaskId,
        result: Option<spawndiff_corpus::Value>,
        by: Builtin,
    ) -> Result<(), Stop> {
        let task = self.task(task);
        if task.state == TaskState::Resolved {
            return Err(Stop::Trap(by, Trap::TaskReturnTwice));
        }
        task.result = Some(result);
        task.state = TaskState::Resolved;
        Ok(())
    }
}

/// Whether a thread goes on after an operation that may block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// It goes on at once.
    Go,
    /// It blocks, and the thread named here, if any, is switched to.
    Block(Option<ThreadId>),
}

impl From<Unsupported> for Stop {
    fn from(unsupported: Unsupported) -> Stop {
        Stop::Unsupported(unsupported)
    }
}

/// An error of wasmi, from running core code.
pub(crate) fn core_stop(error: &wasmi::Error) -> Stop {
    use wasmi::TrapCode;
    let trap = match error.as_trap_code() {
        Some(TrapCode::UnreachableCodeReached) => Trap::Unreachable,
        Some(TrapCode::MemoryOutOfBounds) => Trap::MemoryOutOfBounds,
        Some(TrapCode::TableOutOfBounds) => Trap::TableOutOfBounds,
        Some(TrapCode::IndirectCallToNull) => Trap::IndirectCallToNull,
        Some(TrapCode::IntegerDivisionByZero) => Trap::IntegerDivideByZero,
        Some(TrapCode::IntegerOverflow) => Trap::IntegerOverflow,
        Some(TrapCode::BadConversionToInteger) => Trap::BadConversionToInteger,
        Some(TrapCode::BadSignature) => Trap::IndirectCallTypeMismatch,
        Some(TrapCode::StackOverflow) => return Stop::Exhausted(Exhaustion::Stack),
        Some(TrapCode::OutOfFuel) => return Stop::Exhausted(Exhaustion::Fuel),
        Some(TrapCode::GrowthOperationLimited | TrapCode::OutOfSystemMemory) => {
            return Stop::Exhausted(Exhaustion::Memory);
        }
        None => return Stop::Unsupported(Unsupported::malformed(error)),
    };
    Stop::Trap(Builtin::Core, trap)
}

/// An error of wasmi, from instantiating a module.
fn instantiation(error: &wasmi::Error) -> Stop {
    if error.downcast_ref::<super::canon::Request>().is_some() {
        return Unsupported::new("a start function that calls a built-in").into();
    }
    core_stop(error)
}
