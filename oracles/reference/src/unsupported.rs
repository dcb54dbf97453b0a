//! The answer of the reference for a component that it does not understand.

use std::fmt;

/// A construct that the reference does not know, or a binary that is malformed. Never a verdict on an engine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not supported: {construct}")]
pub struct Unsupported {
    /// The construct's name, or what is wrong with the binary.
    pub construct: String,
}

impl Unsupported {
    pub(crate) fn new(construct: impl Into<String>) -> Unsupported {
        Unsupported {
            construct: construct.into(),
        }
    }

    /// A binary that a parser does not take.
    pub(crate) fn malformed(error: impl fmt::Display) -> Unsupported {
        let message = error.to_string();
        let line = message.lines().next().unwrap_or_default();
        Unsupported {
            construct: format!("malformed: {line}"),
        }
    }
}
