//! Cases, the form in which they are stored, and the known divergences.
//!
//! This crate is the ground floor of spawndiff: nothing here knows how a case was drawn or which engine runs it.
//!
//! ```
//! use spawndiff_corpus::{Case, Invocation, Run, Value};
//!
//! let case = Case {
//!     component: b"\0asm\x0d\0\x01\0".to_vec(),
//!     runs: vec![Run {
//!         invocations: vec![Invocation { export: "e0".into(), args: vec![Value::U32(7)] }],
//!     }],
//! };
//! assert_eq!(case.runs[0].invocations[0].to_string(), r#"e0(u32 7)"#);
//! ```

#![warn(missing_docs)]

mod binary;
mod case;
mod exports;
mod known;
mod layout;
mod literal;
mod read;
mod start_type;
mod stored;
mod value;
mod wrapper;
mod write;

pub use case::{Case, Event, Invocation, MARK, Run};
pub use known::{FailureSays, KnownError, KnownFile, Matches, Releases, Says};
pub use start_type::StartTypes;
pub use stored::{Claim, Directive, Expect, ReadError, StoredCase, WriteError};
pub use value::{Type, Value};
pub use wrapper::HOST;
pub use write::component_from_text;
