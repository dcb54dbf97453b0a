//! The built-ins and imports that a case can call, in one table: the name of each, and which traps the specification lets it give.

use crate::Trap;

/// Which endings of a built-in take another component instance, or handles that only calls between instances bring.
enum Across {
    /// None.
    Never,
    /// All.
    Always,
    /// This trap only.
    For(Trap),
}

macro_rules! builtins {
    ($($(#[$doc:meta])* $name:ident $text:literal $across:expr, [$($trap:ident),* $(,)?];)*) => {
        /// The built-ins and imports that a case can call, and the steps that the Canonical ABI takes by itself.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum Builtin {
            $(#[doc = concat!("`", $text, "`.")] $(#[$doc])* $name,)*
        }

        impl Builtin {
            /// Every built-in, in the order of declaration.
            pub const ALL: &'static [Builtin] = &[$(Builtin::$name,)*];

            /// The name that the specification gives the built-in.
            pub fn name(self) -> &'static str {
                match self {
                    $(Builtin::$name => $text,)*
                }
            }

            /// The traps that the specification lets this built-in give in a case, beside those of core code.
            pub fn traps(self) -> &'static [Trap] {
                match self {
                    $(Builtin::$name => &[$(Trap::$trap),*],)*
                }
            }

            fn across(self) -> Across {
                use Across::{Always, For, Never};
                match self {
                    $(Builtin::$name => $across,)*
                }
            }
        }
    };
}

