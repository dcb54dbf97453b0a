//! Flat lowering (CanonicalABI.md, "Flat Lowering", and `lower_flat_values` of "Lifting and Lowering Values"): values
//! into core values.
//!
//! A core value is made in two steps: its bits first, and its type at the end, out of `flatten_types`. Where a payload's
//! core type is narrower than the joined one, or a float where that is an integer, the bits are already the same: the
//! specification extends with zeros and reinterprets.

use super::despecialize::{Fields, Type};
use super::flatten::CoreType;
use super::lift_flat::{CoreValueIter, check_tuple, flatten_at_most};
use super::load::unpack_flags_from_int;
use super::store::{allocate, store_list_into_range, store_record};
use super::strings::store_string_into_range;
use super::value::Value;
use super::{Context, alignment, elem_size};
use crate::types::ValType;
use wasmi::Val;

/// `lower_flat_values`: the core values for `vs`, of the types `ts`. Where they are more than `max_flat`, they are stored
/// instead: where the next value of `out_param` points to, and the result is empty; or in new memory, and the result is
/// its pointer. `max_flat` is one of the three constants of "Flattening", or zero.
///
/// # Errors
///
/// A pointer that is not aligned or not in bounds, and whatever storing a value ends in; [`Context::ill_typed`].
pub(crate) fn lower_flat_values<C: Context>(
    cx: &mut C,
    max_flat: usize,
    vs: &[Value],
    ts: &[ValType],
    out_param: Option<&mut CoreValueIter>,
) -> Result<Vec<Val>, C::Stop> {
    let tuple_type = Fields::Values(ts);
    let Some(flat_types) = flatten_at_most(cx, max_flat, ts) else {
        let (ptr, flat_vals) = match out_param {
            None => {
                let alignment = alignment(cx, Type::Record(tuple_type));
                let byte_length = elem_size(cx, Type::Record(tuple_type));
                let ptr = allocate(cx, alignment, byte_length)?;
                (ptr, vec![val(CoreType::pointer(cx.wide()), ptr)])
            }
            Some(out_param) => (out_param.next_pointer(cx)?, Vec::new()),
        };
        check_tuple(cx, ptr, tuple_type)?;
        store_record(cx, vs, ptr, tuple_type)?;
        return Ok(flat_vals);
    };
    let mut flat = Vec::with_capacity(flat_types.types().len());
    lower_flat_record(cx, vs, tuple_type, &mut flat)?;
    let types = flat_types.types().iter();
    Ok(types.zip(flat).map(|(t, bits)| val(*t, bits)).collect())
}

/// The core value of these bits.
fn val(t: CoreType, bits: u64) -> Val {
    match t {
        CoreType::I32 => Val::I32(bits as i32),
        CoreType::I64 => Val::I64(bits as i64),
        CoreType::F32 => Val::F32(wasmi::F32::from_bits(bits as u32)),
        CoreType::F64 => Val::F64(wasmi::F64::from_bits(bits)),
    }
}

/// `lower_flat`: adds the bits of the core values to `flat`.
fn lower_flat<C: Context>(
    cx: &mut C,
    v: &Value,
    t: Type<'_>,
    flat: &mut Vec<u64>,
) -> Result<(), C::Stop> {
    let bits = match (t, v) {
        (Type::Scalar(t), v) => t.lower(v).ok_or_else(|| cx.ill_typed())?,
        (Type::String, Value::String(v)) => {
            let (ptr, packed_length) = store_string_into_range(cx, v)?;
            flat.extend([ptr, packed_length]);
            return Ok(());
        }
        (Type::ErrorContext, Value::ErrorContext(v)) => cx.lower_error_context(*v)?.into(),
        (Type::List(element, None), Value::List(v)) => {
            let (ptr, length) = store_list_into_range(cx, v, element.into())?;
            flat.extend([ptr, length]);
            return Ok(());
        }
        (Type::List(element, Some(length)), Value::List(v)) => {
            if v.len() as u64 != u64::from(length) {
                return Err(cx.ill_typed());
            }
            return v
                .iter()
                .try_for_each(|v| lower_flat(cx, v, element.into(), flat));
        }
        (Type::Record(fields), Value::Record(v)) => return lower_flat_record(cx, v, fields, flat),
        (Type::Variant(_), Value::Variant { case, payload }) => {
            return lower_flat_variant(cx, *case, payload.as_deref(), t, flat);
        }
        (Type::Flags(labels), Value::Flags(bits)) => unpack_flags_from_int(*bits, labels).into(),
        (Type::Own(rt), Value::Own(rep)) => cx.lower_own(*rep, rt)?.into(),
        (Type::Borrow(rt), Value::Borrow(rep)) => cx.lower_borrow(*rep, rt)?.into(),
        (Type::Stream(t), Value::Stream(v)) => cx.lower_stream(*v, t)?.into(),
        (Type::Future(t), Value::Future(v)) => cx.lower_future(*v, t)?.into(),
        // Every other pair; the types are listed so that a new one is not forgotten here.
        (
            Type::String
            | Type::ErrorContext
            | Type::List(..)
            | Type::Record(_)
            | Type::Variant(_)
            | Type::Flags(_)
            | Type::Own(_)
            | Type::Borrow(_)
            | Type::Stream(_)
            | Type::Future(_),
            _,
        ) => return Err(cx.ill_typed()),
    };
    flat.push(bits);
    Ok(())
}

/// `lower_flat_record`.
pub(super) fn lower_flat_record<C: Context>(
    cx: &mut C,
    v: &[Value],
    fields: Fields<'_>,
    flat: &mut Vec<u64>,
) -> Result<(), C::Stop> {
    if v.len() != fields.len() {
        return Err(cx.ill_typed());
    }
    v.iter()
        .zip(fields.iter())
        .try_for_each(|(v, t)| lower_flat(cx, v, t, flat))
}

/// `lower_flat_variant`, of the variant type `t`.
fn lower_flat_variant<C: Context>(
    cx: &mut C,
    case_index: u32,
    case_value: Option<&Value>,
    t: Type<'_>,
    flat: &mut Vec<u64>,
) -> Result<(), C::Stop> {
    let wide = cx.wide();
    let (Type::Variant(cases), Some(flat_types)) = (t, cx.layouts().flatten_type(t, wide)) else {
        return Err(cx.ill_typed());
    };
    let end = flat.len() + flat_types.types().len();
    flat.push(case_index.into());
    match (cases.get(case_index as usize), case_value) {
        (Some(Some(t)), Some(v)) => lower_flat(cx, v, t, flat)?,
        (Some(None), None) => {}
        (None, _) | (Some(Some(_)), None) | (Some(None), Some(_)) => return Err(cx.ill_typed()),
    }
    flat.resize(end, 0);
    Ok(())
}
