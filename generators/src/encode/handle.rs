//! Handles of subtasks, waitable sets, the ends of streams and futures, and resources: the cells where they lie, and the
//! state that a handle must be in for an operation. Each operation takes its handle from a cell of the memory, or is
//! skipped.
//!
//! The last known state of a handle is kept beside its cell, so that a careful operation is one that does not trap
//! whatever the schedule: see `tracker`.

use super::body::Body;
use super::event::TASK_CANCELLED;
use super::memory::MEMORY;
use crate::limits::{
    BACKPRESSURE_ADDRESS, BUFFER_BYTES, BUFFERS_ADDRESS, CELLS_ADDRESS, CHANNELS, ENDS,
    EVENT_ADDRESS, INSTANCES, JOINED_ADDRESS, RESOURCES, SETS, SKIPPED, STATUS_ADDRESS, SUBTASKS,
};
use crate::plan::{CoreType, Direction, Handle, Import, Passing};
use wasm_encoder::{BlockType, ValType};

/// The condition on the last known state of a handle under which an operation is done.
#[derive(Clone, Copy)]
pub(super) struct Guard {
    what: What,
    /// Whether the handle has to be in no waitable set.
    alone: bool,
}

#[derive(Clone, Copy)]
pub(super) enum What {
    Anything,
    /// A subtask that is not resolved and whose cancellation was not asked for.
    Unresolved,
    Resolved,
    Idle,
    Copying,
    NotCopying,
    Done,
    /// A set that has something to wait for.
    Expecting,
    /// A set without elements.
    Lonely,
}

impl Guard {
    pub(super) fn new(passing: Passing, what: What, alone: bool) -> Guard {
        match passing {
            Passing::Careful => Guard { what, alone },
            Passing::Daring => Guard::none(),
        }
    }

    pub(super) fn none() -> Guard {
        Guard {
            what: What::Anything,
            alone: false,
        }
    }
}

/// The number of a handle's cell.
fn cell_number(handle: Handle) -> Option<usize> {
    let number = match handle {
        Handle::Subtask(slot) => slot % SUBTASKS,
        Handle::Set(slot) => SUBTASKS + slot % SETS,
        Handle::End {
            channel,
            direction,
            slot,
        } => {
            let end = channel % CHANNELS * 2 + usize::from(direction == Direction::Write);
            SUBTASKS + SETS + end * ENDS + slot % ENDS
        }
        Handle::Resource { owner, slot } => {
            let before = SUBTASKS + SETS + CHANNELS * 2 * ENDS;
            before + owner % INSTANCES * RESOURCES + slot % RESOURCES
        }
        Handle::Parameter(_) | Handle::Const(_) => return None,
    };
    Some(number)
}

/// The address of a handle's cell.
pub(super) fn address(handle: Handle) -> Option<u32> {
    cell_number(handle).map(|number| CELLS_ADDRESS + 4 * number as u32)
}

/// The address of an end's buffer, or of the first buffer.
pub(super) fn buffer(handle: Handle) -> u32 {
    let first = SUBTASKS + SETS;
    let number = cell_number(handle).unwrap_or(0).saturating_sub(first) % (CHANNELS * 2 * ENDS);
    BUFFERS_ADDRESS + BUFFER_BYTES * number as u32
}

/// The distance from the address of a cell to that of the last known state of its handle.
pub(super) const TO_STATUS: u32 = STATUS_ADDRESS - CELLS_ADDRESS;
pub(super) const TO_JOINED: u32 = JOINED_ADDRESS - CELLS_ADDRESS;

impl Body<'_, '_> {
    pub(super) fn get_handle(&mut self) {
        let handle = self.thread_local();
        self.code().local_get(handle);
    }

    /// Adds to the number of times that backpressure was raised, and leaves the sum as the value.
    pub(super) fn raise(&mut self, by: i32) {
        let address = BACKPRESSURE_ADDRESS as i32;
        self.code()
            .i32_const(address)
            .i32_const(address)
            .i32_load(MEMORY);
        self.code().i32_const(by).i32_add().i32_store(MEMORY);
        self.code().i32_const(address).i64_load32_s(MEMORY);
    }

