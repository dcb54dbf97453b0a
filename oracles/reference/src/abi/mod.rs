//! Values of the Canonical ABI: how they lie in memory, how they are passed flat, and how they are lifted and lowered.
//!
//! This module does not know what an instance, a handle table or a task is: all of that is behind [`Context`]. Nothing here runs
//! core code but [`Context::reallocate`].
//!
//! From CanonicalABI.md, "Despecialization" to "Lifting and Lowering Values". Functions have the names of
//! `definitions.py`, and look at memory and call `realloc` in the same order, for a guest can see both.
//!
//! Three things are ours. Types are not unfolded each time: [`Layouts`] keeps what was computed, so that a type whose
//! parts are shared costs no more than its definition. What a run may lift is bounded by a [`Budget`]. And where the
//! specification asserts what validation promises, a value or a type that breaks the promise ends in
//! [`Context::ill_typed`], never in a panic.

mod budget;
mod despecialize;
mod flatten;
mod lift_flat;
mod load;
mod lower_flat;
mod places;
mod scalar_type;
mod scalars;
mod sizes;
mod store;
mod strings;
mod value;

#[cfg(test)]
mod tests;

pub(crate) use budget::Budget;
pub(crate) use despecialize::Type;
#[cfg(test)]
pub(crate) use flatten::CoreType;
pub use flatten::MAX_FLAT_RESULTS;
pub(crate) use flatten::{Direction, MAX_FLAT_ASYNC_PARAMS, MAX_FLAT_PARAMS, flatten_functype};
pub use lift_flat::CoreValueIter;
pub(crate) use lift_flat::lift_flat_values;
pub(crate) use load::{load_list_from_valid_range, load_string_from_range};
pub(crate) use lower_flat::lower_flat_values;
pub(crate) use places::lowering_stops;
pub(crate) use sizes::Layouts;
pub(crate) use store::{store_list_into_valid_range, store_string};
pub(crate) use value::Read;
pub use value::{ErrorContextId, LiftedString, SharedId, Value};

use super::canon_defs::StringEncoding;
use super::types::{ResourceTypeId, ValType};
use spawndiff_observation::Trap;

/// `class LiftLowerContext`: what lifting and lowering need of a component instance, its options, its task or subtask.
///
/// The methods that deal with handles get what the functions of the same name in `definitions.py` get, with the `rt` or
/// the element type of the type `t`; an `rep` is the `i32` that stands for a resource.
pub(crate) trait Context {
    /// Why lifting or lowering ended before its end.
    type Stop: From<Trap>;

    /// `opts.string_encoding`.
    fn string_encoding(&self) -> StringEncoding;
    /// Whether `opts.memory.ptr_type()` is `i64`. False where there is no memory.
    fn wide(&self) -> bool;
    /// `opts.memory`; empty where there is none. Asked for again after each `reallocate`, which may let it grow.
    fn memory(&self) -> &[u8];
    /// `opts.memory`, to be written; empty where there is none.
    fn memory_mut(&mut self) -> &mut [u8];
    /// `reallocate`: calls `opts.realloc`.
    fn reallocate(
        &mut self,
        old: u64,
        old_byte_length: u64,
        alignment: u64,
        new_byte_length: u64,
    ) -> Result<u64, Self::Stop>;

    /// The alignment with which `store_probably_utf16_to_latin1_or_utf16` calls `reallocate` for a string that is Latin-1: 1.
    fn latin1_alignment(&mut self) -> u64 {
        1
    }

    /// The layouts of types that were computed so far. All contexts of a store share them.
    fn layouts(&mut self) -> &mut Layouts;
    /// The budget that is left for lifting. All contexts of a store share it.
    fn budget(&mut self) -> &mut Budget;
    /// The strings and lists that the last lifting has read, in its order. All contexts of a store share them.
    fn reads(&mut self) -> &mut Vec<Read>;
    /// The stop of a run that has spent its [`Budget`].
    fn exhausted(&self) -> Self::Stop;
    /// The stop of a component that validation would have refused: a value or a core value is not of the type that it
    /// is lifted or lowered as.
    fn ill_typed(&self) -> Self::Stop;

    /// `lift_own`: the representation of the handle that is removed.
    fn lift_own(&mut self, i: u32, rt: ResourceTypeId) -> Result<u32, Self::Stop>;
    /// `lift_borrow`: the representation of the handle that is lent.
    fn lift_borrow(&mut self, i: u32, rt: ResourceTypeId) -> Result<u32, Self::Stop>;
    /// `lift_stream`, with the type of its elements.
    fn lift_stream(&mut self, i: u32, t: Option<&ValType>) -> Result<SharedId, Self::Stop>;
    /// `lift_future`, with the type of its value.
    fn lift_future(&mut self, i: u32, t: Option<&ValType>) -> Result<SharedId, Self::Stop>;
    /// `lift_error_context`.
    fn lift_error_context(&mut self, i: u32) -> Result<ErrorContextId, Self::Stop>;
    /// `lower_own`: the index of the new handle.
    fn lower_own(&mut self, rep: u32, rt: ResourceTypeId) -> Result<u32, Self::Stop>;
    /// `lower_borrow`: the index of the new handle, or the representation where the instance implements the resource.
    fn lower_borrow(&mut self, rep: u32, rt: ResourceTypeId) -> Result<u32, Self::Stop>;
    /// `lower_stream`: the index of the new readable end.
    fn lower_stream(&mut self, v: SharedId, t: Option<&ValType>) -> Result<u32, Self::Stop>;
    /// `lower_future`: the index of the new readable end.
    fn lower_future(&mut self, v: SharedId, t: Option<&ValType>) -> Result<u32, Self::Stop>;
    /// `lower_error_context`: the index of the new handle.
    fn lower_error_context(&mut self, v: ErrorContextId) -> Result<u32, Self::Stop>;
}

/// `trap_if`.
fn trap_if(condition: bool, trap: Trap) -> Result<(), Trap> {
    if condition { Err(trap) } else { Ok(()) }
}

/// `ptr_size`, in bytes.
pub(crate) fn ptr_size(wide: bool) -> u64 {
    if wide { 8 } else { 4 }
}

/// `alignment`, in bytes, with the pointers of `cx`.
pub(crate) fn alignment<'a, C: Context>(cx: &mut C, t: impl Into<Type<'a>>) -> u64 {
    let wide = cx.wide();
    cx.layouts().alignment(t.into(), wide)
}

/// `elem_size`, in bytes, with the pointers of `cx`.
pub(crate) fn elem_size<'a, C: Context>(cx: &mut C, t: impl Into<Type<'a>>) -> u64 {
    let wide = cx.wide();
    cx.layouts().elem_size(t.into(), wide)
}
