//! The reference as an engine of scripts ([`ScriptEngine`]).
//!
//! A script is run on a fixed policy. A call is over when its task has returned; what is left to run then waits for the next call.

mod host;
mod validation;
mod values;

use super::canon_defs::FuncInst;
use super::core_traps::core_stop;
use super::definition::Component;
use super::edition::Edition;
use super::instantiate::{self, Item, Items, func_type};
use super::limits::Limits;
use super::machine::{Machine, Spec};
use super::rewrite::selects_apart;
use super::store::{Stop, Store};
use super::{Unsupported, binary, engine, exceptions};
use crate::schedules::{Choice, Label, Scheduler};
use spawndiff_observation::scripts::{Failure, Refusal, ScriptEngine, Value};
use std::collections::HashMap;
use std::sync::Arc;
use validation::validate;
use wasmi::{Nullable, Val};
use wasmparser::Parser;

/// The instructions that one directive may execute, in wasmi's units.
const FUEL: u64 = 2_000_000_000;

/// The reference, as the engine of one script, on a machine.
pub struct ScriptReference<M = Spec> {
    engine: wasmi::Engine,
    machine: fn() -> M,
    edition: Edition,
    stays: bool,
    /// The core modules of a script share a store.
    core: wasmi::Store<Limits>,
    registered: HashMap<String, wasmi::Instance>,
}

/// First come, first served.
struct ScriptPolicy {
    stays: bool,
}

impl Scheduler for ScriptPolicy {
    fn choose(&mut self, choice: Choice, _: &[Label]) -> usize {
        usize::from(match choice {
            Choice::Yield => self.stays,
            // Of a machine that is to leave the text.
            Choice::Own => true,
            Choice::Tick
            | Choice::SyncTask
            | Choice::Cancel
            | Choice::Event
            | Choice::DebugMessage
            | Choice::Trap => false,
        })
    }
}

/// A component or a core module.
pub enum Definition {
    /// A component.
    Component(ComponentDefinition),
    /// A core module.
    Module(wasmi::Module),
}

/// A decoded component.
pub struct ComponentDefinition(Arc<Component>);

/// An instance of one.
pub enum Instance<M> {
    /// Of a component, in a store of its own.
    Component(Box<ComponentInstance<M>>),
    /// Of a core module.
    Module(wasmi::Instance),
}

/// An instance of a component.
pub struct ComponentInstance<M> {
    store: Store<'static, M>,
    exports: Arc<Items>,
}

impl Default for ScriptReference {
    fn default() -> Self {
        ScriptReference::new()
    }
}

impl ScriptReference {
    /// An engine for one script, that does what the text says.
    pub fn new() -> ScriptReference {
        ScriptReference::with(|| Spec, Edition::default(), false)
    }
}

impl<M: Machine> ScriptReference<M> {
    /// An engine for one script that follows an edition, on a machine of which there is a new one for each component. `stays`: a
    /// thread that waits for what is there already goes on, and lets no other run.
    pub fn with(machine: fn() -> M, edition: Edition, stays: bool) -> ScriptReference<M> {
        let engine = engine();
        let mut core = wasmi::Store::new(&engine, Limits::default());
        core.limiter(|limits| limits);
        ScriptReference {
            core,
            engine,
            machine,
            edition,
            stays,
            registered: HashMap::new(),
        }
    }

    fn new_store(&self) -> Result<Store<'static, M>, Failure> {
        let policy = Box::new(ScriptPolicy { stays: self.stays });
        let (machine, edition) = ((self.machine)(), self.edition);
        Store::new(machine, edition, &self.engine, policy, Box::new(())).map_err(not_supported)
    }

    fn instantiate_module(&mut self, module: &wasmi::Module) -> Result<wasmi::Instance, Failure> {
        let mut imports = Vec::new();
        for import in module.imports() {
            let instance = self.registered.get(import.module());
            let found = instance.and_then(|it| it.get_export(&self.core, import.name()));
            let name = || format!("unknown import: {}.{}", import.module(), import.name());
            imports.push(found.ok_or_else(|| Failure::Unlinkable(name()))?);
        }
        refuel(&mut self.core);
        wasmi::Instance::new(&mut self.core, module, &imports).map_err(|error| core_failure(&error))
    }
}

