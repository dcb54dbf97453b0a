//! Handles of resources: destructors that are called by the instance that they belong to, and borrowed handles.

use super::super::canon::Outcome;
use super::super::canonical::InstanceId;
use super::super::resources::ResourceType;
use super::super::store::Store;
use super::super::types::ResourceTypeId;
use super::Deviation;
use wasmi::Val;

impl Store<'_> {
    /// Whether a handle that is lent can be dropped.
    pub(crate) fn drops_lent(&mut self, own: bool) -> bool {
        !own && self.deviates(Deviation::DropsLentBorrow)
    }

    /// In `canon_resource_drop` of an owning handle: the call of the destructor in the thread that drops it, where it belongs to the
    /// instance that does.
    pub(crate) fn destroys_within(
        &mut self,
        inst: InstanceId,
        rt: ResourceTypeId,
        rep: u32,
    ) -> Option<Outcome> {
        match self.resource_types[rt.0] {
            ResourceType::Guest {
                impl_,
                dtor: Some(dtor),
            } if impl_ == inst => {
                let deviates = self.deviates(Deviation::DestroysInCallersTask);
                deviates.then(|| Outcome::Within(dtor, vec![Val::I32(rep as i32)]))
            }
            ResourceType::Guest { .. } | ResourceType::Host => None,
        }
    }
}
