//! The export `state`, which logs the final shared state, so that this is a part of the trace.
//!
//! The export logs in this order, with points from [`STATE_POINT`]: every global, the fuel left, the memory's size and a
//! sum over its first bytes, and for each table its size and a mask of which of its first entries are not null. The state of the
//! module that wasm-smith has made follows, where there is one.

use super::context::Context;
use super::store;
use crate::limits::{CHECKED_BYTES, CHECKED_ENTRIES, STATE_POINT};
use crate::plan::{Global, Import, Signature};
use wasm_encoder::{BlockType, Function, InstructionSink, MemArg, ValType};

/// The name of the export.
pub(super) const NAME: &str = "state";

pub(super) fn encode(context: &mut Context) -> Function {
    let log = context.import(Import::Log);
    let smith = context.instance.smith.is_some();
    let smith = smith.then(|| context.type_index(Signature::default()));
    let mut function = Function::new([(1, ValType::I32), (1, ValType::I64)]);
    let (index, sum) = (0, 1);
    let mut code = function.instructions();
    let mut points = STATE_POINT as i32..;
    let mut point = move || points.next().expect("there is no last point");

    for (i, global) in (0..).zip(&context.instance.globals) {
        code.i32_const(point()).global_get(i);
        if let Global::I32(_) = global {
            code.i64_extend_i32_u();
        }
        code.call(log);
    }
    code.i32_const(point())
        .global_get(context.fuel_global())
        .i64_extend_i32_u()
        .call(log);
    code.i32_const(point())
        .memory_size(0)
        .i64_extend_i32_u()
        .call(log);

    // sum = rotl(sum, 7) ^ word, for each word
    code.loop_(BlockType::Empty)
        .local_get(sum)
        .i64_const(7)
        .i64_rotl()
        .local_get(index);
    code.i64_load(MemArg {
        offset: 0,
        align: 3,
        memory_index: 0,
    })
    .i64_xor()
    .local_set(sum);
    code.local_get(index)
        .i32_const(8)
        .i32_add()
        .local_tee(index);
    code.i32_const(CHECKED_BYTES as i32)
        .i32_lt_u()
        .br_if(0)
        .end();
    code.i32_const(point()).local_get(sum).call(log);

    for number in 0..context.instance.tables.len() {
        let number = context.table(number);
        table(&mut code, number, log, (index, sum), &mut point);
    }
    if let Some(ty) = smith {
        let hooks = context.hooks();
        code.i32_const(store::STATE_HOOK as i32)
            .call_indirect(hooks, ty);
    }
    code.end();
    function
}

/// Logs the size of a table, and which of its first entries are not null. The two locals, an `i32` and an `i64`, are for its use.
pub(super) fn table(
    code: &mut InstructionSink<'_>,
    table: u32,
    log: u32,
    (index, sum): (u32, u32),
    point: &mut impl FnMut() -> i32,
) {
    code.i32_const(point())
        .table_size(table)
        .i64_extend_i32_u()
        .call(log);
    // From the last of the entries down to the first: sum = sum << 1 | !null. One past the end counts as null.
    code.i64_const(0).local_set(sum);
    code.table_size(table).i32_const(CHECKED_ENTRIES as i32);
    code.table_size(table)
        .i32_const(CHECKED_ENTRIES as i32)
        .i32_lt_u()
        .select();
    code.local_set(index);
    code.block(BlockType::Empty).loop_(BlockType::Empty);
    code.local_get(index).i32_eqz().br_if(1);
    code.local_get(index)
        .i32_const(1)
        .i32_sub()
        .local_tee(index)
        .table_get(table);
    code.ref_is_null().i32_eqz().i64_extend_i32_u();
    code.local_get(sum)
        .i64_const(1)
        .i64_shl()
        .i64_or()
        .local_set(sum);
    code.br(0).end().end();
    code.i32_const(point()).local_get(sum).call(log);
}
