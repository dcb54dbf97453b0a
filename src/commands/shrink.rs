//! `spawndiff shrink`: a smaller case that shows the same.

use super::drawn::Kind;
use super::finding::{self, Origin};
use super::isolation::{Answer, Child, Request};
use super::{Outcome, across, engines, known, one_line, print, stored};
use anyhow::{Result, bail};
use spawndiff_corpus::{Case, component_from_text};
use spawndiff_engines::wasmtime::Variant;
use spawndiff_generators::{Plan, encode, shrink};
use spawndiff_judge::{BUDGET, Judgement, Signature};
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
    engine: Option<Variant>,
    /// How long, in seconds
    #[arg(long, value_name = "S", default_value_t = 60)]
    seconds: u64,
}

/// How many schedules a search may try while shrinking: a smaller case needs fewer.
const QUICK: u32 = 300;

/// How often a smaller case may be tried until it shows what it was kept for: what an engine does can depend on chance.
const TRIES: u32 = 4;

/// How the line of a shrunk case begins that names the engine.
const SHRUNK_ON: &str = "Shrunk on: ";

/// Shrinks a case and writes it.
pub fn shrink(args: &Args) -> Result<Outcome> {
    let Some(stored) = stored(&args.file) else {
        return Ok(Outcome::BadInput);
    };
    let origin = Origin::read(&stored.header);
    let shrunk_on = stored.header.iter().find_map(|line| {
        let name = line.strip_prefix(SHRUNK_ON)?;
        engines::of_name(name).ok()
    });
    let found_on = shrunk_on.or(origin.map(|origin| origin.engine));
    let engine = args.engine.or(found_on).unwrap_or_default();
    let mut apart = Apart::new(engine);
    let Some(kind) = apart.kind(&stored.case, BUDGET)? else {
        let judgement = across::judgement(engine, &stored.case)?;
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
        budget,
        kind,
        end: Instant::now() + Duration::from_secs(args.seconds),
        failed: None,
    };
    let plan = origin.and_then(|origin| plan_of(origin, &stored.case));
    let case = smaller.shrink(&stored.case, plan);
    if let Some(error) = smaller.failed {
        return Err(error);
    }
    let Some(judgement) = shows(engine, &case, &smaller.kind.signature)? else {
        bail!(
            "{}: {} does not show each time, and was not made smaller",
            args.file.display(),
            one_line(&smaller.kind.signature)
        );
    };
    let mut header = finding::verdict(&judgement);
    let found = |line: &&String| line.starts_with("Found by: ");
    header.extend(stored.header.iter().find(found).cloned());
    if origin.is_none_or(|origin| origin.engine != engine) {
        header.push(format!("{SHRUNK_ON}{engine}"));
    }
    if let Some(signature) = Signature::of(&judgement) {
        header.extend(across::lines(&case, &signature)?);
    }
    let text = finding::text(header, &case, &judgement)?;
    match &args.out {
        Some(path) => finding::whole(path, text.as_bytes())?,
        None => print(&text)?,
    }
    Ok(Outcome::Clean)
}

/// The judgement on a case in which it shows something, if it does so within a few tries.
fn shows(engine: Variant, case: &Case, signature: &str) -> Result<Option<Judgement>> {
    for _ in 0..TRIES {
        let judgement = across::judgement(engine, case)?;
        if Signature::of(&judgement).is_some_and(|seen| seen.to_string() == signature) {
            return Ok(Some(judgement));
        }
    }
    Ok(None)
}

/// The plan that a case was made of, if this version of the generator still makes it.
fn plan_of(origin: Origin, case: &Case) -> Option<Plan> {
    let plan = origin.plan();
    let made = component_from_text(&encode(&plan).component).ok()?;
    (made == case.component).then_some(plan)
}

/// A judge in a process of its own: what a smaller case does to an engine is no better known than what a larger one does.
struct Apart {
    engine: Variant,
    child: Option<Child>,
}

/// How long a case may take there.
const LIMIT: Duration = Duration::from_secs(20);

impl Apart {
    fn new(engine: Variant) -> Apart {
        Apart {
            engine,
            child: None,
        }
    }

    /// Of what kind a case is, if it is a finding or known.
    fn kind(&mut self, case: &Case, budget: u32) -> Result<Option<Kind>> {
        let child = match &mut self.child {
            Some(child) => child,
            None => self.child.insert(Child::new(LIMIT)?),
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
                let judgement = known::crashed(self.engine, case, death.to_string());
                // Nothing that is claimed is seen.
                Ok(Signature::of(&judgement).map(|signature| Kind {
                    signature: signature.to_string(),
                    fails: true,
                }))
            }
        }
    }
}

/// What shrinking keeps, and until when it goes on.
struct Smaller {
    /// Who judges the smaller cases.
    apart: Apart,
    /// How many schedules a search may try for it.
    budget: u32,
    /// What they keep: the signature, and that the file fails, as soon as one does.
    kind: Kind,
    /// When no more are tried.
    end: Instant,
    /// Why none can be tried any more.
    failed: Option<anyhow::Error>,
}

impl Smaller {
    fn keeps(&mut self, case: &Case) -> bool {
        if self.failed.is_some() || Instant::now() > self.end {
            return false;
        }
        match self.kind_of(case) {
            Ok(Some(kind)) => {
                let keeps = kind.signature == self.kind.signature && kind.fails >= self.kind.fails;
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
            Some(crash) if crash.signature.starts_with("crash: ") => {
                let again = self.apart.kind(case, self.budget)?;
                Ok(again.filter(|again| again.signature == crash.signature))
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
        let lowered = finding::lowered(self.apart.engine, &smallest);
        if let Some(lowered) = lowered.ok().flatten().filter(|case| self.keeps(case)) {
            smallest = lowered;
        }
        shrink::component::case(&smallest, &mut |case| self.keeps(case))
    }
}
