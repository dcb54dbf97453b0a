//! The core module `main`: the imports that the plan uses, all functions, all element segments.

use super::context::Context;
use super::declared;
use super::names::{FUNCTIONS, HELPER, START, STORE};
use super::resolved::ResolvedPlan;
use super::{function, smith, state, store, tracker};
use crate::core_type::val_type;
use crate::plan::signature::{
    callback_signature, encoded, entry_signature, import_signature, lowered_signature,
    post_return_signature,
};
use crate::plan::{Callee, Element, Import, Lift, SegmentMode, Signature, Table, wrap};
use wasm_encoder::{
    CodeSection, ConstExpr, ElementMode, ElementSection, ElementSegment, Elements, EntityType,
    ExportKind, ExportSection, Function, FunctionSection, GlobalSection, GlobalType, HeapType,
    ImportSection, Module, RefType, StartSection, TableSection, TypeSection, ValType,
};

/// The module and what the component around it must bring.
pub(super) struct Main {
    pub(super) module: Module,
    /// The function imports of the module, in order. Indices in them are already wrapped.
    pub(super) imports: Vec<Import>,
}

impl Main {
    /// The entries of other instances that the module calls.
    pub(super) fn callees(&self) -> impl Iterator<Item = Callee> {
        self.imports.iter().filter_map(|import| {
            if let Import::Lowered { callee, .. } = import {
                Some(*callee)
            } else {
                None
            }
        })
    }
}

pub(super) fn encode(resolved: &ResolvedPlan, number: usize) -> Main {
    // Function indices depend on how many imports there are, and that on all code: the first pass counts.
    let (_, imports) = pass(resolved, number, 0);
    let (module, imports) = pass(resolved, number, imports.len() as u32);
    Main { module, imports }
}

fn pass(resolved: &ResolvedPlan, number: usize, import_count: u32) -> (Module, Vec<Import>) {
    let trackers = tracker::count(&resolved.instances[number]);
    let mut context = Context::new(resolved, number, import_count, trackers);
    let plan = context.instance;
    let segments = segments(&mut context);

    let mut functions = FunctionSection::new();
    let mut code = CodeSection::new();
    let mut add = |ty: u32, body: &Function| {
        functions.function(ty);
        code.function(body);
    };
    for index in 0..plan.functions.len() {
        let ty = match wrap(plan.functions[index].signature, plan.signatures.len()) {
            Some(ty) => context.signature_index(ty),
            None => context.type_index(Signature::start()),
        };
        add(ty, &function::program(&mut context, index));
    }
    for (index, entry) in plan.entries.iter().enumerate() {
        let ty = context.type_index(entry_signature(entry));
        add(ty, &function::entry(&mut context, index));
    }
    if context.trackers > 0 {
        let ty = context.type_index(tracker::note_signature());
        add(ty, &tracker::note());
        let ty = context.type_index(tracker::expecting_signature());
        add(ty, &tracker::expecting());
    }
    if context.trackers > 2 {
        let ty = context.type_index(tracker::drain_signature());
        add(ty, &tracker::drain(&mut context));
    }
    let mut globals = GlobalSection::new();
    let own = GlobalType {
        val_type: ValType::I32,
        mutable: true,
        shared: false,
    };
    globals.global(own, &ConstExpr::i32_const(plan.fuel as i32));
    let mut exports = ExportSection::new();
    let mut next = context.entry(plan.entries.len()) + context.trackers;
    for index in 0..plan.entries.len() {
        exports.export(&format!("e{index}"), ExportKind::Func, context.entry(index));
        if let Lift::Callback(callback) = &plan.entries[index].lift {
            let ty = context.type_index(callback_signature());
            add(ty, &function::callback(&mut context, index, callback));
            globals.global(own, &ConstExpr::i32_const(0));
            exports.export(&format!("c{index}"), ExportKind::Func, next);
            next += 1;
        }
        if let Some(ops) = plan.entries[index].post_return() {
            let ty = context.type_index(post_return_signature(&plan.entries[index]));
            add(ty, &function::post_return(&mut context, index, ops));
            exports.export(&format!("p{index}"), ExportKind::Func, next);
            next += 1;
        }
    }
    if number == 0 {
        let ty = context.type_index(Signature::default());
        add(ty, &state::encode(&mut context));
        exports.export(state::NAME, ExportKind::Func, next);
        next += 1;
    }
    let mut start = None;
    if !plan.start_function.is_empty() {
        let ty = context.type_index(Signature::default());
        add(
            ty,
            &function::start_function(&mut context, &plan.start_function),
        );
        start = Some(next);
        next += 1;
    }
    let mut hooks = Vec::new();
    if !plan.realloc.is_empty() {
        let ty = context.start_type_index();
        add(ty, &function::realloc(&mut context, &plan.realloc));
        hooks.push((store::REALLOC_HOOK, next));
        next += 1;
    }
    if !plan.destructor.is_empty() {
        let ty = context.start_type_index();
        add(ty, &function::destructor(&mut context, &plan.destructor));
        hooks.push((store::DESTRUCTOR_HOOK, next));
    }

    if let Some(smith) = &plan.smith {
        for (_, import) in smith::BEGIN {
            context.import(import);
        }
        for &import in &smith.built_ins {
            context.import(smith::built_in(resolved, number, import));
        }
        for (i, &helper) in smith.helpers.iter().enumerate() {
            if let Some(helper) = wrap(helper, plan.functions.len()) {
                let name = format!("{HELPER}{i}");
                exports.export(&name, ExportKind::Func, context.function(helper));
            }
        }
    }

    let imports = import_section(&mut context);
    let tables = table_section(&mut context, &mut exports);
    let mut module = Module::new();
    module
        .section(&types(&context))
        .section(&imports)
        .section(&functions);
    if !tables.is_empty() {
        module.section(&tables);
    }
    module.section(&globals).section(&exports);
    if let Some(function_index) = start {
        module.section(&StartSection { function_index });
    }
    let elements = element_section(&mut context, &segments, &hooks);
    if !elements.is_empty() {
        module.section(&elements);
    }
    module.section(&code);
    (module, context.imports)
}

