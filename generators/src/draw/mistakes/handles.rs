//! Draws mistakes with other instances, subtasks, waitable sets, streams, futures and resources: each trap of their
//! built-ins has its kind here. These mistakes are added in the same way as those of [`super::threads`].

use super::placement::{choose, insert_in_entry, insert_in_thread};
use super::repair::{self, Obstacle};
use super::setup::{
    CAREFUL, DARING, SET, SLOT, SUBTASK, blocked, cancel, cancel_copy, channel, copy, drop_end,
    end, joined, on_any_end, on_end, owner, pass, taking,
};
use crate::draw::builder::Builder;
use crate::draw::calls;
use crate::plan::sample::INVALID;
use crate::plan::{Argument, Direction, Handle, Lift, Op, ValueType};

/// The numbers of mistakes that a case is to make if it has anything to make them with, each with its weight.
const COUNT: &[(u32, usize)] = &[(56, 0), (35, 1), (9, 2)];

/// How many kinds are drawn for a mistake, at most.
const TRIES: usize = 4;

/// Kinds of mistakes and their weights.
const KINDS: &[(u32, Kind)] = &[
    (8, Kind::SubtaskDropEarly),
    (7, Kind::CancelTwice),
    (7, Kind::CancelDelivered),
    (6, Kind::CancelInSet),
    (5, Kind::SetUnknown),
    (6, Kind::SetDropFull),
    (6, Kind::SetDropWaiting),
    (5, Kind::JoinUnknown),
    (4, Kind::JoinWhileCancelling),
    (4, Kind::SubtaskUnknown),
    (6, Kind::BackpressureBelow),
    (4, Kind::BackpressureAbove),
    (12, Kind::TaskCancel),
    (4, Kind::WaitInSyncTyped),
    (8, Kind::CopyWrongEnd),
    (4, Kind::CopyWrongChannel),
    (6, Kind::CopyBusy),
    (6, Kind::CopyDone),
    (7, Kind::CopyTooLong),
    (8, Kind::CopyInSet),
    (6, Kind::CancelIdle),
    (5, Kind::CancelSyncCopy),
    (6, Kind::DropBusy),
    (8, Kind::DropUnwritten),
    (12, Kind::PassInSet),
    (8, Kind::PassBusy),
    (10, Kind::PassDone),
    (5, Kind::ResourceUnknown),
    (5, Kind::ResourceWrongType),
    (30, Kind::ResourceLent),
    (5, Kind::HandleUnknown),
    (4, Kind::RepWrong),
    (12, Kind::EndUnknown),
    (8, Kind::CancelCopyInSet),
    (5, Kind::InvalidString),
];

#[derive(Clone, Copy)]
enum Kind {
    SubtaskDropEarly,
    CancelTwice,
    CancelDelivered,
    CancelInSet,
    SetUnknown,
    SetDropFull,
    SetDropWaiting,
    JoinUnknown,
    /// Joins a subtask to a set while another thread waits for it synchronously.
    JoinWhileCancelling,
    SubtaskUnknown,
    BackpressureBelow,
    BackpressureAbove,
    /// `task.cancel` of a task that was not cancelled.
    TaskCancel,
    WaitInSyncTyped,
    CopyWrongEnd,
    CopyWrongChannel,
    CopyBusy,
    CopyDone,
    CopyTooLong,
    CopyInSet,
    CancelIdle,
    /// Cancels a copy that another thread waits for synchronously.
    CancelSyncCopy,
    DropBusy,
    /// Drops the writable end of a future that was not written.
    DropUnwritten,
    PassInSet,
    PassBusy,
    PassDone,
    ResourceUnknown,
    ResourceWrongType,
    ResourceLent,
    HandleUnknown,
    RepWrong,
    /// Uses a handle that is no end of a stream or future as if it were one.
    EndUnknown,
    CancelCopyInSet,
    InvalidString,
}

pub(super) fn draw(builder: &mut Builder) {
    if !builder.has_peers() {
        return;
    }
    for _ in 0..builder.draw.weighted(COUNT) {
        // A kind that there is nothing to make with is drawn again.
        for _ in 0..TRIES {
            let kind = builder.draw.weighted(KINDS);
            if add(builder, kind).is_some() {
                break;
            }
        }
    }
}

