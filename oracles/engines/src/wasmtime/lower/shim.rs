//! Shims: core functions that stand in for a canonical definition, written in terms of other canonical definitions.
//!
//! A batch of shims is one core module. The module gets the canonical definitions that its functions call from an instance `canon`,
//! and a private table and two globals from an instance `state` that all batches of a component share.

use wasm_encoder::{
    CodeSection, ConstExpr, ElementSection, Elements, EntityType, ExportKind, ExportSection,
    Function, FunctionSection, GlobalSection, GlobalType, HeapType, ImportSection, InstructionSink,
    Module, RefType, TableSection, TableType, TypeSection, ValType,
};
use wasmparser::CanonicalFunction;

/// The type of a parameter of a shim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::wasmtime) enum Param {
    /// An `i32`.
    I32,
    /// `(ref null $start)`, where `$start` is `(func (param i32))`.
    Start,
}

/// A function that a shim calls.
#[derive(Clone, Debug)]
pub(in crate::wasmtime) enum Callee {
    /// A canonical definition, its indices those of the component before it is rewritten.
    Canon(CanonicalFunction, Signature),
    /// `thread.new-indirect` of this core type on the private table.
    NewIndirectOnSlot(u32),
}

/// How many `i32` parameters and results a core function has.
pub(in crate::wasmtime) type Signature = (u32, u32);

/// Writes the instructions of a shim.
pub(in crate::wasmtime) type Body = Box<dyn Fn(&mut InstructionSink<'_>, &Places)>;

/// A core function that stands in for a canonical definition.
pub(in crate::wasmtime) struct Shim {
    /// The types of the parameters of the shim.
    pub params: Vec<Param>,
    /// How many `i32` the shim returns.
    pub results: u32,
    /// The functions that the shim calls.
    pub callees: Vec<Callee>,
    /// The table, by its index in the component before it is rewritten, that the body reads.
    pub table: Option<u32>,
    /// Whether the shim uses the private table, the globals or the start function that does nothing.
    pub state: bool,
    /// Writes the instructions of the shim, without the last `end`. One local of each of `i32` and `funcref` follows the
    /// parameters.
    pub body: Body,
}

/// Where a shim's body finds things: indices in the shim module.
#[cfg_attr(
    not(any(test, feature = "mutants")),
    expect(dead_code, reason = "mutants use what the lowering does not")
)]
pub(in crate::wasmtime) struct Places {
    /// The functions for the shim's callees, in their order.
    pub callees: Vec<u32>,
    /// A start function that does nothing.
    pub noop: u32,
    /// The table that the shim reads.
    pub table: u32,
    /// The private table, of one element.
    pub slot: u32,
    /// The type `(func (param i32))`.
    pub start: u32,
    /// Two mutable `i32` globals.
    pub globals: [u32; 2],
}

const START_TYPE: u32 = 0;
/// The names under which the modules find each other.
pub(super) const CANON: &str = "canon";
pub(super) const STATE: &str = "state";
/// The name of the private table in the state module.
pub(super) const SLOT: &str = "slot";
/// The name of the start function that does nothing.
const NOOP: &str = "noop";
const GLOBALS: [&str; 2] = ["global0", "global1"];

/// The module that owns the private table and the globals of one component, and a start function that does nothing.
pub(super) fn state_module() -> Module {
    let mut tables = TableSection::new();
    tables.table(funcref_table(1, Some(1)));
    let mut globals = GlobalSection::new();
    let mut exports = ExportSection::new();
    exports.export(SLOT, ExportKind::Table, 0);
    for (i, name) in GLOBALS.into_iter().enumerate() {
        globals.global(mutable_i32(), &ConstExpr::i32_const(0));
        exports.export(name, ExportKind::Global, i as u32);
    }
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32], []);
    let mut functions = FunctionSection::new();
    functions.function(START_TYPE);
    exports.export(NOOP, ExportKind::Func, 0);
    let mut code = CodeSection::new();
    let mut noop = Function::new([]);
    noop.instructions().end();
    code.function(&noop);

    let mut module = Module::new();
    module
        .section(&types)
        .section(&functions)
        .section(&tables)
        .section(&globals);
    module.section(&exports).section(&code);
    module
}

/// The module of a batch of shims. It exports the shims under their positions, and imports from [`CANON`] the callees of all
/// shims in order, numbered from zero, and the table of shim `n` as `table<n>`.
pub(super) fn shim_module(shims: &[Shim]) -> Module {
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32], []);
    let mut imports = ImportSection::new();
    let mut functions = FunctionSection::new();
    let mut exports = ExportSection::new();
    let mut elements = ElementSection::new();
    let mut code = CodeSection::new();

    let mut imported = 0;
    let mut tables = 0;
    let mut places = Vec::new();
    for (n, shim) in shims.iter().enumerate() {
        let mut callees = Vec::new();
        for callee in &shim.callees {
            let (params, results) = callee.signature();
            let ty = types.len();
            types.ty().function(i32s(params), i32s(results));
            imports.import(CANON, &imported.to_string(), EntityType::Function(ty));
            callees.push(imported);
            imported += 1;
        }
        if shim.table.is_some() {
            imports.import(CANON, &table_name(n), funcref_table(0, None));
            tables += 1;
        }
        places.push((callees, tables));
    }
    let state = shims.iter().any(|shim| shim.state);
    if state {
        imports.import(STATE, SLOT, funcref_table(1, Some(1)));
        for name in GLOBALS {
            imports.import(STATE, name, mutable_i32());
        }
        imports.import(STATE, NOOP, EntityType::Function(START_TYPE));
        elements.declared(Elements::Functions([imported][..].into()));
        imported += 1;
    }
    let noop = imported.saturating_sub(1);

    for (n, (shim, (callees, seen))) in shims.iter().zip(places).enumerate() {
        let ty = types.len();
        types.ty().function(
            shim.params.iter().map(|param| param.ty()),
            i32s(shim.results),
        );
        functions.function(ty);
        exports.export(&n.to_string(), ExportKind::Func, imported + n as u32);
        let places = Places {
            callees,
            noop,
            table: u32::saturating_sub(seen, 1),
            slot: tables,
            start: START_TYPE,
            globals: [0, 1],
        };
        let mut function = Function::new([(1, ValType::I32), (1, ValType::FUNCREF)]);
        let mut body = function.instructions();
        (shim.body)(&mut body, &places);
        body.end();
        code.function(&function);
    }
    let mut module = Module::new();
    module
        .section(&types)
        .section(&imports)
        .section(&functions)
        .section(&exports);
    module.section(&elements).section(&code);
    module
}

/// The name under which the table of the shim at position `n` is imported.
pub(super) fn table_name(n: usize) -> String {
    format!("table{n}")
}

impl Callee {
    fn signature(&self) -> Signature {
        match self {
            Callee::Canon(_, signature) => *signature,
            Callee::NewIndirectOnSlot(_) => (2, 1),
        }
    }
}

impl Param {
    fn ty(self) -> ValType {
        match self {
            Param::I32 => ValType::I32,
            Param::Start => ValType::Ref(RefType {
                nullable: true,
                heap_type: HeapType::Concrete(START_TYPE),
            }),
        }
    }
}

fn i32s(count: u32) -> impl ExactSizeIterator<Item = ValType> {
    (0..count as usize).map(|_| ValType::I32)
}

fn funcref_table(minimum: u64, maximum: Option<u64>) -> TableType {
    TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum,
        maximum,
        shared: false,
    }
}

fn mutable_i32() -> GlobalType {
    GlobalType {
        val_type: ValType::I32,
        mutable: true,
        shared: false,
    }
}
