//! The leftovers of a run: threads, waitables and waitable sets that nobody has let go of.

use super::abi::ErrorContextId;
use super::machine::Machine;
use super::state::{Handle, ThreadId};
use super::store::Store;
use super::waitables::WaitableId;

impl<M: Machine> Store<'_, M> {
    /// Whether a thread, a waitable or a waitable set is left. `None` after a trap, and where one was there after instantiation.
    pub fn leftover(&self) -> Option<bool> {
        if !self.is_leftover_told() {
            return None;
        }
        let (left, waitables) = self.left();
        Some(left > 0 || !waitables.is_empty())
    }

    /// Whether it can be told if something is left: no trap has ended the run, and nothing was left by the instantiation.
    pub fn is_leftover_told(&self) -> bool {
        !self.lockdown && self.at_rest == 0
    }

    /// Counts what is left after instantiation. Where start functions have left something, it cannot be told what a run leaves
    /// beside that, since an engine only counts.
    pub(crate) fn rests(&mut self) {
        let (left, waitables) = self.left();
        self.at_rest = left + waitables.len();
    }

    /// Returns how many threads and waitable sets are left, and the waitables that are.
    pub fn left(&self) -> (usize, Vec<WaitableId>) {
        let unentered = |thread: &&ThreadId| self.threads[thread.0].index.is_none();
        let mut left = self.waiting.iter().filter(unentered).count();
        let mut waitables = Vec::new();
        for inst in &self.instances {
            left += inst.threads.iter().count();
            for handle in inst.handles.iter() {
                match handle {
                    Handle::Waitable(waitable) => waitables.push(waitable),
                    Handle::Set(_) => left += 1,
                    Handle::Resource(_) | Handle::ErrorContext(ErrorContextId(_)) => {}
                }
            }
        }
        (left, waitables)
    }
}
