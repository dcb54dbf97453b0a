//! A task that waits for its callback, and cannot be told of a cancellation because another one is exclusive, is told as soon as
//! that one no longer is, and not with its next event. The canceller waits for that.

use crate::{Deviation, St, deviates};

/// Where a thread that waits for its callback cannot be told because another one is exclusive: whether the canceller waits until it
/// is told.
pub(crate) fn canceller_waits_for_exclusive(st: &mut St<'_>) -> bool {
    deviates(st, Deviation::CancelWaitsForExclusive)
}
