//! A case of a campaign: drawn, judged, and what is to be kept of it.

use crate::campaign::counts::Counts;
use crate::campaign::finding::Finding;
use crate::campaign::verdicts;
use crate::setup::Setup;
use anyhow::Result;
use serde::{Deserialize, Serialize};
use spawndiff_corpus::Case;
use spawndiff_generators::{Plan, Refusal, encode_with_refusals};
use spawndiff_judge::claims::{Status, check_native};
use spawndiff_judge::compare::Unknown;
use spawndiff_judge::finding::stored;
use spawndiff_judge::provenance::Origin;
use spawndiff_judge::{BUDGET, Fingerprint, Judge, Judgement, Verdict};
use spawndiff_observation::{Identity, Outcome};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// A case that is to be drawn.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Draw {
    /// Which one, and where it goes.
    pub origin: Origin,
    /// Whether it goes to the default engine where its own lacks something that it uses.
    pub or_default: bool,
}

/// The result of a case.
#[derive(Debug, Serialize, Deserialize)]
pub struct Judged {
    /// The counts of this case alone.
    pub counts: Counts,
    /// The finding, if it is one.
    pub found: Option<Finding>,
    /// Its line, for `--verdicts`.
    pub line: String,
    /// The resident memory of the process afterwards, in bytes; zero where the system does not say.
    pub memory: u64,
}

impl Draw {
    /// The case itself.
    pub fn case(&self, setup: &Setup) -> Result<Case> {
        Ok(Drawn::new(setup, &self.origin)?.case)
    }

    /// The result of a case on which the engine ended its process.
    pub fn died(self, setup: &Setup, message: String) -> Result<Judged> {
        let drawn = Drawn::new(setup, &self.origin)?;
        let crashed = setup.crashed(&self.origin.engine, &drawn.case, message)?;
        judged(setup, self.origin, &drawn, &crashed)
    }

    /// The result of a case on which nothing can be said.
    pub fn given_up(self, why: &str) -> Judged {
        let mut counts = Counts {
            cases: 1,
            ..Counts::default()
        };
        counts.inconclusive.insert(why.to_string(), 1);
        let engine = self.origin.engine.clone();
        counts.engines.insert(engine, counts.verdicts());
        Judged {
            counts,
            found: None,
            line: verdicts::given_up(&self.origin),
            memory: 0,
        }
    }
}

/// A case that was drawn.
struct Drawn {
    plan: Plan,
    case: Case,
    /// Why it has no module of wasm-smith where its plan wants one.
    refused: Vec<Refusal>,
}

impl Drawn {
    fn new(setup: &Setup, origin: &Origin) -> Result<Drawn> {
        let plan = setup.plan(origin)?;
        let (case, refused) = encode_with_refusals(&plan);
        Ok(Drawn {
            plan,
            case,
            refused,
        })
    }
}

/// Of what kind a case is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kind {
    /// The kind.
    pub fingerprint: Fingerprint,
    /// Whether a file that claims what is allowed fails on the engine. Some do not: what came before a trap cannot be asked for.
    pub fails: bool,
}

/// Judges, one for each engine that was asked for.
pub struct Judges<'a> {
    setup: &'a Setup,
    /// By the name of the engine, and by how many schedules a search may try.
    judges: BTreeMap<(String, u32), Judge>,
    /// The last question to the reference and its answer: the next case may be the same on another engine.
    last: Option<Last>,
}

/// A case, and the judgements on it.
struct Last {
    case: Case,
    judged: Vec<(Identity, Outcome, Judgement)>,
}

impl<'a> Judges<'a> {
    /// None so far.
    pub fn new(setup: &'a Setup) -> Judges<'a> {
        Judges {
            setup,
            judges: BTreeMap::new(),
            last: None,
        }
    }

    /// That of an engine.
    pub fn of(&mut self, engine: &str) -> Result<&Judge> {
        self.with_budget(engine, BUDGET)
    }

    /// That of an engine whose searches may try so many schedules.
    pub fn with_budget(&mut self, engine: &str, budget: u32) -> Result<&Judge> {
        Ok(match self.judges.entry((engine.to_string(), budget)) {
            Entry::Occupied(made) => made.into_mut(),
            Entry::Vacant(new) => new.insert(self.setup.judge(engine)?.with_budget(budget)),
        })
    }

    /// Judges a case on an engine. Where the last one was the same, and came to the same on an engine of the same release, the
    /// reference is not asked again: it would say the same.
    fn judge_case(&mut self, engine: &str, case: &Case) -> Result<Judgement> {
        let judge = self.of(engine)?.engine();
        let (outcome, identity) = (judge.observe(case), judge.about().identity.clone());
        let mut last = match self.last.take() {
            Some(last) if last.case == *case => last,
            _ => Last {
                case: case.clone(),
                judged: Vec::new(),
            },
        };
        let same = last
            .judged
            .iter()
            .find(|it| it.0.is_of_release(&identity) && it.1 == outcome);
        let judgement = match same {
            Some((_, _, judgement)) => judgement.clone(),
            None => {
                let judgement = self.of(engine)?.judge_outcome(case, outcome.clone());
                last.judged.push((identity, outcome, judgement.clone()));
                judgement
            }
        };
        self.last = Some(last);
        Ok(judgement)
    }

    /// Of what kind a case is, if it is a finding or known.
    pub fn kind(&mut self, engine: &str, budget: u32, case: &Case) -> Result<Option<Kind>> {
        let judge = self.with_budget(engine, budget)?;
        let outcome = judge.engine().observe(case);
        let judgement = judge.judge_outcome(case, outcome.clone());
        let Some(fingerprint) = Fingerprint::of(&judgement) else {
            return Ok(None);
        };
        let stored = stored(Vec::new(), case, &judgement);
        let fails = check_native(&stored, &outcome)
            .iter()
            .any(|status| matches!(status, Status::Failed(_)));
        Ok(Some(Kind { fingerprint, fails }))
    }

    /// Draws a case and judges it.
    pub fn judge(&mut self, draw: Draw) -> Result<Judged> {
        let mut origin = draw.origin;
        let mut drawn = Drawn::new(self.setup, &origin)?;
        let mut judgement = self.judge_case(&origin.engine, &drawn.case)?;
        if let Verdict::Inconclusive(Unknown::Lacking(_)) = judgement.verdict
            && draw.or_default
        {
            origin.engine = self.setup.default_engine().to_string();
            drawn = Drawn::new(self.setup, &origin)?;
            judgement = self.judge_case(&origin.engine, &drawn.case)?;
        }
        judged(self.setup, origin, &drawn, &judgement)
    }
}

fn judged(setup: &Setup, origin: Origin, drawn: &Drawn, judgement: &Judgement) -> Result<Judged> {
    let mut counts = Counts::of(&drawn.plan, &drawn.refused, judgement);
    counts
        .engines
        .insert(origin.engine.clone(), counts.verdicts());
    let line = verdicts::line(&origin, judgement);
    let found = match &judgement.verdict {
        Verdict::Agree | Verdict::Known(_) | Verdict::Inconclusive(_) => None,
        Verdict::Divergence(_) | Verdict::Crash { .. } => match Fingerprint::of(judgement) {
            Some(kind) => Some(Finding::new(setup, origin, &drawn.case, judgement, kind)?),
            None => None,
        },
    };
    Ok(Judged {
        counts,
        found,
        line,
        memory: memory_stats::memory_stats().map_or(0, |memory| memory.physical_mem as u64),
    })
}
