//! Encodes the operations on handles, each as the code that gives its value. [`super::op`] has the other operations.

use super::body::Body;
use super::event::{FUTURE_READ, OF_CANCEL, STREAM_READ, SUBTASK};
use super::handle::{Guard, TO_JOINED, TO_STATUS, What, address, buffer};
use super::memory::MEMORY;
use crate::limits::{BACKPRESSURE_ADDRESS, CANCELLED, DESTROYED_ADDRESS, SKIPPED, WAITED_FOR};
use crate::plan::{Direction, Handle, Import, Op, Passing};
use spawndiff_corpus::Type;
use wasm_encoder::{BlockType, ValType};

/// A number of times that is larger than any counter can be raised.
const TIMES_MAXIMUM: u32 = 70_000;

impl Body<'_, '_> {
    /// The type of the elements of the stream or future whose end a cell holds.
    fn element_of(&self, handle: Handle) -> Option<Type> {
        let Handle::End { channel, .. } = handle else {
            return None;
        };
        let channel = self.context.resolved.channel(channel)?;
        self.context.resolved.channels[channel].element
    }

    /// Puts the sum of what the destructor has been given so far into the upper half of the value on the stack.
    fn destroyed(&mut self) {
        self.code()
            .i32_const(DESTROYED_ADDRESS as i32)
            .i64_load32_u(MEMORY)
            .i64_const(32)
            .i64_shl()
            .i64_xor();
    }

