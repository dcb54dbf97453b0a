//! The claims of a stored case, held against what an engine does; and the other way round, claims made of what was seen.

use serde::{Deserialize, Serialize};
use spawndiff_corpus::{Case, Claim, Directive, Event, Expect, Run, StoredCase};
use spawndiff_observation::{End, InvocationObservation, Observation, Outcome, RunObservation};
use spawndiff_reference::schedules::DepthFirst;
use spawndiff_reference::{Coverage, Monitor, Reference, Stopped};

/// The outcome of one directive on one engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// The directive holds.
    Passed,
    /// The directive does not hold; the text says what was seen instead.
    Failed(String),
    /// The engine does not know something that the directive needs, which the text names.
    Unsupported(String),
}

/// Holds the directives of a file against its `outcome` on the native engine. Returns one status for each directive, in order.
pub fn check_native(stored: &StoredCase, outcome: &Outcome) -> Vec<Status> {
    let observed = match outcome {
        Outcome::Rejected(message) => {
            let failed = Status::Failed(format!("rejected: {message}"));
            return vec![failed; stored.directives.len()];
        }
        Outcome::Unsupported(what) => {
            return vec![Status::Unsupported((*what).to_string()); stored.directives.len()];
        }
        Outcome::Observed(observed)
        | Outcome::Crashed { observed, .. }
        | Outcome::Unmapped { observed, .. } => observed,
    };
    let gone = match outcome {
        Outcome::Crashed { message, .. } => format!("panic: {message}"),
        Outcome::Unmapped { message, .. } => format!("unknown error: {message}"),
        Outcome::Observed(_) | Outcome::Rejected(_) | Outcome::Unsupported(_) => {
            "not reached".to_string()
        }
    };
    // An invocation that failed may have returned before, but it did not settle.
    let unsettled = |directive: &Directive| {
        let run = directive.run;
        let last = || observed.runs[run].invocations.len().checked_sub(1);
        matches!(directive.claim, Claim::Settle { invocation, .. }
            if run + 1 == observed.runs.len() && invocation == last())
    };
    let failed = !matches!(outcome, Outcome::Observed(_));
    let status = |directive: &Directive| match check(directive, observed.runs.get(directive.run)) {
        Ok(()) if failed && unsettled(directive) => Status::Failed(gone.clone()),
        Ok(()) => Status::Passed,
        Err(Some(message)) => Status::Failed(message),
        Err(None) => Status::Failed(gone.clone()),
    };
    stored.directives.iter().map(status).collect()
}

/// Holds the directives of a file against the reference. Returns one status for each directive, in order. A run passes when some
/// schedule makes all of its directives hold.
///
/// At most `budget` schedules are tried for each run.
pub fn check_reference(stored: &StoredCase, budget: u32) -> Vec<Status> {
    let reference = match Reference::new(&stored.case) {
        Ok(reference) => reference,
        Err(what) => {
            return vec![Status::Unsupported(what.construct); stored.directives.len()];
        }
    };
    let runs: Vec<Vec<Status>> = (0..stored.case.runs.len())
        .map(|run| check_run(stored, run, &reference, budget))
        .collect();
    let mut next = vec![0; runs.len()];
    let status = |directive: &Directive| match directive.claim {
        Claim::Definition => Status::Passed,
        Claim::Instance | Claim::Invoke { .. } | Claim::Settle { .. } | Claim::Events { .. } => {
            let run = directive.run;
            next[run] += 1;
            runs[run][next[run] - 1].clone()
        }
    };
    stored.directives.iter().map(status).collect()
}