    /// Puts the handle in the local into an empty cell, and leaves it as the value.
    pub(super) fn put(&mut self, address: u32) {
        let handle = self.thread_local();
        for (address, value) in [
            (address, true),
            (address + TO_STATUS, false),
            (address + TO_JOINED, false),
        ] {
            let mut code = self.code();
            code.i32_const(address as i32);
            match value {
                true => code.local_get(handle),
                false => code.i32_const(0),
            };
            code.i32_store(MEMORY);
        }
        self.code().local_get(handle).i64_extend_i32_u();
    }

    /// Does `then`, which leaves an `i64`, if all these cells are empty.
    pub(super) fn if_empty(&mut self, cells: &[u32], then: impl FnOnce(&mut Self)) {
        self.code().i32_const(0);
        for &cell in cells {
            self.code().i32_const(cell as i32).i32_load(MEMORY).i32_or();
        }
        self.code().i32_eqz().if_(BlockType::Result(ValType::I64));
        then(self);
        self.code().else_().i64_const(SKIPPED).end();
    }

    /// Pushes a handle that has no cell.
    pub(super) fn without_cell(&mut self, handle: Handle) {
        match handle {
            Handle::Parameter(parameter) => match self.is_i32(parameter) {
                true => self.code().local_get(parameter as u32),
                false => self.code().i32_const(0),
            },
            Handle::Const(value) => self.code().i32_const(value as i32),
            Handle::Subtask(_) | Handle::Set(_) | Handle::End { .. } | Handle::Resource { .. } => {
                unreachable!("these have a cell")
            }
        };
    }

    /// Puts the handle into its local, and does `then`, which leaves an `i64`, if the handle is there and meets the
    /// guard.
    pub(super) fn with_handle(
        &mut self,
        handle: Handle,
        guard: Guard,
        then: impl FnOnce(&mut Self),
    ) {
        let local = self.thread_local();
        let Some(cell) = address(handle) else {
            self.without_cell(handle);
            self.code().local_set(local);
            return then(self);
        };
        self.code()
            .i32_const(cell as i32)
            .i32_load(MEMORY)
            .local_tee(local);
        if guard.alone || !matches!(guard.what, What::Anything) {
            self.code().i32_const(0).i32_ne();
        }
        let status = (cell + TO_STATUS) as i32;
        let known = |body: &mut Self| {
            body.code().i32_const(status).i32_load(MEMORY);
        };
        match guard.what {
            What::Anything => {}
            What::Unresolved => {
                known(self);
                self.code().i32_const(2).i32_lt_u().i32_and();
            }
            What::Resolved => {
                known(self);
                self.code()
                    .i32_const(15)
                    .i32_and()
                    .i32_const(2)
                    .i32_ge_u()
                    .i32_and();
            }
            What::Idle => {
                known(self);
                self.code().i32_eqz().i32_and();
            }
            What::Copying => {
                known(self);
                self.code().i32_const(1).i32_eq().i32_and();
            }
            What::NotCopying => {
                known(self);
                self.code().i32_const(1).i32_and().i32_eqz().i32_and();
            }
            What::Done => {
                known(self);
                self.code().i32_const(2).i32_eq().i32_and();
            }
            What::Expecting | What::Lonely => {
                let any = matches!(guard.what, What::Lonely);
                self.code().local_get(local).i32_const(any.into());
                self.call_expecting();
                if any {
                    self.code().i32_eqz();
                }
                self.code().i32_and();
            }
        }
        if guard.alone {
            self.code()
                .i32_const((cell + TO_JOINED) as i32)
                .i32_load(MEMORY);
            self.code().i32_eqz().i32_and();
        }
        self.code().if_(BlockType::Result(ValType::I64));
        then(self);
        self.code().else_().i64_const(SKIPPED).end();
    }

    fn call_expecting(&mut self) {
        let function = self.context.expecting();
        self.code().call(function);
    }

