//! A call of a component instance by its parent, or of the parent by the child, traps.

use crate::{Deviation, St, deviates};
use spawndiff_reference::machine::InstanceId;

/// Whether a call between these instances traps.
pub(crate) fn refuses_relatives(st: &mut St<'_>, a: InstanceId, b: InstanceId) -> bool {
    let above =
        |st: &St<'_>, a: InstanceId, b: InstanceId| a != b && st.self_and_ancestors(b).contains(&a);
    (above(st, a, b) || above(st, b, a)) && deviates(st, Deviation::ParentChildTraps)
}
