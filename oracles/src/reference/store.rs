//! `class Store`: what a run consists of, and how the host drives it.
//!
//! One store is one run: the component's core instances in wasmi, one component instance, its tasks and threads.

use super::component::{
    Component, CoreExport, CoreFunc, CoreInstance, CoreItem, Func as ComponentFunc,
};
use super::coverage::{Builtin, Coverage};
use super::deviation::Deviation;
use super::limits::{FUEL, Limits};
use super::state::{ComponentInstance, Task, TaskId, Thread, ThreadId};
use super::{Stopped, Unsupported, Witness};
use crate::schedules::{Choice, Label, Scheduler};
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
    pub(crate) waiting: Vec<ThreadId>,
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
        let thread = self.choose_thread(Choice::Tick, &candidates);
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

    /// Asks the scheduler for one of some threads.
    pub(crate) fn choose_thread(&mut self, choice: Choice, threads: &[ThreadId]) -> ThreadId {
        let labels: Vec<Label> = threads.iter().map(|t| self.threads[t.0].label).collect();
        threads[self.choose(choice, &labels)]
    }

    /// Asks the scheduler, where there is something to choose.
    pub(crate) fn choose(&mut self, choice: Choice, options: &[Label]) -> usize {
        if options.len() < 2 {
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
