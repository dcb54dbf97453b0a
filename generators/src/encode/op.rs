//! Encodes the value of each operation: `dispatch` puts the call `log(point, value)` around this code.

use super::body::Body;
use super::memory::{MEMORY, cell};
use super::store;
use crate::limits::{LAST_ADDRESS, READY_ADDRESS, SKIPPED};
use crate::plan::signature::{encoded, smith_signature};
use crate::plan::{
    Arithmetic, Declared, Element, Global, Import, Item, Op, Operand, Reaction, Scalar, Target,
    ValueType, Width, wrap,
};
use wasm_encoder::{BlockType, HeapType, ValType};

/// How much a table may grow at once, whatever the plan says.
const TABLE_GROW_MAXIMUM: u32 = 16;

impl Body<'_, '_> {
    /// Encodes an operation so that its value is on the stack, an `i64`. Encodes nothing, and returns `None`, if the
    /// operation refers to something that does not exist.
    pub(super) fn value(&mut self, op: &Op) -> Option<()> {
        let plan = self.context.instance;
        match *op {
            Op::Start {
                start,
                index,
                context,
                slot,
            } => {
                let start = wrap(start, plan.starts.len())?;
                let table = self.table(plan.starts[start].table)?;
                self.index(table, index);
                self.operand(context);
                self.call(Import::Start(start));
                self.started((!plan.starts[start].spawn).then_some(slot));
            }
            Op::SpawnRef {
                core_type,
                function,
                context,
            } => {
                let right = self.context.start_functions();
                let function = function.and_then(|function| match right.contains(&function) {
                    true => Some(function),
                    false => wrap(function, right.len()).map(|place| right[place]),
                });
                let item = function.map_or(Item::Null, Item::Function);
                match self.context.referenced(item) {
                    Some(function) => drop(self.code().ref_func(function)),
                    None => {
                        let start = self.context.start_type_index();
                        self.code().ref_null(HeapType::Concrete(start));
                    }
                }
                self.operand(context);
                self.call(Import::SpawnRef(core_type));
                self.started(None);
            }
            Op::ResumeLater { target } => self.aim(target, true, |body| {
                let thread = body.thread_local();
                body.code().local_get(thread);
                body.call(Import::ResumeLater);
                body.code().local_get(thread).i64_extend_i32_u();
            }),
            Op::Suspend { cancellable, park } => self.switch(Import::Suspend(cancellable), park),
            Op::Yield { cancellable, offer } => {
                if offer {
                    self.code().i32_const(READY_ADDRESS as i32);
                    self.call(Import::ThreadIndex);
                    self.code().i32_store(MEMORY);
                }
                self.switch(Import::Yield(cancellable), None);
                if offer {
                    // The thread is running again, so it is no longer ready.
                    self.code()
                        .i32_const(READY_ADDRESS as i32)
                        .i32_const(0)
                        .i32_store(MEMORY);
                }
            }
            Op::SuspendThenResume {
                cancellable,
                target,
                park,
            } => {
                self.aim(target, true, |body| {
                    body.switch_to(Import::SuspendThenResume(cancellable), park);
                });
            }
            Op::YieldThenResume {
                cancellable,
                target,
            } => self.aim(target, true, |body| {
                body.switch_to(Import::YieldThenResume(cancellable), None);
            }),
            Op::SuspendThenPromote {
                cancellable,
                target,
                park,
            } => {
                self.aim(target, false, |body| {
                    body.switch_to(Import::SuspendThenPromote(cancellable), park);
                });
            }
            Op::YieldThenPromote {
                cancellable,
                target,
            } => self.aim(target, false, |body| {
                body.switch_to(Import::YieldThenPromote(cancellable), None);
            }),
            Op::ThreadIndex => {
                self.call(Import::ThreadIndex);
                self.code().i64_extend_i32_u();
            }
            Op::AvailableParallelism => {
                self.call(Import::AvailableParallelism);
                self.code().i32_const(0).i32_gt_s().i64_extend_i32_u();
            }
            Op::ContextGet { slot } => {
                self.call(Import::ContextGet(slot));
                self.code().i64_extend_i32_u();
            }
            Op::ContextSet { slot, value } => {
                let scratch = self.thread_local();
                self.operand(value);
                self.code().local_tee(scratch);
                self.call(Import::ContextSet(slot));
                self.code().local_get(scratch).i64_extend_i32_u();
            }
            Op::Call { function, argument } => {
                let callees = plan.functions.len().checked_sub(self.least_callee)?;
                let callee = match (self.least_callee..plan.functions.len()).contains(&function) {
                    true => function,
                    false => self.least_callee + wrap(function, callees)?,
                };
                let signature = self.context.signature_of(callee);
                self.arguments(&signature, argument);
                let callee = self.context.function(callee);
                self.code().call(callee);
                self.results(&signature);
            }
            Op::CallIndirect {
                table,
                index,
                signature,
                argument,
            } => {
                let table = self.table(table)?;
                let ty = wrap(signature, plan.signatures.len())?;
                let signature = encoded(&plan.signatures[ty]);
                self.arguments(&signature, argument);
                self.index(table, index);
                // The reference tells equal types from others, and does not know subtypes: it could not call by an open one.
                let ty = match signature.declared {
                    Declared::Alone => self.context.signature_index(ty),
                    _ => self.context.start_type_index(),
                };
                self.code().call_indirect(table, ty);
                self.results(&signature);
            }
            Op::CallSmith { function, argument } => {
                let smith = plan.smith.as_ref()?;
                let function = wrap(function, smith.functions.len())?;
                let signature = smith_signature(plan, smith.functions[function].signature);
                self.arguments(&signature, argument);
                let hooks = self.context.hooks();
                let ty = self.context.type_index(signature.clone());
                self.code()
                    .i32_const((store::SMITH_HOOKS + function as u32) as i32)
                    .call_indirect(hooks, ty);
                self.results(&signature);
            }
            Op::Load { width, address } => {
                self.code().i32_const(address as i32);
                match width {
                    Width::Bits8 => self.code().i64_load8_u(MEMORY),
                    Width::Bits32 => self.code().i64_load32_u(MEMORY),
                    Width::Bits64 => self.code().i64_load(MEMORY),
                };
            }
            Op::Store {
                width,
                address,
                value,
            } => {
                let result = self.result_local();
                self.code().i32_const(address as i32);
                self.operand(value);
                self.code().i64_extend_i32_u().local_tee(result);
                match width {
                    Width::Bits8 => self.code().i64_store8(MEMORY),
                    Width::Bits32 => self.code().i64_store32(MEMORY),
                    Width::Bits64 => self.code().i64_store(MEMORY),
                };
                self.code().local_get(result);
            }
            Op::GlobalGet { global } => {
                wrap(global, plan.globals.len())?;
                self.global_get(global);
            }
            Op::GlobalSet { global, value } => {
                let place = wrap(global, plan.globals.len())?;
                self.operand(value);
                if let Global::I64(_) = plan.globals[place] {
                    self.code().i64_extend_i32_s();
                }
                self.code().global_set(place as u32);
                self.global_get(global);
            }
            Op::MemoryGrow { pages } => {
                self.code()
                    .i32_const(pages as i32)
                    .memory_grow(0)
                    .i64_extend_i32_u();
            }
            Op::MemorySize => drop(self.code().memory_size(0).i64_extend_i32_u()),
            Op::Arithmetic { op, left, right } => self.arithmetic(op, left, right),
            Op::Unreachable => drop(self.code().unreachable()),
            Op::TableGet { table, index } => {
                let table = self.table(table)?;
                self.index(table, index);
                self.code()
                    .table_get(table)
                    .ref_is_null()
                    .i64_extend_i32_u();
            }
            Op::TableSet { table, index, item } => {
                let table = self.table(table)?;
                self.index(table, index);
                self.item(item, table);
                self.code().table_set(table).i64_const(0);
            }
            Op::TableGrow { table, by, item } => {
                let table = self.table(table)?;
                self.item(item, table);
                let by = by.min(TABLE_GROW_MAXIMUM) as i32;
                self.code()
                    .i32_const(by)
                    .table_grow(table)
                    .i64_extend_i32_u();
            }
            Op::TableSize { table } => {
                let table = self.table(table)?;
                self.code().table_size(table).i64_extend_i32_u();
            }
            Op::TableFill {
                table,
                index,
                item,
                count,
            } => {
                let table = self.table(table)?;
                self.index(table, index);
                self.item(item, table);
                self.code()
                    .i32_const(count as i32)
                    .table_fill(table)
                    .i64_const(0);
            }
            Op::TableCopy {
                to,
                from,
                to_index,
                from_index,
                count,
            } => {
                let (to, from) = (self.table(to)?, self.table(from)?);
                if (self.element(to), self.element(from)) == (Element::Start, Element::Func) {
                    return None;
                }
                self.index(to, to_index);
                self.index(from, from_index);
                self.code()
                    .i32_const(count as i32)
                    .table_copy(to, from)
                    .i64_const(0);
            }
            Op::TableInit {
                table,
                segment,
                index,
                from,
                count,
            } => {
                let table = self.table(table)?;
                let segment = self.context.segment(segment)?;
                // Segments for this operation are of `funcref`.
                if self.element(table) == Element::Start {
                    return None;
                }
                self.index(table, index);
                self.code().i32_const(from as i32).i32_const(count as i32);
                self.code().table_init(table, segment).i64_const(0);
            }
            Op::ElemDrop { segment } => {
                let segment = self.context.segment(segment)?;
                self.code().elem_drop(segment).i64_const(0);
            }
            Op::TaskReturn { result, value } => {
                self.task_return(result, value);
                self.code().i64_const(0);
            }
            Op::Finish {
                result,
                value,
                reaction: Reaction::Return,
            } => {
                self.task_return(result, value);
                self.code().i64_const(0);
            }
            Op::Finish {
                result,
                value,
                reaction: Reaction::Cancel,
            } => {
                let cancelled = self.cancelled_local();
                self.code().local_get(cancelled).if_(BlockType::Empty);
                self.call(Import::TaskCancel);
                self.code().else_();
                self.task_return(result, value);
                self.code().end().local_get(cancelled).i64_extend_i32_u();
            }
            Op::TaskCancel => {
                self.call(Import::TaskCancel);
                self.code().i64_const(0);
            }
            Op::Invoke {
                callee,
                asynchronous,
                ref args,
                slot,
            } => self.invoke(callee, asynchronous, args, slot)?,
            Op::Collect { callee, slot } => self.collect(callee, slot)?,
            Op::Drain => {
                let drain = self.context.drain();
                self.code().call(drain);
                self.sign();
            }
            Op::SubtaskCancel { .. }
            | Op::SubtaskDrop { .. }
            | Op::SetNew { .. }
            | Op::SetWait { .. }
            | Op::SetPoll { .. }
            | Op::SetDrop { .. }
            | Op::Join { .. }
            | Op::BackpressureInc { .. }
            | Op::BackpressureDec { .. }
            | Op::ChannelNew { .. }
            | Op::Copy { .. }
            | Op::CancelCopy { .. }
            | Op::DropEnd { .. }
            | Op::LoadBuffer { .. }
            | Op::ResourceNew { .. }
            | Op::ResourceRep { .. }
            | Op::ResourceDrop { .. } => self.handle_value(op)?,
            Op::Mark { value } => {
                self.operand(value);
                self.call(Import::Mark);
                self.code().i64_const(0);
            }
            Op::Log { value } => {
                self.operand(value);
                self.code().i64_extend_i32_u();
            }
            Op::Loop { .. } | Op::If { .. } => return None,
        }
        Some(())
    }

