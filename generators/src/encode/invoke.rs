//! Encodes calls of other instances: the arguments, flat or in memory, the notes about the subtask, and the results.

use super::body::Body;
use super::handle::{TO_JOINED, TO_STATUS, address};
use super::memory::MEMORY;
use crate::limits::{
    RESULTS_ADDRESS, RETURN_ADDRESS, SKIPPED, SPILL_ADDRESS, SPILL_BYTES, SUBTASKS, TAGS_ADDRESS,
};
use crate::plan::flat::{flat, flat_scalar};
use crate::plan::sample;
use crate::plan::signature::spills;
use crate::plan::{
    Argument, Callee, CoreType, Direction, Entry, Handle, Import, Operand, Scalar, ValueType,
};
use spawndiff_corpus::Type;
use wasm_encoder::{BlockType, ValType};

/// The address where the result of a call goes if it is described in memory. The last of the areas is for synchronous
/// calls.
fn results(slot: usize) -> i32 {
    (RESULTS_ADDRESS + 16 * slot as u32) as i32
}

/// The size and alignment of a value in memory (CanonicalABI.md, `elem_size`, `alignment`).
fn layout(ty: ValueType) -> (u32, u32) {
    let size = match ty {
        ValueType::Scalar(Type::Bool | Type::S8 | Type::U8) => 1,
        ValueType::Scalar(Type::S16 | Type::U16) => 2,
        ValueType::Scalar(Type::S32 | Type::U32 | Type::F32 | Type::Char) => 4,
        ValueType::Scalar(Type::S64 | Type::U64 | Type::F64) => 8,
        ValueType::String | ValueType::Bytes => return (8, 4),
        ValueType::Own(_) | ValueType::Borrow(_) | ValueType::Channel(_) => 4,
    };
    (size, size)
}

impl Body<'_, '_> {
    /// Calls an entry of another instance, so that the value of the call is on the stack.
    pub(super) fn invoke(
        &mut self,
        callee: Callee,
        asynchronous: bool,
        args: &[Argument],
        slot: usize,
    ) -> Option<()> {
        let resolved = self.context.resolved;
        let callee = resolved.callee(self.context.number, callee)?;
        let entry = resolved.entry(callee);
        let asynchronous = asynchronous && entry.is_async();
        let slot = slot % SUBTASKS;
        let subtask = address(Handle::Subtask(slot))?;

        self.code().i32_const(1);
        for handle in handles(entry, args) {
            if let Some(cell) = address(handle) {
                self.code()
                    .i32_const(cell as i32)
                    .i32_load(MEMORY)
                    .i32_const(0)
                    .i32_ne()
                    .i32_and();
            }
        }
        if asynchronous {
            self.code()
                .i32_const(subtask as i32)
                .i32_load(MEMORY)
                .i32_eqz()
                .i32_and();
        }
        self.code().if_(BlockType::Result(ValType::I64));
        let area = results(if asynchronous { slot } else { SUBTASKS });
        let in_memory = entry.result.is_some_and(|ty| asynchronous || ty.is_text());
        if in_memory {
            for address in [area, area + 8] {
                self.code()
                    .i32_const(address)
                    .i64_const(0)
                    .i64_store(MEMORY);
            }
        }
        if asynchronous {
            self.code()
                .i32_const(tag_address(slot))
                .i32_const(tag(callee))
                .i32_store(MEMORY);
        }
        if asynchronous && spills(entry) {
            let base = SPILL_ADDRESS + SPILL_BYTES * slot as u32;
            self.spill(entry, args, base);
            self.code().i32_const(base as i32);
        } else {
            for (i, &ty) in entry.params.iter().enumerate() {
                self.argument(ty, args.get(i).copied());
            }
        }
        if in_memory {
            self.code().i32_const(area);
        }
        self.call(Import::Lowered {
            callee,
            asynchronous,
        });
        if asynchronous {
            let packed = self.value_local();
            self.code().local_set(packed);
            self.code()
                .i32_const(subtask as i32)
                .local_get(packed)
                .i32_const(4)
                .i32_shr_u();
            self.code().i32_store(MEMORY);
            self.code()
                .i32_const((subtask + TO_STATUS) as i32)
                .local_get(packed);
            self.code().i32_const(15).i32_and().i32_store(MEMORY);
            self.code()
                .i32_const((subtask + TO_JOINED) as i32)
                .i32_const(0)
                .i32_store(MEMORY);
            self.code().local_get(packed).i64_extend_i32_u();
        } else {
            self.received(entry.result, area);
        }
        self.sign();
        self.code().else_().i64_const(SKIPPED).end();
        Some(())
    }

