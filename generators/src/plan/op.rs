//! The operations of a program and what they work on.

use super::Item;
use spawndiff_corpus::Type;

/// A component-level scalar in the making, as a flat value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// These bits, cut to the size of the flat type. They may be out of range for the type: that is how one lifts an
    /// invalid `char`, or a `u8` with upper bits to be ignored.
    Bits(u64),
    /// Converted from an `i32` (for a `char`, its lower seven bits).
    Computed(Operand),
}

/// An `i32` value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    /// A constant.
    Const(i32),
    /// The function's first parameter if that is an `i32`, else zero. Of a post-return function, the lower half of its
    /// parameter's bits, whatever the type.
    Argument,
    /// A global, its lower half if it is an `i64`.
    Global(usize),
    /// The thread index in a slot, left there. Zero if the slot is empty.
    Slot(usize),
    /// The thread index in a slot, taken out. Zero if the slot is empty.
    Take(usize),
}

/// An index into a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Index {
    /// A constant.
    Const(u32),
    /// A value modulo the table's size (modulo 1 for an empty table).
    Modulo(Operand),
    /// The table's size: the first index out of bounds.
    Size,
}

/// The thread that an operation names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The suspended thread in a slot. The operation is skipped if the slot is empty. Those that resume empty it.
    Parked(usize),
    /// A thread that yields and has offered itself ([`Op::Yield`]), taken out of its cell. The operation is skipped if
    /// the cell is empty.
    Ready,
    /// The thread started last, whatever has become of it.
    Last,
    /// The running thread itself.
    Own,
    /// A constant: an index that is mostly no thread's.
    Const(u32),
}

/// The size of a load or store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Width {
    Bits8,
    Bits32,
    Bits64,
}

/// An `i32` instruction of two operands, or a truncation of the first operand's bits read as an `f32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are core WebAssembly's")]
pub enum Arithmetic {
    Add,
    Mul,
    Xor,
    Rotl,
    DivS,
    RemU,
    TruncF32S,
    TruncF32U,
}

/// One step of a program. Each logs one value, its result zero-extended; loops and choices log nothing of their own. In a
/// post-return function, which may not log, all but [`Op::Log`] store it instead.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names of the fields say it")]
pub enum Op {
    /// `thread.new-indirect`, and the index goes to `slot`; or `thread.spawn-indirect`. Both are [`Target::Last`] then.
    Start {
        start: usize,
        index: Index,
        context: Operand,
        slot: usize,
    },
    /// `thread.spawn-ref` with one of the right-typed functions, or with null.
    SpawnRef {
        core_type: usize,
        function: Option<usize>,
        context: Operand,
    },
    /// `thread.resume-later`.
    ResumeLater { target: Target },
    /// `thread.suspend`. Before, the own index goes to the slot `park`, if there is one (as in the following).
    Suspend {
        cancellable: bool,
        park: Option<usize>,
    },
    /// `thread.yield`. If it offers, its index lies in the cell of [`Target::Ready`] while it is ready.
    Yield { cancellable: bool, offer: bool },
    /// `thread.suspend-then-resume`.
    SuspendThenResume {
        cancellable: bool,
        target: Target,
        park: Option<usize>,
    },
    /// `thread.yield-then-resume`.
    YieldThenResume { cancellable: bool, target: Target },
    /// `thread.suspend-then-promote`.
    SuspendThenPromote {
        cancellable: bool,
        target: Target,
        park: Option<usize>,
    },
    /// `thread.yield-then-promote`.
    YieldThenPromote { cancellable: bool, target: Target },
    /// `thread.index`.
    ThreadIndex,
    /// `thread.available-parallelism`; logs only whether it is at least 1, since engines may differ.
    AvailableParallelism,
    /// `context.get`.
    ContextGet { slot: u32 },
    /// `context.set`.
    ContextSet { slot: u32, value: Operand },
    /// A call of a function with a higher number than the caller's, with default arguments but for a first `i32`.
    Call { function: usize, argument: Operand },
    /// `call_indirect`, with default arguments but for a first `i32`.
    CallIndirect {
        table: usize,
        index: Index,
        signature: usize,
        argument: Operand,
    },
    /// A load.
    Load { width: Width, address: u32 },
    /// A store.
    Store {
        width: Width,
        address: u32,
        value: Operand,
    },
    /// `global.get`.
    GlobalGet { global: usize },
    /// `global.set`.
    GlobalSet { global: usize, value: Operand },
    /// `memory.grow`.
    MemoryGrow { pages: u32 },
    /// `memory.size`.
    MemorySize,
    /// A calculation, which may trap.
    Arithmetic {
        op: Arithmetic,
        left: Operand,
        right: Operand,
    },
    /// `unreachable`.
    Unreachable,
    /// `table.get`; logs whether it is null.
    TableGet { table: usize, index: Index },
    /// `table.set`.
    TableSet {
        table: usize,
        index: Index,
        item: Item,
    },
    /// `table.grow`.
    TableGrow { table: usize, by: u32, item: Item },
    /// `table.size`.
    TableSize { table: usize },
    /// `table.fill`.
    TableFill {
        table: usize,
        index: Index,
        item: Item,
        count: u32,
    },
    /// `table.copy`.
    TableCopy {
        to: usize,
        from: usize,
        to_index: Index,
        from_index: Index,
        count: u32,
    },
    /// `table.init`.
    TableInit {
        table: usize,
        segment: usize,
        index: Index,
        from: u32,
        count: u32,
    },
    /// `elem.drop`.
    ElemDrop { segment: usize },
    /// `task.return`.
    TaskReturn { result: Option<Type>, value: Scalar },
    /// A call of the lowered `mark`.
    Mark { value: Operand },
    /// Only logs a value.
    Log { value: Operand },
    /// A loop, 1 to 3 times.
    Loop { count: u32, body: Vec<Op> },
    /// A choice by whether a global is not zero.
    If {
        global: usize,
        then: Vec<Op>,
        otherwise: Vec<Op>,
    },
}

