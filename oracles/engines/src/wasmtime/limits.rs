//! The limits of one run. They are the same on every release, so that a case that exhausts one of them does so on each release.
//! Only the limit on handles is not there in releases 44 to 47, where fuel bounds the number of handles.
//!
//! The bound on execution is fuel, not epochs: fuel needs no ticking thread, and it is exhausted at the same instruction on a slow
//! machine and on a fast one, so that a case that exhausts it does so every time. Fuel costs a few instructions a block.

use spawndiff_observation::Exhaustion;
use std::fmt;

/// The instructions that one run may execute, its instantiation included.
pub(super) const FUEL: u64 = 5_000_000;
/// The bytes that all memories of one run may have together.
pub(super) const MAX_MEMORY: usize = 64 << 20;
/// The elements that all tables of one run may have together.
pub(super) const MAX_TABLE_ELEMENTS: usize = 100_000;
/// The handles and threads that may be alive at once in one run. Each suspended thread holds a stack.
pub(super) const MAX_HANDLES: usize = 10_000;
/// The events that one run may log.
pub(super) const MAX_EVENTS: usize = 1 << 18;
/// The bytes of WebAssembly stack; more is a stack overflow.
pub(super) const MAX_WASM_STACK: usize = 256 << 10;
/// The bytes of a fiber's stack: room for the WebAssembly stack and for the host's frames on top of it. Only pages that
/// are touched cost anything.
pub(super) const ASYNC_STACK: usize = 1 << 20;

/// The error that one of this adapter's own limits was reached.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LimitReached(pub(super) Exhaustion);

impl fmt::Display for LimitReached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the run's limit of {} is reached", self.0)
    }
}

impl std::error::Error for LimitReached {}

/// Adds `desired - current` to `used` if that stays within `limit`, and ends the run if it does not. A growth that fails by
/// the specification (past the declared maximum) is refused without a word: there the instruction returns -1.
pub(super) fn grow(
    used: &mut usize,
    limit: usize,
    current: usize,
    desired: usize,
    maximum: Option<usize>,
) -> Result<bool, LimitReached> {
    if maximum.is_some_and(|maximum| desired > maximum) {
        return Ok(false);
    }
    let after = used.saturating_add(desired.saturating_sub(current));
    if after > limit {
        // Not `Ok(false)`: the instruction would return -1 and the run would go on, unlike on an engine with more memory.
        return Err(LimitReached(Exhaustion::Memory));
    }
    *used = after;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growing_past_the_declared_maximum_fails_and_past_the_limit_ends_the_run() {
        let mut used = 0;
        assert_eq!(grow(&mut used, 10, 0, 8, None), Ok(true));
        assert_eq!(grow(&mut used, 10, 8, 12, Some(11)), Ok(false));
        let error = grow(&mut used, 10, 8, 11, Some(11));
        assert_eq!(error, Err(LimitReached(Exhaustion::Memory)));
        assert_eq!(used, 8);
    }
}
