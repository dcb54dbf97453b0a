//! The commands, one file each, and what they share: the outcome, how a broken file is reported,
//! how text gets to standard output.

pub mod across;
pub mod campaign;
pub mod counts;
pub mod drawn;
pub mod engines;
pub mod finding;
pub mod html;
pub mod isolation;
pub mod junit;
pub mod kinds;
pub mod known;
pub mod progress;
pub mod replay;
pub mod report;
pub mod run;
pub mod scores;
pub mod setup;
pub mod show;
pub mod shrink;
pub mod state;
pub mod summary;
pub mod traces;
pub mod verdicts;

use anyhow::{Context, Result};
use spawndiff_corpus::{ReadError, StoredCase};
pub use spawndiff_judge::provenance::one_line;
use std::io::{ErrorKind, Write};
use std::path::Path;

/// What a command found, for the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing.
    Clean,
    /// A divergence, a crash or an assertion that failed.
    Found,
    /// Some of the input could not be read; it was reported.
    BadInput,
}

/// One line about a file that cannot be read: `file:line:column: message`.
pub fn unreadable(path: &Path, error: &ReadError) -> String {
    match (error.line, error.column) {
        (0, _) => format!("{}: {error}", path.display()),
        (line, 0) => format!("{}:{line}: {error}", path.display()),
        (line, column) => format!("{}:{line}:{column}: {error}", path.display()),
    }
}

/// The stored case in a file; `None`: it cannot be read, which is reported.
pub fn stored(path: &Path) -> Option<StoredCase> {
    let read = StoredCase::read(path);
    read.map_err(|error| eprintln!("{}", unreadable(path, &error)))
        .ok()
}

/// Prints to standard output. A reader that has gone away, such as `head`, has read enough.
pub fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write to standard output"),
    }
}