// The name of the variant, the name in the specification, which endings take another instance, and the traps.
builtins! {
    /// A call of an export.
    Lift "canon lift" For(Trap::BorrowsRemain), [CannotBlock, CannotEnter, NoTaskReturn, BorrowsRemain, InvalidChar];
    /// The callback of an async callback-lifted export.
    Callback "callback" For(Trap::WrongHandle), [CallbackCode, UnknownIndex, WrongHandle];
    /// The call of a function of the host.
    LowerHost "canon lower (host)" Never, [CannotLeave];
    /// The synchronous call of another instance's function.
    Lower "canon lower" Always, [CannotLeave, CannotEnter, CannotBlock];
    /// The asynchronous call of another instance's function.
    LowerAsync "canon lower async" Always, [CannotLeave, CannotEnter, CannotBlock];
    ResourceNew "resource.new" Always, [CannotLeave];
    ResourceDrop "resource.drop" Always, [CannotLeave, UnknownIndex, WrongHandle, ResourceLent, CannotEnter];
    ResourceRep "resource.rep" Always, [UnknownIndex, WrongHandle];
    TaskReturn "task.return" For(Trap::BorrowsRemain), [
        CannotLeave, TaskReturnTwice, TaskReturnInvalid, BorrowsRemain, InvalidChar,
    ];
    TaskCancel "task.cancel" Always, [CannotLeave, TaskCancelInvalid, TaskCancelNotDelivered, BorrowsRemain];
    BackpressureInc "backpressure.inc" Always, [BackpressureOverflow];
    BackpressureDec "backpressure.dec" Always, [BackpressureOverflow];
    WaitableSetNew "waitable-set.new" Always, [CannotLeave];
    WaitableSetWait "waitable-set.wait" Always, [CannotLeave, UnknownIndex, WrongHandle];
    WaitableSetPoll "waitable-set.poll" Always, [CannotLeave, UnknownIndex, WrongHandle];
    WaitableSetDrop "waitable-set.drop" Always, [CannotLeave, UnknownIndex, WrongHandle, SetNotEmpty, SetHasWaiters];
    WaitableJoin "waitable.join" Always, [CannotLeave, UnknownIndex, WrongHandle, WaitableInSet];
    SubtaskCancel "subtask.cancel" Always, [
        CannotLeave, UnknownIndex, WrongHandle, SubtaskResolveDelivered, SubtaskCancelTwice, WaitableInSet,
    ];
    SubtaskDrop "subtask.drop" Always, [CannotLeave, UnknownIndex, WrongHandle, SubtaskNotResolved];
    StreamNew "stream.new" Always, [CannotLeave];
    StreamRead "stream.read" Always, [
        CannotLeave, UnknownIndex, WrongHandle, WrongEnd, CopyEndBusy, CopyEndDone, WaitableInSet,
    ];
    StreamWrite "stream.write" Always, [
        CannotLeave, UnknownIndex, WrongHandle, WrongEnd, CopyEndBusy, CopyEndDone, WaitableInSet,
    ];
    StreamCancelRead "stream.cancel-read" Always, [CannotLeave, UnknownIndex, WrongHandle, WrongEnd, NotCopying, WaitableInSet];
    StreamCancelWrite "stream.cancel-write" Always, [
        CannotLeave, UnknownIndex, WrongHandle, WrongEnd, NotCopying, WaitableInSet,
    ];
    StreamDropReadable "stream.drop-readable" Always, [CannotLeave, UnknownIndex, WrongHandle, WrongEnd, DropWhileCopying];
    StreamDropWritable "stream.drop-writable" Always, [CannotLeave, UnknownIndex, WrongHandle, WrongEnd, DropWhileCopying];
    FutureNew "future.new" Always, [CannotLeave];
    FutureRead "future.read" Always, [
        CannotLeave, UnknownIndex, WrongHandle, WrongEnd, CopyEndBusy, CopyEndDone, WaitableInSet,
    ];
    FutureWrite "future.write" Always, [
        CannotLeave, UnknownIndex, WrongHandle, WrongEnd, CopyEndBusy, CopyEndDone, WaitableInSet,
    ];
    FutureCancelRead "future.cancel-read" Always, [CannotLeave, UnknownIndex, WrongHandle, WrongEnd, NotCopying, WaitableInSet];
    FutureCancelWrite "future.cancel-write" Always, [
        CannotLeave, UnknownIndex, WrongHandle, WrongEnd, NotCopying, WaitableInSet,
    ];
    FutureDropReadable "future.drop-readable" Always, [CannotLeave, UnknownIndex, WrongHandle, WrongEnd, DropWhileCopying];
    FutureDropWritable "future.drop-writable" Always, [CannotLeave, UnknownIndex, WrongHandle, WrongEnd, FutureNotWritten];
    ErrorContextNew "error-context.new" Always, [CannotLeave];
    ErrorContextDebugMessage "error-context.debug-message" Always, [CannotLeave, UnknownIndex, WrongHandle];
    ErrorContextDrop "error-context.drop" Always, [CannotLeave, UnknownIndex, WrongHandle];
    ContextGet "context.get" Never, [];
    ContextSet "context.set" Never, [];
    ThreadIndex "thread.index" Never, [CannotLeave];
    ThreadNewIndirect "thread.new-indirect" Never, [CannotLeave, TableOutOfBounds, ThreadStartNull, ThreadStartType];
    ThreadSpawnIndirect "thread.spawn-indirect" Never, [CannotLeave, TableOutOfBounds, ThreadStartNull, ThreadStartType];
    ThreadSpawnRef "thread.spawn-ref" Never, [CannotLeave, ThreadStartNull];
    ThreadAvailableParallelism "thread.available-parallelism" Never, [];
    ThreadResumeLater "thread.resume-later" Never, [CannotLeave, UnknownIndex, ThreadNotSuspended];
    ThreadSuspend "thread.suspend" Never, [CannotLeave];
    ThreadYield "thread.yield" Never, [CannotLeave];
    ThreadSuspendThenResume "thread.suspend-then-resume" Never, [CannotLeave, UnknownIndex, ThreadNotSuspended];
    ThreadYieldThenResume "thread.yield-then-resume" Never, [CannotLeave, UnknownIndex, ThreadNotSuspended];
    ThreadSuspendThenPromote "thread.suspend-then-promote" Never, [CannotLeave, UnknownIndex];
    ThreadYieldThenPromote "thread.yield-then-promote" Never, [CannotLeave, UnknownIndex];
    /// Instructions that trap by themselves.
    Core "core code" Never, [Unreachable, MemoryOutOfBounds, TableOutOfBounds, IndirectCallToNull, IndirectCallTypeMismatch];
}

impl Builtin {
    /// The built-in with this [name](Builtin::name), if there is one.
    pub fn of_name(name: &str) -> Option<Builtin> {
        Builtin::ALL.iter().copied().find(|it| it.name() == name)
    }

    /// Whether this is a built-in that core code imports: a canonical definition other than `canon lift` and `canon lower`.
    pub fn is_built_in(self) -> bool {
        !matches!(
            self,
            Builtin::Lift
                | Builtin::Callback
                | Builtin::LowerHost
                | Builtin::Lower
                | Builtin::LowerAsync
                | Builtin::Core
        )
    }

    /// Whether this built-in can return at all: core code by itself does not.
    pub fn returns(self) -> bool {
        self != Builtin::Core
    }

    /// Whether this ending of the built-in takes another component instance, or handles that only calls between instances bring.
    pub fn takes_instances(self, ending: Ending) -> bool {
        match self.across() {
            Across::Never => false,
            Across::Always => true,
            Across::For(trap) => ending == Some(trap),
        }
    }
}

/// How a call of a built-in ended: in a trap, or (`None`) with a return.
pub type Ending = Option<Trap>;
