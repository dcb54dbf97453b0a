//! The comparison: is what the native engine did allowed?
//!
//! The specification leaves choices to the host, so agreement is membership. The reference first runs with a fixed
//! policy. Where that does not give what the native engine did, it searches the schedules, depth first, and leaves each
//! as soon as its trace leaves the native one ([`Witness`]). A schedule found: agreement. All explored and none found: a
//! divergence, at the event that no schedule gets past.

use crate::Guided;
use crate::runs::{Reached, Runs};
use spawndiff_corpus::{Event, Run, Value};
use spawndiff_observation::{End, Exhaustion, InvocationObservation, MayMean, RunObservation};
use spawndiff_reference::machine::TrapIf;
use spawndiff_reference::schedules::{Choice, Fixed, Label, Recording, Scheduler, splitmix64};
use spawndiff_reference::{Builtin, Coverage, Reference, Stopped, Unsupported, Witness};
use std::cell::RefCell;
use std::fmt;

/// What the comparison of one run found.
#[derive(Clone, Debug)]
pub enum Membership {
    /// This schedule of the reference does what the native engine did.
    Member {
        /// What the reference saw.
        reference: RunObservation,
        /// The choices it made.
        schedule: Vec<u32>,
        /// What it reached.
        reached: Reached,
    },
    /// No schedule does.
    Stranger {
        /// Where the schedule that got furthest leaves the native run.
        difference: Difference,
        /// What the reference saw on that schedule.
        reference: RunObservation,
        /// The choices of that schedule.
        schedule: Vec<u32>,
        /// What it reached.
        reached: Reached,
    },
    /// It cannot be said.
    Unknown(Unknown),
}

/// Why it cannot be said whether a run is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// An engine reached one of its limits.
    Exhausted(Exhaustion),
    /// The reference does not know something in the case.
    Unsupported(Unsupported),
    /// This variant of the native engine lacks something in the case.
    Lacking(String),
    /// More schedules than the search may try.
    Budget,
    /// No schedule allows the run, and there are too many to try with the known deviations: known, or new.
    Unexplained,
}

/// The first difference between what the native engine did and what the reference allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which invocation of the run; `None`: its instantiation, or what the run left.
    pub invocation: Option<usize>,
    /// What differs there.
    pub what: What,
}

/// Where a native run leaves the schedule of the reference that got furthest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaves {
    /// The first difference.
    pub difference: Difference,
    /// How the invocation ends on that schedule, or the instantiation.
    pub end: End,
    /// The built-in that traps there, if that is how it ends.
    pub by: Option<Builtin>,
    /// The condition of the text that holds there, if it is one of those.
    pub condition: Option<TrapIf>,
}

impl Leaves {
    /// From what the reference saw and reached on that schedule.
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

/// What differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The event at a position of the trace of the invocation.
    Event {
        /// The position, from 0.
        position: usize,
        /// What the native engine logged there; `None`: nothing more.
        native: Option<Event>,
        /// What the reference logged there; `None`: nothing more.
        reference: Option<Event>,
    },
    /// The result of the task.
    Returned {
        /// The native engine's.
        native: Option<Option<Value>>,
        /// The reference's.
        reference: Option<Option<Value>>,
    },
    /// How it ended.
    End {
        /// On the native engine.
        native: End,
        /// On the reference.
        reference: End,
    },
    /// Whether a thread or task was left at the end of the run.
    Leftover {
        /// On the native engine.
        native: bool,
        /// On the reference.
        reference: bool,
    },
}

/// What a comparison tried: how many schedules, and a hash of every choice that they asked (its kind, and of how many
/// options). Two versions of the reference that try the same have the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Tried {
    /// How many schedules were run, whole or in part.
    pub schedules: u64,
    /// The hash of the choices, in the order in which they were asked.
    pub choices: u64,
}

impl Tried {
    /// Another schedule begins.
    fn schedule(&mut self) {
        self.schedules += 1;
        self.mix(u64::MAX);
    }

    /// A choice was asked.
    fn asked(&mut self, choice: Choice, options: &[Label]) {
        self.mix((choice as u64) << 32 | options.len() as u64);
    }

    fn mix(&mut self, word: u64) {
        self.choices = splitmix64(self.choices ^ word);
    }
}

/// Tells of what a policy is asked.
struct Asking<'a, S> {
    policy: S,
    tried: &'a mut Tried,
}

