//! The items in tables and element segments, and the imports of a core module.

use super::value::{Callee, Direction, ValueType};

/// An element segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The way in which the segment is used.
    pub mode: SegmentMode,
    /// Its elements. If one is null, the segment is encoded with expressions.
    pub items: Vec<Item>,
    /// Encode it with expressions even if no element is null.
    pub expressions: bool,
}

/// The ways in which an element segment is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentMode {
    /// Copied into a table at instantiation. Elements past the end of the table are left out.
    Active {
        /// The table.
        table: usize,
        /// The index of the first element.
        offset: u32,
    },
    /// For `table.init`.
    Passive,
    /// Only declares its functions for `ref.func`.
    Declared,
}

/// An entry of a table or a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// `ref.null func`.
    Null,
    /// A program function.
    Function(usize),
    /// The core function of an entry.
    Entry(usize),
    /// An imported function: a lowered import or a built-in.
    Import(Import),
}

/// An import that the core module `main` can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Import {
    /// The lowered `host.log`.
    Log,
    /// The lowered `host.mark`.
    Mark,
    /// One of [`super::Instance::starts`].
    Start(usize),
    /// `thread.spawn-ref` with one of the start types among [`super::Instance::core_types`].
    SpawnRef(usize),
    /// `thread.resume-later`.
    ResumeLater,
    /// `thread.suspend`, cancellable or not (as in the following).
    Suspend(bool),
    /// `thread.yield`.
    Yield(bool),
    /// `thread.suspend-then-resume`.
    SuspendThenResume(bool),
    /// `thread.yield-then-resume`.
    YieldThenResume(bool),
    /// `thread.suspend-then-promote`.
    SuspendThenPromote(bool),
    /// `thread.yield-then-promote`.
    YieldThenPromote(bool),
    /// `thread.index`.
    ThreadIndex,
    /// `thread.available-parallelism`.
    AvailableParallelism,
    /// `context.get i32` of a slot.
    ContextGet(u32),
    /// `context.set i32` of a slot.
    ContextSet(u32),
    /// `task.return` with a result type.
    TaskReturn(Option<ValueType>),
    /// `task.cancel`.
    TaskCancel,
    /// An entry of another instance, lowered.
    Lowered {
        /// The entry.
        callee: Callee,
        /// Whether it is lowered `async`. One that has no `async` type is not.
        asynchronous: bool,
    },
    /// `subtask.cancel`, `async` or not.
    SubtaskCancel(bool),
    /// `subtask.drop`.
    SubtaskDrop,
    /// `waitable-set.new`.
    SetNew,
    /// `waitable-set.wait`, cancellable or not.
    SetWait(bool),
    /// `waitable-set.poll`.
    SetPoll(bool),
    /// `waitable-set.drop`.
    SetDrop,
    /// `waitable.join`.
    Join,
    /// `backpressure.inc`.
    BackpressureInc,
    /// `backpressure.dec`.
    BackpressureDec,
    /// `stream.new` or `future.new` of one of [`super::Plan::channels`].
    ChannelNew(usize),
    /// `stream.read` and its kin.
    Copy {
        /// One of [`super::Plan::channels`].
        channel: usize,
        /// Read or write.
        direction: Direction,
        /// `async` or not.
        asynchronous: bool,
    },
    /// `stream.cancel-read` and its kin.
    CancelCopy {
        /// One of [`super::Plan::channels`].
        channel: usize,
        /// Read or write.
        direction: Direction,
        /// `async` or not.
        asynchronous: bool,
    },
    /// `stream.drop-readable` and its kin.
    DropEnd {
        /// One of [`super::Plan::channels`].
        channel: usize,
        /// The readable or the writable end.
        direction: Direction,
    },
    /// `resource.new` of the own resource type.
    ResourceNew,
    /// `resource.rep` of the own resource type.
    ResourceRep,
    /// `resource.drop` of an instance's resource type.
    ResourceDrop(usize),
}

impl Import {
    /// The immediate `cancellable`; `None` if the import has no such immediate.
    pub(crate) fn cancellable(&mut self) -> Option<&mut bool> {
        match self {
            Import::Suspend(cancellable)
            | Import::Yield(cancellable)
            | Import::SuspendThenResume(cancellable)
            | Import::YieldThenResume(cancellable)
            | Import::SuspendThenPromote(cancellable)
            | Import::YieldThenPromote(cancellable)
            | Import::SetWait(cancellable)
            | Import::SetPoll(cancellable) => Some(cancellable),
            _ => None,
        }
    }
}
