//! What stands around the two core modules: the imported instance, the canonical definitions, the lifts, the exports.
//! Binary.md gives the sections.

use super::main_module::{FUNCTIONS, Main, STORE};
use super::signature::val_type;
use super::{STATE, store, wrap};
use crate::plan::{Import, Lift, Plan, Signature};
use spawndiff_corpus::Type;
use wasm_encoder::{
    Alias, CanonicalFunctionSection, CanonicalOption, Component, ComponentAliasSection,
    ComponentExportKind, ComponentExportSection, ComponentImportSection, ComponentTypeRef,
    ComponentTypeSection, ComponentValType, CoreTypeSection, ExportKind, InstanceSection,
    InstanceType, ModuleArg, ModuleSection, PrimitiveValType, ValType,
};

/// Indices of the core instances.
const STORE_INSTANCE: u32 = 0;
const FUNCTIONS_INSTANCE: u32 = 1;
const MAIN_INSTANCE: u32 = 2;

pub(super) fn encode(plan: &Plan, main: &Main) -> Vec<u8> {
    let mut component = Component::new();
    let type_count = types(plan, &mut component);
    let mut imports = ComponentImportSection::new();
    imports.import("host", ComponentTypeRef::Instance(0));
    component.section(&imports);
    let start_types = core_types(plan, &mut component);

    component.section(&ModuleSection(&store::encode(plan)));
    component.section(&ModuleSection(&main.module));
    let mut instances = InstanceSection::new();
    instances.instantiate(0, std::iter::empty::<(&str, ModuleArg)>());
    component.section(&instances);

    aliases(plan, main, &mut component);
    let mut canon = CanonicalFunctionSection::new();
    main.imports
        .iter()
        .for_each(|&import| define(plan, &start_types, import, &mut canon));
    component.section(&canon);

    let names: Vec<String> = (0..main.imports.len()).map(|i| i.to_string()).collect();
    let functions = (0..)
        .zip(&names)
        .map(|(i, name)| (name.as_str(), ExportKind::Func, i));
    let mut instances = InstanceSection::new();
    instances.export_items(functions.collect::<Vec<_>>());
    let args = [(STORE, STORE_INSTANCE), (FUNCTIONS, FUNCTIONS_INSTANCE)];
    instances.instantiate(
        1,
        args.map(|(name, instance)| (name, ModuleArg::Instance(instance))),
    );
    component.section(&instances);

    exports(plan, main, type_count, &mut component);
    component.finish()
}

fn primitive(ty: Type) -> PrimitiveValType {
    match ty {
        Type::Bool => PrimitiveValType::Bool,
        Type::S8 => PrimitiveValType::S8,
        Type::U8 => PrimitiveValType::U8,
        Type::S16 => PrimitiveValType::S16,
        Type::U16 => PrimitiveValType::U16,
        Type::S32 => PrimitiveValType::S32,
        Type::U32 => PrimitiveValType::U32,
        Type::S64 => PrimitiveValType::S64,
        Type::U64 => PrimitiveValType::U64,
        Type::F32 => PrimitiveValType::F32,
        Type::F64 => PrimitiveValType::F64,
        Type::Char => PrimitiveValType::Char,
    }
}

fn result(ty: Option<Type>) -> Option<ComponentValType> {
    ty.map(|ty| ComponentValType::Primitive(primitive(ty)))
}

/// Type 0 is the instance `host`, type 1 + n the entry n, the last type `state`'s. Returns how many there are.
fn types(plan: &Plan, component: &mut Component) -> u32 {
    let mut host = InstanceType::new();
    let log = [
        ("point", PrimitiveValType::U32),
        ("value", PrimitiveValType::U64),
    ];
    host.ty().function().params(log).result(None);
    host.ty()
        .function()
        .params([("value", PrimitiveValType::U32)])
        .result(None);
    host.export("log", ComponentTypeRef::Func(0))
        .export("mark", ComponentTypeRef::Func(1));
    let mut types = ComponentTypeSection::new();
    types.instance(&host);
    for entry in &plan.entries {
        let is_async = match entry.lift {
            Lift::SyncTyped(_) => false,
            Lift::Sync(_) | Lift::Stackful | Lift::Callback(_) => true,
        };
        let names: Vec<String> = (0..entry.params.len()).map(|i| format!("p{i}")).collect();
        let params = names.iter().zip(&entry.params);
        let params = params.map(|(name, &ty)| (name.as_str(), primitive(ty)));
        types
            .function()
            .async_(is_async)
            .params(params)
            .result(result(entry.result));
    }
    types
        .function()
        .params(std::iter::empty::<(&str, PrimitiveValType)>())
        .result(None);
    component.section(&types);
    types.len()
}

/// Encodes the core types, and returns the indices of those that are start types. At least one is.
fn core_types(plan: &Plan, component: &mut Component) -> Vec<u32> {
    let mut types = CoreTypeSection::new();
    let mut starts = Vec::new();
    let mut list = plan.core_types.clone();
    if !list.iter().any(Signature::is_start) {
        list.push(Signature::start());
    }
    for (i, signature) in (0..).zip(&list) {
        let params: Vec<ValType> = signature.params.iter().map(|&ty| val_type(ty)).collect();
        let results: Vec<ValType> = signature.results.iter().map(|&ty| val_type(ty)).collect();
        types.ty().core().function(params, results);
        if signature.is_start() {
            starts.push(i);
        }
    }
    component.section(&types);
    starts
}

