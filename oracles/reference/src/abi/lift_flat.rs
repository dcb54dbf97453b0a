//! Flat lifting (CanonicalABI.md, "Flat Lifting", and `lift_flat_values` of "Lifting and Lowering Values"): values out
//! of core values.

use super::despecialize::{Cases, Fields, Type};
use super::flatten::{CoreType, FlatTypes};
use super::load::{
    begin, charge, load_list_from_range, load_record, string_from_range, unpack_flags_from_int,
};
use super::scalars::{in_bounds, is_aligned};
use super::value::Value;
use super::{Context, alignment, elem_size, trap_if};
use crate::types::ValType;
use spawndiff_observation::Trap;
use wasmi::Val;

/// Core values that are taken one after the other. What is taken is the bits of a value, in the low bits of the result.
trait CoreValues {
    /// The next one, of type `t`; `None` where it has another type or where there is none.
    fn next(&mut self, t: CoreType) -> Option<u64>;
}

/// `class CoreValueIter`: the arguments or results of a core function.
#[derive(Clone, Debug)]
pub struct CoreValueIter {
    values: Vec<Val>,
    i: usize,
}

impl CoreValueIter {
    /// An iterator over these values, none of which is taken yet.
    pub fn new(values: Vec<Val>) -> CoreValueIter {
        CoreValueIter { values, i: 0 }
    }

    /// The next value, which is a pointer of the memory of `cx`.
    pub(super) fn next_pointer<C: Context>(&mut self, cx: &C) -> Result<u64, C::Stop> {
        let pointer = self.next(CoreType::pointer(cx.wide()));
        pointer.ok_or_else(|| cx.ill_typed())
    }

    /// Whether all were taken.
    #[cfg(test)]
    pub(crate) fn done(&self) -> bool {
        self.i == self.values.len()
    }
}

impl CoreValues for CoreValueIter {
    fn next(&mut self, t: CoreType) -> Option<u64> {
        let value = self.values.get(self.i)?;
        self.i += 1;
        match t {
            CoreType::I32 => value.i32().map(|i| u64::from(i as u32)),
            CoreType::I64 => value.i64().map(|i| i as u64),
            CoreType::F32 => value.f32().map(|f| f.to_bits().into()),
            CoreType::F64 => value.f64().map(|f| f.to_bits()),
        }
    }
}

/// `class CoerceValueIter`: the core values of a variant's payload, which have the joined types of all payloads.
struct CoerceValueIter<'a> {
    vi: &'a mut dyn CoreValues,
    flat_types: &'a [CoreType],
}

impl CoerceValueIter<'_> {
    /// The next one, whatever its type.
    fn skip(&mut self) -> Option<(CoreType, u64)> {
        let (have, rest) = self.flat_types.split_first()?;
        self.flat_types = rest;
        Some((*have, self.vi.next(*have)?))
    }
}

impl CoreValues for CoerceValueIter<'_> {
    fn next(&mut self, want: CoreType) -> Option<u64> {
        let (have, x) = self.skip()?;
        match (have, want) {
            // A NaN is made canonical where it becomes a value.
            (CoreType::I32, CoreType::F32) | (CoreType::I64, CoreType::F64) => Some(x),
            (CoreType::I64, CoreType::I32 | CoreType::F32) => Some(wrap_i64_to_i32(x)),
            (CoreType::I32, CoreType::I32)
            | (CoreType::I64, CoreType::I64)
            | (CoreType::F32, CoreType::F32)
            | (CoreType::F64, CoreType::F64) => Some(x),
            // `join` gives no other pair.
            (CoreType::I32, CoreType::I64 | CoreType::F64)
            | (CoreType::F32, CoreType::I32 | CoreType::I64 | CoreType::F64)
            | (CoreType::F64, CoreType::I32 | CoreType::I64 | CoreType::F32) => None,
        }
    }
}

/// `wrap_i64_to_i32`.
fn wrap_i64_to_i32(i: u64) -> u64 {
    i & u64::from(u32::MAX)
}

/// `lift_flat_values`: takes from `vi` the values of the types `ts`, or a pointer to where they lie if they are more
/// than `max_flat` core values. `max_flat` is one of the three constants of "Flattening", or zero.
///
/// # Errors
///
/// A pointer that is not aligned or not in bounds, and whatever a value traps with; [`Context::exhausted`];
/// [`Context::ill_typed`] where `vi` has not the core types of `flatten_functype`.
pub(crate) fn lift_flat_values<C: Context>(
    cx: &mut C,
    max_flat: usize,
    vi: &mut CoreValueIter,
    ts: &[ValType],
) -> Result<Vec<Value>, C::Stop> {
    begin(cx);
    let tuple_type = Fields::Values(ts);
    if flatten_at_most(cx, max_flat, ts).is_none() {
        let ptr = vi.next_pointer(cx)?;
        check_tuple(cx, ptr, tuple_type)?;
        return load_record(cx, ptr, tuple_type);
    }
    lift_flat_record(cx, vi, tuple_type)
}

