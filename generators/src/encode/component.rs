//! The components around the core modules: what each imports, the instances nested in it, its canonical definitions, its
//! lifts and exports. Binary.md gives the sections.
//!
//! Every component imports the host and each instance that stands outside of it and that it or one nested in it sees. It
//! exports its own entries and, as instances, those nested in it.

use super::core_type::val_type;
use super::define::{self, Core};
use super::main_module::{self, FUNCTIONS, Main, STORE};
use super::types::{RESOURCE, Scope, Types, instance_name};
use super::world::World;
use super::{state, store};
use crate::limits::WRAPPERS;
use crate::plan::{Instance, Lift, Signature, ValueType};
use wasm_encoder::{CanonicalOption, Component, ComponentExportKind, ExportKind, ValType};

pub(super) fn encode(world: &World) -> Vec<u8> {
    let mut scope = Scope::new(world, &[]);
    if world.topology.has_shell() {
        children(&mut scope, world, None);
        let first = scope.known[&0];
        let entries = 0..world.instances[0].entries.len();
        for name in entries.map(|i| format!("e{i}")).chain([state::NAME.into()]) {
            let function = scope
                .assembly
                .alias(first, &name, ComponentExportKind::Func);
            scope
                .assembly
                .export(&name, ComponentExportKind::Func, function);
        }
    } else {
        contents(&mut scope, world, 0);
    }
    scope.assembly.finish().finish()
}

/// Instantiates what is nested here, the last first.
fn children(scope: &mut Scope, world: &World, parent: Option<usize>) {
    for child in world.topology.children(parent).into_iter().rev() {
        let mut component = component(world, child);
        for _ in 0..world.instances[child].wrappers.min(WRAPPERS) {
            if child > 0 {
                component = wrapper(world, child, &component);
            }
        }
        instantiate(scope, world, child, &component);
    }
}

fn component(world: &World, number: usize) -> Component {
    let mut scope = Scope::new(world, world.topology.outside(number));
    contents(&mut scope, world, number);
    scope.assembly.finish()
}

fn instantiate(scope: &mut Scope, world: &World, number: usize, component: &Component) -> u32 {
    let component = scope.assembly.component(component);
    let mut args = vec![("host".to_string(), scope.host)];
    let outside = world.topology.outside(number).iter();
    args.extend(outside.map(|other| (instance_name(*other), scope.known[other])));
    let instance = scope.assembly.instantiate(component, &args);
    scope.know(world, number, instance);
    for other in world.topology.subtree(number) {
        if other != number {
            let kind = ComponentExportKind::Instance;
            let nested = scope.assembly.alias(instance, &instance_name(other), kind);
            scope.know(world, other, nested);
        }
    }
    instance
}

/// A component without code that passes everything on.
fn wrapper(world: &World, number: usize, component: &Component) -> Component {
    let mut scope = Scope::new(world, world.topology.outside(number));
    let instance = instantiate(&mut scope, world, number, component);
    if let Some(&ty) = scope.resources.get(&number) {
        let ty = scope
            .assembly
            .export(RESOURCE, ComponentExportKind::Type, ty);
        scope.resources.insert(number, ty);
        scope.forget_types();
    }
    nested_exports(&mut scope, world, number);
    let kind = ComponentExportKind::Func;
    for (i, entry) in world.instances[number].entries.iter().enumerate() {
        let name = format!("e{i}");
        let function = scope.assembly.alias(instance, &name, kind);
        // In terms of the resource type as it is exported.
        let ty = scope.entry(world, entry);
        scope.assembly.export_function(&name, function, ty);
    }
    scope.assembly.finish()
}

/// Exports what is nested in an instance's component, the last first.
fn nested_exports(scope: &mut Scope, world: &World, number: usize) {
    for other in world.topology.subtree(number) {
        if other != number {
            let kind = ComponentExportKind::Instance;
            let instance = scope.known[&other];
            scope.assembly.export(&instance_name(other), kind, instance);
        }
    }
}

