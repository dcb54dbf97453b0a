//! A task that waits for its callback, and cannot be told of a cancellation because another one is exclusive, is told once no other
//! one is, as later texts ask for. The canceller does not wait for that, unlike with [`Deviation::CancelWaitsForExclusive`].

use crate::{Deviation, St, deviates};

/// Where a thread that waits for its callback cannot be told because another one is exclusive, and the canceller does not wait for
/// that: whether it is told as soon as no other one is.
pub(crate) fn tells_when_none_is_exclusive(st: &mut St<'_>) -> bool {
    deviates(st, Deviation::TellsWhenFree)
}
