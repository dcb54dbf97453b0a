//! Removes the cause of a mistake of [`super::handles`], or makes another mistake of it: before the operation that would
//! trap, a waitable leaves its set, or a copy is cancelled or ended from the other side. The rules that forbid a thing
//! are next to those that allow it again, and an engine may be wrong about either.

use super::setup::{CAREFUL, SET, SUBTASK, cancel, cancel_copy, copy, drop_end, end, joined};
use crate::draw::builder::Builder;
use crate::plan::{Direction, Handle, Op};

/// Percentage of the mistakes that can be remedied.
const PERCENT: u32 = 30;

/// The reason for which the last operation of a mistake traps.
#[derive(Clone, Copy)]
pub(super) enum Obstacle {
    /// The waitable that the operation uses is in the second waitable set.
    InSet,
    /// The second waitable set, which the operation drops, has a waitable in it.
    Full,
    /// A copy of this end is under way.
    Busy(usize, Direction),
    /// No copy of this end is under way.
    Idle(usize, Direction),
    /// The future was not written.
    Unwritten(usize),
    /// The subtask is not resolved.
    Unresolved,
}

/// Puts a remedy before the last operation, now and then.
pub(super) fn apply(builder: &mut Builder, obstacle: Obstacle, ops: &mut Vec<Op>) {
    if !builder.draw.percent(PERCENT) {
        return;
    }
    let Some(last) = ops.pop() else {
        return;
    };
    remedy(builder, obstacle, ops);
    ops.push(last);
}

fn remedy(builder: &mut Builder, obstacle: Obstacle, ops: &mut Vec<Op>) {
    let asynchronous = builder.draw.percent(50);
    match obstacle {
        Obstacle::InSet => ops.extend(leave(ops)),
        Obstacle::Full => match member(ops) {
            Some(Handle::End {
                channel, direction, ..
            }) if asynchronous => ops.push(drop_end(channel, direction, CAREFUL)),
            Some(SUBTASK) if asynchronous => ops.extend([
                wait(),
                Op::SubtaskDrop {
                    handle: SUBTASK,
                    passing: CAREFUL,
                },
            ]),
            Some(_) | None => ops.extend(leave(ops)),
        },
        Obstacle::Busy(channel, direction) => match builder.draw.percent(50) {
            false => ops.push(cancel_copy(channel, direction, asynchronous)),
            true => {
                let other = direction.other();
                let unwritten = builder.channels[channel].future && other == Direction::Write;
                ops.push(match asynchronous && !unwritten {
                    false => copy(channel, other, end(channel, other), true, 1),
                    true => drop_end(channel, other, CAREFUL),
                });
                ops.extend(joined(end(channel, direction)));
                ops.push(wait());
                ops.extend(leave(ops));
            }
        },
        Obstacle::Idle(channel, direction) => {
            ops.push(copy(channel, direction, end(channel, direction), true, 1));
        }
        Obstacle::Unwritten(channel) => {
            let (read, write) = (Direction::Read, Direction::Write);
            // Either end, or both: a future is written, or nobody is left to read it.
            let which = builder.draw.below(3);
            if which != 0 {
                ops.push(drop_end(channel, read, CAREFUL));
            }
            if which != 1 {
                ops.push(copy(channel, write, end(channel, write), true, 1));
            }
        }
        Obstacle::Unresolved => ops.push(cancel(asynchronous, CAREFUL)),
    }
}

/// The waitable that these operations put into the second waitable set last, if they put any there.
fn member(ops: &[Op]) -> Option<Handle> {
    ops.iter().rev().find_map(|op| {
        if let Op::Join {
            handle,
            set: Some(SET),
        } = op
        {
            return Some(*handle);
        }
        None
    })
}

fn leave(ops: &[Op]) -> Option<Op> {
    let handle = member(ops)?;
    Some(Op::Join { handle, set: None })
}

fn wait() -> Op {
    Op::SetWait {
        handle: SET,
        cancellable: false,
        passing: CAREFUL,
    }
}
