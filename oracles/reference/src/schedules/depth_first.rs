//! Every schedule, one after the other, in lexical order.
//!
//! The search is stateless: the program runs from its start for each schedule, with the prefix of choices that the last
//! [`DepthFirst::advance`] left. A run that is cut short prunes everything below the choices it made.

use super::{Choice, Label, Scheduler};

/// Depth first search over all choices.
#[derive(Clone, Debug, Default)]
pub struct DepthFirst {
    /// The choices of the current schedule: what was chosen, of how many.
    path: Vec<(u32, u32)>,
    next: usize,
}

impl DepthFirst {
    /// A search that starts with the schedule that chooses 0 everywhere.
    pub fn new() -> DepthFirst {
        DepthFirst::default()
    }

    /// Goes to the next schedule. False when there is none: every schedule has been run.
    pub fn advance(&mut self) -> bool {
        self.path.truncate(self.next);
        self.next = 0;
        while let Some((chosen, options)) = self.path.pop() {
            if chosen + 1 < options {
                self.path.push((chosen + 1, options));
                return true;
            }
        }
        false
    }

    /// The choices made so far, for a [`super::Replay`].
    pub fn schedule(&self) -> Vec<u32> {
        self.path[..self.next]
            .iter()
            .map(|&(chosen, _)| chosen)
            .collect()
    }
}

impl Scheduler for DepthFirst {
    fn choose(&mut self, _: Choice, options: &[Label]) -> usize {
        if self.next == self.path.len() {
            self.path.push((0, options.len() as u32));
        }
        let (chosen, of) = self.path[self.next];
        debug_assert_eq!(
            of as usize,
            options.len(),
            "the program runs the same under the same choices"
        );
        self.next += 1;
        chosen as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_is_cut_short_prunes_what_lies_below() {
        let mut search = DepthFirst::new();
        let mut runs = 0;
        loop {
            runs += 1;
            // Only the branch with 2 first goes on to the second choice.
            if search.choose(Choice::Tick, &[1, 2, 3]) == 2 {
                search.choose(Choice::Tick, &[1, 2, 3, 4]);
            }
            if !search.advance() {
                break;
            }
        }
        assert_eq!(runs, 2 + 4);
    }

    #[test]
    fn a_program_without_choices_has_one_schedule() {
        let mut search = DepthFirst::new();
        assert!(!search.advance());
    }
}
