//! Shrinking: a smaller case that shows the same, judged in a process of its own each time.

use crate::campaign::isolation::{self, Answer, Child, Request};
use crate::campaign::judging::Kind;
use crate::campaign::{finding, releases};
use crate::setup::Setup;
use anyhow::{Result, bail};
use spawndiff_corpus::{Case, StoredCase, component_from_text};
use spawndiff_generators::{Plan, encode, shrink};
use spawndiff_judge::provenance::{Origin, Provenance, one_line};
use spawndiff_judge::{BUDGET, Fingerprint, Judgement};
use spawndiff_observation::Engine;
use std::time::{Duration, Instant};

/// How many schedules a search may try while shrinking: a smaller case needs fewer.
const QUICK: u32 = 300;

/// How often a smaller case may be tried until it shows what it was kept for: what an engine does can depend on chance.
const TRIES: u32 = 4;

/// The outcome of shrinking.
pub enum Shrunk {
    /// The text of the file of the smaller case.
    Smaller(String),
    /// The case is no finding and not known; its verdict, on one line.
    NothingToKeep(String),
    /// The smaller case shows what it was kept for only now and then.
    Unsteady(Fingerprint),
}

/// Makes a stored case smaller, for at most so long. It keeps its fingerprint on `engine`, which is the one that the file says it was
/// found on, or the default one, where none is named. A case that was generated is shrunk by its plan first, and then, as any other,
/// by its component.
///
/// # Errors
///
/// There is no such engine, or no process can be started.
pub fn shrink(
    setup: &Setup,
    stored: &StoredCase,
    engine: Option<&str>,
    time: Duration,
) -> Result<Shrunk> {
    let (found, _) = Provenance::read(&stored.header);
    let about = &setup.engine_or_default(engine.or(found.engine()))?.about;
    let engine = about.identity.configuration.as_str();
    let mut apart = Apart::new(setup, engine);
    let Some(kind) = apart.kind(&stored.case, BUDGET)? else {
        let judgement = releases::judgement(setup, engine, &stored.case)?;
        let verdict = one_line(&judgement.verdict.to_string());
        return Ok(Shrunk::NothingToKeep(verdict));
    };
    // What takes a longer search to see is shrunk with that.
    let budget = match apart.kind(&stored.case, QUICK)?.as_ref() == Some(&kind) {
        true => QUICK,
        false => BUDGET,
    };
    let mut smaller = Smaller {
        apart,
        engine: setup.engines.make(engine).map_err(anyhow::Error::msg)?,
        budget,
        kind,
        end: Instant::now() + time,
        failed: None,
    };
    let plan = match found.origin() {
        Some(origin) => plan_of(setup, origin, &stored.case)?,
        None => None,
    };
    let case = smaller.shrink(&stored.case, plan);
    if let Some(error) = smaller.failed {
        return Err(error);
    }
    let fingerprint = smaller.kind.fingerprint;
    let Some(judgement) = shows(setup, engine, &case, &fingerprint)? else {
        return Ok(Shrunk::Unsteady(fingerprint));
    };
    let is_other = found.origin().is_none_or(|origin| origin.engine != engine);
    let provenance = Provenance {
        found_by: found.found_by,
        shrunk_on: is_other.then(|| engine.to_string()),
        releases: releases::releases(setup, &about.identity.family, &case, &fingerprint)?,
        ..Provenance::of(&judgement)
    };
    let text = finding::text(&provenance, &case, &judgement)?;
    Ok(Shrunk::Smaller(text))
}

/// The judgement on a case of a kind, if it shows that within a few tries.
fn shows(
    setup: &Setup,
    engine: &str,
    case: &Case,
    fingerprint: &Fingerprint,
) -> Result<Option<Judgement>> {
    for _ in 0..TRIES {
        let judgement = releases::judgement(setup, engine, case)?;
        if Fingerprint::of(&judgement).as_ref() == Some(fingerprint) {
            return Ok(Some(judgement));
        }
    }
    Ok(None)
}

