//! Wasmtime as an engine of scripts ([`ScriptEngine`]).
//!
//! Unlike the native engine of cases, the engine of scripts takes every proposal that the suites use and that Wasmtime can compile,
//! lowers nothing, and calls as a plain embedder does: a call is over when its task has returned, as under Wasmtime's own runner of
//! scripts. Whatever is left to run then waits for the next call.

mod host;
mod store;
mod values;

use super::event_loop::{self, Turned};
use super::limits::LimitReached;
use super::panics::{catch, one_line, without_registry};
use super::v48::wasmtime;
use super::{Release, Variant};
use spawndiff_observation::scripts::{Failure, Refusal, ScriptEngine, Value};
use std::pin::pin;
use std::thread;
use store::{FUEL, Guarded, Host, MAX_MEMORY, MAX_TABLE_ELEMENTS, MAX_TICKS, TICK};
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{self, Component, Val};
use wasmtime::{Engine, Error, Instance, Linker, Module, Store, ThrownException, Trap};

/// Wasmtime, configured for scripts.
pub struct ScriptNative {
    engine: Engine,
}

impl Default for ScriptNative {
    fn default() -> Self {
        ScriptNative::new(Variant::default()).expect("it is of the default release")
    }
}

impl ScriptNative {
    /// Makes an engine for any number of scripts, which runs in the way of `variant`. The result is `None` for a variant that is
    /// another release than the default one: other releases run cases only.
    pub fn new(variant: Variant) -> Option<ScriptNative> {
        if variant.release() != Release::DEFAULT {
            return None;
        }
        let engine = store::config(variant).and_then(|config| Engine::new(&config));
        let engine =
            engine.expect("the configuration is a constant, and this platform has the compiler");
        let ticked = engine.weak();
        thread::spawn(move || {
            // The clock ticks until nobody has the engine any more.
            while let Some(engine) = ticked.upgrade() {
                engine.increment_epoch();
                drop(engine);
                thread::sleep(TICK);
            }
        });
        Some(ScriptNative { engine })
    }

    /// Makes the engine of one script. Whatever the script defines and registers ends with this session.
    pub fn session(&self) -> ScriptSession {
        let mut core = Linker::new(&self.engine);
        core.allow_shadowing(true);
        ScriptSession {
            engine: self.engine.clone(),
            components: host::linker(&self.engine).expect("the names are distinct"),
            core,
            core_store: Guarded::new(&self.engine),
        }
    }
}

/// The engine of one script.
pub struct ScriptSession {
    engine: Engine,
    components: component::Linker<Host>,
    core: Linker<Host>,
    core_store: Guarded,
}

/// A definition of a script.
pub enum ScriptDefinition {
    /// A component.
    Component(Component),
    /// A core module.
    Module(Module),
}

/// An instance of a script.
pub enum ScriptInstance {
    /// An instance of a component, in a store of its own.
    Component(Box<ComponentInstance>),
    /// An instance of a core module, in the store that all core modules of the script share.
    Module(Instance),
}

/// An instance of a component, and its store.
pub struct ComponentInstance {
    component: Component,
    store: Guarded,
    instance: component::Instance,
}

impl ScriptEngine for ScriptSession {
    type Definition = ScriptDefinition;
    type Instance = ScriptInstance;

    fn define(&mut self, wasm: &[u8]) -> Result<ScriptDefinition, Refusal> {
        let define = || {
            if wasmparser::Parser::is_core_wasm(wasm) {
                Module::from_binary(&self.engine, wasm).map(ScriptDefinition::Module)
            } else {
                Component::from_binary(&self.engine, wasm).map(ScriptDefinition::Component)
            }
        };
        let defined = catch(define).map_err(Refusal::Crash)?;
        defined.map_err(|error| refusal(&error))
    }

    fn instantiate(&mut self, definition: &ScriptDefinition) -> Result<ScriptInstance, Failure> {
        match definition {
            ScriptDefinition::Component(component) => {
                let linked = catch(|| self.components.instantiate_pre(component));
                let linked = linked.map_err(Failure::Crash)?;
                let linked = linked.map_err(|error| Failure::Unlinkable(text(&error)))?;
                let mut store = Guarded::new(&self.engine);
                let instance = store.with(|store| {
                    let done = event_loop::turn(pin!(linked.instantiate_async(&mut *store)), 0);
                    settle(done, store)
                })?;
                Ok(ScriptInstance::Component(Box::new(ComponentInstance {
                    component: component.clone(),
                    store,
                    instance,
                })))
            }
            ScriptDefinition::Module(module) => {
                let linker = &mut self.core;
                self.core_store.with(|store| {
                    let linked = linker
                        .instantiate_pre(module)
                        .map_err(|error| Failure::Unlinkable(text(&error)))?;
                    let done = event_loop::turn(pin!(linked.instantiate_async(&mut *store)), 0);
                    settle(done, store).map(ScriptInstance::Module)
                })
            }
        }
    }

