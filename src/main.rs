//! The command line of spawndiff: arguments in, an exit code out. The work is done by the commands.
//!
//! Exit codes: 0, no divergence; 1, a divergence, a crash of an engine or an assertion that failed;
//! 2, an error of usage or input, reported in one line on standard error.

#![warn(missing_docs)]

mod commands;

use clap::{Parser, Subcommand};
use spawndiff::campaign::isolation::worker;
use spawndiff::setup::Setup;
use std::path::PathBuf;
use std::process::ExitCode;

/// Shown below the commands.
const EXAMPLES: &str = "\
Examples:
  spawndiff run                                       find something
  spawndiff show findings/case-0000000000000001-7-cranelift.wast   look at what was found
  spawndiff replay                                    run the stored cases

Each command has a --help of its own with examples.";

/// A differential fuzzing harness for the threads of WebAssembly components.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100, after_help = EXAMPLES)]
struct Cli {
    /// A folder of known divergences to go by, NAME.toml and NAME.wast each [default: built in]
    #[arg(long, global = true, value_name = "DIR", help_heading = "All commands")]
    known: Option<PathBuf>,
    /// An engine that is a program of its own: it answers on its standard output what it is asked on its standard input
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help_heading = "All commands"
    )]
    program: Vec<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Generate components that start threads, run each on an engine and on the reference, compare
    Run(commands::run::Args),
    /// Run stored cases on the engines, check what they claim, and compare the engines
    Replay(commands::replay::Args),
    /// Show a stored case: the component, both traces side by side, the schedule
    Show(commands::show::Args),
    /// Tell of each known divergence whether it still shows, on each release in this build
    Known(commands::known::Args),
    /// List the engines that cases can run on, and what they lack
    Engines,
    /// Make a stored case smaller that shows the same: on its plan, if it was generated, and then on the component
    Shrink(commands::shrink::Args),
    /// Write the report of a finding, in Markdown: what should happen, what happens, on which releases, how to reproduce it
    Report(commands::report::Args),
    /// Judge the cases that another process asks for
    #[command(hide = true)]
    Worker,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let setup = Setup::new(cli.known.as_deref(), &cli.program);
    let result = setup.and_then(|setup| match cli.command {
        Command::Run(args) => commands::run::run(&args, &setup),
        Command::Replay(args) => commands::replay::replay(&args, &setup),
        Command::Show(args) => commands::show::show(&args, &setup),
        Command::Known(args) => commands::known::known(&args, &setup),
        Command::Engines => commands::engines::engines(&setup),
        Command::Shrink(args) => commands::shrink::shrink(&args, &setup),
        Command::Report(args) => commands::report::report(&args, &setup),
        Command::Worker => worker(&setup).map(|()| commands::Outcome::Clean),
    });
    match result {
        Ok(commands::Outcome::Clean) => ExitCode::SUCCESS,
        Ok(commands::Outcome::Found) => ExitCode::from(1),
        Ok(commands::Outcome::BadInput) => ExitCode::from(2),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}
