//! What a built-in is called with.

use super::super::store::Stop;
use wasmi::Val;

/// The arguments of a built-in. Their types are those of its core type: a mistake here is one of the decoder.
pub(super) struct Args<'a>(pub(super) &'a [Val]);

impl<'a> Args<'a> {
    pub(super) fn get(&self, index: usize) -> Result<&'a Val, Stop> {
        self.0
            .get(index)
            .ok_or_else(|| super::super::Unsupported::new("a missing argument").into())
    }

    pub(super) fn i32(&self, index: usize) -> Result<u32, Stop> {
        let value = self.get(index)?.i32();
        value
            .map(|value| value as u32)
            .ok_or_else(|| super::super::drive::mistyped("argument"))
    }

    /// An `i64` if `wide`, otherwise an `i32`.
    pub(super) fn word(&self, index: usize, wide: bool) -> Result<u64, Stop> {
        if !wide {
            return self.i32(index).map(u64::from);
        }
        let value = self.get(index)?.i64();
        value
            .map(|value| value as u64)
            .ok_or_else(|| super::super::drive::mistyped("argument"))
    }
}