impl<M: Machine> ScriptEngine for ScriptReference<M> {
    type Definition = Definition;
    type Instance = Instance<M>;

    fn define(&mut self, wasm: &[u8]) -> Result<Definition, Refusal> {
        let refused = validate(wasm).err();
        if let Some(refused) = &refused
            && !refused.decoder_decides
        {
            return Err(Refusal::Invalid(refused.message.clone()));
        }
        if Parser::is_component(wasm) {
            let component = binary::decode(wasm, &self.engine);
            let component = component.map_err(|what| match refused {
                Some(refused) if what.construct == binary::NO_START_TYPE => {
                    Refusal::Invalid(refused.message)
                }
                Some(_) | None => Refusal::NotSupported(what.construct),
            })?;
            return Ok(Definition::Component(ComponentDefinition(component)));
        }
        // No built-in is called in a module of a script, so it needs no other rewrite.
        let wasm = selects_apart(wasm).map_err(|what| Refusal::NotSupported(what.construct))?;
        let module = wasmi::Module::new(&self.engine, &wasm);
        let module = module.map_err(|error| Refusal::NotSupported(one_line(&error)))?;
        Ok(Definition::Module(module))
    }

    fn instantiate(&mut self, definition: &Definition) -> Result<Instance<M>, Failure> {
        let component = match definition {
            Definition::Component(ComponentDefinition(component)) => component,
            Definition::Module(module) => {
                return self.instantiate_module(module).map(Instance::Module);
            }
        };
        let mut store = self.new_store()?;
        refuel(&mut store.core);
        let imports = host::imports(&mut store, &self.engine).map_err(not_supported)?;
        let exports = match instantiate::instantiate(&mut store, component, &imports) {
            Ok(exports) => exports,
            Err(instantiate::Failure::Stop(stop)) => return Err(failure(stop)),
            Err(instantiate::Failure::Unlinkable(import)) => {
                return Err(Failure::Unlinkable(import.to_string()));
            }
        };
        let instance = ComponentInstance { store, exports };
        Ok(Instance::Component(Box::new(instance)))
    }

    fn register(&mut self, name: &str, instance: &mut Instance<M>) -> Result<(), Failure> {
        match instance {
            Instance::Module(instance) => {
                self.registered.insert(name.to_string(), *instance);
            }
            // In a store of its own: nothing of it can be imported.
            Instance::Component(_) => {}
        }
        Ok(())
    }

    fn invoke(
        &mut self,
        instance: &mut Instance<M>,
        export: &str,
        args: &[Value],
    ) -> Result<Vec<Value>, Failure> {
        match instance {
            Instance::Component(instance) => instance.invoke(export, args),
            Instance::Module(instance) => {
                refuel(&mut self.core);
                let func = instance.get_func(&self.core, export);
                let func = func.ok_or_else(|| no_export(export))?;
                let args: Option<Vec<Val>> = args.iter().map(core_value).collect();
                let args = args.ok_or_else(|| does_not_fit(export))?;
                let mut results = vec![Val::I32(0); func.ty(&self.core).results().len()];
                func.call(&mut self.core, &args, &mut results)
                    .map_err(|error| core_failure(&error))?;
                Ok(results.iter().map(from_core).collect())
            }
        }
    }

    fn get(&mut self, instance: &mut Instance<M>, global: &str) -> Result<Value, Failure> {
        match instance {
            Instance::Component(_) => Err(no_export(global)),
            Instance::Module(instance) => {
                let found = instance.get_global(&self.core, global);
                let found = found.ok_or_else(|| no_export(global))?;
                Ok(from_core(&found.get(&self.core)))
            }
        }
    }
}

