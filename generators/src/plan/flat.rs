//! The flat types of values (CanonicalABI.md, `flatten_type`).

use super::core_type::CoreType;
use super::entry::Entry;
use super::value::ValueType;
use spawndiff_corpus::Type;

/// The flat type of a scalar.
pub(crate) fn flat_scalar(ty: Type) -> CoreType {
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

/// The flat types of the parameters of an entry.
pub(crate) fn flat_params(entry: &Entry) -> Vec<CoreType> {
    entry
        .params
        .iter()
        .flat_map(|&ty| flat(ty))
        .copied()
        .collect()
}
