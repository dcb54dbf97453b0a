//! The ends of streams and futures, with the state and the side that they have for this machine.

use crate::St;
use spawndiff_reference::machine::{CopyEnd, CopyState, SharedId, Side, ValType, WaitableId};

/// An end.
pub(crate) fn end_of<'s>(st: &'s St<'_>, end: WaitableId) -> &'s CopyEnd {
    match st.as_end(end) {
        Some(end) => end,
        None => unreachable!("only ends are asked as ends"),
    }
}

/// Whether what two ends share is a stream.
pub(crate) fn is_stream(st: &St<'_>, shared: SharedId) -> bool {
    matches!(st.get_shared(shared).ty(), ValType::Stream(_))
}

/// The other end of a stream or future.
pub(crate) fn other_end(st: &St<'_>, end: WaitableId) -> WaitableId {
    let end = end_of(st, end);
    st.end_of_side(end.shared(), end.side().other())
}

/// `CopyEnd.state`, as this machine has it.
pub(crate) fn copy_state(st: &St<'_>, end: WaitableId) -> CopyState {
    let own = st.machine.copy_states.get(&end).copied();
    own.unwrap_or(end_of(st, end).state())
}

/// From here on, the state of an end is that of this machine.
pub(crate) fn set_copy_state(st: &mut St<'_>, end: WaitableId, state: CopyState) {
    st.machine.copy_states.insert(end, state);
}

/// The side that an end is of, as this machine has it.
pub(crate) fn side_of(st: &St<'_>, end: WaitableId) -> Side {
    let own = st.machine.taken_for.get(&end).copied();
    own.unwrap_or(end_of(st, end).side())
}
