//! The library behind the command line of spawndiff: it runs campaigns, replays files, and writes findings, reports and pages. It
//! parses no arguments and prints nothing; `commands` does that, in the program.
//!
//! [`setup::Setup`] says which engines there are and what is known of them. [`campaign`] draws cases, has them judged in processes of
//! their own, and keeps what was found. [`replay`] runs stored cases and the scripts of others. [`side_by_side`] puts what two engines
//! did with a case next to each other.
//!
//! ```
//! use spawndiff::campaign::judging::{Draw, Judges};
//! use spawndiff::setup::Setup;
//! use spawndiff_judge::provenance::Origin;
//!
//! // What is built in: the engines, and what is known of them.
//! let setup = Setup::new(None, &[])?;
//! let engine = setup.default_engine().to_string();
//! let draw = Draw { origin: Origin { seed: 1, mix: 2, bodies: None, index: 0, instances: 1, engine }, or_default: false };
//! let judged = Judges::new(&setup).judge(draw)?;
//! assert_eq!(judged.counts.cases, 1);
//! assert!(judged.found.is_none());
//! # Ok::<(), anyhow::Error>(())
//! ```

#![warn(missing_docs)]

pub mod campaign;
pub mod replay;
pub mod setup;
pub mod side_by_side;
