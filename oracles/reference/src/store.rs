//! `class Store`: what a run consists of, and how the host drives it.
//!
//! One store is one run: the core instances in wasmi, the component instances, their tasks and threads, and what their
//! handles name. CanonicalABI.md, "Embedding".

use super::abi::{self, Budget, Layouts, Read};
use super::buffers::Buffer;
use super::canon_defs::{Canon, FuncInst, HostFuncId, InstanceId};
use super::coverage::Coverage;
use super::edition::{Change, Edition};
use super::host::{HostFunc, PendingCall};
use super::limits::{FUEL, HANDLES, INSTANCES, Limits, NESTING};
use super::machine::Machine;
use super::resources::{ResourceHandle, ResourceType};
use super::state::{
    Caller, ComponentInstance, Continuation, Handle, ReadyFunc, Task, TaskId, Thread, ThreadId,
};
use super::streams::Shared;
use super::trap_if::{Site, TrapIf, Trapped};
use super::types::ResourceTypeId;
use super::waitables::{Waitable, WaitableSet};
use super::{Monitor, Unsupported};
use crate::schedules::{Choice, Label, NOBODY, Scheduler};
use spawndiff_corpus::Event;
use spawndiff_observation::Builtin;
use spawndiff_observation::{End, Exhaustion};
use std::sync::Arc;

/// The reason why the store cannot go on.
#[derive(Debug)]
pub enum Stop {
    /// A trap.
    Trap(Trapped),
    /// A limit was reached.
    Exhausted(Exhaustion),
    /// Something in the component that the reference does not know.
    Unsupported(Unsupported),
    /// The run is over, and ends like this. Nothing of the text says it: a machine of its own may.
    End(End),
    /// The monitor has seen enough.
    Cut,
}

impl Stop {
    /// Returns the same stop, with `builtin` as the origin of a trap that has no origin yet.
    #[must_use]
    pub fn by(self, builtin: Builtin) -> Stop {
        match self {
            Stop::Trap(trapped) => Stop::Trap(Trapped {
                by: trapped.by.or(Some(builtin)),
                ..trapped
            }),
            Stop::Exhausted(_) | Stop::Unsupported(_) | Stop::End(_) | Stop::Cut => self,
        }
    }
}

/// `class Store`.
pub struct Store<'a, M> {
    /// The machine, with the state that it keeps for itself.
    pub machine: M,
    /// The text that is followed.
    pub(crate) edition: Edition,
    pub(crate) core: wasmi::Store<Limits>,
    /// The canonical definitions that core code can call, by the number in its request.
    pub(crate) canons: Vec<(InstanceId, Arc<Canon>)>,
    pub(crate) host_funcs: Vec<HostFunc>,
    /// Calls of the host's functions that have not returned: the call that has waited longest first.
    pub(crate) pending_calls: Vec<PendingCall>,
    /// The representations of the host's resources that were dropped.
    pub(crate) dropped: Vec<u32>,
    pub(crate) instances: Vec<ComponentInstance>,
    pub(crate) tasks: Vec<Task>,
    pub(crate) threads: Vec<Thread>,
    pub(crate) waitables: Vec<Waitable>,
    pub(crate) sets: Vec<WaitableSet>,
    pub(crate) shared: Vec<Shared>,
    pub(crate) buffers: Vec<Buffer>,
    /// The values that start functions of components have returned.
    pub(crate) values: Vec<abi::Value>,
    pub(crate) resource_types: Vec<ResourceType>,
    pub(crate) resource_handles: Vec<ResourceHandle>,
    /// The debug messages of error contexts.
    pub(crate) error_contexts: Vec<abi::LiftedString>,
    /// The layouts of types that were computed so far.
    pub(crate) layouts: Layouts,
    /// The budget that is left for lifting.
    pub(crate) budget: Budget,
    /// The strings and lists that the last lifting has read.
    pub(crate) reads: Vec<Read>,
    /// `Store.waiting`: the thread that has waited longest first.
    pub(crate) waiting: Vec<ThreadId>,
    scheduler: Box<dyn Scheduler + 'a>,
    monitor: Box<dyn Monitor + 'a>,
    pub(crate) coverage: Coverage,
    /// The trace of the current invocation.
    events: Vec<Event>,
    /// How many invocations were made before the current one; `None`: this is the instantiation.
    invocation: Option<usize>,
    /// Explainer.md, "Component Invariants" 1: set by a trap, and nothing runs any more.
    pub(crate) lockdown: bool,
    /// How many calls of `resume` are nested now.
    nesting: usize,
    /// How many synchronously typed tasks have not returned from `canon_lift` yet.
    pub(crate) sync_typed: u32,
    /// How many threads, waitables and waitable sets there were after instantiation.
    pub(crate) at_rest: usize,
}