impl<S: Scheduler> Scheduler for Asking<'_, S> {
    fn choose(&mut self, choice: Choice, options: &[Label]) -> usize {
        self.tried.asked(choice, options);
        self.policy.choose(choice, options)
    }
}

/// What was seen of a run on an engine, and which traps that engine does not tell apart.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// What was seen.
    pub run: &'a RunObservation,
    /// Which traps may mean which.
    pub may_mean: &'a MayMean,
}

/// On an engine that tells all traps apart.
impl<'a> From<&'a RunObservation> for Seen<'a> {
    fn from(run: &'a RunObservation) -> Seen<'a> {
        Seen {
            run,
            may_mean: MayMean::NOTHING_ELSE,
        }
    }
}

/// Compares one run of an engine with the schedules of the reference, at most `budget` of them.
pub fn compare<'a>(
    reference: &Reference,
    run: &Run,
    native: impl Into<Seen<'a>>,
    budget: u32,
) -> Membership {
    let tried = &mut Tried::default();
    compare_preferring(reference, run, native.into(), budget, &|_| true, tried)
}

/// The same; where several schedules do what the native engine did, one that reaches what is preferred, if there is one.
pub(crate) fn compare_preferring(
    reference: &dyn Runs,
    run: &Run,
    native: Seen<'_>,
    budget: u32,
    preferred: &dyn Fn(&Reached) -> bool,
    tried: &mut Tried,
) -> Membership {
    if let Some(what) = exhaustion(native.run) {
        return Membership::Unknown(Unknown::Exhausted(what));
    }
    let mut reached = Reached::default();
    let mut fixed = Recording::new(Fixed);
    tried.schedule();
    let mut asking = Asking {
        policy: &mut fixed,
        tried,
    };
    let first = match reference.run(run, &mut asking, &mut (), &mut reached) {
        Ok(first) => first,
        Err(Stopped::Unsupported(what)) => {
            return Membership::Unknown(Unknown::Unsupported(what));
        }
        Err(Stopped::Cut) => unreachable!("the witness that watches nothing never cuts"),
    };
    let Some(difference) = difference(native, &first) else {
        let done = preferred(&reached) || fixed.schedule.is_empty();
        let member = Membership::Member {
            reference: first,
            schedule: fixed.schedule,
            reached,
        };
        return match done {
            true => member,
            false => search(
                reference,
                run,
                native,
                budget,
                preferred,
                Some(member),
                tried,
            ),
        };
    };
    if let Some(what) = exhaustion(&first) {
        return Membership::Unknown(Unknown::Exhausted(what));
    }
    if fixed.schedule.is_empty() {
        return Membership::Stranger {
            difference,
            reference: first,
            schedule: Vec::new(),
            reached,
        };
    }
    search(reference, run, native, budget, preferred, None, tried)
}

/// The search over all schedules. `otherwise`: one that does what the native engine did, and does not reach what is preferred.
fn search(
    reference: &dyn Runs,
    run: &Run,
    native: Seen<'_>,
    budget: u32,
    preferred: &dyn Fn(&Reached) -> bool,
    mut otherwise: Option<Membership>,
    tried: &mut Tried,
) -> Membership {
    let search = Search {
        native,
        state: RefCell::default(),
    };
    let mut furthest: Option<(Place, Vec<u32>)> = None;
    let mut exhausted = None;
    for _ in 0..budget {
        let mut reached = Reached::default();
        search.state.borrow_mut().reached = (None, 0);
        tried.schedule();
        let mut asking = Asking {
            policy: &search,
            tried,
        };
        let seen = match reference.run(run, &mut asking, &mut &search, &mut reached) {
            Ok(seen) => Some(seen),
            Err(Stopped::Cut) => None,
            Err(Stopped::Unsupported(what)) => {
                return Membership::Unknown(Unknown::Unsupported(what));
            }
        };
        let mut state = search.state.borrow_mut();
        let schedule = state.guided.schedule();
        if let Some(seen) = seen {
            if difference(native, &seen).is_none() {
                let done = preferred(&reached);
                let member = Membership::Member {
                    reference: seen.clone(),
                    schedule: schedule.clone(),
                    reached,
                };
                if done {
                    return member;
                }
                otherwise = otherwise.or(Some(member));
            }
            exhausted = exhausted.or(exhaustion(&seen));
            state.reached = (Some(seen.invocations.len()), 0);
        }
        if furthest
            .as_ref()
            .is_none_or(|(reached, _)| state.reached > *reached)
        {
            furthest = Some((state.reached, schedule));
        }
        if !state.guided.advance() {
            if let Some(member) = otherwise {
                return member;
            }
            if let Some(what) = exhausted {
                return Membership::Unknown(Unknown::Exhausted(what));
            }
            let (_, schedule) = furthest.expect("at least one schedule was run");
            return stranger(reference, run, native, schedule);
        }
    }
    Membership::Unknown(Unknown::Budget)
}