fn types(context: &Context) -> TypeSection {
    let mut types = TypeSection::new();
    declared::declare(context.instance, &mut types);
    let all = context
        .instance
        .signatures
        .iter()
        .map(encoded)
        .chain(context.types.iter().cloned());
    for signature in all {
        let params = signature.params.iter().map(|&ty| val_type(ty));
        types
            .ty()
            .function(params, signature.results.iter().map(|&ty| val_type(ty)));
    }
    if context
        .imports
        .iter()
        .any(|import| matches!(import, Import::SpawnRef(_)))
    {
        // The last type: see `import_section`.
        let start = context
            .instance
            .signatures
            .iter()
            .position(Signature::is_start);
        let extra = || context.types.iter().position(Signature::is_start);
        let start = start.or_else(|| Some(context.instance.signatures.len() + extra()?));
        let start = context.first_type() + start.expect("import_section has added it") as u32;
        let reference = RefType {
            nullable: true,
            heap_type: HeapType::Concrete(start),
        };
        types
            .ty()
            .function([ValType::Ref(reference), ValType::I32], [ValType::I32]);
    }
    types
}

fn import_section(context: &mut Context) -> ImportSection {
    let imports = context.imports.clone();
    let mut list = Vec::new();
    for &import in &imports {
        let signature = if let Import::Lowered {
            callee,
            asynchronous,
        } = import
        {
            Some(lowered_signature(
                context.resolved.entry(callee),
                asynchronous,
            ))
        } else {
            import_signature(import, &context.resolved.channels)
        };
        list.push(if let Import::SpawnRef(_) = import {
            context.start_type_index();
            None
        } else {
            let signature = signature.expect("every import has a type, and every channel is there");
            Some(context.type_index(signature))
        });
    }
    let typed = |table: &Table| table.element == Element::Start;
    let start = match context.instance.tables.iter().any(typed) {
        true => context.start_type_index(),
        false => 0,
    };
    // The type of `thread.spawn-ref` comes after all others.
    let spawn_ref =
        context.first_type() + (context.instance.signatures.len() + context.types.len()) as u32;
    let mut section = ImportSection::new();
    for (i, (ty, import)) in list.iter().zip(&imports).enumerate() {
        let ty = EntityType::Function(ty.unwrap_or(spawn_ref));
        if let Import::Start(start) = import
            && context.instance.tables_in_main
        {
            section.import(STORE, &format!("{START}{start}"), ty);
        } else {
            section.import(FUNCTIONS, &i.to_string(), ty);
        }
    }
    if !context.instance.tables_in_main {
        for (i, table) in context.instance.tables.iter().enumerate() {
            let ty = store::table_type(table, start);
            section.import(STORE, &format!("t{i}"), ty);
        }
    }
    if store::has_hooks(context.instance) {
        section.import(STORE, store::HOOKS, store::hooks_type(context.instance));
    }
    section.import(STORE, "m", store::memory_type());
    for (i, &global) in context.instance.globals.iter().enumerate() {
        section.import(STORE, &format!("g{i}"), store::global_type(global));
    }
    section
}

