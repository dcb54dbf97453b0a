//! The scripts of others: `.wast` files as the field's suites have them, run on any engine.
//!
//! A [`Script`] has the directives of a file, and [`run`] holds them against a [`ScriptEngine`]. Nothing here knows an engine. The
//! stored cases of this project are another thing: they are compared event by event (`crate::claims`).
//!
//! ```
//! use spawndiff_judge::claims::Status;
//! use spawndiff_judge::scripts::{self, Script};
//! use spawndiff_reference::ScriptReference;
//!
//! let script = Script::parse(r#"
//! (component
//!   (core module $m (func (export "double") (param i32) (result i32)
//!     (i32.shl (local.get 0) (i32.const 1))))
//!   (core instance $m (instantiate $m))
//!   (func (export "double") (param "x" u32) (result u32) (canon lift (core func $m "double"))))
//! (assert_return (invoke "double" (u32.const 7)) (u32.const 14))
//! (assert_return (invoke "double" (u32.const 8)) (u32.const 14))
//! "#)?;
//! let checked = scripts::run(&script, &mut ScriptReference::new());
//! assert_eq!(checked[1].status, Status::Passed);
//! assert_eq!(
//!     checked[2].status,
//!     Status::Failed("expected (u32.const 14), got (u32.const 16)".to_string())
//! );
//! # Ok::<(), spawndiff_corpus::ReadError>(())
//! ```

mod grammar;
pub mod on_reference;
mod run;
mod script;

pub use run::{Checked, run};
pub use script::{Action, Binary, Command, Directive, Script};
pub use spawndiff_observation::scripts::{
    Expected, Failure, Handle, Loose, Refusal, ScriptEngine, Value, host,
};

#[cfg(test)]
mod tests;
