//! `spawndiff report`: a finding as a text in Markdown, to be pasted where its engine's bugs are reported.

use super::{Outcome, engines, print, stored};
use anyhow::Result;
use spawndiff::campaign::finding;
use spawndiff::campaign::report::{Report, report as write};
use spawndiff::setup::Setup;
use spawndiff_corpus::StoredCase;
use std::path::PathBuf;

/// Shown below the options.
const EXAMPLES: &str = "\
Examples:
  spawndiff report corpus/known/cancels-twice.wast
  spawndiff report --out report.md corpus/known/cancels-twice.wast";

/// The arguments of `report`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// A stored case
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where the report is written [default: standard output]
    #[arg(short, long, value_name = "OUT")]
    out: Option<PathBuf>,
    /// The engine that it is about [default: that which the file says it was found on, or cranelift]
    #[arg(long, value_name = "ENGINE", value_parser = engines::native())]
    engine: Option<String>,
}

/// Writes the report of a case that is a finding.
pub fn report(args: &Args, setup: &Setup) -> Result<Outcome> {
    let Some(stored) = stored(&args.file) else {
        return Ok(Outcome::BadInput);
    };
    let name = args.file.file_stem().unwrap_or_default().to_string_lossy();
    let source = StoredCase::text(&args.file)?;
    let text = match write(setup, &stored, &name, &source, args.engine.as_deref())? {
        Report::Text(text) => text,
        Report::NothingToReport(verdict) => {
            let file = args.file.display();
            eprintln!("{file}: {verdict}: there is nothing to report");
            return Ok(Outcome::BadInput);
        }
    };
    match &args.out {
        Some(path) => finding::whole(path, text.as_bytes())?,
        None => print(&text)?,
    }
    Ok(Outcome::Clean)
}
