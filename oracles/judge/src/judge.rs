//! The judge, which runs a case on the native engine and on the reference, and gives the verdict.

use crate::compare::{Difference, Leaves, Membership, Seen, Tried, Unknown, compare_preferring};
use crate::known::{self, Active, Beside, Explained, Explanation, Known, List};
use spawndiff_corpus::{Case, Run};
use spawndiff_deviations::Deviation;
use spawndiff_observation::{
    ComponentCache, End, Engine, MayMean, Observation, Outcome, RunObservation, Trap,
};
use spawndiff_reference::schedules::Fixed;
use spawndiff_reference::{Builtin, Coverage, Reference, Stopped, Unsupported};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// How many schedules a search may try for one run.
pub const BUDGET: u32 = 1_000;
/// The number of schedules after which the judge first asks whether the run shows something that is known. That is often found at
/// once where there are many schedules and none of them allows the run.
const PATIENCE: u32 = 100;

/// Runs cases on both engines and compares them.
pub struct Judge {
    engine: Box<dyn Engine>,
    references: ComponentCache<Arc<Reference>>,
    /// The divergences that are known of the engine.
    active: Active,
    /// The deviations of these divergences, except those that are failed assertions.
    deviations: Arc<[Deviation]>,
    budget: u32,
}

/// The verdict on a case, and what it rests on.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The observation of the native engine.
    pub native: Observation,
    /// The message of the error, other than a trap, in which the native engine ended its last run, if it did.
    pub failed: Option<String>,
    /// The observation of the reference: of each run on the schedule that got furthest, or (where that was not looked for to the
    /// end) on the fixed one. A run of which nothing can be said may have an empty entry here. The observation is shorter than the
    /// native one where the comparison stopped at a run.
    pub reference: Observation,
    /// The choices of the reference, for each run of `reference`.
    pub schedules: Vec<Vec<u32>>,
    /// The coverage of the reference, in the runs that agree or show known divergences only, except one in which the engine failed.
    pub coverage: Coverage,
    /// For a run in which the engine failed in itself: the trap in which the reference ends that invocation on the fixed schedule,
    /// and the built-in that gives the trap, if one does and the two logged the same events until then.
    pub instead: Option<(Trap, Builtin)>,
    /// The schedules that the comparison tried, with and without known deviations.
    pub tried: Tried,
    /// The traps that the engine does not tell apart.
    pub may_mean: MayMean,
}

/// The verdict on a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything that the native engine did is allowed.
    Agree,
    /// These known divergences explain every run that is not allowed, or of which it was not found out whether it is allowed.
    Known(BTreeSet<Known>),
    /// The native engine did something that no schedule allows.
    Divergence(Divergence),
    /// The judge cannot say whether what the native engine did is allowed, for this reason.
    Inconclusive(Unknown),
    /// The native engine panicked, or ended its process.
    Crash {
        /// The panic's message and place, or how the process ended.
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
    /// The native engine failed with an error that is no trap of the specification.
    Unmapped {
        /// The engine's message.
        message: String,
    },
    /// A run that no schedule allows.
    Run {
        /// The position of the run in the case, from 0.
        run: usize,
        /// Where the run leaves the schedule that got furthest.
        leaves: Leaves,
        /// The difference that the run shows beside known divergences, if it shows some of those too.
        beside: Option<Beside>,
    },
}

impl Judgement {
    /// The judgement on a case on which the native engine ended its process, so that nothing was seen of the case there. `active`
    /// is what is known of the engine.
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

    /// The judgement with the verdict of [`Active::settle`], where all that is known of what the case shows is its kind. Otherwise
    /// the judgement stays as it is.
    fn settled(self, active: &Active) -> Judgement {
        match active.settle(&self) {
            Some(verdict) => Judgement { verdict, ..self },
            None => self,
        }
    }
}

impl Judge {
    /// Makes a judge over an engine. The judge knows the divergences of the engine's release that are built in.
    pub fn new(engine: impl Engine + 'static) -> Judge {
        let active = List::built_in().of(engine.about());
        Judge::knowing(Box::new(engine), active)
    }

    /// Makes a judge over an engine. The judge knows the divergences of `active`.
    pub fn knowing(engine: Box<dyn Engine>, active: Active) -> Judge {
        Judge {
            deviations: active.deviations(false),
            active,
            references: ComponentCache::new(engine.components()),
            engine,
            budget: BUDGET,
        }
    }

    /// Sets the number of schedules that a search may try for one run. The default is [`BUDGET`].
    pub fn with_budget(self, budget: u32) -> Judge {
        Judge { budget, ..self }
    }

    /// The engine that this judge is over.
    pub fn engine(&self) -> &dyn Engine {
        &*self.engine
    }

    /// Runs `case` on the engine and on the reference, and returns the judgement.
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
            // The reference cannot call a component valid that it does not understand.
            (Err(what), None | Some(Verdict::Divergence(Divergence::Rejected { .. }))) => {
                Verdict::Inconclusive(Unknown::Unsupported(what))
            }
            (Err(_), Some(failure)) => failure,
            // A call of something that is not there is no fault of the engine's.
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

    /// The reference for a case's component. References are kept where the native engine keeps compiled components, and as many.
    fn reference(&self, case: &Case) -> Result<Arc<Reference>, Unsupported> {
        self.references
            .get_or_make(&case.component, || Reference::new(case).map(Arc::new))
    }

    /// Compares the runs of a case, until one differs in a way that is not known. `failure` is the verdict on how the native engine
    /// ended in its last run, if it did not get to the end of the case.
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
                Membership::Allowed {
                    reference,
                    schedule,
                    reached,
                } => {
                    coverage.add(&reached.coverage);
                    seen.runs.push(reference);
                    schedules.push(schedule);
                }
                Membership::NotAllowed {
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

    /// Explains a run that ended in an error of the engine that is no trap.
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

    /// Explains a run that no schedule allows, by its `difference` from the schedule that got furthest. Without a difference, it
    /// explains a run of which it is not known whether a schedule allows it.
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

/// The trap in which the reference ended the invocation in which the engine failed, and the built-in that gave that trap, if a
/// built-in did and both logged the same events until then.
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

/// Something that the reference does not take in the runs of a case whose component it takes; `None` if it takes all of the runs.
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
