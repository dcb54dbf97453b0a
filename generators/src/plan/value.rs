//! The values that pass between instances: their types, handles, streams and futures, and the cells in which an instance
//! keeps them.

use super::operand::Scalar;
use spawndiff_corpus::Type;

/// The type of a parameter or result of an entry.
///
/// A handle of a resource type that the instance does not see is encoded as a `u32`, and so is a stream or a future if the
/// plan has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// A scalar.
    Scalar(Type),
    /// `string`.
    String,
    /// `list<u8>`.
    Bytes,
    /// `own` of the resource type of an instance.
    Own(usize),
    /// `borrow` of the resource type of an instance.
    Borrow(usize),
    /// One of [`super::Plan::channels`]: its readable end.
    Channel(usize),
}

impl ValueType {
    /// Whether the type is a string or a list.
    pub(crate) fn is_text(self) -> bool {
        match self {
            ValueType::String | ValueType::Bytes => true,
            ValueType::Scalar(_)
            | ValueType::Own(_)
            | ValueType::Borrow(_)
            | ValueType::Channel(_) => false,
        }
    }
}

impl From<Type> for ValueType {
    fn from(ty: Type) -> ValueType {
        ValueType::Scalar(ty)
    }
}

/// The type of a stream or future.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channel {
    /// `future` instead of `stream`.
    pub future: bool,
    /// The type of its elements. A `char` is encoded as a `u32`: wasmparser has no `stream<char>`.
    pub element: Option<Type>,
}

/// An end of a stream or future, named after what one does with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Direction {
    Read,
    Write,
}

impl Direction {
    /// The other direction.
    pub fn other(self) -> Direction {
        match self {
            Direction::Read => Direction::Write,
            Direction::Write => Direction::Read,
        }
    }
}

/// How strings lie in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the Canonical ABI's")]
pub enum Encoding {
    #[default]
    Utf8,
    Utf16,
    Latin1Utf16,
}

/// A wrong address that `realloc` returns: instead of the place that it made, one byte further on, or beyond the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Misplacement {
    /// Whether the address is beyond the memory, and not one byte further on.
    pub beyond: bool,
    /// Whether the address is wrong only where `realloc` is asked to change the size of a place that it gave before.
    pub again: bool,
}

/// An entry of another instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Callee {
    /// The instance. The number of one that the caller does not see stands for one that it sees.
    pub instance: usize,
    /// The entry.
    pub entry: usize,
}

/// An argument of a call of another instance. One that does not fit the parameter is encoded as zero, or as nothing there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// For a scalar.
    Scalar(Scalar),
    /// For a handle. The call is skipped if its cell is empty. An `own` handle and the end of a stream or future are taken
    /// out of their cell.
    Handle(Handle),
    /// For a string or a list: one of the samples in the caller's memory.
    Sample(usize),
}

/// The cell of an instance's memory in which it keeps a handle: four bytes, zero if the cell is empty. The state that the
/// handle was last known to be in is kept beside the cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handle {
    /// A subtask.
    Subtask(usize),
    /// A waitable set.
    Set(usize),
    /// An end of a stream or future.
    End {
        /// One of [`super::Plan::channels`].
        channel: usize,
        /// Which end.
        direction: Direction,
        /// Which cell.
        slot: usize,
    },
    /// A handle of the resource type of an instance.
    Resource {
        /// The instance.
        owner: usize,
        /// Which cell.
        slot: usize,
    },
    /// A parameter of the function, as it was passed; zero if it is no `i32`.
    Parameter(usize),
    /// A constant, which is mostly no handle.
    Const(u32),
}

/// How carefully an operation uses a handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passing {
    /// The operation is skipped if the handle is missing, or if its last known state says that the operation would trap.
    Careful,
    /// The operation is skipped only if the handle is missing.
    Daring,
}
