//! The core module `store`: it owns the shared state, a memory, tables and globals, and has no code.

use crate::limits::MEMORY_MAXIMUM;
use crate::plan::{Global, Plan, Table};
use wasm_encoder::{
    ConstExpr, ExportKind, ExportSection, GlobalSection, GlobalType, MemorySection, MemoryType,
    Module, RefType, TableSection, TableType, ValType,
};

/// The largest first size that a table is encoded with, whatever the plan says.
const TABLE_SIZE_MAXIMUM: u32 = 1 << 12;

pub(super) fn table_type(table: &Table) -> TableType {
    let initial = table.initial.min(TABLE_SIZE_MAXIMUM);
    TableType {
        element_type: RefType::FUNCREF,
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

pub(super) fn encode(plan: &Plan) -> Module {
    let mut tables = TableSection::new();
    let mut memories = MemorySection::new();
    let mut globals = GlobalSection::new();
    let mut exports = ExportSection::new();
    for (i, table) in (0..).zip(&plan.tables) {
        tables.table(table_type(table));
        exports.export(&format!("t{i}"), ExportKind::Table, i);
    }
    memories.memory(memory_type());
    exports.export("m", ExportKind::Memory, 0);
    for (i, &global) in (0..).zip(&plan.globals) {
        let value = match global {
            Global::I32(value) => ConstExpr::i32_const(value),
            Global::I64(value) => ConstExpr::i64_const(value),
        };
        globals.global(global_type(global), &value);
        exports.export(&format!("g{i}"), ExportKind::Global, i);
    }
    let mut module = Module::new();
    module
        .section(&tables)
        .section(&memories)
        .section(&globals)
        .section(&exports);
    module
}
