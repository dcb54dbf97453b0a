//! `spawndiff run`: a campaign on this machine.

use super::progress::Progress;
use super::{Outcome, engines, jobs, print, print_styled, summary};
use anyhow::{Context, Result, bail};
use clap::builder::PossibleValuesParser;
use spawndiff::campaign::checkpoint::{Cases, State};
use spawndiff::campaign::running::Campaign;
use spawndiff::campaign::summary::json;
use spawndiff::campaign::verdicts::Verdicts;
use spawndiff::campaign::{page, shrink_findings};
use spawndiff::setup::Setup;
use spawndiff_generators::{Bodies, Mix};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Shown below the options.
const EXAMPLES: &str = "\
Examples:
  spawndiff run                                      10,000 cases from a new seed
  spawndiff run --seconds 600 --out found            ten minutes; findings go to the folder found
  spawndiff run --seed 1 --first 8 --cases 1         case 8 of seed 1 once more
  spawndiff run --engine winch --engine pulley       the cases go to these two in turn
  spawndiff run --resume --out found                 go on with what was interrupted

Exit code: 0 if nothing new was found, 1 if something was, 2 if the arguments are wrong.";

/// The arguments of `run`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// How many cases [default: 10000, or without end when --seconds is given]
    #[arg(long, value_name = "N", help_heading = "Cases")]
    cases: Option<u64>,
    /// How long, in seconds; shrinking what was found takes more
    #[arg(long, value_name = "S", help_heading = "Cases")]
    seconds: Option<u64>,
    /// The seed that the cases are drawn from; the same seed and count give the same verdicts [default: the clock]
    #[arg(long, value_name = "S", help_heading = "Cases")]
    seed: Option<u64>,
    /// The number of the first case of the seed, to make one again
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Cases")]
    first: u64,
    /// Whose code the cases run: the plan's, that and code that wasm-smith makes, or some of each [default: as the mix has it]
    #[arg(long, value_name = "WHOSE", value_parser = bodies(), help_heading = "Cases")]
    bodies: Option<String>,
    /// The number of the mix that the cases are drawn from: an old one means the same cases as when it was the default
    #[arg(long, value_name = "N", default_value_t = *Mix::NUMBERS.end(), value_parser = clap::value_parser!(u32).range(i64::from(*Mix::NUMBERS.start())..=i64::from(*Mix::NUMBERS.end())), help_heading = "Cases")]
    mix: u32,
    /// The most component instances that a case has, 1 to 4; half of the cases have one
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=4), help_heading = "Cases")]
    instances: u8,
    /// Which engine; more than one: the cases go to them in turn [default: cranelift, and now and then another]
    #[arg(long, value_name = "ENGINE", value_parser = engines::native(), help_heading = "Engines")]
    engine: Vec<String>,
    /// Each case on every one of the engines, or on all those of the default release; counted once for each
    #[arg(long, help_heading = "Engines")]
    each: bool,
    /// How many cases at a time [default: the number of cores]
    #[arg(long, value_name = "J", help_heading = "Running")]
    jobs: Option<usize>,
    /// The folder that findings are written to
    #[arg(
        long,
        value_name = "DIR",
        default_value = "findings",
        help_heading = "Output"
    )]
    out: PathBuf,
    /// Go on with the campaign whose findings are in the folder, with the cases that it has not judged
    #[arg(long, conflicts_with_all = ["cases", "seed", "first", "bodies", "mix", "instances", "engine", "each"], help_heading = "Running")]
    resume: bool,
    /// Whether the cases run in processes of their own, which an engine can end without ending the campaign
    #[arg(long, value_name = "WHETHER", default_value = "on", value_parser = ["on", "off"], help_heading = "Running")]
    isolate: String,
    /// How long a case may take before its process is ended, in seconds
    #[arg(long, value_name = "S", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..), help_heading = "Running")]
    timeout: u64,
    /// How long each kind of finding is shrunk when the campaign is over, in seconds; 0: not at all
    #[arg(long, value_name = "S", default_value_t = 60, help_heading = "Running")]
    shrink: u64,
    /// Also write the result as a page, index.html in this folder: verdicts, what was reached, each finding with its traces
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    html: Option<PathBuf>,
    /// Also write each verdict as one line, to hold two versions of this program against each other: a JSON object with the case's
    /// number, the engine, the verdict, the number of schedules tried, and a hash of the choices they asked
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "resume",
        help_heading = "Output"
    )]
    verdicts: Option<PathBuf>,
    /// Show in the summary how often each built-in returned and gave each trap; without it, the summary names what was never reached
    #[arg(long, conflicts_with = "json", help_heading = "Output")]
    reached: bool,
    /// Print the summary as one JSON object on standard output, and nothing else there
    #[arg(long, help_heading = "Output")]
    json: bool,
}

