//! Instantiating a component (Explainer.md, "Instance Definitions"): its definitions are evaluated one after the other.
//!
//! The store decides what a component instance, a task or a built-in is at run time: this module reaches it through [`Build`].

mod canon;
mod core;
mod imports;
mod items;
mod store;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use items::{Item, Items, Names, ValueId, func_type};

use super::Unsupported;
use super::canon_defs::{Canon, CoreTable, FuncInst, InstanceId, Lift, Memory};
use super::definition::{
    Captured, Captures, Component, ComponentClosure, CoreSort, DEPTH, Definition, Instance,
    ItemUse, Module, Record, Sort, Use, no_such, too_deep,
};
use super::limits::Limits;
use super::store::Stop;
use super::typedef::{Type, TypeExpr, TypeSpace};
use super::types::{ResourceTypeId, ValType};
use spawndiff_observation::Exhaustion;
use std::sync::Arc;

/// Component instances that one instantiation may make, those inside it included.
const INSTANCES: usize = 1_000;
/// Steps of one instantiation: definitions evaluated, names matched, nodes of types compared.
const STEPS: usize = 1_000_000;

/// The store, as far as an instantiation needs it.
pub(crate) trait Build {
    /// The core instances.
    fn core(&mut self) -> &mut wasmi::Store<Limits>;
    /// `ComponentInstance(store, parent)`.
    fn new_instance(&mut self, parent: Option<InstanceId>) -> Result<InstanceId, Stop>;
    /// `ResourceType(inst, dtor)`.
    fn new_resource_type(&mut self, inst: InstanceId, dtor: Option<wasmi::Func>) -> ResourceTypeId;
    /// The core function that a canonical definition of `inst` makes.
    fn canon(&mut self, inst: InstanceId, canon: Canon) -> Result<wasmi::Func, Stop>;
    /// Runs `func`, the start function of a core module of `inst`. It has neither parameters nor results.
    fn start(&mut self, inst: InstanceId, func: wasmi::Func) -> Result<(), Stop>;
    /// Calls `func` with `args` for a start definition of `inst`, one for each parameter. That their types fit is not
    /// checked. What comes back is one value for each result.
    fn component_start(
        &mut self,
        inst: InstanceId,
        func: &FuncInst,
        args: &[ValueId],
    ) -> Result<Vec<ValueId>, Stop>;
}

/// Why an instantiation failed.
#[derive(Debug)]
pub(crate) enum Failure {
    Stop(Stop),
    Unlinkable(Unlinkable),
}

/// An import that what was given does not satisfy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("import {name}: {reason}")]
pub(crate) struct Unlinkable {
    /// The import's name; inside an imported instance, the names that lead there, joined by dots.
    pub(crate) name: String,
    pub(crate) reason: String,
}

/// Instantiates `component` with `imports`. What comes back are its exports.
pub(crate) fn instantiate(
    build: &mut impl Build,
    component: &Arc<Component>,
    imports: &Items,
) -> Result<Arc<Items>, Failure> {
    let mut instantiation = Instantiation {
        build,
        instances: 0,
        steps: 0,
    };
    instantiation.component(component, &Captured::default(), None, imports, 0)
}

/// One instantiation, with all that it makes.
struct Instantiation<'a, B> {
    build: &'a mut B,
    instances: usize,
    steps: usize,
}

/// The slots of a component while it is instantiated.
struct Frame<'a> {
    inst: InstanceId,
    captured: &'a Captured,
    core_instances: Vec<core::CoreInst>,
    core_funcs: Vec<wasmi::Func>,
    core_tables: Vec<CoreTable>,
    core_memories: Vec<Memory>,
    core_globals: Vec<wasmi::Global>,
    /// Tags, as the globals that they have become.
    core_tags: Vec<wasmi::Global>,
    modules: Vec<Module>,
    types: Vec<Type>,
    funcs: Vec<FuncInst>,
    values: Vec<(ValueId, ValType)>,
    components: Vec<ComponentClosure>,
    instances: Vec<Arc<Items>>,
}

