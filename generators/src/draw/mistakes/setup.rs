//! Draws the parts of the mistakes of [`super::handles`]: operations that bring about a state, and operations on it that
//! are careful or not.

use crate::draw::builder::Builder;
use crate::draw::calls;
use crate::plan::{Argument, Callee, Direction, Handle, Lift, Op, Operand, Passing, ValueType};

/// The slots of the handles that these mistakes make: the last slots.
pub(super) const SUBTASK: Handle = Handle::Subtask(3);
/// See [`SUBTASK`].
pub(super) const SET: Handle = Handle::Set(1);
/// See [`SUBTASK`].
pub(super) const SLOT: usize = 1;
pub(super) const DARING: Passing = Passing::Daring;
pub(super) const CAREFUL: Passing = Passing::Careful;

/// Adds an asynchronous call that likely blocks, with its subtask in the last slot.
pub(super) fn blocked(builder: &mut Builder, out: &mut Vec<Op>) -> Option<()> {
    let callee = calls::callee(builder, |entry| match &entry.lift {
        Lift::SyncTyped(_) => false,
        Lift::Sync(_) | Lift::Stackful | Lift::Callback(_) => true,
    })?;
    let args = calls::arguments(builder, callee, out);
    out.push(Op::Invoke {
        callee,
        asynchronous: true,
        args,
        slot: 3,
    });
    Some(())
}

/// Adds a call of an entry that is passed a stream or future, which is made before: the call is the last operation.
pub(super) fn pass(builder: &mut Builder, out: &mut Vec<Op>) -> Option<usize> {
    let callee = taking(builder, |ty| matches!(ty, ValueType::Channel(_)))?;
    let mut args = calls::arguments(builder, callee, out);
    let mut passed = None;
    for arg in &mut args {
        if let Argument::Handle(Handle::End { channel, slot, .. }) = arg {
            *slot = SLOT;
            passed = Some(*channel);
        }
    }
    let channel = passed?;
    out.push(Op::ChannelNew {
        channel,
        slot: SLOT,
    });
    out.push(Op::Invoke {
        callee,
        asynchronous: true,
        args,
        slot: 3,
    });
    Some(channel)
}

/// Draws an entry that has a parameter which `wanted` accepts.
pub(super) fn taking(builder: &mut Builder, wanted: impl Fn(&ValueType) -> bool) -> Option<Callee> {
    calls::callee(builder, |entry| entry.params.iter().any(&wanted))
}

pub(super) fn owner(builder: &mut Builder) -> Option<usize> {
    let mut owners = builder.visible.clone();
    owners.retain(|&other| builder.instances[other].resource.is_some());
    (!owners.is_empty()).then(|| builder.draw.pick(&owners))
}

/// Adds a new stream or future, and draws one of its ends.
pub(super) fn channel(builder: &mut Builder, out: &mut Vec<Op>) -> Option<(usize, Direction)> {
    if builder.channels.is_empty() {
        return None;
    }
    let channel = builder.draw.index(builder.channels.len());
    out.push(Op::ChannelNew {
        channel,
        slot: SLOT,
    });
    let direction = match builder.draw.percent(50) {
        false => Direction::Read,
        true => Direction::Write,
    };
    Some((channel, direction))
}

pub(super) fn end(channel: usize, direction: Direction) -> Handle {
    Handle::End {
        channel,
        direction,
        slot: SLOT,
    }
}

/// Puts a waitable into the second set.
pub(super) fn joined(handle: Handle) -> [Op; 2] {
    [
        Op::SetNew { slot: 1 },
        Op::Join {
            handle,
            set: Some(SET),
        },
    ]
}

pub(super) fn cancel(asynchronous: bool, passing: Passing) -> Op {
    Op::SubtaskCancel {
        handle: SUBTASK,
        asynchronous,
        passing,
    }
}

pub(super) fn copy(
    channel: usize,
    direction: Direction,
    handle: Handle,
    asynchronous: bool,
    count: u32,
) -> Op {
    Op::Copy {
        channel,
        direction,
        handle,
        asynchronous,
        count,
        offset: 0,
        value: Operand::Const(7),
        passing: DARING,
    }
}

pub(super) fn cancel_copy(channel: usize, direction: Direction, asynchronous: bool) -> Op {
    Op::CancelCopy {
        channel,
        direction,
        handle: end(channel, direction),
        asynchronous,
        passing: DARING,
    }
}

pub(super) fn drop_end(channel: usize, direction: Direction, passing: Passing) -> Op {
    Op::DropEnd {
        channel,
        direction,
        handle: end(channel, direction),
        passing,
    }
}

/// Draws an operation on a handle as if it were an end of a stream or future of the plan. `None` if the plan has none.
pub(super) fn on_any_end(builder: &mut Builder, handle: Handle) -> Option<Op> {
    if builder.channels.is_empty() {
        return None;
    }
    let channel = builder.draw.index(builder.channels.len());
    let direction = builder.draw.pick(&[Direction::Read, Direction::Write]);
    Some(on_end(builder, channel, direction, handle))
}

/// Draws an operation on a handle as if it were this end of this stream or future: a copy, the cancellation of a copy, or
/// the drop of the end, none of them careful.
pub(super) fn on_end(
    builder: &mut Builder,
    channel: usize,
    direction: Direction,
    handle: Handle,
) -> Op {
    let asynchronous = builder.draw.percent(50);
    match builder.draw.below(3) {
        0 => copy(channel, direction, handle, asynchronous, 1),
        1 => Op::CancelCopy {
            channel,
            direction,
            handle,
            asynchronous,
            passing: DARING,
        },
        _ => Op::DropEnd {
            channel,
            direction,
            handle,
            passing: DARING,
        },
    }
}
