//! The judge: a case on the native engine and on the reference, and the verdict.

use crate::compare::{Difference, Membership, Unknown, compare};
use crate::native::{self, Native};
use crate::reference::{Coverage, Reference};
use crate::{Observation, RunObservation};
use spawndiff_corpus::Case;
use std::fmt;

/// How many schedules a search may try for one run.
pub const BUDGET: u32 = 2_000;

/// Runs cases on both engines and compares them.
pub struct Judge {
    native: Native,
    budget: u32,
}

/// The verdict on a case, and what it rests on.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// What the native engine did.
    pub native: Observation,
    /// What the reference did, on the schedule that got furthest. Shorter than the native observation where the
    /// comparison stopped at a run.
    pub reference: Observation,
    /// The choices of the reference, for each run of `reference`.
    pub schedules: Vec<Vec<u32>>,
    /// What the reference reached, in the runs that agree.
    pub coverage: Coverage,
}

/// The verdict on a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything that the native engine did is allowed.
    Agree,
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
        difference: Difference,
    },
}

impl Judge {
    /// A judge over `native`.
    pub fn new(native: Native) -> Judge {
        Judge { native, budget: BUDGET }
    }

    /// The same with another limit on the number of schedules that a search may try.
    pub fn with_budget(self, budget: u32) -> Judge {
        Judge { budget, ..self }
    }

    /// Runs `case` on both engines.
    pub fn judge(&self, case: &Case) -> Judgement {
        let reference = Reference::new(case);
        let mut judgement = Judgement {
            verdict: Verdict::Agree,
            native: Observation::default(),
            reference: Observation::default(),
            schedules: Vec::new(),
            coverage: Coverage::default(),
        };
        let failure = match self.native.observe(case) {
            native::Outcome::Observed(observed) => {
                judgement.native = observed;
                None
            }
            native::Outcome::Rejected(message) => {
                Some(Verdict::Divergence(Divergence::Rejected { message }))
            }
            native::Outcome::Crashed { message, observed } => {
                judgement.native = observed;
                Some(Verdict::Crash { message })
            }
            native::Outcome::Unmapped { message, observed } => {
                judgement.native = observed;
                Some(Verdict::Divergence(Divergence::Unmapped { message }))
            }
        };
        judgement.verdict = match (reference, failure) {
            // What the reference does not understand it cannot call valid.
            (Err(what), None | Some(Verdict::Divergence(_))) => {
                Verdict::Inconclusive(Unknown::Unsupported(what))
            }
            (Err(_), Some(failure)) => failure,
            (Ok(reference), failure) => {
                let compared = self.compare(&reference, case, &mut judgement);
                failure.unwrap_or(compared)
            }
        };
        judgement
    }

    /// Compares the runs, until one does not agree.
    fn compare(&self, reference: &Reference, case: &Case, judgement: &mut Judgement) -> Verdict {
        let Judgement { native, reference: seen, schedules, coverage, .. } = judgement;
        let mut unknown = None;
        for (index, (run, native)) in case.runs.iter().zip(&native.runs).enumerate() {
            match compare(reference, run, native, self.budget) {
                Membership::Member { reference, schedule, coverage: reached } => {
                    coverage.add(&reached);
                    seen.runs.push(reference);
                    schedules.push(schedule);
                }
                Membership::Stranger { difference, reference, schedule } => {
                    seen.runs.push(reference);
                    schedules.push(schedule);
                    return Verdict::Divergence(Divergence::Run { run: index, difference });
                }
                Membership::Unknown(what) => {
                    seen.runs.push(RunObservation::default());
                    schedules.push(Vec::new());
                    unknown = unknown.or(Some(what));
                }
            }
        }
        unknown.map_or(Verdict::Agree, Verdict::Inconclusive)
    }
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Divergence::Rejected { message } => write!(f, "rejected: {message}"),
            Divergence::Unmapped { message } => write!(f, "unknown error: {message}"),
            Divergence::Run { run, difference } => write!(f, "run {run}, {difference}"),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Agree => f.write_str("agree"),
            Verdict::Divergence(divergence) => write!(f, "divergence: {divergence}"),
            Verdict::Inconclusive(why) => write!(f, "inconclusive: {why}"),
            Verdict::Crash { message } => write!(f, "crash: {message}"),
        }
    }
}
