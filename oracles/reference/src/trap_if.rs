//! The conditions of traps (`trap_if` of `definitions.py`), but for those of core code and of values that are lifted or lowered.
//!
//! Where a place checks several of them, the text has an order, but does not say which one an engine has to name where several
//! hold. So a place collects those that hold, and which trap it is, is a choice.

use super::canon_defs::{CanonicalOptions, Side};
use super::state::{ResourceHandleId, TaskId, ThreadId};
use super::store::Stop;
use super::waitables::{SetId, WaitableId};
use spawndiff_observation::{Builtin, Trap};

macro_rules! conditions {
    ($($(#[$doc:meta])* $name:ident $trap:ident $function:literal $text:literal,)*) => {
        /// A condition of a trap. In the order in which the text checks them at a place. With the built-in that gives the trap, it
        /// says which `trap_if` of the text it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum TrapIf {
            $(
                #[doc = concat!("`", $function, "`: `", $text, "`.")]
                $(#[$doc])*
                $name,
            )*
        }

        impl TrapIf {
            /// All conditions.
            pub const ALL: &'static [TrapIf] = &[$(TrapIf::$name,)*];

            /// The kind of the trap.
            pub fn trap(self) -> Trap {
                match self {
                    $(TrapIf::$name => Trap::$trap,)*
                }
            }

            /// The function of the text that has the condition; of several, what they have in common.
            pub fn function(self) -> &'static str {
                match self {
                    $(TrapIf::$name => $function,)*
                }
            }

            /// The condition, as the text has it.
            pub fn text(self) -> &'static str {
                match self {
                    $(TrapIf::$name => $text,)*
                }
            }
        }
    };
}

conditions! {
    MayNotLeave CannotLeave "canon_*" "not inst.may_leave",
    ReturnsNotAsync TaskReturnInvalid "canon_task_return" "not task.opts.async_",
    ReturnsOtherType TaskReturnInvalid "canon_task_return" "result_type != task.ft.result",
    ReturnsWithOtherOptions TaskReturnInvalid "canon_task_return" "not LiftOptions.equal(opts, task.opts)",
    ReturnsTwice TaskReturnTwice "Task.return_" "self.state == Task.State.RESOLVED",
    CancelsNotAsync TaskCancelInvalid "canon_task_cancel" "not task.opts.async_",
    CancelNotDelivered TaskCancelNotDelivered "Task.cancel" "self.state != Task.State.CANCEL_DELIVERED",
    /// Of a task that has returned or was cancelled.
    CancelsResolved TaskReturnTwice "Task.cancel" "self.state != Task.State.CANCEL_DELIVERED",
    BorrowsRemain BorrowsRemain "Task.{return_,cancel}" "self.num_borrows > 0",
    EndsUnresolved NoTaskReturn "Task.unregister_thread" "self.state != Task.State.RESOLVED",
    MayNotEnter CannotEnter "Store.lift" "not inst.may_enter_from(caller)",
    NoCandidates CannotBlock "canon_lift" "not candidates",
    NoSuchCode CallbackCode "unpack_callback_result" "code > CallbackCode.MAX",
    Throws UncaughtException "call_and_trap_on_throw" "except CoreWebAssemblyException",
    BackpressureTooHigh BackpressureOverflow "canon_backpressure_inc" "inst.backpressure == 2**16",
    BackpressureTooLow BackpressureOverflow "canon_backpressure_dec" "inst.backpressure < 0",
    SetHasElements SetNotEmpty "WaitableSet.drop" "len(self.elems) > 0",
    SetHasWaiters SetHasWaiters "WaitableSet.drop" "self.num_waiting > 0",
    NotWaitableSet WrongHandle "canon_waitable*, canon_lift" "not isinstance(wset, WaitableSet)",
    NotWaitable WrongHandle "canon_waitable_join" "not isinstance(w, Waitable)",
    HasSyncWaiter WaitableInSet "canon_waitable_join" "w.has_sync_waiter",
    NotSubtask WrongHandle "canon_subtask_{cancel,drop}" "not isinstance(subtask, Subtask)",
    ResolveDelivered SubtaskResolveDelivered "canon_subtask_cancel" "subtask.resolve_delivered()",
    CancellationRequested SubtaskCancelTwice "canon_subtask_cancel" "subtask.cancellation_requested",
    ResolveNotDelivered SubtaskNotResolved "Subtask.drop" "not self.resolve_delivered()",
    NoSuchHandle UnknownIndex "Table.get" "i >= len(self.array) or self.array[i] is None",
    /// Of what is no end at all, or of an end of another type.
    OtherKind WrongHandle "{stream,future}_copy, cancel_copy, drop, lift_async_value" "not isinstance(e, EndT) or e.shared.t != t",
    /// Of the other end.
    OtherEnd WrongEnd "{stream,future}_copy, cancel_copy, drop, lift_async_value" "not isinstance(e, EndT)",
    /// Of an end that is done.
    EndIsDone CopyEndDone "{stream,future}_copy, lift_async_value" "e.state != CopyState.IDLE",
    /// Of an end that copies.
    EndIsBusy CopyEndBusy "{stream,future}_copy, lift_async_value" "e.state != CopyState.IDLE",
    NotCopying NotCopying "cancel_copy" "e.state != CopyState.COPYING or e.has_sync_waiter",
    FutureNotWritten FutureNotWritten "WritableFutureEnd.drop" "self.state != CopyState.DONE",
    DropsWhileCopying DropWhileCopying "CopyEnd.drop" "self.copying()",
    InWaitableSet WaitableInSet "canon_subtask_cancel, {stream,future}_copy, cancel_copy" "in_waitable_set() and not async_",
    LiftsInWaitableSet LiftInSet "lift_async_value" "e.in_waitable_set()",
    WithinComponent IntraComponentCopy "Shared{Stream,Future}Impl.{read,write}" "inst is self.pending_inst and not none_or_number_type(self.t)",
    BufferTooLong BufferTooLong "BufferGuestImpl.__init__" "length > Buffer.MAX_LENGTH",
    BufferOutOfBounds BufferOutOfBounds "BufferGuestImpl.__init__" "ptr + length * elem_size(..) > len(cx.opts.memory)",
    BufferUnaligned UnalignedPointer "BufferGuestImpl.__init__" "ptr != align_to(ptr, alignment(..))",
    NotResource WrongHandle "lift_own, lift_borrow, canon_resource_{drop,rep}" "not isinstance(h, ResourceHandle)",
    OtherResourceType WrongHandle "lift_own, lift_borrow, canon_resource_{drop,rep}" "h.rt is not rt",
    HandleLent ResourceLent "lift_own, canon_resource_drop" "h.num_lends != 0",
    HandleNotOwned ResourceNotOwned "lift_own" "not h.own",
    NotErrorContext WrongHandle "lift_error_context, canon_error_context_*" "not isinstance(errctx, ErrorContext)",
    NoSuchThread UnknownIndex "Table.get" "i >= len(self.array) or self.array[i] is None",
    StartsOutOfRange TableOutOfBounds "canon_thread_new_indirect" "ftbl.get(fi) past the end",
    StartsNull ThreadStartNull "canon_thread_new_{indirect,ref}" "f is None",
    StartsOtherType ThreadStartType "canon_thread_new_indirect" "f.t != ft",
    NotSuspended ThreadNotSuspended "canon_thread_{resume_later,*_then_resume}" "not other_thread.suspended()",
    /// Of later texts (687).
    PromotesItself ThreadNotSuspended "canon_thread_*_then_promote" "i == thread.index",
}

