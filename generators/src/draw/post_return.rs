//! Draws post-return functions of entries that are lifted synchronously. A post-return function may do all the operations
//! drawn here; `mistakes::cannot_leave` draws the mistake, which is to call a built-in that it may not call.

use super::builder::Builder;
use super::op;
use crate::limits::{POST_RETURN_ADDRESS, SCRATCH_ADDRESS};
use crate::plan::{Op, Operand, Width};

/// Percentage of entries lifted synchronously that have a post-return function, beside those that a mistake gives one.
const PERCENT: u32 = 30;

/// Gives an entry its post-return function, if it is to have one.
pub(super) fn draw(builder: &mut Builder, entry: usize) {
    if builder.instance.entries[entry].lift.is_sync() && builder.draw.percent(PERCENT) {
        let count = builder.draw.range(0..=3);
        let ops = (0..count).map(|_| harmless(builder)).collect();
        builder.instance.entries[entry].post_return = Some(ops);
    }
}

/// Draws an operation that a post-return function may do.
fn harmless(builder: &mut Builder) -> Op {
    let global = builder.draw.index(builder.instance.globals.len());
    let value = match builder.draw.percent(30) {
        false => Operand::Argument,
        true => Operand::Global(builder.draw.index(builder.instance.globals.len())),
    };
    let slot = builder.draw.below(2);
    match builder
        .draw
        .weighted(&[(26, 0), (22, 1), (16, 2), (14, 3), (14, 4), (8, 5)])
    {
        0 => Op::GlobalSet { global, value },
        1 => Op::Store {
            width: Width::Bits32,
            address: SCRATCH_ADDRESS
                + 4 * builder
                    .draw
                    .below((POST_RETURN_ADDRESS - SCRATCH_ADDRESS) / 4),
            value,
        },
        2 => Op::ContextGet { slot },
        3 => Op::ContextSet { slot, value },
        5 if builder.spawn => Op::AvailableParallelism,
        _ => op::table(builder),
    }
}
