//! Lifting and lowering in a memory of their own, with a `realloc` that never frees.

mod bounds;
mod flattening;
mod hostile;
mod mock;
mod random;
mod reallocations;
mod round_trips;
mod sizes;
mod strings;

use mock::{Call, Mock, Stop};
use random::Random;

use super::*;
use wasmi::Val;

/// The core type and the bits of a core value.
fn bits(val: &Val) -> (CoreType, u64) {
    match val {
        Val::I32(i) => (CoreType::I32, u64::from(*i as u32)),
        Val::I64(i) => (CoreType::I64, *i as u64),
        Val::F32(f) => (CoreType::F32, f.to_bits().into()),
        Val::F64(f) => (CoreType::F64, f.to_bits()),
        other => panic!("no value is lowered to {other:?}"),
    }
}

/// The encodings and the widths of pointers.
fn options() -> impl Iterator<Item = (StringEncoding, bool)> {
    let encodings = [
        StringEncoding::Utf8,
        StringEncoding::Utf16,
        StringEncoding::Latin1Utf16,
    ];
    encodings
        .into_iter()
        .flat_map(|encoding| [(encoding, false), (encoding, true)])
}

/// Lifts one value of type `t` that lies at `ptr`.
fn load(cx: &mut Mock, ptr: u64, t: &ValType) -> Result<Value, Stop> {
    load_list_from_valid_range(cx, ptr, 1, t).map(|mut values| values.remove(0))
}

fn list(t: ValType) -> ValType {
    ValType::List(t.into(), None)
}

fn fixed(t: ValType, length: u32) -> ValType {
    ValType::List(t.into(), Some(length))
}

fn tuple(types: &[ValType]) -> ValType {
    ValType::Tuple(types.into())
}

fn option(t: ValType) -> ValType {
    ValType::Option(t.into())
}

/// A variant with these payloads; the labels are numbers.
fn variant(payloads: &[Option<ValType>]) -> ValType {
    let label = |(i, payload): (usize, &Option<ValType>)| (format!("c{i}"), payload.clone());
    ValType::Variant(payloads.iter().enumerate().map(label).collect())
}

fn labels(count: usize) -> std::sync::Arc<[String]> {
    (0..count).map(|i| format!("l{i}")).collect()
}
