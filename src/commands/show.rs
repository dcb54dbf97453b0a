//! `spawndiff show`: one stored case, for a person: the component, both traces side by side, the
//! schedule.

use super::{Outcome, engines, print, stored};
use anyhow::Result;
use spawndiff::campaign::finding;
use spawndiff::setup::Setup;
use spawndiff::side_by_side;
use spawndiff_corpus::StoredCase;
use spawndiff_judge::Verdict;
use spawndiff_observation::Engine;
use std::fmt::{self, Write};
use std::path::PathBuf;

/// Shown below the options.
const EXAMPLES: &str = "\
Examples:
  spawndiff show corpus/known/cancels-twice.wast
  spawndiff show --lowered corpus/cases/spawn-indirect.wast   as a file for an engine without thread.spawn-indirect";

/// The arguments of `show`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// A stored case
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The engine beside the reference [default: cranelift]
    #[arg(long, value_name = "ENGINE", value_parser = engines::native())]
    engine: Option<String>,
    /// Print the case as a .wast file in which what the engine lacks is written with what it has, and nothing else
    #[arg(long)]
    lowered: bool,
}

/// Prints what a case is and what the engines make of it.
pub fn show(args: &Args, setup: &Setup) -> Result<Outcome> {
    let Some(stored) = stored(&args.file) else {
        return Ok(Outcome::BadInput);
    };
    let engine = setup.engine_or_default(args.engine.as_deref())?;
    let engine = &engine.about.identity.configuration;
    if args.lowered {
        let engine = setup.engines.make(engine).map_err(anyhow::Error::msg)?;
        print(&lowered(&*engine, &stored)?)?;
        return Ok(Outcome::Clean);
    }
    // The component comes first, so that it is seen even where it is the end of an engine.
    print(&component(&stored)?)?;
    let judgement = setup.judge(engine)?.judge(&stored.case);
    print(&side_by_side::text(&stored, &judgement)?)?;
    Ok(match judgement.verdict {
        Verdict::Agree | Verdict::Known(_) | Verdict::Inconclusive(_) => Outcome::Clean,
        Verdict::Divergence(_) | Verdict::Crash { .. } => Outcome::Found,
    })
}

/// The case as a file for a runner whose engine lacks some built-ins.
fn lowered(engine: &dyn Engine, stored: &StoredCase) -> Result<String> {
    let lowered = finding::lowered(engine, &stored.case)?;
    Ok(StoredCase {
        case: lowered.unwrap_or_else(|| stored.case.clone()),
        ..stored.clone()
    }
    .to_wast()?)
}

/// The header and the component of a case.
fn component(stored: &StoredCase) -> Result<String, fmt::Error> {
    let mut out = String::new();
    for line in &stored.header {
        writeln!(out, ";; {line}")?;
    }
    match wasmprinter::print_bytes(&stored.case.component) {
        Ok(text) => writeln!(out, "{text}")?,
        Err(error) => writeln!(out, ";; the component cannot be printed: {error}")?,
    }
    Ok(out)
}
