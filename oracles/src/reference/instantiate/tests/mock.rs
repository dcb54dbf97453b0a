//! A store that only writes down what it is asked for.
//!
//! It knows the core type of every canonical definition, so that core modules link, and calls between components as far
//! as their values are scalars: those are the same on both sides. Any other built-in returns zeros.

use super::super::super::canonical::{Canon, CanonicalOptions, FuncInst, InstanceId, Memory};
use super::super::super::limits::Limits;
use super::super::super::store::{Stop, core_stop};
use super::super::super::types::{FuncType, ResourceTypeId, ValType};
use super::super::{Build, ValueId};
use wasmi::Val;
use wasmi::ValType::{F32, F64, FuncRef, I32, I64};

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
            asked: Vec::new(),
            instances: 0,
            resources: 0,
            values: 0,
        }
    }

    /// Calls the core function under a lifted function.
    pub(crate) fn call(&mut self, func: &FuncInst, args: &[Val]) -> Result<Vec<Val>, wasmi::Error> {
        let FuncInst::Lift(lift) = func else {
            panic!("the host's functions are not called");
        };
        let mut results = zeros(&lift.callee.ty(&self.core));
        lift.callee.call(&mut self.core, args, &mut results)?;
        Ok(results)
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
        let ty = core_type(&canon);
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

/// The core type of a canonical definition (CanonicalABI.md, "Canonical Definitions").
fn core_type(canon: &Canon) -> wasmi::FuncType {
    let (params, results): (Vec<wasmi::ValType>, Vec<wasmi::ValType>) = match canon {
        Canon::Lower { ft, opts, .. } => lower(ft, opts),
        Canon::TaskReturn { result, opts } => {
            let ft = FuncType {
                params: result.iter().cloned().collect(),
                result: None,
                async_: false,
            };
            lower(&ft, opts)
        }
        Canon::ResourceNew(_) | Canon::ResourceRep(_) => (vec![I32], vec![I32]),
        Canon::ResourceDrop(_)
        | Canon::WaitableSetDrop
        | Canon::SubtaskDrop
        | Canon::DropEnd { .. }
        | Canon::ErrorContextDrop
        | Canon::ThreadResumeLater
        | Canon::ContextSet { wide: false, .. } => (vec![I32], vec![]),
        Canon::ContextSet { wide: true, .. } => (vec![I64], vec![]),
        Canon::ContextGet { wide: true, .. } | Canon::EndsNew { .. } => (vec![], vec![I64]),
        Canon::ContextGet { wide: false, .. }
        | Canon::WaitableSetNew
        | Canon::ThreadIndex
        | Canon::ThreadAvailableParallelism
        | Canon::ThreadSuspend { .. }
        | Canon::ThreadYield { .. } => (vec![], vec![I32]),
        Canon::BackpressureInc | Canon::BackpressureDec | Canon::TaskCancel => (vec![], vec![]),
        Canon::WaitableSetWait { memory, .. } | Canon::WaitableSetPoll { memory, .. } => {
            (vec![I32, ptr(&Some(*memory))], vec![I32])
        }
        Canon::WaitableJoin => (vec![I32, I32], vec![]),
        Canon::SubtaskCancel { .. }
        | Canon::CancelCopy { .. }
        | Canon::ThreadSuspendThenResume { .. }
        | Canon::ThreadYieldThenResume { .. }
        | Canon::ThreadSuspendThenPromote { .. }
        | Canon::ThreadYieldThenPromote { .. } => (vec![I32], vec![I32]),
        Canon::Copy { ty, opts, .. } => {
            let ptr = ptr(&opts.memory);
            match ty {
                ValType::Stream(_) => (vec![I32, ptr, ptr], vec![ptr]),
                _ => (vec![I32, ptr], vec![I32]),
            }
        }
        Canon::ErrorContextNew { opts } => (vec![ptr(&opts.memory); 2], vec![I32]),
        Canon::ErrorContextDebugMessage { opts } => (vec![I32, ptr(&opts.memory)], vec![]),
        Canon::ThreadNewIndirect { .. } | Canon::ThreadSpawnIndirect { .. } => {
            (vec![I32, I32], vec![I32])
        }
        Canon::ThreadSpawnRef => (vec![FuncRef, I32], vec![I32]),
    };
    wasmi::FuncType::new(params, results)
}

/// `flatten_functype` in the context `lower`.
fn lower(ft: &FuncType, opts: &CanonicalOptions) -> (Vec<wasmi::ValType>, Vec<wasmi::ValType>) {
    let ptr = ptr(&opts.memory);
    let flat = |types: &mut dyn Iterator<Item = &ValType>| -> Vec<wasmi::ValType> {
        types.flat_map(|ty| flatten_type(ty, ptr)).collect()
    };
    let mut params = flat(&mut ft.params.iter());
    let mut results = flat(&mut ft.result.iter());
    if params.len() > if opts.async_ { 4 } else { 16 } {
        params = vec![ptr];
    }
    if opts.async_ {
        if !results.is_empty() {
            params.push(ptr);
        }
        results = vec![I32];
    } else if results.len() > 1 {
        params.push(ptr);
        results.clear();
    }
    (params, results)
}

fn ptr(memory: &Option<Memory>) -> wasmi::ValType {
    match memory {
        Some(memory) if memory.wide => I64,
        _ => I32,
    }
}

fn flatten_type(ty: &ValType, ptr: wasmi::ValType) -> Vec<wasmi::ValType> {
    match ty {
        ValType::S64 | ValType::U64 => vec![I64],
        ValType::F32 => vec![F32],
        ValType::F64 => vec![F64],
        ValType::String | ValType::List(_, None) | ValType::Map(..) => vec![ptr, ptr],
        ValType::List(ty, Some(len)) => {
            let elem = flatten_type(ty, ptr);
            std::iter::repeat_n(elem, *len as usize).flatten().collect()
        }
        ValType::Record(fields) => {
            let fields = fields.iter();
            fields.flat_map(|(_, ty)| flatten_type(ty, ptr)).collect()
        }
        ValType::Tuple(types) => types.iter().flat_map(|ty| flatten_type(ty, ptr)).collect(),
        ValType::Variant(cases) => {
            variant(&mut cases.iter().filter_map(|(_, ty)| ty.as_ref()), ptr)
        }
        ValType::Option(ty) => variant(&mut [&**ty].into_iter(), ptr),
        ValType::Result { ok, err } => variant(&mut ok.iter().chain(err).map(|ty| &**ty), ptr),
        ValType::Bool
        | ValType::S8
        | ValType::U8
        | ValType::S16
        | ValType::U16
        | ValType::S32
        | ValType::U32
        | ValType::Char
        | ValType::ErrorContext
        | ValType::Enum(_)
        | ValType::Flags(_)
        | ValType::Own(_)
        | ValType::Borrow(_)
        | ValType::Stream(_)
        | ValType::Future(_) => vec![I32],
    }
}

fn variant(cases: &mut dyn Iterator<Item = &ValType>, ptr: wasmi::ValType) -> Vec<wasmi::ValType> {
    let mut flat: Vec<wasmi::ValType> = Vec::new();
    for case in cases {
        for (place, ty) in flatten_type(case, ptr).into_iter().enumerate() {
            match flat.get_mut(place) {
                Some(joined) if *joined == ty => {}
                Some(joined) if matches!((*joined, ty), (I32, F32) | (F32, I32)) => *joined = I32,
                Some(joined) => *joined = I64,
                None => flat.push(ty),
            }
        }
    }
    flat.insert(0, I32);
    flat
}