    fn task_return(&mut self, result: Option<ValueType>, value: Scalar) {
        let number = self.context.number;
        let result = result.map(|ty| self.context.resolved.resolve_result(number, ty));
        self.produce(result, value);
        self.call(Import::TaskReturn(result));
    }

    /// With a new thread's index on the stack: keeps it in its slot, if the thread is suspended, and as that of the
    /// thread started last, and leaves it as the value.
    fn started(&mut self, slot: Option<usize>) {
        let thread = self.thread_local();
        self.code().local_set(thread);
        for address in slot.map(cell).into_iter().chain([LAST_ADDRESS]) {
            self.code()
                .i32_const(address as i32)
                .local_get(thread)
                .i32_store(MEMORY);
        }
        self.code().local_get(thread).i64_extend_i32_u();
    }

    /// Finds the target's index, puts it into the local for it, and does `then`, which leaves an `i64`.
    fn aim(&mut self, target: Target, resumes: bool, then: impl FnOnce(&mut Self)) {
        let thread = self.thread_local();
        let (address, empties) = match target {
            Target::Parked(slot) => (cell(slot), resumes),
            Target::Ready => (READY_ADDRESS, true),
            Target::Last | Target::Own | Target::Const(_) => {
                match target {
                    Target::Own => self.call(Import::ThreadIndex),
                    Target::Const(index) => drop(self.code().i32_const(index as i32)),
                    Target::Last | Target::Parked(_) | Target::Ready => {
                        self.code().i32_const(LAST_ADDRESS as i32).i32_load(MEMORY);
                    }
                }
                self.code().local_set(thread);
                return then(self);
            }
        };
        self.code()
            .i32_const(address as i32)
            .i32_load(MEMORY)
            .local_tee(thread);
        self.code().if_(BlockType::Result(ValType::I64));
        if empties {
            self.code()
                .i32_const(address as i32)
                .i32_const(0)
                .i32_store(MEMORY);
        }
        then(self);
        self.code().else_().i64_const(SKIPPED).end();
    }

