//! The core modules that random code needs: the shape of the module that wasm-smith makes, and the module that joins it to the
//! others. The first exports functions, and the second puts them where the plan wants them: into the tables of `store`. It also
//! has the code that shows the final state of the first.

use super::import::wrapped;
use super::names::{FUNCTIONS, HELPER, INDEX, LOG, MAIN, SMITH, STORE};
use super::resolved::ResolvedPlan;
use super::store;
use crate::core_type::val_type;
use crate::limits::{
    POINTS_PER_INSTANCE, SMITH_FUNCTIONS, SMITH_IMPORTS, SMITH_POINT, SMITH_STATE_POINT,
};
use crate::plan::signature::{import_signature, named_signature, smith_signature};
use crate::plan::{
    CoreType, Declared, Element, Import, Instance, Signature, Smith, SmithFunction, wrap,
};
use crate::smith::{
    Begin, FUNCTION, GLOBAL, GLOBALS, MEMORY, Refusal, Shape, TABLE, global_type, make,
    memory_type, table_type,
};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, ElementSection, Elements, EntityType, Function,
    FunctionSection, ImportSection, MemArg, Module, TypeSection, ValType,
};

/// Rounds of the loop that sums up the memory, and the words that each of them takes.
const SUM_ROUNDS: u32 = 512;
const SUM_WORDS: u32 = 16;

/// The two functions that each function of the module calls when it begins, in the order in which the module imports them.
pub(super) const BEGIN: [(&str, Import); 2] = [(LOG, Import::Log), (INDEX, Import::ThreadIndex)];

/// A built-in that the module imports. What it cannot import becomes `log`: a lowered function of another instance, and
/// `thread.spawn-ref`, which takes a typed reference.
pub(super) fn built_in(resolved: &ResolvedPlan, number: usize, import: Import) -> Import {
    match wrapped(resolved, number, import) {
        Import::Lowered { .. } | Import::SpawnRef(_) => Import::Log,
        other => other,
    }
}

/// Makes the modules of a plan. An instance whose module is refused goes without one. Returns why modules were refused.
pub(super) fn make_all(resolved: &mut ResolvedPlan) -> Vec<Refusal> {
    let mut refused = Vec::new();
    for number in 0..resolved.instances.len() {
        let Some(mut smith) = resolved.instances[number].smith.take() else {
            continue;
        };
        smith.functions.truncate(SMITH_FUNCTIONS);
        smith.helpers.truncate(SMITH_IMPORTS);
        smith.built_ins.truncate(SMITH_IMPORTS);
        match module(resolved, number, &smith) {
            Ok(module) => {
                resolved.instances[number].smith = Some(smith);
                resolved.modules.insert(number, module);
            }
            Err(refusal) => refused.push(refusal),
        }
    }
    refused
}

/// The name of the module that an instance's tables are imported from.
fn tables_of(instance: &Instance) -> &'static str {
    match instance.tables_in_main {
        true => MAIN,
        false => STORE,
    }
}

fn module(resolved: &ResolvedPlan, number: usize, smith: &Smith) -> Result<Module, Refusal> {
    let instance = &resolved.instances[number];
    let mut shape = Shape::default();
    // What `Begin` calls comes first.
    for (name, import) in BEGIN {
        let signature =
            import_signature(import, &[]).expect("it is no function of another instance");
        shape.import_function(FUNCTIONS, name, signature);
    }
    for (i, &import) in smith.built_ins.iter().enumerate() {
        let import = built_in(resolved, number, import);
        let signature = import_signature(import, &resolved.channels);
        let signature = signature.expect("it is no function of another instance");
        shape.import_function(FUNCTIONS, &i.to_string(), signature);
    }
    for (i, &helper) in smith.helpers.iter().enumerate() {
        if let Some(helper) = wrap(helper, instance.functions.len()) {
            let signature = named_signature(instance, instance.functions[helper].signature);
            // Of another type, the module cannot import it.
            if signature.declared == Declared::Alone {
                shape.import_function(MAIN, &format!("{HELPER}{i}"), signature);
            }
        }
    }
    if smith.has_tables {
        for (i, table) in instance.tables.iter().enumerate() {
            // wasm-smith has typed references only with all of garbage collection.
            if table.element == Element::Func {
                let from = tables_of(instance);
                shape.import_table(from, &format!("t{i}"), store::table_type(table, 0));
            }
        }
    }
    if smith.has_globals {
        for (i, &global) in instance.globals.iter().enumerate() {
            shape.import_global(STORE, &format!("g{i}"), store::global_type(global));
        }
    }
    for function in &smith.functions {
        shape.export_function(smith_signature(instance, function.signature));
    }
    let bodies: Vec<_> = smith.functions.iter().map(|it| it.body).collect();
    let begin = (!instance.silent).then_some(Begin {
        point: number as u32 * POINTS_PER_INSTANCE + SMITH_POINT,
        log: 0,
        index: 1,
    });
    make(&smith.bytes, smith.instructions, &shape, &bodies, begin)
}

