//! The kinds of trap, shared by all engines: they are compared by kind, never by message.
//!
//! One variant for each `trap_if` of CanonicalABI.md that a case can reach, and for each trap of core WebAssembly. Where
//! the two overlap (an index past the end of a table, a null or wrong callee), core instructions and thread built-ins
//! have variants of their own wherever engines can tell them apart.

use std::fmt;

macro_rules! traps {
    ($($(#[$doc:meta])* $name:ident $text:literal $message:literal,)*) => {
        /// The kind of a trap.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Trap {
            $($(#[$doc])* $name,)*
        }

        impl Trap {
            /// Every kind, in the order of declaration.
            pub const ALL: &'static [Trap] = &[$(Trap::$name,)*];

            /// The name that reports use: lower case, words joined by hyphens.
            pub fn name(self) -> &'static str {
                match self {
                    $(Trap::$name => $text,)*
                }
            }

            /// The text that `assert_trap` of the field's test suites matches (a part of the engine's message).
            pub fn message(self) -> &'static str {
                match self {
                    $(Trap::$name => $message,)*
                }
            }
        }
    };
}

traps! {
    /// The `unreachable` instruction.
    Unreachable "unreachable" "wasm `unreachable` instruction executed",
    /// A load, store or bulk operation past the end of a memory.
    MemoryOutOfBounds "memory-out-of-bounds" "out of bounds memory access",
    /// An index past the end of a table: of a core instruction, or of `thread.new-indirect`.
    TableOutOfBounds "table-out-of-bounds" "undefined element: out of bounds table access",
    /// `call_indirect` of a null entry.
    IndirectCallToNull "indirect-call-to-null" "uninitialized element",
    /// `call_indirect` of a function of another type.
    IndirectCallTypeMismatch "indirect-call-type-mismatch" "indirect call type mismatch",
    /// Integer division overflow, or a float too large for the integer.
    IntegerOverflow "integer-overflow" "integer overflow",
    /// Integer division by zero.
    IntegerDivideByZero "integer-divide-by-zero" "integer divide by zero",
    /// A NaN converted to an integer.
    BadConversionToInteger "bad-conversion-to-integer" "invalid conversion to integer",
    /// A null reference where one is needed.
    NullReference "null-reference" "null reference",
    /// An atomic access to an address that is not aligned.
    UnalignedAtomic "unaligned-atomic" "unaligned atomic",
    /// A thread was to be started from a null table entry or a null reference (`canon_thread_new_indirect`, `Table.get`).
    ThreadStartNull "thread-start-null" "the start function index points to an uninitialized function",
    /// A thread was to be started with a function of another type (`canon_thread_new_indirect`, `f.t != ft`).
    ThreadStartType "thread-start-type" "start function does not match expected type",
    /// An index that names no thread, or no handle of the right kind, of the instance (`Table.get`). One kind for both
    /// tables: engines say the same of both.
    UnknownIndex "unknown-index" "unknown handle index",
    /// A thread that should be suspended is not (`trap_if(not other_thread.suspended())`).
    ThreadNotSuspended "thread-not-suspended" "cannot resume thread which is not suspended",
    /// A synchronously typed task blocks and no other thread of its instance is ready (`canon_lift`, `trap_if(not candidates)`).
    CannotBlock "cannot-block" "cannot block a synchronous task before returning",
    /// A built-in or an import is called while the instance may not be left (`may_leave`).
    CannotLeave "cannot-leave" "cannot leave component instance",
    /// A call into an instance that may not be entered (`may_enter`), or that has trapped before.
    CannotEnter "cannot-enter" "cannot enter component instance",
    /// `task.return` (or a synchronous return) of a task that has returned or was cancelled (`Task.return_`).
    TaskReturnTwice "task-return-twice" "`task.return` or `task.cancel` called more than once for current task",
    /// `task.return` with another type or other options than the task's, or in a task that was not lifted `async`.
    TaskReturnInvalid "task-return-invalid" "invalid `task.return` signature and/or options for current task",
    /// The last thread of a task ends and the task has not returned (`Task.unregister_thread`).
    NoTaskReturn "no-task-return" "async-lifted export failed to produce a result",
    /// A callback code that is not one of the three (`unpack_callback_result`).
    CallbackCode "callback-code" "unsupported callback code",
    /// An `i32` that is no `char` (`convert_i32_to_char`).
    InvalidChar "invalid-char" "invalid `char` bit pattern",
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
