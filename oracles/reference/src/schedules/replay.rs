//! Writing down what a policy chose, and choosing it again.

use super::{Choice, Label, Scheduler};

/// Makes the choices of a recorded schedule, and 0 once they are used up.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    schedule: Vec<u32>,
    next: usize,
}

impl Replay {
    /// A policy that follows `schedule`.
    pub fn new(schedule: Vec<u32>) -> Replay {
        Replay { schedule, next: 0 }
    }
}

impl Scheduler for Replay {
    fn choose(&mut self, _: Choice, options: &[Label]) -> usize {
        let chosen = self
            .schedule
            .get(self.next)
            .map_or(0, |&chosen| chosen as usize);
        self.next += 1;
        chosen.min(options.len() - 1)
    }
}

/// Asks another policy and writes down its answers.
#[derive(Clone, Debug, Default)]
pub struct Recording<S> {
    policy: S,
    /// The answers so far: what [`Replay::new`] takes.
    pub schedule: Vec<u32>,
}

impl<S: Scheduler> Recording<S> {
    /// Records what `policy` chooses.
    pub fn new(policy: S) -> Recording<S> {
        Recording {
            policy,
            schedule: Vec::new(),
        }
    }
}

impl<S: Scheduler> Scheduler for Recording<S> {
    fn choose(&mut self, choice: Choice, options: &[Label]) -> usize {
        let chosen = self.policy.choose(choice, options);
        self.schedule.push(chosen as u32);
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedules::Random;

    #[test]
    fn a_recorded_schedule_replays_exactly() {
        let options = [2, 3, 5, 2, 7, 3];
        let mut recording = Recording::new(Random::new(9));
        let first: Vec<_> = options
            .map(|n| recording.choose(Choice::Tick, &vec![1; n]))
            .to_vec();
        let mut replay = Replay::new(recording.schedule);
        let second: Vec<_> = options
            .map(|n| replay.choose(Choice::Tick, &vec![1; n]))
            .to_vec();
        assert_eq!(first, second);
    }

    #[test]
    fn a_schedule_that_does_not_fit_still_chooses_among_the_options() {
        let mut replay = Replay::new(vec![9]);
        assert_eq!(replay.choose(Choice::Tick, &[1, 2]), 1);
        assert_eq!(replay.choose(Choice::Tick, &[1, 2]), 0);
    }
}
