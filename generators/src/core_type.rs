//! Core types as the encoder names them, and their default values.

use crate::plan::CoreType;
use wasm_encoder::{InstructionSink, ValType};

pub(crate) fn val_type(ty: CoreType) -> ValType {
    match ty {
        CoreType::I32 => ValType::I32,
        CoreType::I64 => ValType::I64,
        CoreType::F32 => ValType::F32,
        CoreType::F64 => ValType::F64,
        CoreType::FuncRef => ValType::FUNCREF,
        CoreType::ExternRef => ValType::EXTERNREF,
    }
}

/// Pushes the default value of a core type: zero or null.
pub(crate) fn default(code: &mut InstructionSink, ty: CoreType) {
    match ty {
        CoreType::I32 => code.i32_const(0),
        CoreType::I64 => code.i64_const(0),
        CoreType::F32 => code.f32_const(0.0.into()),
        CoreType::F64 => code.f64_const(0.0.into()),
        CoreType::FuncRef | CoreType::ExternRef => {
            let ValType::Ref(ty) = val_type(ty) else {
                return;
            };
            code.ref_null(ty.heap_type)
        }
    };
}
