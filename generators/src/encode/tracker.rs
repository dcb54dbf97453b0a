//! The functions with which an instance that uses handles keeps track of them. `note` keeps the state of each handle
//! beside its cell; `expecting` says whether a waitable set has anything to wait for; `drain` sees to all subtasks before
//! a thread ends.

use super::context::Context;
use super::event::{FUTURE_READ, OF_CANCEL, SUBTASK};
use super::memory::MEMORY;
use crate::limits::{
    CANCELLED, CELLS, CELLS_ADDRESS, DRAIN_ROUNDS, EVENT_ADDRESS, JOINED_ADDRESS, STATUS_ADDRESS,
    SUBTASKS, WAITED_FOR,
};
use crate::plan::{Code, CoreType, Import, Instance, Lift, Op, Signature};
use wasm_encoder::{BlockType, Function, InstructionSink, ValType};

/// How many of the tracking functions an instance needs: none, the first two, or all three.
pub(super) fn count(instance: &Instance) -> u32 {
    if needs_drain(instance) {
        3
    } else if needs_tracking(instance) {
        2
    } else {
        0
    }
}

fn needs_drain(instance: &Instance) -> bool {
    let mut needs = false;
    instance.visit(&mut |op| needs |= matches!(op, Op::Drain));
    needs
}

/// Whether an instance needs the tracking functions `note` and `expecting`.
fn needs_tracking(instance: &Instance) -> bool {
    let mut needs = instance.entries.iter().any(|entry| match &entry.lift {
        Lift::Callback(callback) => [callback.first, callback.again]
            .iter()
            .any(|code| matches!(code, Code::WaitOn(_))),
        Lift::SyncTyped(_) | Lift::Sync(_) | Lift::Stackful => false,
    });
    instance.visit(&mut |op| {
        needs |= matches!(
            op,
            Op::SubtaskCancel { .. }
                | Op::SetWait { .. }
                | Op::SetPoll { .. }
                | Op::SetDrop { .. }
                | Op::Copy { .. }
                | Op::CancelCopy { .. }
        );
    });
    needs
}

/// The type of `note`, which takes the event's code, index and payload.
pub(super) fn note_signature() -> Signature {
    Signature {
        params: vec![CoreType::I32; 3],
        results: Vec::new(),
        ..Signature::default()
    }
}

/// The type of `expecting`, which takes a set and whether any element counts, and returns whether the set has such an
/// element.
pub(super) fn expecting_signature() -> Signature {
    Signature {
        params: vec![CoreType::I32; 2],
        results: vec![CoreType::I32],
        ..Signature::default()
    }
}

/// The function `note`, which keeps the states of handles: for each cell that holds the event's index, by the event's
/// code.
pub(super) fn note() -> Function {
    let (code, index, payload, cell) = (0, 1, 2, 3);
    let mut function = Function::new([(1, ValType::I32)]);
    let mut sink = function.instructions();
    sink.local_get(index)
        .i32_eqz()
        .if_(BlockType::Empty)
        .return_()
        .end();
    sink.loop_(BlockType::Empty);
    sink.local_get(cell)
        .i32_load(at(CELLS_ADDRESS))
        .local_get(index)
        .i32_eq();
    sink.if_(BlockType::Empty).local_get(cell);
    // A subtask: its state, or that its cancellation was asked for.
    sink.local_get(cell)
        .i32_load(at(STATUS_ADDRESS))
        .i32_const(CANCELLED)
        .i32_or();
    sink.local_get(cell)
        .i32_load(at(STATUS_ADDRESS))
        .i32_const(CANCELLED)
        .i32_and();
    sink.local_get(payload).i32_or();
    sink.local_get(payload).i32_const(-1).i32_eq().select();
    // A copy: under way, or done if the other end is gone, or the one value of a future is.
    sink.i32_const(1)
        .i32_const(3)
        .local_get(code)
        .i32_const(OF_CANCEL)
        .i32_lt_u()
        .select();
    sink.i32_const(2).i32_const(0);
    sink.local_get(payload)
        .i32_const(15)
        .i32_and()
        .i32_const(1)
        .i32_eq();
    sink.local_get(payload)
        .i32_const(15)
        .i32_and()
        .i32_const(2)
        .i32_ne();
    sink.local_get(code)
        .i32_const(15)
        .i32_and()
        .i32_const(FUTURE_READ)
        .i32_lt_u()
        .select();
    sink.select();
    sink.local_get(payload).i32_const(-1).i32_eq().select();
    sink.local_get(code).i32_const(SUBTASK).i32_eq().select();
    sink.i32_store(at(STATUS_ADDRESS)).end();
    next_cell(&mut sink, cell, 4 * CELLS as i32);
    sink.end().end();
    function
}