    /// Parks the own index if wanted, and calls a built-in that takes nothing and may switch.
    fn switch(&mut self, import: Import, park: Option<usize>) {
        self.park(park);
        self.call(import);
        self.heed_result();
        self.code().i64_extend_i32_u();
        self.sign();
    }

    /// Parks the own index if wanted, and calls a built-in that takes the index in the local and may switch.
    fn switch_to(&mut self, import: Import, park: Option<usize>) {
        self.park(park);
        let thread = self.thread_local();
        self.code().local_get(thread);
        self.call(import);
        self.heed_result();
        self.code().i64_extend_i32_u();
        self.sign();
    }

    /// With the result of a switch on the stack: notes whether it tells of a cancellation. The first instance's tasks are
    /// called by the host, which cancels none.
    fn heed_result(&mut self) {
        if self.context.number > 0 {
            let result = self.value_local();
            self.code().local_tee(result).local_get(result);
            self.heed();
        }
    }

    fn arithmetic(&mut self, op: Arithmetic, left: Operand, right: Operand) {
        self.operand(left);
        match op {
            Arithmetic::TruncF32S => self.code().f32_reinterpret_i32().i32_trunc_f32_s(),
            Arithmetic::TruncF32U => self.code().f32_reinterpret_i32().i32_trunc_f32_u(),
            Arithmetic::Add
            | Arithmetic::Mul
            | Arithmetic::Xor
            | Arithmetic::Rotl
            | Arithmetic::DivS
            | Arithmetic::RemU => {
                self.operand(right);
                let mut code = self.code();
                match op {
                    Arithmetic::Add => code.i32_add(),
                    Arithmetic::Mul => code.i32_mul(),
                    Arithmetic::Xor => code.i32_xor(),
                    Arithmetic::Rotl => code.i32_rotl(),
                    Arithmetic::DivS => code.i32_div_s(),
                    Arithmetic::RemU | Arithmetic::TruncF32S | Arithmetic::TruncF32U => {
                        code.i32_rem_u()
                    }
                };
                self.code().i64_extend_i32_u();
                return;
            }
        };
        self.code().i64_extend_i32_u();
    }
}
