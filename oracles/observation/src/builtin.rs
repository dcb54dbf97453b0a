//! The names of the built-ins and imports that a case can call, and which traps the specification lets each of them give.

use crate::Trap;

macro_rules! builtins {
    ($($(#[$doc:meta])* $name:ident $text:literal,)*) => {
        /// The built-ins and imports that a case can call, and the steps that the Canonical ABI takes by itself.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum Builtin {
            $($(#[$doc])* $name,)*
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
        }
    };
}

builtins! {
    /// `canon lift`: a call of an export.
    Lift "canon lift",
    /// A callback of an async callback-lifted export.
    Callback "callback",
    /// `canon lower` of the host's functions.
    LowerHost "canon lower (host)",
    /// `canon lower` of another instance's function, synchronous.
    Lower "canon lower",
    /// `canon lower` of another instance's function, `async`.
    LowerAsync "canon lower async",
    /// `resource.new`.
    ResourceNew "resource.new",
    /// `resource.drop`.
    ResourceDrop "resource.drop",
    /// `resource.rep`.
    ResourceRep "resource.rep",
    /// `task.return`.
    TaskReturn "task.return",
    /// `task.cancel`.
    TaskCancel "task.cancel",
    /// `backpressure.inc`.
    BackpressureInc "backpressure.inc",
    /// `backpressure.dec`.
    BackpressureDec "backpressure.dec",
    /// `waitable-set.new`.
    WaitableSetNew "waitable-set.new",
    /// `waitable-set.wait`.
    WaitableSetWait "waitable-set.wait",
    /// `waitable-set.poll`.
    WaitableSetPoll "waitable-set.poll",
    /// `waitable-set.drop`.
    WaitableSetDrop "waitable-set.drop",
    /// `waitable.join`.
    WaitableJoin "waitable.join",
    /// `subtask.cancel`.
    SubtaskCancel "subtask.cancel",
    /// `subtask.drop`.
    SubtaskDrop "subtask.drop",
    /// `stream.new`.
    StreamNew "stream.new",
    /// `stream.read`.
    StreamRead "stream.read",
    /// `stream.write`.
    StreamWrite "stream.write",
    /// `stream.cancel-read`.
    StreamCancelRead "stream.cancel-read",
    /// `stream.cancel-write`.
    StreamCancelWrite "stream.cancel-write",
    /// `stream.drop-readable`.
    StreamDropReadable "stream.drop-readable",
    /// `stream.drop-writable`.
    StreamDropWritable "stream.drop-writable",
    /// `future.new`.
    FutureNew "future.new",
    /// `future.read`.
    FutureRead "future.read",
    /// `future.write`.
    FutureWrite "future.write",
    /// `future.cancel-read`.
    FutureCancelRead "future.cancel-read",
    /// `future.cancel-write`.
    FutureCancelWrite "future.cancel-write",
    /// `future.drop-readable`.
    FutureDropReadable "future.drop-readable",
    /// `future.drop-writable`.
    FutureDropWritable "future.drop-writable",
    /// `error-context.new`.
    ErrorContextNew "error-context.new",
    /// `error-context.debug-message`.
    ErrorContextDebugMessage "error-context.debug-message",
    /// `error-context.drop`.
    ErrorContextDrop "error-context.drop",
    /// `context.get`.
    ContextGet "context.get",
    /// `context.set`.
    ContextSet "context.set",
    /// `thread.index`.
    ThreadIndex "thread.index",
    /// `thread.new-indirect`.
    ThreadNewIndirect "thread.new-indirect",
    /// `thread.spawn-indirect`.
    ThreadSpawnIndirect "thread.spawn-indirect",
    /// `thread.spawn-ref`.
    ThreadSpawnRef "thread.spawn-ref",
    /// `thread.available-parallelism`.
    ThreadAvailableParallelism "thread.available-parallelism",
    /// `thread.resume-later`.
    ThreadResumeLater "thread.resume-later",
    /// `thread.suspend`.
    ThreadSuspend "thread.suspend",
    /// `thread.yield`.
    ThreadYield "thread.yield",
    /// `thread.suspend-then-resume`.
    ThreadSuspendThenResume "thread.suspend-then-resume",
    /// `thread.yield-then-resume`.
    ThreadYieldThenResume "thread.yield-then-resume",
    /// `thread.suspend-then-promote`.
    ThreadSuspendThenPromote "thread.suspend-then-promote",
    /// `thread.yield-then-promote`.
    ThreadYieldThenPromote "thread.yield-then-promote",
    /// Core code: instructions that trap by themselves.
    Core "core code",
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

    /// The traps that the specification lets this built-in give in a case, beside those of core code.
    pub fn traps(self) -> &'static [Trap] {
        match self {
            Builtin::Lift => &[
                Trap::CannotBlock,
                Trap::CannotEnter,
                Trap::NoTaskReturn,
                Trap::BorrowsRemain,
                Trap::InvalidChar,
            ],
            Builtin::Callback => &[Trap::CallbackCode, Trap::UnknownIndex, Trap::WrongHandle],
            Builtin::TaskReturn => &[
                Trap::CannotLeave,
                Trap::TaskReturnTwice,
                Trap::TaskReturnInvalid,
                Trap::BorrowsRemain,
                Trap::InvalidChar,
            ],
            Builtin::ThreadNewIndirect | Builtin::ThreadSpawnIndirect => &[
                Trap::CannotLeave,
                Trap::TableOutOfBounds,
                Trap::ThreadStartNull,
                Trap::ThreadStartType,
            ],
            Builtin::ThreadSpawnRef => &[Trap::CannotLeave, Trap::ThreadStartNull],
            Builtin::ThreadResumeLater
            | Builtin::ThreadSuspendThenResume
            | Builtin::ThreadYieldThenResume => &[
                Trap::CannotLeave,
                Trap::UnknownIndex,
                Trap::ThreadNotSuspended,
            ],
            Builtin::ThreadSuspendThenPromote | Builtin::ThreadYieldThenPromote => {
                &[Trap::CannotLeave, Trap::UnknownIndex]
            }
            Builtin::Lower | Builtin::LowerAsync => {
                &[Trap::CannotLeave, Trap::CannotEnter, Trap::CannotBlock]
            }
            Builtin::ResourceNew => &[Trap::CannotLeave],
            Builtin::ResourceDrop => &[
                Trap::CannotLeave,
                Trap::UnknownIndex,
                Trap::WrongHandle,
                Trap::ResourceLent,
                Trap::CannotEnter,
            ],
            Builtin::ResourceRep => &[Trap::UnknownIndex, Trap::WrongHandle],
            Builtin::TaskCancel => &[
                Trap::CannotLeave,
                Trap::TaskCancelInvalid,
                Trap::TaskCancelNotDelivered,
                Trap::BorrowsRemain,
            ],
            Builtin::BackpressureInc | Builtin::BackpressureDec => &[Trap::BackpressureOverflow],
            Builtin::WaitableSetNew
            | Builtin::StreamNew
            | Builtin::FutureNew
            | Builtin::ErrorContextNew => &[Trap::CannotLeave],
            Builtin::WaitableSetWait
            | Builtin::WaitableSetPoll
            | Builtin::ErrorContextDebugMessage
            | Builtin::ErrorContextDrop => {
                &[Trap::CannotLeave, Trap::UnknownIndex, Trap::WrongHandle]
            }
            Builtin::WaitableSetDrop => &[
                Trap::CannotLeave,
                Trap::UnknownIndex,
                Trap::WrongHandle,
                Trap::SetNotEmpty,
                Trap::SetHasWaiters,
            ],
            Builtin::WaitableJoin => &[
                Trap::CannotLeave,
                Trap::UnknownIndex,
                Trap::WrongHandle,
                Trap::WaitableInSet,
            ],
            Builtin::SubtaskCancel => &[
                Trap::CannotLeave,
                Trap::UnknownIndex,
                Trap::WrongHandle,
                Trap::SubtaskResolveDelivered,
                Trap::SubtaskCancelTwice,
                Trap::WaitableInSet,
            ],
            Builtin::SubtaskDrop => &[
                Trap::CannotLeave,
                Trap::UnknownIndex,
                Trap::WrongHandle,
                Trap::SubtaskNotResolved,
            ],
            Builtin::StreamRead
            | Builtin::StreamWrite
            | Builtin::FutureRead
            | Builtin::FutureWrite => &[
                Trap::CannotLeave,
                Trap::UnknownIndex,
                Trap::WrongHandle,
                Trap::WrongEnd,
                Trap::CopyEndBusy,
                Trap::CopyEndDone,
                Trap::WaitableInSet,
            ],
            Builtin::StreamCancelRead
            | Builtin::StreamCancelWrite
            | Builtin::FutureCancelRead
            | Builtin::FutureCancelWrite => &[
                Trap::CannotLeave,
                Trap::UnknownIndex,
                Trap::WrongHandle,
                Trap::WrongEnd,
                Trap::NotCopying,
                Trap::WaitableInSet,
            ],
            Builtin::StreamDropReadable
            | Builtin::StreamDropWritable
            | Builtin::FutureDropReadable => &[
                Trap::CannotLeave,
                Trap::UnknownIndex,
                Trap::WrongHandle,
                Trap::WrongEnd,
                Trap::DropWhileCopying,
            ],
            Builtin::FutureDropWritable => &[
                Trap::CannotLeave,
                Trap::UnknownIndex,
                Trap::WrongHandle,
                Trap::WrongEnd,
                Trap::FutureNotWritten,
            ],
            Builtin::LowerHost
            | Builtin::ThreadIndex
            | Builtin::ThreadSuspend
            | Builtin::ThreadYield => &[Trap::CannotLeave],
            Builtin::Core => &[
                Trap::Unreachable,
                Trap::MemoryOutOfBounds,
                Trap::TableOutOfBounds,
                Trap::IndirectCallToNull,
                Trap::IndirectCallTypeMismatch,
            ],
            Builtin::ContextGet | Builtin::ContextSet | Builtin::ThreadAvailableParallelism => &[],
        }
    }

    /// Whether this ending of the built-in takes another component instance, or handles that only calls between instances bring.
    pub fn takes_instances(self, ending: Ending) -> bool {
        match self {
            Builtin::Lift | Builtin::TaskReturn => ending == Some(Trap::BorrowsRemain),
            Builtin::Callback => ending == Some(Trap::WrongHandle),
            Builtin::LowerHost
            | Builtin::ContextGet
            | Builtin::ContextSet
            | Builtin::ThreadIndex
            | Builtin::ThreadNewIndirect
            | Builtin::ThreadSpawnIndirect
            | Builtin::ThreadSpawnRef
            | Builtin::ThreadAvailableParallelism
            | Builtin::ThreadResumeLater
            | Builtin::ThreadSuspend
            | Builtin::ThreadYield
            | Builtin::ThreadSuspendThenResume
            | Builtin::ThreadYieldThenResume
            | Builtin::ThreadSuspendThenPromote
            | Builtin::ThreadYieldThenPromote
            | Builtin::Core => false,
            Builtin::Lower
            | Builtin::LowerAsync
            | Builtin::ResourceNew
            | Builtin::ResourceDrop
            | Builtin::ResourceRep
            | Builtin::TaskCancel
            | Builtin::BackpressureInc
            | Builtin::BackpressureDec
            | Builtin::WaitableSetNew
            | Builtin::WaitableSetWait
            | Builtin::WaitableSetPoll
            | Builtin::WaitableSetDrop
            | Builtin::WaitableJoin
            | Builtin::SubtaskCancel
            | Builtin::SubtaskDrop
            | Builtin::StreamNew
            | Builtin::StreamRead
            | Builtin::StreamWrite
            | Builtin::StreamCancelRead
            | Builtin::StreamCancelWrite
            | Builtin::StreamDropReadable
            | Builtin::StreamDropWritable
            | Builtin::FutureNew
            | Builtin::FutureRead
            | Builtin::FutureWrite
            | Builtin::FutureCancelRead
            | Builtin::FutureCancelWrite
            | Builtin::FutureDropReadable
            | Builtin::FutureDropWritable
            | Builtin::ErrorContextNew
            | Builtin::ErrorContextDebugMessage
            | Builtin::ErrorContextDrop => true,
        }
    }
}

/// How a call of a built-in ended: in a trap, or (`None`) with a return.
pub type Ending = Option<Trap>;
