//! Encodes operations one after another: the point of each, where its value goes, loops and choices.
//!
//! The point of each operation is pushed before the code that gives its value, so that something lies on the operand stack
//! while threads switch.

use super::body::Body;
use super::memory::MEMORY;
use crate::limits::{CHECKED_BYTES, FIRST_OP_POINT, LOOP_COUNT, LOOP_DEPTH, POST_RETURN_ADDRESS};
use crate::plan::{Import, Op, Operand};
use wasm_encoder::BlockType;

impl Body<'_, '_> {
    pub(super) fn ops(&mut self, ops: &[Op]) {
        ops.iter().for_each(|op| self.op(op));
    }

    fn op(&mut self, op: &Op) {
        if let Op::Loop { count, body } = op {
            return self.loop_(*count, body);
        }
        if let Op::If {
            global,
            then,
            otherwise,
        } = op
        {
            self.operand(Operand::Global(*global));
            self.code().if_(BlockType::Empty);
            self.ops(then);
            self.code().else_();
            self.ops(otherwise);
            self.code().end();
            return;
        }
        let stores = self.post_return && !matches!(op, Op::Log { .. });
        let point = if stores {
            POST_RETURN_ADDRESS + self.ops * 8 % (CHECKED_BYTES - POST_RETURN_ADDRESS)
        } else {
            self.first_point + FIRST_OP_POINT + self.ops
        };
        self.ops += 1;
        if self.context.instance.silent {
            if self.value(op).is_some() {
                self.code().drop();
            }
            return;
        }
        self.code().i32_const(point as i32);
        if self.value(op).is_none() {
            // The operation refers to something that does not exist.
            self.code().i64_const(0);
        }
        if stores {
            self.code().i64_store(MEMORY);
        } else {
            self.call(Import::Log);
        }
    }

    fn loop_(&mut self, count: u32, body: &[Op]) {
        if self.depth == LOOP_DEPTH {
            return self.ops(body);
        }
        let counter = self.params + 3 + self.depth;
        self.code()
            .i32_const(count.clamp(1, LOOP_COUNT) as i32)
            .local_set(counter);
        self.code().loop_(BlockType::Empty);
        self.depth += 1;
        self.ops(body);
        self.depth -= 1;
        self.code()
            .local_get(counter)
            .i32_const(1)
            .i32_sub()
            .local_tee(counter)
            .br_if(0)
            .end();
    }
}