    /// Reads what an asynchronous call has returned, so that it is on the stack; [`SKIPPED`] if the call was not of this
    /// entry or has not returned.
    pub(super) fn collect(&mut self, callee: Callee, slot: usize) -> Option<()> {
        let resolved = self.context.resolved;
        let callee = resolved.callee(self.context.number, callee)?;
        let result = resolved.entry(callee).result?;
        let slot = slot % SUBTASKS;
        let subtask = address(Handle::Subtask(slot))?;
        self.code()
            .i32_const(tag_address(slot))
            .i32_load(MEMORY)
            .i32_const(tag(callee))
            .i32_eq();
        self.code()
            .i32_const(subtask as i32)
            .i32_load(MEMORY)
            .i32_eqz();
        self.code()
            .i32_const((subtask + TO_STATUS) as i32)
            .i32_load(MEMORY);
        self.code()
            .i32_const(15)
            .i32_and()
            .i32_const(2)
            .i32_ge_u()
            .i32_or()
            .i32_and();
        self.code().if_(BlockType::Result(ValType::I64));
        self.code()
            .i32_const(tag_address(slot))
            .i32_const(0)
            .i32_store(MEMORY);
        self.loaded(result, results(slot));
        self.code().else_().i64_const(SKIPPED).end();
        Some(())
    }

    /// With the result of a synchronous call on the stack or in memory: leaves it as the value.
    fn received(&mut self, result: Option<ValueType>, area: i32) {
        match result {
            None => drop(self.code().i64_const(0)),
            Some(ValueType::Scalar(ty)) => self.extend(flat_scalar(ty)),
            Some(ty @ (ValueType::String | ValueType::Bytes)) => self.loaded(ty, area),
            Some(ty @ (ValueType::Own(_) | ValueType::Borrow(_) | ValueType::Channel(_))) => {
                self.received_handle(ty);
            }
        }
    }

    /// With a handle on the stack: keeps it in a cell, and leaves it as the value.
    fn received_handle(&mut self, ty: ValueType) {
        match ty {
            ValueType::Own(owner) | ValueType::Borrow(owner) => {
                self.keep(|slot| Handle::Resource { owner, slot });
            }
            ValueType::Channel(channel) => self.keep(|slot| Handle::End {
                channel,
                direction: Direction::Read,
                slot,
            }),
            ValueType::Scalar(_) | ValueType::String | ValueType::Bytes => {
                let handle = self.thread_local();
                self.code().local_set(handle);
            }
        }
        let handle = self.thread_local();
        self.code().local_get(handle).i64_extend_i32_u();
    }

    /// Loads a result in memory as the value: of a string or list, a mix of its length and first byte.
    fn loaded(&mut self, ty: ValueType, area: i32) {
        match ty {
            ValueType::Scalar(ty) => {
                self.code().i32_const(area);
                self.load_scalar(ty);
            }
            ValueType::String | ValueType::Bytes => {
                let (pointer, length) = (self.thread_local(), self.value_local());
                self.code()
                    .i32_const(area)
                    .i32_load(MEMORY)
                    .local_set(pointer);
                self.code()
                    .i32_const(area + 4)
                    .i32_load(MEMORY)
                    .local_tee(length);
                self.code().if_(BlockType::Result(ValType::I64));
                self.code()
                    .local_get(pointer)
                    .i64_load8_u(MEMORY)
                    .i64_const(16)
                    .i64_shl();
                self.code().local_get(length).i64_extend_i32_u().i64_xor();
                self.code().else_().i64_const(0).end();
            }
            ValueType::Own(_) | ValueType::Borrow(_) | ValueType::Channel(_) => {
                self.code().i32_const(area).i32_load(MEMORY);
                let handle = self.value_local();
                // A task that was cancelled returned no handle.
                self.code()
                    .local_tee(handle)
                    .if_(BlockType::Result(ValType::I64));
                self.code().local_get(handle);
                self.received_handle(ty);
                self.code().else_().i64_const(0).end();
            }
        }
    }