/// Aliases all tables, and the imported functions that `main` uses.
fn aliases(plan: &Plan, main: &Main, component: &mut Component) {
    let mut aliases = ComponentAliasSection::new();
    for i in 0..plan.tables.len() {
        let (kind, name) = (ExportKind::Table, &format!("t{i}"));
        aliases.alias(Alias::CoreInstanceExport {
            instance: STORE_INSTANCE,
            kind,
            name,
        });
    }
    for import in &main.imports {
        let name = match import {
            Import::Log => "log",
            Import::Mark => "mark",
            Import::Start(_)
            | Import::SpawnRef(_)
            | Import::ResumeLater
            | Import::Suspend(_)
            | Import::Yield(_)
            | Import::SuspendThenResume(_)
            | Import::YieldThenResume(_)
            | Import::SuspendThenPromote(_)
            | Import::YieldThenPromote(_)
            | Import::ThreadIndex
            | Import::AvailableParallelism
            | Import::ContextGet(_)
            | Import::ContextSet(_)
            | Import::TaskReturn(_) => continue,
        };
        let kind = ComponentExportKind::Func;
        aliases.alias(Alias::InstanceExport {
            instance: 0,
            kind,
            name,
        });
    }
    component.section(&aliases);
}

/// Adds the definition of one core function.
fn define(plan: &Plan, start_types: &[u32], import: Import, canon: &mut CanonicalFunctionSection) {
    let start_type = |ty: usize| start_types[ty % start_types.len()];
    match import {
        // `log` is always the first import, so `mark` is the second of the aliased functions.
        Import::Log => canon.lower(0, []),
        Import::Mark => canon.lower(1, []),
        Import::Start(start) => {
            let start = &plan.starts[start];
            let ty = start_type(start.core_type);
            let table = wrap(start.table, plan.tables.len()).expect("main imports it only then");
            match start.spawn {
                false => canon.thread_new_indirect(ty, table as u32),
                true => canon.thread_spawn_indirect(ty, table as u32),
            }
        }
        Import::SpawnRef(ty) => canon.thread_spawn_ref(start_type(ty)),
        Import::ResumeLater => canon.thread_resume_later(),
        Import::Suspend(cancellable) => canon.thread_suspend(cancellable),
        Import::Yield(cancellable) => canon.thread_yield(cancellable),
        Import::SuspendThenResume(cancellable) => canon.thread_suspend_then_resume(cancellable),
        Import::YieldThenResume(cancellable) => canon.thread_yield_then_resume(cancellable),
        Import::SuspendThenPromote(cancellable) => canon.thread_suspend_then_promote(cancellable),
        Import::YieldThenPromote(cancellable) => canon.thread_yield_then_promote(cancellable),
        Import::ThreadIndex => canon.thread_index(),
        Import::AvailableParallelism => canon.thread_available_parallelism(),
        Import::ContextGet(slot) => canon.context_get(ValType::I32, slot),
        Import::ContextSet(slot) => canon.context_set(ValType::I32, slot),
        Import::TaskReturn(ty) => canon.task_return(result(ty), []),
    };
}

/// Lifts and exports the entries and `state`.
fn exports(plan: &Plan, main: &Main, type_count: u32, component: &mut Component) {
    let mut aliases = ComponentAliasSection::new();
    let mut lifts = CanonicalFunctionSection::new();
    let mut exports = ComponentExportSection::new();
    let mut core = main.imports.len() as u32..;
    // Each export is a new index in the space of functions too, but only after all lifts.
    let lowered = main
        .imports
        .iter()
        .filter(|i| matches!(i, Import::Log | Import::Mark))
        .count();
    let mut functions = lowered as u32..;
    let mut export = |name: &str| {
        let index = functions.next().expect("there are few exports");
        exports.export(name, ComponentExportKind::Func, index, None);
    };
    let mut alias = |name: &str| {
        let (instance, kind) = (MAIN_INSTANCE, ExportKind::Func);
        aliases.alias(Alias::CoreInstanceExport {
            instance,
            kind,
            name,
        });
        core.next().expect("there are few functions")
    };
    for (i, entry) in plan.entries.iter().enumerate() {
        let name = format!("e{i}");
        let function = alias(&name);
        let options = match entry.lift {
            Lift::SyncTyped(_) | Lift::Sync(_) => {
                let post_return = entry.post_return().map(|_| alias(&format!("p{i}")));
                post_return
                    .map(CanonicalOption::PostReturn)
                    .into_iter()
                    .collect()
            }
            Lift::Stackful => vec![CanonicalOption::Async],
            Lift::Callback(_) => {
                let callback = alias(&format!("c{i}"));
                vec![CanonicalOption::Async, CanonicalOption::Callback(callback)]
            }
        };
        lifts.lift(function, 1 + i as u32, options);
        export(&name);
    }
    lifts.lift(alias(STATE), type_count - 1, []);
    export(STATE);
    component
        .section(&aliases)
        .section(&lifts)
        .section(&exports);
}
