//! Draws operations on streams, futures and resources, which are skipped where they would trap.

use super::builder::Builder;
use super::scope::{Place, Scope};
use crate::limits::{COPY_COUNT, ENDS, RESOURCES};
use crate::plan::{Direction, Handle, Op, Passing};

const CAREFUL: Passing = Passing::Careful;

fn end(channel: usize, direction: Direction, slot: usize) -> Handle {
    Handle::End {
        channel,
        direction,
        slot,
    }
}

/// Draws a read or write of a few elements, now and then of none.
pub(super) fn copy(
    builder: &mut Builder,
    handle: Handle,
    channel: usize,
    direction: Direction,
    asynchronous: bool,
) -> Op {
    let count = match builder.draw.percent(15) {
        false => 1 + builder.draw.below(COPY_COUNT),
        true => 0,
    };
    Op::Copy {
        channel,
        direction,
        handle,
        asynchronous,
        count,
        offset: 0,
        value: builder.draw.operand(),
        passing: CAREFUL,
    }
}

/// Adds the operations of an entry on the readable end that it was passed, which lies in the first cell: reads from the
/// end once or twice, waiting for each, and then cancels what is under way, and drops the end, or leaves it.
pub(super) fn consume(builder: &mut Builder, channel: usize, scope: &mut Scope, out: &mut Vec<Op>) {
    let direction = Direction::Read;
    let handle = end(channel, direction, 0);
    for _ in 0..1 + builder.draw.below(2) {
        let read = copy(builder, handle, channel, direction, true);
        out.push(read);
        wait_for(builder, handle, scope, out);
        out.push(Op::LoadBuffer { handle });
    }
    settle(builder, channel, handle, direction, out);
}

/// Adds a wait, a poll or a yield after an asynchronous copy, if the task may block.
fn wait_for(builder: &mut Builder, handle: Handle, scope: &Scope, out: &mut Vec<Op>) {
    let slot = 1 - usize::from(builder.draw.percent(40));
    let set = Handle::Set(slot);
    let cancellable = builder.draw.percent(40);
    let how = builder.draw.weighted(&[(50, 0), (30, 1), (20, 2)]);
    if scope.sync_typed {
        return;
    }
    if how == 2 {
        return out.push(Op::Yield {
            cancellable,
            offer: false,
        });
    }
    out.push(Op::SetNew { slot });
    out.push(Op::Join {
        handle,
        set: Some(set),
    });
    // An implicit thread of a host's call that waits for what nobody does is a deadlock.
    if how == 1 || (scope.must_return() && builder.number == 0 && !builder.draw.percent(15)) {
        out.push(Op::Yield {
            cancellable,
            offer: false,
        });
        out.push(Op::SetPoll {
            handle: set,
            cancellable,
        });
    } else {
        out.push(Op::SetWait {
            handle: set,
            cancellable,
            passing: CAREFUL,
        });
    }
    if builder.draw.percent(50) {
        out.push(Op::Join { handle, set: None });
    }
}

/// Now and then adds the cancellation of the copy that is under way, and now and then the drop of the end.
fn settle(
    builder: &mut Builder,
    channel: usize,
    handle: Handle,
    direction: Direction,
    out: &mut Vec<Op>,
) {
    if builder.draw.percent(50) {
        out.push(Op::CancelCopy {
            channel,
            direction,
            handle,
            asynchronous: builder.draw.percent(60),
            passing: CAREFUL,
        });
    }
    if builder.draw.percent(55) {
        out.push(Op::DropEnd {
            channel,
            direction,
            handle,
            passing: CAREFUL,
        });
    }
}

/// Adds one step with a stream or future: a new one of which both ends are used here, or an operation on an end that may
/// be there.
pub(super) fn step(builder: &mut Builder, scope: &mut Scope, out: &mut Vec<Op>) {
    let channel = builder.draw.index(builder.channels.len());
    let slot = builder.draw.index(ENDS);
    let first = match builder.draw.percent(50) {
        false => Direction::Read,
        true => Direction::Write,
    };
    let second = first.other();
    let (a, b) = (end(channel, first, slot), end(channel, second, slot));
    match builder.draw.weighted(&[(40, 0), (30, 1), (15, 2), (15, 3)]) {
        0 => {
            out.push(Op::ChannelNew { channel, slot });
            let one = copy(builder, a, channel, first, true);
            out.push(one);
            let other = copy(builder, b, channel, second, true);
            out.push(other);
            if builder.draw.percent(50) {
                wait_for(builder, a, scope, out);
            }
            out.push(Op::LoadBuffer {
                handle: end(channel, Direction::Read, slot),
            });
            if builder.draw.percent(60) {
                settle(builder, channel, a, first, out);
                settle(builder, channel, b, second, out);
            }
        }
        1 => {
            // In a thread a copy may well block: somebody else has the other end.
            let asynchronous =
                !matches!(scope.place, Place::Function(_)) || builder.draw.percent(70);
            let one = copy(builder, a, channel, first, asynchronous);
            out.push(one);
            if asynchronous && builder.draw.percent(60) {
                wait_for(builder, a, scope, out);
            }
            out.push(Op::LoadBuffer { handle: a });
        }
        2 => {
            let set = builder.draw.index(2);
            out.push(Op::SetNew { slot: set });
            out.push(Op::Join {
                handle: a,
                set: Some(Handle::Set(set)),
            });
        }
        _ => settle(builder, channel, a, first, out),
    }
}

/// Adds one step with a handle of a resource: of the instance's own type, or of another instance's.
pub(super) fn resource(builder: &mut Builder, owner: usize, out: &mut Vec<Op>) {
    let slot = builder.draw.index(RESOURCES);
    let handle = Handle::Resource { owner, slot };
    if owner == builder.number {
        let rep = builder.draw.operand();
        out.push(Op::ResourceNew { slot, rep });
        out.push(Op::ResourceRep { handle });
    }
    if builder.draw.percent(50) {
        out.push(Op::ResourceDrop { owner, handle });
    }
}
