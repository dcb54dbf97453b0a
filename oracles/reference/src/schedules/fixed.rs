//! Policies without memory: always the same answer for the same kind of choice.

use super::{Choice, Label, Scheduler};

/// First come, first served, and every yield switches. The default.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fixed;

impl Scheduler for Fixed {
    fn choose(&mut self, _: Choice, _: &[Label]) -> usize {
        0
    }
}

/// The thread that became ready last runs first; every yield switches.
#[derive(Clone, Copy, Debug, Default)]
pub struct LastFirst;

impl Scheduler for LastFirst {
    fn choose(&mut self, choice: Choice, options: &[Label]) -> usize {
        match choice {
            Choice::Tick | Choice::SyncTask | Choice::Cancel | Choice::Event => options.len() - 1,
            Choice::Yield | Choice::DebugMessage | Choice::Trap | Choice::Own => 0,
        }
    }
}

/// First come, first served, and no yield switches.
#[derive(Clone, Copy, Debug, Default)]
pub struct YieldStays;

impl Scheduler for YieldStays {
    fn choose(&mut self, choice: Choice, _: &[Label]) -> usize {
        match choice {
            Choice::Tick
            | Choice::SyncTask
            | Choice::Cancel
            | Choice::Event
            | Choice::DebugMessage
            | Choice::Trap
            | Choice::Own => 0,
            Choice::Yield => 1,
        }
    }
}
