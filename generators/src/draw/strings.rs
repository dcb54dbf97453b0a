//! Draws strings that are lowered in more than one step, and a `realloc` that returns another address than it should.
//!
//! Both are drawn after everything else, in some of the plans that pass strings or lists, so that what was drawn before
//! does not depend on them.

use super::sketch::Sketch;
use crate::plan::sample::STEPPED;
use crate::plan::{Argument, Encoding, Instance, Misplacement, Op};

/// Percentage of plans in which such strings or such a `realloc` may be drawn, of those that pass strings or lists.
const PERCENT: u32 = 24;

pub(super) fn draw(sketch: &mut Sketch) {
    let count = samples(&mut sketch.instances).len();
    if count == 0 || !sketch.draw.percent(PERCENT) {
        return;
    }
    if sketch.draw.percent(70) {
        let chosen = sketch.draw.index(count);
        *samples(&mut sketch.instances)[chosen] = sketch.draw.pick(&STEPPED.collect::<Vec<_>>());
    }
    if sketch.draw.percent(60) {
        for instance in &mut sketch.instances {
            instance.encoding = sketch.draw.weighted(&[
                (2, Encoding::Latin1Utf16),
                (1, Encoding::Utf8),
                (1, Encoding::Utf16),
            ]);
        }
    }
    if sketch.draw.percent(50) {
        let number = sketch.draw.index(sketch.instances.len());
        let misplacement = Misplacement {
            beyond: sketch.draw.percent(50),
            again: sketch.draw.percent(60),
        };
        sketch.instances[number].misplacement = Some(misplacement);
    }
}

/// The sample numbers that the calls of other instances pass for strings and lists, except calls nested in other
/// operations.
fn samples(instances: &mut [Instance]) -> Vec<&mut usize> {
    let bodies = instances.iter_mut().flat_map(Instance::bodies_mut);
    let args = bodies.flatten().flat_map(|op| match op {
        Op::Invoke { args, .. } => args.as_mut_slice(),
        _ => &mut [],
    });
    let sample = |arg| match arg {
        &mut Argument::Sample(ref mut number) => Some(number),
        _ => None,
    };
    args.filter_map(sample).collect()
}
