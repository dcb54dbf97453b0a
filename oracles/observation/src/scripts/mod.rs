//! The trait of an engine that runs the test scripts of others (`.wast` files as the field's suites have them), the values that
//! such scripts pass, and what they expect from their [host].

mod any;
pub mod host;
mod value;

pub use any::{AnySession, any};
pub use value::{Expected, Handle, Loose, Value};

use crate::Trap;

/// An engine that runs scripts, with what one script has made so far.
///
/// The names of definitions and instances are the runner's: an engine is handed what it gave. No method panics.
pub trait ScriptEngine {
    /// A component or core module that was accepted.
    type Definition;
    /// An instance of a definition.
    type Instance;

    /// Decodes, validates and compiles a component or a core module.
    ///
    /// # Errors
    ///
    /// Fails if the component or module is refused.
    fn define(&mut self, wasm: &[u8]) -> Result<Self::Definition, Refusal>;

    /// Instantiates a definition with [the host](host) and what was [registered](Self::register). A component gets a store of
    /// its own, in which nothing else lives; all core modules of a script share one.
    ///
    /// # Errors
    ///
    /// Fails if an import is not there, or if a start function fails.
    fn instantiate(&mut self, definition: &Self::Definition) -> Result<Self::Instance, Failure>;

    /// Has later instances import this one by `name`, in the place of what had the name before.
    ///
    /// The runner does this for `register`, and by itself for each instance with a name (without its `$`): Wasmtime's
    /// runner does so, and its suite leans on it.
    ///
    /// # Errors
    ///
    /// Fails if an instance of this kind cannot be imported.
    fn register(&mut self, name: &str, instance: &mut Self::Instance) -> Result<(), Failure>;

    /// Calls an exported function, and runs until it has returned. Other threads that are ready may stay so until the next call.
    ///
    /// # Errors
    ///
    /// Fails if the function does not return, or if there is no such function.
    fn invoke(
        &mut self,
        instance: &mut Self::Instance,
        export: &str,
        args: &[Value],
    ) -> Result<Vec<Value>, Failure>;

    /// Reads an exported global of a core instance.
    ///
    /// # Errors
    ///
    /// Fails if there is no such global.
    fn get(&mut self, instance: &mut Self::Instance, global: &str) -> Result<Value, Failure>;

    /// Lets go of an instance that the script cannot name any more.
    ///
    /// # Errors
    ///
    /// Fails if the engine panics over the end of the instance.
    fn end(&mut self, instance: Self::Instance) -> Result<(), Failure> {
        drop(instance);
        Ok(())
    }
}

/// Why an engine does not take a component or module. Each text is one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The component or module is malformed or not valid.
    #[error("refused: {0}")]
    Invalid(String),
    /// The engine does not know this construct.
    #[error("not supported: {0}")]
    NotSupported(String),
    /// The engine panicked.
    #[error("{0}")]
    Crash(String),
}

/// Why an instantiation or a call came to nothing. Each text is one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The instantiation or the call trapped.
    #[error("trapped: {message}")]
    Trap {
        /// The kind of the trap, where the engine knows it.
        kind: Option<Trap>,
        /// The message of the engine.
        message: String,
    },
    /// The instantiation or the call waits, and nothing is left that could run.
    #[error("deadlock")]
    Deadlock,
    /// The instantiation or the call ran out of stack, memory or the engine's own limits.
    #[error("exhausted: {0}")]
    Exhausted(String),
    /// The instantiation or the call ended with an exception that nobody caught.
    #[error("exception: {0}")]
    Exception(String),
    /// An import is missing, or has another type.
    #[error("cannot be linked: {0}")]
    Unlinkable(String),
    /// The script asks for something that is not there, or passes a value that does not fit.
    #[error("{0}")]
    NoFit(String),
    /// The engine does not know something that the instantiation or the call needs.
    #[error("not supported: {0}")]
    NotSupported(String),
    /// The engine panicked. The instance is gone.
    #[error("{0}")]
    Crash(String),
}
