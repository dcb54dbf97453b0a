//! A stored case: a case with the claims that are made about it, as one `.wast` file.
//!
//! The file needs nothing else: it brings a stand-in for the host (`host.wat`), so the `wast` runners of the field run it
//! as it is. Our own replay takes the case's component out again and gives it the engines' host. A case that imports nothing,
//! and of which nothing is said that only the stand-in knows, is the definition `$spawndiff` itself.

use crate::{Case, Event, Value};
use std::path::Path;

/// A case, and the claims that its file makes about it.
///
/// ```
/// use spawndiff_corpus::{Claim, Expect, StoredCase, Value};
///
/// let text = r#";; Doubles its argument.
/// (component definition $spawndiff
///   (component $host
///     HOST
///   )
///   (component $case
///     (core module $m (func (export "e0") (param i32) (result i32)
///       (i32.shl (local.get 0) (i32.const 1))))
///     (core instance $m (instantiate $m))
///     (func (export "e0") (param "x" u32) (result u32) (canon lift (core func $m "e0"))))
///   (instance $host (instantiate $host))
///   (instance $case (instantiate $case (with "host" (instance $host))))
///   (export "e0" (func $case "e0"))
///   (export "events" (func $host "events"))
///   (export "settle" (func $host "settle")))
///
/// (component instance $r0 $spawndiff)
/// (assert_return (invoke "e0" (u32.const 7)) (u32.const 14))
/// (assert_return (invoke "settle"))
/// (assert_return (invoke "events") (list.const))
/// "#;
/// let text = text.replace("(component $host\n    HOST\n  )", spawndiff_corpus::HOST);
///
/// let stored = StoredCase::parse(&text)?;
/// assert_eq!(stored.header, ["Doubles its argument."]);
/// assert_eq!(stored.case.runs[0].invocations[0].to_string(), "e0(u32 7)");
/// let expect = Expect::Returns(Some(Value::U32(14)));
/// assert_eq!(stored.directives[2].claim, Claim::Invoke { invocation: 0, expect });
///
/// // Written anew: another text, the same case.
/// let written = stored.to_wast()?;
/// assert_eq!(StoredCase::parse(&written)?, stored);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredCase {
    /// The comment lines that the file starts with, without their `;; `: what it is, where it was found, a link.
    pub header: Vec<String>,
    /// The case: the component without its name sections, and the runs that the directives make.
    pub case: Case,
    /// The directives of the file, in its order. The first is [`Claim::Definition`].
    pub directives: Vec<Directive>,
}

/// One directive of a stored case.
#[derive(Clone, Debug)]
pub struct Directive {
    /// The line in the file, from 1; 0 when there is none. Two directives are equal whatever their lines.
    pub line: usize,
    /// Index into [`Case::runs`]; 0 for the definition.
    pub run: usize,
    /// The claim that the directive makes.
    pub claim: Claim,
}

impl PartialEq for Directive {
    fn eq(&self, other: &Self) -> bool {
        (self.run, &self.claim) == (other.run, &other.claim)
    }
}

impl Eq for Directive {}

/// The claim that a directive makes. `invocation` is an index into the [`Run::invocations`](crate::Run::invocations) of
/// its run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The component is accepted.
    Definition,
    /// The component is instantiated, and so a run begins.
    Instance,
    /// An export is called.
    Invoke {
        /// Which call of the run.
        invocation: usize,
        /// The outcome of the call.
        expect: Expect,
    },
    /// Everything that is ready runs until nothing is.
    Settle {
        /// The last call before; `None`: this is before the first.
        invocation: Option<usize>,
        /// `Returns(None)`, a trap of what was left to run, or anything.
        expect: Expect,
    },
    /// These are all the events of the run so far.
    ///
    /// A `wast` runner on Wasmtime cannot tell after a trap: nothing in a store that has trapped can be entered.
    Events {
        /// The last call before; `None`: this is before the first.
        invocation: Option<usize>,
        /// The events, in the order of the trace.
        events: Vec<Event>,
    },
}

/// The outcome of a call, as a directive claims it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Nothing is claimed: a bare `invoke`.
    Anything,
    /// The call returns, with this value if it has a result.
    Returns(Option<Value>),
    /// The call traps, and this is a part of the engine's message.
    Traps(String),
}

/// Why a file is not a stored case.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ReadError {
    /// The line, from 1; 0 when no line of the file is to blame, as when it cannot be opened.
    pub line: usize,
    /// The column, from 1, counted in bytes; 0 when there is none.
    pub column: usize,
    /// The reason, in one line.
    pub message: String,
}

/// Why a case cannot be stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The component is not one, or the text format cannot say it.
    #[error("the component cannot be written as text: {0}")]
    Component(String),
    /// An export has a name that the file needs for itself.
    #[error("the case exports a function `{0}`, a name that the stand-in for the host needs")]
    NameTaken(String),
    /// A directive speaks of a run or an invocation that the case does not have.
    #[error("directive {0} speaks of a run or an invocation that the case does not have")]
    NoSuchInvocation(usize),
    /// The text was written and read again, and was refused or gave another case.
    #[error("the text does not read back as the same case: {0}")]
    Differs(String),
}

impl StoredCase {
    /// Reads the text of a `.wast` file.
    ///
    /// The component is not validated: engines differ on what they accept, and no validator takes every built-in yet.
    ///
    /// # Errors
    ///
    /// When the text is malformed, says something that no stored case says, or brings another stand-in for the host.
    pub fn parse(text: &str) -> Result<StoredCase, ReadError> {
        crate::read::parse(text)
    }

    /// Reads a `.wast` file.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse), and with line 0 when the file cannot be read.
    pub fn read(path: &Path) -> Result<StoredCase, ReadError> {
        Self::parse(&Self::text(path)?)
    }

    /// The text of a file.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read) has it, when the file cannot be read.
    pub fn text(path: &Path) -> Result<String, ReadError> {
        std::fs::read_to_string(path).map_err(|error| ReadError {
            line: 0,
            column: 0,
            message: format!("cannot read {}: {error}", path.display()),
        })
    }

    /// The text of the `.wast` file, which [`parse`](Self::parse) reads back as an equal case, name sections aside.
    ///
    /// # Errors
    ///
    /// When the text would not read back so: then the component is not in the form that the text format gives back (see
    /// [`component_from_text`](crate::component_from_text)), or the directives do not fit the runs.
    pub fn to_wast(&self) -> Result<String, WriteError> {
        crate::write::to_wast(self)
    }
}
