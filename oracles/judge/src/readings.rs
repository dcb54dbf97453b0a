//! A script on the reference, in each reading until one allows what it claims.
//!
//! A script claims what one engine does, and the specification leaves choices to the engine: what is claimed of an instance holds
//! if one of them allows all of it. Where the specification's own test suite asks for what its text does not allow, it holds
//! too, and that is noted.

use crate::claims::Status;
use crate::scripts::{Checked, Command, Script, run};
use spawndiff_deviations::{Deviating, Deviation};
use spawndiff_reference::ScriptReference;
use spawndiff_reference::machine::{Edition, Spec};
use std::ops::Range;

/// How a script is run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Reading {
    /// As the specification's own test suite has it where that contradicts the text ([`Deviation::SUITES`]).
    suite: bool,
    /// A thread that waits for what is there already goes on, and lets no other run.
    stays: bool,
}

impl Reading {
    /// Every one: what the text allows comes first.
    const ALL: [Reading; 4] = [
        Reading::new(false, false),
        Reading::new(false, true),
        Reading::new(true, false),
        Reading::new(true, true),
    ];

    const fn new(suite: bool, stays: bool) -> Reading {
        Reading { suite, stays }
    }

    /// What becomes of each directive in this one.
    fn run(self, script: &Script) -> Vec<Checked> {
        let suites = || Deviating::new(Deviation::SUITES);
        match self.suite {
            true => {
                let edition = Deviation::edition(Deviation::SUITES);
                run(
                    script,
                    &mut ScriptReference::with(suites, edition, self.stays),
                )
            }
            false => {
                let edition = Edition::default();
                run(
                    script,
                    &mut ScriptReference::with(|| Spec, edition, self.stays),
                )
            }
        }
    }
}

/// What became of each directive of `script` on the reference.
///
/// Each reading runs the script from its beginning. What counts is, for each instance with the directives up to the next one,
/// the first reading in which as few of them fail as in any.
pub fn run_on_reference(script: &Script) -> Vec<Checked> {
    let mut best = Reading::default().run(script);
    for reading in &Reading::ALL[1..] {
        if failures(&best) == 0 {
            break;
        }
        let other = reading.run(script);
        for group in groups(script) {
            if failures(&other[group.clone()]) < failures(&best[group.clone()]) {
                for place in group {
                    let was = best[place].status.clone();
                    best[place] = other[place].clone();
                    // What holds in either is not against the text.
                    best[place].against_the_text = reading.suite && was != Status::Passed;
                }
            }
        }
    }
    best
}

/// The directives of each instance: from the one that makes it to the one that makes the next.
fn groups(script: &Script) -> Vec<Range<usize>> {
    let makes = |command: &Command| {
        matches!(
            command,
            Command::Instantiate { .. } | Command::DefineAndInstantiate { .. }
        )
    };
    let directives = script.directives.iter().enumerate();
    let mut bounds: Vec<usize> = directives
        .filter(|(_, directive)| makes(&directive.command))
        .map(|(place, _)| place)
        .collect();
    bounds.insert(0, 0);
    bounds.push(script.directives.len());
    bounds.windows(2).map(|pair| pair[0]..pair[1]).collect()
}

fn failures(checked: &[Checked]) -> usize {
    let failed = |checked: &&Checked| matches!(checked.status, Status::Failed(_));
    checked.iter().filter(failed).count()
}