impl Op {
    /// The names of all variants, in order of declaration.
    pub const NAMES: &'static [&'static str] = &[
        "start",
        "spawn-ref",
        "resume-later",
        "suspend",
        "yield",
        "suspend-then-resume",
        "yield-then-resume",
        "suspend-then-promote",
        "yield-then-promote",
        "thread-index",
        "available-parallelism",
        "context-get",
        "context-set",
        "call",
        "call-indirect",
        "load",
        "store",
        "global-get",
        "global-set",
        "memory-grow",
        "memory-size",
        "arithmetic",
        "unreachable",
        "table-get",
        "table-set",
        "table-grow",
        "table-size",
        "table-fill",
        "table-copy",
        "table-init",
        "elem-drop",
        "task-return",
        "mark",
        "log",
        "loop",
        "if",
    ];

    /// The name of this variant.
    pub fn name(&self) -> &'static str {
        let index = match self {
            Op::Start { .. } => 0,
            Op::SpawnRef { .. } => 1,
            Op::ResumeLater { .. } => 2,
            Op::Suspend { .. } => 3,
            Op::Yield { .. } => 4,
            Op::SuspendThenResume { .. } => 5,
            Op::YieldThenResume { .. } => 6,
            Op::SuspendThenPromote { .. } => 7,
            Op::YieldThenPromote { .. } => 8,
            Op::ThreadIndex => 9,
            Op::AvailableParallelism => 10,
            Op::ContextGet { .. } => 11,
            Op::ContextSet { .. } => 12,
            Op::Call { .. } => 13,
            Op::CallIndirect { .. } => 14,
            Op::Load { .. } => 15,
            Op::Store { .. } => 16,
            Op::GlobalGet { .. } => 17,
            Op::GlobalSet { .. } => 18,
            Op::MemoryGrow { .. } => 19,
            Op::MemorySize => 20,
            Op::Arithmetic { .. } => 21,
            Op::Unreachable => 22,
            Op::TableGet { .. } => 23,
            Op::TableSet { .. } => 24,
            Op::TableGrow { .. } => 25,
            Op::TableSize { .. } => 26,
            Op::TableFill { .. } => 27,
            Op::TableCopy { .. } => 28,
            Op::TableInit { .. } => 29,
            Op::ElemDrop { .. } => 30,
            Op::TaskReturn { .. } => 31,
            Op::Mark { .. } => 32,
            Op::Log { .. } => 33,
            Op::Loop { .. } => 34,
            Op::If { .. } => 35,
        };
        Op::NAMES[index]
    }

    /// The operations nested in this one: of a loop, or of both sides of a choice.
    pub fn nested(&self) -> impl Iterator<Item = &Op> {
        let (first, second): (&[Op], &[Op]) = if let Op::Loop { body, .. } = self {
            (body, &[])
        } else if let Op::If {
            then, otherwise, ..
        } = self
        {
            (then, otherwise)
        } else {
            (&[], &[])
        };
        first.iter().chain(second)
    }
}
