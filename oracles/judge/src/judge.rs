//! The judge: a case on the native engine and on the reference, and the verdict.

use crate::compare::{Difference, Leaves, Membership, Seen, Tried, Unknown, compare_preferring};
use crate::known::{self, Active, Beside, Explained, Explanation, Known, List};
use spawndiff_corpus::{Case, Run};
use spawndiff_deviations::Deviation;
use spawndiff_observation::{
    End, Engine, Kept, MayMean, Observation, Outcome, RunObservation, Trap,
};
use spawndiff_reference::schedules::Fixed;
use spawndiff_reference::{Builtin, Coverage, Reference, Stopped, Unsupported};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// How many schedules a search may try for one run.
pub const BUDGET: u32 = 1_000;
/// After how many it is asked first whether the run shows something that is known: that is often found at once where the
/// schedules are many, and none of them allows it.
const PATIENCE: u32 = 100;

/// Runs cases on both engines and compares them.
pub struct Judge {
    engine: Box<dyn Engine>,
    references: Kept<Arc<Reference>>,
    /// What is known of the engine.
    active: Active,
    /// The deviations of those, but for failed assertions.
    deviations: Arc<[Deviation]>,
    budget: u32,
}

/// The verdict on a case, and what it rests on.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// What the native engine did.
    pub native: Observation,
    /// The message of the error, other than a trap, in which the native engine ended its last run, if it did.
    pub failed: Option<String>,
    /// What the reference did, on the schedule that got furthest, or (where that was not looked for to the end) on the fixed
    /// one. Shorter than the native observation where the comparison stopped at a run.
    pub reference: Observation,
    /// The choices of the reference, for each run of `reference`.
    pub schedules: Vec<Vec<u32>>,
    /// What the reference reached, in the runs that agree.
    pub coverage: Coverage,
    /// Of a run in which the engine failed in itself: the trap in which the reference ends it, on the fixed schedule, if a built-in
    /// gives that and the two did the same until then.
    pub instead: Option<(Trap, Builtin)>,
    /// What the comparison tried, with and without known deviations.
    pub tried: Tried,
    /// Which traps the engine does not tell apart.
    pub may_mean: MayMean,
}

/// The verdict on a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything that the native engine did is allowed.
    Agree,
    /// What is not allowed is known; or what it was not found out to be.
    Known(BTreeSet<Known>),
    /// The native engine did something that no schedule allows.
    Divergence(Divergence),
    /// It cannot be said.
    Inconclusive(Unknown),
    /// The native engine panicked.
    Crash {
        /// The panic's message and place.
        message: String,
    },
}

/// How the native engine left what is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Divergence {
    /// A component that is valid was rejected.
    Rejected {
        /// The engine's message.
        message: String,
    },
    /// An error that is no trap of the specification.
    Unmapped {
        /// The engine's message.
        message: String,
    },
    /// A run that no schedule allows.
    Run {
        /// Which run.
        run: usize,
        /// Where it leaves the schedule that got furthest.
        leaves: Leaves,
        /// What it shows beside known divergences, if it shows some of those too.
        beside: Option<Beside>,
    },
}

impl Judgement {
    /// The judgement on a case on which the native engine, of which this is known, ended its process: nothing was seen of it.
    pub fn crashed(case: &Case, message: String, active: &Active) -> Judgement {
        let reference = Reference::new(case).ok();
        let fixed = |run: &Run| {
            let policy = &mut Fixed;
            let run = reference
                .as_ref()?
                .run(run, policy, &mut (), &mut Coverage::default());
            run.ok()
        };
        let runs: Vec<RunObservation> = case.runs.iter().map_while(fixed).collect();
        let judgement = Judgement {
            failed: Some(message.clone()),
            verdict: Verdict::Crash { message },
            native: Observation::default(),
            schedules: vec![Vec::new(); runs.len()],
            reference: Observation { runs },
            coverage: Coverage::default(),
            instead: None,
            tried: Tried::default(),
            may_mean: active.may_mean.clone(),
        };
        judgement.settled(active)
    }

    /// The same, where all that is known of what it shows is its kind.
    fn settled(self, active: &Active) -> Judgement {
        match active.settle(&self) {
            Some(verdict) => Judgement { verdict, ..self },
            None => self,
        }
    }
}

impl Judge {
    /// A judge over an engine that knows what is built in of its release.
    pub fn new(engine: impl Engine + 'static) -> Judge {
        let active = List::built_in().of(engine.about());
        Judge::knowing(Box::new(engine), active)
    }

    /// A judge over an engine that knows this of it.
    pub fn knowing(engine: Box<dyn Engine>, active: Active) -> Judge {
        Judge {
            deviations: active.deviations(false),
            active,
            references: Kept::new(engine.components()),
            engine,
            budget: BUDGET,
        }
    }

    /// The same with another limit on the number of schedules that a search may try.
    pub fn with_budget(self, budget: u32) -> Judge {
        Judge { budget, ..self }
    }

