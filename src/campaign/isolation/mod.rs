//! Cases in processes of their own, so that a campaign outlives an engine that aborts, hangs or eats memory.
//!
//! A [`Child`] is this same program as `spawndiff worker`: it takes requests on its standard input and answers on its standard
//! output, one at a time ([`Request`], [`Answer`]). What ends it is told by its exit and its last words.

mod wire;
mod worker;

pub use spawndiff_engines::program::Death;
pub use wire::{Answer, Request};
pub use worker::worker;

use crate::setup::Setup;
use anyhow::{Context, Result};
use spawndiff_engines::program::Process;
use std::time::Duration;

/// A worker process.
pub type Child = Process<Answer>;

/// A new worker, with so much time for each answer.
///
/// # Errors
///
/// No process can be started.
pub fn start(setup: &Setup, limit: Duration) -> Result<Child> {
    let started = Child::start(setup.command()?.arg("worker"), limit);
    started.context("no process can be started")
}
