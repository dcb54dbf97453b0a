//! `stream.write` of no elements completes if a read of no elements was completed, and not told of.

use crate::ends::{end_of, other_end};
use crate::{Deviation, St, deviates};
use spawndiff_reference::machine::{BufferId, Side, WaitableId};

/// Where nothing is pending at the other end: whether a write of no elements completes all the same.
pub(crate) fn completes_zero_write(st: &mut St<'_>, end: WaitableId, buffer: BufferId) -> bool {
    let write = end_of(st, end).side() == Side::Writable && st.buffer(buffer).is_zero_length();
    if !write {
        return false;
    }
    let other = other_end(st, end);
    let read = end_of(st, other).copy().map(|(_, buffer)| buffer);
    st.was_completed(other)
        && read.is_some_and(|read| st.buffer(read).is_zero_length())
        && deviates(st, Deviation::ZeroWriteCompletes)
}