    /// The engine.
    pub fn engine(&self) -> &dyn Engine {
        &*self.engine
    }

    /// Runs `case` on both engines.
    pub fn judge(&self, case: &Case) -> Judgement {
        self.judge_outcome(case, self.engine.observe(case))
    }

    /// The judgement on a case that came to this `outcome`, on the native engine or on another one of its release.
    pub fn judge_outcome(&self, case: &Case, outcome: Outcome) -> Judgement {
        self.unsettled(case, outcome).settled(&self.active)
    }

    fn unsettled(&self, case: &Case, outcome: Outcome) -> Judgement {
        let mut judgement = Judgement {
            verdict: Verdict::Agree,
            native: Observation::default(),
            failed: None,
            reference: Observation::default(),
            schedules: Vec::new(),
            coverage: Coverage::default(),
            instead: None,
            tried: Tried::default(),
            may_mean: self.active.may_mean.clone(),
        };
        let failure = match outcome {
            Outcome::Observed(observed) => {
                judgement.native = observed;
                None
            }
            Outcome::Unsupported(what) => {
                judgement.verdict = Verdict::Inconclusive(Unknown::Lacking(what));
                return judgement;
            }
            Outcome::Rejected(message) => {
                Some(Verdict::Divergence(Divergence::Rejected { message }))
            }
            Outcome::Crashed { message, observed } => {
                judgement.native = observed;
                judgement.failed = Some(message.clone());
                Some(Verdict::Crash { message })
            }
            Outcome::Unmapped { message, observed } => {
                judgement.native = observed;
                judgement.failed = Some(message.clone());
                Some(Verdict::Divergence(Divergence::Unmapped { message }))
            }
        };
        judgement.verdict = match (self.reference(case), failure) {
            // What the reference does not understand it cannot call valid.
            (Err(what), None | Some(Verdict::Divergence(Divergence::Rejected { .. }))) => {
                Verdict::Inconclusive(Unknown::Unsupported(what))
            }
            (Err(_), Some(failure)) => failure,
            // A call of what is not there: no fault of the engine's.
            (Ok(reference), Some(Verdict::Divergence(rejected @ Divergence::Rejected { .. }))) => {
                match misfit(&reference, case) {
                    Some(what) => Verdict::Inconclusive(Unknown::Unsupported(what)),
                    None => Verdict::Divergence(rejected),
                }
            }
            (Ok(reference), failure) => self.compare(&reference, case, failure, &mut judgement),
        };
        judgement
    }

    /// The reference for a case's component. Kept where the native engine keeps compiled components, and as many.
    fn reference(&self, case: &Case) -> Result<Arc<Reference>, Unsupported> {
        self.references
            .get_or_make(&case.component, || Reference::new(case).map(Arc::new))
    }

    /// Compares the runs, until one differs in a way that is not known. `failure` is what the native engine ended in
    /// after its last run, if it did not get to the end of the case.
    fn compare(
        &self,
        reference: &Reference,
        case: &Case,
        failure: Option<Verdict>,
        judgement: &mut Judgement,
    ) -> Verdict {
        let Judgement {
            native,
            reference: seen,
            schedules,
            coverage,
            instead,
            tried,
            ..
        } = judgement;
        let mut unknown = None;
        let mut all_known = BTreeSet::new();
        let mut failure = failure;
        let last = native.runs.len().saturating_sub(1);
        for (index, (run, native)) in case.runs.iter().zip(&native.runs).enumerate() {
            if index == last
                && let Some(failed) = failure.take()
            {
                match self.explain_failure(reference, run, native, &failed, tried) {
                    Explanation::Known(known) => all_known.extend(known),
                    Explanation::Unknown(what) => unknown = unknown.or(Some(what)),
                    Explanation::New | Explanation::Allowed => failure = Some(failed),
                }
                // Nothing to compare here, but the file of a finding has to make this run too.
                let mut reached = Coverage::default();
                if let Ok(run) = reference.run(run, &mut Fixed, &mut (), &mut reached) {
                    *instead = trapped(native, &run, &reached);
                    seen.runs.push(run);
                    schedules.push(Vec::new());
                }
                break;
            }
            let compare = |budget, tried: &mut Tried| {
                let native = Seen {
                    run: native,
                    may_mean: &self.active.may_mean,
                };
                compare_preferring(reference, run, native, budget, &|_| true, tried)
            };
            let mut membership = compare(self.budget.min(PATIENCE), tried);
            if let Membership::Unknown(Unknown::Budget) = membership {
                let explained = self.explain(reference, run, native, None, tried);
                if let Explanation::Known(_) | Explanation::Allowed = explained.explanation {
                    if let Explanation::Known(known) = explained.explanation {
                        all_known.extend(known);
                    }
                    coverage.add(&explained.coverage);
                    let policy = &mut Fixed;
                    let fixed = reference.run(run, policy, &mut (), &mut Coverage::default());
                    seen.runs.push(fixed.unwrap_or_default());
                    schedules.push(Vec::new());
                    continue;
                }
                if self.budget > PATIENCE {
                    membership = compare(self.budget, tried);
                }
            }
            match membership {
                Membership::Member {
                    reference,
                    schedule,
                    reached,
                } => {
                    coverage.add(&reached.coverage);
                    seen.runs.push(reference);
                    schedules.push(schedule);
                }
                Membership::Stranger {
                    difference,
                    reference: seen_of_it,
                    schedule,
                    reached,
                } => {
                    let reached = reached.coverage;
                    let differs = Some((&difference, &reached));
                    let explained = self.explain(reference, run, native, differs, tried);
                    let leaves = Leaves::new(difference, &seen_of_it, &reached);
                    seen.runs.push(seen_of_it);
                    schedules.push(schedule);
                    match explained.explanation {
                        Explanation::Known(known) => {
                            coverage.add(&reached);
                            all_known.extend(known);
                        }
                        Explanation::New | Explanation::Allowed => {
                            return Verdict::Divergence(Divergence::Run {
                                run: index,
                                leaves,
                                beside: explained.beside,
                            });
                        }
                        Explanation::Unknown(what) => unknown = unknown.or(Some(what)),
                    }
                }
                Membership::Unknown(what) => {
                    seen.runs.push(RunObservation::default());
                    schedules.push(Vec::new());
                    unknown = unknown.or(Some(what));
                }
            }
        }
        match (failure, unknown) {
            (Some(failure), _) => failure,
            (None, Some(unknown)) => Verdict::Inconclusive(unknown),
            (None, None) if !all_known.is_empty() => Verdict::Known(all_known),
            (None, None) => Verdict::Agree,
        }
    }

