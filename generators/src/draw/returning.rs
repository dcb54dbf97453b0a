//! Draws how a task returns: by itself, or in a thread that it starts for this.

use super::builder::Builder;
use crate::plan::{Index, Item, Op, Operand, Target};

/// Draws a `task.return` with the result type of the entry.
pub(super) fn task_return(builder: &mut Builder, entry: usize) -> Op {
    let result = builder.instance.entries[entry].result;
    Op::TaskReturn {
        result,
        value: builder.draw.scalar(result),
    }
}

/// Starts the thread that returns for its task.
pub(super) fn start_returner(builder: &mut Builder, function: usize, body: &mut Vec<Op>) {
    let place = builder.contents[0]
        .iter()
        .position(|&item| item == Item::Function(function));
    let place = place.expect("every returner stands in the first table") as u32;
    let context = Operand::Const(builder.draw.below(100) as i32);
    body.push(Op::Start {
        start: 0,
        index: Index::Const(place),
        context,
        slot: 1,
    });
    let target = Target::Parked(1);
    body.push(match builder.draw.percent(35) {
        false => Op::ResumeLater { target },
        true => Op::YieldThenResume {
            cancellable: false,
            target,
        },
    });
}
