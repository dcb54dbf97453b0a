//! Engines that run cases, each through its own public interface. What is engine-specific (how it is configured, what has to be
//! lowered for it, how its error texts read, which releases there are) is here and nowhere else.
//!
//! [`wasmtime`] is the family that is built in; [`program`] is any engine that is a program of its own. A [`Catalog`] has all
//! engines, by name. This crate knows nothing of the reference: the two meet in an [`spawndiff_observation::Observation`].

#![warn(missing_docs)]

mod catalog;
pub mod program;
pub mod wasmtime;

pub use catalog::Catalog;
