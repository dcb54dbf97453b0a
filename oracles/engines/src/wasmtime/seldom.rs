//! The weights of what is drawn less often for Wasmtime: a campaign would otherwise find one known divergence over and over, and
//! little else. The weights are the same for all releases and configurations, so that a seed means the same cases on each of them.

use spawndiff_observation::Seldom;

/// The weights that are not the default.
pub const SELDOM: &[Seldom] = &[
    // A task that ends before one of its subtasks does.
    seldom("abandoned-subtasks", 4, "outlived-caller-fails"),
    // A subtask that outlives a synchronously typed task.
    seldom("async-calls-from-sync-typed", 12, "outlived-caller-fails"),
    // No component can call one that it contains, or is contained in.
    seldom("nested-in-first", 4, "parent-child-traps"),
    // The calls between such components are drawn less often for the same reason.
    seldom("nested-callees", 6, "parent-child-traps"),
    // Synchronously typed functions that block.
    seldom("sync-typed-entries", 15, "sync-typed-suspends"),
    // Synchronously typed functions that have more to block on.
    seldom("sync-typed-entries-with-peers", 6, "sync-typed-runs-others"),
    // A thread that is ready, and has not yielded, traps.
    seldom("promoted-at-once", 1, "promotes-suspended"),
    // A suspended thread is resumed.
    seldom("promoted-suspended", 2, "promotes-suspended"),
    // A thread that is promoted by itself traps.
    seldom("promoted-itself", 1, "promotes-itself"),
    // A thread that need not be ready.
    seldom("promoted-last", 1, "promotes-suspended"),
    // An instantiation that never ends.
    seldom("yields-in-start-function", 15, "start-function-waits"),
    // Such a call ends the process of releases until 48.
    seldom("calls-in-realloc", 0, "leaves-in-realloc"),
    // The task to which such a thread belongs is not modelled.
    seldom(
        "threads-in-called-post-return",
        0,
        "leaves-in-called-post-return",
    ),
];

const fn seldom(weight: &'static str, value: u32, because: &'static str) -> Seldom {
    Seldom {
        weight,
        value,
        because,
    }
}
