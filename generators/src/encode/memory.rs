//! The names by which the code of all operations uses the memory.

use crate::limits::SLOTS;
use wasm_encoder::MemArg;

/// Memory 0 at the address on the stack. Alignment is only a hint.
pub(super) const MEMORY: MemArg = MemArg {
    offset: 0,
    align: 0,
    memory_index: 0,
};

/// The address of a slot.
pub(super) fn cell(slot: usize) -> u32 {
    (slot % SLOTS) as u32 * 4
}
