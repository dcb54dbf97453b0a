//! A campaign: cases drawn from a seed, judged, counted, and what was found written to disk.
//!
//! - [`running`] spreads the cases over processes ([`isolation`]), [`judging`] draws and judges one, [`counts`] and [`verdicts`] are
//!   what comes of it, [`checkpoint`] is how far the campaign has come;
//! - [`finding`] is a file of what was found; [`shrink_findings`] has [`shrinking`] make the files of a campaign smaller, [`releases`]
//!   says on which releases one shows, [`report`] writes it down for whoever maintains the engine;
//! - [`summary`] is what a campaign came to, as numbers, and [`page`] the same as a page.

pub mod checkpoint;
pub mod counts;
pub mod finding;
pub mod isolation;
pub mod judging;
pub mod page;
pub mod releases;
pub mod report;
pub mod running;
pub mod shrink_findings;
pub mod shrinking;
pub mod summary;
pub mod verdicts;
