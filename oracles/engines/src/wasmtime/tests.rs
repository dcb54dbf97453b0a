//! The behaviour of the native engine on small components that are written as text.

mod components;
mod planted;
mod rewritten;
mod runs;

pub(super) use components::{component, threads};

use super::{Config, Native, Outcome};
use spawndiff_corpus::{Case, Event, Invocation, Run, Value};
use spawndiff_observation::{End, RunObservation, Trap};

/// Makes a case of one run that calls these exports, without arguments.
fn case(component: Vec<u8>, exports: &[&str]) -> Case {
    let invocation = |export: &&str| Invocation {
        export: export.to_string(),
        args: Vec::<Value>::new(),
    };
    Case {
        component,
        runs: vec![Run {
            invocations: exports.iter().map(invocation).collect(),
        }],
    }
}

/// Observes the only run of a case on an engine with this configuration. Panics if the run was not observed.
#[track_caller]
fn observe_with(config: Config, component: Vec<u8>, exports: &[&str]) -> RunObservation {
    match Native::new(config).observe(&case(component, exports)) {
        Outcome::Observed(mut observed) => observed.runs.remove(0),
        other => panic!("not observed: {other:?}"),
    }
}

#[track_caller]
fn observe(component: Vec<u8>, exports: &[&str]) -> RunObservation {
    observe_with(Config::default(), component, exports)
}

/// The end of the only invocation of `run`, an export without arguments.
#[track_caller]
fn end(component: Vec<u8>) -> End {
    observe(component, &["run"]).invocations.remove(0).end
}

fn trap(trap: Trap) -> End {
    End::Trap(trap)
}

fn log(point: u32, value: u64) -> Event {
    Event { point, value }
}
