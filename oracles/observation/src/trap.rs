//! The kinds of trap, shared by all engines. Traps are compared by kind, never by message.
//!
//! There is one variant for each `trap_if` of CanonicalABI.md that a case can reach, and for each trap of core WebAssembly. Where
//! the two overlap (an index past the end of a table, a null or wrong callee), core instructions and thread built-ins have variants
//! of their own wherever engines can tell them apart.
//!
//! Two traps of CanonicalABI.md have no variant. `Table.add` traps beyond 2^28 - 1 elements: a run is exhausted long before
//! (`reference::limits`). The `case _` of `canon_lift` is never reached: `unpack_callback_result` has trapped on these codes
//! before.

use std::fmt;

macro_rules! traps {
    ($($(#[$doc:meta])* $name:ident $text:literal $message:literal $(| $other:literal)*,)*) => {
        /// The kind of a trap.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
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

            /// The text that `assert_trap` of the field's test suites matches (a part of the engine's message). Where the suites
            /// have several texts for this kind, this is the one that files are written with.
            pub fn message(self) -> &'static str {
                match self {
                    $(Trap::$name => $message,)*
                }
            }

            /// All texts that `assert_trap` of the field's test suites has for this kind. The text that files are written with
            /// comes first.
            fn messages(self) -> &'static [&'static str] {
                match self {
                    $(Trap::$name => &[$message $(, $other)*],)*
                }
            }
        }
    };
}

impl Trap {
    /// Whether an `assert_trap` with this text means this kind: the text is a part of one of the kind's texts, or has one of these
    /// as a part (a suite may add an index, or the words `wasm trap: `).
    pub fn matches(self, text: &str) -> bool {
        self.messages()
            .iter()
            .any(|message| message.contains(text) || text.contains(message))
    }
}

