//! Gives every index of a plan a meaning, where there are fewer things than it says.

/// The index modulo the number `len` of things that there are. `None` if there are none.
pub(crate) fn wrap(index: usize, len: usize) -> Option<usize> {
    index.checked_rem(len)
}