/// The tables that the module has itself. It exports them.
fn table_section(context: &mut Context, exports: &mut ExportSection) -> TableSection {
    let mut section = TableSection::new();
    if context.instance.tables_in_main {
        for (i, table) in context.instance.tables.iter().enumerate() {
            let start = match table.element {
                Element::Func => 0,
                Element::Start => context.start_type_index(),
            };
            section.table(store::table_type(table, start));
            exports.export(&format!("t{i}"), ExportKind::Table, context.table(i));
        }
    }
    section
}

/// A segment of the module: its mode and its functions, `None` for null.
struct Encoded {
    mode: SegmentMode,
    element: Element,
    functions: Vec<Option<u32>>,
    expressions: bool,
}

fn segments(context: &mut Context) -> Vec<Encoded> {
    let mut list = Vec::new();
    for segment in &context.instance.segments {
        let mut items = segment.items.as_slice();
        let mut mode = Some(segment.mode);
        let mut element = Element::Func;
        if let SegmentMode::Active { table, offset } = segment.mode {
            mode = wrap(table, context.instance.tables.len()).map(|table| {
                let size = store::table_size(&context.instance.tables[table]) as usize;
                element = context.instance.tables[table].element;
                items = &items[..items.len().min(size.saturating_sub(offset as usize))];
                SegmentMode::Active {
                    table,
                    offset: offset.min(size as u32),
                }
            });
        }
        let index = mode.map(|mode| {
            let functions = items
                .iter()
                .map(|&item| context.item_function(context.fitting(item, element)))
                .collect();
            list.push(Encoded {
                mode,
                element,
                functions,
                expressions: segment.expressions,
            });
            list.len() as u32 - 1
        });
        context.segments.push(index);
    }
    list
}

fn element_section(
    context: &mut Context,
    segments: &[Encoded],
    hooks: &[(u32, u32)],
) -> ElementSection {
    let mut section = ElementSection::new();
    for segment in segments {
        let plain: Option<Vec<u32>> = segment.functions.iter().copied().collect();
        let elements = match plain {
            Some(functions) if !segment.expressions && segment.element == Element::Func => {
                Elements::Functions(functions.into())
            }
            Some(_) | None => {
                let ty = context.element_type(segment.element);
                let expressions = segment.functions.iter().map(|function| match function {
                    Some(function) => ConstExpr::ref_func(*function),
                    None => ConstExpr::ref_null(ty.heap_type),
                });
                Elements::Expressions(ty, expressions.collect())
            }
        };
        let offset;
        let mode = match segment.mode {
            SegmentMode::Active { table, offset: at } => {
                offset = ConstExpr::i32_const(at as i32);
                ElementMode::Active {
                    table: Some(context.table(table)),
                    offset: &offset,
                }
            }
            SegmentMode::Passive => ElementMode::Passive,
            SegmentMode::Declared => ElementMode::Declared,
        };
        section.segment(ElementSegment { mode, elements });
    }
    for &(place, function) in hooks {
        let table = Some(context.hooks());
        let offset = ConstExpr::i32_const(place as i32);
        section.active(table, &offset, Elements::Functions((&[function]).into()));
    }
    if !context.referenced.is_empty() {
        let functions: Vec<u32> = context.referenced.iter().copied().collect();
        section.declared(Elements::Functions(functions.into()));
    }
    section
}
