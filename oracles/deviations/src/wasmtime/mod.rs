//! The list of all that Wasmtime does otherwise than the text says, in one sentence each. Each cause has a file with the name of
//! its [`Deviation`], which says in full what the engine does, and has every function that decides it.
//!
//! Nothing is composed here: where one function of the text is left by several causes, [`machine`](mod@crate::machine) calls them
//! in their order. So a new cause is a file, its two lines here, and a call there. A cause that is only a change of a later text
//! ([`Deviation::change`]) has no file: the text itself does it.

pub(crate) mod cancel_misses_callback_yield;
pub(crate) mod cancel_misses_suspended;
pub(crate) mod cancel_misses_woken;
pub(crate) mod cancel_waits_for_exclusive;
pub(crate) mod cancel_yields;
pub(crate) mod cancels_other_end;
pub(crate) mod cancels_sync_copy;
pub(crate) mod cancels_twice;
pub(crate) mod cancels_undelivered;
pub(crate) mod copies_in_set;
pub(crate) mod copies_unaligned;
pub(crate) mod copy_keeps_idle_event;
pub(crate) mod destroys_in_callers_task;
pub(crate) mod drops_lent_borrow;
pub(crate) mod drops_woken_set;
pub(crate) mod forgets_subtasks;
pub(crate) mod holds_caller;
pub(crate) mod keeps_returned_calls;
pub(crate) mod leaves_async_typed;
pub(crate) mod leaves_in_called_post_return;
pub(crate) mod leaves_in_post_return;
pub(crate) mod leaves_waiter;
pub(crate) mod lends_end_on_return;
pub(crate) mod outlived_caller_fails;
pub(crate) mod outlived_copier_fails;
pub(crate) mod outlived_start_function_fails;
pub(crate) mod parent_child_traps;
pub(crate) mod promotes_nothing;
pub(crate) mod promotes_suspended;
pub(crate) mod queues_switches;
pub(crate) mod returned_may_not_suspend;
pub(crate) mod returns_from_sync_call;
pub(crate) mod returns_internal_error;
pub(crate) mod returns_without_memory;
pub(crate) mod shrinks_aligned;
pub(crate) mod stale_wait_fails;
pub(crate) mod start_function_waits;
pub(crate) mod start_function_yields;
pub(crate) mod sync_call_skips_queue;
pub(crate) mod sync_typed_runs_others;
pub(crate) mod sync_typed_starts_others;
pub(crate) mod sync_typed_suspends;
pub(crate) mod sync_typed_yield_asserts;
pub(crate) mod sync_typed_yield_runs_others;
pub(crate) mod tells_after_return;
pub(crate) mod tells_before_checking;
pub(crate) mod tells_in_turn;
pub(crate) mod wait_takes_yield;
pub(crate) mod waits_for_exclusive;
pub(crate) mod wakes_excluded;
pub(crate) mod zero_write_completes;

