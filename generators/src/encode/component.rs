//! The components around the core modules: what each imports, the instances nested in it, its canonical definitions, its
//! lifts and exports. Binary.md gives the sections.
//!
//! Every component imports the host and each instance that stands outside of it and that it or one nested in it sees. It
//! exports its own entries and, as instances, those nested in it.

use super::define::{self, Core};
use super::main_module::{self, Main};
use super::names::{FUNCTIONS, LOG, MAIN, SMITH, START, STORE};
use super::resolved::ResolvedPlan;
use super::types::{RESOURCE, Scope, Types, instance_name};
use super::{smith, state, store};
use crate::core_type::val_type;
use crate::limits::WRAPPERS;
use crate::plan::{Import, Instance, Lift, Signature, ValueType};
use wasm_encoder::{CanonicalOption, Component, ComponentExportKind, ExportKind, ValType};

pub(super) fn encode(resolved: &ResolvedPlan) -> Vec<u8> {
    let mut scope = Scope::new(resolved, &[]);
    if resolved.topology.has_shell() {
        children(&mut scope, resolved, None);
        let first = scope.known[&0];
        let entries = 0..resolved.instances[0].entries.len();
        for name in entries.map(|i| format!("e{i}")).chain([state::NAME.into()]) {
            let function = scope
                .assembly
                .alias(first, &name, ComponentExportKind::Func);
            scope
                .assembly
                .export(&name, ComponentExportKind::Func, function);
        }
    } else {
        contents(&mut scope, resolved, 0);
    }
    scope.assembly.finish().finish()
}

/// Instantiates the instances that are nested here, the last first.
fn children(scope: &mut Scope, resolved: &ResolvedPlan, parent: Option<usize>) {
    for child in resolved.topology.children(parent).into_iter().rev() {
        let mut component = component(resolved, child);
        for _ in 0..resolved.instances[child].wrappers.min(WRAPPERS) {
            if child > 0 {
                component = wrapper(resolved, child, &component);
            }
        }
        instantiate(scope, resolved, child, &component);
    }
}

fn component(resolved: &ResolvedPlan, number: usize) -> Component {
    let mut scope = Scope::new(resolved, resolved.topology.outside(number));
    contents(&mut scope, resolved, number);
    scope.assembly.finish()
}

fn instantiate(
    scope: &mut Scope,
    resolved: &ResolvedPlan,
    number: usize,
    component: &Component,
) -> u32 {
    let component = scope.assembly.component(component);
    let mut args = vec![("host".to_string(), scope.host)];
    let outside = resolved.topology.outside(number).iter();
    args.extend(outside.map(|other| (instance_name(*other), scope.known[other])));
    let instance = scope.assembly.instantiate(component, &args);
    scope.know(resolved, number, instance);
    for other in resolved.topology.subtree(number) {
        if other != number {
            let kind = ComponentExportKind::Instance;
            let nested = scope.assembly.alias(instance, &instance_name(other), kind);
            scope.know(resolved, other, nested);
        }
    }
    instance
}

/// A component without code that passes everything on.
fn wrapper(resolved: &ResolvedPlan, number: usize, component: &Component) -> Component {
    let mut scope = Scope::new(resolved, resolved.topology.outside(number));
    let instance = instantiate(&mut scope, resolved, number, component);
    if let Some(&ty) = scope.resources.get(&number) {
        let ty = scope
            .assembly
            .export(RESOURCE, ComponentExportKind::Type, ty);
        scope.resources.insert(number, ty);
        scope.forget_types();
    }
    nested_exports(&mut scope, resolved, number);
    let kind = ComponentExportKind::Func;
    for (i, entry) in resolved.instances[number].entries.iter().enumerate() {
        let name = format!("e{i}");
        let function = scope.assembly.alias(instance, &name, kind);
        // In terms of the resource type as it is exported.
        let ty = scope.entry(resolved, entry);
        scope.assembly.export_function(&name, function, ty);
    }
    scope.assembly.finish()
}

/// Exports the instances that are nested in an instance's component, the last first.
fn nested_exports(scope: &mut Scope, resolved: &ResolvedPlan, number: usize) {
    for other in resolved.topology.subtree(number) {
        if other != number {
            let kind = ComponentExportKind::Instance;
            let instance = scope.known[&other];
            scope.assembly.export(&instance_name(other), kind, instance);
        }
    }
}

/// Adds the instances nested in an instance's component, its modules, definitions and exports.
fn contents(scope: &mut Scope, resolved: &ResolvedPlan, number: usize) {
    let instance = &resolved.instances[number];
    children(scope, resolved, Some(number));

    let main = main_module::encode(resolved, number);
    let needs_realloc = resolved.is_textual(number) || main.receives_text(resolved);
    let start_types = start_types(scope, instance);
    let text = needs_realloc || main.passes_text(resolved);
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
    let in_store = match instance.tables_in_main {
        true => Vec::new(),
        false => tables(scope, instance, store),
    };
    let mut core = Core {
        memory: alias(scope, "m", ExportKind::Memory),
        realloc: text.then(|| alias(scope, store::REALLOC, ExportKind::Func)),
        tables: in_store,
        start_types,
    };

    let functions: Vec<Option<u32>> = main
        .imports
        .iter()
        .map(|&import| define::function(scope, import))
        .collect();
    for &import in &main.imports {
        define::prepare(scope, resolved, import);
    }
    let imports = main.imports.iter().zip(functions).enumerate();
    let defined: Vec<(String, u32)> = imports
        .map(|(i, (&import, function))| {
            let index = if let Import::Start(start) = import
                && instance.tables_in_main
            {
                alias(scope, &format!("{START}{start}"), ExportKind::Func)
            } else {
                define::define(scope, resolved, number, &core, import, function)
            };
            (i.to_string(), index)
        })
        .collect();
    let functions = scope.assembly.core_functions(&defined);
    let module = scope.assembly.module(&main.module);
    let args = [(STORE, store), (FUNCTIONS, functions)];
    let code = scope.assembly.instantiate_module(module, &args);
    if instance.tables_in_main {
        core.tables = tables(scope, instance, code);
        late_starts(scope, instance, &core, &main, store);
    }
    random_code(scope, resolved, number, &main, &defined, (store, code));
    exports(scope, resolved, number, &core, code);
    nested_exports(scope, resolved, number);
}

