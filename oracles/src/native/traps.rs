//! Wasmtime's errors as the shared kinds of trap: one table of its trap codes, one of the messages it gives without a code.
//!
//! What neither table knows is not guessed: [`end_of`] hands the message back and the case becomes a finding.

use super::engine::LimitReached;
use super::panics::{one_line, without_registry};
use crate::{End, Exhaustion, Trap};
use wasmtime::Error;

/// The messages that come without a trap code: a piece of the text, and what it means.
const MESSAGES: &[(&str, End)] = &[
    // component/func/host.rs: lifting an `i32` that is no `char`.
    (
        "converted integer out of range for `char`",
        End::Trap(Trap::InvalidChar),
    ),
    // vm/component/handle_table.rs: an index that names nothing, or something of another kind.
    ("unknown handle index", End::Trap(Trap::UnknownIndex)),
    ("handle is not a waitable-set", End::Trap(Trap::WrongHandle)),
    (
        "handle is not an waitable-set",
        End::Trap(Trap::WrongHandle),
    ),
    // The table of the engine's concurrent state: a waitable set is dropped that has elements.
    ("resource has children", End::Trap(Trap::SetNotEmpty)),
    ("handle is not a waitable", End::Trap(Trap::WrongHandle)),
    ("handle is not a subtask", End::Trap(Trap::WrongHandle)),
    ("handle is not a stream", End::Trap(Trap::WrongHandle)),
    (
        "handle is not a readable end of a",
        End::Trap(Trap::WrongHandle),
    ),
    (
        "handle is a stream of a different type",
        End::Trap(Trap::WrongHandle),
    ),
    ("handle is not a future", End::Trap(Trap::WrongHandle)),
    (
        "handle is a future of a different type",
        End::Trap(Trap::WrongHandle),
    ),
    (
        "handle is not an error-context",
        End::Trap(Trap::WrongHandle),
    ),
    (
        "handle is not a guest thread",
        End::Trap(Trap::UnknownIndex),
    ),
    ("is not a resource", End::Trap(Trap::WrongHandle)),
    ("is not an own resource", End::Trap(Trap::WrongHandle)),
    // The same file and vm/component/resources.rs: a handle that is there, and cannot be taken.
    ("used with the wrong type", End::Trap(Trap::WrongHandle)),
    (
        "cannot remove owned resource while borrowed",
        End::Trap(Trap::ResourceLent),
    ),
    (
        "cannot lift own resource from a borrow",
        End::Trap(Trap::ResourceNotOwned),
    ),
    (
        "borrow handles still remain at the end of the call",
        End::Trap(Trap::BorrowsRemain),
    ),
    ("cannot remove busy stream", End::Trap(Trap::CopyEndBusy)),
    ("cannot remove busy future", End::Trap(Trap::CopyEndBusy)),
    ("cannot drop busy stream", End::Trap(Trap::DropWhileCopying)),
    ("cannot drop busy future", End::Trap(Trap::DropWhileCopying)),
    // component/concurrent/futures_and_streams.rs.
    (
        "after being notified that the",
        End::Trap(Trap::CopyEndDone),
    ),
    (
        "after previous read succeeded",
        End::Trap(Trap::CopyEndDone),
    ),
    (
        "after previous write succeeded",
        End::Trap(Trap::CopyEndDone),
    ),
    ("while it's in a waitable set", End::Trap(Trap::LiftInSet)),
    (
        "cancelled when no read is pending",
        End::Trap(Trap::NotCopying),
    ),
    (
        "cancelled when no write is pending",
        End::Trap(Trap::NotCopying),
    ),
    ("passed write end to", End::Trap(Trap::WrongHandle)),
    ("passed read end to", End::Trap(Trap::WrongHandle)),
    (
        "cannot drop future write end without first writing a value",
        End::Trap(Trap::FutureNotWritten),
    ),
    (
        "intra-component future",
        End::Trap(Trap::IntraComponentCopy),
    ),
    (
        "read pointer not aligned",
        End::Trap(Trap::UnalignedPointer),
    ),
    (
        "write pointer not aligned",
        End::Trap(Trap::UnalignedPointer),
    ),
    (
        "read pointer out of bounds",
        End::Trap(Trap::BufferOutOfBounds),
    ),
    (
        "write pointer out of bounds",
        End::Trap(Trap::BufferOutOfBounds),
    ),
    // The same file: the tables are full.
    (
        "cannot allocate another handle",
        End::Exhausted(Exhaustion::Memory),
    ),
    (
        "store handle limit exceeded",
        End::Exhausted(Exhaustion::Memory),
    ),
    // component/func/{host,options,typed}.rs and values.rs: a pointer that the Canonical ABI loads or stores through.
    ("pointer out of bounds", End::Trap(Trap::MemoryOutOfBounds)),
    (
        "string pointer/length out of bounds",
        End::Trap(Trap::StringOutOfBounds),
    ),
    (
        "list pointer/length out of bounds",
        End::Trap(Trap::ListOutOfBounds),
    ),
    (
        "map pointer/length out of bounds",
        End::Trap(Trap::ListOutOfBounds),
    ),
    // It says this of strings and of parameters in memory, too. Only the host's own arguments give it.
    (
        "realloc return: beyond end of memory",
        End::Trap(Trap::ListOutOfBounds),
    ),
    (
        "realloc return: result not aligned",
        End::Trap(Trap::UnalignedPointer),
    ),
    ("pointer not aligned", End::Trap(Trap::UnalignedPointer)),
    ("pointer is not aligned", End::Trap(Trap::UnalignedPointer)),
    // What a string or a variant holds that the host lifts; vm/component/libcalls.rs, what adapters transcode.
    ("invalid utf-8", End::Trap(Trap::InvalidUtf8)),
    (
        "incomplete utf-8 byte sequence",
        End::Trap(Trap::InvalidUtf8),
    ),
    ("invalid utf8 encoding", End::Trap(Trap::InvalidUtf8)),
    ("unpaired surrogate found", End::Trap(Trap::InvalidUtf16)),
    ("invalid utf16 encoding", End::Trap(Trap::InvalidUtf16)),
    (
        "invalid option discriminant",
        End::Trap(Trap::InvalidDiscriminant),
    ),
    (
        "invalid expected discriminant",
        End::Trap(Trap::InvalidDiscriminant),
    ),
    ("out of range [0..", End::Trap(Trap::InvalidDiscriminant)),
    // exception.rs: an exception gets to the host.
    ("thrown Wasm exception", End::Trap(Trap::UncaughtException)),
    // component/func/options.rs: what the host copies in one call.
    (
        "fuel allocated for hostcalls has been exhausted",
        End::Exhausted(Exhaustion::Memory),
    ),
    // runtime/vm/instance/allocator/pooling.rs: a pool is empty.
    (
        "maximum concurrent limit of",
        End::Exhausted(Exhaustion::Memory),
    ),
    // The operating system has no stack or memory left for another fiber.
    ("Cannot allocate memory", End::Exhausted(Exhaustion::Memory)),
    (
        "memory allocation size too large",
        End::Exhausted(Exhaustion::Memory),
    ),
];