/// Holds one run of a file against the reference. Returns the statuses of its directives on the schedule that makes the most of
/// them hold.
fn check_run(stored: &StoredCase, run: usize, reference: &Reference, budget: u32) -> Vec<Status> {
    let directives: Vec<&Directive> = stored
        .directives
        .iter()
        .filter(|directive| directive.run == run && directive.claim != Claim::Definition)
        .collect();
    let mut best: Option<(usize, Vec<Status>)> = None;
    let mut search = DepthFirst::new();
    for _ in 0..budget.max(1) {
        // The first schedule runs to its end, so that a failure can say what was seen.
        let mut monitor = Said {
            events: said_events(&directives),
            seen: 0,
            first: best.is_none(),
        };
        let run = &stored.case.runs[run];
        match reference.run(run, &mut search, &mut monitor, &mut Coverage::default()) {
            Ok(seen) => {
                let statuses: Vec<Status> = directives
                    .iter()
                    .map(|directive| match check(directive, Some(&seen)) {
                        Ok(()) => Status::Passed,
                        Err(message) => {
                            Status::Failed(message.unwrap_or_else(|| "not reached".to_string()))
                        }
                    })
                    .collect();
                let passed = statuses
                    .iter()
                    .filter(|status| **status == Status::Passed)
                    .count();
                if passed == statuses.len() {
                    return statuses;
                }
                if best.as_ref().is_none_or(|(most, _)| passed > *most) {
                    best = Some((passed, statuses));
                }
            }
            Err(Stopped::Cut) => {}
            Err(Stopped::Unsupported(what)) => {
                return vec![Status::Unsupported(what.construct); directives.len()];
            }
        }
        if !search.advance() {
            break;
        }
    }
    best.map(|(_, statuses)| statuses).unwrap_or_default()
}

/// The list of events that the last such directive of a run claims, which is the longest.
fn said_events(directives: &[&Directive]) -> Vec<Event> {
    let events = |directive: &&Directive| match &directive.claim {
        Claim::Events { events, .. } => Some(events.clone()),
        Claim::Definition | Claim::Instance | Claim::Invoke { .. } | Claim::Settle { .. } => None,
    };
    directives.iter().rev().find_map(events).unwrap_or_default()
}

/// Cuts a run short where its trace leaves the events that the file claims.
struct Said {
    events: Vec<Event>,
    seen: usize,
    first: bool,
}

impl Monitor for Said {
    fn event(&mut self, _: Option<usize>, _: usize, event: Event) -> bool {
        let said = self.events.get(self.seen);
        self.seen += 1;
        self.first || said.is_none_or(|said| *said == event)
    }

    fn invocation(&mut self, _: Option<usize>, _: &InvocationObservation) -> bool {
        true
    }
}

/// Holds one directive against a run. `Err(None)` says that the run did not get that far.
fn check(directive: &Directive, run: Option<&RunObservation>) -> Result<(), Option<String>> {
    if directive.claim == Claim::Definition {
        return Ok(());
    }
    let run = run.ok_or(None)?;
    let failed = |message: String| Err(Some(message));
    match &directive.claim {
        Claim::Definition => Ok(()),
        Claim::Instance => match run.instantiation.end {
            End::Quiet => Ok(()),
            end => failed(format!("the instantiation ended in {end}")),
        },
        Claim::Invoke { invocation, expect } => {
            let seen = run.invocations.get(*invocation).ok_or(None)?;
            match expect {
                Expect::Anything => Ok(()),
                Expect::Returns(value) if seen.returned == Some(*value) => Ok(()),
                Expect::Returns(_) => failed(describe(seen)),
                // A runner may hear of the trap before it hears of the result.
                Expect::Traps(message) if says(seen.end, message) => Ok(()),
                Expect::Traps(_) => failed(describe(seen)),
            }
        }
        Claim::Settle { invocation, expect } => {
            let seen = run.part(*invocation).ok_or(None)?;
            match expect {
                Expect::Anything => Ok(()),
                Expect::Returns(_) if seen.end == End::Quiet => Ok(()),
                Expect::Traps(message) if says(seen.end, message) => Ok(()),
                Expect::Returns(_) | Expect::Traps(_) => failed(describe(seen)),
            }
        }
        Claim::Events { invocation, events } => {
            let calls = invocation.map_or(0, |invocation| invocation + 1);
            let seen = run.invocations.get(..calls).ok_or(None)?;
            let seen = std::iter::once(&run.instantiation).chain(seen);
            let mut seen = seen.flat_map(|invocation| &invocation.events);
            for (position, said) in events.iter().enumerate() {
                match seen.next() {
                    Some(event) if event == said => {}
                    Some(event) => {
                        return failed(format!("event {position} is {event}, not {said}"));
                    }
                    None => return failed(format!("event {position}, {said}, is missing")),
                }
            }
            match seen.next() {
                Some(event) => failed(format!("another event: {event}")),
                None => Ok(()),
            }
        }
    }
}

