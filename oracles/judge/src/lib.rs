//! Judges cases: what an engine did with a case is held against the reference, and what differs is held against the known
//! divergences. The result is a verdict.
//!
//! [`Judge`] has an engine, by its trait [`spawndiff_observation::Engine`], and knows no other thing of it. [`mod@compare`]
//! searches the schedules of the reference, [`known`] asks whether a difference is known, and [`claims`] holds stored cases against
//! an engine or the reference. A [`Fingerprint`] is the kind of a finding, [`provenance`] is where a finding comes from, and
//! [`finding`] is its file. [`scripts`] runs the test scripts of others, and [`scripts::on_reference`] runs them on the reference.
//!
//! ```
//! use spawndiff_judge::Fingerprint;
//!
//! // Findings are grouped by their fingerprint, which reads back from its text.
//! let kind: Fingerprint = "logs another value".parse()?;
//! assert_eq!(kind.to_string(), "logs another value");
//! # Ok::<(), spawndiff_judge::NoFingerprint>(())
//! ```

#![warn(missing_docs)]

mod fingerprint;
mod guided;
mod judge;
mod runs;

pub mod claims;
pub mod compare;
pub mod finding;
pub mod known;
pub mod provenance;
pub mod scripts;

pub use fingerprint::{Fingerprint, NoFingerprint};
pub use guided::Guided;
pub use judge::{BUDGET, Divergence, Judge, Judgement, Verdict};
pub use runs::Reached;
