//! The core module `store`: it owns the shared state, a memory, globals, and the tables if `main` does not. Its only code is what
//! canonical definitions need before the module `main` is there, `realloc` and a resource's destructor, and the functions through which
//! `main` calls definitions that come after it. The operations that a plan wants of `realloc` and the destructor besides are in `main`,
//! which puts them into the table of hooks.

use super::memory::MEMORY;
use super::names::{FUNCTIONS, START, STORE};
use crate::limits::{DESTROYED_ADDRESS, HEAP_ADDRESS, MEMORY_MAXIMUM, SAMPLES_ADDRESS};
use crate::plan::{Element, Global, Instance, Misplacement, Op, Table, sample};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, DataSection, ElementSection, Elements, EntityType,
    ExportKind, ExportSection, Function, FunctionSection, GlobalSection, GlobalType, HeapType,
    ImportSection, MemorySection, MemoryType, Module, RefType, TableSection, TableType,
    TypeSection, ValType,
};

/// The names of the functions.
pub(super) const REALLOC: &str = "realloc";
pub(super) const DESTRUCTOR: &str = "destroy";

/// The table through which `realloc` and the destructor call a function of `main`, of type `(func (param i32))`, where
/// the plan wants one: `realloc` passes the size that it is asked for, the destructor its representation.
pub(super) const HOOKS: &str = "h";
/// The places in the table of hooks.
pub(super) const REALLOC_HOOK: u32 = 0;
/// See [`REALLOC_HOOK`].
pub(super) const DESTRUCTOR_HOOK: u32 = 1;

/// See [`REALLOC_HOOK`]. The function that shows the final state of the module that wasm-smith has made; its type is `(func)`.
pub(super) const STATE_HOOK: u32 = 2;
/// See [`REALLOC_HOOK`]. The first of the functions of that module, which have types of their own.
pub(super) const SMITH_HOOKS: u32 = 3;

/// See [`REALLOC_HOOK`]. The first of the definitions that start threads, where `main` has the tables.
pub(super) fn start_hooks(instance: &Instance) -> u32 {
    match &instance.smith {
        None => DESTRUCTOR_HOOK + 1,
        Some(smith) => SMITH_HOOKS + smith.functions.len() as u32,
    }
}

pub(super) fn has_hooks(instance: &Instance) -> bool {
    !instance.realloc.is_empty()
        || !instance.destructor.is_empty()
        || instance.smith.is_some()
        || instance.tables_in_main
}

pub(super) fn hooks_type(instance: &Instance) -> TableType {
    let starts = match instance.tables_in_main {
        true => instance.starts.len() as u32,
        false => 0,
    };
    let size = start_hooks(instance) + starts;
    let hooks = Table {
        element: Element::Func,
        initial: size,
        maximum: Some(size),
    };
    table_type(&hooks, 0)
}

/// The largest first size that a table is encoded with, whatever the plan says.
const TABLE_SIZE_MAXIMUM: u32 = 1 << 12;

/// How many entries a table has at first.
pub(super) fn table_size(table: &Table) -> u32 {
    table.initial.min(TABLE_SIZE_MAXIMUM)
}

/// The type of the entries of a table, in a module in which `(func (param i32))` has the index `start`.
pub(super) fn element_type(element: Element, start: u32) -> RefType {
    match element {
        Element::Func => RefType::FUNCREF,
        Element::Start => RefType {
            nullable: true,
            heap_type: HeapType::Concrete(start),
        },
    }
}

/// The type of a table, in a module in which `(func (param i32))` has the index `start`.
pub(super) fn table_type(table: &Table, start: u32) -> TableType {
    let initial = table_size(table);
    TableType {
        element_type: element_type(table.element, start),
        table64: false,
        minimum: initial.into(),
        maximum: table.maximum.map(|maximum| maximum.max(initial).into()),
        shared: false,
    }
}

pub(super) fn memory_type() -> MemoryType {
    MemoryType {
        minimum: 1,
        maximum: Some(MEMORY_MAXIMUM),
        memory64: false,
        shared: false,
        page_size_log2: None,
    }
}

pub(super) fn global_type(global: Global) -> GlobalType {
    let val_type = match global {
        Global::I32(_) => ValType::I32,
        Global::I64(_) => ValType::I64,
    };
    GlobalType {
        val_type,
        mutable: true,
        shared: false,
    }
}

