//! Encodes one core function around its operations: the fuel check, the logs of its parameters, its results.

use super::body::Body;
use super::context::Context;
use super::event::TASK_CANCELLED;
use crate::core_type::default;
use crate::limits::{
    DESTRUCTOR, ENTRIES, POINTS_PER_FUNCTION, POINTS_PER_INSTANCE, START_FUNCTION,
};
use crate::plan::signature::{callback_signature, entry_signature, post_return_signature};
use crate::plan::{Callback, Code, CoreType, Import, Lift, Op, Scalar, Signature, ValueType};
use wasm_encoder::{BlockType, Function, ValType};

/// The first point of a function.
fn point(context: &Context, number: usize) -> u32 {
    context.number as u32 * POINTS_PER_INSTANCE + number as u32 * POINTS_PER_FUNCTION
}

fn body<'c, 'p>(
    context: &'c mut Context<'p>,
    number: usize,
    signature: &Signature,
    least_callee: usize,
) -> Body<'c, 'p> {
    let first_point = point(context, number);
    Body::new(context, first_point, &signature.params, least_callee)
}

/// A program function.
pub(super) fn program(context: &mut Context, index: usize) -> Function {
    let instance = context.instance;
    let signature = context.signature_of(index);
    let mut body = body(context, 2 * ENTRIES + index, &signature, index + 1);
    fuel_check(&mut body, |body| {
        signature
            .results
            .iter()
            .for_each(|&ty| default(&mut body.code(), ty));
    });
    body.log_parameters(&signature.params, 1);
    body.ops(&instance.functions[index].body);
    for (i, &ty) in (1..).zip(&signature.results) {
        // Results that tell which function and which result they are.
        let value = index as i32 * 16 + i;
        let mut code = body.code();
        match ty {
            CoreType::I32 => code.i32_const(value),
            CoreType::I64 => code.i64_const(i64::from(value) << 30),
            CoreType::F32 => code.f32_const((value as f32 + 0.5).into()),
            CoreType::F64 => code.f64_const((f64::from(value) + 0.25).into()),
            CoreType::FuncRef => {
                let function = body.context.referenced(crate::plan::Item::Function(index));
                let function = function.expect("it is this function");
                body.code().ref_func(function);
                continue;
            }
            CoreType::ExternRef => {
                default(&mut code, ty);
                continue;
            }
        };
    }
    body.finish()
}

/// The core function of an entry.
pub(super) fn entry(context: &mut Context, index: usize) -> Function {
    let instance = context.instance;
    let entry = &instance.entries[index];
    let signature = entry_signature(entry);
    let countdown = context.fuel_global() + 1 + callbacks_before(context, index);
    let mut body = body(context, index, &signature, 0);
    fuel_check(&mut body, |body| {
        body.drop_borrows(entry);
        match &entry.lift {
            Lift::SyncTyped(_) | Lift::Sync(_) => {
                body.produce_result(entry.result, Scalar::Bits(0));
            }
            Lift::Stackful => task_return_default(body, entry.result),
            Lift::Callback(_) => {
                task_return_default(body, entry.result);
                body.code().i32_const(0);
            }
        }
    });
    body.log_parameters(&signature.params, PARAMETER_POINTS);
    body.keep_parameters(entry);
    if let Lift::Callback(callback) = &entry.lift {
        body.code()
            .i32_const(callback.countdown.min(crate::limits::COUNTDOWN) as i32);
        body.code().global_set(countdown);
    }
    body.ops(&entry.body);
    match &entry.lift {
        Lift::SyncTyped(value) | Lift::Sync(value) => body.produce_result(entry.result, *value),
        Lift::Stackful => {}
        Lift::Callback(callback) => packed(&mut body, callback.first),
    }
    body.finish()
}

