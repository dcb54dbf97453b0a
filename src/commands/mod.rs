//! The commands, one file each, and what they share: the outcome, and how a broken file is reported.

pub mod campaign;
pub mod finding;
pub mod replay;
pub mod run;
pub mod show;
pub mod summary;

use spawndiff_corpus::ReadError;
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