deviations! {
    /// A synchronously typed task that suspends before it has returned traps at once.
    SyncTypedSuspends "sync-typed-suspends",
    /// `thread.*-then-promote` asks whether the other thread is suspended, not whether it is ready.
    PromotesSuspended "promotes-suspended",
    /// `thread.*-then-promote` of the thread itself traps, as later texts ask for.
    PromotesItself "promotes-itself",
    /// `thread.*-then-promote` only finds a thread that yields in a built-in: to any other that is ready it does not switch.
    PromotesNothing "promotes-nothing",
    /// `task.return` and `task.cancel` do their work in a task that is not lifted `async`, and so the task returns twice.
    ReturnsFromSyncLift "returns-internal-error",
    /// `task.return` and `task.cancel` do their work in a task that is called synchronously, too, if its type is asynchronous.
    ReturnsFromSyncCall "returns-from-sync-call",
    /// A synchronously typed task that has returned by [`Deviation::ReturnsFromSyncLift`] still may not suspend.
    ReturnedMayNotSuspend "returned-may-not-suspend",
    /// Every task waits for the exclusive thread before it starts, also one that does not need it.
    AlwaysWaitsForExclusive "waits-for-exclusive",
    /// An action of a task, or on a task, that the text does at once only waits for its turn, behind threads that are ready.
    QueuesSwitches "queues-switches",
    /// `subtask.cancel` lets other threads run before it returns, once the callee has been told.
    CancelYields "cancel-yields",
    /// `subtask.cancel` does not resume a thread of the callee that is suspended or was made ready by `resume-later`.
    CancelMissesSuspended "cancel-misses-suspended",
    /// `subtask.cancel` does not resume a thread of the callee that waits between callbacks after YIELD: its next callback is told.
    CancelMissesCallbackYield "cancel-misses-callback-yield",
    /// While a thread waits in a synchronous `subtask.cancel`, or in a call that has let others run, the call that led to it does
    /// not return.
    HoldsCaller "holds-caller",
    /// A callback that returns YIELD or WAIT while a cancellation is pending is told of it in its turn only, behind threads that
    /// are ready.
    TellsInTurn "tells-in-turn",
    /// `subtask.cancel` does not resume a thread of the callee that waits between callbacks after WAIT, once there is an event for
    /// it.
    CancelMissesWoken "cancel-misses-woken",
    /// A synchronously typed task that has blocked lets any thread run, also of other component instances, and its caller go on.
    SyncTypedRunsOthers "sync-typed-runs-others",
    /// A synchronously typed task that has blocked lets any thread run once another task of its instance has run for a while.
    SyncTypedYieldRunsOthers "sync-typed-yield-runs-others",
    /// A synchronously typed task that has blocked lets a thread of another task of its instance run that is exclusive, as later
    /// texts ask for.
    SyncTypedRunsExclusive "sync-typed-runs-exclusive",
    /// A synchronously typed task that has blocked lets a call begin that waits to enter the instance.
    SyncTypedStartsOthers "sync-typed-starts-others",
    /// A call that is both lifted and lowered without `async` waits neither for backpressure nor for the exclusive thread.
    SyncCallSkipsQueue "sync-call-skips-queue",
    /// `stream.cancel-{read,write}` says CANCELLED where a copy has been completed but not been told of.
    CancelledAfterCopy "cancelled-after-copy",
    /// A call of a component instance by its parent, or of the parent by the child, traps.
    ParentChildTraps "parent-child-traps",
    /// A copy with a thread that has ended since it began its own is an internal error.
    OutlivedCopierFails "outlived-copier-fails",
    /// A task that returns to, or a copy with, a thread that has ended since it called or blocked is an internal error.
    OutlivedCallerFails "outlived-caller-fails",
    /// A thread that waits for a waitable set does not look again whether the event is still there.
    StaleWaitFails "stale-wait-fails",
    /// A waitable set can be dropped once a thread that waits for it was woken, and has not looked at it yet.
    DropsWokenSet "drops-woken-set",
    /// A call that returns at once, and whose task has ended, is kept for ever.
    KeepsReturnedCalls "keeps-returned-calls",
    /// `subtask.cancel` of a subtask that was asked to cancel before, and has not resolved, asks again.
    CancelsTwice "cancels-twice",
    /// A subtask cannot be used any more, not even to drop it, once its task has ended after its return was delivered.
    ForgetsSubtasks "forgets-subtasks",
    /// A thread takes the event that the callback of its task is to be called with after YIELD.
    WaitTakesYield "wait-takes-yield",
    /// A task is told of a cancellation after it has returned.
    TellsAfterReturn "tells-after-return",
    /// `subtask.cancel async` of a subtask that is in a waitable set traps, as later texts ask for.
    CancelTrapsInSet "cancel-traps-in-set",
    /// `task.cancel` works as soon as the cancellation was asked for, delivered or not.
    CancelsUndelivered "cancels-undelivered",
    /// `thread.*-then-*` is told of a pending cancellation before its thread index is looked at.
    TellsBeforeChecking "tells-before-checking",
    /// A dropped end of a stream or future gives the other end an event although that one is not copying.
    DropTellsIdleEnd "drop-tells-idle-end",
    /// The event of [`Deviation::DropTellsIdleEnd`], once it is told, ends the end: a copy of it traps.
    IdleEventEnds "idle-event-ends",
    /// A copy that finds the other end dropped leaves the event of [`Deviation::DropTellsIdleEnd`] where it is.
    CopyKeepsIdleEvent "copy-keeps-idle-event",
    /// `{stream,future}.cancel-*` cancels a copy that another thread waits for.
    CancelsSyncCopy "cancels-sync-copy",
    /// A lent resource is free again when the callee returns, not when that is delivered.
    LendsEndOnReturn "lends-end-on-return",
    /// A task that cannot be told of a cancellation because another one is exclusive is told later, and the canceller waits for it.
    CancelWaitsForExclusive "cancel-waits-for-exclusive",
    /// A task that cannot be told of a cancellation because another one is exclusive is told later, without the canceller's waiting
    /// for it.
    TellsWhenFree "tells-when-free",
    /// A dropped end of a stream makes DROPPED of a copy of the other end that was completed before, and not told of.
    DropReplacesCompleted "drop-replaces-completed",
    /// `waitable.join` with 0 of a waitable that a thread waits for synchronously works, and that thread waits for ever.
    LeavesWaiter "leaves-waiter",
    /// A synchronous copy of an end that is in a waitable set works if it does not block.
    CopiesInSet "copies-in-set",
    /// An event wakes one of the threads that wait for its set, also one that cannot be called because another one is exclusive.
    WakesExcluded "wakes-excluded",
    /// An asynchronous call is made although the instance may not leave: in a `post-return` function.
    LeavesInPostReturn "leaves-in-post-return",
    /// A synchronous call of a function whose type is asynchronous is made although the instance may not leave.
    LeavesAsyncTyped "leaves-async-typed",
    /// In the `post-return` function of a task that another component instance has called, both synchronously, the instance may
    /// leave.
    LeavesInCalledPostReturn "leaves-in-called-post-return",
    /// `{stream,future}.cancel-read` of a writable end that copies, and `cancel-write` of a readable one, says CANCELLED, and the
    /// copy goes on.
    CancelsOtherEnd "cancels-other-end",
    /// A borrowed handle that is lent can be dropped.
    DropsLentBorrow "drops-lent-borrow",
    /// `task.return` without `memory` works in a task that is lifted with one.
    ReturnsWithoutMemory "returns-without-memory",
    /// `{stream,future}.{read,write}` of a buffer that is not aligned is begun, and traps once something is copied.
    CopiesUnaligned "copies-unaligned",
    /// A string that came as UTF-16 and is stored as Latin-1, in the encoding `latin1+utf16`, is shrunk with the alignment 2, not
    /// 1.
    ShrinksAligned "shrinks-aligned",
    /// `stream.write` of no elements completes if a read of no elements was completed, and not told of.
    ZeroWriteCompletes "zero-write-completes",
    /// A destructor that an instance calls by dropping a handle of its own resource type runs in the task and the thread that drop
    /// it.
    DestroysInCallersTask "destroys-in-callers-task",
    /// A start function of a core module that makes an asynchronous call, or lets another thread run, never ends: a deadlock.
    StartFunctionWaits "start-function-waits",
    /// A start function of a core module that has let another thread run fails once something else is to run.
    StartFunctionYields "start-function-yields",
    /// A thread that has begun while a start function runs, and ends after that has, is an internal error.
    OutlivedStartFunctionFails "outlived-start-function-fails",
    /// `thread.yield` in a synchronously typed task that has not returned fails an assertion of the engine, if certain threads are
    /// ready.
    SyncTypedYieldAsserts "sync-typed-yield-asserts",
}
