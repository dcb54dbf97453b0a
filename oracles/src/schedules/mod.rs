//! The choices that the specification leaves to the host, and the policies that make them.
//!
//! The reference never chooses by itself: wherever CanonicalABI.md says `random`, it asks a [`Scheduler`]. The policies
//! are small, each in a file of its own: [`Fixed`], [`Replay`], [`Random`], [`DepthFirst`].
//!
//! ```
//! use spawndiff_oracles::schedules::{Choice, DepthFirst, Scheduler};
//!
//! // Two choices of two: four schedules, in lexical order.
//! let mut search = DepthFirst::new();
//! let mut seen = Vec::new();
//! loop {
//!     seen.push([search.choose(Choice::Tick, 2), search.choose(Choice::Yield, 2)]);
//!     if !search.advance() {
//!         break;
//!     }
//! }
//! assert_eq!(seen, [[0, 0], [0, 1], [1, 0], [1, 1]]);
//! ```

mod depth_first;
mod fixed;
mod random;
mod replay;

pub use depth_first::DepthFirst;
pub use fixed::{Fixed, LastFirst, YieldStays};
pub use random::Random;
pub use replay::{Recording, Replay};

/// Where a choice is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Choice {
    /// Which ready thread the host resumes next (`Store.tick`). The options are the ready threads, the one that has
    /// waited longest first.
    Tick,
    /// Which ready thread of its instance a blocked synchronously typed task runs (`canon_lift`). The same order.
    SyncTask,
    /// Whether a thread whose condition holds already lets others run (`Thread.wait_until`): 0, it does; 1, it goes on.
    Yield,
    /// Which trap a built-in gives, where several of its conditions hold at once: the specification checks them in an
    /// order, but gives traps no names.
    Trap,
}

/// A policy for the choices.
pub trait Scheduler {
    /// One of `options` (at least 2) possibilities, as a number below `options`.
    fn choose(&mut self, choice: Choice, options: usize) -> usize;
}

impl<S: Scheduler + ?Sized> Scheduler for &mut S {
    fn choose(&mut self, choice: Choice, options: usize) -> usize {
        (**self).choose(choice, options)
    }
}