    /// Encodes an operation on handles as [`Body::value`] does. `None` also if the operation is not on handles.
    pub(super) fn handle_value(&mut self, op: &Op) -> Option<()> {
        match *op {
            Op::SubtaskCancel {
                handle,
                asynchronous,
                passing,
            } => {
                let guard = Guard::new(passing, What::Unresolved, !asynchronous);
                self.with_handle(handle, guard, |body| {
                    if let (Some(cell), false) = (address(handle), asynchronous) {
                        let status = (cell + TO_STATUS) as i32;
                        body.code()
                            .i32_const(status)
                            .i32_const(status)
                            .i32_load(MEMORY);
                        body.code()
                            .i32_const(CANCELLED | WAITED_FOR)
                            .i32_or()
                            .i32_store(MEMORY);
                    }
                    body.get_handle();
                    body.call(Import::SubtaskCancel(asynchronous));
                    body.noted(SUBTASK);
                });
            }
            Op::SubtaskDrop { handle, passing } => {
                self.dropped(handle, passing, What::Resolved, Import::SubtaskDrop);
            }
            Op::SetNew { slot } => {
                let address = address(Handle::Set(slot))?;
                self.if_empty(&[address], |body| {
                    body.call(Import::SetNew);
                    let handle = body.thread_local();
                    body.code().local_set(handle);
                    body.put(address);
                });
            }
            Op::SetWait {
                handle,
                cancellable,
                passing,
            } => {
                let guard = Guard::new(passing, What::Expecting, false);
                self.with_handle(handle, guard, |body| {
                    body.get_handle();
                    body.event(Import::SetWait(cancellable), cancellable);
                });
            }
            Op::SetPoll {
                handle,
                cancellable,
            } => self.with_handle(handle, Guard::none(), |body| {
                body.get_handle();
                body.event(Import::SetPoll(cancellable), cancellable);
            }),
            Op::SetDrop { handle, passing } => {
                self.dropped(handle, passing, What::Lonely, Import::SetDrop);
            }
            Op::Join { handle, set } => self.with_handle(handle, Guard::none(), |body| {
                let value = body.value_local();
                body.get_handle();
                match set.map(|set| (set, address(set))) {
                    Some((_, Some(cell))) => {
                        body.code().i32_const(cell as i32).i32_load(MEMORY);
                    }
                    Some((Handle::Const(set), None)) => drop(body.code().i32_const(set as i32)),
                    Some((_, None)) | None => drop(body.code().i32_const(0)),
                }
                body.code().local_tee(value);
                body.call(Import::Join);
                if let Some(cell) = address(handle) {
                    body.code()
                        .i32_const((cell + TO_JOINED) as i32)
                        .local_get(value)
                        .i32_store(MEMORY);
                }
                body.code().local_get(value).i64_extend_i32_u();
            }),
            Op::BackpressureInc { times } => {
                let times = times.clamp(1, TIMES_MAXIMUM) as i32;
                let counter = self.value_local();
                self.code().i32_const(times).local_set(counter);
                self.code().loop_(BlockType::Empty);
                self.call(Import::BackpressureInc);
                self.code()
                    .local_get(counter)
                    .i32_const(1)
                    .i32_sub()
                    .local_tee(counter);
                self.code().br_if(0).end();
                self.raise(times);
            }
            Op::BackpressureDec { passing } => match passing {
                Passing::Daring => {
                    self.call(Import::BackpressureDec);
                    self.raise(-1);
                }
                Passing::Careful => {
                    self.code()
                        .i32_const(BACKPRESSURE_ADDRESS as i32)
                        .i32_load(MEMORY)
                        .i32_const(0)
                        .i32_gt_s();
                    self.code().if_(BlockType::Result(ValType::I64));
                    self.call(Import::BackpressureDec);
                    self.raise(-1);
                    self.code().else_().i64_const(SKIPPED).end();
                }
            },
            Op::ChannelNew { channel, slot } => {
                let channel = self.context.resolved.channel(channel)?;
                let end = |direction| Handle::End {
                    channel,
                    direction,
                    slot,
                };
                let read = address(end(Direction::Read))?;
                let write = address(end(Direction::Write))?;
                self.if_empty(&[read, write], |body| {
                    let (ends, handle) = (body.result_local(), body.thread_local());
                    body.call(Import::ChannelNew(channel));
                    body.code().local_tee(ends).i32_wrap_i64().local_set(handle);
                    body.put(read);
                    body.code().drop().local_get(ends).i64_const(32).i64_shr_u();
                    body.code().i32_wrap_i64().local_set(handle);
                    body.put(write);
                    body.code().drop().local_get(ends);
                });
            }
            Op::Copy {
                channel,
                direction,
                handle,
                asynchronous,
                count,
                offset,
                value,
                passing,
            } => {
                let channel = self.context.resolved.channel(channel)?;
                let future = self.context.resolved.channels[channel].future;
                let guard = Guard::new(passing, What::Idle, !asynchronous);
                let buffer = (buffer(handle) + offset) as i32;
                self.with_handle(handle, guard, |body| {
                    if direction == Direction::Write {
                        body.code().i32_const(buffer);
                        body.operand(value);
                        body.code().i64_extend_i32_s().i64_store(MEMORY);
                    }
                    body.get_handle();
                    body.code().i32_const(buffer);
                    if !future {
                        body.code().i32_const(count as i32);
                    }
                    body.call(Import::Copy {
                        channel,
                        direction,
                        asynchronous,
                    });
                    body.noted(event_code(future, direction));
                });
            }
            Op::CancelCopy {
                channel,
                direction,
                handle,
                asynchronous,
                passing,
            } => {
                let channel = self.context.resolved.channel(channel)?;
                let future = self.context.resolved.channels[channel].future;
                let guard = Guard::new(passing, What::Copying, !asynchronous);
                self.with_handle(handle, guard, |body| {
                    body.get_handle();
                    body.call(Import::CancelCopy {
                        channel,
                        direction,
                        asynchronous,
                    });
                    body.noted(event_code(future, direction) | OF_CANCEL);
                });
            }
            Op::DropEnd {
                channel,
                direction,
                handle,
                passing,
            } => {
                let channel = self.context.resolved.channel(channel)?;
                let future = self.context.resolved.channels[channel].future;
                let what = match (future, direction) {
                    (true, Direction::Write) => What::Done,
                    (true, Direction::Read) | (false, _) => What::NotCopying,
                };
                self.dropped(
                    handle,
                    passing,
                    what,
                    Import::DropEnd { channel, direction },
                );
            }
            Op::LoadBuffer { handle } => {
                let address = buffer(handle);
                self.code().i32_const(address as i32);
                match self.element_of(handle) {
                    Some(ty @ (Type::F32 | Type::F64)) => self.load_scalar(ty),
                    _ => drop(self.code().i64_load(MEMORY)),
                }
            }
            Op::ResourceNew { slot, rep } => {
                let owner = self.context.number;
                self.context.resolved.resource(owner, owner)?;
                let address = address(Handle::Resource { owner, slot })?;
                self.if_empty(&[address], |body| {
                    body.operand(rep);
                    body.call(Import::ResourceNew);
                    let handle = body.thread_local();
                    body.code().local_set(handle);
                    body.put(address);
                });
                self.destroyed();
            }
            Op::ResourceRep { handle } => {
                let owner = self.context.number;
                self.context.resolved.resource(owner, owner)?;
                self.with_handle(handle, Guard::none(), |body| {
                    body.get_handle();
                    body.call(Import::ResourceRep);
                    body.code().i64_extend_i32_u();
                });
            }
            Op::ResourceDrop { owner, handle } => {
                let owner = self.context.resolved.resource(self.context.number, owner)?;
                let import = Import::ResourceDrop(owner);
                self.dropped(handle, Passing::Daring, What::Anything, import);
                if owner == self.context.number {
                    self.destroyed();
                }
            }
            Op::Start { .. }
            | Op::SpawnRef { .. }
            | Op::ResumeLater { .. }
            | Op::Suspend { .. }
            | Op::Yield { .. }
            | Op::SuspendThenResume { .. }
            | Op::YieldThenResume { .. }
            | Op::SuspendThenPromote { .. }
            | Op::YieldThenPromote { .. }
            | Op::ThreadIndex
            | Op::AvailableParallelism
            | Op::ContextGet { .. }
            | Op::ContextSet { .. }
            | Op::Call { .. }
            | Op::CallIndirect { .. }
            | Op::CallSmith { .. }
            | Op::Load { .. }
            | Op::Store { .. }
            | Op::GlobalGet { .. }
            | Op::GlobalSet { .. }
            | Op::MemoryGrow { .. }
            | Op::MemorySize
            | Op::Arithmetic { .. }
            | Op::Unreachable
            | Op::TableGet { .. }
            | Op::TableSet { .. }
            | Op::TableGrow { .. }
            | Op::TableSize { .. }
            | Op::TableFill { .. }
            | Op::TableCopy { .. }
            | Op::TableInit { .. }
            | Op::ElemDrop { .. }
            | Op::TaskReturn { .. }
            | Op::Finish { .. }
            | Op::TaskCancel
            | Op::Invoke { .. }
            | Op::Collect { .. }
            | Op::Drain
            | Op::Mark { .. }
            | Op::Log { .. }
            | Op::Loop { .. }
            | Op::If { .. } => return None,
        }
        Some(())
    }
}

fn event_code(future: bool, direction: Direction) -> i32 {
    let read = match future {
        false => STREAM_READ,
        true => FUTURE_READ,
    };
    read + i32::from(direction == Direction::Write)
}
