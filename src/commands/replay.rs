//! `spawndiff replay`: stored cases, and scripts of others, on the engines.

use super::{Outcome, engines, jobs, print};
use anyhow::{Context, Result};
use spawndiff::campaign::finding;
use spawndiff::replay::{REFERENCE, Replay, junit};
use spawndiff::setup::Setup;
use std::path::PathBuf;
use std::time::Duration;

/// Shown below the options.
const EXAMPLES: &str = "\
Examples:
  spawndiff replay                                        the stored cases of this repository
  spawndiff replay --engine cranelift corpus/cases        on one engine
  spawndiff replay --junit out.xml component-model/test   somebody else's suite, for a CI system

Exit code: 0 if every directive holds, 1 if one does not, 2 if a file cannot be read.";

/// The arguments of `replay`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Files, and folders that are searched for .wast files [default: corpus/cases]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Which engines [default: cranelift and reference]
    #[arg(long, value_name = "ENGINE", value_parser = engines::any())]
    engine: Vec<String>,
    /// Also write the result as JUnit's XML, for CI systems
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// How many files at a time [default: the number of cores]
    #[arg(long, value_name = "J")]
    jobs: Option<usize>,
    /// Whether files are replayed in a process of its own, which an engine can end without ending the replay
    #[arg(long, value_name = "WHETHER", default_value = "on", value_parser = ["on", "off"])]
    isolate: String,
    /// How long a file may take on an engine before its process is ended, in seconds
    #[arg(long, value_name = "S", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    timeout: u64,
    /// Print the result as one JSON object on standard output, and nothing else there
    #[arg(long)]
    json: bool,
}

/// Replays files and prints what became of them.
pub fn replay(args: &Args, setup: &Setup) -> Result<Outcome> {
    let default = [PathBuf::from("corpus/cases")];
    let paths = match args.paths.is_empty() {
        true => &default[..],
        false => &args.paths,
    };
    let jobs = jobs(args.jobs)?;
    let mut engines = args.engine.clone();
    if engines.is_empty() {
        engines = vec![setup.default_engine().to_string(), REFERENCE.to_string()];
    }
    for name in engines.iter().filter(|name| *name != REFERENCE) {
        setup.engine(name)?;
    }
    // In the order in which they are listed, the reference last.
    engines.sort_by_key(|name| setup.engines.place(name).unwrap_or(usize::MAX));
    engines.dedup();
    let replay = Replay {
        setup,
        engines: &engines,
        isolated: (args.isolate == "on").then(|| Duration::from_secs(args.timeout)),
        jobs,
    };
    let replayed = replay.run(paths)?;
    for line in &replayed.unreadable {
        eprintln!("{line}");
    }
    if args.json {
        let json = serde_json::to_string(&replayed);
        let json = json.context("numbers and strings can be said in JSON")?;
        print(&format!("{json}\n"))?;
    } else {
        print(&replayed.text()?)?;
    }
    // Last, so that nothing is lost where it cannot be written.
    if let Some(path) = &args.junit {
        finding::whole(path, junit::report(&replayed).to_string()?.as_bytes())?;
    }
    Ok(if !replayed.unreadable.is_empty() {
        Outcome::BadInput
    } else if replayed.has_failed() || !replayed.diverged.is_empty() {
        Outcome::Found
    } else {
        Outcome::Clean
    })
}
