//! `spawndiff shrink`: a smaller case that shows the same.

use super::{Outcome, engines, print, stored};
use anyhow::{Result, bail};
use spawndiff::campaign::finding;
use spawndiff::campaign::shrinking::{Shrunk, shrink as smaller};
use spawndiff::setup::Setup;
use std::path::PathBuf;
use std::time::Duration;

/// Shown below the options.
const EXAMPLES: &str = "\
Examples:
  spawndiff shrink --seconds 20 --out smaller.wast corpus/known/cancels-twice.wast";

/// The arguments of `shrink`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
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

/// Shrinks a case and writes it.
pub fn shrink(args: &Args, setup: &Setup) -> Result<Outcome> {
    let Some(stored) = stored(&args.file) else {
        return Ok(Outcome::BadInput);
    };
    let time = Duration::from_secs(args.seconds);
    let file = args.file.display();
    let text = match smaller(setup, &stored, args.engine.as_deref(), time)? {
        Shrunk::Smaller(text) => text,
        Shrunk::NothingToKeep(verdict) => {
            eprintln!("{file}: {verdict}: there is nothing to keep");
            return Ok(Outcome::BadInput);
        }
        Shrunk::Unsteady(fingerprint) => {
            bail!("{file}: {fingerprint} does not show each time, and was not made smaller")
        }
    };
    match &args.out {
        Some(path) => finding::whole(path, text.as_bytes())?,
        None => print(&text)?,
    }
    Ok(Outcome::Clean)
}