/// The function `expecting`, which says whether a set has something to wait for.
pub(super) fn expecting() -> Function {
    let (set, any, cell) = (0, 1, 2);
    let mut function = Function::new([(1, ValType::I32)]);
    let mut sink = function.instructions();
    sink.loop_(BlockType::Empty);
    sink.local_get(cell)
        .i32_load(at(CELLS_ADDRESS))
        .i32_const(0)
        .i32_ne();
    sink.local_get(cell)
        .i32_load(at(JOINED_ADDRESS))
        .local_get(set)
        .i32_eq()
        .i32_and();
    // A subtask is under way below state 2, a copy where the status is odd.
    sink.local_get(cell)
        .i32_load(at(STATUS_ADDRESS))
        .i32_const(15)
        .i32_and()
        .i32_const(2);
    sink.i32_lt_u();
    sink.local_get(cell)
        .i32_load(at(STATUS_ADDRESS))
        .i32_const(1)
        .i32_and();
    sink.local_get(cell)
        .i32_const(4 * SUBTASKS as i32)
        .i32_lt_u()
        .select();
    sink.local_get(any).i32_or().i32_and();
    sink.if_(BlockType::Empty).i32_const(1).return_().end();
    next_cell(&mut sink, cell, 4 * CELLS as i32);
    sink.end().i32_const(0).end();
    function
}

/// Goes on with the next cell, up to `end`.
fn next_cell(sink: &mut InstructionSink<'_>, cell: u32, end: i32) {
    sink.local_get(cell).i32_const(4).i32_add().local_tee(cell);
    sink.i32_const(end).i32_lt_u().br_if(0);
}

fn at(address: u32) -> wasm_encoder::MemArg {
    wasm_encoder::MemArg {
        offset: address.into(),
        ..MEMORY
    }
}

/// The type of `drain`, which returns how many subtasks it has dropped.
pub(super) fn drain_signature() -> Signature {
    Signature {
        params: Vec::new(),
        results: vec![CoreType::I64],
        ..Signature::default()
    }
}

/// The function `drain`, which sees to all subtasks: they are joined to a set of its own, which it polls, yielding in
/// between, for a number of rounds; the subtasks that have resolved by then are dropped.
pub(super) fn drain(context: &mut Context) -> Function {
    let (set, cell, rounds, event, dropped) = (0, 1, 2, 3, 4);
    let all = 4 * SUBTASKS as i32;
    let new = context.import(Import::SetNew);
    let join = context.import(Import::Join);
    let poll = context.import(Import::SetPoll(false));
    let yield_ = context.import(Import::Yield(false));
    let drop_subtask = context.import(Import::SubtaskDrop);
    let drop_set = context.import(Import::SetDrop);
    let (note, expecting) = (context.note(), context.expecting());
    let mut function = Function::new([(4, ValType::I32), (1, ValType::I64)]);
    let mut sink = function.instructions();
    let load = |sink: &mut InstructionSink<'_>, address| {
        sink.local_get(cell).i32_load(at(address));
    };
    sink.call(new).local_set(set);
    sink.loop_(BlockType::Empty);
    load(&mut sink, CELLS_ADDRESS);
    sink.i32_const(0).i32_ne();
    load(&mut sink, STATUS_ADDRESS);
    sink.i32_const(WAITED_FOR | 15)
        .i32_and()
        .i32_const(2)
        .i32_lt_u()
        .i32_and();
    sink.if_(BlockType::Empty);
    load(&mut sink, CELLS_ADDRESS);
    sink.local_get(set).call(join);
    sink.local_get(cell)
        .local_get(set)
        .i32_store(at(JOINED_ADDRESS))
        .end();
    next_cell(&mut sink, cell, all);
    sink.end();

    sink.i32_const(DRAIN_ROUNDS).local_set(rounds);
    sink.block(BlockType::Empty).loop_(BlockType::Empty);
    sink.local_get(set)
        .i32_const(0)
        .call(expecting)
        .i32_eqz()
        .br_if(1);
    sink.local_get(set)
        .i32_const(EVENT_ADDRESS as i32)
        .call(poll)
        .local_tee(event);
    sink.if_(BlockType::Empty).local_get(event);
    sink.i32_const(EVENT_ADDRESS as i32).i32_load(MEMORY);
    sink.i32_const(EVENT_ADDRESS as i32 + 4)
        .i32_load(MEMORY)
        .call(note);
    sink.else_().call(yield_).drop().end();
    sink.local_get(rounds)
        .i32_const(1)
        .i32_sub()
        .local_tee(rounds)
        .br_if(0);
    sink.end().end();

    sink.i32_const(0).local_set(cell);
    sink.loop_(BlockType::Empty);
    load(&mut sink, CELLS_ADDRESS);
    sink.i32_const(0).i32_ne();
    load(&mut sink, STATUS_ADDRESS);
    sink.i32_const(15)
        .i32_and()
        .i32_const(2)
        .i32_ge_u()
        .i32_and();
    sink.if_(BlockType::Empty);
    load(&mut sink, CELLS_ADDRESS);
    sink.call(drop_subtask);
    for address in [CELLS_ADDRESS, STATUS_ADDRESS, JOINED_ADDRESS] {
        sink.local_get(cell).i32_const(0).i32_store(at(address));
    }
    sink.local_get(dropped)
        .i64_const(1)
        .i64_add()
        .local_set(dropped);
    sink.else_();
    load(&mut sink, JOINED_ADDRESS);
    sink.local_get(set).i32_eq().if_(BlockType::Empty);
    load(&mut sink, CELLS_ADDRESS);
    sink.i32_const(0).call(join);
    sink.local_get(cell)
        .i32_const(0)
        .i32_store(at(JOINED_ADDRESS))
        .end();
    sink.end();
    next_cell(&mut sink, cell, all);
    sink.end();
    sink.local_get(set).call(drop_set).local_get(dropped).end();
    function
}
