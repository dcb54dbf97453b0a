//! Wasmtime's errors as the shared kinds of trap: one table of its trap codes, one of the messages it gives without a code.
//!
//! An error that neither table knows is not guessed: [`end_of`] hands the message back and the case becomes a finding.

use super::limits::LimitReached;
use super::panics::{one_line, without_registry};
use spawndiff_observation::{End, Exhaustion, MayMean, Trap};

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
    // vm/component/handle_table.rs and vm/component/resources.rs: a handle that is there, and cannot be taken.
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
    // vm/component/handle_table.rs: the tables are full.
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
    // Wasmtime says this of strings and of parameters in memory, too. Only the host's own arguments give this message.
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
    // The content of a string or a variant that the host lifts; in vm/component/libcalls.rs, of a string that adapters transcode.
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

/// The trap codes, and what they mean. The codes are given by the names that Wasmtime's enum has for them, because releases have
/// other codes. Codes that no case can reach are left out.
const CODES: &[(&str, End)] = &[
    ("UnreachableCodeReached", End::Trap(Trap::Unreachable)),
    ("MemoryOutOfBounds", End::Trap(Trap::MemoryOutOfBounds)),
    ("TableOutOfBounds", End::Trap(Trap::TableOutOfBounds)),
    ("IndirectCallToNull", End::Trap(Trap::IndirectCallToNull)),
    ("BadSignature", End::Trap(Trap::IndirectCallTypeMismatch)),
    ("IntegerOverflow", End::Trap(Trap::IntegerOverflow)),
    (
        "IntegerDivisionByZero",
        End::Trap(Trap::IntegerDivideByZero),
    ),
    (
        "BadConversionToInteger",
        End::Trap(Trap::BadConversionToInteger),
    ),
    ("NullReference", End::Trap(Trap::NullReference)),
    ("UncaughtException", End::Trap(Trap::UncaughtException)),
    ("HeapMisaligned", End::Trap(Trap::UnalignedAtomic)),
    (
        "ThreadNewIndirectUninitialized",
        End::Trap(Trap::ThreadStartNull),
    ),
    (
        "ThreadNewIndirectInvalidType",
        End::Trap(Trap::ThreadStartType),
    ),
    ("CannotResumeThread", End::Trap(Trap::ThreadNotSuspended)),
    ("CannotBlockSyncTask", End::Trap(Trap::CannotBlock)),
    ("CannotLeaveComponent", End::Trap(Trap::CannotLeave)),
    ("CannotEnterComponent", End::Trap(Trap::CannotEnter)),
    ("TaskCancelOrReturnTwice", End::Trap(Trap::TaskReturnTwice)),
    ("TaskReturnInvalid", End::Trap(Trap::TaskReturnInvalid)),
    ("NoAsyncResult", End::Trap(Trap::NoTaskReturn)),
    ("UnsupportedCallbackCode", End::Trap(Trap::CallbackCode)),
    (
        "TaskCancelNotCancelled",
        End::Trap(Trap::TaskCancelNotDelivered),
    ),
    (
        "SubtaskCancelAfterTerminal",
        End::Trap(Trap::SubtaskResolveDelivered),
    ),
    ("WaitableSetDropHasWaiters", End::Trap(Trap::SetHasWaiters)),
    (
        "SubtaskDropNotResolved",
        End::Trap(Trap::SubtaskNotResolved),
    ),
    (
        "BackpressureOverflow",
        End::Trap(Trap::BackpressureOverflow),
    ),
    ("ConcurrentFutureStreamOp", End::Trap(Trap::CopyEndBusy)),
    ("StreamOpTooBig", End::Trap(Trap::BufferTooLong)),
    ("WaitableSyncAndAsync", End::Trap(Trap::WaitableInSet)),
    ("InvalidChar", End::Trap(Trap::InvalidChar)),
    ("UnalignedPointer", End::Trap(Trap::UnalignedPointer)),
    ("StringOutOfBounds", End::Trap(Trap::StringOutOfBounds)),
    ("ListOutOfBounds", End::Trap(Trap::ListOutOfBounds)),
    ("InvalidDiscriminant", End::Trap(Trap::InvalidDiscriminant)),
    ("AsyncDeadlock", End::Deadlock),
    ("StackOverflow", End::Exhausted(Exhaustion::Stack)),
    ("OutOfFuel", End::Exhausted(Exhaustion::Fuel)),
    ("Interrupt", End::Exhausted(Exhaustion::Fuel)),
    ("AllocationTooLarge", End::Exhausted(Exhaustion::Memory)),
];

/// The trap codes that only releases after the default one have, by name, and what they mean.
const LATER_CODES: &[(&str, End)] = &[
    ("ReadFromDroppedStream", End::Trap(Trap::CopyEndDone)),
    ("WriteToDroppedStream", End::Trap(Trap::CopyEndDone)),
    ("WriteToDroppedFuture", End::Trap(Trap::CopyEndDone)),
    ("LiftDroppedStream", End::Trap(Trap::CopyEndDone)),
];

