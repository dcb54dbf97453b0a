//! The store as an instantiation sees it.

use super::{Build, ValueId};
use crate::Unsupported;
use crate::canon_defs::{Canon, FuncInst, InstanceId};
use crate::limits::{self, Limits};
use crate::machine::Machine;
use crate::store::{Stop, Store};
use crate::types::ResourceTypeId;

impl<M: Machine> Build for Store<'_, M> {
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
        Store::new_canon(self, inst, canon)
    }

    fn start(&mut self, inst: InstanceId, func: wasmi::Func) -> Result<(), Stop> {
        M::start_function(self, inst, func)
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
        match self.call_as_host(func, args)? {
            Some(Some(value)) => Ok(vec![ValueId(limits::add(&mut self.values, value)?)]),
            Some(None) => Ok(Vec::new()),
            None => Err(Unsupported::new("a start function that never returns").into()),
        }
    }
}

impl<M: Machine> Store<'_, M> {
    /// A start function of a core module: it has the type `func()`, so it is synchronous (Concurrency.md, "Interaction with the
    /// start function"). Its task is one of its own, as if the function were lifted with default options and called by the host.
    ///
    /// # Errors
    ///
    /// Fails with the [`Stop`] that keeps the store from going on, for example a trap.
    pub fn start_function(&mut self, inst: InstanceId, func: wasmi::Func) -> Result<(), Stop> {
        self.enter_from(inst, None);
        self.lift_core(Some(func), inst, Vec::new())?;
        M::leave_to(self, inst, None);
        Ok(())
    }
}
