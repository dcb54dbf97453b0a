//! The observation of a case on an engine: the shape that both engines fill and that the comparison reads.

use crate::Trap;
use serde::{Deserialize, Serialize};
use spawndiff_corpus::{Event, Value};
use std::fmt;

/// Everything that was seen of one case on one engine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// One entry for each run of the case, in order.
    pub runs: Vec<RunObservation>,
}

/// The observation of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunObservation {
    /// The instantiation: the events that start functions of core modules logged, and the threads that they left ready, and how the
    /// instantiation ended. An instantiation returns nothing.
    pub instantiation: InvocationObservation,
    /// One entry for each invocation that was made, in order. There are fewer than the run has when the instantiation failed, or
    /// after a deadlock or an exhaustion, which end the run.
    pub invocations: Vec<InvocationObservation>,
    /// Whether a thread or a task was left in the store after the last invocation. The value is `None` where the engine cannot
    /// tell: after a trap, a deadlock or an exhaustion, or where start functions had left something.
    pub leftover: Option<bool>,
}

impl RunObservation {
    /// The observation of an invocation, or (`None`) of the instantiation. There is none for an invocation that was not made.
    pub fn part(&self, invocation: Option<usize>) -> Option<&InvocationObservation> {
        match invocation {
            None => Some(&self.instantiation),
            Some(invocation) => self.invocations.get(invocation),
        }
    }

    /// The invocation that was made last, or the instantiation if none was.
    pub fn last_part(&mut self) -> &mut InvocationObservation {
        let last = self.invocations.last_mut();
        last.unwrap_or(&mut self.instantiation)
    }
}

/// The observation of one invocation, or of the instantiation, until nothing was ready any more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvocationObservation {
    /// The result, once the task has returned. `Some(None)` stands for the return of a function without a result.
    pub returned: Option<Option<Value>>,
    /// The trace: what was logged from the call on, to the end of the last thread that was ready.
    pub events: Vec<Event>,
    /// How the invocation or the instantiation ended.
    pub end: End,
}

/// How an instantiation or an invocation ended.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum End {
    /// Nothing is ready any more; for an invocation, its task has returned.
    #[default]
    Quiet,
    /// A trap, before or after the task returned.
    Trap(Trap),
    /// Nothing is ready any more and the task has not returned.
    Deadlock,
    /// A limit of the engine was reached. Engines may rightly differ here.
    Exhausted(Exhaustion),
}

/// The limit that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Exhaustion {
    /// The call stack.
    Stack,
    /// The instructions allowed to a run.
    Fuel,
    /// Memory, table elements, or the number of threads.
    Memory,
}

impl fmt::Display for Exhaustion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Exhaustion::Stack => "stack",
            Exhaustion::Fuel => "fuel",
            Exhaustion::Memory => "memory",
        })
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End::Quiet => f.write_str("quiet"),
            End::Trap(trap) => write!(f, "trap {trap}"),
            End::Deadlock => f.write_str("deadlock"),
            End::Exhausted(what) => write!(f, "exhausted {what}"),
        }
    }
}
