//! The core types of what a plan names (CanonicalABI.md, `flatten_functype` and the validation of each `canon`).

use crate::plan::{CoreType, Entry, Import, Lift, Signature};
use spawndiff_corpus::Type;
use wasm_encoder::ValType;

/// The flat type of a scalar (CanonicalABI.md, `flatten_type`).
pub(super) fn flat(ty: Type) -> CoreType {
    match ty {
        Type::Bool
        | Type::S8
        | Type::U8
        | Type::S16
        | Type::U16
        | Type::S32
        | Type::U32
        | Type::Char => CoreType::I32,
        Type::S64 | Type::U64 => CoreType::I64,
        Type::F32 => CoreType::F32,
        Type::F64 => CoreType::F64,
    }
}

pub(super) fn val_type(ty: CoreType) -> ValType {
    match ty {
        CoreType::I32 => ValType::I32,
        CoreType::I64 => ValType::I64,
        CoreType::F32 => ValType::F32,
        CoreType::F64 => ValType::F64,
        CoreType::FuncRef => ValType::FUNCREF,
        CoreType::ExternRef => ValType::EXTERNREF,
    }
}

/// A signature as it is encoded: one that would be equal to the erased type of `thread.spawn-ref` loses its result.
pub(super) fn encoded(signature: &Signature) -> Signature {
    let mut signature = signature.clone();
    if signature.is_erased_spawn_ref() {
        signature.results.clear();
    }
    signature
}

/// The type of an entry's core function.
pub(crate) fn entry_signature(entry: &Entry) -> Signature {
    let results = match entry.lift {
        Lift::SyncTyped(_) | Lift::Sync(_) => entry.result.map(flat).into_iter().collect(),
        Lift::Stackful => Vec::new(),
        Lift::Callback(_) => vec![CoreType::I32],
    };
    Signature {
        params: entry.params.iter().map(|&ty| flat(ty)).collect(),
        results,
    }
}

/// The type of an entry's post-return function: it takes what the core function returns.
pub(super) fn post_return_signature(entry: &Entry) -> Signature {
    Signature {
        params: entry_signature(entry).results,
        results: Vec::new(),
    }
}

/// The type of an import of `main`. The first parameter of `thread.spawn-ref` is a typed reference; here it is given as
/// `funcref`.
pub(crate) fn import_signature(import: Import) -> Signature {
    use CoreType::{FuncRef, I32, I64};
    let signature = |params: &[CoreType], results: &[CoreType]| Signature {
        params: params.to_vec(),
        results: results.to_vec(),
    };
    match import {
        Import::Log => signature(&[I32, I64], &[]),
        Import::Mark | Import::ResumeLater | Import::ContextSet(_) => signature(&[I32], &[]),
        Import::Start(_) => signature(&[I32, I32], &[I32]),
        Import::SpawnRef(_) => signature(&[FuncRef, I32], &[I32]),
        Import::Suspend(_)
        | Import::Yield(_)
        | Import::ThreadIndex
        | Import::AvailableParallelism
        | Import::ContextGet(_) => signature(&[], &[I32]),
        Import::SuspendThenResume(_)
        | Import::YieldThenResume(_)
        | Import::SuspendThenPromote(_)
        | Import::YieldThenPromote(_) => signature(&[I32], &[I32]),
        Import::TaskReturn(result) => Signature {
            params: result.map(flat).into_iter().collect(),
            results: Vec::new(),
        },
    }
}