    /// Calls an import that drops the handle, and empties its cell.
    pub(super) fn dropped(&mut self, handle: Handle, passing: Passing, what: What, import: Import) {
        self.with_handle(handle, Guard::new(passing, what, false), |body| {
            body.get_handle();
            body.call(import);
            if let Some(cell) = address(handle) {
                for address in [cell, cell + TO_STATUS, cell + TO_JOINED] {
                    body.code()
                        .i32_const(address as i32)
                        .i32_const(0)
                        .i32_store(MEMORY);
                }
            }
            body.get_handle();
            body.code().i64_extend_i32_u();
        });
    }

    /// With the result of an operation on the handle on the stack: notes it as an event would be, and leaves it as the value.
    pub(super) fn noted(&mut self, code: i32) {
        let (handle, value) = (self.thread_local(), self.value_local());
        self.code().local_set(value);
        self.code()
            .i32_const(code)
            .local_get(handle)
            .local_get(value);
        let note = self.context.note();
        self.code().call(note);
        self.code().local_get(value).i64_extend_i32_u();
        self.sign();
    }

    /// With a set on the stack: waits or polls, and leaves the event as the value.
    pub(super) fn event(&mut self, import: Import, cancellable: bool) {
        let event = self.value_local();
        self.code().i32_const(EVENT_ADDRESS as i32);
        self.call(import);
        self.code().local_set(event);
        if cancellable {
            self.code()
                .local_get(event)
                .i32_const(TASK_CANCELLED)
                .i32_eq();
            self.heed();
        }
        let payload = |body: &mut Self, offset: u32| {
            let address = (EVENT_ADDRESS + offset) as i32;
            body.code().i32_const(address).i32_load(MEMORY);
        };
        self.code().local_get(event);
        payload(self, 0);
        payload(self, 4);
        let note = self.context.note();
        self.code().call(note);
        // Four bits of code, twelve of index, sixteen of payload.
        self.code().local_get(event).i32_const(15).i32_and();
        payload(self, 0);
        self.code()
            .i32_const(0xfff)
            .i32_and()
            .i32_const(4)
            .i32_shl()
            .i32_or();
        payload(self, 4);
        self.code()
            .i32_const(16)
            .i32_shl()
            .i32_or()
            .i64_extend_i32_u();
        self.sign();
    }

    /// With a flag on the stack: notes that this activation was told of a cancellation if it is set.
    pub(super) fn heed(&mut self) {
        let cancelled = self.cancelled_local();
        self.code()
            .local_get(cancelled)
            .i32_or()
            .local_set(cancelled);
    }

    /// Pushes the packed callback code to wait on the set in a cell, or YIELD.
    pub(super) fn wait_on(&mut self, slot: usize) {
        let set = Handle::Set(slot);
        self.with_handle(
            set,
            Guard::new(Passing::Careful, What::Expecting, false),
            |body| {
                body.get_handle();
                body.code()
                    .i32_const(4)
                    .i32_shl()
                    .i32_const(2)
                    .i32_or()
                    .i64_extend_i32_u();
            },
        );
        // A skipped operation leaves all bits set, and no packed code has the lowest four bits set.
        let packed = self.value_local();
        self.code()
            .i32_wrap_i64()
            .local_tee(packed)
            .i32_const(1)
            .local_get(packed);
        self.code().i32_const(-1).i32_ne().select();
    }

    /// With an `i32` handle on the stack: stores it in the first of its two cells if that is empty, else in the second.
    pub(super) fn keep(&mut self, handle: impl Fn(usize) -> Handle) {
        let value = self.thread_local();
        let target = self.value_local();
        let (Some(first), Some(second)) = (address(handle(0)), address(handle(1))) else {
            self.code().drop();
            return;
        };
        self.code()
            .local_set(value)
            .i32_const(second as i32)
            .i32_const(first as i32);
        self.code()
            .i32_const(first as i32)
            .i32_load(MEMORY)
            .select()
            .local_tee(target);
        self.code().local_get(value).i32_store(MEMORY);
        for offset in [TO_STATUS, TO_JOINED] {
            self.code()
                .local_get(target)
                .i32_const(offset as i32)
                .i32_add();
            self.code().i32_const(0).i32_store(MEMORY);
        }
    }

    /// Whether a parameter of the function is an `i32`.
    fn is_i32(&self, parameter: usize) -> bool {
        self.param_types.get(parameter) == Some(&CoreType::I32)
    }
}