impl<B: Build> Instantiation<'_, B> {
    fn component(
        &mut self,
        component: &Component,
        captured: &Captured,
        parent: Option<InstanceId>,
        args: &Items,
        depth: usize,
    ) -> Result<Arc<Items>, Failure> {
        if depth >= DEPTH {
            return Err(too_deep("instantiations").into());
        }
        self.instances += 1;
        if self.instances > INSTANCES {
            return Err(Stop::Exhausted(Exhaustion::Memory).into());
        }
        let inst = self.build.new_instance(parent)?;
        let mut frame = Box::new(Frame::new(inst, captured));
        for definition in &component.definitions {
            self.spend(definition.steps())?;
            self.define(&mut frame, definition, args, depth)?;
        }
        self.spend(component.exports.items.len())?;
        Ok(Arc::new(frame.record(&component.exports)?))
    }

    /// Counts steps. Engines set their limits elsewhere, so going beyond is exhaustion.
    fn spend(&mut self, steps: usize) -> Result<(), Stop> {
        self.steps = self.steps.saturating_add(steps);
        if self.steps > STEPS {
            return Err(Stop::Exhausted(Exhaustion::Fuel));
        }
        Ok(())
    }

    fn define(
        &mut self,
        frame: &mut Frame<'_>,
        definition: &Definition,
        args: &Items,
        depth: usize,
    ) -> Result<(), Failure> {
        match definition {
            Definition::Import { name, ty } => self.import(frame, name, ty, args)?,
            Definition::CoreInstance(instance) => self.core_instance(frame, instance)?,
            Definition::CoreAlias {
                sort,
                instance,
                name,
            } => self.core_alias(frame, *sort, *instance, name)?,
            Definition::Type(TypeExpr::Resource { dtor }) => {
                let dtor = dtor.map(|slot| frame.core_func(slot)).transpose()?;
                let resource = self.build.new_resource_type(frame.inst, dtor);
                frame.types.push(Type::Resource(resource));
            }
            Definition::Type(ty) => {
                let ty = ty.evaluate(frame.type_space())?;
                frame.types.push(ty);
            }
            Definition::Component(component, captures) => {
                let captured = frame.capture(captures)?;
                let closure = ComponentClosure::new(component.clone(), captured)?;
                frame.components.push(closure);
            }
            Definition::Instance(Instance::Instantiate { component, args }) => {
                let closure = frame.component(component)?.clone();
                let args = frame.record(args)?;
                let ComponentClosure {
                    component,
                    captured,
                } = &closure;
                let parent = Some(frame.inst);
                let exports = self.component(component, captured, parent, &args, depth + 1)?;
                frame.instances.push(exports);
            }
            Definition::Instance(Instance::FromExports(exports)) => {
                let exports = frame.record(exports)?;
                frame.instances.push(Arc::new(exports));
            }
            Definition::Alias {
                sort,
                instance,
                name,
            } => frame.alias(*sort, *instance, name)?,
            Definition::Lift { callee, ft, opts } => {
                let ft = frame.ty(ft)?.func()?.clone();
                let opts = self.options(frame, opts)?;
                if opts.async_ && !ft.async_ {
                    return Err(Unsupported::new("async lift of a synchronous type").into());
                }
                let lift = Lift {
                    callee: frame.core_func(*callee)?,
                    ft,
                    opts,
                    inst: frame.inst,
                };
                frame.funcs.push(FuncInst::Lift(Arc::new(lift)));
            }
            Definition::Canon(canon) => {
                let canon = self.canon(frame, canon)?;
                let func = self.build.canon(frame.inst, canon)?;
                frame.core_funcs.push(func);
            }
            Definition::Start {
                func,
                args,
                results,
            } => self.component_start(frame, *func, args, *results)?,
        }
        Ok(())
    }

    fn component_start(
        &mut self,
        frame: &mut Frame<'_>,
        func: usize,
        args: &[usize],
        results: usize,
    ) -> Result<(), Failure> {
        let func = frame.func(func)?.clone();
        let ft = func_type(&func).clone();
        if args.len() != ft.params.len() || results != ft.result.iter().count() {
            return Err(Unsupported::new("a start definition of another type").into());
        }
        let args = args
            .iter()
            .map(|&arg| Ok(at(&frame.values, arg, "value")?.0))
            .collect::<Result<Vec<_>, Unsupported>>()?;
        let values = self.build.component_start(frame.inst, &func, &args)?;
        frame
            .values
            .extend(values.into_iter().zip(ft.result.clone()));
        Ok(())
    }
}

