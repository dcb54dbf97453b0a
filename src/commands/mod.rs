//! The commands, one file each, and what they share: the outcome, how a broken file is reported,
//! how text gets to standard output.

pub mod engines;
pub mod known;
pub mod progress;
pub mod replay;
pub mod report;
pub mod run;
pub mod show;
pub mod shrink;
mod style;
pub mod summary;

use anyhow::{Context, Result, bail};
use spawndiff::replay::unreadable;
use spawndiff_corpus::StoredCase;
use std::io::{ErrorKind, Write};
use std::path::Path;

/// The outcome of a command, for the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing.
    Clean,
    /// A divergence, a crash or an assertion that failed.
    Found,
    /// Some of the input could not be read; it was reported.
    BadInput,
}

/// The stored case in a file; `None`: it cannot be read, which is reported.
pub fn stored(path: &Path) -> Option<StoredCase> {
    let read = StoredCase::read(path);
    read.map_err(|error| eprintln!("{}", unreadable(path, &error)))
        .ok()
}

/// Prints to standard output. A reader that has gone away, such as `head`, has read enough.
pub fn print(text: &str) -> Result<()> {
    write_to(std::io::stdout().lock(), text)
}

/// Prints a text with colours to standard output, and without them where that is no terminal or `NO_COLOR` is set.
pub fn print_styled(text: &str) -> Result<()> {
    write_to(anstream::stdout().lock(), text)
}

fn write_to(mut out: impl Write, text: &str) -> Result<()> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write to standard output"),
    }
}

/// More threads than this would only stand in each other's way.
const MAX_JOBS: usize = 1024;

/// How many jobs at a time: as many as were asked for, or as there are cores.
pub fn jobs(asked: Option<usize>) -> Result<usize> {
    match asked {
        Some(0) => bail!("--jobs 0: there is no one to run"),
        Some(jobs) if jobs > MAX_JOBS => bail!("--jobs {jobs}: at most {MAX_JOBS}"),
        Some(jobs) => Ok(jobs),
        None => Ok(std::thread::available_parallelism().map_or(1, std::num::NonZero::get)),
    }
}
