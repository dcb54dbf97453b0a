//! The ways in which an engine is known to leave the specification, by their names.

use spawndiff_reference::machine::{Change, Edition};

macro_rules! deviations {
    ($($(#[$doc:meta])* $name:ident $text:literal,)*) => {
        /// A way to leave the specification.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Deviation {
            $($(#[$doc])* $name,)*
        }

        impl Deviation {
            /// Every one.
            pub const ALL: &'static [Deviation] = &[$(Deviation::$name,)*];

            /// Its name, in lower-case words.
            pub fn name(self) -> &'static str {
                match self {
                    $(Deviation::$name => $text,)*
                }
            }
        }
    };
}

deviations! {
    /// A synchronously typed task that suspends before it has returned traps at once, whether another thread is ready or
    /// not; and where it is left without a ready thread after a switch, that is a deadlock and no trap.
    SyncTypedSuspends "sync-typed-suspends",
    /// `thread.*-then-promote` asks whether the other thread is suspended, not whether it is ready: it resumes one that
    /// is suspended, and traps on any other that does not yield in a built-in: one that is running, that waits for an event,
    /// there or not, that waits between callbacks, or that was switched to or made ready by `resume-later`.
    PromotesSuspended "promotes-suspended",
    /// `thread.*-then-promote` of the thread itself traps, as later texts ask for.
    PromotesItself "promotes-itself",
    /// `thread.*-then-promote` only finds a thread that yields in a built-in: to any other that is ready it does not switch.
    PromotesNothing "promotes-nothing",
    /// `task.return` and `task.cancel` do their work in a task that is not lifted `async`, and so the task returns twice.
    ReturnsFromSyncLift "returns-internal-error",
    /// The same in a task that is called synchronously, too, if its type is asynchronous.
    ReturnsFromSyncCall "returns-from-sync-call",
    /// A synchronously typed task that has returned in that way still may not suspend.
    ReturnedMayNotSuspend "returned-may-not-suspend",
    /// Every task waits for the exclusive thread before it starts, also one that does not need it: one that is lifted
    /// `async` without a callback, or that is synchronously typed. The latter waits for backpressure, too.
    AlwaysWaitsForExclusive "waits-for-exclusive",
    /// What happens to a task at once, or what it does, only waits for its turn, behind threads that are ready: a switch to
    /// another of its threads, a call that is asynchronous on one side, the return of such a call, a cancellation. While an
    /// asynchronous call is under way, switches and calls wait for their turn always.
    QueuesSwitches "queues-switches",
    /// `subtask.cancel` lets other threads run before it returns, once the callee has been told. If one of them drops the
    /// subtask, what it returns is of whatever is in the subtask's place then, or it fails.
    CancelYields "cancel-yields",
    /// `subtask.cancel` does not resume a thread of the callee that is suspended or was made ready by `resume-later`: it is
    /// told when it is resumed otherwise.
    CancelMissesSuspended "cancel-misses-suspended",
    /// `subtask.cancel` does not resume a thread of the callee that waits between callbacks after YIELD: its next callback is
    /// told.
    CancelMissesCallbackYield "cancel-misses-callback-yield",
    /// While a thread waits in a synchronous `subtask.cancel`, or in a call of a synchronously typed function that has let others run,
    /// a call with the asynchronous ABI, or a `subtask.cancel`, that led to it does not return.
    HoldsCaller "holds-caller",
    /// A callback that returns YIELD or WAIT while a cancellation is pending is told of it in its turn only, behind threads that are
    /// ready.
    TellsInTurn "tells-in-turn",
    /// `subtask.cancel` does not resume a thread of the callee that waits between callbacks after WAIT, once there is an event for
    /// it: it is told in its turn.
    CancelMissesWoken "cancel-misses-woken",
    /// A synchronously typed task that has blocked lets any thread run, also of other component instances, and its caller go
    /// on.
    SyncTypedRunsOthers "sync-typed-runs-others",
    /// Where a synchronously typed task has blocked, and another task of its instance has run for a while, any thread may run, as
    /// with [`Deviation::SyncTypedRunsOthers`].
    SyncTypedYieldRunsOthers "sync-typed-yield-runs-others",
    /// A synchronously typed task that has blocked lets a thread of another task of its instance run that is exclusive,
    /// as later texts ask for.
    SyncTypedRunsExclusive "sync-typed-runs-exclusive",
    /// A synchronously typed task that has blocked lets a call begin that waits to enter the instance.
    SyncTypedStartsOthers "sync-typed-starts-others",
    /// A call that is both lifted and lowered without `async` waits neither for backpressure nor for the exclusive thread,
    /// and does not become it.
    SyncCallSkipsQueue "sync-call-skips-queue",
    /// `stream.cancel-{read,write}` says CANCELLED where a copy has been completed but not been told of.
    CancelledAfterCopy "cancelled-after-copy",
    /// A call of a component instance by its parent, or of the parent by the child, traps.
    ParentChildTraps "parent-child-traps",
    /// A copy with a thread that has ended since it began its own: an internal error. A trap `subtask-not-resolved` stands for it.
    OutlivedCopierFails "outlived-copier-fails",
    /// A task that returns to, or a copy with, a thread that has ended since it called or blocked: an internal error. A trap
    /// `subtask-not-resolved` stands for it.
    OutlivedCallerFails "outlived-caller-fails",
    /// A thread that waits for a waitable set does not look again whether the event is still there: an internal error if it is
    /// not. A trap `set-has-waiters` stands for it.
    StaleWaitFails "stale-wait-fails",
    /// And before it looks, the set can be dropped; then that is the error, unless another set with an event is in its place. A
    /// trap `subtask-not-resolved` stands for it.
    DropsWokenSet "drops-woken-set",
    /// A call that returns at once, and whose task has ended, is kept for ever.
    KeepsReturnedCalls "keeps-returned-calls",
    /// `subtask.cancel` of a subtask that was asked to cancel before, and has not resolved, asks again.
    CancelsTwice "cancels-twice",
    /// A subtask cannot be used any more, not even to drop it, once its task has ended after its return was delivered: an
    /// internal error, unless there is another one in its place, which is taken for it. A trap `subtask-not-resolved` stands for it.
    ForgetsSubtasks "forgets-subtasks",
    /// A thread takes the event that the callback of its task is to be called with after YIELD: `waitable-set.{wait,poll}`
    /// gives NONE, a cancellable operation the cancellation. The callback then has none: an internal error, unless the task
    /// is asked to cancel before. A trap `set-has-waiters` stands for it. The same of a cancellation that a callback is to be called
    /// with in its turn, after WAIT.
    WaitTakesYield "wait-takes-yield",
    /// A task is told of a cancellation after it has returned.
    TellsAfterReturn "tells-after-return",
    /// `subtask.cancel async` of a subtask that is in a waitable set traps, as later texts ask for; the engine's own set, in which a
    /// thread waits for its cancellation, is one.
    CancelTrapsInSet "cancel-traps-in-set",
    /// `task.cancel` works as soon as the cancellation was asked for, delivered or not.
    CancelsUndelivered "cancels-undelivered",
    /// `thread.*-then-*` is told of a pending cancellation before its thread index is looked at.
    TellsBeforeChecking "tells-before-checking",
    /// A dropped end of a stream or future gives the other end an event although that one is not copying.
    DropTellsIdleEnd "drop-tells-idle-end",
    /// That event, once it is told, ends the end: a copy of it traps.
    IdleEventEnds "idle-event-ends",
    /// A copy that finds the other end dropped leaves the event of [`Deviation::DropTellsIdleEnd`] where it is.
    CopyKeepsIdleEvent "copy-keeps-idle-event",
    /// `{stream,future}.cancel-*` cancels a copy that another thread waits for. Where that thread has been woken: an internal error, unless
    /// there is another event once it goes on. A trap `subtask-not-resolved` stands for it.
    CancelsSyncCopy "cancels-sync-copy",
    /// A lent resource is free again when the callee returns, not when that is delivered.
    LendsEndOnReturn "lends-end-on-return",
    /// A task that waits for its callback, and cannot be told of a cancellation because another one is exclusive, is told as
    /// soon as that one no longer is, and not with its next event.
    CancelWaitsForExclusive "cancel-waits-for-exclusive",
    /// The same without the canceller's waiting, as later texts ask for: it is told once no other one is exclusive.
    TellsWhenFree "tells-when-free",
    /// A dropped end of a stream makes DROPPED of a copy of the other end that was completed before, and not told of.
    DropReplacesCompleted "drop-replaces-completed",
    /// `waitable.join` with 0 of a waitable that a thread waits for synchronously works, and that thread waits for ever; or, where it has
    /// been woken, and the event is taken before it goes on, an internal error. A trap `subtask-not-resolved` stands for it.
    LeavesWaiter "leaves-waiter",
    /// A synchronous copy of an end that is in a waitable set works if it does not block.
    CopiesInSet "copies-in-set",
    /// An event wakes one of the threads that wait for its set, also one that waits for its callback and cannot be called because
    /// another one is exclusive; then that other one, if it waits for the set too, waits for ever.
    WakesExcluded "wakes-excluded",
    /// An asynchronous call is made although the instance may not leave: in a `post-return` function.
    LeavesInPostReturn "leaves-in-post-return",
    /// The same of a synchronous call of a function whose type is asynchronous.
    LeavesAsyncTyped "leaves-async-typed",
    /// In the `post-return` function of a task that another component instance has called, both synchronously, the instance may leave.
    LeavesInCalledPostReturn "leaves-in-called-post-return",
    /// `{stream,future}.cancel-read` of a writable end that copies, and `cancel-write` of a readable one, says CANCELLED; the copy
    /// goes on, and the end is taken for an idle one of the other side. What comes of that copy cannot be told then: an internal error. A
    /// trap `subtask-not-resolved` stands for it.
    CancelsOtherEnd "cancels-other-end",
    /// A borrowed handle that is lent can be dropped.
    DropsLentBorrow "drops-lent-borrow",
    /// `task.return` without `memory` works in a task that is lifted with one.
    ReturnsWithoutMemory "returns-without-memory",
    /// `{stream,future}.{read,write}` of a buffer that is not aligned is begun. It traps once something is copied.
    CopiesUnaligned "copies-unaligned",
    /// A string that came as UTF-16 and is stored as Latin-1, in the encoding `latin1+utf16`, is shrunk with the alignment 2, not 1: `realloc`
    /// is asked for that, and a pointer that is not aligned traps.
    ShrinksAligned "shrinks-aligned",
    /// `stream.write` of no elements completes if a read of no elements was completed, and not told of.
    ZeroWriteCompletes "zero-write-completes",
    /// A destructor that an instance calls by dropping a handle of its own resource type runs in the task and the thread that drop it.
    DestroysInCallersTask "destroys-in-callers-task",
    /// A start function of a core module that makes an asynchronous call, or lets another thread run, never ends: a deadlock.
    StartFunctionWaits "start-function-waits",
    /// Where a start function of a core module has blocked and let another thread run, an internal error once that has stopped, switches or
    /// calls asynchronously, and something else is to run. A trap `cannot-block` stands for it.
    StartFunctionYields "start-function-yields",
    /// A thread that has begun while a start function runs ends after that has: an internal error. A trap `subtask-not-resolved` stands for
    /// it.
    OutlivedStartFunctionFails "outlived-start-function-fails",
    /// `thread.yield` in a synchronously typed task that has not returned, with another thread of the instance ready that has yielded, or is
    /// to begin or to be called back, fails an assertion of the engine: a trap `cannot-block` stands for it. Only where the engine failed
    /// that assertion.
    SyncTypedYieldAsserts "sync-typed-yield-asserts",
}

impl Deviation {
    /// What the specification's own test suite asks for where its text says otherwise.
    pub const SUITES: &'static [Deviation] = &[
        Deviation::CancelledAfterCopy,
        Deviation::ParentChildTraps,
        Deviation::QueuesSwitches,
        Deviation::ReturnsWithoutMemory,
    ];

    /// The one with a name.
    pub fn of_name(name: &str) -> Option<Deviation> {
        let mut all = Deviation::ALL.iter().copied();
        all.find(|deviation| deviation.name() == name)
    }

    /// Whether it is an assertion of the engine's that fails. One that is built without has no such deviation; one that is built
    /// with it, and got past, did not deviate: so it is on only where that failure is to be explained.
    pub fn asserts(self) -> bool {
        self == Deviation::SyncTypedYieldAsserts
    }

    /// The change of a later text that it is, if it is nothing else: then the text itself does it, in an edition with that change.
    pub fn change(self) -> Option<Change> {
        match self {
            Deviation::PromotesItself => Some(Change::PromoteOfItselfTraps),
            Deviation::SyncTypedRunsExclusive => Some(Change::ExclusiveMayRun),
            Deviation::CancelledAfterCopy => Some(Change::CancelledBeatsCompleted),
            Deviation::DropReplacesCompleted => Some(Change::DroppedBeatsCompleted),
            _ => None,
        }
    }

    /// The one that is this change.
    pub fn of_change(change: Change) -> Deviation {
        match change {
            Change::PromoteOfItselfTraps => Deviation::PromotesItself,
            Change::ExclusiveMayRun => Deviation::SyncTypedRunsExclusive,
            Change::CancelledBeatsCompleted => Deviation::CancelledAfterCopy,
            Change::DroppedBeatsCompleted => Deviation::DropReplacesCompleted,
        }
    }

    /// The text with the changes that are among these.
    pub fn edition(all: &[Deviation]) -> Edition {
        all.iter()
            .filter_map(|deviation| deviation.change())
            .collect()
    }
}
