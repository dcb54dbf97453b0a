//! A script on the reference, in each [`Reading`] until one allows what it claims.
//!
//! A script claims what one engine does, and the specification leaves choices to the engine: a directive holds if one of them
//! allows it. Where the specification's own test suite asks for what its text does not allow, it holds too, and that is noted.

use crate::claims::Status;
use crate::reference::{Reading, ScriptReference};
use crate::scripts::{Checked, Script, run};

/// What became of each directive of `script` on the reference.
///
/// Each reading runs the script from its beginning, in instances of its own.
pub fn run_on_reference(script: &Script) -> Vec<Checked> {
    let mut best: Vec<Checked> = Vec::new();
    for reading in Reading::ALL {
        let checked = run(script, &mut ScriptReference::reading(reading));
        best = match best.is_empty() {
            true => checked,
            false => {
                let pairs = best.into_iter().zip(checked);
                pairs
                    .map(|(best, other)| better(best, other, reading))
                    .collect()
            }
        };
        if !best.iter().any(has_failed) {
            break;
        }
    }
    best
}

/// Of a directive: what became of it in an earlier reading, or what did in this one.
fn better(earlier: Checked, other: Checked, reading: Reading) -> Checked {
    match (&earlier.status, &other.status) {
        (Status::Failed(_), Status::Passed) => Checked {
            against_the_text: reading.suite,
            ..other
        },
        _ => earlier,
    }
}

fn has_failed(checked: &Checked) -> bool {
    matches!(checked.status, Status::Failed(_))
}
