//! Choices drawn from a seed.

use super::{Choice, Label, Scheduler};

/// Every choice is drawn; the same seed draws the same.
#[derive(Clone, Copy, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// A policy that draws from `seed`.
    pub fn new(seed: u64) -> Random {
        Random { state: seed }
    }

    /// The next number of the sequence.
    fn next(&mut self) -> u64 {
        let number = splitmix64(self.state);
        self.state = self.state.wrapping_add(GAMMA);
        number
    }
}

/// The step of the state from one number to the next.
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// The number that splitmix64 draws from `state`.
pub fn splitmix64(state: u64) -> u64 {
    let mut z = state.wrapping_add(GAMMA);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Scheduler for Random {
    fn choose(&mut self, _: Choice, options: &[Label]) -> usize {
        (self.next() % options.len() as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_and_every_option_is_drawn() {
        let draw = |seed| {
            let mut random = Random::new(seed);
            (0..100)
                .map(|_| random.choose(Choice::Tick, &[1, 2, 3]))
                .collect::<Vec<_>>()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        for option in 0..3 {
            assert!(draw(1).contains(&option));
        }
    }
}