/// The callback of an entry. Its countdown bounds it, so it needs no fuel.
pub(super) fn callback(context: &mut Context, index: usize, callback: &Callback) -> Function {
    let countdown = context.fuel_global() + 1 + callbacks_before(context, index);
    let signature = callback_signature();
    let mut body = body(context, ENTRIES + index, &signature, 0);
    body.log_parameters(&signature.params, 3);
    let (code, index, payload) = (0, 1, 2);
    body.code()
        .local_get(code)
        .i32_const(TASK_CANCELLED)
        .i32_eq();
    body.heed();
    if body.context.trackers > 0 {
        let note = body.context.note();
        body.code()
            .local_get(code)
            .local_get(index)
            .local_get(payload)
            .call(note);
    }
    body.ops(&callback.body);
    body.code().global_get(countdown).i32_const(0).i32_gt_s();
    if callback.heeds {
        let cancelled = body.cancelled_local();
        body.code().local_get(cancelled).i32_eqz().i32_and();
    }
    body.code().if_(BlockType::Result(ValType::I32));
    body.code()
        .global_get(countdown)
        .i32_const(1)
        .i32_sub()
        .global_set(countdown);
    packed(
        &mut body,
        match callback.again {
            Code::Yield(_) | Code::WaitOn(_) => callback.again,
            Code::Exit | Code::Wait(_) | Code::Invalid(_) => Code::Yield(0),
        },
    );
    body.code().else_();
    body.ops(&callback.last);
    // The last code is never YIELD: the callback would be called again for ever.
    packed(
        &mut body,
        match callback.last_code {
            Code::Yield(_) | Code::WaitOn(_) => Code::Exit,
            Code::Exit | Code::Wait(_) | Code::Invalid(_) => callback.last_code,
        },
    );
    body.code().end();
    body.finish()
}

/// The post-return function of an entry. It may not log; only functions that it calls use fuel.
pub(super) fn post_return(context: &mut Context, index: usize, ops: &[Op]) -> Function {
    let signature = post_return_signature(&context.instance.entries[index]);
    let first_point = point(context, ENTRIES + index);
    let mut body = Body::of_post_return(context, first_point, &signature.params);
    body.ops(ops);
    body.finish()
}

/// The start function.
pub(super) fn start_function(context: &mut Context, ops: &[Op]) -> Function {
    let mut body = body(context, START_FUNCTION, &Signature::default(), 0);
    fuel_check(&mut body, |_| {});
    body.log_parameters(&[], 1);
    body.ops(ops);
    body.finish()
}

/// The function that does what the destructor is to do besides. Its parameter is the representation.
pub(super) fn destructor(context: &mut Context, ops: &[Op]) -> Function {
    let signature = Signature::start();
    let mut body = body(context, DESTRUCTOR, &signature, 0);
    fuel_check(&mut body, |_| {});
    body.log_parameters(&signature.params, 1);
    body.ops(ops);
    body.finish()
}

/// The function that does what `realloc` is to do besides. Its parameter is the size. It may not log; only functions that
/// it calls use fuel.
pub(super) fn realloc(context: &mut Context, ops: &[Op]) -> Function {
    let mut body = Body::of_post_return(context, 0, &Signature::start().params);
    body.ops(ops);
    body.finish()
}

/// How many entries before this one have a callback.
fn callbacks_before(context: &Context, index: usize) -> u32 {
    let before = context.instance.entries[..index].iter();
    before
        .filter(|entry| matches!(entry.lift, Lift::Callback(_)))
        .count() as u32
}

/// Pushes the packed callback code (CanonicalABI.md, `unpack_callback_result`).
fn packed(body: &mut Body, code: Code) {
    let packed = match code {
        Code::Exit => 0,
        Code::Yield(upper) => (1 | upper << 4) as i32,
        Code::Wait(handle) => (2 | handle << 4) as i32,
        Code::WaitOn(slot) => return body.wait_on(slot),
        Code::Invalid(code) => (3 + code % 13) as i32,
    };
    body.code().i32_const(packed);
}

/// How many parameters an entry logs, at most: as many as there are points before those of its operations.
const PARAMETER_POINTS: usize = crate::limits::FIRST_OP_POINT as usize;

/// If no fuel is left, returns at once with what `results` pushes; otherwise uses some.
fn fuel_check(body: &mut Body, results: impl FnOnce(&mut Body)) {
    let fuel = body.context.fuel_global();
    body.code().global_get(fuel).i32_eqz().if_(BlockType::Empty);
    results(body);
    body.code().return_().end();
    body.code()
        .global_get(fuel)
        .i32_const(1)
        .i32_sub()
        .global_set(fuel);
}

fn task_return_default(body: &mut Body, result: Option<ValueType>) {
    body.produce(result, Scalar::Bits(0));
    let function = body.context.import(Import::TaskReturn(result));
    body.code().call(function);
}
