//! A [`Context`] with a memory and a table of its own.

use crate::abi::{Budget, Context, ErrorContextId, Layouts, Read, SharedId};
use crate::canon_defs::StringEncoding;
use crate::types::{ResourceTypeId, ValType};
use spawndiff_observation::Trap;
use std::collections::VecDeque;

/// The difference between a handle's index and the value that it stands for: a handle that is not lowered or lifted would show.
const HANDLE: u32 = 1000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    Trap(Trap),
    Exhausted,
    IllTyped,
}

impl From<Trap> for Stop {
    fn from(trap: Trap) -> Stop {
        Stop::Trap(trap)
    }
}

/// A call of `realloc`: the old pointer and length, the alignment and the new length.
pub(super) type Call = (u64, u64, u64, u64);

/// Each `realloc` gives memory that was not used before, which grows for it up to `limit`, and moves what was there.
#[derive(Debug)]
pub(super) struct Mock {
    pub(super) encoding: StringEncoding,
    pub(super) wide: bool,
    pub(super) memory: Vec<u8>,
    pub(super) limit: usize,
    /// Where the next memory starts.
    pub(super) next: u64,
    pub(super) calls: Vec<Call>,
    /// The addresses that the next calls return instead of new memory.
    pub(super) returns: VecDeque<u64>,
    /// The operations on handles: their names, what they got, and the type.
    pub(super) handles: Vec<(&'static str, u32, String)>,
    layouts: Layouts,
    pub(super) budget: Budget,
    reads: Vec<Read>,
}

impl Mock {
    pub(super) fn new((encoding, wide): (StringEncoding, bool)) -> Mock {
        Mock {
            encoding,
            wide,
            memory: vec![0xaa; 64],
            limit: 1 << 24,
            next: 16,
            calls: Vec::new(),
            returns: VecDeque::new(),
            handles: Vec::new(),
            layouts: Layouts::default(),
            budget: Budget::default(),
            reads: Vec::new(),
        }
    }

    fn handle(&mut self, name: &'static str, i: u32, t: &dyn std::fmt::Debug) {
        self.handles.push((name, i, format!("{t:?}")));
    }
}

fn lifted(i: u32) -> u32 {
    i.wrapping_add(HANDLE)
}

fn lowered(i: u32) -> u32 {
    i.wrapping_sub(HANDLE)
}

impl Context for Mock {
    type Stop = Stop;

    fn string_encoding(&self) -> StringEncoding {
        self.encoding
    }

    fn wide(&self) -> bool {
        self.wide
    }

    fn memory(&self) -> &[u8] {
        &self.memory
    }

    fn memory_mut(&mut self) -> &mut [u8] {
        &mut self.memory
    }

    fn reallocate(
        &mut self,
        old: u64,
        old_byte_length: u64,
        alignment: u64,
        new_byte_length: u64,
    ) -> Result<u64, Stop> {
        self.calls
            .push((old, old_byte_length, alignment, new_byte_length));
        if let Some(ptr) = self.returns.pop_front() {
            return Ok(ptr);
        }
        let ptr = self.next.next_multiple_of(alignment);
        let end = ptr + new_byte_length;
        if end > self.limit as u64 {
            return Ok(self.limit as u64 & !7);
        }
        self.next = end;
        if self.memory.len() < end as usize {
            self.memory.resize(end as usize, 0xaa);
        }
        let (old, kept) = (old as usize, old_byte_length.min(new_byte_length) as usize);
        self.memory.copy_within(old..old + kept, ptr as usize);
        Ok(ptr)
    }

    fn layouts(&mut self) -> &mut Layouts {
        &mut self.layouts
    }

    fn reads(&mut self) -> &mut Vec<Read> {
        &mut self.reads
    }

    fn budget(&mut self) -> &mut Budget {
        &mut self.budget
    }

    fn exhausted(&self) -> Stop {
        Stop::Exhausted
    }

    fn ill_typed(&self) -> Stop {
        Stop::IllTyped
    }

    fn lift_own(&mut self, i: u32, rt: ResourceTypeId) -> Result<u32, Stop> {
        self.handle("lift_own", i, &rt);
        Ok(lifted(i))
    }

    fn lift_borrow(&mut self, i: u32, rt: ResourceTypeId) -> Result<u32, Stop> {
        self.handle("lift_borrow", i, &rt);
        Ok(lifted(i))
    }

    fn lift_stream(&mut self, i: u32, t: Option<&ValType>) -> Result<SharedId, Stop> {
        self.handle("lift_stream", i, &t);
        Ok(SharedId(lifted(i) as usize))
    }

    fn lift_future(&mut self, i: u32, t: Option<&ValType>) -> Result<SharedId, Stop> {
        self.handle("lift_future", i, &t);
        Ok(SharedId(lifted(i) as usize))
    }

    fn lift_error_context(&mut self, i: u32) -> Result<ErrorContextId, Stop> {
        self.handle("lift_error_context", i, &());
        Ok(ErrorContextId(lifted(i) as usize))
    }

    fn lower_own(&mut self, rep: u32, rt: ResourceTypeId) -> Result<u32, Stop> {
        self.handle("lower_own", rep, &rt);
        Ok(lowered(rep))
    }

    fn lower_borrow(&mut self, rep: u32, rt: ResourceTypeId) -> Result<u32, Stop> {
        self.handle("lower_borrow", rep, &rt);
        Ok(lowered(rep))
    }

    fn lower_stream(&mut self, v: SharedId, t: Option<&ValType>) -> Result<u32, Stop> {
        self.handle("lower_stream", v.0 as u32, &t);
        Ok(lowered(v.0 as u32))
    }

    fn lower_future(&mut self, v: SharedId, t: Option<&ValType>) -> Result<u32, Stop> {
        self.handle("lower_future", v.0 as u32, &t);
        Ok(lowered(v.0 as u32))
    }

    fn lower_error_context(&mut self, v: ErrorContextId) -> Result<u32, Stop> {
        self.handle("lower_error_context", v.0 as u32, &());
        Ok(lowered(v.0 as u32))
    }
}
