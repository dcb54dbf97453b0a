//! A script on the reference, in each [`Reading`] until one allows what it claims.
//!
//! A script claims what one engine does, and the specification leaves choices to the engine: what is claimed of an instance holds
//! if one of them allows all of it. Where the specification's own test suite asks for what its text does not allow, it holds
//! too, and that is noted.

use crate::claims::Status;
use crate::scripts::{Checked, Command, Script, run};
use spawndiff_reference::{Reading, ScriptReference};
use std::ops::Range;

/// What became of each directive of `script` on the reference.
///
/// Each reading runs the script from its beginning. What counts is, for each instance with the directives up to the next one,
/// the first reading in which as few of them fail as in any.
pub fn run_on_reference(script: &Script) -> Vec<Checked> {
    let mut best = run(script, &mut ScriptReference::new());
    for reading in &Reading::ALL[1..] {
        if failures(&best) == 0 {
            break;
        }
        let other = run(script, &mut ScriptReference::reading(*reading));
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
