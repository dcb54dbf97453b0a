//! A case: one component, and the runs that are made of it.

use crate::Value;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One component and the runs that are made of it.
///
/// The component imports nothing but an instance `host` with two functions, and each engine brings them:
/// `log: func(point: u32, value: u64)` and `mark: func(value: u32)`. Both append to the trace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// The component, in the binary format.
    pub component: Vec<u8>,
    /// The runs, each on an instance of its own.
    pub runs: Vec<Run>,
}

impl Case {
    /// Whether the component imports the host's functions. (What cannot be read imports nothing.)
    pub fn needs_host(&self) -> bool {
        crate::binary::imports(&self.component).unwrap_or_default()
    }

    /// Whether a core module in the component has a start function. (What cannot be read has none.)
    ///
    /// ```
    /// use spawndiff_corpus::StoredCase;
    ///
    /// let starts = |module: &str| {
    ///     let text = format!("(component definition $spawndiff (component {module}))");
    ///     StoredCase::parse(&text).unwrap().case.has_start_function()
    /// };
    /// assert!(starts("(core module (func) (start 0))"));
    /// assert!(!starts("(core module (func))"));
    /// ```
    pub fn has_start_function(&self) -> bool {
        crate::binary::has_start_function(&self.component).unwrap_or_default()
    }
}

/// One fresh instance of the case's component, and the calls of its exports, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The calls, in order. After each, everything that is ready runs until nothing is.
    pub invocations: Vec<Invocation>,
}

/// One call of an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invocation {
    /// The name of an exported function.
    pub export: String,
    /// One value for each parameter, of its type.
    pub args: Vec<Value>,
}

impl fmt::Display for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.export)?;
        for (i, arg) in self.args.iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            write!(f, "{comma}{arg}")?;
        }
        f.write_str(")")
    }
}

/// The point under which a call of `mark` stands in the trace. No `log` of a generated case uses it.
pub const MARK: u32 = u32::MAX;

/// One entry of the trace: a call of the host's `log` (or of `mark`, which has the point [`MARK`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Event {
    /// The place in the program: unique for each place that logs.
    pub point: u32,
    /// The value that was logged there.
    pub value: u64,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.point == MARK {
            write!(f, "mark {}", self.value)
        } else {
            write!(f, "log {} {}", self.point, self.value)
        }
    }
}