/// `flatten_types`, if these are at most `max_flat`.
pub(super) fn flatten_at_most<C: Context>(
    cx: &mut C,
    max_flat: usize,
    ts: &[ValType],
) -> Option<FlatTypes> {
    let wide = cx.wide();
    let flat_types = cx.layouts().flatten_types(ts, wide)?;
    (flat_types.types().len() <= max_flat).then_some(flat_types)
}

/// The two `trap_if` for the place of all parameters or all results.
pub(super) fn check_tuple<C: Context>(
    cx: &mut C,
    ptr: u64,
    tuple_type: Fields<'_>,
) -> Result<(), C::Stop> {
    let tuple_type = Type::Record(tuple_type);
    trap_if(
        !is_aligned(ptr, alignment(cx, tuple_type)),
        Trap::UnalignedPointer,
    )?;
    let byte_length = elem_size(cx, tuple_type);
    trap_if(!in_bounds(cx, ptr, byte_length), Trap::MemoryOutOfBounds)?;
    Ok(())
}

/// `lift_flat`.
fn lift_flat<C: Context>(
    cx: &mut C,
    vi: &mut dyn CoreValues,
    t: Type<'_>,
) -> Result<Value, C::Stop> {
    charge(cx, size_of::<Value>())?;
    let mut next = |cx: &C, t| vi.next(t).ok_or_else(|| cx.ill_typed());
    Ok(match t {
        Type::Scalar(t) => t.lift(next(cx, t.flat())?)?,
        Type::String => {
            let pointer = CoreType::pointer(cx.wide());
            let (ptr, packed_length) = (next(cx, pointer)?, next(cx, pointer)?);
            Value::String(string_from_range(cx, ptr, packed_length)?)
        }
        Type::ErrorContext => {
            let i = next(cx, CoreType::I32)? as u32;
            Value::ErrorContext(cx.lift_error_context(i)?)
        }
        Type::List(element, None) => {
            let pointer = CoreType::pointer(cx.wide());
            let (ptr, length) = (next(cx, pointer)?, next(cx, pointer)?);
            Value::List(load_list_from_range(cx, ptr, length, element.into())?)
        }
        Type::List(element, Some(length)) => {
            let list = (0..length).map(|_| lift_flat(cx, vi, element.into()));
            Value::List(list.collect::<Result<_, _>>()?)
        }
        Type::Record(fields) => Value::Record(lift_flat_record(cx, vi, fields)?),
        Type::Variant(cases) => lift_flat_variant(cx, vi, cases)?,
        Type::Flags(labels) => Value::Flags(unpack_flags_from_int(
            next(cx, CoreType::I32)? as u32,
            labels,
        )),
        Type::Own(rt) => {
            let i = next(cx, CoreType::I32)? as u32;
            Value::Own(cx.lift_own(i, rt)?)
        }
        Type::Borrow(rt) => {
            let i = next(cx, CoreType::I32)? as u32;
            Value::Borrow(cx.lift_borrow(i, rt)?)
        }
        Type::Stream(t) => {
            let i = next(cx, CoreType::I32)? as u32;
            Value::Stream(cx.lift_stream(i, t)?)
        }
        Type::Future(t) => {
            let i = next(cx, CoreType::I32)? as u32;
            Value::Future(cx.lift_future(i, t)?)
        }
    })
}

/// `lift_flat_record`.
fn lift_flat_record<C: Context>(
    cx: &mut C,
    vi: &mut dyn CoreValues,
    fields: Fields<'_>,
) -> Result<Vec<Value>, C::Stop> {
    fields.iter().map(|t| lift_flat(cx, vi, t)).collect()
}

/// `lift_flat_variant`.
fn lift_flat_variant<C: Context>(
    cx: &mut C,
    vi: &mut dyn CoreValues,
    cases: Cases<'_>,
) -> Result<Value, C::Stop> {
    let wide = cx.wide();
    let Some(flat_types) = cx.layouts().flatten_type(Type::Variant(cases), wide) else {
        return Err(cx.ill_typed());
    };
    let mut vi = CoerceValueIter {
        vi,
        flat_types: flat_types.types(),
    };
    let (_, case_index) = vi.skip().ok_or_else(|| cx.ill_typed())?;
    let payload = cases
        .get(case_index as usize)
        .ok_or(Trap::InvalidDiscriminant)?;
    let payload = match payload {
        None => None,
        Some(t) => Some(lift_flat(cx, &mut vi, t)?),
    };
    while !vi.flat_types.is_empty() {
        vi.skip().ok_or_else(|| cx.ill_typed())?;
    }
    Ok(Value::variant(case_index as u32, payload))
}