    /// With an address on the stack: loads the scalar that lies there.
    pub(super) fn load_scalar(&mut self, ty: Type) {
        let mut code = self.code();
        match ty {
            Type::Bool | Type::U8 => drop(code.i64_load8_u(MEMORY)),
            Type::S8 => drop(code.i64_load8_s(MEMORY)),
            Type::U16 => drop(code.i64_load16_u(MEMORY)),
            Type::S16 => drop(code.i64_load16_s(MEMORY)),
            Type::U32 | Type::S32 | Type::Char => drop(code.i64_load32_u(MEMORY)),
            Type::U64 | Type::S64 => drop(code.i64_load(MEMORY)),
            Type::F32 => {
                code.f32_load(MEMORY);
                self.extend(CoreType::F32);
            }
            Type::F64 => {
                code.f64_load(MEMORY);
                self.extend(CoreType::F64);
            }
        }
    }

    /// Stores the parameters as a tuple.
    fn spill(&mut self, entry: &Entry, args: &[Argument], base: u32) {
        let mut offset = 0_u32;
        for (i, &ty) in entry.params.iter().enumerate() {
            let (size, alignment) = layout(ty);
            offset = offset.next_multiple_of(alignment);
            let place = (base + offset) as i32;
            let arg = args.get(i).copied();
            match ty {
                ValueType::String | ValueType::Bytes => {
                    let (pointer, length) = self.sample(ty, arg);
                    self.code()
                        .i32_const(place)
                        .i32_const(pointer as i32)
                        .i32_store(MEMORY);
                    self.code()
                        .i32_const(place + 4)
                        .i32_const(length as i32)
                        .i32_store(MEMORY);
                }
                ValueType::Scalar(scalar) => {
                    self.code().i32_const(place);
                    self.argument(ty, arg);
                    let mut code = self.code();
                    match (flat_scalar(scalar), size) {
                        (CoreType::I64, _) => code.i64_store(MEMORY),
                        (CoreType::F32, _) => code.f32_store(MEMORY),
                        (CoreType::F64, _) => code.f64_store(MEMORY),
                        (CoreType::I32 | CoreType::FuncRef | CoreType::ExternRef, 1) => {
                            code.i32_store8(MEMORY)
                        }
                        (CoreType::I32 | CoreType::FuncRef | CoreType::ExternRef, 2) => {
                            code.i32_store16(MEMORY)
                        }
                        (CoreType::I32 | CoreType::FuncRef | CoreType::ExternRef, _) => {
                            code.i32_store(MEMORY)
                        }
                    };
                }
                ValueType::Own(_) | ValueType::Borrow(_) | ValueType::Channel(_) => {
                    self.code().i32_const(place);
                    self.argument(ty, arg);
                    self.code().i32_store(MEMORY);
                }
            }
            offset += size;
        }
    }

    /// The address and length of a string or list.
    fn sample(&self, ty: ValueType, arg: Option<Argument>) -> (u32, u32) {
        let number = match arg {
            Some(Argument::Sample(number)) => number,
            Some(Argument::Scalar(_) | Argument::Handle(_)) | None => 0,
        };
        if ty == ValueType::Bytes {
            sample::list(number)
        } else {
            sample::string(self.context.instance.encoding, number)
        }
    }

    /// Pushes one argument, flat.
    fn argument(&mut self, ty: ValueType, arg: Option<Argument>) {
        match ty {
            ValueType::Scalar(scalar) => {
                let value = match arg {
                    Some(Argument::Scalar(value)) => value,
                    Some(Argument::Handle(_) | Argument::Sample(_)) | None => Scalar::Bits(0),
                };
                self.scalar(Some(scalar), value);
            }
            ValueType::String | ValueType::Bytes => {
                let (pointer, length) = self.sample(ty, arg);
                self.code()
                    .i32_const(pointer as i32)
                    .i32_const(length as i32);
            }
            ValueType::Own(_) | ValueType::Borrow(_) | ValueType::Channel(_) => {
                let Some(Argument::Handle(handle)) = arg else {
                    self.code().i32_const(0);
                    return;
                };
                let Some(cell) = address(handle) else {
                    return self.without_cell(handle);
                };
                self.code().i32_const(cell as i32).i32_load(MEMORY);
                if !matches!(ty, ValueType::Borrow(_)) {
                    for address in [cell, cell + TO_STATUS, cell + TO_JOINED] {
                        self.code()
                            .i32_const(address as i32)
                            .i32_const(0)
                            .i32_store(MEMORY);
                    }
                }
            }
        }
    }