/// The names that `--bodies` takes.
fn bodies() -> PossibleValuesParser {
    PossibleValuesParser::new(Bodies::NAMES.map(|(name, _)| name))
}

/// Set by Ctrl-C.
static STOP: AtomicBool = AtomicBool::new(false);

/// Runs a campaign and prints its summary.
pub fn run(args: &Args, setup: &Setup) -> Result<Outcome> {
    // Before anything is made.
    for name in &args.engine {
        setup.engine(name)?;
    }
    let cases = match (args.cases, args.seconds) {
        (Some(0), _) => bail!("--cases 0: there is nothing to run"),
        (_, Some(0)) => bail!("--seconds 0: there is no time to run"),
        (Some(cases), _) => cases,
        (None, Some(_)) => u64::MAX,
        (None, None) => 10_000,
    };
    let jobs = jobs(args.jobs)?;
    // The second Ctrl-C ends the process at once.
    ctrlc::set_handler(|| {
        if STOP.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    })
    .context("cannot listen for Ctrl-C")?;
    // Before the folder is made, which is there if there is something to resume.
    let resumed = match args.resume {
        true => Some(State::load(&args.out)?),
        false => None,
    };
    let made = make_writable(&args.out)?;
    let seed = args.seed.unwrap_or_else(|| {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_nanos() as u64)
    });
    let mut state = if let Some(state) = resumed {
        state
    } else {
        let engines = match args.each && args.engine.is_empty() {
            true => {
                let all = setup.engines.of_default_release();
                let names = all.map(|listed| listed.about.identity.configuration.clone());
                names.collect()
            }
            false => args.engine.clone(),
        };
        State::new(Cases {
            seed,
            mix: args.mix,
            bodies: args.bodies.clone().filter(|name| name != "mixed"),
            instances: args.instances.into(),
            first: args.first,
            end: args.first.saturating_add(cases),
            engines,
            each: args.each,
        })
    };
    let engines = state.cases.engines.clone();
    for name in &engines {
        setup.engine(name)?;
    }
    let times = if state.cases.each {
        engines.len() as u64
    } else {
        1
    };
    let verdicts = match state.cases.end {
        u64::MAX => None,
        end => Some((end - state.cases.first).saturating_mul(times)),
    };
    let progress = Progress::new(&state.cases, verdicts);
    let campaign = Campaign {
        setup,
        engines: &engines,
        time: args.seconds.map(Duration::from_secs),
        jobs,
        isolated: (args.isolate == "on").then(|| Duration::from_secs(args.timeout)),
        out: &args.out,
        stop: &STOP,
    };
    let mut lines = match &args.verdicts {
        Some(path) => Some(Verdicts::create(path, state.cases.first)?),
        None => None,
    };
    let ran = campaign.run(&mut state, &mut lines, |state| progress.judged(state));
    let ran = ran.and(lines.map_or(Ok(()), Verdicts::end));
    progress.end();
    let is_over = ran.is_ok() && !STOP.load(Ordering::Relaxed);
    let kept = match is_over {
        true => {
            State::forget(&args.out);
            Ok(())
        }
        false => state.save(&args.out),
    };
    if ran.is_ok() && args.shrink > 0 {
        let time = Duration::from_secs(args.shrink);
        let warn = |line: &str| eprintln!("warning: {line}");
        shrink_findings::shrink(setup, &state, time, jobs, &STOP, warn)?;
    }
    if made && is_over && state.found.is_empty() {
        // Nothing is lost if it stays.
        let _ = fs::remove_dir(&args.out);
    }
    if args.json {
        print(&format!("{}\n", json(&state)))?;
    } else {
        print_styled(&summary::text(&state, args.reached)?)?;
    }
    // Last, so that what was found is told all the same.
    if let Some(folder) = &args.html {
        page::write(setup, &state, folder)?;
    }
    ran?;
    kept?;
    if state.counts.diverged + state.counts.crashed > 0 {
        Ok(Outcome::Found)
    } else {
        Ok(Outcome::Clean)
    }
}

/// Makes the folder of the findings, and fails early where they could not be written. Gives back
/// whether it is new.
fn make_writable(out: &Path) -> Result<bool> {
    let new = !out.exists();
    fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    let probe = out.join(format!(".spawndiff-{}", std::process::id()));
    fs::write(&probe, b"").with_context(|| format!("cannot write to {}", out.display()))?;
    fs::remove_file(&probe).with_context(|| format!("cannot write to {}", out.display()))?;
    Ok(new)
}
