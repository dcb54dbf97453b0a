//! The counts of a campaign.

use serde::{Deserialize, Serialize};
use spawndiff_generators::{Plan, Refusal};
use spawndiff_judge::{Judgement, Verdict};
use spawndiff_observation::Trap;
use spawndiff_reference::{Builtin, Coverage};
use std::collections::BTreeMap;

/// The counts of a campaign: sums over its cases, so the order of the cases does not matter.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Cases judged.
    pub cases: u64,
    /// Invocations made, on the native engine.
    pub invocations: u64,
    /// Cases in which everything was allowed.
    pub agree: u64,
    /// Cases with a divergence that is known.
    pub known: u64,
    /// Cases that show each known divergence, by its name. A case can show several.
    pub known_by: BTreeMap<String, u64>,
    /// Cases of which nothing can be said, by reason.
    pub inconclusive: BTreeMap<String, u64>,
    /// Cases with a divergence.
    pub diverged: u64,
    /// Cases in which the native engine panicked.
    pub crashed: u64,
    /// Cases in which a started thread ran, a signature check failed, a null entry or an index out of range was hit at
    /// the start of a thread, and a deadlock was found; that have several component instances, cancelled a subtask, made a
    /// stream or future, or have code that wasm-smith makes.
    pub shares: [u64; 9],
    /// Cases that were to have such code and have none, by reason.
    pub refused: BTreeMap<String, u64>,
    /// How many cases of each verdict there are on each engine, as in [`Counts::verdicts`].
    pub engines: BTreeMap<String, [u64; 5]>,
    /// The outcomes of built-ins that the reference reached.
    pub coverage: Coverage,
    /// The resident memory of all processes, in bytes, after each [`MEMORY_EVERY`] cases; empty where the system does not say.
    pub memory: Vec<u64>,
}

/// How many cases lie between two looks at the memory.
pub const MEMORY_EVERY: u64 = 1_000;

/// The names of the verdicts.
pub const VERDICTS: [&str; 5] = ["agree", "known", "inconclusive", "diverged", "crashed"];

/// The names of [`Counts::shares`].
pub const SHARES: [&str; 9] = [
    "thread_ran",
    "signature_check",
    "null_entry",
    "out_of_range",
    "deadlock",
    "several_instances",
    "subtask_cancelled",
    "stream_or_future",
    "smith_bodies",
];

impl Counts {
    /// Adds the counts of other cases.
    pub fn add(&mut self, other: Counts) {
        self.cases += other.cases;
        self.invocations += other.invocations;
        self.agree += other.agree;
        self.known += other.known;
        for (name, count) in other.known_by {
            *self.known_by.entry(name).or_default() += count;
        }
        for (why, count) in other.inconclusive {
            *self.inconclusive.entry(why).or_default() += count;
        }
        for (why, count) in other.refused {
            *self.refused.entry(why).or_default() += count;
        }
        for (name, verdicts) in other.engines {
            let mine = self.engines.entry(name).or_default();
            for (mine, theirs) in mine.iter_mut().zip(verdicts) {
                *mine += theirs;
            }
        }
        self.diverged += other.diverged;
        self.crashed += other.crashed;
        for (mine, theirs) in self.shares.iter_mut().zip(other.shares) {
            *mine += theirs;
        }
        self.coverage.add(&other.coverage);
    }

    /// How many cases there are of each verdict, in the order of [`VERDICTS`].
    pub fn verdicts(&self) -> [u64; 5] {
        let inconclusive = self.inconclusive();
        [
            self.agree,
            self.known,
            inconclusive,
            self.diverged,
            self.crashed,
        ]
    }

    /// How many cases were inconclusive, whatever the reason.
    pub fn inconclusive(&self) -> u64 {
        self.inconclusive.values().sum()
    }

    /// The counts of one case. `refused` says why it has no code of wasm-smith where its plan wants some.
    pub fn of(plan: &Plan, refused: &[Refusal], judgement: &Judgement) -> Counts {
        let coverage = judgement.coverage.clone();
        let returned = |builtin| coverage.reached.contains_key(&(builtin, None));
        let mut counts = Counts {
            cases: 1,
            ..Counts::default()
        };
        counts.invocations = judgement
            .native
            .runs
            .iter()
            .map(|r| r.invocations.len() as u64)
            .sum();
        match &judgement.verdict {
            Verdict::Agree => counts.agree = 1,
            Verdict::Known(known) => {
                counts.known = 1;
                for known in known {
                    *counts.known_by.entry(known.name().to_string()).or_default() += 1;
                }
            }
            Verdict::Divergence(_) => counts.diverged = 1,
            Verdict::Crash { .. } => counts.crashed = 1,
            Verdict::Inconclusive(why) => {
                counts.inconclusive.insert(why.to_string(), 1);
            }
        }
        counts.shares = [
            coverage.threads_ran > 0,
            coverage.thread_start_gave(Trap::ThreadStartType),
            coverage.thread_start_gave(Trap::ThreadStartNull),
            coverage.thread_start_gave(Trap::TableOutOfBounds),
            coverage.deadlocks > 0,
            plan.instances.len() > 1,
            returned(Builtin::SubtaskCancel),
            returned(Builtin::StreamNew) || returned(Builtin::FutureNew),
            refused.is_empty() && plan.instances.iter().any(|it| it.smith.is_some()),
        ]
        .map(u64::from);
        for why in refused {
            *counts.refused.entry(why.to_string()).or_default() += 1;
        }
        counts.coverage = coverage;
        counts
    }
}
