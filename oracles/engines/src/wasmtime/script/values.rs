//! The values of scripts and those of Wasmtime.

use super::wasmtime;
use super::{Host, text};
use spawndiff_observation::scripts::{Failure, Handle, Value};
use wasmtime::component::types::Field;
use wasmtime::component::{Type, Val};
use wasmtime::{ExternRef, Store, ValType};

/// A value as Wasmtime passes it to a parameter of this type; `None` if it does not fit.
pub(super) fn to_val(value: &Value, ty: &Type) -> Option<Val> {
    Some(match (value, ty) {
        (Value::Bool(v), Type::Bool) => Val::Bool(*v),
        (Value::S8(v), Type::S8) => Val::S8(*v),
        (Value::U8(v), Type::U8) => Val::U8(*v),
        (Value::S16(v), Type::S16) => Val::S16(*v),
        (Value::U16(v), Type::U16) => Val::U16(*v),
        (Value::S32(v), Type::S32) => Val::S32(*v),
        (Value::U32(v), Type::U32) => Val::U32(*v),
        (Value::S64(v), Type::S64) => Val::S64(*v),
        (Value::U64(v), Type::U64) => Val::U64(*v),
        (Value::F32(bits), Type::Float32) => Val::Float32(f32::from_bits(*bits)),
        (Value::F64(bits), Type::Float64) => Val::Float64(f64::from_bits(*bits)),
        (Value::Char(v), Type::Char) => Val::Char(*v),
        (Value::String(v), Type::String) => Val::String(v.clone()),
        (Value::List(v), Type::List(ty)) => Val::List(all(v, &ty.ty())?),
        (Value::List(v), Type::FixedLengthList(ty)) => Val::FixedLengthList(all(v, &ty.ty())?),
        (Value::List(v), Type::Map(ty)) => {
            let entry = |value: &Value| match value {
                Value::Tuple(pair) => match &pair[..] {
                    [key, value] => Some((to_val(key, &ty.key())?, to_val(value, &ty.value())?)),
                    _ => None,
                },
                _ => None,
            };
            Val::Map(v.iter().map(entry).collect::<Option<_>>()?)
        }
        (Value::Record(v), Type::Record(ty)) if v.len() == ty.fields().len() => {
            let field = |((name, value), field): (&(String, Value), Field<'_>)| {
                let value = to_val(value, &field.ty)?;
                (name == field.name).then(|| (name.clone(), value))
            };
            Val::Record(
                v.iter()
                    .zip(ty.fields())
                    .map(field)
                    .collect::<Option<_>>()?,
            )
        }
        (Value::Tuple(v), Type::Tuple(ty)) if v.len() == ty.types().len() => {
            let values = v.iter().zip(ty.types());
            Val::Tuple(
                values
                    .map(|(v, ty)| to_val(v, &ty))
                    .collect::<Option<_>>()?,
            )
        }
        (Value::Variant(name, v), Type::Variant(ty)) => {
            let case = ty.cases().find(|case| case.name == name)?;
            Val::Variant(name.clone(), payload(v, case.ty)?)
        }
        (Value::Enum(name), Type::Enum(ty)) if ty.names().any(|case| case == name) => {
            Val::Enum(name.clone())
        }
        (Value::Option(None), Type::Option(_)) => Val::Option(None),
        (Value::Option(v), Type::Option(ty)) => Val::Option(payload(v, Some(ty.ty()))?),
        (Value::Result(Ok(v)), Type::Result(ty)) => Val::Result(Ok(payload(v, ty.ok())?)),
        (Value::Result(Err(v)), Type::Result(ty)) => Val::Result(Err(payload(v, ty.err())?)),
        (Value::Flags(v), Type::Flags(ty))
            if v.iter().all(|name| ty.names().any(|flag| flag == name)) =>
        {
            Val::Flags(v.clone())
        }
        _ => return None,
    })
}

fn all(values: &[Value], ty: &Type) -> Option<Vec<Val>> {
    values.iter().map(|value| to_val(value, ty)).collect()
}

fn payload(value: &Option<Box<Value>>, ty: Option<Type>) -> Option<Option<Box<Val>>> {
    match (value, ty) {
        (Some(value), Some(ty)) => Some(Some(Box::new(to_val(value, &ty)?))),
        (None, None) => Some(None),
        (Some(_), None) | (None, Some(_)) => None,
    }
}