/// Says how an instantiation or an invocation ended that failed with an error of this text, this trap code, or this limit. The
/// error is the text, on one line, where no table knows it.
pub(super) fn end_of(
    text: &str,
    code: Option<&str>,
    limit: Option<&LimitReached>,
) -> Result<End, String> {
    if let Some(limit) = limit {
        return Ok(End::Exhausted(limit.0));
    }
    let text = one_line(text);
    if text.contains("BUG: ") {
        // An assertion of Wasmtime that does not panic; the rest of its message asks for a bug report.
        let text = text
            .split(" This is a bug in Wasmtime")
            .next()
            .unwrap_or(&text);
        return Err(without_registry(text));
    }
    let found = match code {
        Some(code) => {
            let mut codes = CODES.iter().chain(LATER_CODES);
            codes.find(|(name, _)| *name == code)
        }
        None => MESSAGES.iter().find(|(piece, _)| text.contains(piece)),
    };
    found.map(|(_, end)| *end).ok_or(text)
}

/// The traps that Wasmtime does not tell apart. Wasmtime calls an end of a stream or future busy wherever that end cannot be used
/// so: also where the end is dropped while it copies, or is the other one of the two ends. By a handle of the wrong kind it may
/// mean the other end, too.
pub(super) fn may_mean() -> MayMean {
    MayMean(vec![
        (Trap::CopyEndBusy, Trap::DropWhileCopying),
        (Trap::CopyEndBusy, Trap::WrongEnd),
        (Trap::WrongHandle, Trap::WrongEnd),
    ])
}

/// The text of an error as it is in any build. Where the engine is built with debug assertions, its own assertions are panics, and
/// the place of such a panic is cut off.
pub(super) fn plain(error: &str) -> &str {
    match error.split_once("src/runtime/bug.rs:") {
        Some((panic, place)) if panic.starts_with("panic at wasmtime-") => {
            place.split_once(": ").map_or(error, |(_, text)| text)
        }
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(message: &str) -> Result<End, String> {
        end_of(message, None, None)
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
            ("string pointer not aligned to 2", "UnalignedPointer"),
            ("realloc return: result not aligned", "UnalignedPointer"),
            (
                "string pointer/length out of bounds of memory",
                "StringOutOfBounds",
            ),
            (
                "list pointer/length out of bounds of memory",
                "ListOutOfBounds",
            ),
            ("pointer out of bounds", "MemoryOutOfBounds"),
            ("discriminant 7 out of range [0..2)", "InvalidDiscriminant"),
        ] {
            let end = of(message).expect(message);
            assert_eq!(Ok(end), end_of("", Some(code), None), "{message}");
            let End::Trap(trap) = end else {
                panic!("{message} is {end}");
            };
            assert!(trap.matches(message), "{message}");
        }
    }

    #[test]
    fn a_message_or_a_code_that_no_table_knows_comes_back_as_it_is() {
        assert_eq!(of("something\nnew"), Err("something new".to_string()));
        let text = "wasm trap: reference count overflow";
        let code = Some("ReferenceCountOverflow");
        assert_eq!(end_of(text, code, None), Err(text.to_string()));
    }

    #[test]
    fn a_code_counts_before_the_message_and_a_limit_before_both() {
        let (text, code) = ("unknown handle index 7", Some("StackOverflow"));
        let stack = Ok(End::Exhausted(Exhaustion::Stack));
        assert_eq!(end_of(text, code, None), stack);
        let limit = LimitReached(Exhaustion::Memory);
        let memory = Ok(End::Exhausted(Exhaustion::Memory));
        assert_eq!(end_of(text, code, Some(&limit)), memory);
    }

    #[test]
    fn every_name_is_that_of_a_code_of_the_default_release_and_later_ones_are_not() {
        use super::super::v48::wasmtime::Trap as Code;
        let names: Vec<String> = (0..=u8::MAX)
            .filter_map(Code::from_u8)
            .map(|code| format!("{code:?}"))
            .collect();
        for (name, _) in CODES {
            assert!(names.iter().any(|it| it == name), "{name}");
        }
        for (name, _) in LATER_CODES {
            assert!(!names.iter().any(|it| it == name), "{name}");
        }
    }

    #[cfg(feature = "wasmtime-50")]
    #[test]
    fn every_later_name_is_that_of_a_code_of_the_newest_release() {
        use super::super::v50::wasmtime::Trap as Code;
        for (name, _) in LATER_CODES {
            let mut codes = (0..=u8::MAX).filter_map(Code::from_u8);
            assert!(codes.any(|code| format!("{code:?}") == *name), "{name}");
        }
    }

    #[test]
    fn a_kind_means_another_one_only_where_the_engine_says_the_same_of_both() {
        let of_it = may_mean();
        assert!(of_it.allows(Trap::CopyEndBusy, Trap::WrongEnd));
        assert!(of_it.allows(Trap::CopyEndBusy, Trap::DropWhileCopying));
        assert!(!of_it.allows(Trap::DropWhileCopying, Trap::CopyEndBusy));
        assert!(!of_it.allows(Trap::CopyEndBusy, Trap::WrongHandle));
        for trap in Trap::ALL {
            assert!(of_it.allows(*trap, *trap));
        }
    }

    #[test]
    fn an_assertion_of_the_engine_has_the_text_that_it_has_where_it_does_not_panic() {
        let panic = "panic at wasmtime-48.0.8/src/runtime/bug.rs:52:13: BUG: a: b";
        assert_eq!(plain(panic), "BUG: a: b");
        for other in [
            "BUG: a: b",
            "panic at wasmtime-48.0.8/src/lib.rs:52:13: BUG: a: b",
            "panic at src/runtime/bug.rs:52:13: BUG: a: b",
        ] {
            assert_eq!(plain(other), other);
        }
    }
}