/// The report on a run that no schedule allows: the furthest schedule, run again to its end.
fn stranger(reference: &dyn Runs, run: &Run, native: Seen<'_>, schedule: Vec<u32>) -> Membership {
    let mut replay = spawndiff_reference::schedules::Replay::new(schedule.clone());
    let mut reached = Reached::default();
    match reference.run(run, &mut replay, &mut (), &mut reached) {
        Ok(seen) => {
            let difference = difference(native, &seen).expect("this schedule differed before");
            Membership::Stranger {
                difference,
                reference: seen,
                schedule,
                reached,
            }
        }
        Err(Stopped::Unsupported(what)) => Membership::Unknown(Unknown::Unsupported(what)),
        Err(Stopped::Cut) => unreachable!("the witness that watches nothing never cuts"),
    }
}

/// The first limit that a run reached.
fn exhaustion(run: &RunObservation) -> Option<Exhaustion> {
    let ends = std::iter::once(run.instantiation.end).chain(run.invocations.iter().map(|i| i.end));
    ends.into_iter().find_map(|end| match end {
        End::Exhausted(what) => Some(what),
        End::Quiet | End::Trap(_) | End::Deadlock => None,
    })
}

/// The search: it cuts a run short where it leaves the native one, and is guided by what comes next there.
struct Search<'a> {
    native: Seen<'a>,
    state: RefCell<SearchState>,
}

#[derive(Default)]
struct SearchState {
    guided: Guided,
    /// Up to where the run was the native one.
    reached: Place,
}

/// A place in a run: the invocation, or (`None`) the instantiation, and the number of events in it.
type Place = (Option<usize>, usize);

impl Scheduler for &Search<'_> {
    fn choose(&mut self, _: Choice, options: &[Label]) -> usize {
        let state = &mut *self.state.borrow_mut();
        let (invocation, position) = state.reached;
        let native = self.native.run.part(invocation);
        let wanted = native.and_then(|native| native.events.get(position));
        state.guided.choose(options, wanted.copied())
    }
}

impl Witness for &Search<'_> {
    fn event(&mut self, invocation: Option<usize>, position: usize, event: Event) -> bool {
        let state = &mut *self.state.borrow_mut();
        state.guided.logged(event);
        state.reached = (invocation, position);
        let native = self.native.run.part(invocation);
        let same = native.is_some_and(|native| native.events.get(position) == Some(&event));
        state.reached.1 += usize::from(same);
        same
    }

    fn invocation(&mut self, invocation: Option<usize>, seen: &InvocationObservation) -> bool {
        let native = self.native.run.part(invocation);
        let same = native
            .is_some_and(|native| in_invocation(native, seen, self.native.may_mean).is_none());
        self.state.borrow_mut().reached = if same {
            (Some(invocation.map_or(0, |it| it + 1)), 0)
        } else {
            (invocation, seen.events.len())
        };
        same
    }
}

/// The first difference between a native run and a run of the reference.
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

/// Whether both ended alike, as far as the native engine tells.
fn same_end(native: End, reference: End, may_mean: &MayMean) -> bool {
    match (native, reference) {
        (End::Trap(native), End::Trap(reference)) => may_mean.allows(native, reference),
        _ => native == reference,
    }
}

/// The first difference between two observations of an invocation.
fn in_invocation(
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

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unknown::Exhausted(what) => write!(f, "{what} exhausted"),
            Unknown::Unsupported(what) => what.fmt(f),
            Unknown::Lacking(what) => write!(f, "the engine has no {what}"),
            Unknown::Budget => f.write_str("too many schedules"),
            Unknown::Unexplained => f.write_str("not allowed, known or new: too many schedules"),
        }
    }
}
