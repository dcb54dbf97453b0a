//! The scratch locals of a core function.

use crate::limits::LOOP_DEPTH;
use wasm_encoder::ValType;

/// Scratch locals after the parameters: two `i32`, one `i64`, then one `i32` counter for each loop in another, one `i32`
/// that says whether the task was cancelled, one `f32` and one `f64`.
pub(super) fn locals() -> Vec<(u32, ValType)> {
    vec![
        (2, ValType::I32),
        (1, ValType::I64),
        (LOOP_DEPTH + 1, ValType::I32),
        (1, ValType::F32),
        (1, ValType::F64),
    ]
}

/// The places of three of these locals, counted from the first.
pub(super) const CANCELLED_LOCAL: u32 = 3 + LOOP_DEPTH;
/// See [`CANCELLED_LOCAL`].
pub(super) const F32_LOCAL: u32 = CANCELLED_LOCAL + 1;
/// See [`CANCELLED_LOCAL`].
pub(super) const F64_LOCAL: u32 = F32_LOCAL + 1;