/// The value of a script for a value that came back from a component.
pub(super) fn from_val(value: &Val) -> Value {
    let all = |values: &[Val]| values.iter().map(from_val).collect();
    let payload = |value: &Option<Box<Val>>| value.as_ref().map(|value| Box::new(from_val(value)));
    match value {
        Val::Bool(v) => Value::Bool(*v),
        Val::S8(v) => Value::S8(*v),
        Val::U8(v) => Value::U8(*v),
        Val::S16(v) => Value::S16(*v),
        Val::U16(v) => Value::U16(*v),
        Val::S32(v) => Value::S32(*v),
        Val::U32(v) => Value::U32(*v),
        Val::S64(v) => Value::S64(*v),
        Val::U64(v) => Value::U64(*v),
        Val::Float32(v) => Value::F32(v.to_bits()),
        Val::Float64(v) => Value::F64(v.to_bits()),
        Val::Char(v) => Value::Char(*v),
        Val::String(v) => Value::String(v.clone()),
        Val::List(v) | Val::FixedLengthList(v) => Value::List(all(v)),
        Val::Map(v) => {
            let entry = |(key, value): &(Val, Val)| (from_val(key), from_val(value));
            Value::Map(v.iter().map(entry).collect())
        }
        Val::Record(v) => {
            let field = |(name, value): &(String, Val)| (name.clone(), from_val(value));
            Value::Record(v.iter().map(field).collect())
        }
        Val::Tuple(v) => Value::Tuple(all(v)),
        Val::Variant(case, v) => Value::Variant(case.clone(), payload(v)),
        Val::Enum(case) => Value::Enum(case.clone()),
        Val::Option(v) => Value::Option(payload(v)),
        Val::Result(Ok(v)) => Value::Result(Ok(payload(v))),
        Val::Result(Err(v)) => Value::Result(Err(payload(v))),
        Val::Flags(v) => Value::Flags(v.clone()),
        Val::Resource(resource) if resource.owned() => Value::Handle(Handle::Own),
        Val::Resource(_) => Value::Handle(Handle::Borrow),
        Val::Future(_) => Value::Handle(Handle::Future),
        Val::Stream(_) => Value::Handle(Handle::Stream),
        Val::ErrorContext(_) => Value::Handle(Handle::ErrorContext),
    }
}

/// A value as Wasmtime passes it to a core function; `None` if it does not fit the parameter's type.
pub(super) fn to_core(
    store: &mut Store<Host>,
    value: &Value,
    ty: &ValType,
) -> Result<Option<wasmtime::Val>, Failure> {
    Ok(match (value, ty) {
        (Value::I32(v), ValType::I32) => Some(wasmtime::Val::I32(*v)),
        (Value::I64(v), ValType::I64) => Some(wasmtime::Val::I64(*v)),
        (Value::F32(bits), ValType::F32) => Some(wasmtime::Val::F32(*bits)),
        (Value::F64(bits), ValType::F64) => Some(wasmtime::Val::F64(*bits)),
        (Value::Null, ValType::Ref(ty)) if ty.is_nullable() => {
            Some(wasmtime::Val::null_ref(ty.heap_type()))
        }
        (Value::Extern(number), ValType::Ref(ty)) if ty.heap_type().is_extern() => {
            let made = ExternRef::new(&mut *store, *number);
            let made = made.map_err(|error| Failure::Exhausted(text(&error)))?;
            Some(wasmtime::Val::ExternRef(Some(made)))
        }
        _ => None,
    })
}

/// The value of a script for a value that came back from a core function. Fails if scripts have no value for its type.
pub(super) fn from_core(store: &Store<Host>, value: &wasmtime::Val) -> Result<Value, Failure> {
    use wasmtime::Val as Core;
    let unknown = || Failure::NotSupported("a core value of this type".to_string());
    match value {
        Core::I32(v) => Ok(Value::I32(*v)),
        Core::I64(v) => Ok(Value::I64(*v)),
        Core::F32(bits) => Ok(Value::F32(*bits)),
        Core::F64(bits) => Ok(Value::F64(*bits)),
        Core::FuncRef(None)
        | Core::ExternRef(None)
        | Core::AnyRef(None)
        | Core::ExnRef(None)
        | Core::ContRef(None) => Ok(Value::Null),
        Core::FuncRef(Some(_)) => Ok(Value::Func),
        Core::ExternRef(Some(made)) => {
            let data = made.data(store).ok().flatten();
            let number = data.and_then(|data| data.downcast_ref::<u32>());
            number.copied().map(Value::Extern).ok_or_else(unknown)
        }
        Core::V128(_) | Core::AnyRef(Some(_)) | Core::ExnRef(Some(_)) | Core::ContRef(Some(_)) => {
            Err(unknown())
        }
    }
}
