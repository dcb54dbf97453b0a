//! Cases in processes of their own, so that a campaign outlives an engine that aborts, hangs or eats memory.
//!
//! A [`Child`] is this same program as `spawndiff worker`: it takes requests on its standard input and answers on its standard
//! output, one at a time ([`wire`]). What ends it is told by its exit and its last words.

mod child;
mod wire;
mod worker;

pub use child::{Child, Death};
pub use wire::{Answer, Request};
pub use worker::worker;