/// Removes from a file the directives that only the stand-in for the host knows, if the file can do without them: the case does not
/// need the host, and one of the directives that are left still fails where this was `observed`. Otherwise the result is `None`.
pub fn without_host(stored: &StoredCase, observed: &Observation) -> Option<StoredCase> {
    let mut bare = stored.clone();
    bare.directives.retain(|directive| {
        !matches!(directive.claim, Claim::Settle { .. } | Claim::Events { .. })
    });
    let fails = |directive: &Directive| check(directive, observed.runs.get(directive.run)).is_err();
    (!stored.case.needs_host() && bare.directives.iter().any(fails)).then_some(bare)
}

/// Whether an end is what `assert_trap` with this message means.
fn says(end: End, message: &str) -> bool {
    match end {
        End::Trap(trap) => trap.message().contains(message),
        End::Deadlock => DEADLOCK.contains(message),
        End::Quiet | End::Exhausted(_) => false,
    }
}

/// The message that the field's suites give a deadlock.
pub(crate) const DEADLOCK: &str = "deadlock detected: event loop cannot make further progress";

fn describe(seen: &InvocationObservation) -> String {
    let returned = match seen.returned {
        Some(Some(value)) => format!("returned {value}, then "),
        Some(None) => "returned, then ".to_string(),
        None => String::new(),
    };
    match seen.end {
        End::Trap(trap) => format!("{returned}trapped: {} ({trap})", trap.message()),
        end => format!("{returned}{end}"),
    }
}

/// Makes a stored case that claims what was observed. Invocations that were not made are left out.
pub fn record(header: Vec<String>, case: &Case, observed: &Observation) -> StoredCase {
    let mut runs = Vec::new();
    let mut directives = vec![Directive {
        line: 0,
        run: 0,
        claim: Claim::Definition,
    }];
    for (index, (run, seen)) in case.runs.iter().zip(&observed.runs).enumerate() {
        let mut say = |claim| {
            directives.push(Directive {
                line: 0,
                run: index,
                claim,
            })
        };
        say(Claim::Instance);
        let mut events = seen.instantiation.events.clone();
        // A runner lets what start functions have left run only with the next call.
        if seen.instantiation.end == End::Quiet && case.has_start_function() {
            say(Claim::Settle {
                invocation: None,
                expect: Expect::Returns(None),
            });
            say(Claim::Events {
                invocation: None,
                events: events.clone(),
            });
        }
        for (invocation, seen) in seen.invocations.iter().enumerate() {
            events.extend_from_slice(&seen.events);
            let message = match seen.end {
                End::Trap(trap) => Some(trap.message()),
                End::Deadlock => Some("deadlock detected"),
                End::Quiet | End::Exhausted(_) => None,
            };
            let expect = match (seen.returned, message) {
                (Some(value), _) => Expect::Returns(value),
                (None, Some(message)) => Expect::Traps(message.to_string()),
                (None, None) => Expect::Anything,
            };
            say(Claim::Invoke { invocation, expect });
            if let (Some(_), Some(message)) = (seen.returned, message) {
                let expect = Expect::Traps(message.to_string());
                say(Claim::Settle {
                    invocation: Some(invocation),
                    expect,
                });
            } else if seen.end == End::Quiet {
                say(Claim::Settle {
                    invocation: Some(invocation),
                    expect: Expect::Returns(None),
                });
                say(Claim::Events {
                    invocation: Some(invocation),
                    events: events.clone(),
                });
            }
        }
        let made = run
            .invocations
            .iter()
            .take(seen.invocations.len())
            .cloned()
            .collect();
        runs.push(Run { invocations: made });
    }
    StoredCase {
        header,
        case: Case {
            component: case.component.clone(),
            runs,
        },
        directives,
    }
}
