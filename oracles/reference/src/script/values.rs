//! The values of scripts as the reference has them, and back: they are told apart by the type.

use super::super::abi::Value as AbiValue;
use super::super::types::ValType;
use spawndiff_observation::scripts::{Handle, Value};

/// A script's value, as one of the type `ty`. `None`: it is of another type.
pub(super) fn to_abi(value: &Value, ty: &ValType) -> Option<AbiValue> {
    Some(match (value, ty) {
        (&Value::Bool(v), ValType::Bool) => AbiValue::Bool(v),
        (&Value::S8(v), ValType::S8) => AbiValue::S8(v),
        (&Value::U8(v), ValType::U8) => AbiValue::U8(v),
        (&Value::S16(v), ValType::S16) => AbiValue::S16(v),
        (&Value::U16(v), ValType::U16) => AbiValue::U16(v),
        (&Value::S32(v), ValType::S32) => AbiValue::S32(v),
        (&Value::U32(v), ValType::U32) => AbiValue::U32(v),
        (&Value::S64(v), ValType::S64) => AbiValue::S64(v),
        (&Value::U64(v), ValType::U64) => AbiValue::U64(v),
        (&Value::F32(v), ValType::F32) => AbiValue::f32(v),
        (&Value::F64(v), ValType::F64) => AbiValue::f64(v),
        (&Value::Char(v), ValType::Char) => AbiValue::Char(v),
        (Value::String(v), ValType::String) => AbiValue::string(v),
        (Value::List(values), ValType::List(ty, length)) => {
            if length.is_some_and(|length| length as usize != values.len()) {
                return None;
            }
            AbiValue::List(all(values, std::iter::repeat(&**ty))?)
        }
        (Value::List(values), ValType::Map(k, v)) => {
            let pair = |value: &Value| match value {
                Value::Tuple(pair) => match pair.as_slice() {
                    [key, value] => {
                        Some(AbiValue::Record(vec![to_abi(key, k)?, to_abi(value, v)?]))
                    }
                    _ => None,
                },
                _ => None,
            };
            AbiValue::List(values.iter().map(pair).collect::<Option<_>>()?)
        }
        (Value::Map(pairs), ValType::Map(k, v)) => {
            let pair = |(key, value): &(Value, Value)| {
                Some(AbiValue::Record(vec![to_abi(key, k)?, to_abi(value, v)?]))
            };
            AbiValue::List(pairs.iter().map(pair).collect::<Option<_>>()?)
        }
        (Value::Record(values), ValType::Record(fields)) if values.len() == fields.len() => {
            let field = |((name, value), (label, ty)): (&(String, Value), &(String, ValType))| {
                (name == label).then(|| to_abi(value, ty))?
            };
            AbiValue::Record(
                values
                    .iter()
                    .zip(&**fields)
                    .map(field)
                    .collect::<Option<_>>()?,
            )
        }
        (Value::Tuple(values), ValType::Tuple(types)) if values.len() == types.len() => {
            AbiValue::Record(all(values, types.iter())?)
        }
        (Value::Variant(label, payload), ValType::Variant(cases)) => {
            let case = cases.iter().position(|(case, _)| case == label)?;
            AbiValue::variant(
                case as u32,
                payload_to_abi(payload.as_deref(), cases[case].1.as_ref())?,
            )
        }
        (Value::Enum(label), ValType::Enum(labels)) => {
            let case = labels.iter().position(|other| other == label)?;
            AbiValue::variant(case as u32, None)
        }
        (Value::Option(None), ValType::Option(_)) => AbiValue::variant(0, None),
        (Value::Option(Some(payload)), ValType::Option(ty)) => {
            AbiValue::variant(1, Some(to_abi(payload, ty)?))
        }
        (Value::Result(Ok(payload)), ValType::Result { ok, .. }) => {
            AbiValue::variant(0, payload_to_abi(payload.as_deref(), ok.as_deref())?)
        }
        (Value::Result(Err(payload)), ValType::Result { err, .. }) => {
            AbiValue::variant(1, payload_to_abi(payload.as_deref(), err.as_deref())?)
        }
        (Value::Flags(set), ValType::Flags(labels)) => {
            let mut bits = 0;
            for label in set {
                bits |= 1 << labels.iter().position(|other| other == label)?;
            }
            AbiValue::Flags(bits)
        }
        _ => return None,
    })
}

/// A list of values, each of the next of the types.
fn all<'t>(values: &[Value], types: impl Iterator<Item = &'t ValType>) -> Option<Vec<AbiValue>> {
    values
        .iter()
        .zip(types)
        .map(|(value, ty)| to_abi(value, ty))
        .collect()
}

/// A payload: one must be there where the case has a type, and only there.
fn payload_to_abi(value: Option<&Value>, ty: Option<&ValType>) -> Option<Option<AbiValue>> {
    match (value, ty) {
        (Some(value), Some(ty)) => Some(Some(to_abi(value, ty)?)),
        (None, None) => Some(None),
        (Some(_), None) | (None, Some(_)) => None,
    }
}

