//! A synchronous call of a function whose type is asynchronous is made although the instance may not leave: in a `post-return`
//! function.

use crate::{Deviation, St, deviates, is_on};

/// Before the `post-return` function of a task: whether its call is treated as one that is lowered `async`, because its type is
/// asynchronous.
pub(crate) fn is_treated_as_async(st: &St<'_>, async_typed: bool) -> bool {
    async_typed && is_on(st, Deviation::LeavesAsyncTyped)
}

/// Before a synchronous call where the instance may not leave: whether it is made all the same.
pub(crate) fn calls_async_typed(st: &mut St<'_>, async_typed: bool) -> bool {
    async_typed && deviates(st, Deviation::LeavesAsyncTyped)
}
