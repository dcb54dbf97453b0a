//! A script: the directives of a `.wast` file, with their components and modules encoded.
//!
//! It is anybody's file. What a stored case of this project is, and how it is read, is `spawndiff_corpus::StoredCase`.
//! Source: the script format of core WebAssembly's test suite (`interpreter/README.md`, "Scripts"), with the words for
//! components that the crate `wast` adds to it.

use super::grammar;
use super::{Expected, Value};
use spawndiff_corpus::ReadError;

/// The directives of a file, in order.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// In the order of the file.
    pub directives: Vec<Directive>,
}

impl Script {
    /// Reads the text of a `.wast` file.
    ///
    /// # Errors
    ///
    /// When the text is not a script. A component whose text cannot be encoded (it names something that is not there, say)
    /// is no error here: some assertions are about just that.
    pub fn parse(text: &str) -> Result<Script, ReadError> {
        grammar::parse(text)
    }
}

/// One directive.
#[derive(Clone, Debug)]
pub struct Directive {
    /// The line in the file, from 1.
    pub line: usize,
    /// Its name, such as `component definition` or `assert_return`.
    pub name: &'static str,
    /// What it says.
    pub command: Command,
}

/// What a directive says.
#[derive(Clone, Debug)]
pub enum Command {
    /// A component or module is defined; it becomes the latest one.
    Define {
        /// The name, without its `$`.
        id: Option<String>,
        /// What is defined.
        binary: Binary,
    },
    /// What was defined is instantiated; the instance becomes the latest one.
    Instantiate {
        /// The name of the instance.
        id: Option<String>,
        /// The name of the definition; without one, the latest.
        of: Option<String>,
    },
    /// Both in one.
    DefineAndInstantiate {
        /// The name of both.
        id: Option<String>,
        /// What is defined.
        binary: Binary,
    },
    /// An instance can be imported under a name from here on.
    Register {
        /// The name to import it by.
        name: String,
        /// The instance; without a name, the latest.
        id: Option<String>,
    },
    /// It is done, and must not fail.
    Do(Action),
    /// It returns these values.
    AssertReturn(Action, Vec<Expected>),
    /// It traps, and this is said of the trap.
    AssertTrap(Action, String),
    /// It runs out of something (stack, mostly), and this is said of it.
    AssertExhaustion(Action, String),
    /// It ends with an exception that nobody catches.
    AssertException(Action),
    /// The component or module is not valid, for this reason.
    AssertInvalid(Binary, String),
    /// The component or module is not well-formed, for this reason.
    AssertMalformed(Binary, String),
    /// It is valid, and lacks an import, for this reason.
    AssertUnlinkable(Binary, String),
    /// A directive, or a value in it, that this crate does not know how to run: its name.
    NotSupported(&'static str),
}

/// A component or module in the binary format, or why its text cannot be brought into it.
pub type Binary = Result<Vec<u8>, String>;

/// Something that is done, and of which something can be said.
#[derive(Clone, Debug)]
pub enum Action {
    /// An export is called.
    Invoke {
        /// The instance; without a name, the latest.
        id: Option<String>,
        /// The export.
        export: String,
        /// What it is called with.
        args: Vec<Value>,
    },
    /// A global is read.
    Get {
        /// The instance; without a name, the latest.
        id: Option<String>,
        /// The export.
        global: String,
    },
    /// A component or module is defined and instantiated.
    Instantiate(Binary),
}