/// How an instantiation or an invocation that failed with `error` ended; the error's text, on one line, where no table
/// knows it.
pub(super) fn end_of(error: &Error) -> Result<End, String> {
    if let Some(limit) = error.downcast_ref::<LimitReached>() {
        return Ok(End::Exhausted(limit.0));
    }
    let text = one_line(&format!("{error:#}"));
    if text.contains("BUG: ") {
        // An assertion of Wasmtime that does not panic; the rest of its message asks for a bug report.
        let text = text
            .split(" This is a bug in Wasmtime")
            .next()
            .unwrap_or(&text);
        return Err(without_registry(text));
    }
    if let Some(code) = error.downcast_ref::<wasmtime::Trap>() {
        return end_of_code(*code).ok_or(text);
    }
    match MESSAGES.iter().find(|(piece, _)| text.contains(piece)) {
        Some((_, end)) => Ok(*end),
        None => Err(text),
    }
}

/// What a trap code means. Wasmtime's enum is open, and has codes of things that no case uses: `None`.
fn end_of_code(code: wasmtime::Trap) -> Option<End> {
    use wasmtime::Trap as Code;
    let trap = match code {
        Code::UnreachableCodeReached => Trap::Unreachable,
        Code::MemoryOutOfBounds => Trap::MemoryOutOfBounds,
        Code::TableOutOfBounds => Trap::TableOutOfBounds,
        Code::IndirectCallToNull => Trap::IndirectCallToNull,
        Code::BadSignature => Trap::IndirectCallTypeMismatch,
        Code::IntegerOverflow => Trap::IntegerOverflow,
        Code::IntegerDivisionByZero => Trap::IntegerDivideByZero,
        Code::BadConversionToInteger => Trap::BadConversionToInteger,
        Code::NullReference => Trap::NullReference,
        Code::UncaughtException => Trap::UncaughtException,
        Code::HeapMisaligned => Trap::UnalignedAtomic,
        Code::ThreadNewIndirectUninitialized => Trap::ThreadStartNull,
        Code::ThreadNewIndirectInvalidType => Trap::ThreadStartType,
        Code::CannotResumeThread => Trap::ThreadNotSuspended,
        Code::CannotBlockSyncTask => Trap::CannotBlock,
        Code::CannotLeaveComponent => Trap::CannotLeave,
        Code::CannotEnterComponent => Trap::CannotEnter,
        Code::TaskCancelOrReturnTwice => Trap::TaskReturnTwice,
        Code::TaskReturnInvalid => Trap::TaskReturnInvalid,
        Code::NoAsyncResult => Trap::NoTaskReturn,
        Code::UnsupportedCallbackCode => Trap::CallbackCode,
        Code::TaskCancelNotCancelled => Trap::TaskCancelNotDelivered,
        Code::SubtaskCancelAfterTerminal => Trap::SubtaskResolveDelivered,
        Code::WaitableSetDropHasWaiters => Trap::SetHasWaiters,
        Code::SubtaskDropNotResolved => Trap::SubtaskNotResolved,
        Code::BackpressureOverflow => Trap::BackpressureOverflow,
        Code::ConcurrentFutureStreamOp => Trap::CopyEndBusy,
        Code::StreamOpTooBig => Trap::BufferTooLong,
        Code::WaitableSyncAndAsync => Trap::WaitableInSet,
        Code::InvalidChar => Trap::InvalidChar,
        Code::UnalignedPointer => Trap::UnalignedPointer,
        Code::StringOutOfBounds => Trap::StringOutOfBounds,
        Code::ListOutOfBounds => Trap::ListOutOfBounds,
        Code::InvalidDiscriminant => Trap::InvalidDiscriminant,
        Code::AsyncDeadlock => return Some(End::Deadlock),
        Code::StackOverflow => return Some(End::Exhausted(Exhaustion::Stack)),
        Code::OutOfFuel | Code::Interrupt => return Some(End::Exhausted(Exhaustion::Fuel)),
        Code::AllocationTooLarge => return Some(End::Exhausted(Exhaustion::Memory)),
        _ => return None,
    };
    Some(End::Trap(trap))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(message: &'static str) -> Result<End, String> {
        end_of(&Error::msg(message))
    }

    #[test]
    fn a_message_is_found_by_a_piece_of_it() {
        assert_eq!(
            of("unknown handle index 7"),
            Ok(End::Trap(Trap::UnknownIndex))
        );
    }

    #[test]
    fn what_the_host_says_of_a_pointer_is_what_adapters_trap_with() {
        for (message, code) in [
            (
                "string pointer not aligned to 2",
                wasmtime::Trap::UnalignedPointer,
            ),
            (
                "realloc return: result not aligned",
                wasmtime::Trap::UnalignedPointer,
            ),
            (
                "string pointer/length out of bounds of memory",
                wasmtime::Trap::StringOutOfBounds,
            ),
            (
                "list pointer/length out of bounds of memory",
                wasmtime::Trap::ListOutOfBounds,
            ),
            ("pointer out of bounds", wasmtime::Trap::MemoryOutOfBounds),
            (
                "discriminant 7 out of range [0..2)",
                wasmtime::Trap::InvalidDiscriminant,
            ),
        ] {
            let end = of(message).expect(message);
            assert_eq!(Ok(end), end_of(&Error::from(code)), "{message}");
            let End::Trap(trap) = end else {
                panic!("{message} is {end}");
            };
            assert!(trap.matches(message), "{message}");
        }
    }

    #[test]
    fn a_message_or_a_code_that_no_table_knows_comes_back_as_it_is() {
        assert_eq!(of("something\nnew"), Err("something new".to_string()));
        let code = Error::from(wasmtime::Trap::ReferenceCountOverflow);
        assert_eq!(
            end_of(&code),
            Err("wasm trap: reference count overflow".to_string())
        );
    }

    #[test]
    fn a_code_is_found_under_a_context() {
        let error = Error::from(wasmtime::Trap::StackOverflow).context("while running");
        assert_eq!(end_of(&error), Ok(End::Exhausted(Exhaustion::Stack)));
    }

    #[test]
    fn a_limit_is_an_exhaustion() {
        let error = Error::new(LimitReached(Exhaustion::Memory));
        assert_eq!(end_of(&error), Ok(End::Exhausted(Exhaustion::Memory)));
    }
}
