//! What an index of a plan means where there are fewer than it says.

/// An index modulo what there is, if there is anything.
pub(crate) fn wrap(index: usize, len: usize) -> Option<usize> {
    index.checked_rem(len)
}
