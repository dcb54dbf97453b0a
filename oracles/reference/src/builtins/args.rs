//! The arguments with which a built-in is called.

use super::super::canon_defs::{CanonicalOptions, Side};
use super::super::copies::CopyArgs;
use super::super::store::Stop;
use super::super::types::ValType;
use wasmi::Val;

/// The arguments of a built-in. Their types are those of its core type: a mistake here is one of the decoder.
pub struct Args<'a>(pub(crate) &'a [Val]);

impl<'a> Args<'a> {
    pub(crate) fn get(&self, index: usize) -> Result<&'a Val, Stop> {
        self.0
            .get(index)
            .ok_or_else(|| super::super::Unsupported::new("a missing argument").into())
    }

    /// An `i32`.
    ///
    /// # Errors
    ///
    /// The decoder has given it another core type.
    pub fn i32(&self, index: usize) -> Result<u32, Stop> {
        let value = self.get(index)?.i32();
        value
            .map(|value| value as u32)
            .ok_or_else(|| super::super::core_calls::mistyped("argument"))
    }

    /// An `i64` if `wide`, otherwise an `i32`.
    ///
    /// # Errors
    ///
    /// The decoder has given it another core type.
    pub fn word(&self, index: usize, wide: bool) -> Result<u64, Stop> {
        if !wide {
            return self.i32(index).map(u64::from);
        }
        let value = self.get(index)?.i64();
        value
            .map(|value| value as u64)
            .ok_or_else(|| super::super::core_calls::mistyped("argument"))
    }

    /// Those after the first `count`, as core values.
    pub(crate) fn after(&self, count: usize) -> Vec<Val> {
        self.0.iter().skip(count).cloned().collect()
    }

    /// The arguments of `{stream,future}.{read,write}`.
    ///
    /// # Errors
    ///
    /// The decoder has given one another core type.
    pub fn of_copy<'s>(
        &self,
        ty: &'s ValType,
        side: Side,
        opts: &'s CanonicalOptions,
    ) -> Result<CopyArgs<'s>, Stop> {
        let wide = opts.memory.is_some_and(|memory| memory.wide);
        let n = match ty {
            ValType::Future(_) => 1,
            // A length that does not fit is too long in any case.
            _ => u32::try_from(self.word(2, wide)?).unwrap_or(u32::MAX),
        };
        Ok(CopyArgs {
            ty,
            side,
            opts,
            i: self.i32(0)?,
            ptr: self.word(1, wide)?,
            n,
        })
    }

    /// All of them, as core values.
    pub fn values(&self) -> &'a [Val] {
        self.0
    }
}