    fn register(&mut self, name: &str, instance: &mut ScriptInstance) -> Result<(), Failure> {
        let refused = |error: Error| Failure::NotSupported(text(&error));
        match instance {
            ScriptInstance::Component(made) => {
                let ComponentInstance {
                    component,
                    store,
                    instance,
                } = &mut **made;
                let linker = &mut self.components;
                let engine = &self.engine;
                store.with(|store| {
                    publish(linker, engine, store, component, instance, name).map_err(refused)
                })
            }
            ScriptInstance::Module(instance) => {
                let linker = &mut self.core;
                self.core_store.with(|store| {
                    let registered = linker.instance(&mut *store, name, *instance);
                    registered.map(|_| ()).map_err(refused)
                })
            }
        }
    }

    fn invoke(
        &mut self,
        instance: &mut ScriptInstance,
        export: &str,
        args: &[Value],
    ) -> Result<Vec<Value>, Failure> {
        match instance {
            ScriptInstance::Component(made) => {
                let ComponentInstance {
                    store, instance, ..
                } = &mut **made;
                store.with(|store| call_component(store, instance, export, args))
            }
            ScriptInstance::Module(instance) => self
                .core_store
                .with(|store| call_core(store, instance, export, args)),
        }
    }

    fn get(&mut self, instance: &mut ScriptInstance, global: &str) -> Result<Value, Failure> {
        let ScriptInstance::Module(instance) = instance else {
            return Err(Failure::NoFit("a component exports no global".to_string()));
        };
        self.core_store.with(|store| {
            let found = instance.get_global(&mut *store, global);
            let found = found.ok_or_else(|| no_export("global", global))?;
            let value = found.get(&mut *store);
            values::from_core(store, &value)
        })
    }

    fn end(&mut self, instance: ScriptInstance) -> Result<(), Failure> {
        match instance {
            ScriptInstance::Component(mut made) => made.store.end(),
            ScriptInstance::Module(_) => Ok(()),
        }
    }
}

/// Lets later components import the modules and the resource types that an instance exports. These are what Wasmtime can hand from
/// one store to another.
fn publish(
    linker: &mut component::Linker<Host>,
    engine: &Engine,
    store: &mut Store<Host>,
    component: &Component,
    instance: &component::Instance,
    name: &str,
) -> wasmtime::Result<()> {
    let mut linker = linker.instance(name)?;
    for (export, item) in component.component_type().exports(engine) {
        match item.ty {
            ComponentItem::Module(_) => {
                if let Some(module) = instance.get_module(&mut *store, export) {
                    linker.module(export, &module)?;
                }
            }
            ComponentItem::Resource(_) => {
                if let Some(resource) = instance.get_resource(&mut *store, export) {
                    linker.resource(export, resource, |_, _| Ok(()))?;
                }
            }
            ComponentItem::ComponentFunc(_)
            | ComponentItem::CoreFunc(_)
            | ComponentItem::Component(_)
            | ComponentItem::ComponentInstance(_)
            | ComponentItem::Type(_) => {}
        }
    }
    Ok(())
}

fn call_component(
    store: &mut Store<Host>,
    instance: &component::Instance,
    export: &str,
    args: &[Value],
) -> Result<Vec<Value>, Failure> {
    let function = instance.get_func(&mut *store, export);
    let function = function.ok_or_else(|| no_export("function", export))?;
    let ty = function.ty(&*store);
    same_number(export, ty.params().len(), args.len())?;
    let passed: Vec<Val> = ty
        .params()
        .zip(args)
        .map(|((name, ty), arg)| {
            values::to_val(arg, &ty).ok_or_else(|| {
                Failure::NoFit(format!(
                    "{arg} does not fit the parameter `{name}` of `{export}`"
                ))
            })
        })
        .collect::<Result<_, _>>()?;
    let mut results = vec![Val::Bool(false); ty.results().len()];
    let call = function.call_async(&mut *store, &passed, &mut results);
    let done = event_loop::turn(pin!(call), 0);
    settle(done, store)?;
    Ok(results.iter().map(values::from_val).collect())
}

