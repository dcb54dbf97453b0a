//! An asynchronous call is made although the instance may not leave: in a `post-return` function.

use crate::{Deviation, St, deviates};

/// Before an asynchronous call where the instance may not leave: whether it is made all the same.
pub(crate) fn calls_in_post_return(st: &mut St<'_>) -> bool {
    deviates(st, Deviation::LeavesInPostReturn)
}
