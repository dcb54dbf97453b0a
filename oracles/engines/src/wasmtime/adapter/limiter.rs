//! The limits on the memories and tables of a store, and the sizes that these have grown to.

use super::wasmtime::{ResourceLimiter, Result};
use crate::wasmtime::limits::grow;

/// A limit on all memories of a store together, and one on all tables together. Growing past a limit ends what the store does.
pub(in crate::wasmtime) struct Limiter {
    max_memory: usize,
    max_elements: usize,
    memory: usize,
    elements: usize,
}

impl Limiter {
    /// Allows at most `max_memory` bytes for all memories together, and `max_elements` elements for all tables together.
    pub(in crate::wasmtime) fn new(max_memory: usize, max_elements: usize) -> Limiter {
        Limiter {
            max_memory,
            max_elements,
            memory: 0,
            elements: 0,
        }
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        let (used, limit) = (&mut self.memory, self.max_memory);
        Ok(grow(used, limit, current, desired, maximum)?)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        let (used, limit) = (&mut self.elements, self.max_elements);
        Ok(grow(used, limit, current, desired, maximum)?)
    }
}
