//! The mix of the campaigns: the weights that are not the default, each with the known divergence (`corpus/known`) that asks
//! for it.

use spawndiff_generators::Mix;

/// The name of a weight, its value, and the known divergence that too many cases would show, and little else, with a
/// larger value.
pub const TUNED: &[(&str, u32, &str)] = &[
    ("abandoned-subtasks", 4, "outlived-caller-fails"),
    ("async-calls-from-sync-typed", 12, "outlived-caller-fails"),
    ("nested-in-first", 4, "parent-child-traps"),
    ("nested-callees", 6, "parent-child-traps"),
    ("sync-typed-entries", 15, "sync-typed-suspends"),
    ("sync-typed-entries-with-peers", 6, "sync-typed-runs-others"),
    ("promoted-at-once", 1, "promotes-suspended"),
    ("promoted-suspended", 2, "promotes-suspended"),
    ("promoted-itself", 1, "promotes-itself"),
    ("promoted-last", 1, "promotes-suspended"),
    ("yields-in-start-function", 15, "start-function-waits"),
    ("calls-in-realloc", 0, "leaves-in-realloc"),
    (
        "threads-in-called-post-return",
        0,
        "leaves-in-called-post-return",
    ),
];

/// The mix of the campaigns with this number, with at most `instances` instances.
pub fn mix(number: u32, instances: usize) -> Mix {
    let mix = Mix::numbered(number, instances).expect("there is one of this number");
    mix.with_all(TUNED.iter().map(|(name, value, _)| (*name, *value)))
}
