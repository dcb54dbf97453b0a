//! A machine of its own, which does what engines are known to do otherwise than the specification says, so that a known divergence
//! can be told from a new one.
//!
//! This is *not* the reference: no deviation is on when a case is judged. Only once no schedule of the plain machine allows
//! what an engine did, the judge asks again with the deviations of that engine on. What agrees then is that known divergence and
//! nothing beside it; what does not is new.
//!
//! [`Deviating`] overrides functions of the text ([`spawndiff_reference::machine::Machine`]). It reads the store of the
//! reference and calls the functions of the text; whatever it has to remember is its own (`own.rs`), since no field of the
//! store can be written from here.
//!
//! Three kinds of files are here:
//!
//! - `wasmtime/`: what that engine does otherwise, each cause in a file with the name of its [`Deviation`], which has all that
//!   decides it.
//! - `machine/`: the functions of the text that are left, where the causes are called, in their order.
//! - What several causes share and none decides: turns, wakes, places in the engine's table, and so on, in files beside this one.
//!
//! ```
//! use spawndiff_deviations::Deviation;
//!
//! // The name is that of the file in `wasmtime/`, and of the known divergence.
//! assert!(Deviation::of_name("cancels-twice").is_some());
//! assert!(Deviation::of_name("cancels-thrice").is_none());
//! ```

#![warn(missing_docs)]

mod blocked_in;
mod conditions;
#[macro_use]
mod deviation;
mod ends;
mod held_returns;
mod idle_events;
mod internal_error;
mod machine;
mod own;
mod places;
mod told_in_turn;
mod turns;
mod wakes;
mod wasmtime;

pub use own::Deviating;
pub use wasmtime::Deviation;

use spawndiff_corpus::Run;
use spawndiff_observation::RunObservation;
use spawndiff_reference::machine::Store;
use spawndiff_reference::schedules::{Choice, NOBODY, Scheduler};
use spawndiff_reference::{Coverage, Monitor, Reference, Stopped};
use std::collections::BTreeSet;

/// The store of the reference on this machine.
type St<'a> = Store<'a, Deviating>;

/// Makes one run with these deviations on. Returns the deviations that made a difference, too.
///
/// # Errors
///
/// As for [`Reference::run`].
pub fn run_deviating(
    reference: &Reference,
    deviations: &[Deviation],
    run: &Run,
    scheduler: &mut dyn Scheduler,
    monitor: &mut dyn Monitor,
    coverage: &mut Coverage,
) -> (BTreeSet<Deviation>, Result<RunObservation, Stopped>) {
    let edition = Deviation::edition(deviations);
    let mut reached = Coverage::default();
    let machine = Deviating::new(deviations);
    let (machine, seen) =
        reference.run_with(machine, edition, run, scheduler, monitor, &mut reached);
    let mut deviated = machine.deviated;
    deviated.extend(reached.changes.iter().copied().map(Deviation::of_change));
    coverage.add(&reached);
    (deviated, seen)
}

/// Whether a deviation is on; if so, that it made a difference is written down.
fn deviates(st: &mut St<'_>, deviation: Deviation) -> bool {
    st.machine.deviates(deviation)
}

/// Whether a deviation is on.
fn is_on(st: &St<'_>, deviation: Deviation) -> bool {
    st.machine.is_on(deviation)
}

/// Whether a deviation that an engine has only now and then shows here.
fn deviates_here(st: &mut St<'_>, deviation: Deviation) -> bool {
    is_on(st, deviation) && either(st) && deviates(st, deviation)
}

/// A choice of the machine's own between the text (false) and something else (true).
fn either(st: &mut St<'_>) -> bool {
    st.choose(Choice::Own, &[NOBODY; 2]) == 1
}

/// A choice of the machine's own between this many options. Returns the position of the chosen one.
fn one_of(st: &mut St<'_>, options: usize) -> usize {
    st.choose(Choice::Own, &vec![NOBODY; options])
}
