//! Engines that run cases, each through its own public interface. What is engine-specific (how it is configured, what has to be
//! lowered for it, how its error texts read, which releases there are) is here and nowhere else.
//!
//! [`wasmtime`] is the family that is built in; [`program`] is any engine that is a program of its own. A [`Catalog`] has all
//! engines, by name. This crate knows nothing of the reference: the two meet in an [`spawndiff_observation::Observation`].
//!
//! ```
//! use spawndiff_engines::Catalog;
//!
//! let catalog = Catalog::default();
//! let engine = catalog.make("cranelift")?;
//! assert_eq!(engine.about().identity.family, "wasmtime");
//! let error = catalog.make("cranelfit").err();
//! assert!(error.is_some_and(|error| error.ends_with("did you mean 'cranelift'?")));
//! # Ok::<(), String>(())
//! ```

#![warn(missing_docs)]

mod catalog;
pub mod program;
pub mod wasmtime;

pub use catalog::Catalog;
