//! The limits of a run: memory, table elements, instructions, stack.
//!
//! Engines may rightly differ once a limit is reached, so a run that reaches one is marked, never silently continued.

use super::exceptions::Keep;
use super::store::Stop;
use spawndiff_observation::Exhaustion;
use wasmi_core::LimiterError;

/// The bytes that all memories of an instance may have.
const MEMORY: usize = 64 << 20;
/// The elements that a table may have.
const TABLE: usize = 100_000;
/// The fuel of a run, in wasmi's units (about one an instruction).
pub(crate) const FUEL: u64 = 20_000_000;

/// The component instances of a run.
pub(crate) const INSTANCES: usize = 1_000;
/// How many threads may run at once, each resumed by the one before: a call into another instance, a `realloc`.
pub(crate) const NESTING: usize = 200;
/// The handles that an instance may have at once.
pub(crate) const HANDLES: usize = 100_000;
/// The threads that may wait at once: each turn of the host looks at all of them.
pub(crate) const WAITING: usize = 5_000;
/// The objects of a kind that a run may make: tasks, threads, waitables, buffers, ...
pub(crate) const ARENA: usize = 200_000;

/// Adds an object to an arena of the store. What is returned is its place.
pub(crate) fn add<T>(arena: &mut Vec<T>, object: T) -> Result<usize, Stop> {
    if arena.len() >= ARENA {
        return Err(Stop::Exhausted(Exhaustion::Memory));
    }
    arena.push(object);
    Ok(arena.len() - 1)
}

/// The data of a wasmi store: whether a request to grow was refused, and the keep of exceptions.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    /// Set when a memory or a table was not allowed to grow.
    pub(crate) refused: bool,
    memory: usize,
    pub(crate) keep: Keep,
}

impl wasmi::ResourceLimiter for Limits {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> Result<bool, LimiterError> {
        let total = self.memory.saturating_add(desired.saturating_sub(current));
        if total > MEMORY {
            self.refused = true;
            return Ok(false);
        }
        self.memory = total;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> Result<bool, LimiterError> {
        if desired > TABLE {
            self.refused = true;
            return Ok(false);
        }
        Ok(true)
    }

    fn instances(&self) -> usize {
        1_000
    }

    fn tables(&self) -> usize {
        1_000
    }

    fn memories(&self) -> usize {
        1_000
    }
}
