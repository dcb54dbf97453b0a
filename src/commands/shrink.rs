//! `spawndiff shrink`: a smaller case that shows the same.

use super::drawn::Kind;
use super::isolation::{self, Answer, Child, Request};
use super::setup::Setup;
use super::{Outcome, across, engines, finding, one_line, print, stored};
use anyhow::{Result, bail};
use spawndiff_corpus::{Case, component_from_text};
use spawndiff_generators::{Plan, encode, shrink};
use spawndiff_judge::provenance::{Origin, Provenance};
use spawndiff_judge::{BUDGET, Fingerprint, Judgement};
use spawndiff_observation::Engine;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The arguments of `shrink`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A stored case that is a finding, or that is known
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where the smaller case is written [default: standard output]
    #[arg(short, long, value_name = "OUT")]
    out: Option<PathBuf>,
    /// The engine that it is shown on [default: that which the file says it was found on, or cranelift]
    #[arg(long, value_name = "ENGINE", value_parser = engines::native())]
    engine: Option<String>,
    /// How long, in seconds
    #[arg(long, value_name = "S", default_value_t = 60)]
    seconds: u64,
}

/// How many schedules a search may try while shrinking: a smaller case needs fewer.
const QUICK: u32 = 300;

/// How often a smaller case may be tried until it shows what it was kept for: what an engine does can depend on chance.
const TRIES: u32 = 4;

/// Shrinks a case and writes it.
pub fn shrink(args: &Args, setup: &Setup) -> Result<Outcome> {
    let Some(stored) = stored(&args.file) else {
        return Ok(Outcome::BadInput);
    };
    let (found, _) = Provenance::read(&stored.header);
    let name = args.engine.as_deref().or(found.engine());
    let about = &setup.engine_or_default(name)?.about;
    let engine = about.identity.configuration.as_str();
    let mut apart = Apart::new(setup, engine);
    let Some(kind) = apart.kind(&stored.case, BUDGET)? else {
        let judgement = across::judgement(setup, engine, &stored.case)?;
        let verdict = one_line(&judgement.verdict.to_string());
        eprintln!(
            "{}: {verdict}: there is nothing to keep",
            args.file.display()
        );
        return Ok(Outcome::BadInput);
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
        end: Instant::now() + Duration::from_secs(args.seconds),
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
    let fingerprint = &smaller.kind.fingerprint;
    let Some(judgement) = shows(setup, engine, &case, fingerprint)? else {
        bail!(
            "{}: {fingerprint} does not show each time, and was not made smaller",
            args.file.display(),
        );
    };
    let is_other = found.origin().is_none_or(|origin| origin.engine != engine);
    let provenance = Provenance {
        found_by: found.found_by,
        shrunk_on: is_other.then(|| engine.to_string()),
        releases: across::releases(setup, &about.identity.family, &case, fingerprint)?,
        ..Provenance::of(&judgement)
    };
    let text = finding::text(&provenance, &case, &judgement)?;
    match &args.out {
        Some(path) => finding::whole(path, text.as_bytes())?,
        None => print(&text)?,
    }
    Ok(Outcome::Clean)
}

/// The judgement on a case of a kind, if it shows that within a few tries.
fn shows(
    setup: &Setup,
    engine: &str,
    case: &Case,
    fingerprint: &Fingerprint,
) -> Result<Option<Judgement>> {
    for _ in 0..TRIES {
        let judgement = across::judgement(setup, engine, case)?;
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

/// What shrinking keeps, and until when it goes on.
struct Smaller<'a> {
    /// Who judges the smaller cases.
    apart: Apart<'a>,
    /// The engine itself, for what it lacks.
    engine: Box<dyn Engine>,
    /// How many schedules a search may try for it.
    budget: u32,
    /// What they keep: of what kind they are, and that the file fails, as soon as one does.
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
