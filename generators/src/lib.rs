//! Bytes or a seed, made into a [`Case`]: a component whose core code starts threads through tables, and the calls to
//! make of it. Knows no engine.
//!
//! A case is made in two steps. [`plan()`] draws a [`Plan`], plain data that says what the functions do and which
//! invocations are made; all randomness is there. [`encode()`] turns any plan into a component: it is pure, it never
//! fails, and what it makes is valid by construction. A shrinker works on the plan between the two.
//!
//! ```
//! let case = spawndiff_generators::case_from_seed(1, 0);
//! assert!(case.component.starts_with(b"\0asm"));
//! assert!(case.runs.len() >= 2);
//! // The same seed is the same case, always.
//! assert_eq!(case, spawndiff_generators::case_from_seed(1, 0));
//!
//! // Any bytes are a case: this is what a libFuzzer target calls.
//! let case = spawndiff_generators::case_from_bytes(b"short");
//! assert_eq!(case.runs[0].invocations.last().expect("a run ends with it").export, "state");
//! ```
//!
//! # What the component looks like
//! It imports an instance `host` with `log: func(point: u32, value: u64)` and `mark: func(value: u32)`. Its core module
//! `store` defines a memory, tables and globals. Its core module `main` imports those, the lowered functions and the
//! built-ins that the plan uses, and holds all code. It exports the entries `e0`, `e1`, ... and `state`, which logs the
//! final shared state.
//!
//! Every operation logs its result with a point of its own: the function's number times
//! [`limits::POINTS_PER_FUNCTION`] plus the operation's. Entries have the numbers from 0, their callbacks from 4, program
//! functions from 8. A post-return function may not log: it has the number that the entry's callback would have, and its
//! operations store their results where `state` shows them.
//!
//! # How a program stays alive
//! A trap ends its instance, so most operations must succeed, whatever the schedule. The programs keep to a protocol:
//! the index of a *suspended* thread lies in a slot, a cell of memory; who resumes it takes it out; who suspends itself
//! puts its own index in first; an empty slot skips the operation. A thread that yields may offer itself for promotion in
//! another cell while it is ready. [`Target::Parked`] and [`Target::Ready`] keep to it,
//! the other targets break it on purpose, and `draw::misfortune` adds the mistakes that each case is to make.

#![warn(missing_docs)]

mod draw;
mod encode;
pub mod limits;
mod plan;
mod rng;

pub use draw::plan;
pub use encode::encode;
pub use plan::*;

use arbitrary::Unstructured;
use spawndiff_corpus::Case;

/// How many bytes at the start of a fuzzer's input of `length` bytes mean the runs; what follows means the component.
pub fn run_bytes(length: usize) -> usize {
    (length / 2).min(48)
}

/// The case that a fuzzer's bytes mean. Any bytes mean one; what they do not say is small.
///
/// The first [`run_bytes`] mean the runs, the rest the component. So a mutation of the first ones gives other runs of the
/// same component, which need not be compiled again.
pub fn case_from_bytes(data: &[u8]) -> Case {
    let (runs, component) = data.split_at(run_bytes(data.len()));
    let mut plan = plan_from_bytes(component);
    draw::redraw_runs(&mut plan, &mut Unstructured::new(runs));
    encode(&plan)
}

/// The plan that bytes mean, runs and all.
pub fn plan_from_bytes(data: &[u8]) -> Plan {
    plan(&mut Unstructured::new(data))
        .expect("drawing takes what bytes there are and zeros after them")
}

/// The case `index` of the campaign `seed`. Depends on nothing else.
pub fn case_from_seed(seed: u64, index: u64) -> Case {
    encode(&plan_from_seed(seed, index))
}

/// The plan that [`case_from_seed`] encodes.
pub fn plan_from_seed(seed: u64, index: u64) -> Plan {
    plan_from_bytes(&rng::bytes(seed, index))
}
