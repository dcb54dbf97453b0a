//! The choices that the specification leaves to the host, and the policies that make them.
//!
//! The reference never chooses by itself: wherever CanonicalABI.md says `random`, it asks a [`Scheduler`]. The policies
//! are small, each in a file of its own: [`Fixed`], [`Replay`], [`Random`], [`DepthFirst`].
//!
//! ```
//! use spawndiff_reference::schedules::{Choice, DepthFirst, Scheduler};
//!
//! // Two choices of two: four schedules, in lexical order.
//! let mut search = DepthFirst::new();
//! let mut seen = Vec::new();
//! loop {
//!     seen.push([search.choose(Choice::Tick, &[7, 8]), search.choose(Choice::Yield, &[0, 7])]);
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
pub use random::splitmix64;
pub use replay::{Recording, Replay};

/// Where a choice is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Choice {
    /// Which ready thread the host resumes next (`Store.tick`). The options are the ready threads, the one that has
    /// waited longest first.
    Tick,
    /// Which ready thread of its instance a blocked synchronously typed task runs (`canon_lift`). The options are in the same order
    /// as those of [`Choice::Tick`].
    SyncTask,
    /// Whether a thread whose condition holds already lets others run (`Thread.wait_until`): 0, it does; 1, it goes on.
    Yield,
    /// Which cancellable thread of a task is resumed as cancelled (`Task.request_cancellation`). The options are the
    /// threads, in the order in which they were registered.
    Cancel,
    /// Which element of a waitable set gives its event (`WaitableSet.get_pending_event`). The options are the elements that have an
    /// event, in the order in which they were joined.
    Event,
    /// Whether an error context keeps its message (`canon_error_context_new`): 0, it does; 1, the message is empty.
    DebugMessage,
    /// Which trap a built-in gives, where several of its conditions hold at once: the specification checks them in an
    /// order, but gives traps no names.
    Trap,
    /// A choice of a machine that leaves the text ([`crate::machine::Machine`]). The text asks none.
    Own,
}

/// The label of an option, which says where the thread of the option goes on. The same thread at the same place of its program has
/// the same label on every schedule, as far as that can be told; [`NOBODY`] where the option names no thread.
pub type Label = u64;

/// The label of an option that names no thread.
pub const NOBODY: Label = 0;

/// A policy for the choices.
pub trait Scheduler {
    /// Returns one of the `options` (at least 2), by its position.
    fn choose(&mut self, choice: Choice, options: &[Label]) -> usize;
}

impl<S: Scheduler + ?Sized> Scheduler for &mut S {
    fn choose(&mut self, choice: Choice, options: &[Label]) -> usize {
        (**self).choose(choice, options)
    }
}
