//! The imports and exports of a module that wasm-smith makes. They are given to wasm-smith as a module that has them and no code.

use crate::core_type::val_type;
use crate::plan::{CoreType, Signature};
use wasm_encoder::{
    CodeSection, ConstExpr, EntityType, ExportKind, ExportSection, Function, FunctionSection,
    GlobalSection, GlobalType, ImportSection, MemorySection, MemoryType, Module, RefType,
    TableSection, TableType, TypeSection, ValType,
};

/// The name of the memory that a module exports.
pub(crate) const MEMORY: &str = "m";
/// The name of the table that a module exports.
pub(crate) const TABLE: &str = "t";
/// How the names of the functions that a module exports begin; each has its number after it.
pub(crate) const FUNCTION: &str = "f";
/// How the names of the globals that a module exports begin; each has its number after it.
pub(crate) const GLOBAL: &str = "g";
/// The types of the mutable globals that a module exports.
pub(crate) const GLOBALS: [CoreType; 3] = [CoreType::I32, CoreType::I64, CoreType::F64];

/// The memory that a module has for itself: one page, and it may grow to two.
pub(crate) fn memory_type() -> MemoryType {
    MemoryType {
        minimum: 1,
        maximum: Some(2),
        memory64: false,
        shared: false,
        page_size_log2: None,
    }
}

/// The table that a module has for itself.
pub(crate) fn table_type() -> TableType {
    TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: 4,
        maximum: Some(8),
        shared: false,
    }
}

/// The imports and exports of a module.
#[derive(Default)]
pub(crate) struct Shape {
    types: Vec<Signature>,
    imports: ImportSection,
    counts: Counts,
    /// The types of the functions that it exports.
    exports: Vec<u32>,
}

/// How many things of each sort are imported.
#[derive(Default)]
struct Counts {
    functions: usize,
    tables: usize,
    globals: usize,
}

impl Shape {
    /// Adds the import of a function.
    pub(crate) fn import_function(&mut self, module: &str, name: &str, signature: Signature) {
        let ty = EntityType::Function(self.type_index(signature));
        self.imports.import(module, name, ty);
        self.counts.functions += 1;
    }

    /// Adds the import of a table.
    pub(crate) fn import_table(&mut self, module: &str, name: &str, ty: TableType) {
        self.imports.import(module, name, ty);
        self.counts.tables += 1;
    }

    /// Adds the import of a global.
    pub(crate) fn import_global(&mut self, module: &str, name: &str, ty: GlobalType) {
        self.imports.import(module, name, ty);
        self.counts.globals += 1;
    }

    /// Adds the export of a function, under the next number.
    pub(crate) fn export_function(&mut self, signature: Signature) {
        let ty = self.type_index(signature);
        self.exports.push(ty);
    }

    fn type_index(&mut self, signature: Signature) -> u32 {
        let place = self.types.iter().position(|other| *other == signature);
        let place = place.unwrap_or_else(|| {
            self.types.push(signature);
            self.types.len() - 1
        });
        place as u32
    }

    /// How many functions a module of this shape has at least.
    pub(super) fn functions(&self) -> usize {
        self.counts.functions + self.exports.len()
    }

    /// How many tables a module of this shape has.
    pub(super) fn tables(&self) -> usize {
        self.counts.tables + 1
    }

    /// How many globals a module of this shape has.
    pub(super) fn globals(&self) -> usize {
        self.counts.globals + GLOBALS.len()
    }

    /// How many types a module of this shape has at least.
    pub(super) fn types(&self) -> usize {
        self.types.len()
    }

    /// A module with this shape, whose functions trap.
    pub(super) fn module(&self) -> Vec<u8> {
        let mut types = TypeSection::new();
        for signature in &self.types {
            let core = |types: &[CoreType]| {
                types
                    .iter()
                    .map(|&ty| val_type(ty))
                    .collect::<Vec<ValType>>()
            };
            let (params, results) = (core(&signature.params), core(&signature.results));
            types.ty().function(params, results);
        }
        let mut exports = ExportSection::new();
        let mut functions = FunctionSection::new();
        let mut code = CodeSection::new();
        for (i, &ty) in (0..).zip(&self.exports) {
            functions.function(ty);
            let mut body = Function::new([]);
            body.instructions().unreachable().end();
            code.function(&body);
            let index = self.counts.functions as u32 + i;
            exports.export(&format!("{FUNCTION}{i}"), ExportKind::Func, index);
        }
        let mut tables = TableSection::new();
        tables.table(table_type());
        exports.export(TABLE, ExportKind::Table, self.counts.tables as u32);
        let mut memories = MemorySection::new();
        memories.memory(memory_type());
        exports.export(MEMORY, ExportKind::Memory, 0);
        let mut globals = GlobalSection::new();
        for (i, ty) in (0..).zip(&GLOBALS) {
            globals.global(global_type(*ty), &zero(*ty));
            let index = self.counts.globals as u32 + i;
            exports.export(&format!("{GLOBAL}{i}"), ExportKind::Global, index);
        }
        let mut module = Module::new();
        module
            .section(&types)
            .section(&self.imports)
            .section(&functions);
        module.section(&tables).section(&memories).section(&globals);
        module.section(&exports).section(&code);
        module.finish()
    }
}

fn zero(ty: CoreType) -> ConstExpr {
    match ty {
        CoreType::I32 => ConstExpr::i32_const(0),
        CoreType::I64 => ConstExpr::i64_const(0),
        CoreType::F32 => ConstExpr::f32_const(0.0.into()),
        CoreType::F64 => ConstExpr::f64_const(0.0.into()),
        CoreType::FuncRef => ConstExpr::ref_null(RefType::FUNCREF.heap_type),
        CoreType::ExternRef => ConstExpr::ref_null(RefType::EXTERNREF.heap_type),
    }
}

/// A mutable global of this type.
pub(crate) fn global_type(ty: CoreType) -> GlobalType {
    GlobalType {
        val_type: val_type(ty),
        mutable: true,
        shared: false,
    }
}
