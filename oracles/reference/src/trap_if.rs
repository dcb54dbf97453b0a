//! The conditions of traps (`trap_if` of `definitions.py`) at the places of the text that check several of them.
//!
//! The text checks them in an order, but does not say which one an engine has to name where several hold. So a place collects
//! those that hold, and which trap it is, is a choice.

use super::canonical::{CanonicalOptions, Side};
use super::state::{ResourceHandleId, TaskId, ThreadId};
use super::waitables::{SetId, WaitableId};
use spawndiff_observation::Trap;

/// A condition of a trap. In the order in which the text checks them at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TrapIf {
    /// `canon_task_return`: `not task.opts.async_`.
    ReturnsNotAsync,
    /// `canon_task_return`: `result_type != task.ft.result`.
    ReturnsOtherType,
    /// `canon_task_return`: `not LiftOptions.equal(opts, task.opts)`.
    ReturnsWithOtherOptions,
    /// `canon_task_cancel`: `not task.opts.async_`.
    CancelsNotAsync,
    /// `Task.cancel`: `self.state != Task.State.CANCEL_DELIVERED`.
    CancelNotDelivered,
    /// The same, of a task that has returned or was cancelled.
    CancelsResolved,
    /// `Task.cancel`: `self.num_borrows > 0`.
    BorrowsRemain,
    /// `WaitableSet.drop`: `len(self.elems) > 0`.
    SetHasElements,
    /// `WaitableSet.drop`: `self.num_waiting > 0`.
    SetHasWaiters,
    /// `canon_waitable_join`: `w.has_sync_waiter`.
    HasSyncWaiter,
    /// `canon_subtask_cancel`: `subtask.resolve_delivered()`.
    ResolveDelivered,
    /// `canon_subtask_cancel`: `subtask.cancellation_requested`.
    CancellationRequested,
    /// `Subtask.drop`: `not self.resolve_delivered()`.
    ResolveNotDelivered,
    /// `inst.handles.get(i)` or `inst.handles.remove(i)`.
    NoSuchHandle,
    /// `not isinstance(e, EndT)` of what is no end at all, or `e.shared.t != stream_or_future_t.t`.
    OtherKind,
    /// `not isinstance(e, EndT)` of the other end.
    OtherEnd,
    /// `e.state != CopyState.IDLE` of an end that is done.
    EndIsDone,
    /// `e.state != CopyState.IDLE` of an end that copies.
    EndIsBusy,
    /// `e.state != CopyState.COPYING or e.has_sync_waiter`.
    NotCopying,
    /// `WritableFutureEnd.drop`: `self.state != CopyState.DONE`.
    FutureNotWritten,
    /// `CopyEnd.drop`: `self.copying()`.
    DropsWhileCopying,
    /// `in_waitable_set() and not async_`.
    InWaitableSet,
    /// `lift_async_value`: `e.in_waitable_set()`.
    LiftsInWaitableSet,
    /// `BufferGuestImpl.__init__`: `length > Buffer.MAX_LENGTH`.
    BufferTooLong,
    /// `BufferGuestImpl.__init__`: `ptr + length * elem_size(..) > len(cx.opts.memory)`.
    BufferOutOfBounds,
    /// `BufferGuestImpl.__init__`: `ptr != align_to(ptr, alignment(..))`.
    BufferUnaligned,
    /// `h.num_lends != 0`.
    HandleLent,
    /// `lift_own`: `not h.own`.
    HandleNotOwned,
}

impl TrapIf {
    /// The kind of the trap.
    pub fn trap(self) -> Trap {
        match self {
            TrapIf::ReturnsNotAsync
            | TrapIf::ReturnsOtherType
            | TrapIf::ReturnsWithOtherOptions => Trap::TaskReturnInvalid,
            TrapIf::CancelsNotAsync => Trap::TaskCancelInvalid,
            TrapIf::CancelNotDelivered => Trap::TaskCancelNotDelivered,
            TrapIf::CancelsResolved => Trap::TaskReturnTwice,
            TrapIf::BorrowsRemain => Trap::BorrowsRemain,
            TrapIf::SetHasElements => Trap::SetNotEmpty,
            TrapIf::SetHasWaiters => Trap::SetHasWaiters,
            TrapIf::HasSyncWaiter | TrapIf::InWaitableSet => Trap::WaitableInSet,
            TrapIf::ResolveDelivered => Trap::SubtaskResolveDelivered,
            TrapIf::CancellationRequested => Trap::SubtaskCancelTwice,
            TrapIf::ResolveNotDelivered => Trap::SubtaskNotResolved,
            TrapIf::NoSuchHandle => Trap::UnknownIndex,
            TrapIf::OtherKind => Trap::WrongHandle,
            TrapIf::OtherEnd => Trap::WrongEnd,
            TrapIf::EndIsDone => Trap::CopyEndDone,
            TrapIf::EndIsBusy => Trap::CopyEndBusy,
            TrapIf::NotCopying => Trap::NotCopying,
            TrapIf::FutureNotWritten => Trap::FutureNotWritten,
            TrapIf::DropsWhileCopying => Trap::DropWhileCopying,
            TrapIf::LiftsInWaitableSet => Trap::LiftInSet,
            TrapIf::BufferTooLong => Trap::BufferTooLong,
            TrapIf::BufferOutOfBounds => Trap::BufferOutOfBounds,
            TrapIf::BufferUnaligned => Trap::UnalignedPointer,
            TrapIf::HandleLent => Trap::ResourceLent,
            TrapIf::HandleNotOwned => Trap::ResourceNotOwned,
        }
    }
}

/// A place of the text that checks conditions of traps, and what it checks them of.
#[derive(Clone, Copy, Debug)]
pub enum Site<'s> {
    /// `canon_task_return`, up to the lifting of the result.
    TaskReturn {
        /// Who calls it.
        thread: ThreadId,
        /// Whose result it is.
        task: TaskId,
        /// With which options.
        opts: &'s CanonicalOptions,
    },
    /// `canon_task_cancel` and `Task.cancel`.
    TaskCancel {
        /// Who calls it.
        thread: ThreadId,
        /// What is cancelled.
        task: TaskId,
    },
    /// `WaitableSet.drop`.
    WaitableSetDrop(SetId),
    /// `canon_waitable_join`.
    WaitableJoin {
        /// What joins.
        waitable: WaitableId,
        /// The index of the set; 0: none.
        si: u32,
    },
    /// `canon_subtask_cancel`.
    SubtaskCancel {
        /// What is cancelled.
        subtask: WaitableId,
        /// Whether it returns where it would block.
        async_: bool,
    },
    /// `Subtask.drop`.
    SubtaskDrop(WaitableId),
    /// `stream_copy` and `future_copy`, with the end, if the index names one.
    Copy {
        /// What copies.
        end: Option<WaitableId>,
        /// Which end is asked for.
        side: Side,
        /// Whether it returns where it would block.
        async_: bool,
    },
    /// `cancel_copy`.
    CancelCopy {
        /// Whose copy is cancelled.
        end: WaitableId,
        /// Which end is asked for.
        side: Side,
        /// Whether it returns where it would block.
        async_: bool,
    },
    /// `drop` of an end.
    DropEnd {
        /// What is dropped.
        end: WaitableId,
        /// Which end is asked for.
        side: Side,
    },
    /// `lift_async_value`.
    LiftAsyncValue(WaitableId),
    /// `lift_own`.
    LiftOwn(ResourceHandleId),
    /// `canon_resource_drop`.
    ResourceDrop(ResourceHandleId),
}