impl<'a, M: Machine> Store<'a, M> {
    pub(crate) fn new(
        machine: M,
        edition: Edition,
        engine: &wasmi::Engine,
        scheduler: Box<dyn Scheduler + 'a>,
        monitor: Box<dyn Monitor + 'a>,
    ) -> Result<Store<'a, M>, Unsupported> {
        let mut core = wasmi::Store::new(engine, Limits::default());
        core.limiter(|limits| limits);
        core.set_fuel(FUEL).map_err(Unsupported::malformed)?;
        Ok(Store {
            machine,
            edition,
            core,
            canons: Vec::new(),
            host_funcs: Vec::new(),
            pending_calls: Vec::new(),
            dropped: Vec::new(),
            instances: Vec::new(),
            tasks: Vec::new(),
            threads: Vec::new(),
            waitables: Vec::new(),
            sets: Vec::new(),
            shared: Vec::new(),
            buffers: Vec::new(),
            values: Vec::new(),
            resource_types: Vec::new(),
            resource_handles: Vec::new(),
            error_contexts: Vec::new(),
            layouts: Layouts::default(),
            budget: Budget::default(),
            reads: Vec::new(),
            waiting: Vec::new(),
            scheduler,
            monitor,
            coverage: Coverage::default(),
            events: Vec::new(),
            invocation: None,
            lockdown: false,
            nesting: 0,
            sync_typed: 0,
            at_rest: 0,
        })
    }

    /// `ComponentInstance.__init__`.
    pub(crate) fn new_instance(&mut self, parent: Option<InstanceId>) -> Result<InstanceId, Stop> {
        if self.instances.len() == INSTANCES {
            return Err(Stop::Exhausted(Exhaustion::Memory));
        }
        self.instances.push(ComponentInstance::new(parent));
        Ok(InstanceId(self.instances.len() - 1))
    }

    /// `ResourceType.__init__`.
    pub(crate) fn new_resource_type(
        &mut self,
        impl_: InstanceId,
        dtor: Option<wasmi::Func>,
    ) -> ResourceTypeId {
        self.resource_types
            .push(ResourceType::Guest { impl_, dtor });
        ResourceTypeId(self.resource_types.len() - 1)
    }

    /// A resource type of the host.
    pub(crate) fn new_host_resource_type(&mut self) -> ResourceTypeId {
        self.resource_types.push(ResourceType::Host);
        ResourceTypeId(self.resource_types.len() - 1)
    }

    /// A function of the host.
    pub(crate) fn new_host_func(&mut self, func: HostFunc) -> HostFuncId {
        self.host_funcs.push(func);
        HostFuncId(self.host_funcs.len() - 1)
    }

    /// `Store.invoke`, and then `Store.tick` until nothing is ready. What is returned is the task; its result is in its
    /// caller.
    pub(crate) fn invoke(
        &mut self,
        func: &FuncInst,
        args: Vec<abi::Value>,
    ) -> Result<TaskId, Stop> {
        let task = TaskId(self.tasks.len());
        let caller = Caller::Host { args, result: None };
        let outcome = M::call_func(self, func, None, caller);
        let ticked = outcome.and_then(|_| {
            while self.tick()? {}
            Ok(task)
        });
        if let Err(Stop::Trap(trapped)) = &ticked {
            self.trapped(trapped);
        }
        ticked
    }

    /// Component Invariant 1: after a trap nothing runs any more.
    pub(crate) fn trapped(&mut self, trapped: &Trapped) {
        let by = trapped.by.unwrap_or(Builtin::Lift);
        self.coverage.count(by, Some(trapped.trap));
        let by = (by, trapped.condition);
        self.coverage.trapped.insert(self.invocation, by);
        self.lockdown = true;
    }

    /// `Store.tick`. False when no thread was ready.
    pub(crate) fn tick(&mut self) -> Result<bool, Stop> {
        let candidates = self.ready_threads(|_| true);
        if candidates.is_empty() {
            return self.complete_pending_call();
        }
        let thread = self.choose_thread(Choice::Tick, &candidates);
        M::run_ready(self, thread)?;
        Ok(true)
    }

    /// The `if candidates` of `Store.tick`.
    ///
    /// # Errors
    ///
    /// Fails with the [`Stop`] that keeps the store from going on, for example a trap.
    pub fn run_ready(&mut self, thread: ThreadId) -> Result<(), Stop> {
        let inst = self.inst_of(thread);
        self.enter_from(inst, None);
        self.resume(thread, false)?;
        M::leave_to(self, inst, None);
        Ok(())
    }

    /// The threads that are ready and fit, the one that has waited longest first.
    pub fn ready_threads(&self, fits: impl Fn(ThreadId) -> bool) -> Vec<ThreadId> {
        self.waiting
            .iter()
            .copied()
            .filter(|&thread| M::ready(self, thread) && fits(thread))
            .collect()
    }

    /// Counts a nested `resume`; one too many is the end of the stack.
    pub(crate) fn nest(&mut self) -> Result<(), Stop> {
        if self.nesting == NESTING {
            return Err(Stop::Exhausted(Exhaustion::Stack));
        }
        self.nesting += 1;
        Ok(())
    }

    /// Whether a thread waits for the running one to block or end.
    pub(crate) fn nested(&self) -> bool {
        self.nesting > 1
    }

    /// The end of a nested `resume`.
    pub(crate) fn unnest(&mut self) {
        self.nesting -= 1;
    }

    /// Asks the scheduler for one of some threads.
    pub fn choose_thread(&mut self, choice: Choice, threads: &[ThreadId]) -> ThreadId {
        let labels: Vec<Label> = threads.iter().map(|t| self.threads[t.0].label).collect();
        threads[self.choose(choice, &labels)]
    }

    /// Whether a thread waits in the loop of `canon_lift` for its next callback.
    pub fn is_between_callbacks(&self, thread: ThreadId) -> bool {
        matches!(
            self.threads[thread.0].cont,
            Some(Continuation::CallbackYield | Continuation::CallbackWait(_))
        )
    }

    /// Returns the conditions that hold, after the machine has changed which do.
    pub(crate) fn those_that_hold(
        &mut self,
        site: Site<'_>,
        conditions: &[(bool, TrapIf)],
    ) -> Result<Vec<TrapIf>, Stop> {
        let hold = conditions.iter().filter(|(holds, _)| *holds);
        let mut hold: Vec<TrapIf> = hold.map(|&(_, condition)| condition).collect();
        M::traps(self, site, &mut hold)?;
        Ok(hold)
    }

    /// The trap of a place of the text of which conditions hold: the specification checks them in an order, but does not say which
    /// an engine has to name. `Ok`: none of them holds.
    pub(crate) fn trap_if_any(
        &mut self,
        site: Site<'_>,
        conditions: &[(bool, TrapIf)],
    ) -> Result<(), Stop> {
        let hold = self.those_that_hold(site, conditions)?;
        let traps: Vec<Trapped> = hold.into_iter().map(Trapped::from).collect();
        self.trap_of(&traps)
    }

    /// Fails with one of these traps, which is a choice of the schedule. `Ok`: there are none.
    ///
    /// # Errors
    ///
    /// The trap.
    pub fn trap_of(&mut self, all: &[Trapped]) -> Result<(), Stop> {
        let mut traps: Vec<Trapped> = Vec::new();
        for trapped in all {
            if !traps.iter().any(|it| it.trap == trapped.trap) {
                traps.push(*trapped);
            }
        }
        if traps.is_empty() {
            return Ok(());
        }
        let chosen = self.choose(Choice::Trap, &vec![NOBODY; traps.len()]);
        Err(Stop::Trap(traps[chosen]))
    }

    /// Whether the text that is followed has a change, at a place where that makes a difference: it is written down.
    pub fn changed(&mut self, change: Change) -> bool {
        let has = self.edition.has(change);
        if has {
            self.coverage.changes.insert(change);
        }
        has
    }

    /// Asks the scheduler, where there is something to choose.
    pub fn choose(&mut self, choice: Choice, options: &[Label]) -> usize {
        if options.len() < 2 {
            0
        } else {
            self.scheduler.choose(choice, options)
        }
    }

    /// The host's `log` and `mark`.
    pub(crate) fn event(&mut self, event: Event) -> Result<(), Stop> {
        let position = self.events.len();
        self.events.push(event);
        if self.monitor.event(self.invocation, position, event) {
            Ok(())
        } else {
            Err(Stop::Cut)
        }
    }

    /// The trace of the instantiation or invocation that is over; the next one begins.
    pub(crate) fn take_events(&mut self) -> Vec<Event> {
        self.invocation = Some(self.invocation.map_or(0, |before| before + 1));
        std::mem::take(&mut self.events)
    }

    pub(crate) fn monitor(&mut self) -> &mut dyn Monitor {
        &mut *self.monitor
    }

    pub(crate) fn thread(&mut self, thread: ThreadId) -> &mut Thread {
        &mut self.threads[thread.0]
    }

    pub(crate) fn task(&mut self, task: TaskId) -> &mut Task {
        &mut self.tasks[task.0]
    }

    pub(crate) fn inst(&mut self, inst: InstanceId) -> &mut ComponentInstance {
        &mut self.instances[inst.0]
    }

    /// The task of a thread.
    pub(crate) fn task_of(&mut self, thread: ThreadId) -> &mut Task {
        let task = self.threads[thread.0].task;
        &mut self.tasks[task.0]
    }

    /// `thread.task.inst`.
    pub fn inst_of(&self, thread: ThreadId) -> InstanceId {
        self.tasks[self.threads[thread.0].task.0].inst
    }

    /// `inst.handles.add`.
    ///
    /// # Errors
    ///
    /// The table is full.
    pub fn add_handle(&mut self, inst: InstanceId, handle: Handle) -> Result<u32, Stop> {
        // The specification's limit is far beyond what a run may use.
        if self.inst(inst).handles.len() >= HANDLES {
            return Err(Stop::Exhausted(Exhaustion::Memory));
        }
        self.inst(inst)
            .handles
            .add(handle)
            .ok_or(Stop::Exhausted(Exhaustion::Memory))
    }

    /// `inst.handles.get`.
    ///
    /// # Errors
    ///
    /// A trap, if there is none.
    pub fn get_handle(&self, inst: InstanceId, i: u32) -> Result<Handle, Stop> {
        self.instances[inst.0]
            .handles
            .get(i)
            .ok_or(TrapIf::NoSuchHandle.into())
    }

    /// `inst.handles.remove`.
    ///
    /// # Errors
    ///
    /// A trap, if there is none.
    pub fn remove_handle(&mut self, inst: InstanceId, i: u32) -> Result<Handle, Stop> {
        self.inst(inst)
            .handles
            .remove(i)
            .ok_or(TrapIf::NoSuchHandle.into())
    }
}

