//! The command line of spawndiff: arguments in, an exit code out. The work is done by the commands.
//!
//! Exit codes: 0, no divergence; 1, a divergence, a crash of an engine or an assertion that failed;
//! 2, an error of usage or input, reported in one line on standard error.

#![warn(missing_docs)]

mod commands;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// A differential fuzzing harness for the threads of WebAssembly components.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
struct Cli {
    /// A folder of known divergences to go by, NAME.toml and NAME.wast each [default: built in]
    #[arg(long, global = true, value_name = "DIR")]
    known: Option<std::path::PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Generate components that start threads, run each on Wasmtime and on the reference, compare
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
    if let Some(folder) = cli.known
        && let Err(error) = commands::known::use_folder(folder)
    {
        eprintln!("error: {error:#}");
        return ExitCode::from(2);
    }
    let result = match cli.command {
        Command::Run(args) => commands::run::run(&args),
        Command::Replay(args) => commands::replay::replay(&args),
        Command::Show(args) => commands::show::show(&args),
        Command::Known(args) => commands::known::known(&args),
        Command::Engines => commands::engines::engines(),
        Command::Shrink(args) => commands::shrink::shrink(&args),
        Command::Report(args) => commands::report::report(&args),
        Command::Worker => commands::isolation::worker(),
    };
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
