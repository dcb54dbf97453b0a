//! A search through every schedule, the likely ones first.
//!
//! The search is like [`spawndiff_reference::schedules::DepthFirst`], with another order. Each run teaches what a thread logs next
//! when it goes on from a place of its program, and that is held against the event that is to come next in the trace that is looked
//! for. Only the order changes: every schedule still has its turn, so that there is no such schedule if none is found.

use spawndiff_corpus::Event;
use spawndiff_reference::schedules::{Choice, Label, NOBODY, Scheduler};
use std::collections::HashMap;

/// Depth first search over all choices, guided by a trace.
#[derive(Clone, Debug, Default)]
pub struct Guided {
    /// The choices of the current schedule.
    path: Vec<Node>,
    next: usize,
    /// For the label of an option, the event that was logged first after such an option was chosen, when that was last seen.
    learned: HashMap<Label, Event>,
    /// The label of the option that was chosen last, until something is logged.
    chosen: Label,
}

/// One choice of a schedule: the options in the order in which they are tried, and the position of the one that is tried now.
#[derive(Clone, Debug)]
struct Node {
    order: Vec<u32>,
    at: usize,
}

impl Guided {
    /// Makes a search that has learned nothing yet. Until it has, the first option of each choice comes first.
    pub fn new() -> Guided {
        Guided::default()
    }

    /// Tells the search that the program has logged an event.
    pub fn logged(&mut self, event: Event) {
        if self.chosen != NOBODY {
            self.learned.insert(self.chosen, event);
            self.chosen = NOBODY;
        }
    }

    /// Chooses one of the `options`, and returns its position. `wanted` is the event that is to be logged next; `None` says that
    /// nothing more is to be logged.
    pub fn choose(&mut self, options: &[Label], wanted: Option<Event>) -> usize {
        if self.next == self.path.len() {
            let mut order: Vec<u32> = (0..options.len() as u32).collect();
            order.sort_by_key(|&option| self.unlikely(options[option as usize], wanted));
            self.path.push(Node { order, at: 0 });
        }
        let node = &self.path[self.next];
        debug_assert_eq!(
            node.order.len(),
            options.len(),
            "the program runs the same under the same choices"
        );
        self.next += 1;
        let chosen = node.order[node.at] as usize;
        self.chosen = options[chosen];
        chosen
    }

    /// How unlikely it is that an option logs `wanted` next, from 0 (it was seen to) to 3.
    fn unlikely(&self, option: Label, wanted: Option<Event>) -> u8 {
        match (self.learned.get(&option), wanted) {
            (Some(learned), Some(wanted)) if *learned == wanted => 0,
            // The option logged the same operation with another value: the value that the operation reads may have changed.
            (Some(learned), Some(wanted)) if learned.point == wanted.point => 1,
            (None, _) => 2,
            (Some(_), _) => 3,
        }
    }

    /// Goes to the next schedule. Returns false when there is none, because every schedule has been run.
    pub fn advance(&mut self) -> bool {
        self.path.truncate(self.next);
        self.next = 0;
        self.chosen = NOBODY;
        while let Some(node) = self.path.last_mut() {
            node.at += 1;
            if node.at < node.order.len() {
                return true;
            }
            self.path.pop();
        }
        false
    }

    /// The choices made so far, for a [`spawndiff_reference::schedules::Replay`].
    pub fn schedule(&self) -> Vec<u32> {
        let made = self.path[..self.next].iter();
        made.map(|node| node.order[node.at]).collect()
    }
}

/// By itself the search is a policy without a trace to follow.
impl Scheduler for Guided {
    fn choose(&mut self, _: Choice, options: &[Label]) -> usize {
        Guided::choose(self, options, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(point: u32) -> Event {
        Event { point, value: 0 }
    }

    #[test]
    fn every_schedule_is_tried_once_whatever_is_learned() {
        let mut search = Guided::new();
        let mut seen = Vec::new();
        loop {
            let mut run = Vec::new();
            for step in 0..3 {
                let chosen = search.choose(&[10 + step, 20 + step, 30 + step], Some(event(2)));
                search.logged(event(chosen as u32));
                run.push(chosen);
            }
            seen.push(run);
            if !search.advance() {
                break;
            }
        }
        assert_eq!(seen.len(), 27);
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 27);
    }

    #[test]
    fn the_option_that_is_known_to_log_what_is_wanted_comes_first() {
        let mut search = Guided::new();
        // Seen once each: 5 logs point 5, 6 logs point 6.
        for option in [5, 6] {
            search.choose(&[option, option], None);
            search.logged(event(option as u32));
        }
        search.advance();
        search.path.clear();
        assert_eq!(search.choose(&[5, 7, 6], Some(event(6))), 2);
        // And of the others, the one of which nothing is known.
        assert_eq!(search.choose(&[5, 7], Some(event(6))), 1);
    }
}
