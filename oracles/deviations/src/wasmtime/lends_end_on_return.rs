//! A lent resource is free again when the callee returns, not when that is delivered.

use crate::{Deviation, St, deviates};
use spawndiff_reference::machine::ResourceHandleId;

/// Whether a resource that is lent counts as free.
pub(crate) fn lends_ended(st: &mut St<'_>, handle: ResourceHandleId) -> bool {
    let lends = st.all_waitables().any(|waitable| {
        let subtask = st.as_subtask(waitable);
        let unresolved = subtask.filter(|subtask| !subtask.state().resolved());
        let lenders = unresolved.and_then(|subtask| subtask.lenders());
        lenders.is_some_and(|lenders| lenders.contains(&handle))
    });
    !lends && deviates(st, Deviation::LendsEndOnReturn)
}
