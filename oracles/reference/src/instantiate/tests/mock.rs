//! A store that only writes down what it is asked for.
//!
//! This store knows the core type of every canonical definition, so that core modules link. It makes calls between components as
//! far as their values are scalars: those are the same on both sides. Any other built-in returns zeros.

use super::super::super::abi::Layouts;
use super::super::super::canon_defs::{Canon, FuncInst, InstanceId};
use super::super::super::core_traps::core_stop;
use super::super::super::exceptions;
use super::super::super::limits::Limits;
use super::super::super::store::Stop;
use super::super::super::types::ResourceTypeId;
use super::super::{Build, ValueId};
use wasmi::Val;

/// The fuel of a run.
const FUEL: u64 = 1_000_000;

#[derive(Debug)]
pub(crate) enum Asked {
    Instance(Option<InstanceId>),
    Resource(InstanceId, bool),
    Canon(InstanceId, Canon),
    Start(InstanceId),
    ComponentStart(InstanceId, Vec<ValueId>),
}

pub(crate) struct Mock {
    core: wasmi::Store<Limits>,
    layouts: Layouts,
    pub(crate) asked: Vec<Asked>,
    instances: usize,
    resources: usize,
    values: usize,
}

pub(crate) fn engine() -> wasmi::Engine {
    let mut config = wasmi::Config::default();
    config.consume_fuel(true);
    wasmi::Engine::new(&config)
}

impl Mock {
    pub(crate) fn new(engine: &wasmi::Engine) -> Mock {
        let mut core = wasmi::Store::new(engine, Limits::default());
        core.limiter(|limits| limits);
        core.set_fuel(FUEL).expect("the engine consumes fuel");
        Mock {
            core,
            layouts: Layouts::default(),
            asked: Vec::new(),
            instances: 0,
            resources: 0,
            values: 0,
        }
    }

    /// Calls the core function under a lifted function. An exception that leaves it is an error.
    pub(crate) fn call(&mut self, func: &FuncInst, args: &[Val]) -> Result<Vec<Val>, wasmi::Error> {
        let FuncInst::Lift(lift) = func else {
            panic!("the host's functions are not called");
        };
        let mut results = zeros(&lift.callee.ty(&self.core));
        lift.callee.call(&mut self.core, args, &mut results)?;
        match exceptions::escaped(&mut self.core) {
            true => Err(wasmi::Error::new("an exception")),
            false => Ok(results),
        }
    }

    /// The canonical definitions, in order.
    pub(crate) fn canons(&self) -> Vec<&Canon> {
        let asked = self.asked.iter();
        asked
            .filter_map(|asked| match asked {
                Asked::Canon(_, canon) => Some(canon),
                _ => None,
            })
            .collect()
    }
}

impl Build for Mock {
    fn core(&mut self) -> &mut wasmi::Store<Limits> {
        &mut self.core
    }

    fn new_instance(&mut self, parent: Option<InstanceId>) -> Result<InstanceId, Stop> {
        self.asked.push(Asked::Instance(parent));
        self.instances += 1;
        Ok(InstanceId(self.instances - 1))
    }

    fn new_resource_type(&mut self, inst: InstanceId, dtor: Option<wasmi::Func>) -> ResourceTypeId {
        self.asked.push(Asked::Resource(inst, dtor.is_some()));
        self.resources += 1;
        ResourceTypeId(self.resources - 1)
    }

    fn canon(&mut self, inst: InstanceId, canon: Canon) -> Result<wasmi::Func, Stop> {
        let ty = canon.core_type(&mut self.layouts);
        let returned = zeros(&ty);
        let callee = match &canon {
            Canon::Lower {
                callee: FuncInst::Lift(lift),
                ..
            } => Some(lift.callee),
            _ => None,
        };
        self.asked.push(Asked::Canon(inst, canon));
        let same = callee.is_some_and(|callee| callee.ty(&self.core) == ty);
        let func = wasmi::Func::new(&mut self.core, ty, move |mut caller, args, results| {
            results.clone_from_slice(&returned);
            match callee {
                Some(callee) if same => callee.call(&mut caller, args, results),
                _ => Ok(()),
            }
        });
        Ok(func)
    }

    fn start(&mut self, inst: InstanceId, func: wasmi::Func) -> Result<(), Stop> {
        self.asked.push(Asked::Start(inst));
        func.call(&mut self.core, &[], &mut [])
            .map_err(|error| core_stop(&error))
    }

    fn component_start(
        &mut self,
        inst: InstanceId,
        func: &FuncInst,
        args: &[ValueId],
    ) -> Result<Vec<ValueId>, Stop> {
        self.asked.push(Asked::ComponentStart(inst, args.to_vec()));
        let results = super::super::func_type(func).result.iter();
        Ok(results
            .map(|_| {
                self.values += 1;
                ValueId(self.values + 100)
            })
            .collect())
    }
}

fn zeros(ty: &wasmi::FuncType) -> Vec<Val> {
    ty.results()
        .iter()
        .map(|&ty| Val::default_for_ty(ty))
        .collect()
}
