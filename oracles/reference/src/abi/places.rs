//! The places where lowering puts values, whatever the values are: the stops that lowering can end in before it has any of them.

use super::despecialize::{Fields, Type, despecialize};
use super::lift_flat::{CoreValueIter, check_tuple, flatten_at_most};
use super::store::{allocate, place_elements, place_list};
use super::strings::{place_no_string, place_string, store_string_into_range};
use super::value::Read;
use super::{Context, ValType, alignment, elem_size};

/// How many types are looked at, at most: parts may be shared, and unfold to very many.
const MOST: usize = 256;

/// Returns the stops that lowering values of the types `ts` can end in. The last lifting has read some of the values: their strings
/// and lists are placed in their order, up to the first that ends in a stop. Of the other values, each string and each list is
/// taken to be there, and not empty. Without `reallocates`, only the place that `out_param` names is checked.
pub(crate) fn lowering_stops<C: Context>(
    cx: &mut C,
    max_flat: usize,
    ts: &[ValType],
    out_param: Option<CoreValueIter>,
    reallocates: bool,
) -> Vec<C::Stop> {
    let mut stops = Vec::new();
    if flatten_at_most(cx, max_flat, ts).is_none() {
        let tuple = Fields::Values(ts);
        let ptr = match out_param {
            Some(mut out_param) => Some(out_param.next_pointer(cx)),
            None if reallocates => {
                let alignment = alignment(cx, Type::Record(tuple));
                let byte_length = elem_size(cx, Type::Record(tuple));
                Some(allocate(cx, alignment, byte_length))
            }
            None => None,
        };
        let checked = ptr.map(|ptr| ptr.and_then(|ptr| check_tuple(cx, ptr, tuple)));
        stops.extend(checked.and_then(Result::err));
    }
    let reads = std::mem::take(cx.reads());
    if !reallocates {
        return stops;
    }
    stops.extend(reads.iter().find_map(|read| place_read(cx, read).err()));
    let mut types: Vec<Type<'_>> = ts.iter().map(despecialize).collect();
    let mut looked_at = 0;
    while let Some(t) = types.pop().filter(|_| looked_at < MOST) {
        looked_at += 1;
        let placed = match t {
            Type::String => place_string(cx),
            Type::List(element, None) => {
                types.push(element.into());
                place_list(cx, 1, element.into()).map(drop)
            }
            Type::List(element, Some(_)) => {
                types.push(element.into());
                Ok(())
            }
            Type::Record(fields) => {
                types.extend(fields.iter());
                Ok(())
            }
            Type::Variant(cases) => {
                types.extend(cases.payloads());
                Ok(())
            }
            Type::Scalar(_)
            | Type::ErrorContext
            | Type::Flags(_)
            | Type::Own(_)
            | Type::Borrow(_)
            | Type::Stream(_)
            | Type::Future(_) => Ok(()),
        };
        stops.extend(placed.err());
    }
    stops
}

fn place_read<C: Context>(cx: &mut C, read: &Read) -> Result<(), C::Stop> {
    match *read {
        Read::String(ref string) => store_string_into_range(cx, string).map(drop),
        Read::NoString(source, units) => place_no_string(cx, source, units),
        Read::List {
            alignment,
            byte_length,
        } => place_elements(cx, alignment, byte_length).map(drop),
    }
}