fn add(builder: &mut Builder, kind: Kind) -> Option<()> {
    let ops = mistake(builder, kind)?;
    let may_not_block = matches!(kind, Kind::WaitInSyncTyped);
    let cancels = matches!(kind, Kind::TaskCancel);
    // In a task that is lifted synchronously, `task.cancel` is another mistake.
    let invalid = cancels && builder.draw.percent(30);
    // An operation that waits or yields on the way traps too early in a task that may not block.
    let wanted = |lift: &Lift, _| {
        matches!(lift, Lift::SyncTyped(_)) == may_not_block
            && !(cancels && invalid != lift.is_sync())
    };
    let entry = choose(builder, wanted)?;
    insert_in_entry(builder, entry, ops);
    Some(())
}

/// The operations of a mistake, if there is anything to make it with.
fn mistake(builder: &mut Builder, kind: Kind) -> Option<Vec<Op>> {
    let mut ops = Vec::new();
    let asynchronous = builder.draw.percent(50);
    let unknown = Handle::Const(builder.draw.pick(&[77, 0, 1, 2, 3, 1 << 28, u32::MAX]));
    match kind {
        Kind::SubtaskDropEarly => {
            blocked(builder, &mut ops)?;
            ops.push(Op::SubtaskDrop {
                handle: SUBTASK,
                passing: DARING,
            });
            repair::apply(builder, Obstacle::Unresolved, &mut ops);
        }
        Kind::CancelTwice => {
            blocked(builder, &mut ops)?;
            for (asynchronous, passing) in [(true, CAREFUL), (asynchronous, DARING)] {
                ops.push(cancel(asynchronous, passing));
            }
        }
        Kind::CancelDelivered => {
            blocked(builder, &mut ops)?;
            ops.extend(joined(SUBTASK));
            for _ in 0..2 {
                ops.push(Op::SetWait {
                    handle: SET,
                    cancellable: false,
                    passing: CAREFUL,
                });
            }
            ops.push(Op::Join {
                handle: SUBTASK,
                set: None,
            });
            ops.push(cancel(asynchronous, DARING));
        }
        Kind::CancelInSet => {
            blocked(builder, &mut ops)?;
            ops.extend(joined(SUBTASK));
            ops.push(cancel(false, DARING));
            repair::apply(builder, Obstacle::InSet, &mut ops);
        }
        Kind::SetUnknown => {
            let handle = if asynchronous { unknown } else { SUBTASK };
            if !asynchronous {
                blocked(builder, &mut ops)?;
            }
            let cancellable = builder.draw.percent(40);
            ops.push(match builder.draw.below(3) {
                0 => Op::SetWait {
                    handle,
                    cancellable,
                    passing: DARING,
                },
                1 => Op::SetPoll {
                    handle,
                    cancellable,
                },
                _ => Op::SetDrop {
                    handle,
                    passing: DARING,
                },
            });
        }
        Kind::SetDropFull => {
            match builder.visible.is_empty() || asynchronous {
                false => {
                    blocked(builder, &mut ops)?;
                    ops.extend(joined(SUBTASK));
                }
                true => {
                    let (channel, direction) = channel(builder, &mut ops)?;
                    ops.extend(joined(end(channel, direction)));
                }
            }
            ops.push(Op::SetDrop {
                handle: SET,
                passing: DARING,
            });
            repair::apply(builder, Obstacle::Full, &mut ops);
        }
        Kind::SetDropWaiting => {
            let wait = vec![
                Op::SetNew { slot: 1 },
                Op::SetWait {
                    handle: SET,
                    cancellable: false,
                    passing: DARING,
                },
            ];
            insert_in_thread(builder, wait);
            ops.push(Op::Yield {
                cancellable: false,
                offer: false,
            });
            ops.push(Op::SetDrop {
                handle: SET,
                passing: DARING,
            });
        }
        Kind::JoinUnknown => {
            ops.push(Op::SetNew { slot: 1 });
            let (handle, set) = builder
                .draw
                .pick(&[(unknown, SET), (SET, SET), (SET, unknown)]);
            ops.push(Op::Join {
                handle,
                set: Some(set),
            });
        }
        Kind::JoinWhileCancelling => {
            blocked(builder, &mut ops)?;
            insert_in_thread(builder, vec![cancel(false, CAREFUL)]);
            ops.push(Op::Yield {
                cancellable: false,
                offer: false,
            });
            ops.extend(joined(SUBTASK));
        }
        Kind::SubtaskUnknown => ops.push(match asynchronous {
            true => Op::SubtaskDrop {
                handle: unknown,
                passing: DARING,
            },
            false => Op::SubtaskCancel {
                handle: unknown,
                asynchronous: true,
                passing: DARING,
            },
        }),
        Kind::BackpressureBelow => ops.push(Op::BackpressureDec { passing: DARING }),
        Kind::BackpressureAbove => ops.push(Op::BackpressureInc { times: 1 << 16 }),
        Kind::TaskCancel => ops.push(Op::TaskCancel),
        Kind::WaitInSyncTyped => {
            ops.push(Op::SetNew { slot: 1 });
            ops.push(Op::SetWait {
                handle: SET,
                cancellable: false,
                passing: DARING,
            });
        }
        Kind::CopyWrongEnd => {
            let (channel, direction) = channel(builder, &mut ops)?;
            let handle = end(channel, direction.other());
            ops.push(on_end(builder, channel, direction, handle));
        }
        Kind::CopyWrongChannel => {
            let (channel, direction) = channel(builder, &mut ops)?;
            let handle = end(channel, direction);
            ops.push(copy(channel + 1, direction, handle, asynchronous, 1));
        }
        Kind::CopyBusy => {
            let (channel, direction) = channel(builder, &mut ops)?;
            let handle = end(channel, direction);
            for asynchronous in [true, asynchronous] {
                ops.push(copy(channel, direction, handle, asynchronous, 1));
            }
            repair::apply(builder, Obstacle::Busy(channel, direction), &mut ops);
        }
        Kind::CopyDone => {
            let (channel, direction) = channel(builder, &mut ops)?;
            let handle = end(channel, direction);
            let (future, other) = (builder.channels[channel].future, direction.other());
            ops.push(match future {
                false => drop_end(channel, other, CAREFUL),
                true => copy(channel, other, end(channel, other), true, 1),
            });
            for asynchronous in [true, asynchronous] {
                ops.push(copy(channel, direction, handle, asynchronous, 1));
            }
        }
        Kind::CopyTooLong => {
            let (channel, direction) = channel(builder, &mut ops)?;
            // The length of a future is not asked for.
            if builder.channels[channel].future {
                return None;
            }
            let count = builder
                .draw
                .pick(&[1 << 28, 0x3_0000, (1 << 28) - 1, u32::MAX]);
            ops.push(copy(
                channel,
                direction,
                end(channel, direction),
                true,
                count,
            ));
        }
        Kind::CopyInSet => {
            let (channel, direction) = channel(builder, &mut ops)?;
            let handle = end(channel, direction);
            ops.extend(joined(handle));
            ops.push(copy(channel, direction, handle, false, 1));
            repair::apply(builder, Obstacle::InSet, &mut ops);
        }
        Kind::CancelIdle => {
            let (channel, direction) = channel(builder, &mut ops)?;
            ops.push(cancel_copy(channel, direction, asynchronous));
            repair::apply(builder, Obstacle::Idle(channel, direction), &mut ops);
        }
        Kind::CancelSyncCopy => {
            let (channel, direction) = channel(builder, &mut ops)?;
            let handle = end(channel, direction);
            let copies = vec![
                Op::ChannelNew {
                    channel,
                    slot: SLOT,
                },
                copy(channel, direction, handle, false, 1),
            ];
            insert_in_thread(builder, copies);
            ops.push(Op::Yield {
                cancellable: false,
                offer: false,
            });
            ops.push(cancel_copy(channel, direction, asynchronous));
        }
        Kind::DropBusy => {
            let (channel, direction) = channel(builder, &mut ops)?;
            ops.push(copy(channel, direction, end(channel, direction), true, 1));
            ops.push(drop_end(channel, direction, DARING));
            repair::apply(builder, Obstacle::Busy(channel, direction), &mut ops);
        }
        Kind::DropUnwritten => {
            let (channel, _) = channel(builder, &mut ops)?;
            ops.push(drop_end(channel, Direction::Write, DARING));
            repair::apply(builder, Obstacle::Unwritten(channel), &mut ops);
        }
        Kind::PassInSet => {
            let channel = pass(builder, &mut ops)?;
            let passing = ops.pop()?;
            ops.extend(joined(end(channel, Direction::Read)));
            ops.push(passing);
            repair::apply(builder, Obstacle::InSet, &mut ops);
        }
        Kind::PassBusy => {
            let channel = pass(builder, &mut ops)?;
            let passing = ops.pop()?;
            let direction = Direction::Read;
            ops.push(copy(channel, direction, end(channel, direction), true, 1));
            ops.push(passing);
            repair::apply(builder, Obstacle::Busy(channel, direction), &mut ops);
        }
        Kind::PassDone => {
            let channel = pass(builder, &mut ops)?;
            let passing = ops.pop()?;
            let (read, write) = (Direction::Read, Direction::Write);
            ops.push(match builder.channels[channel].future {
                false => drop_end(channel, write, CAREFUL),
                true => copy(channel, write, end(channel, write), true, 1),
            });
            ops.push(copy(channel, read, end(channel, read), true, 1));
            ops.push(passing);
        }
        Kind::ResourceUnknown => {
            let owner = owner(builder)?;
            ops.push(Op::ResourceDrop {
                owner,
                handle: unknown,
            });
        }
        Kind::ResourceWrongType => {
            let (owner, other) = (owner(builder)?, owner(builder)?);
            calls::obtain(builder, other, &mut ops);
            let handle = Handle::Resource {
                owner: other,
                slot: 0,
            };
            ops.push(Op::ResourceDrop { owner, handle });
        }
        Kind::ResourceLent => {
            let callee = taking(builder, |ty| matches!(ty, ValueType::Borrow(_)))?;
            let params = builder.instances[callee.instance].entries[callee.entry]
                .params
                .clone();
            let args = calls::arguments(builder, callee, &mut ops);
            ops.push(Op::Invoke {
                callee,
                asynchronous: true,
                args: args.clone(),
                slot: 3,
            });
            for (ty, arg) in params.iter().zip(args) {
                if let (ValueType::Borrow(owner), Argument::Handle(handle)) = (*ty, arg) {
                    ops.push(Op::ResourceDrop { owner, handle });
                }
            }
        }
        Kind::HandleUnknown => {
            let callee = taking(builder, |ty| {
                matches!(
                    ty,
                    ValueType::Own(_) | ValueType::Borrow(_) | ValueType::Channel(_)
                )
            })?;
            let mut args = calls::arguments(builder, callee, &mut ops);
            for arg in &mut args {
                if let Argument::Handle(handle) = arg {
                    *handle = unknown;
                }
            }
            ops.push(Op::Invoke {
                callee,
                asynchronous,
                args,
                slot: 3,
            });
        }
        Kind::RepWrong => {
            builder.instance.resource.as_ref()?;
            ops.push(Op::SetNew { slot: 1 });
            let handle = builder.draw.pick(&[unknown, SET]);
            ops.push(Op::ResourceRep { handle });
        }
        Kind::EndUnknown => {
            ops.push(Op::SetNew { slot: 1 });
            let handle = builder.draw.pick(&[unknown, SET]);
            ops.push(on_any_end(builder, handle)?);
        }
        Kind::CancelCopyInSet => {
            let (channel, direction) = channel(builder, &mut ops)?;
            let handle = end(channel, direction);
            ops.push(copy(channel, direction, handle, true, 1));
            ops.extend(joined(handle));
            ops.push(cancel_copy(channel, direction, false));
            repair::apply(builder, Obstacle::InSet, &mut ops);
        }
        Kind::InvalidString => {
            let callee = taking(builder, |ty| matches!(ty, ValueType::String))?;
            let mut args = calls::arguments(builder, callee, &mut ops);
            for arg in &mut args {
                if let Argument::Sample(_) = arg {
                    *arg = Argument::Sample(INVALID);
                }
            }
            ops.push(Op::Invoke {
                callee,
                asynchronous,
                args,
                slot: 3,
            });
        }
    }
    Some(ops)
}
