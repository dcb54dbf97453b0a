//! What Wasmtime does otherwise than the text says: each cause in a file with the name of its [`Deviation`](crate::Deviation), which
//! says what the engine does, and has every function that decides it.
//!
//! Nothing is composed here: where one function of the text is left by several causes, [`machine`](mod@crate::machine) calls them in
//! their order.

pub(crate) mod cancel_misses_callback_yield;
pub(crate) mod cancel_misses_suspended;
pub(crate) mod cancel_misses_woken;
pub(crate) mod cancel_traps_in_set;
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
pub(crate) mod drop_tells_idle_end;
pub(crate) mod drops_lent_borrow;
pub(crate) mod drops_woken_set;
pub(crate) mod forgets_subtasks;
pub(crate) mod idle_event_ends;
pub(crate) mod keeps_returned_calls;
pub(crate) mod leaves_async_typed;
pub(crate) mod leaves_in_called_post_return;
pub(crate) mod leaves_in_post_return;
pub(crate) mod leaves_waiter;
pub(crate) mod lends_end_on_return;
pub(crate) mod outlived_caller_fails;
pub(crate) mod outlived_copier_fails;
pub(crate) mod outlived_start_function_fails;
pub(crate) mod shrinks_aligned;
pub(crate) mod stale_wait_fails;
pub(crate) mod start_function_waits;
pub(crate) mod start_function_yields;
pub(crate) mod tells_after_return;
pub(crate) mod tells_before_checking;
pub(crate) mod tells_in_turn;
pub(crate) mod tells_when_free;
pub(crate) mod wait_takes_yield;
pub(crate) mod wakes_excluded;
pub(crate) mod zero_write_completes;
