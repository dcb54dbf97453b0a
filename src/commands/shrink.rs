//! `spawndiff shrink`: a smaller case that shows the same.

use super::finding::{self, Origin};
use super::isolation::{Child, Request};
use super::{Outcome, across, engines, known, one_line, print, stored};
use anyhow::Result;
use spawndiff_corpus::{Case, component_from_text};
use spawndiff_generators::{Plan, encode, shrink};
use spawndiff_oracles::native::{Config, Variant};
use spawndiff_oracles::{Judge, Judgement, Signature};
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
const BUDGET: u32 = 300;

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
    let engine = args.engine.or(found_on);
    let config = Config::of(engine.unwrap_or_default()).planted();
    let judge = known::judge(config.clone());
    let engine = judge.variant();
    let mut apart = Apart::new(engine);
    let is_fatal = apart.judge(&stored.case)?;
    let judgement = match &is_fatal {
        Some(fatal) => fatal.clone(),
        None => judge.judge(&stored.case),
    };
    let Some(signature) = Signature::of(&judgement) else {
        let verdict = one_line(&judgement.verdict.to_string());
        eprintln!(
            "{}: {verdict}: there is nothing to keep",
            args.file.display()
        );
        return Ok(Outcome::BadInput);
    };
    // What takes a longer search to see is shrunk with that.
    let quick = known::judge(config).with_budget(BUDGET);
    let here = |judge: &Judge, case: &Case| Some(judge.judge(case));
    let mut smaller = Smaller {
        judge: if is_fatal.is_some() {
            Box::new(|case| apart.judge(case).ok().flatten())
        } else if Signature::of(&quick.judge(&stored.case)).as_ref() == Some(&signature) {
            Box::new(|case| here(&quick, case))
        } else {
            Box::new(|case| here(&judge, case))
        },
        signature,
        end: Instant::now() + Duration::from_secs(args.seconds),
    };
    let plan = origin.and_then(|origin| plan_of(origin, &stored.case));
    let (case, judgement) = smaller.shrink(&stored.case, plan, judgement);
    drop(smaller);
    let mut header = finding::verdict(&judgement);
    let found = |line: &&String| line.starts_with("Found by: ");
    header.extend(stored.header.iter().find(found).cloned());
    header.push(format!("{SHRUNK_ON}{engine}"));
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

/// The plan that a case was made of, if this version of the generator still makes it.
fn plan_of(origin: Origin, case: &Case) -> Option<Plan> {
    let plan = origin.plan();
    let made = component_from_text(&encode(&plan).component).ok()?;
    (made == case.component).then_some(plan)
}

/// An engine in a process of its own, for cases that end it.
struct Apart {
    engine: Variant,
    child: Option<Child>,
}

/// How long such a case may take.
const LIMIT: Duration = Duration::from_secs(20);

impl Apart {
    fn new(engine: Variant) -> Apart {
        Apart {
            engine,
            child: None,
        }
    }

    /// The judgement on a case that ends the process; `None` on others.
    fn judge(&mut self, case: &Case) -> Result<Option<Judgement>> {
        let child = match &mut self.child {
            Some(child) => child,
            None => self.child.insert(Child::new(LIMIT)?),
        };
        let request = Request::Run {
            engine: self.engine.to_string(),
            case: case.clone(),
        };
        match child.ask(&request) {
            Ok(_) => Ok(None),
            Err(death) => {
                self.child = None;
                let message = death.to_string();
                Ok(Some(known::crashed(self.engine, case, message)))
            }
        }
    }
}

/// Judges a case, unless it does not come to what is kept anyway.
type Judging<'a> = dyn FnMut(&Case) -> Option<Judgement> + 'a;

/// What shrinking keeps, and until when it goes on.
struct Smaller<'a> {
    /// Who judges the smaller cases.
    judge: Box<Judging<'a>>,
    /// What they keep.
    signature: Signature,
    /// When no more are tried.
    end: Instant,
}

impl Smaller<'_> {
    fn keeps(&mut self, case: &Case) -> Option<Judgement> {
        if Instant::now() > self.end {
            return None;
        }
        let judgement = (self.judge)(case)?;
        (Signature::of(&judgement).as_ref() == Some(&self.signature)).then_some(judgement)
    }

    /// A smaller case with the same signature, and the judgement on it.
    fn shrink(
        &mut self,
        case: &Case,
        plan: Option<Plan>,
        judgement: Judgement,
    ) -> (Case, Judgement) {
        let mut smallest = (case.clone(), judgement);
        if let Some(plan) = plan.filter(|plan| self.keeps(&encode(plan)).is_some()) {
            shrink::plan(&plan, &mut |plan| {
                let case = encode(plan);
                let kept = self.keeps(&case);
                kept.map(|judgement| smallest = (case, judgement)).is_some()
            });
        }
        let case = smallest.0.clone();
        shrink::component::case(&case, &mut |case| {
            let kept = self.keeps(case);
            kept.map(|judgement| smallest = (case.clone(), judgement))
                .is_some()
        });
        smallest
    }
}
