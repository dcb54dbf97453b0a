//! A case of a campaign: drawn, judged, and what is to be kept of it.

use super::counts::Counts;
use super::finding::{self, Finding, Origin};
use super::{known, mix, verdicts};
use serde::{Deserialize, Serialize};
use spawndiff_corpus::Case;
use spawndiff_engines::wasmtime::{Config, Outcome, Release, Variant};
use spawndiff_generators::{Plan, Without, encode, plan_from_seed_with};
use spawndiff_judge::claims::{Status, check_native};
use spawndiff_judge::compare::Unknown;
use spawndiff_judge::{BUDGET, Judge, Judgement, Signature, Verdict};
use std::collections::BTreeMap;

/// A case that is to be drawn.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Draw {
    /// Which one, and where it goes.
    pub origin: Origin,
    /// Whether it goes to the default engine where its own lacks something that it uses.
    pub or_default: bool,
}

/// What became of a case.
#[derive(Debug, Serialize, Deserialize)]
pub struct Judged {
    /// What is counted.
    pub counts: Counts,
    /// What was found, if it is a finding.
    pub found: Option<Finding>,
    /// Its line, for `--verdicts`.
    pub line: String,
    /// The resident memory of the process afterwards, in bytes; zero where the system does not say.
    pub memory: u64,
}

impl Origin {
    /// The plan of the case.
    pub fn plan(self) -> Plan {
        let mix = mix::of_family(&self.engine.identity().family, self.instances);
        let release = self.engine.release();
        plan_from_seed_with(self.seed, self.index, mix).without(Without {
            yield_then_promote: !release.has_yield_then_promote(),
            cancellable: !release.has_cancellable(),
        })
    }
}

impl Draw {
    /// The case itself.
    pub fn case(self) -> Case {
        encode(&self.origin.plan())
    }

    /// What is kept of a case on which the engine ended its process.
    pub fn died(self, message: String) -> Judged {
        let plan = self.origin.plan();
        let case = encode(&plan);
        judged(
            self.origin,
            &plan,
            &case,
            &known::crashed(self.origin.engine, &case, message),
        )
    }

    /// What is kept of a case on which nothing can be said.
    pub fn given_up(self, why: &str) -> Judged {
        let mut counts = Counts {
            cases: 1,
            ..Counts::default()
        };
        counts.inconclusive.insert(why.to_string(), 1);
        let engine = self.origin.engine.to_string();
        counts.engines.insert(engine, counts.verdicts());
        Judged {
            counts,
            found: None,
            line: verdicts::given_up(self.origin),
            memory: 0,
        }
    }
}

/// Of what kind a case is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kind {
    /// Its signature.
    pub signature: String,
    /// Whether a file that claims what is allowed fails on the engine. Some do not: what came before a trap cannot be asked for.
    pub fails: bool,
}

/// Judges, one for each engine that was asked for.
#[derive(Default)]
pub struct Judges {
    /// By engine, and by how many schedules a search may try.
    judges: BTreeMap<(Variant, u32), Judge>,
    /// What was last said. The next case may be the same on another engine.
    last: Option<Last>,
}

/// A case, and the judgements on it.
struct Last {
    case: Case,
    judged: Vec<(Release, Outcome, Judgement)>,
}

impl Judges {
    /// That of an engine.
    pub fn of(&mut self, engine: Variant) -> &Judge {
        self.with_budget(engine, BUDGET)
    }

    /// That of an engine whose searches may try so many schedules.
    pub fn with_budget(&mut self, engine: Variant, budget: u32) -> &Judge {
        let new = || known::judge(Config::of(engine).planted()).with_budget(budget);
        self.judges.entry((engine, budget)).or_insert_with(new)
    }

    /// Judges a case on an engine. Where the last one was the same, and came to the same on an engine of the same release, the
    /// reference is not asked again: it would say the same.
    fn judge_case(&mut self, engine: Variant, case: &Case) -> Judgement {
        let outcome = self.of(engine).engine().observe(case);
        let mut last = match self.last.take() {
            Some(last) if last.case == *case => last,
            _ => Last {
                case: case.clone(),
                judged: Vec::new(),
            },
        };
        let release = engine.release();
        let same = last
            .judged
            .iter()
            .find(|it| it.0 == release && it.1 == outcome);
        let judgement = match same {
            Some((_, _, judgement)) => judgement.clone(),
            None => {
                let judgement = self.of(engine).judge_outcome(case, outcome.clone());
                last.judged.push((release, outcome, judgement.clone()));
                judgement
            }
        };
        self.last = Some(last);
        judgement
    }

    /// Of what kind a case is, if it is a finding or known.
    pub fn kind(&mut self, engine: Variant, budget: u32, case: &Case) -> Option<Kind> {
        let judge = self.with_budget(engine, budget);
        let outcome = judge.engine().observe(case);
        let judgement = judge.judge_outcome(case, outcome.clone());
        let signature = Signature::of(&judgement)?.to_string();
        let stored = finding::stored(Vec::new(), case, &judgement);
        let fails = check_native(&stored, &outcome)
            .iter()
            .any(|status| matches!(status, Status::Failed(_)));
        Some(Kind { signature, fails })
    }

    /// Draws a case and judges it.
    pub fn judge(&mut self, draw: Draw) -> Judged {
        let mut origin = draw.origin;
        let mut plan = origin.plan();
        let mut case = encode(&plan);
        let mut judgement = self.judge_case(origin.engine, &case);
        if let Verdict::Inconclusive(Unknown::Lacking(_)) = judgement.verdict
            && draw.or_default
        {
            origin.engine = Variant::default();
            plan = origin.plan();
            case = encode(&plan);
            judgement = self.judge_case(origin.engine, &case);
        }
        judged(origin, &plan, &case, &judgement)
    }
}

fn judged(origin: Origin, plan: &Plan, case: &Case, judgement: &Judgement) -> Judged {
    let mut counts = Counts::of(plan, judgement);
    counts
        .engines
        .insert(origin.engine.to_string(), counts.verdicts());
    let found = match &judgement.verdict {
        Verdict::Agree | Verdict::Known(_) | Verdict::Inconclusive(_) => None,
        Verdict::Divergence(_) | Verdict::Crash { .. } => {
            let signature = Signature::of(judgement);
            signature.map(|signature| Finding::new(origin, case, judgement, signature))
        }
    };
    Judged {
        counts,
        found,
        line: verdicts::line(origin, judgement),
        memory: memory_stats::memory_stats().map_or(0, |memory| memory.physical_mem as u64),
    }
}