fn call_core(
    store: &mut Store<Host>,
    instance: &Instance,
    export: &str,
    args: &[Value],
) -> Result<Vec<Value>, Failure> {
    let function = instance.get_func(&mut *store, export);
    let function = function.ok_or_else(|| no_export("function", export))?;
    let ty = function.ty(&*store);
    same_number(export, ty.params().len(), args.len())?;
    let mut passed = Vec::new();
    for (ty, arg) in ty.params().zip(args) {
        let value = values::to_core(store, arg, &ty)?;
        passed.push(value.ok_or_else(|| {
            Failure::NoFit(format!("{arg} does not fit a parameter of `{export}`"))
        })?);
    }
    let mut results = vec![wasmtime::Val::I32(0); ty.results().len()];
    let call = function.call_async(&mut *store, &passed, &mut results);
    let done = event_loop::turn(pin!(call), 0);
    settle(done, store)?;
    results
        .iter()
        .map(|value| values::from_core(store, value))
        .collect()
}

fn no_export(kind: &str, name: &str) -> Failure {
    Failure::NoFit(format!("no {kind} `{name}` is exported"))
}

fn same_number(export: &str, params: usize, args: usize) -> Result<(), Failure> {
    if params == args {
        return Ok(());
    }
    let message = format!("`{export}` takes {params} arguments, not {args}");
    Err(Failure::NoFit(message))
}

/// The value of a future that was turned, or how the future failed.
fn settle<T>(turned: Turned<wasmtime::Result<T>>, store: &mut Store<Host>) -> Result<T, Failure> {
    match turned {
        Turned::Done(Ok(value)) => Ok(value),
        Turned::Done(Err(error)) => Err(failure(&error, store)),
        // A function of the host is pending, and nothing will ever wake it.
        Turned::Idle => Err(Failure::Deadlock),
        Turned::Endless => {
            let message = "the event loop turns without an end";
            Err(Failure::Exhausted(message.to_string()))
        }
    }
}

fn failure(error: &Error, store: &mut Store<Host>) -> Failure {
    let message = text(error);
    if error.is::<ThrownException>() {
        // The next call would find the exception if it were left in the store.
        let _ = store.take_pending_exception();
        return Failure::Exception(message);
    }
    // A limit of this runner is no fault of the engine's.
    if error.is::<LimitReached>() {
        return Failure::NotSupported(format!(
            "more than {MAX_MEMORY} bytes of memory or {MAX_TABLE_ELEMENTS} table elements"
        ));
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => Failure::NotSupported(format!("more than {FUEL} instructions")),
        Some(Trap::Interrupt) => {
            let seconds = TICK.as_secs_f32() * MAX_TICKS as f32;
            Failure::NotSupported(format!("more than {seconds} seconds"))
        }
        Some(Trap::StackOverflow) => Failure::Exhausted(message),
        _ => Failure::Trap {
            kind: None,
            message,
        },
    }
}

/// The parts of a message that say that something was left out of this engine, not that it is wrong.
const LEFT_OUT: &[&str] = &["not enabled", "disallowed", "feature", "proposal"];

/// Why the engine does not take a component or module. Where its validator refuses something, the message has an offset; where the
/// engine cannot compile something, the message has none.
fn refusal(error: &Error) -> Refusal {
    let message = text(error);
    if message.contains("at offset") && !LEFT_OUT.iter().any(|part| message.contains(part)) {
        Refusal::Invalid(message)
    } else {
        Refusal::NotSupported(message)
    }
}

fn text(error: &Error) -> String {
    without_registry(&one_line(&format!("{error:#}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_past_its_deadline_is_not_supported() {
        let mut session = ScriptNative::default().session();
        let text = r#"(module (func (export "f") (loop (br 0))))"#;
        let buffer = wast::parser::ParseBuffer::new(text).expect("it is text");
        let module: Result<Vec<u8>, _> =
            wast::parser::parse::<wast::Wat<'_>>(&buffer).and_then(|mut module| module.encode());
        let definition = session.define(&module.expect("it is well-formed"));
        let instance = session.instantiate(&definition.expect("it is valid"));
        let Ok(ScriptInstance::Module(instance)) = instance else {
            panic!("a module has instances of modules");
        };
        let called = session.core_store.with(|store| {
            store.set_epoch_deadline(0);
            call_core(store, &instance, "f", &[])
        });
        let message = "more than 30 seconds".to_string();
        assert_eq!(called, Err(Failure::NotSupported(message)));
    }

    #[test]
    fn only_what_the_validator_refuses_for_another_reason_than_a_proposal_is_invalid() {
        let refusal = |message: &'static str| refusal(&Error::msg(message));
        assert!(matches!(
            refusal("type mismatch (at offset 0x1)"),
            Refusal::Invalid(_)
        ));
        for left_out in [
            "gadgets support is not enabled (at offset 0x1)",
            "`gadget` requires the gadgets feature (at offset 0x1)",
            "unsupported intrinsic",
        ] {
            assert!(matches!(refusal(left_out), Refusal::NotSupported(_)));
        }
    }
}