impl<'a> Frame<'a> {
    fn new(inst: InstanceId, captured: &'a Captured) -> Frame<'a> {
        Frame {
            inst,
            captured,
            core_instances: Vec::new(),
            core_funcs: Vec::new(),
            core_tables: Vec::new(),
            core_memories: Vec::new(),
            core_globals: Vec::new(),
            core_tags: Vec::new(),
            modules: Vec::new(),
            types: Vec::new(),
            funcs: Vec::new(),
            values: Vec::new(),
            components: Vec::new(),
            instances: Vec::new(),
        }
    }

    fn type_space(&self) -> TypeSpace<'_> {
        TypeSpace {
            local: &self.types,
            captured: &self.captured.types,
        }
    }

    fn ty<'b>(&'b self, ty: &'b Use<Type>) -> Result<&'b Type, Unsupported> {
        self.type_space().get(ty)
    }

    fn module<'b>(&'b self, module: &'b Use<Module>) -> Result<&'b Module, Unsupported> {
        module.resolve(&self.modules, &self.captured.modules)
    }

    fn component<'b>(
        &'b self,
        component: &'b Use<ComponentClosure>,
    ) -> Result<&'b ComponentClosure, Unsupported> {
        component.resolve(&self.components, &self.captured.components)
    }

    fn func(&self, slot: usize) -> Result<&FuncInst, Unsupported> {
        at(&self.funcs, slot, "function")
    }

    fn core_func(&self, slot: usize) -> Result<wasmi::Func, Unsupported> {
        at(&self.core_funcs, slot, "core function").copied()
    }

    fn capture(&self, captures: &Captures) -> Result<Captured, Unsupported> {
        fn all<T: Clone>(
            uses: &[Use<T>],
            local: &[T],
            captured: &[T],
        ) -> Result<Vec<T>, Unsupported> {
            let uses = uses.iter();
            uses.map(|one| one.resolve(local, captured).cloned())
                .collect()
        }
        let outer = self.captured;
        Ok(Captured::new(
            all(&captures.types, &self.types, &outer.types)?,
            all(&captures.modules, &self.modules, &outer.modules)?,
            all(&captures.components, &self.components, &outer.components)?,
        ))
    }

    fn record(&self, record: &Record) -> Result<Items, Unsupported> {
        let items = record
            .items
            .iter()
            .map(|item| self.item(item))
            .collect::<Result<_, _>>()?;
        Items::named(record.names.clone(), items)
    }

    fn item(&self, item: &ItemUse) -> Result<Item, Unsupported> {
        Ok(match item {
            ItemUse::Module(module) => Item::Module(self.module(module)?.clone()),
            ItemUse::Func(slot) => Item::Func(self.func(*slot)?.clone()),
            ItemUse::Value(slot) => {
                let (value, ty) = at(&self.values, *slot, "value")?;
                Item::Value(*value, ty.clone())
            }
            ItemUse::Type(ty) => Item::Type(self.ty(ty)?.clone()),
            ItemUse::Component(component) => Item::Component(self.component(component)?.clone()),
            ItemUse::Instance(slot) => {
                Item::Instance(at(&self.instances, *slot, "instance")?.clone())
            }
        })
    }

    fn alias(&mut self, sort: Sort, instance: usize, name: &str) -> Result<(), Unsupported> {
        let exports = at(&self.instances, instance, "instance")?;
        match exports.get(name).cloned() {
            Some(item) if item.sort() == sort => {
                self.push(item);
                Ok(())
            }
            Some(_) => Err(Unsupported::new(format!("export {name} of another sort"))),
            None => Err(Unsupported::new(format!("no export {name}"))),
        }
    }

    /// Fills the next slot of the item's sort.
    fn push(&mut self, item: Item) {
        match item {
            Item::Module(module) => self.modules.push(module),
            Item::Func(func) => self.funcs.push(func),
            Item::Value(value, ty) => self.values.push((value, ty)),
            Item::Type(ty) => self.types.push(ty),
            Item::Component(component) => self.components.push(component),
            Item::Instance(instance) => self.instances.push(instance),
        }
    }
}

fn at<'a, T>(slots: &'a [T], slot: usize, what: &str) -> Result<&'a T, Unsupported> {
    slots.get(slot).ok_or_else(|| no_such(what))
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Failure {
        Failure::Stop(stop)
    }
}

impl From<Unsupported> for Failure {
    fn from(unsupported: Unsupported) -> Failure {
        Failure::Stop(Stop::Unsupported(unsupported))
    }
}
