//! The core types of what a plan names (CanonicalABI.md, `flatten_functype` and the validation of each `canon`).

use crate::plan::{Channel, CoreType, Entry, Import, Lift, Signature, ValueType};
use spawndiff_corpus::Type;
use wasm_encoder::ValType;

/// The flat type of a scalar (CanonicalABI.md, `flatten_type`).
pub(super) fn flat_scalar(ty: Type) -> CoreType {
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

/// The flat types of a value.
pub(crate) fn flat(ty: ValueType) -> &'static [CoreType] {
    match ty {
        ValueType::Scalar(ty) => match flat_scalar(ty) {
            CoreType::I64 => &[CoreType::I64],
            CoreType::F32 => &[CoreType::F32],
            CoreType::F64 => &[CoreType::F64],
            CoreType::I32 | CoreType::FuncRef | CoreType::ExternRef => &[CoreType::I32],
        },
        ValueType::String | ValueType::Bytes => &[CoreType::I32, CoreType::I32],
        ValueType::Own(_) | ValueType::Borrow(_) | ValueType::Channel(_) => &[CoreType::I32],
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
        Lift::SyncTyped(_) | Lift::Sync(_) => match entry.result.map(flat) {
            None => Vec::new(),
            Some([one]) => vec![*one],
            // Described in memory.
            Some(_) => vec![CoreType::I32],
        },
        Lift::Stackful => Vec::new(),
        Lift::Callback(_) => vec![CoreType::I32],
    };
    Signature {
        params: entry
            .params
            .iter()
            .flat_map(|&ty| flat(ty))
            .copied()
            .collect(),
        results,
    }
}

/// The type of an import of `main` that is no function of another instance. The first parameter of `thread.spawn-ref` is a
/// typed reference; here it is given as `funcref`.
pub(crate) fn import_signature(import: Import, channels: &[Channel]) -> Option<Signature> {
    use CoreType::{FuncRef, I32, I64};
    let signature = |params: &[CoreType], results: &[CoreType]| Signature {
        params: params.to_vec(),
        results: results.to_vec(),
    };
    Some(match import {
        Import::Log => signature(&[I32, I64], &[]),
        Import::Mark
        | Import::ResumeLater
        | Import::ContextSet(_)
        | Import::SubtaskDrop
        | Import::SetDrop
        | Import::DropEnd { .. }
        | Import::ResourceDrop(_) => signature(&[I32], &[]),
        Import::Start(_) => signature(&[I32, I32], &[I32]),
        Import::SpawnRef(_) => signature(&[FuncRef, I32], &[I32]),
        Import::Suspend(_)
        | Import::Yield(_)
        | Import::ThreadIndex
        | Import::AvailableParallelism
        | Import::ContextGet(_)
        | Import::SetNew => signature(&[], &[I32]),
        Import::SuspendThenResume(_)
        | Import::YieldThenResume(_)
        | Import::SuspendThenPromote(_)
        | Import::YieldThenPromote(_)
        | Import::SubtaskCancel(_)
        | Import::CancelCopy { .. }
        | Import::ResourceNew
        | Import::ResourceRep => signature(&[I32], &[I32]),
        Import::SetWait(_) | Import::SetPoll(_) => signature(&[I32, I32], &[I32]),
        Import::TaskReturn(result) => Signature {
            params: result.map(flat).unwrap_or_default().to_vec(),
            results: Vec::new(),
        },
        Import::TaskCancel | Import::BackpressureInc | Import::BackpressureDec => {
            signature(&[], &[])
        }
        Import::Join => signature(&[I32, I32], &[]),
        Import::ChannelNew(_) => signature(&[], &[I64]),
        Import::Copy { channel, .. } => match channels.get(channel)?.future {
            false => signature(&[I32, I32, I32], &[I32]),
            true => signature(&[I32, I32], &[I32]),
        },
        Import::Lowered { .. } => return None,
    })
}