impl<M: Machine> ComponentInstance<M> {
    fn invoke(&mut self, export: &str, args: &[Value]) -> Result<Vec<Value>, Failure> {
        let func = match self.exports.get(export) {
            Some(Item::Func(func @ FuncInst::Lift(_))) => func.clone(),
            Some(Item::Func(FuncInst::Host(..))) => {
                return Err(not_supported(Unsupported::new("a re-export")));
            }
            Some(_) | None => return Err(no_export(export)),
        };
        let ft = func_type(&func).clone();
        if ft.params.len() != args.len() {
            return Err(does_not_fit(export));
        }
        let args = args.iter().zip(&ft.params);
        let args: Option<Vec<_>> = args.map(|(arg, ty)| values::to_abi(arg, ty)).collect();
        let args = args.ok_or_else(|| does_not_fit(export))?;
        let store = &mut self.store;
        refuel(&mut store.core);
        // A call that ran out of something may have left an exception under way.
        exceptions::escaped(&mut store.core);
        let returned = store.call_as_host(&func, args).map_err(|stop| {
            if let Stop::Trap(trapped) = &stop {
                store.trapped(trapped);
            }
            failure(stop)
        })?;
        match (returned, ft.result.as_ref()) {
            (Some(Some(value)), Some(ty)) => {
                let value = values::from_abi(&value, ty).ok_or_else(|| does_not_fit(export))?;
                Ok(vec![value])
            }
            (Some(None), None) => Ok(Vec::new()),
            (None, _) => Err(Failure::Deadlock),
            (Some(_), _) => Err(does_not_fit(export)),
        }
    }
}

fn refuel(core: &mut wasmi::Store<Limits>) {
    core.set_fuel(FUEL)
        .expect("fuel is switched on in this engine");
}

fn core_value(value: &Value) -> Option<Val> {
    Some(match *value {
        Value::I32(v) => Val::I32(v),
        Value::I64(v) => Val::I64(v),
        Value::F32(v) => Val::F32(wasmi::F32::from_bits(v)),
        Value::F64(v) => Val::F64(wasmi::F64::from_bits(v)),
        _ => return None,
    })
}

fn from_core(value: &Val) -> Value {
    match value {
        Val::I32(v) => Value::I32(*v),
        Val::I64(v) => Value::I64(*v),
        Val::F32(v) => Value::F32(v.to_bits()),
        Val::F64(v) => Value::F64(v.to_bits()),
        Val::FuncRef(Nullable::Null) | Val::ExternRef(Nullable::Null) => Value::Null,
        Val::FuncRef(Nullable::Val(_)) => Value::Func,
        Val::ExternRef(Nullable::Val(_)) | Val::V128(_) => Value::Extern(0),
    }
}

fn failure(stop: Stop) -> Failure {
    match stop {
        Stop::Trap(trapped) => Failure::Trap {
            kind: Some(trapped.trap),
            message: trapped.trap.message().to_string(),
        },
        Stop::Exhausted(what) => Failure::Exhausted(what.to_string()),
        Stop::Unsupported(what) => not_supported(what),
        // Neither comes without a machine of another kind or a monitor.
        stop @ (Stop::End(_) | Stop::Cut) => Failure::NotSupported(format!("{stop:?}")),
    }
}

fn core_failure(error: &wasmi::Error) -> Failure {
    failure(core_stop(error))
}

fn not_supported(what: Unsupported) -> Failure {
    Failure::NotSupported(what.construct)
}

fn no_export(name: &str) -> Failure {
    Failure::NoFit(format!("no export `{name}`"))
}

fn does_not_fit(name: &str) -> Failure {
    Failure::NoFit(format!(
        "the arguments or results of `{name}` have other types"
    ))
}

fn one_line(error: &dyn std::fmt::Display) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().to_string()
}
