//! The loop at the end of `canon_lift` of a synchronously typed task: it may be left to the host's loop.

use crate::St;
use crate::wasmtime::holds_caller::leaves_held_task;
use crate::wasmtime::returned_may_not_suspend::is_not_over;
use crate::wasmtime::start_function_waits::waits_in_start_function;
use crate::wasmtime::start_function_yields::runs_beside_start_function;
use crate::wasmtime::sync_typed_starts_others::{may_start, sync_candidates};
use crate::wasmtime::sync_typed_yield_runs_others::yields_to_others;
use crate::wasmtime::{sync_typed_runs_others, sync_typed_suspends, waits_for_exclusive};
use spawndiff_observation::{Builtin, Trap};
use spawndiff_reference::machine::{Stop, TaskId, TaskState};

/// The loop at the end of `canon_lift` of a synchronously typed task: it may be left to the host's loop.
pub(crate) fn run_until_resolved(st: &mut St<'_>, task: TaskId) -> Result<(), Stop> {
    let inst = st.get_task(task).inst();
    while is_not_over(st, task) && !sync_typed_runs_others::leaves_blocked_task(st) {
        waits_in_start_function(st)?;
        let candidates = sync_candidates(st, task, inst);
        if candidates.is_empty() {
            if leaves_held_task(st, task) || leaves_blocked_task(st, task) {
                break;
            }
            return Err(Stop::from(Trap::CannotBlock).by(Builtin::Lift));
        }
        let chosen = st.choose_sync_candidate(&candidates);
        may_start(st, chosen);
        runs_beside_start_function(st)?;
        st.resume(chosen, false)?;
        if yields_to_others(st, task, chosen) {
            break;
        }
    }
    Ok(())
}

/// Where a synchronously typed task has blocked and nothing is ready: whether that is left to the host's loop.
fn leaves_blocked_task(st: &mut St<'_>, task: TaskId) -> bool {
    let waits_to_start = st.get_task(task).state() == TaskState::Initial;
    match waits_to_start {
        true => waits_for_exclusive::leaves_unstarted_task(st),
        false => sync_typed_suspends::leaves_blocked_task(st),
    }
}
