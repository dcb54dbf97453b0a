//! A copy from or to an address that is none for the element type of its stream or future.
//!
//! Drawn late, in a few plans of a hundred that copy: a case without that is what it is without this file.

use super::sketch::Sketch;
use crate::plan::{Instance, Op};

/// Percentage of plans in which a copy is meant to be of that kind.
const PERCENT: u32 = 8;

pub(super) fn draw(sketch: &mut Sketch) {
    let count = copies(&mut sketch.instances).len();
    if count == 0 || !sketch.draw.percent(PERCENT) {
        return;
    }
    let chosen = sketch.draw.index(count);
    *copies(&mut sketch.instances)[chosen] = sketch.draw.pick(&[1, 2, 4]);
}

/// The offsets of all copies that are not nested in other operations.
fn copies(instances: &mut [Instance]) -> Vec<&mut u32> {
    let bodies = instances.iter_mut().flat_map(Instance::bodies_mut);
    let offset = |op| match op {
        &mut Op::Copy { ref mut offset, .. } => Some(offset),
        _ => None,
    };
    bodies.flatten().filter_map(offset).collect()
}
