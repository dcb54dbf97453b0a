//! The operations of a program.

use super::item::Item;
use super::operand::{Arithmetic, Index, Operand, Reaction, Scalar, Target, Width};
use super::value::{Argument, Callee, Direction, Handle, Passing, ValueType};

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
    /// A call of a function of the module that wasm-smith makes, with default arguments but for a first `i32`. Before that module
    /// is instantiated, it traps.
    CallSmith { function: usize, argument: Operand },
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
    /// `task.return`. A value that is not a scalar is made for it: a string or list is one of the samples, an `own` handle a
    /// new one, a stream or future a new one, whose writable end goes to its first cell.
    TaskReturn {
        result: Option<ValueType>,
        value: Scalar,
    },
    /// [`Op::TaskReturn`], or, if this function's activation has been told of a cancellation, what the reaction says.
    Finish {
        result: Option<ValueType>,
        value: Scalar,
        reaction: Reaction,
    },
    /// `task.cancel`.
    TaskCancel,
    /// A call of an entry of another instance. If it is asynchronous, the subtask goes to the cell `slot`; if that is not
    /// empty, the call is skipped. A handle that it returns goes to its first cell.
    Invoke {
        callee: Callee,
        asynchronous: bool,
        args: Vec<Argument>,
        slot: usize,
    },
    /// Reads the result of the asynchronous call that was made last with this slot, if it was of this entry and has returned.
    Collect { callee: Callee, slot: usize },
    /// `subtask.cancel`.
    SubtaskCancel {
        handle: Handle,
        asynchronous: bool,
        passing: Passing,
    },
    /// `subtask.drop`, which empties the cell.
    SubtaskDrop { handle: Handle, passing: Passing },
    /// Waits for all subtasks that are under way, as long as a few yields, and drops those that have resolved.
    Drain,
    /// `waitable-set.new`, if the cell is empty.
    SetNew { slot: usize },
    /// `waitable-set.wait`. Careful: only if an event is to be expected.
    SetWait {
        handle: Handle,
        cancellable: bool,
        passing: Passing,
    },
    /// `waitable-set.poll`.
    SetPoll { handle: Handle, cancellable: bool },
    /// `waitable-set.drop`, which empties the cell. Careful: only if nothing that is still there was put into it.
    SetDrop { handle: Handle, passing: Passing },
    /// `waitable.join`, into no set if there is none.
    Join { handle: Handle, set: Option<Handle> },
    /// `backpressure.inc`.
    BackpressureInc { times: u32 },
    /// `backpressure.dec`. Careful: only if it has been raised.
    BackpressureDec { passing: Passing },
    /// `stream.new` or `future.new`; both ends go to their cells `slot`. Skipped if one of them is not empty.
    ChannelNew { channel: usize, slot: usize },
    /// `stream.read`, `stream.write`, `future.read` or `future.write` of `count` elements, from `offset` bytes into the
    /// handle's own buffer. The elements that are written begin with `value`.
    Copy {
        channel: usize,
        direction: Direction,
        handle: Handle,
        asynchronous: bool,
        count: u32,
        offset: u32,
        value: Operand,
        passing: Passing,
    },
    /// `stream.cancel-read` and its kin.
    CancelCopy {
        channel: usize,
        direction: Direction,
        handle: Handle,
        asynchronous: bool,
        passing: Passing,
    },
    /// `stream.drop-readable` and its kin, which empty the cell.
    DropEnd {
        channel: usize,
        direction: Direction,
        handle: Handle,
        passing: Passing,
    },
    /// Reads the first bytes of an end's buffer.
    LoadBuffer { handle: Handle },
    /// `resource.new`, if the cell is empty.
    ResourceNew { slot: usize, rep: Operand },
    /// `resource.rep`.
    ResourceRep { handle: Handle },
    /// `resource.drop` of the resource type of an instance, which empties the cell.
    ResourceDrop { owner: usize, handle: Handle },
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
        "call-smith",
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
        "finish",
        "task-cancel",
        "invoke",
        "collect",
        "subtask-cancel",
        "subtask-drop",
        "drain",
        "set-new",
        "set-wait",
        "set-poll",
        "set-drop",
        "join",
        "backpressure-inc",
        "backpressure-dec",
        "channel-new",
        "copy",
        "cancel-copy",
        "drop-end",
        "load-buffer",
        "resource-new",
        "resource-rep",
        "resource-drop",
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
            Op::CallSmith { .. } => 15,
            Op::Load { .. } => 16,
            Op::Store { .. } => 17,
            Op::GlobalGet { .. } => 18,
            Op::GlobalSet { .. } => 19,
            Op::MemoryGrow { .. } => 20,
            Op::MemorySize => 21,
            Op::Arithmetic { .. } => 22,
            Op::Unreachable => 23,
            Op::TableGet { .. } => 24,
            Op::TableSet { .. } => 25,
            Op::TableGrow { .. } => 26,
            Op::TableSize { .. } => 27,
            Op::TableFill { .. } => 28,
            Op::TableCopy { .. } => 29,
            Op::TableInit { .. } => 30,
            Op::ElemDrop { .. } => 31,
            Op::TaskReturn { .. } => 32,
            Op::Finish { .. } => 33,
            Op::TaskCancel => 34,
            Op::Invoke { .. } => 35,
            Op::Collect { .. } => 36,
            Op::SubtaskCancel { .. } => 37,
            Op::SubtaskDrop { .. } => 38,
            Op::Drain => 39,
            Op::SetNew { .. } => 40,
            Op::SetWait { .. } => 41,
            Op::SetPoll { .. } => 42,
            Op::SetDrop { .. } => 43,
            Op::Join { .. } => 44,
            Op::BackpressureInc { .. } => 45,
            Op::BackpressureDec { .. } => 46,
            Op::ChannelNew { .. } => 47,
            Op::Copy { .. } => 48,
            Op::CancelCopy { .. } => 49,
            Op::DropEnd { .. } => 50,
            Op::LoadBuffer { .. } => 51,
            Op::ResourceNew { .. } => 52,
            Op::ResourceRep { .. } => 53,
            Op::ResourceDrop { .. } => 54,
            Op::Mark { .. } => 55,
            Op::Log { .. } => 56,
            Op::Loop { .. } => 57,
            Op::If { .. } => 58,
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
