//! A destructor that an instance calls by dropping a handle of its own resource type runs in the task and the thread that drop it.

use crate::{Deviation, St, deviates};
use spawndiff_reference::machine::wasmi::Val;
use spawndiff_reference::machine::{Outcome, ResourceType, ResourceTypeId, ThreadId};

/// The call of the destructor in the thread that drops the handle, where it belongs to the instance that does.
pub(crate) fn destroys_within(
    st: &mut St<'_>,
    thread: ThreadId,
    rt: ResourceTypeId,
    rep: u32,
) -> Option<Outcome> {
    match st.get_resource_type(rt) {
        ResourceType::Guest {
            impl_,
            dtor: Some(dtor),
        } if impl_ == st.inst_of(thread) => deviates(st, Deviation::DestroysInCallersTask)
            .then(|| Outcome::Call(dtor, vec![Val::I32(rep.cast_signed())])),
        ResourceType::Guest { .. } | ResourceType::Host => None,
    }
}
