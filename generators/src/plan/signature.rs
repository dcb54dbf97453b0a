//! The core types of the functions that a plan names (CanonicalABI.md, `flatten_functype` and the validation of each
//! `canon`).

use super::core_type::{CoreType, Declared, Signature};
use super::entry::{Entry, Lift};
use super::flat::{flat, flat_params};
use super::instance::Instance;
use super::item::Import;
use super::value::Channel;
use super::wrap::wrap;

/// Flat parameters of a function that is lowered `async`, at most (CanonicalABI.md, `MAX_FLAT_ASYNC_PARAMS`).
const MAX_FLAT_ASYNC_PARAMS: usize = 4;

/// A signature as it is encoded: one that would be equal to the erased type of `thread.spawn-ref` loses its result.
pub(crate) fn encoded(signature: &Signature) -> Signature {
    let mut signature = signature.clone();
    if signature.is_erased_spawn_ref() {
        signature.results.clear();
    }
    signature
}

/// The type of a program function, or of another that names one of the instance's signatures, as it is encoded.
pub(crate) fn named_signature(instance: &Instance, signature: usize) -> Signature {
    match wrap(signature, instance.signatures.len()) {
        Some(signature) => encoded(&instance.signatures[signature]),
        None => Signature::start(),
    }
}

/// The type of a function of the module that wasm-smith makes: what that module declares, it declares alone.
pub(crate) fn smith_signature(instance: &Instance, signature: usize) -> Signature {
    Signature {
        declared: Declared::Alone,
        ..named_signature(instance, signature)
    }
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
        params: flat_params(entry),
        results,
        ..Signature::default()
    }
}

/// The type of an entry's post-return function: it takes what the core function returns.
pub(crate) fn post_return_signature(entry: &Entry) -> Signature {
    Signature {
        params: entry_signature(entry).results,
        results: Vec::new(),
        ..Signature::default()
    }
}

/// `(func (param i32 i32 i32) (result i32))` (CanonicalABI.md, "`canonopt` Validation").
pub(crate) fn callback_signature() -> Signature {
    Signature {
        params: vec![CoreType::I32; 3],
        results: vec![CoreType::I32],
        ..Signature::default()
    }
}

/// The core type of an entry that another instance has lowered (`flatten_functype`, `lower`).
pub(crate) fn lowered_signature(entry: &Entry, asynchronous: bool) -> Signature {
    let mut params = flat_params(entry);
    let mut results: Vec<CoreType> = entry.result.map(flat).unwrap_or_default().to_vec();
    if asynchronous {
        if params.len() > MAX_FLAT_ASYNC_PARAMS {
            params = vec![CoreType::I32];
        }
        params.extend(entry.result.map(|_| CoreType::I32));
        results = vec![CoreType::I32];
    } else if results.len() > 1 {
        params.push(CoreType::I32);
        results.clear();
    }
    Signature {
        params,
        results,
        ..Signature::default()
    }
}

/// Whether the flat parameters are too many for a function that is lowered `async`.
pub(crate) fn spills(entry: &Entry) -> bool {
    flat_params(entry).len() > MAX_FLAT_ASYNC_PARAMS
}

/// The type of an import of `main` that is no function of another instance. The first parameter of `thread.spawn-ref` is a
/// typed reference; here it is given as `funcref`.
pub(crate) fn import_signature(import: Import, channels: &[Channel]) -> Option<Signature> {
    use CoreType::{FuncRef, I32, I64};
    let signature = |params: &[CoreType], results: &[CoreType]| Signature {
        params: params.to_vec(),
        results: results.to_vec(),
        ..Signature::default()
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
            ..Signature::default()
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