traps! {
    /// The `unreachable` instruction.
    Unreachable "unreachable" "wasm `unreachable` instruction executed",
    /// A load, store or bulk operation past the end of a memory: of a core instruction, or of the Canonical ABI for the
    /// tuple that parameters or results are passed in (`lift_flat_values`, `lower_flat_values`). One kind for both: the
    /// adapters of engines are core code themselves.
    MemoryOutOfBounds "memory-out-of-bounds" "out of bounds memory access" | "pointer out of bounds"
        | "realloc return: beyond end of memory",
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
    /// An exception that nobody has caught leaves core code (`call_and_trap_on_throw`). Wherever the exception leaves core code,
    /// engines say the same of it, but for the words.
    UncaughtException "uncaught-exception" "thrown Wasm exception" | "uncaught exception propagated out of component",
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
    /// A handle of another kind, or of another resource, stream or future type, than the built-in asks for (`trap_if(not
    /// isinstance(...))`, `trap_if(h.rt is not rt)`, `trap_if(e.shared.t != ...)`).
    WrongHandle "wrong-handle" "used with the wrong type",
    /// A handle of the other end of a stream or future than the built-in asks for (`isinstance(e, EndT)`).
    WrongEnd "wrong-end" "is the other end of the stream or future",
    /// An owned resource is dropped or passed on while it is lent (`h.num_lends != 0`).
    ResourceLent "resource-lent" "cannot remove owned resource while borrowed",
    /// A borrowed handle where an owned one is needed (`lift_own`).
    ResourceNotOwned "resource-not-owned" "cannot lift own resource from a borrow",
    /// A task returns or is cancelled while it still has borrowed handles (`task.num_borrows > 0`).
    BorrowsRemain "borrows-remain" "borrow handles still remain at the end of the call",
    /// `task.cancel` in a task that was not lifted `async`.
    TaskCancelInvalid "task-cancel-invalid" "`task.cancel` in a synchronously lifted task",
    /// `task.cancel` of a task whose cancellation was not delivered to it (`Task.cancel`).
    TaskCancelNotDelivered "task-cancel-not-delivered" "`task.cancel` called by task which has not been cancelled",
    /// `backpressure.inc` past its maximum, or `backpressure.dec` below zero.
    BackpressureOverflow "backpressure-overflow" "backpressure counter overflow",
    /// A waitable is used synchronously while it is in a waitable set (`in_waitable_set() and not async_`), or put into one
    /// while a thread waits for it synchronously (`canon_waitable_join`). One kind for both: engines say the same of both.
    WaitableInSet "waitable-in-set" "waitable cannot be used synchronously while added to a waitable set",
    /// A waitable set is dropped that has elements (`WaitableSet.drop`).
    SetNotEmpty "set-not-empty" "cannot drop waitable set with elements",
    /// A waitable set is dropped that a thread waits on (`WaitableSet.drop`).
    SetHasWaiters "set-has-waiters" "cannot drop waitable set with waiters",
    /// `subtask.cancel` of a subtask whose resolution was delivered.
    SubtaskResolveDelivered "subtask-resolve-delivered" "`subtask.cancel` called after terminal status delivered",
    /// `subtask.cancel` of a subtask whose cancellation was requested before.
    SubtaskCancelTwice "subtask-cancel-twice" "`subtask.cancel` called more than once",
    /// `subtask.drop` of a subtask whose resolution was not delivered.
    SubtaskNotResolved "subtask-not-resolved" "cannot drop a subtask which has not yet resolved",
    /// A stream or future end is read, written or passed on while it copies (`e.state != CopyState.IDLE`).
    CopyEndBusy "copy-end-busy" "cannot have concurrent operations active on a future/stream",
    /// A stream or future end is read, written or passed on once it is done (`e.state != CopyState.IDLE`).
    CopyEndDone "copy-end-done" "after being notified that the" | "after previous read succeeded"
        | "after previous write succeeded",
    /// A copy is cancelled where none is under way, or that a thread waits for synchronously (`cancel_copy`).
    NotCopying "not-copying" "no operation to cancel",
    /// A stream or future end is dropped while it copies (`CopyEnd.drop`).
    DropWhileCopying "drop-while-copying" "cannot drop busy stream" | "cannot drop busy future" | "cannot remove busy stream",
    /// The writable end of a future is dropped before it has written (`WritableFutureEnd.drop`).
    FutureNotWritten "future-not-written" "cannot drop future write end without first writing a value",
    /// A readable end is passed on while it is in a waitable set (`lift_async_value`).
    LiftInSet "lift-in-set" "while it's in a waitable set",
    /// A buffer that ends past the end of its memory (`BufferGuestImpl.__init__`).
    BufferOutOfBounds "buffer-out-of-bounds" "read/write pointer out of bounds of memory",
    /// A buffer of more than 2^28 - 1 elements (`BufferGuestImpl.__init__`).
    BufferTooLong "buffer-too-long" "stream read/write count too large",
    /// Both ends of a stream or future are used in one instance, with values that are no numbers ("temporary").
    IntraComponentCopy "intra-component-copy" "cannot read from and write to intra-component future",
    /// A function of the host fails.
    Host "host" "the host's function failed",
    /// A callback code that is not one of the three (`unpack_callback_result`).
    CallbackCode "callback-code" "unsupported callback code",
    /// An `i32` that is no `char` (`convert_i32_to_char`).
    InvalidChar "invalid-char" "invalid `char` bit pattern" | "converted integer out of range for `char`",
    /// A pointer that the Canonical ABI loads or stores through is not aligned, or what a `realloc` returned is not
    /// (`load_string_from_range`, `load_list_from_range`, `lift_flat_values` and their counterparts that store). One kind
    /// for all: engines say the same of all.
    UnalignedPointer "unaligned-pointer" "unaligned pointer" | "pointer not aligned" | "pointer is not aligned"
        | "realloc return: result not aligned",
    /// A string ends past the end of its memory or is longer than `MAX_STRING_BYTE_LENGTH`, or the memory that a
    /// `realloc` returned for one ends past the end (`load_string_from_range`, `store_string_into_range`). Engines say
    /// the same of a string that is too long for the specification and of one that is too long for its memory.
    StringOutOfBounds "string-out-of-bounds" "string content out-of-bounds"
        | "string pointer/length out of bounds of memory" | "realloc return: beyond end of memory",
    /// A list ends past the end of its memory or is longer than `MAX_LIST_BYTE_LENGTH`, or the memory that a `realloc` returned for
    /// one ends past the end (`load_list_from_range`, `store_list_into_range`). Engines say the same of a list that is too long for
    /// the specification and of one that is too long for its memory.
    ListOutOfBounds "list-out-of-bounds" "list content out-of-bounds"
        | "list pointer/length out of bounds of memory" | "map pointer/length out of bounds of memory"
        | "realloc return: beyond end of memory",
    /// A string that is no UTF-8 (`load_string_from_range`).
    InvalidUtf8 "invalid-utf-8" "invalid utf-8" | "incomplete utf-8 byte sequence" | "invalid utf8 encoding",
    /// A string with a surrogate that is not one of a pair (`load_string_from_range`).
    InvalidUtf16 "invalid-utf-16" "invalid utf16 encoding" | "unpaired surrogate found",
    /// A number that is no case of a variant, an enum, an option or a result (`load_variant`, `lift_flat_variant`).
    InvalidDiscriminant "invalid-discriminant" "invalid variant discriminant" | "invalid option discriminant"
        | "invalid expected discriminant" | "out of range [0..",
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_matches_with_more_around_it_and_with_less_of_it() {
        assert!(Trap::UnalignedPointer.matches("wasm trap: unaligned pointer"));
        assert!(Trap::UnknownIndex.matches("unknown handle index 4294967295"));
        assert!(Trap::IndirectCallToNull.matches("uninitialized"));
        assert!(!Trap::UnalignedPointer.matches("list content out-of-bounds"));
    }

    #[test]
    fn every_text_of_a_kind_matches_it() {
        assert!(Trap::InvalidUtf8.matches("invalid utf-8"));
        assert!(Trap::InvalidUtf8.matches("incomplete utf-8 byte sequence"));
        for trap in Trap::ALL {
            assert!(trap.matches(trap.message()), "{trap}");
        }
    }

    #[test]
    fn no_two_kinds_have_the_same_name_or_write_the_same_text() {
        for (position, trap) in Trap::ALL.iter().enumerate() {
            for other in &Trap::ALL[position + 1..] {
                assert_ne!(trap.name(), other.name());
                assert_ne!(trap.message(), other.message());
            }
        }
    }
}
