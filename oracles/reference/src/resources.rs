//! Resources (CanonicalABI.md, "Resource State", `lift_own` to `lower_borrow`, `canon resource.*`).

use super::builtins::Outcome;
use super::canon_defs::{CanonicalOptions, InstanceId};
use super::limits;
use super::machine::Machine;
use super::state::{Caller, Handle, ResourceHandleId, TaskId, ThreadId};
use super::store::{Stop, Store};
use super::trap_if::{Site, TrapIf};
use super::types::{FuncType, ResourceTypeId};
use super::waitables::WaitableId;
use std::sync::Arc;
use wasmi::Val;

/// `class ResourceType`.
#[derive(Clone, Copy, Debug)]
pub enum ResourceType {
    /// A type that an instance implements.
    Guest {
        /// The instance that implements it.
        impl_: InstanceId,
        /// The destructor.
        dtor: Option<wasmi::Func>,
    },
    /// A type of the host.
    Host,
}

/// `class ResourceHandle`.
#[derive(Debug)]
pub struct ResourceHandle {
    pub(crate) rt: ResourceTypeId,
    pub(crate) rep: u32,
    pub(crate) own: bool,
    /// The task that a borrowed handle has to be dropped in.
    pub(crate) borrow_scope: Option<TaskId>,
    pub(crate) num_lends: u32,
}

impl ResourceHandle {
    /// `ResourceHandle.own`.
    pub fn own(&self) -> bool {
        self.own
    }

    /// `ResourceHandle.num_lends`.
    pub fn num_lends(&self) -> u32 {
        self.num_lends
    }
}

/// `LiftLowerContext.borrow_scope`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Task(TaskId),
    Subtask(WaitableId),
}

