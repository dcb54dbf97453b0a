//! What the memories and tables of a store have grown to, and how far they may.

use super::wasmtime::{ResourceLimiter, Result};
use crate::wasmtime::limits::grow;

/// A limit on all memories of a store together, and on all tables. Growing past it ends what the store does.
pub(in crate::wasmtime) struct Limiter {
    max_memory: usize,
    max_elements: usize,
    memory: usize,
    elements: usize,
}

impl Limiter {
    /// At most so many bytes of memory, and so many elements of tables.
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
