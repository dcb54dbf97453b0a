//! The list of the known divergences: names, links, and the deviation of the reference that each one is.

use crate::reference::Deviation;
use std::fmt;

macro_rules! known {
    ($($(#[$doc:meta])* $name:ident $text:literal $(of $deviation:ident)? $link:literal,)*) => {
        /// A divergence of Wasmtime 48 that is known.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Known {
            $($(#[$doc])* $name,)*
        }

        impl Known {
            /// Every one.
            pub const ALL: &'static [Known] = &[$(Known::$name,)*];

            /// The name: also that of its stored case, `corpus/known/NAME.wast`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Known::$name => $text,)*
                }
            }

            /// Where it is reported, or where the specification says otherwise.
            pub fn link(self) -> &'static str {
                match self {
                    $(Known::$name => $link,)*
                }
            }
        }

        impl From<Deviation> for Known {
            fn from(deviation: Deviation) -> Known {
                match deviation {
                    $($(Deviation::$deviation => Known::$name,)?)*
                }
            }
        }
    };
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

known! {
    /// [`Deviation::SyncTypedSuspends`].
    SyncTypedSuspends "sync-typed-suspends" of SyncTypedSuspends
        "https://github.com/bytecodealliance/wasmtime/issues/14117",
    /// [`Deviation::PromotesSuspended`].
    PromotesSuspended "promotes-suspended" of PromotesSuspended
        "https://github.com/bytecodealliance/wasmtime/pull/14250",
    /// A trap that the engine finds outside of core code does not lock the instance: it can be entered again.
    NotLockedDown "not-locked-down"
        "https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#component-invariants",
    /// [`Deviation::ReturnsFromSyncLift`]: and when the task then returns, an internal error of the engine.
    ReturnsInternalError "returns-internal-error" of ReturnsFromSyncLift
        "https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-taskreturn",
    /// [`Deviation::AlwaysWaitsForExclusive`].
    WaitsForExclusive "waits-for-exclusive" of AlwaysWaitsForExclusive
        "https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#tasks",
    /// [`Deviation::QueuesSwitches`].
    QueuesSwitches "queues-switches" of QueuesSwitches
        "https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#threads",
    /// [`Deviation::CancelYields`].
    CancelYields "cancel-yields" of CancelYields
        "https://github.com/WebAssembly/component-model/pull/723",
    /// [`Deviation::CancelMissesSuspended`].
    CancelMissesSuspended "cancel-misses-suspended" of CancelMissesSuspended
        "https://github.com/WebAssembly/component-model/blob/main/design/mvp/Concurrency.md#cancellation",
    /// [`Deviation::CancelMissesCallbackYield`].
    CancelMissesCallbackYield "cancel-misses-callback-yield" of CancelMissesCallbackYield
        "https://github.com/WebAssembly/component-model/blob/main/design/mvp/Concurrency.md#cancellation",
    /// [`Deviation::SyncTypedRunsOthers`].
    SyncTypedRunsOthers "sync-typed-runs-others" of SyncTypedRunsOthers
        "https://github.com/bytecodealliance/wasmtime/issues/14117",
    /// [`Deviation::SyncCallSkipsQueue`].
    SyncCallSkipsQueue "sync-call-skips-queue" of SyncCallSkipsQueue
        "https://github.com/WebAssembly/component-model/blob/main/design/mvp/Concurrency.md#backpressure",
    /// [`Deviation::CancelledAfterCopy`].
    CancelledAfterCopy "cancelled-after-copy" of CancelledAfterCopy
        "https://github.com/WebAssembly/component-model/pull/719",
    /// [`Deviation::ParentChildTraps`].
    ParentChildTraps "parent-child-traps" of ParentChildTraps
        "https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#component-instances",
    /// [`Deviation::OutlivedCallerFails`].
    OutlivedCallerFails "outlived-caller-fails" of OutlivedCallerFails
        "https://github.com/bytecodealliance/wasmtime/issues/13890",
    /// [`Deviation::StaleWaitFails`].
    StaleWaitFails "stale-wait-fails" of StaleWaitFails
        "https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#waitables",
    /// [`Deviation::KeepsReturnedCalls`].
    KeepsReturnedCalls "keeps-returned-calls" of KeepsReturnedCalls
        "https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#canon-lower",
    /// [`Deviation::CancelsTwice`].
    CancelsTwice "cancels-twice" of CancelsTwice
        "https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-subtaskcancel",
    /// [`Deviation::ForgetsSubtasks`].
    ForgetsSubtasks "forgets-subtasks" of ForgetsSubtasks
        "https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-subtaskdrop",
    /// [`Deviation::WaitTakesYield`].
    WaitTakesYield "wait-takes-yield" of WaitTakesYield
        "https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-waitable-setwait",
    /// [`Deviation::TellsAfterReturn`].
    TellsAfterReturn "tells-after-return" of TellsAfterReturn
        "https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#tasks",
    /// [`Deviation::CancelsUndelivered`].
    CancelsUndelivered "cancels-undelivered" of CancelsUndelivered
        "https://github.com/WebAssembly/component-model/pull/725",
    /// [`Deviation::TellsBeforeChecking`].
    TellsBeforeChecking "tells-before-checking" of TellsBeforeChecking
        "https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-threadsuspend-then-resume",
    /// [`Deviation::DropTellsIdleEnd`].
    DropTellsIdleEnd "drop-tells-idle-end" of DropTellsIdleEnd
        "https://github.com/WebAssembly/component-model/pull/720",
    /// [`Deviation::CancelsSyncCopy`].
    CancelsSyncCopy "cancels-sync-copy" of CancelsSyncCopy
        "https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-streamfuturecancel-readwrite",
    /// [`Deviation::LendsEndOnReturn`].
    LendsEndOnReturn "lends-end-on-return" of LendsEndOnReturn
        "https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#subtasks",
    /// [`Deviation::CancelWaitsForExclusive`].
    CancelWaitsForExclusive "cancel-waits-for-exclusive" of CancelWaitsForExclusive
        "https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#tasks",
    /// [`Deviation::DropReplacesCompleted`].
    DropReplacesCompleted "drop-replaces-completed" of DropReplacesCompleted
        "https://github.com/WebAssembly/component-model/pull/719",
    /// [`Deviation::LeavesWaiter`].
    LeavesWaiter "leaves-waiter" of LeavesWaiter
        "https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-waitablejoin",
    /// [`Deviation::CopiesInSet`].
    CopiesInSet "copies-in-set" of CopiesInSet
        "https://github.com/WebAssembly/component-model/pull/647",
    /// [`Deviation::WakesExcluded`].
    WakesExcluded "wakes-excluded" of WakesExcluded
        "https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#waitables",
    /// [`Deviation::LeavesInPostReturn`].
    LeavesInPostReturn "leaves-in-post-return" of LeavesInPostReturn
        "https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#canon-lift",
    /// [`Deviation::CancelsOtherEnd`].
    CancelsOtherEnd "cancels-other-end" of CancelsOtherEnd
        "https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-streamfuturecancel-readwrite",
    /// [`Deviation::ZeroWriteCompletes`].
    ZeroWriteCompletes "zero-write-completes" of ZeroWriteCompletes
        "https://github.com/WebAssembly/component-model/pull/721",
    /// [`Deviation::ReturnsWithoutMemory`].
    ReturnsWithoutMemory "returns-without-memory" of ReturnsWithoutMemory
        "https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-taskreturn",
    /// Where the engine is built with debug assertions: `thread.yield` in a synchronously typed task with another thread
    /// ready fails one of them.
    SyncTypedYieldAsserts "sync-typed-yield-asserts" of SyncTypedYieldAsserts
        "https://github.com/bytecodealliance/wasmtime/issues/14117",
}
