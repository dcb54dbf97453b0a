//! The operands of operations: values, table indices, threads.

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
    /// A thread that yields and has offered itself ([`super::Op::Yield`]), taken out of its cell. The operation is skipped if
    /// the cell is empty.
    Ready,
    /// The thread started last, whatever has become of it.
    Last,
    /// The running thread itself.
    Own,
    /// A constant: an index that is mostly no thread's.
    Const(u32),
}

/// The way in which a task ends that has been told of its cancellation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// `task.cancel`.
    Cancel,
    /// `task.return` as if nothing had happened.
    Return,
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
