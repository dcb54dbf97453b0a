//! A borrowed handle that is lent can be dropped.

use crate::{Deviation, St, deviates};

/// In `canon_resource_drop`: whether a borrowed handle that is lent can be dropped. `own`: whether the handle is an owning one.
pub(crate) fn drops_lent_borrow(st: &mut St<'_>, own: bool) -> bool {
    !own && deviates(st, Deviation::DropsLentBorrow)
}
