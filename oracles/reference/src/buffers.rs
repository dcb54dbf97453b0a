//! Buffers (CanonicalABI.md, "Buffer State"): where a copy reads or writes, and the transfer of values from one to another.

use super::abi;
use super::canon_defs::{CanonicalOptions, InstanceId};
use super::limits;
use super::machine::Machine;
use super::store::{Stop, Store};
use super::trap_if::TrapIf;
use super::types::ValType;

/// A buffer, by its place in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BufferId(pub(crate) usize);

/// `class BufferGuestImpl`.
#[derive(Debug)]
pub struct Buffer {
    pub(crate) opts: CanonicalOptions,
    pub(crate) inst: InstanceId,
    t: Option<ValType>,
    pub(crate) ptr: u64,
    pub(crate) progress: u32,
    length: u32,
}

/// `Buffer.MAX_LENGTH`.
const MAX_LENGTH: u32 = (1 << 28) - 1;

impl Buffer {
    /// `Buffer.remain`.
    pub fn remain(&self) -> u32 {
        self.length - self.progress
    }

    /// `Buffer.is_zero_length`.
    pub fn is_zero_length(&self) -> bool {
        self.length == 0
    }

    /// `BufferGuestImpl.progress`.
    pub fn progress(&self) -> u32 {
        self.progress
    }
}

/// The element type of a stream or future type.
pub(crate) fn element(ty: &ValType) -> Option<&ValType> {
    match ty {
        ValType::Stream(t) | ValType::Future(t) => t.as_deref(),
        _ => None,
    }
}

/// `none_or_number_type`.
pub(crate) fn none_or_number_type(t: Option<&ValType>) -> bool {
    matches!(
        t,
        None | Some(
            ValType::U8
                | ValType::U16
                | ValType::U32
                | ValType::U64
                | ValType::S8
                | ValType::S16
                | ValType::S32
                | ValType::S64
                | ValType::F32
                | ValType::F64
        )
    )
}

/// Buffers.
impl<M: Machine> Store<'_, M> {
    /// The conditions of `BufferGuestImpl.__init__`, and their traps.
    pub(crate) fn check_buffer(
        &mut self,
        ty: &ValType,
        opts: &CanonicalOptions,
        inst: InstanceId,
        ptr: u64,
        length: u32,
    ) -> [(bool, TrapIf); 3] {
        let [unaligned, elsewhere] = match (element(ty), length) {
            (Some(t), 1..) => self.context(opts, inst, None).check_range(ptr, length, t),
            (Some(_), 0) | (None, _) => [false; 2],
        };
        [
            (length > MAX_LENGTH, TrapIf::BufferTooLong),
            (elsewhere, TrapIf::BufferOutOfBounds),
            (unaligned, TrapIf::BufferUnaligned),
        ]
    }

    /// `BufferGuestImpl.__init__`, once they are checked.
    pub(crate) fn new_buffer(
        &mut self,
        ty: &ValType,
        opts: &CanonicalOptions,
        inst: InstanceId,
        ptr: u64,
        length: u32,
    ) -> Result<BufferId, Stop> {
        let t = element(ty).cloned();
        let buffer = Buffer {
            opts: opts.clone(),
            inst,
            t,
            ptr,
            progress: 0,
            length,
        };
        limits::add(&mut self.buffers, buffer).map(BufferId)
    }

    /// A buffer.
    pub fn buffer(&self, buffer: BufferId) -> &Buffer {
        &self.buffers[buffer.0]
    }

    /// Whether the address at which a buffer goes on is aligned.
    pub fn is_aligned(&mut self, buffer: BufferId) -> bool {
        let Buffer {
            opts, inst, ptr, t, ..
        } = &self.buffers[buffer.0];
        let (opts, inst, ptr) = (opts.clone(), *inst, *ptr);
        match t.clone() {
            Some(t) => !self.context(&opts, inst, None).check_range(ptr, 0, &t)[0],
            None => true,
        }
    }

    /// `ReadableBuffer.read` of one and `WritableBuffer.write` of the other.
    ///
    /// # Errors
    ///
    /// A trap, if the values cannot be lifted or lowered.
    pub fn transfer(&mut self, from: BufferId, to: BufferId, n: u32) -> Result<(), Stop> {
        if let Some(t) = self.buffer(from).t.clone() {
            let buffer = self.buffer(from);
            let (opts, inst, ptr) = (buffer.opts.clone(), buffer.inst, buffer.ptr);
            let mut cx = self.context(&opts, inst, None);
            let values = abi::load_list_from_valid_range(&mut cx, ptr, n.into(), &t)?;
            let size = u64::from(n) * abi::elem_size(&mut cx, &t);
            self.buffers[from.0].ptr += size;
            let buffer = self.buffer(to);
            let (opts, inst, ptr) = (buffer.opts.clone(), buffer.inst, buffer.ptr);
            let mut cx = self.context(&opts, inst, None);
            abi::store_list_into_valid_range(&mut cx, &values, ptr, &t)?;
            let size = u64::from(n) * abi::elem_size(&mut cx, &t);
            self.buffers[to.0].ptr += size;
        }
        self.buffers[from.0].progress += n;
        self.buffers[to.0].progress += n;
        Ok(())
    }
}
