//! `{stream,future}.{read,write}` of a buffer that is not aligned is begun. It traps once something is copied.

use crate::{Deviation, St, deviates};
use spawndiff_observation::Trap;
use spawndiff_reference::machine::{BufferId, Stop, TrapIf};

/// In the conditions of `stream_copy` and `future_copy`: a copy with nothing wrong but that its buffer is not aligned is begun.
pub(crate) fn begins_unaligned(st: &mut St<'_>, conditions: &mut Vec<TrapIf>) {
    if conditions[..] == [TrapIf::BufferUnaligned] && deviates(st, Deviation::CopiesUnaligned) {
        conditions.clear();
    }
}

/// Before something is copied from or to a buffer that is not aligned.
pub(crate) fn transfer(st: &mut St<'_>, from: BufferId, to: BufferId, n: u32) -> Result<(), Stop> {
    if n > 0 && !(st.is_aligned(from) && st.is_aligned(to)) {
        return Err(Trap::UnalignedPointer.into());
    }
    st.transfer(from, to, n)
}
