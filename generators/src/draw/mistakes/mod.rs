//! Adds the mistakes that a case is to make to a plan that mostly goes well, at places that are mostly reached.
//!
//! - `threads`: mistakes with threads, their tasks and core code; `handles`: mistakes with other instances, subtasks, waitable
//!   sets, streams, futures and resources;
//! - `cannot_leave`: calls of built-ins where the instance may not be left;
//! - `setup`: the operations that bring about the state in which an operation is a mistake, and `repair`: those that
//!   remove the cause;
//! - `placement`: the entry or function that makes a mistake, and where in its body.

pub(super) mod cannot_leave;
mod handles;
pub(super) mod placement;
mod repair;
mod setup;
mod threads;

use super::builder::Builder;

/// Adds mistakes to the instance that is called from outside.
pub(super) fn draw(builder: &mut Builder) {
    threads::draw(builder);
    handles::draw(builder);
    // Calls of entries with a mistake come last in most runs, so that the others are made before the trap.
    for run in 0..builder.runs.len() {
        if !builder.draw.percent(20) {
            builder.runs[run].sort_by_key(|call| builder.unlucky[call.entry]);
        }
    }
}