/// Encodes the module. It has `realloc` and the samples of strings if `text`.
pub(super) fn encode(instance: &Instance, text: bool) -> Module {
    let mut types = TypeSection::new();
    // The type of start functions comes first, if a table needs it.
    if instance
        .tables
        .iter()
        .any(|table| table.element == Element::Start)
    {
        types.ty().function([ValType::I32], []);
    }
    let mut tables = TableSection::new();
    let mut memories = MemorySection::new();
    let mut globals = GlobalSection::new();
    let mut exports = ExportSection::new();
    if !instance.tables_in_main {
        for (i, table) in (0..).zip(&instance.tables) {
            tables.table(table_type(table, 0));
            exports.export(&format!("t{i}"), ExportKind::Table, i);
        }
    }
    let hooks = tables.len();
    if has_hooks(instance) {
        tables.table(hooks_type(instance));
        exports.export(HOOKS, ExportKind::Table, hooks);
    }
    memories.memory(memory_type());
    exports.export("m", ExportKind::Memory, 0);
    for (i, &global) in (0..).zip(&instance.globals) {
        let value = match global {
            Global::I32(value) => ConstExpr::i32_const(value),
            Global::I64(value) => ConstExpr::i64_const(value),
        };
        globals.global(global_type(global), &value);
        exports.export(&format!("g{i}"), ExportKind::Global, i);
    }

    let mut functions = FunctionSection::new();
    let mut code = CodeSection::new();
    let hook = |types: &mut TypeSection, ops: &[Op]| {
        (!ops.is_empty()).then(|| {
            let ty = types.len();
            types.ty().function([ValType::I32], []);
            (hooks, ty)
        })
    };
    if text {
        let heap = globals.len();
        globals.global(
            global_type(Global::I32(0)),
            &ConstExpr::i32_const(HEAP_ADDRESS as i32),
        );
        exports.export(REALLOC, ExportKind::Func, functions.len());
        functions.function(types.len());
        types.ty().function([ValType::I32; 4], [ValType::I32]);
        let hook = hook(&mut types, &instance.realloc);
        code.function(&realloc(heap, hook, instance.misplacement));
    }
    if instance.resource == Some(true) {
        exports.export(DESTRUCTOR, ExportKind::Func, functions.len());
        functions.function(types.len());
        types.ty().function([ValType::I32], []);
        let hook = hook(&mut types, &instance.destructor);
        code.function(&destructor(hook));
    }

    if instance.tables_in_main && !instance.starts.is_empty() {
        let ty = types.len();
        types.ty().function([ValType::I32; 2], [ValType::I32]);
        for (i, hook) in (start_hooks(instance)..)
            .take(instance.starts.len())
            .enumerate()
        {
            exports.export(&format!("{START}{i}"), ExportKind::Func, functions.len());
            functions.function(ty);
            let mut function = Function::new([]);
            let mut sink = function.instructions();
            sink.local_get(0).local_get(1).i32_const(hook as i32);
            sink.call_indirect(hooks, ty).end();
            code.function(&function);
        }
    }

    let mut module = Module::new();
    if !types.is_empty() {
        module.section(&types);
    }
    if !functions.is_empty() {
        module.section(&functions);
    }
    if !tables.is_empty() {
        module.section(&tables);
    }
    module
        .section(&memories)
        .section(&globals)
        .section(&exports);
    if !functions.is_empty() {
        module.section(&code);
    }
    if text {
        let mut data = DataSection::new();
        let offset = ConstExpr::i32_const(SAMPLES_ADDRESS as i32);
        data.active(0, &offset, sample::data(instance.encoding));
        module.section(&data);
    }
    module
}

/// The module that puts the definitions that start threads, which it imports by number, into the table of hooks.
pub(super) fn late_starts(instance: &Instance, starts: &[usize]) -> Module {
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32; 2], [ValType::I32]);
    let mut imports = ImportSection::new();
    let mut elements = ElementSection::new();
    for (function, start) in (0..).zip(starts) {
        imports.import(FUNCTIONS, &start.to_string(), EntityType::Function(0));
        let place = start_hooks(instance) + *start as u32;
        let offset = ConstExpr::i32_const(place as i32);
        elements.active(Some(0), &offset, Elements::Functions((&[function]).into()));
    }
    imports.import(STORE, HOOKS, hooks_type(instance));
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&elements);
    module
}

/// The function `realloc`: it gives out the memory from [`HEAP_ADDRESS`] to the end of the first page, and begins again
/// when that is used up. Nothing is ever so large that it does not fit, and nothing is kept for so long that it matters.
/// The alignments and sizes that the function was asked for show in the addresses that it gives.
fn realloc(heap: u32, hook: Option<(u32, u32)>, misplacement: Option<Misplacement>) -> Function {
    let (old, old_size, alignment, size, address) = (0, 1, 2, 3, 4);
    let mut function = Function::new([(1, ValType::I32)]);
    let mut sink = function.instructions();
    if let Some((table, ty)) = hook {
        sink.local_get(size)
            .i32_const(REALLOC_HOOK as i32)
            .call_indirect(table, ty);
    }
    // address = (heap + 3 * alignment - 1) & -alignment
    sink.global_get(heap)
        .local_get(alignment)
        .i32_const(3)
        .i32_mul()
        .i32_add()
        .i32_const(1)
        .i32_sub();
    sink.i32_const(0)
        .local_get(alignment)
        .i32_sub()
        .i32_and()
        .local_tee(address);
    sink.local_get(size)
        .i32_add()
        .i32_const(0x1_0000)
        .i32_gt_u();
    sink.if_(BlockType::Empty)
        .i32_const(HEAP_ADDRESS as i32)
        .local_set(address)
        .end();
    sink.local_get(address)
        .local_get(size)
        .i32_add()
        .local_get(old_size)
        .i32_add()
        .global_set(heap);
    // A place that is made larger moves.
    sink.local_get(address)
        .local_get(old)
        .local_get(old_size)
        .local_get(size);
    sink.local_get(old_size).local_get(size).i32_lt_u().select();
    sink.memory_copy(0, 0).local_get(address);
    if let Some(Misplacement { beyond, again }) = misplacement {
        match again {
            true => sink.local_get(old).i32_eqz().i32_eqz(),
            false => sink.i32_const(1),
        };
        let further = if beyond { MEMORY_MAXIMUM << 16 } else { 1 };
        sink.i32_const(further as i32).i32_mul().i32_add();
    }
    sink.end();
    function
}

/// The destructor: it adds the representation that it is given to a cell of the memory.
fn destructor(hook: Option<(u32, u32)>) -> Function {
    let mut function = Function::new([]);
    let mut sink = function.instructions();
    let address = DESTROYED_ADDRESS as i32;
    sink.i32_const(address).i32_const(address).i32_load(MEMORY);
    sink.local_get(0).i32_add().i32_store(MEMORY);
    if let Some((table, ty)) = hook {
        sink.local_get(0)
            .i32_const(DESTRUCTOR_HOOK as i32)
            .call_indirect(table, ty);
    }
    sink.end();
    function
}
