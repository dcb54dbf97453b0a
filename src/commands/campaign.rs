//! A campaign: cases drawn from a seed, judged in parallel, counted.

use super::finding::{self, Origin};
use super::one_line;
use anyhow::Result;
use spawndiff_generators::{Mix, Plan, encode, plan_from_seed_with};
use spawndiff_oracles::compare::Unknown;
use spawndiff_oracles::native::{Config, Native, Variant};
use spawndiff_oracles::reference::{Builtin, Coverage};
use spawndiff_oracles::{Judge, Judgement, Trap, Verdict};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What a campaign is to do.
#[derive(Debug)]
pub struct Campaign<'a> {
    /// What the cases are drawn from, beside the seed.
    pub mix: Mix,
    /// The engines: each case goes to one of them, in turn. None: to the default one, and now and then to another.
    pub engines: &'a [Variant],
    /// The number of the first case.
    pub first: u64,
    /// How many cases at most.
    pub cases: u64,
    /// How long at most.
    pub time: Option<Duration>,
    /// What the cases are drawn from.
    pub seed: u64,
    /// How many at a time.
    pub jobs: usize,
    /// Where findings are written.
    pub out: &'a Path,
    /// Set from outside to end it early.
    pub stop: &'a AtomicBool,
}

/// What a campaign counted. The sum over cases, so the order does not matter.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// Cases judged.
    pub cases: u64,
    /// Invocations made, on the native engine.
    pub invocations: u64,
    /// Cases in which everything was allowed.
    pub agree: u64,
    /// Cases with a divergence that is known.
    pub known: u64,
    /// The same, by name; a case can show several.
    pub known_by: std::collections::BTreeMap<&'static str, u64>,
    /// Cases of which nothing can be said, by reason.
    pub inconclusive: std::collections::BTreeMap<String, u64>,
    /// Cases with a divergence.
    pub diverged: u64,
    /// Cases in which the native engine panicked.
    pub crashed: u64,
    /// Cases in which a started thread ran, a signature check failed, a null entry or an index out of range was hit at
    /// the start of a thread, and a deadlock was found; that have several component instances, cancelled a subtask, or made a
    /// stream or future.
    pub shares: [u64; 8],
    /// How many cases ran on each engine.
    pub engines: std::collections::BTreeMap<&'static str, u64>,
    /// What the reference reached.
    pub coverage: Coverage,
    /// The findings: the number of the case, the file, and the verdict.
    pub findings: Vec<(u64, PathBuf, String)>,
    /// The resident memory of the process, in bytes, after each [`MEMORY_EVERY`] cases; empty where the system does not say.
    pub memory: Vec<usize>,
}

/// One case in so many goes to another engine than the default one, where none is named.
const OTHER_ENGINE: u64 = 16;

/// How many cases lie between two looks at the memory.
pub const MEMORY_EVERY: u64 = 1_000;

/// The names of [`Counts::shares`].
pub const SHARES: [&str; 8] = [
    "thread_ran",
    "signature_check",
    "null_entry",
    "out_of_range",
    "deadlock",
    "several_instances",
    "subtask_cancelled",
    "stream_or_future",
];

impl Counts {
    fn add(&mut self, other: Counts) {
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
        for (name, count) in other.engines {
            *self.engines.entry(name).or_default() += count;
        }
        self.diverged += other.diverged;
        self.crashed += other.crashed;
        for (mine, theirs) in self.shares.iter_mut().zip(other.shares) {
            *mine += theirs;
        }
        self.coverage.add(&other.coverage);
        self.findings.extend(other.findings);
    }

    /// How many cases were inconclusive, whatever the reason.
    pub fn inconclusive(&self) -> u64 {
        self.inconclusive.values().sum()
    }

    fn of(plan: &Plan, judgement: &Judgement) -> Counts {
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
                    *counts.known_by.entry(known.name()).or_default() += 1;
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
        ]
        .map(u64::from);
        counts.coverage = coverage;
        counts
    }
}

impl Campaign<'_> {
    /// Judges the cases. `progress` hears of each case that was judged.
    pub fn run(&self, progress: impl Fn(&Counts) + Sync) -> Result<Counts> {
        let engines = match self.engines {
            [] => Variant::ALL,
            engines => engines,
        };
        let judge = |&variant| Judge::new(Native::new(Config::of(variant)));
        let judges: Vec<Judge> = engines.iter().map(judge).collect();
        let begin = Instant::now();
        let total = Mutex::new(Counts::default());
        let failed = Mutex::new(None);
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(self.jobs)
            .build()?;
        let over = || {
            self.stop.load(Ordering::Relaxed)
                || self.time.is_some_and(|time| begin.elapsed() > time)
        };
        // Each worker takes the next case, so that a campaign that is ended early has judged the first ones.
        let end = self.first.saturating_add(self.cases);
        let next = AtomicU64::new(self.first);
        pool.broadcast(|_| {
            while !over() {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= end {
                    break;
                }
                match self.case(&judges, index) {
                    Ok(counts) => {
                        let mut total = total.lock().expect("no one panics while counting");
                        total.add(counts);
                        if total.cases.is_multiple_of(MEMORY_EVERY) {
                            let memory = memory_stats::memory_stats();
                            total.memory.extend(memory.map(|m| m.physical_mem));
                        }
                        progress(&total);
                    }
                    Err(error) => {
                        *failed.lock().expect("no one panics while failing") = Some(error);
                        next.store(end, Ordering::Relaxed);
                    }
                }
            }
        });
        if let Some(error) = failed.into_inner().expect("no one panics while failing") {
            return Err(error);
        }
        let mut counts = total.into_inner().expect("no one panics while counting");
        counts.findings.sort();
        Ok(counts)
    }

    /// Which of the engines a case goes to. Depends on the seed and the number of the case alone.
    fn engine(&self, index: u64) -> usize {
        if !self.engines.is_empty() {
            return (index % self.engines.len() as u64) as usize;
        }
        let hash = (self.seed ^ index).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        match hash.is_multiple_of(OTHER_ENGINE) {
            // The default is the first.
            true => 1 + (hash / OTHER_ENGINE % (Variant::ALL.len() as u64 - 1)) as usize,
            false => 0,
        }
    }

    fn case(&self, judges: &[Judge], index: u64) -> Result<Counts> {
        let plan = plan_from_seed_with(self.seed, index, self.mix);
        let case = encode(&plan);
        let mut judge = &judges[self.engine(index)];
        let mut judgement = judge.judge(&case);
        if let (Verdict::Inconclusive(Unknown::Lacking(_)), []) = (&judgement.verdict, self.engines)
        {
            judge = &judges[0];
            judgement = judge.judge(&case);
        }
        let mut counts = Counts::of(&plan, &judgement);
        counts.engines.insert(judge.variant().name(), 1);
        match &judgement.verdict {
            Verdict::Agree | Verdict::Known(_) | Verdict::Inconclusive(_) => {}
            verdict @ (Verdict::Divergence(_) | Verdict::Crash { .. }) => {
                let origin = Origin {
                    instances: self.mix.instances,
                    seed: self.seed,
                    index,
                    engine: judge.variant(),
                };
                let path = finding::write(self.out, origin, &case, &judgement)?;
                counts
                    .findings
                    .push((index, path, one_line(&verdict.to_string())));
            }
        }
        Ok(counts)
    }
}
