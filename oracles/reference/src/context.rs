//! `class LiftLowerContext`: what lifting and lowering see of the store (CanonicalABI.md, "Lifting and Lowering Context").

use super::abi::{self, Budget, ErrorContextId, Layouts, Read, SharedId};
use super::canon_defs::{CanonicalOptions, InstanceId, Side, StringEncoding};
use super::machine::Machine;
use super::resources::Scope;
use super::state::Handle;
use super::store::{Stop, Store};
use super::types::{ResourceTypeId, ValType};
use spawndiff_observation::{Exhaustion, Trap};
use std::sync::Arc;
use wasmi::Val;

/// `class LiftLowerContext`.
pub(crate) struct Context<'c, 'a, M> {
    store: &'c mut Store<'a, M>,
    opts: CanonicalOptions,
    inst: InstanceId,
    borrow_scope: Option<Scope>,
}

impl<'a, M: Machine> Store<'a, M> {
    /// `LiftLowerContext.__init__`.
    pub(crate) fn context(
        &mut self,
        opts: &CanonicalOptions,
        inst: InstanceId,
        borrow_scope: Option<Scope>,
    ) -> Context<'_, 'a, M> {
        Context {
            store: self,
            opts: opts.clone(),
            inst,
            borrow_scope,
        }
    }
}

impl<M: Machine> Context<'_, '_, M> {
    /// Whether a range of memory is not aligned, and whether it is not there: the conditions of `BufferGuestImpl.__init__`.
    pub(crate) fn check_range(&mut self, ptr: u64, length: u32, t: &ValType) -> [bool; 2] {
        let (align, size) = (abi::alignment(self, t), abi::elem_size(self, t));
        let end = u64::from(length)
            .checked_mul(size)
            .and_then(|bytes| bytes.checked_add(ptr));
        let fits = end.is_some_and(|end| end <= abi::Context::memory(self).len() as u64);
        [!ptr.is_multiple_of(align), !fits]
    }

    /// `store` of a `u32`, where the specification takes for granted that it fits.
    pub(crate) fn store_u32(&mut self, ptr: u64, value: u32) -> Result<(), Stop> {
        if !ptr.is_multiple_of(4) {
            return Err(Trap::UnalignedPointer.into());
        }
        let memory = abi::Context::memory_mut(self);
        let bytes = usize::try_from(ptr)
            .ok()
            .and_then(|at| memory.get_mut(at..at.checked_add(4)?));
        bytes
            .ok_or(Stop::from(Trap::MemoryOutOfBounds))?
            .copy_from_slice(&value.to_le_bytes());
        Ok(())
    }
}

impl<M: Machine> abi::Context for Context<'_, '_, M> {
    type Stop = Stop;

    fn string_encoding(&self) -> StringEncoding {
        self.opts.string_encoding
    }

    fn wide(&self) -> bool {
        self.opts.memory.is_some_and(|memory| memory.wide)
    }

    fn memory(&self) -> &[u8] {
        match self.opts.memory {
            Some(memory) => memory.memory.data(&self.store.core),
            None => &[],
        }
    }

    fn memory_mut(&mut self) -> &mut [u8] {
        match self.opts.memory {
            Some(memory) => memory.memory.data_mut(&mut self.store.core),
            None => &mut [],
        }
    }

    fn reallocate(
        &mut self,
        old: u64,
        old_byte_length: u64,
        alignment: u64,
        new_byte_length: u64,
    ) -> Result<u64, Stop> {
        let Some(realloc) = self.opts.realloc else {
            return Err(abi::Context::ill_typed(self));
        };
        let wide = abi::Context::wide(self);
        let args = [old, old_byte_length, alignment, new_byte_length].map(|arg| match wide {
            true => Val::I64(arg as i64),
            false => Val::I32(arg as u32 as i32),
        });
        debug_assert!(!M::ASSERTS || self.store.inst(self.inst).may_leave);
        self.store.forbid_leaving(self.inst);
        let results = self
            .store
            .lift_core(Some(realloc), self.inst, args.to_vec());
        self.store.allow_leaving(self.inst);
        match results?.first() {
            Some(Val::I32(ptr)) => Ok(u64::from(*ptr as u32)),
            Some(Val::I64(ptr)) => Ok(*ptr as u64),
            Some(_) | None => Err(super::core_calls::mistyped("realloc")),
        }
    }

    fn layouts(&mut self) -> &mut Layouts {
        &mut self.store.layouts
    }

    fn budget(&mut self) -> &mut Budget {
        &mut self.store.budget
    }

    fn reads(&mut self) -> &mut Vec<Read> {
        &mut self.store.reads
    }

    fn latin1_alignment(&mut self) -> u64 {
        M::shrink_alignment(self.store)
    }

    fn exhausted(&self) -> Stop {
        Stop::Exhausted(Exhaustion::Memory)
    }

    fn ill_typed(&self) -> Stop {
        super::Unsupported::new("a value of another type than its own").into()
    }

    fn lift_own(&mut self, i: u32, rt: ResourceTypeId) -> Result<u32, Stop> {
        self.store.lift_own(self.inst, i, rt)
    }

    fn lift_borrow(&mut self, i: u32, rt: ResourceTypeId) -> Result<u32, Stop> {
        self.store.lift_borrow(self.inst, self.borrow_scope, i, rt)
    }

    fn lift_stream(&mut self, i: u32, t: Option<&ValType>) -> Result<SharedId, Stop> {
        let ty = ValType::Stream(t.cloned().map(Arc::new));
        self.store.lift_async_value(self.inst, i, &ty)
    }

    fn lift_future(&mut self, i: u32, t: Option<&ValType>) -> Result<SharedId, Stop> {
        let ty = ValType::Future(t.cloned().map(Arc::new));
        self.store.lift_async_value(self.inst, i, &ty)
    }

    fn lift_error_context(&mut self, i: u32) -> Result<ErrorContextId, Stop> {
        self.store.lift_error_context(self.inst, i)
    }

    fn lower_own(&mut self, rep: u32, rt: ResourceTypeId) -> Result<u32, Stop> {
        self.store.lower_own(self.inst, rep, rt)
    }

    fn lower_borrow(&mut self, rep: u32, rt: ResourceTypeId) -> Result<u32, Stop> {
        self.store
            .lower_borrow(self.inst, self.borrow_scope, rep, rt)
    }

    fn lower_stream(&mut self, v: SharedId, _: Option<&ValType>) -> Result<u32, Stop> {
        self.store.add_end(self.inst, v, Side::Readable)
    }

    fn lower_future(&mut self, v: SharedId, _: Option<&ValType>) -> Result<u32, Stop> {
        self.store.add_end(self.inst, v, Side::Readable)
    }

    fn lower_error_context(&mut self, v: ErrorContextId) -> Result<u32, Stop> {
        self.store.add_handle(self.inst, Handle::ErrorContext(v))
    }
}

impl<M: Machine> Store<'_, M> {
    /// The alignment with which `store_probably_utf16_to_latin1_or_utf16` calls `reallocate` for a string that is Latin-1.
    pub fn shrink_alignment(&self) -> u64 {
        1
    }
}