/// `class ComponentInstance`: who may enter.
impl<M: Machine> Store<'_, M> {
    /// `self_and_ancestors`.
    pub fn self_and_ancestors(&self, inst: InstanceId) -> Vec<InstanceId> {
        let parent = |inst: &InstanceId| self.instances[inst.0].parent;
        std::iter::successors(Some(inst), parent).collect()
    }

    /// `entering_set`.
    fn entering_set(&self, inst: InstanceId, caller: Option<InstanceId>) -> Vec<InstanceId> {
        let mut set = self.self_and_ancestors(inst);
        if let Some(caller) = caller {
            let left = self.self_and_ancestors(caller);
            set.retain(|inst| !left.contains(inst));
        }
        set
    }

    /// `may_enter_from`.
    pub(crate) fn may_enter_from(&self, inst: InstanceId, caller: Option<InstanceId>) -> bool {
        let entering = self.entering_set(inst, caller);
        !self.lockdown && entering.iter().all(|inst| self.instances[inst.0].may_enter)
    }

    /// `enter_from`.
    pub(crate) fn enter_from(&mut self, inst: InstanceId, caller: Option<InstanceId>) {
        for inst in self.entering_set(inst, caller) {
            debug_assert!(!M::ASSERTS || self.instances[inst.0].may_enter);
            self.inst(inst).may_enter = false;
        }
    }

    /// `leave_to`.
    pub fn leave_to(&mut self, inst: InstanceId, caller: Option<InstanceId>) {
        for inst in self.entering_set(inst, caller) {
            debug_assert!(!self.instances[inst.0].may_enter);
            self.inst(inst).may_enter = true;
        }
    }

    /// Whether a condition holds now.
    pub fn holds(&self, ready_func: ReadyFunc) -> bool {
        match ready_func {
            ReadyFunc::Always => true,
            ReadyFunc::NoBackpressure(task) => !M::has_backpressure(self, task),
            ReadyFunc::NotExclusive(inst) => self.instances[inst.0].exclusive_thread.is_none(),
            ReadyFunc::Resolved(subtask) => self.resolved(subtask),
            ReadyFunc::PendingEvent(waitable) => self.has_pending_event(waitable),
            ReadyFunc::SetEvent { set, not_exclusive } => {
                let free = |inst: InstanceId| self.instances[inst.0].exclusive_thread.is_none();
                not_exclusive.is_none_or(free) && self.set_has_pending_event(set)
            }
            ReadyFunc::Own(key) => M::own_ready(self, key),
        }
    }
}

impl From<Unsupported> for Stop {
    fn from(unsupported: Unsupported) -> Stop {
        Stop::Unsupported(unsupported)
    }
}