/// The tables that an instance exports.
fn tables(scope: &mut Scope, instance: &Instance, of: u32) -> Vec<u32> {
    let numbers = 0..instance.tables.len();
    numbers
        .map(|i| {
            let kind = ExportKind::Table;
            scope.assembly.core_alias(of, &format!("t{i}"), kind)
        })
        .collect()
}

/// Adds the definitions that start threads from tables of `main`, and puts them where the functions of `store` call them.
fn late_starts(scope: &mut Scope, instance: &Instance, core: &Core, main: &Main, store: u32) {
    let imports = main.imports.iter();
    let starts: Vec<usize> = imports
        .filter_map(|import| {
            if let Import::Start(start) = import {
                Some(*start)
            } else {
                None
            }
        })
        .collect();
    if starts.is_empty() {
        return;
    }
    let defined = starts.iter().map(|&start| {
        let index = define::start(scope, instance, core, start);
        (start.to_string(), index)
    });
    let defined: Vec<(String, u32)> = defined.collect();
    let functions = scope.assembly.core_functions(&defined);
    let module = scope
        .assembly
        .module(&store::late_starts(instance, &starts));
    let args = [(STORE, store), (FUNCTIONS, functions)];
    scope.assembly.instantiate_module(module, &args);
}

/// Adds the module that wasm-smith has made for an instance, if there is one, and the one that joins it to `store`, and instantiates
/// both. `defined` has the core functions that `main` imports, in their order; then come the instances of `store` and `main`.
fn random_code(
    scope: &mut Scope,
    resolved: &ResolvedPlan,
    number: usize,
    main: &Main,
    defined: &[(String, u32)],
    (store, code): (u32, u32),
) {
    let smith = resolved.instances[number].smith.as_ref();
    let (Some(module), Some(plan)) = (resolved.modules.get(&number), smith) else {
        return;
    };
    let function = |import: Import| {
        let place = main.imports.iter().position(|other| *other == import);
        defined[place.expect("main imports it for this")].1
    };
    let built_ins = plan.built_ins.iter().enumerate();
    let built_ins = built_ins.map(|(i, &import)| {
        let import = smith::built_in(resolved, number, import);
        (i.to_string(), function(import))
    });
    let begin = smith::BEGIN.map(|(name, import)| (name.to_string(), function(import)));
    let built_ins: Vec<(String, u32)> = begin.into_iter().chain(built_ins).collect();
    let functions = scope.assembly.core_functions(&built_ins);
    let module = scope.assembly.module(module);
    let args = [(STORE, store), (FUNCTIONS, functions), (MAIN, code)];
    let random = scope.assembly.instantiate_module(module, &args);
    let log = vec![(LOG.to_string(), function(Import::Log))];
    let log = scope.assembly.core_functions(&log);
    let joining = smith::joining(resolved, number, plan);
    let joining = scope.assembly.module(&joining);
    let mut args = vec![(STORE, store), (FUNCTIONS, log), (SMITH, random)];
    if resolved.instances[number].tables_in_main {
        args.push((MAIN, code));
    }
    scope.assembly.instantiate_module(joining, &args);
}

/// Encodes the core types, and returns the indices of the start types among them. At least one is a start type.
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
fn exports(scope: &mut Scope, resolved: &ResolvedPlan, number: usize, core: &Core, code: u32) {
    let instance = &resolved.instances[number];
    let entries = instance.entries.iter();
    let types: Vec<u32> = entries.map(|entry| scope.entry(resolved, entry)).collect();
    let state_type = (number == 0).then(|| scope.function(false, &[], None));
    let alias = |scope: &mut Scope, name: &str| {
        let kind = ExportKind::Func;
        scope.assembly.core_alias(code, name, kind)
    };
    let mut lifts = Vec::new();
    for (i, entry) in instance.entries.iter().enumerate() {
        let name = format!("e{i}");
        let function = alias(scope, &name);
        let mut options = match resolved.is_textual(number) {
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
    /// Whether the module calls a function of another instance that returns a string or list.
    fn receives_text(&self, resolved: &ResolvedPlan) -> bool {
        self.callees().any(|callee| {
            resolved
                .entry(callee)
                .result
                .is_some_and(ValueType::is_text)
        })
    }

    /// Whether the module calls a function of another instance that takes a string or list.
    fn passes_text(&self, resolved: &ResolvedPlan) -> bool {
        self.callees()
            .any(|callee| resolved.entry(callee).params.iter().any(|&ty| ty.is_text()))
    }
}