/// The plan that a case was made of, if this version of the generator still makes it, and for an engine that there is.
fn plan_of(setup: &Setup, origin: &Origin, case: &Case) -> Result<Option<Plan>> {
    if setup.engine(&origin.engine).is_err() {
        return Ok(None);
    }
    let plan = setup.plan(origin)?;
    let made = component_from_text(&encode(&plan).component);
    Ok(made
        .is_ok_and(|made| made == case.component)
        .then_some(plan))
}

/// A judge in a process of its own: what a smaller case does to an engine is no better known than what a larger one does.
struct Apart<'a> {
    setup: &'a Setup,
    engine: &'a str,
    child: Option<Child>,
}

/// How long a case may take there.
const LIMIT: Duration = Duration::from_secs(20);

impl<'a> Apart<'a> {
    fn new(setup: &'a Setup, engine: &'a str) -> Apart<'a> {
        Apart {
            setup,
            engine,
            child: None,
        }
    }

    /// Of what kind a case is, if it is a finding or known.
    fn kind(&mut self, case: &Case, budget: u32) -> Result<Option<Kind>> {
        let child = match &mut self.child {
            Some(child) => child,
            None => self.child.insert(isolation::start(self.setup, LIMIT)?),
        };
        let request = Request::Kind {
            engine: self.engine.to_string(),
            budget,
            case: case.clone(),
        };
        match child.ask(&request) {
            Ok(Answer::Kind(kind)) => Ok(kind),
            Ok(Answer::Judged(_) | Answer::Replayed(_) | Answer::Ran) => {
                bail!("a worker answered what it was not asked")
            }
            Err(death) => {
                self.child = None;
                let judgement = self.setup.crashed(self.engine, case, death.to_string())?;
                // Nothing that is claimed is seen.
                Ok(Fingerprint::of(&judgement).map(|fingerprint| Kind {
                    fingerprint,
                    fails: true,
                }))
            }
        }
    }
}

/// A search for a smaller case: what such a case has to keep, and when the search ends.
struct Smaller<'a> {
    /// Who judges the smaller cases.
    apart: Apart<'a>,
    /// The engine itself, for what it lacks.
    engine: Box<dyn Engine>,
    /// How many schedules a search may try for it.
    budget: u32,
    /// The kind that a smaller case keeps, and that its file fails, as soon as one has failed.
    kind: Kind,
    /// When no more are tried.
    end: Instant,
    /// Why none can be tried any more.
    failed: Option<anyhow::Error>,
}

impl Smaller<'_> {
    fn keeps(&mut self, case: &Case) -> bool {
        if self.failed.is_some() || Instant::now() > self.end {
            return false;
        }
        match self.kind_of(case) {
            Ok(Some(kind)) => {
                let same = kind.fingerprint == self.kind.fingerprint;
                let keeps = same && kind.fails >= self.kind.fails;
                // What is kept is gone on with.
                if keeps {
                    self.kind = kind;
                }
                keeps
            }
            Ok(None) => false,
            Err(error) => {
                self.failed = Some(error);
                false
            }
        }
    }

    /// Of what kind a case is. What ends in a crash has to do so twice: that can depend on chance.
    fn kind_of(&mut self, case: &Case) -> Result<Option<Kind>> {
        let kind = self.apart.kind(case, self.budget)?;
        match &kind {
            Some(crash) if matches!(crash.fingerprint, Fingerprint::Crash { .. }) => {
                let again = self.apart.kind(case, self.budget)?;
                Ok(again.filter(|again| again.fingerprint == crash.fingerprint))
            }
            Some(_) | None => Ok(kind),
        }
    }

    /// A smaller case of the same kind.
    fn shrink(&mut self, case: &Case, plan: Option<Plan>) -> Case {
        let mut smallest = case.clone();
        if let Some(plan) = plan.filter(|plan| self.keeps(&encode(plan))) {
            let plan = shrink::plan(&plan, &mut |plan| self.keeps(&encode(plan)));
            smallest = encode(&plan);
        }
        // So that it runs under the engine's own runner.
        let lowered = finding::lowered(&*self.engine, &smallest);
        if let Some(lowered) = lowered.ok().flatten().filter(|case| self.keeps(case)) {
            smallest = lowered;
        }
        shrink::component::case(&smallest, &mut |case| self.keeps(case))
    }
}
