//! A string that came as UTF-16 and is stored as Latin-1, in the encoding `latin1+utf16`, is shrunk with the alignment 2, not 1:
//! `realloc` is asked for that, and a pointer that is not aligned traps.

use crate::{Deviation, St, deviates};

/// The alignment of the last `reallocate` of `store_probably_utf16_to_latin1_or_utf16`.
pub(crate) fn shrink_alignment(st: &mut St<'_>) -> u64 {
    match deviates(st, Deviation::ShrinksAligned) {
        true => 2,
        false => st.shrink_alignment(),
    }
}
