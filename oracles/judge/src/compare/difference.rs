//! The first difference between a run on an engine and a run of the reference.

use spawndiff_corpus::{Event, Value};
use spawndiff_observation::{Builtin, End, InvocationObservation, MayMean, RunObservation};
use spawndiff_reference::Coverage;
use spawndiff_reference::machine::TrapIf;
use std::fmt;

/// The observation of a run on an engine, and the traps that this engine does not tell apart.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The observation of the run.
    pub run: &'a RunObservation,
    /// The traps that the engine does not tell apart.
    pub may_mean: &'a MayMean,
}

/// The run is taken as one on an engine that tells all traps apart.
impl<'a> From<&'a RunObservation> for Seen<'a> {
    fn from(run: &'a RunObservation) -> Seen<'a> {
        Seen {
            run,
            may_mean: MayMean::NOTHING_ELSE,
        }
    }
}

/// The first difference between what the native engine did and what the reference allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The invocation of the run that differs. `None` stands for the instantiation, or for what the run left at its end.
    pub invocation: Option<usize>,
    /// The difference in that part of the run.
    pub what: What,
}

/// Where a native run leaves the schedule of the reference that got furthest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaves {
    /// The first difference.
    pub difference: Difference,
    /// How the invocation, or the instantiation, ends on the schedule that got furthest.
    pub end: End,
    /// The built-in that traps there, if a trap is the end on that schedule.
    pub by: Option<Builtin>,
    /// The condition of the text of the specification that holds there, if the trap is given by one of the conditions of
    /// [`TrapIf`].
    pub condition: Option<TrapIf>,
}

impl Leaves {
    /// Makes the value from the observation of the reference, and what it reached, on the schedule that got furthest.
    pub(crate) fn new(
        difference: Difference,
        reference: &RunObservation,
        reached: &Coverage,
    ) -> Leaves {
        let part = reference.part(difference.invocation);
        let end = part.unwrap_or(&reference.instantiation).end;
        let (by, condition) = match end {
            End::Trap(_) => (
                reached.gave(difference.invocation),
                reached.condition(difference.invocation),
            ),
            End::Quiet | End::Deadlock | End::Exhausted(_) => (None, None),
        };
        Leaves {
            difference,
            end,
            by,
            condition,
        }
    }
}

/// The difference between the native engine and the reference in one part of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The event at a position of the trace of the invocation.
    Event {
        /// The position, from 0.
        position: usize,
        /// The event that the native engine logged there. `None` says that it logged nothing more.
        native: Option<Event>,
        /// The event that the reference logged there. `None` says that it logged nothing more.
        reference: Option<Event>,
    },
    /// The result of the task.
    Returned {
        /// The result on the native engine.
        native: Option<Option<Value>>,
        /// The result on the reference.
        reference: Option<Option<Value>>,
    },
    /// How the invocation or the instantiation ended.
    End {
        /// The end on the native engine.
        native: End,
        /// The end on the reference.
        reference: End,
    },
    /// Whether a thread or task was left at the end of the run.
    Leftover {
        /// Whether something was left on the native engine.
        native: bool,
        /// Whether something was left on the reference.
        reference: bool,
    },
}

/// The first difference between a native run and a run of the reference, if there is one.
pub fn difference(seen: Seen<'_>, reference: &RunObservation) -> Option<Difference> {
    let Seen {
        run: native,
        may_mean,
    } = seen;
    let nowhere = |what| {
        Some(Difference {
            invocation: None,
            what,
        })
    };
    if let Some(what) = in_invocation(&native.instantiation, &reference.instantiation, may_mean) {
        return nowhere(what);
    }
    for (index, (native, reference)) in native
        .invocations
        .iter()
        .zip(&reference.invocations)
        .enumerate()
    {
        if let Some(what) = in_invocation(native, reference, may_mean) {
            return Some(Difference {
                invocation: Some(index),
                what,
            });
        }
    }
    debug_assert_eq!(
        native.invocations.len(),
        reference.invocations.len(),
        "runs whose invocations ended alike have as many of them"
    );
    match (native.leftover, reference.leftover) {
        (Some(native), Some(reference)) if native != reference => {
            nowhere(What::Leftover { native, reference })
        }
        _ => None,
    }
}

/// Whether the two ends are alike, as far as the native engine tells traps apart.
fn same_end(native: End, reference: End, may_mean: &MayMean) -> bool {
    match (native, reference) {
        (End::Trap(native), End::Trap(reference)) => may_mean.allows(native, reference),
        _ => native == reference,
    }
}

/// The first difference between two observations of an invocation, if there is one.
pub(super) fn in_invocation(
    native: &InvocationObservation,
    reference: &InvocationObservation,
    may_mean: &MayMean,
) -> Option<What> {
    let length = native.events.len().max(reference.events.len());
    for position in 0..length {
        let (ours, theirs) = (native.events.get(position), reference.events.get(position));
        if ours != theirs {
            let (native, reference) = (ours.copied(), theirs.copied());
            return Some(What::Event {
                position,
                native,
                reference,
            });
        }
    }
    if !same_end(native.end, reference.end, may_mean) {
        return Some(What::End {
            native: native.end,
            reference: reference.end,
        });
    }
    // An embedder hears of a result only after the threads that were ready have run on; a trap of theirs can get there
    // first. So after a trap a missing result says nothing. One that is there must be the right one.
    let missing = native.returned.is_none() && matches!(native.end, End::Trap(_));
    if native.returned != reference.returned && !missing {
        return Some(What::Returned {
            native: native.returned,
            reference: reference.returned,
        });
    }
    None
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.invocation {
            Some(index) => write!(f, "invocation {index}: {}", self.what),
            None if matches!(self.what, What::Leftover { .. }) => self.what.fmt(f),
            None => write!(f, "instantiation: {}", self.what),
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let event = |event: &Option<Event>| match event {
            Some(event) => event.to_string(),
            None => "nothing more".to_string(),
        };
        let returned = |returned: &Option<Option<Value>>| match returned {
            Some(Some(value)) => format!("returned {value}"),
            Some(None) => "returned".to_string(),
            None => "did not return".to_string(),
        };
        match self {
            What::Event {
                position,
                native,
                reference,
            } => write!(
                f,
                "event {position}: native {}, allowed {}",
                event(native),
                event(reference)
            ),
            What::Returned { native, reference } => {
                write!(
                    f,
                    "native {}, allowed {}",
                    returned(native),
                    returned(reference)
                )
            }
            What::End { native, reference } => {
                write!(f, "end: native {native}, allowed {reference}")
            }
            What::Leftover { native, reference } => {
                let left = |left: &bool| {
                    if *left {
                        "threads left"
                    } else {
                        "nothing left"
                    }
                };
                write!(
                    f,
                    "at the end: native {}, allowed {}",
                    left(native),
                    left(reference)
                )
            }
        }
    }
}
