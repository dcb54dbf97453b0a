//! The store as an instantiation sees it.

use super::Unsupported;
use super::canonical::{Canon, FuncInst, InstanceId};
use super::instantiate::{Build, ValueId};
use super::limits::{self, Limits};
use super::state::{Caller, TaskId};
use super::store::{Stop, Store};
use super::types::ResourceTypeId;

impl Build for Store<'_> {
    fn core(&mut self) -> &mut wasmi::Store<Limits> {
        &mut self.core
    }

    fn new_instance(&mut self, parent: Option<InstanceId>) -> Result<InstanceId, Stop> {
        Store::new_instance(self, parent)
    }

    fn new_resource_type(&mut self, inst: InstanceId, dtor: Option<wasmi::Func>) -> ResourceTypeId {
        Store::new_resource_type(self, inst, dtor)
    }

    fn canon(&mut self, inst: InstanceId, canon: Canon) -> Result<wasmi::Func, Stop> {
        Store::canon(self, inst, canon)
    }

    /// The specification does not say in which task a start function of a core module runs. Here it is one of its own, as if
    /// the function were lifted with default options and a synchronous type, and called by the host.
    fn start(&mut self, inst: InstanceId, func: wasmi::Func) -> Result<(), Stop> {
        self.enter_from(inst, None);
        self.lift_core(Some(func), inst, Vec::new())?;
        self.leave_to(inst, None);
        Ok(())
    }

    /// A call like one of the host's. The specification does not say what becomes of an instantiation whose start function never
    /// returns.
    fn component_start(
        &mut self,
        _: InstanceId,
        func: &FuncInst,
        args: &[ValueId],
    ) -> Result<Vec<ValueId>, Stop> {
        if let FuncInst::Host(..) = func {
            return Err(Unsupported::new("a start definition of a function of the host").into());
        }
        let args = args.iter().map(|arg| self.values[arg.0].clone()).collect();
        let task = TaskId(self.tasks.len());
        self.call_func(func, None, Caller::Host { args, result: None })?;
        while self.returned(task).is_none() {
            if !self.tick()? {
                return Err(Unsupported::new("a start function that never returns").into());
            }
        }
        let mut results = Vec::new();
        if let Some(Some(value)) = self.returned(task) {
            results.push(ValueId(limits::add(&mut self.values, value)?));
        }
        Ok(results)
    }
}