/// A value of the type `ty`, as a script has it. `None`: it is not of that type.
pub(super) fn from_abi(value: &AbiValue, ty: &ValType) -> Option<Value> {
    Some(match (value, ty) {
        (&AbiValue::Bool(v), ValType::Bool) => Value::Bool(v),
        (&AbiValue::S8(v), ValType::S8) => Value::S8(v),
        (&AbiValue::U8(v), ValType::U8) => Value::U8(v),
        (&AbiValue::S16(v), ValType::S16) => Value::S16(v),
        (&AbiValue::U16(v), ValType::U16) => Value::U16(v),
        (&AbiValue::S32(v), ValType::S32) => Value::S32(v),
        (&AbiValue::U32(v), ValType::U32) => Value::U32(v),
        (&AbiValue::S64(v), ValType::S64) => Value::S64(v),
        (&AbiValue::U64(v), ValType::U64) => Value::U64(v),
        (&AbiValue::F32(v), ValType::F32) => Value::F32(v),
        (&AbiValue::F64(v), ValType::F64) => Value::F64(v),
        (&AbiValue::Char(v), ValType::Char) => Value::Char(v),
        (AbiValue::String(v), ValType::String) => Value::String(v.text().to_string()),
        (AbiValue::List(values), ValType::List(ty, _)) => {
            let each = values.iter().map(|value| from_abi(value, ty));
            Value::List(each.collect::<Option<_>>()?)
        }
        (AbiValue::List(values), ValType::Map(k, v)) => {
            let pair = |value: &AbiValue| match value {
                AbiValue::Record(pair) => match pair.as_slice() {
                    [key, value] => Some((from_abi(key, k)?, from_abi(value, v)?)),
                    _ => None,
                },
                _ => None,
            };
            Value::Map(values.iter().map(pair).collect::<Option<_>>()?)
        }
        (AbiValue::Record(values), ValType::Record(fields)) => {
            let field = |(value, (label, ty)): (&AbiValue, &(String, ValType))| {
                Some((label.clone(), from_abi(value, ty)?))
            };
            Value::Record(
                values
                    .iter()
                    .zip(&**fields)
                    .map(field)
                    .collect::<Option<_>>()?,
            )
        }
        (AbiValue::Record(values), ValType::Tuple(types)) => {
            let each = values.iter().zip(&**types);
            let each = each.map(|(value, ty)| from_abi(value, ty));
            Value::Tuple(each.collect::<Option<_>>()?)
        }
        (AbiValue::Variant { case, payload }, ValType::Variant(cases)) => {
            let (label, ty) = cases.get(*case as usize)?;
            let payload = payload_from_abi(payload.as_deref(), ty.as_ref())?;
            Value::Variant(label.clone(), payload)
        }
        (AbiValue::Variant { case, .. }, ValType::Enum(labels)) => {
            Value::Enum(labels.get(*case as usize)?.clone())
        }
        (AbiValue::Variant { payload, .. }, ValType::Option(ty)) => match payload {
            Some(payload) => Value::Option(Some(Box::new(from_abi(payload, ty)?))),
            None => Value::Option(None),
        },
        (AbiValue::Variant { case: 0, payload }, ValType::Result { ok, .. }) => {
            Value::Result(Ok(payload_from_abi(payload.as_deref(), ok.as_deref())?))
        }
        (AbiValue::Variant { case: _, payload }, ValType::Result { err, .. }) => {
            Value::Result(Err(payload_from_abi(payload.as_deref(), err.as_deref())?))
        }
        (AbiValue::Flags(bits), ValType::Flags(labels)) => {
            let set = labels.iter().enumerate();
            let set = set.filter(|(bit, _)| bits >> bit & 1 == 1);
            Value::Flags(set.map(|(_, label)| label.clone()).collect())
        }
        (AbiValue::Own(_), ValType::Own(_)) => Value::Handle(Handle::Own),
        (AbiValue::Borrow(_), ValType::Borrow(_)) => Value::Handle(Handle::Borrow),
        (AbiValue::Stream(_), ValType::Stream(_)) => Value::Handle(Handle::Stream),
        (AbiValue::Future(_), ValType::Future(_)) => Value::Handle(Handle::Future),
        (AbiValue::ErrorContext(_), ValType::ErrorContext) => Value::Handle(Handle::ErrorContext),
        _ => return None,
    })
}

fn payload_from_abi(value: Option<&AbiValue>, ty: Option<&ValType>) -> Option<Option<Box<Value>>> {
    match (value, ty) {
        (Some(value), Some(ty)) => Some(Some(Box::new(from_abi(value, ty)?))),
        (None, None) => Some(None),
        (Some(_), None) | (None, Some(_)) => None,
    }
}