impl<M: Machine> Store<'_, M> {
    fn add_resource(&mut self, inst: InstanceId, handle: ResourceHandle) -> Result<u32, Stop> {
        let id = ResourceHandleId(limits::add(&mut self.resource_handles, handle)?);
        self.add_handle(inst, Handle::Resource(id))
    }

    /// The handle, if it is one of a resource.
    fn resource_handle(handle: Handle) -> Result<ResourceHandleId, Stop> {
        match handle {
            Handle::Resource(id) => Ok(id),
            Handle::Waitable(_) | Handle::Set(_) | Handle::ErrorContext(_) => {
                Err(TrapIf::NotResource.into())
            }
        }
    }

    /// The handle, if it is one of this resource type.
    fn checked_resource(
        &self,
        handle: Handle,
        rt: ResourceTypeId,
    ) -> Result<ResourceHandleId, Stop> {
        let id = Self::resource_handle(handle)?;
        match self.resource_handles[id.0].rt == rt {
            true => Ok(id),
            false => Err(TrapIf::OtherResourceType.into()),
        }
    }

    /// `lift_own`.
    pub(crate) fn lift_own(
        &mut self,
        inst: InstanceId,
        i: u32,
        rt: ResourceTypeId,
    ) -> Result<u32, Stop> {
        let handle = self.remove_handle(inst, i)?;
        let id = Self::resource_handle(handle)?;
        let ResourceHandle {
            rep,
            own,
            num_lends,
            rt: of,
            ..
        } = self.resource_handles[id.0];
        let conditions = [
            (of != rt, TrapIf::OtherResourceType),
            (num_lends != 0, TrapIf::HandleLent),
            (!own, TrapIf::HandleNotOwned),
        ];
        self.trap_if_any(Site::LiftOwn(id), &conditions)?;
        Ok(rep)
    }

    /// `lift_borrow`.
    pub(crate) fn lift_borrow(
        &mut self,
        inst: InstanceId,
        scope: Option<Scope>,
        i: u32,
        rt: ResourceTypeId,
    ) -> Result<u32, Stop> {
        let handle = self.get_handle(inst, i)?;
        let handle = self.checked_resource(handle, rt)?;
        if let Some(Scope::Subtask(subtask)) = scope {
            self.add_lender(subtask, handle);
        }
        Ok(self.resource_handles[handle.0].rep)
    }

    /// `lower_own`.
    pub(crate) fn lower_own(
        &mut self,
        inst: InstanceId,
        rep: u32,
        rt: ResourceTypeId,
    ) -> Result<u32, Stop> {
        self.add_resource(
            inst,
            ResourceHandle {
                rt,
                rep,
                own: true,
                borrow_scope: None,
                num_lends: 0,
            },
        )
    }

    /// `lower_borrow`.
    pub(crate) fn lower_borrow(
        &mut self,
        inst: InstanceId,
        scope: Option<Scope>,
        rep: u32,
        rt: ResourceTypeId,
    ) -> Result<u32, Stop> {
        if let ResourceType::Guest { impl_, .. } = self.resource_types[rt.0]
            && impl_ == inst
        {
            return Ok(rep);
        }
        let borrow_scope = match scope {
            Some(Scope::Task(task)) => {
                self.task(task).num_borrows += 1;
                Some(task)
            }
            Some(Scope::Subtask(_)) | None => None,
        };
        self.add_resource(
            inst,
            ResourceHandle {
                rt,
                rep,
                own: false,
                borrow_scope,
                num_lends: 0,
            },
        )
    }

    /// `canon_resource_new`.
    pub(crate) fn canon_resource_new(
        &mut self,
        inst: InstanceId,
        rt: ResourceTypeId,
        rep: u32,
    ) -> Result<Outcome, Stop> {
        self.lower_own(inst, rep, rt).map(Outcome::returns)
    }

    /// `canon_resource_rep`.
    pub(crate) fn canon_resource_rep(
        &mut self,
        inst: InstanceId,
        rt: ResourceTypeId,
        i: u32,
    ) -> Result<Outcome, Stop> {
        let handle = self.get_handle(inst, i)?;
        let handle = self.checked_resource(handle, rt)?;
        Ok(Outcome::returns(self.resource_handles[handle.0].rep))
    }

    /// `canon_resource_drop`.
    pub(crate) fn canon_resource_drop(
        &mut self,
        thread: ThreadId,
        rt: ResourceTypeId,
        i: u32,
    ) -> Result<Outcome, Stop> {
        let inst = self.inst_of(thread);
        let handle = self.remove_handle(inst, i)?;
        let handle = Self::resource_handle(handle)?;
        let ResourceHandle {
            rep,
            own,
            borrow_scope,
            num_lends,
            rt: of,
        } = self.resource_handles[handle.0];
        let conditions = [
            (of != rt, TrapIf::OtherResourceType),
            (num_lends != 0, TrapIf::HandleLent),
        ];
        self.trap_if_any(Site::ResourceDrop(handle), &conditions)?;
        if own {
            return M::call_destructor(self, thread, rt, rep);
        }
        if let Some(task) = borrow_scope {
            self.task(task).num_borrows -= 1;
        }
        Ok(Outcome::nothing())
    }

    /// The `if h.own` of `canon_resource_drop`.
    ///
    /// # Errors
    ///
    /// Fails with the [`Stop`] that keeps the store from going on, for example a trap.
    pub fn call_destructor(
        &mut self,
        thread: ThreadId,
        rt: ResourceTypeId,
        rep: u32,
    ) -> Result<Outcome, Stop> {
        let inst = self.inst_of(thread);
        self.destroy(Some(inst), rt, rep)?;
        Ok(Outcome::nothing())
    }

    /// Calls the destructor: `lift` and `lower` of `rt.dtor`. Returns the task of that call; `None`: the type is one of the host's.
    ///
    /// # Errors
    ///
    /// Fails with the [`Stop`] that keeps the store from going on, for example a trap.
    pub fn destroy(
        &mut self,
        caller: Option<InstanceId>,
        rt: ResourceTypeId,
        rep: u32,
    ) -> Result<Option<TaskId>, Stop> {
        let ResourceType::Guest { impl_, dtor } = self.resource_types[rt.0] else {
            self.dropped.push(rep);
            return Ok(None);
        };
        if !self.may_enter_from(impl_, caller) {
            return Err(TrapIf::MayNotEnter.into());
        }
        self.enter_from(impl_, caller);
        let task = self.lift_core_task(dtor, impl_, vec![Val::I32(rep as i32)])?;
        M::leave_to(self, impl_, caller);
        Ok(Some(task))
    }

    /// `canon_lift` of a core function with default options and a synchronous type: a destructor, `realloc`, a start
    /// function. `None`: a function that does nothing. What is returned are the core results.
    pub(crate) fn lift_core(
        &mut self,
        callee: Option<wasmi::Func>,
        inst: InstanceId,
        args: Vec<Val>,
    ) -> Result<Vec<Val>, Stop> {
        let task = self.lift_core_task(callee, inst, args)?;
        match &mut self.task(task).caller {
            Caller::Core { results, .. } => Ok(results.take().unwrap_or_default()),
            Caller::Host { .. } | Caller::Subtask(_) => Ok(Vec::new()),
        }
    }

    /// Like [`Store::lift_core`], but returns the task of the call instead of the core results.
    fn lift_core_task(
        &mut self,
        callee: Option<wasmi::Func>,
        inst: InstanceId,
        args: Vec<Val>,
    ) -> Result<TaskId, Stop> {
        let ft = Arc::new(FuncType {
            params: Vec::new(),
            result: None,
            async_: false,
        });
        let opts = CanonicalOptions::default();
        let caller = Caller::Core {
            args,
            results: None,
        };
        self.canon_lift(callee, ft, &opts, inst, caller)
    }
}
