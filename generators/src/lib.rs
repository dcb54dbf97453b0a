//! Makes bytes or a seed into a [`Case`]: a component whose core code starts threads through tables, and the calls to
//! make of it. This crate knows no engine: what one wants drawn more or less often is in the [`Mix`] that the caller
//! passes.
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
//! The component imports an instance `host` with `log: func(point: u32, value: u64)` and `mark: func(value: u32)`. There
//! are one to [`limits::INSTANCES`] component instances with code, beside or inside each other. Each imports the host and
//! the instances that it sees, and exports its entries `e0`, `e1`, ... The top-level component exports the entries of the
//! first instance, and `state`, which logs the final shared state of that instance; the top-level component is the
//! first instance's own component if nothing stands beside that.
//!
//! Each instance has two core modules. `store` defines a memory, tables and globals, and the code that canonical
//! definitions need. `main` imports those, the lowered functions and the built-ins that the plan uses, and holds all other
//! code. In a few plans it has a start function, or `realloc` or the destructor in `store` call a function of it, through a table.
//! In two cases of five the first instance has two modules more, and in one of five an instance that is called: one that wasm-smith
//! makes ([`Smith`]), and one that puts its functions into the tables and shows its state. In three instances of ten `main` has the
//! tables; then one more module puts the definitions that start threads from them where `main` calls them.
//!
//! Every operation logs its result with a point of its own: the instance's number times
//! [`limits::POINTS_PER_INSTANCE`], plus the function's number times [`limits::POINTS_PER_FUNCTION`], plus the
//! operation's. Entries have the numbers from 0, their callbacks from 4, program functions from 8, the start
//! function and the destructor the last two below [`limits::STATE_POINT`]. A post-return function (and `realloc`)
//! may not log: it has the number that the entry's callback would have, and its operations store their results where
//! `state` shows them.
//!
//! # How a program stays alive
//! A trap ends its instance, so most operations must succeed, whatever the schedule. The programs keep to a protocol:
//! the index of a *suspended* thread lies in a slot, a cell of memory; who resumes it takes it out; who suspends itself
//! puts its own index in first; an empty slot skips the operation. A thread that yields may offer itself for promotion in
//! another cell while it is ready. [`Target::Parked`] and [`Target::Ready`] keep to it,
//! the other targets break it on purpose, and `draw::mistakes` adds the mistakes that each case is to make.
//!
//! Handles lie in cells too ([`Handle`]), and what is known of each lies beside it: the state of a subtask, whether an end
//! of a stream is copying, which waitable set it is in. A careful operation ([`Passing`]) is skipped where that says that
//! it would trap, or wait for what never comes. Whoever calls asynchronously looks after its subtasks before it ends
//! ([`Op::Drain`]).
//!
//! Everything ends: calls between instances never go round in a circle, loops and callbacks are counted, and each instance
//! has fuel for a limited number of calls.

#![warn(missing_docs)]

mod core_type;
mod draw;
mod encode;
pub mod limits;
mod mix;
mod plan;
mod rng;
pub mod shrink;
mod smith;
mod weight;
mod without;

pub use draw::plan;
pub use encode::{encode, encode_with_refusals};
pub use mix::{Bodies, MAX_INSTANCES, Mix};
pub use plan::*;
pub use smith::Refusal;
pub use weight::{Weight, Weights};
pub use without::Without;

use arbitrary::Unstructured;
use spawndiff_corpus::Case;

/// How many bytes at the start of a fuzzer's input of `length` bytes mean the runs; what follows means the component.
pub fn run_bytes(length: usize) -> usize {
    (length / 2).min(48)
}

/// The case that a fuzzer's bytes mean. Any bytes mean a case; the part that they do not decide is small.
///
/// The first [`run_bytes`] mean the runs, the rest the component. So a mutation of the first ones gives other runs of the
/// same component, which need not be compiled again.
pub fn case_from_bytes(data: &[u8]) -> Case {
    case_from_bytes_with(data, Mix::default())
}

/// The case that a fuzzer's bytes mean, as [`case_from_bytes`] has it, but drawn from `mix`.
pub fn case_from_bytes_with(data: &[u8], mix: Mix) -> Case {
    encode(&plan_of_input(data, mix))
}

/// The case that a fuzzer's bytes mean whose second half is what wasm-smith makes its code from. The first half means the rest, as
/// [`case_from_bytes_with`] has it.
pub fn case_from_bytes_with_smith(data: &[u8], mix: Mix) -> Case {
    let (own, random) = data.split_at(data.len() / 2);
    let mut plan = plan_of_input(own, mix.with_bodies(Bodies::Smith));
    for smith in plan.instances.iter_mut().flat_map(|it| &mut it.smith) {
        smith.bytes = random.to_vec();
    }
    encode(&plan)
}

fn plan_of_input(data: &[u8], mix: Mix) -> Plan {
    let (runs, component) = data.split_at(run_bytes(data.len()));
    let mut plan = plan_from_bytes_with(component, mix);
    draw::redraw_runs(&mut plan, &mut Unstructured::new(runs));
    plan
}

/// The plan that bytes mean, runs and all.
pub fn plan_from_bytes(data: &[u8]) -> Plan {
    plan_from_bytes_with(data, Mix::default())
}

fn plan_from_bytes_with(data: &[u8], mix: Mix) -> Plan {
    plan(&mut Unstructured::new(data), mix)
}

/// The case `index` of the campaign `seed`. Depends on nothing else.
pub fn case_from_seed(seed: u64, index: u64) -> Case {
    encode(&plan_from_seed(seed, index))
}

/// The plan that [`case_from_seed`] encodes.
pub fn plan_from_seed(seed: u64, index: u64) -> Plan {
    plan_from_seed_with(seed, index, Mix::default())
}

/// The case `index` of the campaign `seed`, drawn from `mix`. Depends on nothing else.
pub fn case_from_seed_with(seed: u64, index: u64, mix: Mix) -> Case {
    encode(&plan_from_seed_with(seed, index, mix))
}

/// The plan that [`case_from_seed_with`] encodes.
pub fn plan_from_seed_with(seed: u64, index: u64, mix: Mix) -> Plan {
    plan(&mut Unstructured::new(&rng::bytes(seed, index)), mix)
}
