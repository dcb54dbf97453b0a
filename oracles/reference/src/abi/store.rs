//! Storing (CanonicalABI.md, "Storing"): values into linear memory. Strings have a file of their own.

use super::despecialize::{Cases, Fields, Type};
use super::load::{extent, payload_ptr, unpack_flags_from_int};
use super::scalars::{in_bounds, is_aligned, store_int};
use super::sizes::{align_to, discriminant_size, flags_size};
use super::strings::store_string_into_range;
use super::value::{LiftedString, Value};
use super::{Context, alignment, elem_size, ptr_size, trap_if};
use spawndiff_observation::Trap;

/// The most bytes that `realloc` is asked for.
pub(super) const REALLOC_I32_MAX: u64 = u32::MAX as u64;

/// `allocate`.
pub(super) fn allocate<C: Context>(
    cx: &mut C,
    alignment: u64,
    byte_length: u64,
) -> Result<u64, C::Stop> {
    // A value that was lifted is never that long; only a value of the host could be.
    if byte_length > REALLOC_I32_MAX {
        return Err(cx.exhausted());
    }
    cx.reallocate(0, 0, alignment, byte_length)
}

/// `store`: puts `v` at `ptr`, which is aligned and in bounds.
pub(super) fn store<C: Context>(
    cx: &mut C,
    v: &Value,
    t: Type<'_>,
    ptr: u64,
) -> Result<(), C::Stop> {
    let (int, nbytes) = match (t, v) {
        (Type::Scalar(t), v) => (t.lower(v).ok_or_else(|| cx.ill_typed())?, t.size()),
        (Type::String, Value::String(v)) => return store_string(cx, v, ptr),
        (Type::ErrorContext, Value::ErrorContext(v)) => (cx.lower_error_context(*v)?.into(), 4),
        (Type::List(element, length), Value::List(v)) => {
            return store_list(cx, v, ptr, element.into(), length);
        }
        (Type::Record(fields), Value::Record(v)) => return store_record(cx, v, ptr, fields),
        (Type::Variant(cases), Value::Variant { case, payload }) => {
            return store_variant(cx, *case, payload.as_deref(), ptr, cases);
        }
        (Type::Flags(labels), Value::Flags(bits)) => (
            unpack_flags_from_int(*bits, labels).into(),
            flags_size(labels),
        ),
        (Type::Own(rt), Value::Own(rep)) => (cx.lower_own(*rep, rt)?.into(), 4),
        (Type::Borrow(rt), Value::Borrow(rep)) => (cx.lower_borrow(*rep, rt)?.into(), 4),
        (Type::Stream(t), Value::Stream(v)) => (cx.lower_stream(*v, t)?.into(), 4),
        (Type::Future(t), Value::Future(v)) => (cx.lower_future(*v, t)?.into(), 4),
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
    Ok(store_int(cx, int, ptr, nbytes)?)
}

/// Two values of the size of a pointer, one after the other.
fn store_pair<C: Context>(cx: &mut C, pair: (u64, u64), ptr: u64) -> Result<(), Trap> {
    let size = ptr_size(cx.wide());
    store_int(cx, pair.0, ptr, size)?;
    store_int(cx, pair.1, ptr.saturating_add(size), size)
}

/// `store_string`: puts the string somewhere, and its pointer and length at `ptr`.
///
/// # Errors
///
/// Fails where the result of `realloc` is not aligned or is out of bounds, or where `realloc` itself fails; with
/// [`Trap::MemoryOutOfBounds`] where the pair at `ptr` is not in the memory.
pub(crate) fn store_string<C: Context>(
    cx: &mut C,
    v: &LiftedString,
    ptr: u64,
) -> Result<(), C::Stop> {
    let pair = store_string_into_range(cx, v)?;
    Ok(store_pair(cx, pair, ptr)?)
}

/// `store_list`.
fn store_list<C: Context>(
    cx: &mut C,
    v: &[Value],
    ptr: u64,
    t: Type<'_>,
    maybe_length: Option<u32>,
) -> Result<(), C::Stop> {
    if let Some(length) = maybe_length {
        if v.len() as u64 != u64::from(length) {
            return Err(cx.ill_typed());
        }
        return store_list_into_valid_range(cx, v, ptr, t);
    }
    let pair = store_list_into_range(cx, v, t)?;
    Ok(store_pair(cx, pair, ptr)?)
}

/// `store_list_into_range`: the pointer and the length.
pub(super) fn store_list_into_range<C: Context>(
    cx: &mut C,
    v: &[Value],
    t: Type<'_>,
) -> Result<(u64, u64), C::Stop> {
    let length = v.len() as u64;
    let ptr = place_list(cx, length, t)?;
    store_list_into_valid_range(cx, v, ptr, t)?;
    Ok((ptr, length))
}

/// The beginning of `store_list_into_range`: allocates the place of `length` elements of the type `t`, and returns its address.
pub(super) fn place_list<C: Context>(cx: &mut C, length: u64, t: Type<'_>) -> Result<u64, C::Stop> {
    let (alignment, byte_length) = extent(cx, length, t);
    place_elements(cx, alignment, byte_length)
}

/// Like [`place_list`], for elements that take `byte_length` bytes together.
pub(super) fn place_elements<C: Context>(
    cx: &mut C,
    alignment: u64,
    byte_length: u64,
) -> Result<u64, C::Stop> {
    let ptr = allocate(cx, alignment, byte_length)?;
    trap_if(!is_aligned(ptr, alignment), Trap::UnalignedPointer)?;
    trap_if(!in_bounds(cx, ptr, byte_length), Trap::ListOutOfBounds)?;
    Ok(ptr)
}

/// `store_list_into_valid_range`: the range is aligned and in bounds.
///
/// # Errors
///
/// Whatever storing an element ends in; [`Context::ill_typed`].
pub(crate) fn store_list_into_valid_range<'a, C: Context>(
    cx: &mut C,
    v: &[Value],
    ptr: u64,
    t: impl Into<Type<'a>>,
) -> Result<(), C::Stop> {
    let t = t.into();
    let size = elem_size(cx, t);
    for (i, e) in (0..).zip(v) {
        store(cx, e, t, ptr.saturating_add(size.saturating_mul(i)))?;
    }
    Ok(())
}

/// `store_record`.
pub(super) fn store_record<C: Context>(
    cx: &mut C,
    v: &[Value],
    mut ptr: u64,
    fields: Fields<'_>,
) -> Result<(), C::Stop> {
    if v.len() != fields.len() {
        return Err(cx.ill_typed());
    }
    for (v, t) in v.iter().zip(fields.iter()) {
        ptr = align_to(ptr, alignment(cx, t));
        store(cx, v, t, ptr)?;
        ptr = ptr.saturating_add(elem_size(cx, t));
    }
    Ok(())
}

/// `store_variant`.
fn store_variant<C: Context>(
    cx: &mut C,
    case_index: u32,
    case_value: Option<&Value>,
    ptr: u64,
    cases: Cases<'_>,
) -> Result<(), C::Stop> {
    let payload = match (cases.get(case_index as usize), case_value) {
        (Some(Some(t)), Some(v)) => Some((v, t)),
        (Some(None), None) => None,
        (None, _) | (Some(Some(_)), None) | (Some(None), Some(_)) => return Err(cx.ill_typed()),
    };
    store_int(cx, case_index.into(), ptr, discriminant_size(cases.len()))?;
    if let Some((v, t)) = payload {
        let ptr = payload_ptr(cx, ptr, cases);
        store(cx, v, t, ptr)?;
    }
    Ok(())
}