    /// Pushes a value to return, as its flat types. A value that is not a scalar is made for it.
    pub(super) fn produce(&mut self, ty: Option<ValueType>, value: Scalar) {
        let number = match value {
            Scalar::Bits(bits) => bits as usize,
            Scalar::Computed(_) => 0,
        };
        match ty {
            None => {}
            Some(ValueType::Scalar(ty)) => self.scalar(Some(ty), value),
            Some(ty @ (ValueType::String | ValueType::Bytes)) => {
                self.argument(ty, Some(Argument::Sample(number)));
            }
            Some(ValueType::Own(_) | ValueType::Borrow(_)) => {
                self.operand(match value {
                    Scalar::Bits(bits) => Operand::Const(bits as i32),
                    Scalar::Computed(operand) => operand,
                });
                self.call(Import::ResourceNew);
            }
            Some(ValueType::Channel(channel)) => {
                let ends = self.result_local();
                self.call(Import::ChannelNew(channel));
                self.code()
                    .local_tee(ends)
                    .i64_const(32)
                    .i64_shr_u()
                    .i32_wrap_i64();
                self.keep(|slot| Handle::End {
                    channel,
                    direction: Direction::Write,
                    slot,
                });
                self.code().local_get(ends).i32_wrap_i64();
            }
        }
    }

    /// Pushes the value that a synchronous function returns: a string or list is described in memory.
    pub(super) fn produce_result(&mut self, ty: Option<ValueType>, value: Scalar) {
        let Some(ty @ (ValueType::String | ValueType::Bytes)) = ty else {
            return self.produce(ty, value);
        };
        let number = match value {
            Scalar::Bits(bits) => bits as usize,
            Scalar::Computed(_) => 0,
        };
        let (pointer, length) = self.sample(ty, Some(Argument::Sample(number)));
        let area = RETURN_ADDRESS as i32;
        self.code()
            .i32_const(area)
            .i32_const(pointer as i32)
            .i32_store(MEMORY);
        self.code()
            .i32_const(area + 4)
            .i32_const(length as i32)
            .i32_store(MEMORY);
        self.code().i32_const(area);
    }

    /// Keeps the handles that an entry was passed, but for borrows.
    pub(super) fn keep_parameters(&mut self, entry: &Entry) {
        let mut local = 0;
        for &ty in &entry.params {
            match ty {
                ValueType::Own(_) | ValueType::Channel(_) => {
                    self.code().local_get(local);
                    self.received_handle(ty);
                    self.code().drop();
                }
                ValueType::Scalar(_)
                | ValueType::String
                | ValueType::Bytes
                | ValueType::Borrow(_) => {}
            }
            local += flat(ty).len() as u32;
        }
    }

    /// Drops the borrows that an entry was passed and that are handles.
    pub(super) fn drop_borrows(&mut self, entry: &Entry) {
        let mut local = 0;
        for &ty in &entry.params {
            if let ValueType::Borrow(owner) = ty
                && owner != self.context.number
            {
                self.code().local_get(local);
                self.call(Import::ResourceDrop(owner));
            }
            local += flat(ty).len() as u32;
        }
    }
}

/// The handles that a call takes out of cells or lends.
fn handles(entry: &Entry, args: &[Argument]) -> Vec<Handle> {
    let mut handles = Vec::new();
    for (ty, arg) in entry.params.iter().zip(args) {
        if let ValueType::Own(_) | ValueType::Borrow(_) | ValueType::Channel(_) = ty
            && let Argument::Handle(handle) = arg
        {
            handles.push(*handle);
        }
    }
    handles
}

fn tag_address(slot: usize) -> i32 {
    (TAGS_ADDRESS + 4 * slot as u32) as i32
}

fn tag(callee: Callee) -> i32 {
    ((callee.instance << 8 | callee.entry) + 1) as i32
}