    /// What is said of a run that ended in an error of the engine that is no trap.
    fn explain_failure(
        &self,
        reference: &Reference,
        run: &Run,
        native: &RunObservation,
        failed: &Verdict,
        tried: &mut Tried,
    ) -> Explanation {
        let message = match failed {
            Verdict::Crash { message } | Verdict::Divergence(Divergence::Unmapped { message }) => {
                message
            }
            Verdict::Agree
            | Verdict::Known(_)
            | Verdict::Divergence(Divergence::Rejected { .. } | Divergence::Run { .. })
            | Verdict::Inconclusive(_) => return Explanation::New,
        };
        match self.active.failure(self.engine.plain(message)) {
            Some(failure) => {
                failure.explain(&self.active, reference, run, native, self.budget, tried)
            }
            None => Explanation::New,
        }
    }

    /// What is said of a run that no schedule allows, with the `difference` from the one that got furthest; or of one of which
    /// it is not known whether one does.
    fn explain(
        &self,
        reference: &Reference,
        run: &Run,
        native: &RunObservation,
        difference: Option<(&Difference, &Coverage)>,
        tried: &mut Tried,
    ) -> Explained {
        let deviating = (reference, &self.deviations);
        known::explain(
            &self.active,
            deviating,
            run,
            native,
            difference,
            self.budget,
            tried,
        )
    }
}

/// The trap in which the reference ended the invocation in which the engine failed, and the built-in that gave it, if as much was
/// logged until then.
fn trapped(
    native: &RunObservation,
    reference: &RunObservation,
    reached: &Coverage,
) -> Option<(Trap, Builtin)> {
    let both = native.invocations.len().min(reference.invocations.len());
    let last = both.checked_sub(1);
    let (native, reference) = (native.part(last)?, reference.part(last)?);
    match reference.end {
        End::Trap(trap) if reference.events == native.events => {
            let by = reached.gave(last).filter(|by| by.is_built_in())?;
            Some((trap, by))
        }
        End::Trap(_) | End::Quiet | End::Deadlock | End::Exhausted(_) => None,
    }
}

/// What the reference does not take in the runs of a case whose component it takes.
fn misfit(reference: &Reference, case: &Case) -> Option<Unsupported> {
    case.runs.iter().find_map(|run| {
        match reference.run(run, &mut Fixed, &mut (), &mut Coverage::default()) {
            Err(Stopped::Unsupported(what)) => Some(what),
            Ok(_) | Err(Stopped::Cut) => None,
        }
    })
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Divergence::Rejected { message } => write!(f, "rejected: {message}"),
            Divergence::Unmapped { message } => write!(f, "unknown error: {message}"),
            Divergence::Run {
                run,
                beside: Some(Beside { known, leaves }),
                ..
            } => {
                let known = known::list(known);
                write!(f, "run {run}, beside {known}, {}", leaves.difference)
            }
            Divergence::Run { run, leaves, .. } => write!(f, "run {run}, {}", leaves.difference),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Agree => f.write_str("agree"),
            Verdict::Known(known) => write!(f, "known: {}", known::list(known)),
            Verdict::Divergence(divergence) => write!(f, "divergence: {divergence}"),
            Verdict::Inconclusive(why) => write!(f, "inconclusive: {why}"),
            Verdict::Crash { message } => write!(f, "crash: {message}"),
        }
    }
}
