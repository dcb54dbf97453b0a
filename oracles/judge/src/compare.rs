//! The comparison: is what the native engine did allowed?
//!
//! The specification leaves choices to the host, so agreement is membership. The reference first runs with a fixed policy. Where
//! that does not give what the native engine did, the comparison searches the schedules, depth first, and leaves each schedule as
//! soon as its trace leaves the native one ([`Monitor`]). If a schedule is found, the two agree. If all schedules are explored and
//! none is found, there is a divergence, at the event that no schedule gets past.

mod difference;

pub use difference::{Difference, Leaves, Seen, What, difference};

use crate::Guided;
use crate::runs::{Reached, Runs};
use difference::in_invocation;
use spawndiff_corpus::{Event, Run};
use spawndiff_observation::{End, Exhaustion, InvocationObservation, RunObservation};
use spawndiff_reference::schedules::{Choice, Fixed, Label, Recording, Scheduler, splitmix64};
use spawndiff_reference::{Monitor, Reference, Stopped, Unsupported};
use std::cell::RefCell;
use std::fmt;

/// The result of the comparison of one run.
#[derive(Clone, Debug)]
pub enum Membership {
    /// This schedule of the reference does what the native engine did.
    Allowed {
        /// The observation of the reference on that schedule.
        reference: RunObservation,
        /// The choices of that schedule.
        schedule: Vec<u32>,
        /// The coverage and the deviations that the reference reached on that schedule.
        reached: Reached,
    },
    /// No schedule of the reference does what the native engine did.
    NotAllowed {
        /// Where the schedule that got furthest leaves the native run.
        difference: Difference,
        /// The observation of the reference on the schedule that got furthest.
        reference: RunObservation,
        /// The choices of the schedule that got furthest.
        schedule: Vec<u32>,
        /// The coverage and the deviations that the reference reached on the schedule that got furthest.
        reached: Reached,
    },
    /// The comparison cannot say whether the run is allowed, for this reason.
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
    /// There are more schedules than the search may try.
    Budget,
    /// No schedule allows the run, and with the known deviations there are too many schedules to try: the difference is known, or
    /// new.
    Unexplained,
}

/// The schedules that a comparison tried: how many there were, and a hash of every choice that was asked in them (the kind of the
/// choice, and the number of its options). Two versions of the reference that try the same schedules have equal values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Tried {
    /// How many schedules were run, whole or in part.
    pub schedules: u64,
    /// The hash of the choices, in the order in which they were asked.
    pub choices: u64,
}

impl Tried {
    /// Notes that another schedule begins.
    fn schedule(&mut self) {
        self.schedules += 1;
        self.mix(u64::MAX);
    }

    /// Notes that a choice was asked.
    fn asked(&mut self, choice: Choice, options: &[Label]) {
        self.mix((choice as u64) << 32 | options.len() as u64);
    }

    fn mix(&mut self, word: u64) {
        self.choices = splitmix64(self.choices ^ word);
    }
}

/// A policy, every choice of which is noted in `tried`.
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

/// Compares one run of an engine with the schedules of the reference, as [`compare`] does, and notes in `tried` what was tried.
/// Where several schedules do what the native engine did, the result is one that reaches what is `preferred`, if there is one. The
/// result is [`Unknown::Budget`] if the budget ends before that is known.
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
        Err(Stopped::Cut) => unreachable!("the monitor that watches nothing never cuts"),
    };
    let Some(difference) = difference(native, &first) else {
        let done = preferred(&reached) || fixed.schedule.is_empty();
        let allowed = Membership::Allowed {
            reference: first,
            schedule: fixed.schedule,
            reached,
        };
        return match done {
            true => allowed,
            false => search(
                reference,
                run,
                native,
                budget,
                preferred,
                Some(allowed),
                tried,
            ),
        };
    };
    if let Some(what) = exhaustion(&first) {
        return Membership::Unknown(Unknown::Exhausted(what));
    }
    if fixed.schedule.is_empty() {
        return Membership::NotAllowed {
            difference,
            reference: first,
            schedule: Vec::new(),
            reached,
        };
    }
    search(reference, run, native, budget, preferred, None, tried)
}

/// Searches all schedules, at most `budget` of them. `otherwise` is the result for a schedule that does what the native engine did
/// and does not reach what is preferred; it is returned if every schedule was tried and none reaches that.
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
                let allowed = Membership::Allowed {
                    reference: seen.clone(),
                    schedule: schedule.clone(),
                    reached,
                };
                if done {
                    return allowed;
                }
                otherwise = otherwise.or(Some(allowed));
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
            if let Some(allowed) = otherwise {
                return allowed;
            }
            if let Some(what) = exhausted {
                return Membership::Unknown(Unknown::Exhausted(what));
            }
            let (_, schedule) = furthest.expect("at least one schedule was run");
            return not_allowed(reference, run, native, schedule);
        }
    }
    Membership::Unknown(Unknown::Budget)
}

/// Reports a run that no schedule allows: the schedule that got furthest is run again to its end.
fn not_allowed(
    reference: &dyn Runs,
    run: &Run,
    native: Seen<'_>,
    schedule: Vec<u32>,
) -> Membership {
    let mut replay = spawndiff_reference::schedules::Replay::new(schedule.clone());
    let mut reached = Reached::default();
    match reference.run(run, &mut replay, &mut (), &mut reached) {
        Ok(seen) => {
            let difference = difference(native, &seen).expect("this schedule differed before");
            Membership::NotAllowed {
                difference,
                reference: seen,
                schedule,
                reached,
            }
        }
        Err(Stopped::Unsupported(what)) => Membership::Unknown(Unknown::Unsupported(what)),
        Err(Stopped::Cut) => unreachable!("the monitor that watches nothing never cuts"),
    }
}

/// The first limit that a run reached, if it reached one.
fn exhaustion(run: &RunObservation) -> Option<Exhaustion> {
    let ends = std::iter::once(run.instantiation.end).chain(run.invocations.iter().map(|i| i.end));
    ends.into_iter().find_map(|end| match end {
        End::Exhausted(what) => Some(what),
        End::Quiet | End::Trap(_) | End::Deadlock => None,
    })
}

/// A search, as the policy and the monitor of its runs: it cuts a run short where the run leaves the native one, and is guided by
/// the event that comes next in the native run.
struct Search<'a> {
    native: Seen<'a>,
    state: RefCell<SearchState>,
}

#[derive(Default)]
struct SearchState {
    guided: Guided,
    /// The place up to which the run did the same as the native one.
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

impl Monitor for &Search<'_> {
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
