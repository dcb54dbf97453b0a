//! The entries of an instance, and how they are lifted.

use super::op::Op;
use super::operand::Scalar;
use super::value::ValueType;

/// A lifted export.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The types of its parameters. Those of the first instance are scalars: another type is encoded as `u32`. At most
    /// [`crate::limits::ENTRY_PARAMS_ENCODED`] are encoded.
    pub params: Vec<ValueType>,
    /// The type of its result. A borrow is encoded as what it is borrowed from.
    pub result: Option<ValueType>,
    /// How it is lifted.
    pub lift: Lift,
    /// The operations of its core function. An entry that is lifted `async` returns with [`Op::TaskReturn`].
    pub body: Vec<Op>,
    /// The operations of its post-return function, if it has one. They mean nothing unless the entry is lifted without
    /// `async`.
    pub post_return: Option<Vec<Op>>,
}

impl Entry {
    /// Whether its parameters are scalars: a call of it needs nothing to be made before.
    pub fn takes_scalars(&self) -> bool {
        let mut params = self.params.iter();
        params.all(|ty| matches!(ty, ValueType::Scalar(_)))
    }

    /// Whether its type is `async`.
    pub fn is_async(&self) -> bool {
        match self.lift {
            Lift::SyncTyped(_) => false,
            Lift::Sync(_) | Lift::Stackful | Lift::Callback(_) => true,
        }
    }

    /// The operations of its post-return function, if the entry is lifted so that it can have one and has one.
    pub fn post_return(&self) -> Option<&[Op]> {
        self.post_return.as_deref().filter(|_| self.lift.is_sync())
    }
}

/// How a function is lifted, and what goes with it.
#[derive(Clone, Debug, PartialEq)]
pub enum Lift {
    /// A type without `async`, lifted without `async`: the entry may not block. It returns the value.
    SyncTyped(Scalar),
    /// An `async` type lifted without `async`. The entry returns the value.
    Sync(Scalar),
    /// An `async` type lifted `async` without a callback.
    Stackful,
    /// An `async` type lifted `async` with a callback.
    Callback(Callback),
}

impl Lift {
    /// Whether it is lifted without `async`, whatever its type.
    pub fn is_sync(&self) -> bool {
        match self {
            Lift::SyncTyped(_) | Lift::Sync(_) => true,
            Lift::Stackful | Lift::Callback(_) => false,
        }
    }
}

/// The callback of an entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Callback {
    /// The code that the core function of the entry itself returns.
    pub first: Code,
    /// The operations of each call of the callback, which follow the log of its event code.
    pub body: Vec<Op>,
    /// How many calls return [`Callback::again`] before the last.
    pub countdown: u32,
    /// The code that each call before the last returns: YIELD or WAIT. Another code is encoded as YIELD.
    pub again: Code,
    /// Whether a call that is told of a cancellation is the last.
    pub heeds: bool,
    /// The operations that the last call does besides.
    pub last: Vec<Op>,
    /// The code that the last call returns.
    pub last_code: Code,
}

/// A callback code (`unpack_callback_result`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The task ends.
    Exit,
    /// The callback is to be called again. The upper bits, which mean nothing, are these.
    Yield(u32),
    /// Wait on a waitable set with this handle index: there is hardly one, so it traps.
    Wait(u32),
    /// Wait on the waitable set in a cell, if it is there and an event is to be expected; else YIELD.
    WaitOn(usize),
    /// An invalid code: the lower four bits are 3 to 15.
    Invalid(u32),
}