/// The instances nested in an instance's component, its modules, definitions and exports.
fn contents(scope: &mut Scope, world: &World, number: usize) {
    let instance = &world.instances[number];
    children(scope, world, Some(number));

    let main = main_module::encode(world, number);
    let needs_realloc = world.is_textual(number) || main.receives_text(world);
    let start_types = start_types(scope, instance);
    let text = needs_realloc || main.passes_text(world);
    let store = scope.assembly.module(&store::encode(instance, text));
    let store = scope.assembly.instantiate_module(store, &[]);
    if let Some(destructor) = instance.resource {
        let destructor = destructor.then(|| {
            let kind = ExportKind::Func;
            scope.assembly.core_alias(store, store::DESTRUCTOR, kind)
        });
        let (section, ty) = scope.assembly.ty();
        section.resource(ValType::I32, destructor);
        let ty = scope
            .assembly
            .export(RESOURCE, ComponentExportKind::Type, ty);
        scope.resources.insert(number, ty);
    }
    let alias = |scope: &mut Scope, name: &str, kind| scope.assembly.core_alias(store, name, kind);
    let tables = (0..instance.tables.len())
        .map(|i| alias(scope, &format!("t{i}"), ExportKind::Table))
        .collect();
    let core = Core {
        memory: alias(scope, "m", ExportKind::Memory),
        realloc: text.then(|| alias(scope, store::REALLOC, ExportKind::Func)),
        tables,
        start_types,
    };

    let functions: Vec<Option<u32>> = main
        .imports
        .iter()
        .map(|&import| define::function(scope, import))
        .collect();
    for &import in &main.imports {
        define::prepare(scope, world, import);
    }
    let imports = main.imports.iter().zip(functions).enumerate();
    let defined: Vec<(String, u32)> = imports
        .map(|(i, (&import, function))| {
            let index = define::define(scope, world, number, &core, import, function);
            (i.to_string(), index)
        })
        .collect();
    let functions = scope.assembly.core_functions(&defined);
    let module = scope.assembly.module(&main.module);
    let args = [(STORE, store), (FUNCTIONS, functions)];
    let code = scope.assembly.instantiate_module(module, &args);
    exports(scope, world, number, &core, code);
    nested_exports(scope, world, number);
}

/// Encodes the core types, and returns the indices of those that are start types. At least one is.
fn start_types(scope: &mut Scope, instance: &Instance) -> Vec<u32> {
    let mut starts = Vec::new();
    let mut list = instance.core_types.clone();
    if !list.iter().any(Signature::is_start) {
        list.push(Signature::start());
    }
    for signature in &list {
        let params: Vec<ValType> = signature.params.iter().map(|&ty| val_type(ty)).collect();
        let results: Vec<ValType> = signature.results.iter().map(|&ty| val_type(ty)).collect();
        let index = scope.assembly.core_function_type(&params, &results);
        if signature.is_start() {
            starts.push(index);
        }
    }
    starts
}

/// Lifts and exports the entries and, of the first instance, `state`.
fn exports(scope: &mut Scope, world: &World, number: usize, core: &Core, code: u32) {
    let instance = &world.instances[number];
    let entries = instance.entries.iter();
    let types: Vec<u32> = entries.map(|entry| scope.entry(world, entry)).collect();
    let state_type = (number == 0).then(|| scope.function(false, &[], None));
    let alias = |scope: &mut Scope, name: &str| {
        let kind = ExportKind::Func;
        scope.assembly.core_alias(code, name, kind)
    };
    let mut lifts = Vec::new();
    for (i, entry) in instance.entries.iter().enumerate() {
        let name = format!("e{i}");
        let function = alias(scope, &name);
        let mut options = match world.is_textual(number) {
            true => core.text(instance.encoding, true),
            false => Vec::new(),
        };
        match entry.lift {
            Lift::SyncTyped(_) | Lift::Sync(_) => {
                if entry.post_return().is_some() {
                    let function = alias(scope, &format!("p{i}"));
                    options.push(CanonicalOption::PostReturn(function));
                }
            }
            Lift::Stackful => options.push(CanonicalOption::Async),
            Lift::Callback(_) => {
                let callback = alias(scope, &format!("c{i}"));
                options.push(CanonicalOption::Async);
                options.push(CanonicalOption::Callback(callback));
            }
        }
        lifts.push((name, function, types[i], options));
    }
    if let Some(ty) = state_type {
        lifts.push((
            state::NAME.into(),
            alias(scope, state::NAME),
            ty,
            Vec::new(),
        ));
    }
    let lifted: Vec<(String, u32)> = lifts
        .into_iter()
        .map(|(name, function, ty, options)| {
            let (section, index) = scope.assembly.lift();
            section.lift(function, ty, options);
            (name, index)
        })
        .collect();
    for (name, function) in lifted {
        scope
            .assembly
            .export(&name, ComponentExportKind::Func, function);
    }
}

impl Main {
    /// Whether it calls a function of another instance that returns a string or list.
    fn receives_text(&self, world: &World) -> bool {
        self.callees()
            .any(|callee| world.entry(callee).result.is_some_and(ValueType::is_text))
    }

    /// Whether it calls one that takes a string or list.
    fn passes_text(&self, world: &World) -> bool {
        self.callees()
            .any(|callee| world.entry(callee).params.iter().any(|&ty| ty.is_text()))
    }
}