/// The joining module. It imports the tables of `store`, all that the module exports, and [`LOG`].
pub(super) fn joining(resolved: &ResolvedPlan, number: usize, smith: &Smith) -> Module {
    let instance = &resolved.instances[number];
    let mut types = TypeSection::new();
    let mut imports = ImportSection::new();
    let log = Signature {
        params: vec![CoreType::I32, CoreType::I64],
        results: Vec::new(),
        ..Signature::default()
    };
    let named = |function: &SmithFunction| smith_signature(instance, function.signature);
    // After the types of `log`, of the function that shows the state, and of start functions come those of the module's functions.
    let (state_type, start, first) = (1, 2, 3);
    let signatures = [log, Signature::default(), Signature::start()].into_iter();
    for signature in signatures.chain(smith.functions.iter().map(named)) {
        let core = |types: &[CoreType]| types.iter().map(|&ty| val_type(ty)).collect::<Vec<_>>();
        types
            .ty()
            .function(core(&signature.params), core(&signature.results));
    }
    imports.import(FUNCTIONS, LOG, EntityType::Function(0));
    for i in 0..smith.functions.len() as u32 {
        let ty = EntityType::Function(first + i);
        imports.import(SMITH, &format!("{FUNCTION}{i}"), ty);
    }
    for (i, table) in instance.tables.iter().enumerate() {
        let ty = store::table_type(table, start);
        imports.import(tables_of(instance), &format!("t{i}"), ty);
    }
    let hooks = instance.tables.len() as u32;
    imports.import(STORE, store::HOOKS, store::hooks_type(instance));
    imports.import(SMITH, TABLE, table_type());
    imports.import(SMITH, MEMORY, memory_type());
    for (i, &ty) in GLOBALS.iter().enumerate() {
        imports.import(SMITH, &format!("{GLOBAL}{i}"), global_type(ty));
    }

    let functions: Vec<u32> = (1..).take(smith.functions.len()).collect();
    let state = functions.len() as u32 + 1;
    let mut elements = ElementSection::new();
    let mut put = |table: u32, at: u32, items: Elements<'_>| {
        elements.active(Some(table), &ConstExpr::i32_const(at as i32), items);
    };
    for (function, &index) in smith.functions.iter().zip(&functions) {
        for &(table, at) in &function.entries {
            let Some(number) = wrap(table, instance.tables.len()) else {
                continue;
            };
            let table = &instance.tables[number];
            if at >= store::table_size(table) {
                continue;
            }
            match table.element {
                Element::Func => put(
                    number as u32,
                    at,
                    Elements::Functions([index].as_slice().into()),
                ),
                Element::Start if named(function).is_start() => {
                    let ty = store::element_type(Element::Start, start);
                    let function = [ConstExpr::ref_func(index)];
                    put(
                        number as u32,
                        at,
                        Elements::Expressions(ty, function.as_slice().into()),
                    );
                }
                Element::Start => {}
            }
        }
    }
    let state = [state];
    put(
        hooks,
        store::STATE_HOOK,
        Elements::Functions(state.as_slice().into()),
    );
    put(
        hooks,
        store::SMITH_HOOKS,
        Elements::Functions(functions.as_slice().into()),
    );

    let mut defined = FunctionSection::new();
    defined.function(state_type);
    let mut code = CodeSection::new();
    code.function(&state_function(hooks + 1));
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&defined);
    module.section(&elements).section(&code);
    module
}

/// The function that logs the state of the module: its globals, the sum over the first page of its memory and its size, the size
/// of its table and which of the first entries are not null.
fn state_function(table: u32) -> Function {
    let (index, sum) = (0, 1);
    let log = 0;
    let mut function = Function::new([(1, ValType::I32), (1, ValType::I64)]);
    let mut code = function.instructions();
    let mut points = SMITH_STATE_POINT as i32..;
    let mut point = move || points.next().expect("there is no last point");
    for (i, ty) in (0..).zip(GLOBALS) {
        code.i32_const(point()).global_get(i);
        match ty {
            CoreType::I32 => drop(code.i64_extend_i32_u()),
            CoreType::I64 => {}
            // Its bits are the program's: NaNs are canonical in it.
            CoreType::F64 => drop(code.i64_reinterpret_f64()),
            CoreType::F32 => drop(code.i32_reinterpret_f32().i64_extend_i32_u()),
            CoreType::FuncRef | CoreType::ExternRef => drop(code.ref_is_null().i64_extend_i32_u()),
        }
        code.call(log);
    }
    code.i32_const(point())
        .memory_size(0)
        .i64_extend_i32_u()
        .call(log);
    // sum = rotl(sum, 7) ^ word, for each word of the first page
    code.loop_(BlockType::Empty);
    for word in 0..SUM_WORDS {
        code.local_get(sum).i64_const(7).i64_rotl().local_get(index);
        code.i64_load(MemArg {
            offset: u64::from(word) * 8,
            align: 3,
            memory_index: 0,
        })
        .i64_xor()
        .local_set(sum);
    }
    code.local_get(index)
        .i32_const((SUM_WORDS * 8) as i32)
        .i32_add()
        .local_tee(index);
    code.i32_const((SUM_ROUNDS * SUM_WORDS * 8) as i32)
        .i32_lt_u()
        .br_if(0)
        .end();
    code.i32_const(point()).local_get(sum).call(log);
    super::state::table(&mut code, table, log, (index, sum), &mut point);
    code.end();
    function
}
