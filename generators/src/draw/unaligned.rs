//! Moves the buffer of a copy by a few bytes, so that its address may not be aligned for the element type of the stream
//! or future.
//!
//! The copy is drawn late, in a few plans of a hundred that copy, so that what was drawn before does not depend on it.

use super::sketch::Sketch;
use crate::plan::{Instance, Op};

/// Percentage of plans in which the buffer of a copy is moved, of those that copy.
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