/// A trap, and where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trapped {
    /// The kind of the trap.
    pub trap: Trap,
    /// The built-in that gave it; `None` until the one that is being performed is known.
    pub by: Option<Builtin>,
    /// The condition of the text that held; `None` for a trap of core code, of the host, or of a value that cannot be lifted or
    /// lowered.
    pub condition: Option<TrapIf>,
}

impl From<Trap> for Trapped {
    fn from(trap: Trap) -> Trapped {
        Trapped {
            trap,
            by: None,
            condition: None,
        }
    }
}

impl From<TrapIf> for Trapped {
    fn from(condition: TrapIf) -> Trapped {
        Trapped {
            trap: condition.trap(),
            by: None,
            condition: Some(condition),
        }
    }
}

impl From<Trap> for Stop {
    fn from(trap: Trap) -> Stop {
        Stop::Trap(trap.into())
    }
}

impl From<TrapIf> for Stop {
    fn from(condition: TrapIf) -> Stop {
        Stop::Trap(condition.into())
    }
}

/// A place of the text that checks conditions of traps, and what it checks them of.
#[derive(Clone, Copy, Debug)]
pub enum Site<'s> {
    /// `canon_task_return`, up to the lifting of the result.
    TaskReturn {
        /// The thread that calls the built-in.
        thread: ThreadId,
        /// The task whose result it is.
        task: TaskId,
        /// The options of the canonical definition.
        opts: &'s CanonicalOptions,
    },
    /// `canon_task_cancel` and `Task.cancel`.
    TaskCancel {
        /// The thread that calls the built-in.
        thread: ThreadId,
        /// The task that is cancelled.
        task: TaskId,
    },
    /// `WaitableSet.drop`.
    WaitableSetDrop(SetId),
    /// `canon_waitable_join`.
    WaitableJoin {
        /// The waitable that joins the set.
        waitable: WaitableId,
        /// The index of the set; 0: none.
        si: u32,
    },
    /// `canon_subtask_cancel`.
    SubtaskCancel {
        /// The subtask that is cancelled.
        subtask: WaitableId,
        /// Whether the built-in returns where it would block.
        async_: bool,
    },
    /// `Subtask.drop`.
    SubtaskDrop(WaitableId),
    /// `stream_copy` and `future_copy`, with the end, if the index names one.
    Copy {
        /// The end that copies, if the index names one.
        end: Option<WaitableId>,
        /// Which end is asked for.
        side: Side,
        /// Whether the built-in returns where it would block.
        async_: bool,
    },
    /// `cancel_copy`.
    CancelCopy {
        /// The end whose copy is cancelled.
        end: WaitableId,
        /// Which end is asked for.
        side: Side,
        /// Whether the built-in returns where it would block.
        async_: bool,
    },
    /// `drop` of an end.
    DropEnd {
        /// The end that is dropped.
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
