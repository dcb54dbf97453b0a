//! A script: the directives of a `.wast` file, with their components and modules encoded.
//!
//! A script is anybody's file. A stored case of this project is another thing, see `spawndiff_corpus::StoredCase`. Source: the
//! script format of core WebAssembly's test suite (`interpreter/README.md`, "Scripts"), with the words for components that the
//! crate `wast` adds to it.

use super::grammar;
use super::{Expected, Value};
use spawndiff_corpus::ReadError;

/// The directives of a file, in order.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// The directives, in the order of the file.
    pub directives: Vec<Directive>,
}

impl Script {
    /// Reads the text of a `.wast` file.
    ///
    /// # Errors
    ///
    /// Fails if the text is not a script. A component whose text cannot be encoded (because it names something that is not there,
    /// say) is no error here: some assertions are about just that.
    pub fn parse(text: &str) -> Result<Script, ReadError> {
        grammar::parse(text)
    }
}

/// One directive.
#[derive(Clone, Debug)]
pub struct Directive {
    /// The line in the file, from 1.
    pub line: usize,
    /// The name of the directive, such as `component definition` or `assert_return`.
    pub name: &'static str,
    /// The command of the directive.
    pub command: Command,
}

/// The command of a directive.
#[derive(Clone, Debug)]
pub enum Command {
    /// A component or module is defined. The definition becomes the latest one.
    Define {
        /// The name, without its `$`.
        id: Option<String>,
        /// The component or module that is defined.
        binary: Binary,
    },
    /// A definition is instantiated. The instance becomes the latest one.
    Instantiate {
        /// The name of the instance.
        id: Option<String>,
        /// The name of the definition. Without a name, the latest definition is instantiated.
        of: Option<String>,
    },
    /// A component or module is defined and instantiated at once.
    DefineAndInstantiate {
        /// The name of the definition and of the instance.
        id: Option<String>,
        /// The component or module that is defined.
        binary: Binary,
    },
    /// An instance can be imported under a name from here on.
    Register {
        /// The name to import it by.
        name: String,
        /// The name of the instance. Without a name, the latest instance is meant.
        id: Option<String>,
    },
    /// The action is done, and must not fail.
    Do(Action),
    /// The action returns these values.
    AssertReturn(Action, Vec<Expected>),
    /// The action traps, and this is said of the trap.
    AssertTrap(Action, String),
    /// The action runs out of something (stack, mostly), and this is said of that.
    AssertExhaustion(Action, String),
    /// The action ends with an exception that nobody catches.
    AssertException(Action),
    /// The component or module is not valid, for this reason.
    AssertInvalid(Binary, String),
    /// The component or module is not well-formed, for this reason.
    AssertMalformed(Binary, String),
    /// The component or module is valid, and lacks an import, for this reason.
    AssertUnlinkable(Binary, String),
    /// The directive, or a value in it, is one that this crate does not know how to run. This is the name of the directive or
    /// value.
    NotSupported(&'static str),
}

/// A component or module in the binary format, or why its text cannot be brought into it.
pub type Binary = Result<Vec<u8>, String>;

/// Something that a script has an engine do, and that an assertion can be about.
#[derive(Clone, Debug)]
pub enum Action {
    /// An export is called.
    Invoke {
        /// The name of the instance. Without a name, the latest instance is meant.
        id: Option<String>,
        /// The name of the exported function.
        export: String,
        /// The arguments of the call.
        args: Vec<Value>,
    },
    /// A global is read.
    Get {
        /// The name of the instance. Without a name, the latest instance is meant.
        id: Option<String>,
        /// The name of the exported global.
        global: String,
    },
    /// A component or module is defined and instantiated.
    Instantiate(Binary),
}
