//! Draws calls of built-ins at a time when the instance may not be left, as while a post-return function runs: all but a
//! few built-ins trap then.

use super::placement::{choose, conditional};
use super::setup::{DARING, on_any_end};
use crate::draw::builder::Builder;
use crate::draw::{calls, returning};
use crate::plan::{Entry, Handle, Index, Op, Operand, Start, Target};

/// The functions that may not be called then, each with its weight in a plan that may spawn. Such plans are 40 % of all,
/// so that the two definitions that need such a plan come to the same share as the others: 0.4 · 10 / 56 = 0.4 · 3 / 56 +
/// 0.6 / 12.
const FORBIDDEN: &[(u32, Forbidden)] = &[
    (3, Forbidden::Log),
    (3, Forbidden::Mark),
    (3, Forbidden::TaskReturn),
    (3, Forbidden::ThreadIndex),
    (3, Forbidden::NewIndirect),
    (3, Forbidden::ResumeLater),
    (3, Forbidden::Suspend),
    (3, Forbidden::Yield),
    (3, Forbidden::SuspendThenResume),
    (3, Forbidden::YieldThenResume),
    (3, Forbidden::SuspendThenPromote),
    (3, Forbidden::YieldThenPromote),
    (10, Forbidden::SpawnIndirect),
    (10, Forbidden::SpawnRef),
];
/// How many of the [`FORBIDDEN`] functions need no spawn definition: they are the first ones.
const WITHOUT_SPAWN: usize = 12;

#[derive(Clone, Copy)]
enum Forbidden {
    Log,
    Mark,
    TaskReturn,
    ThreadIndex,
    NewIndirect,
    ResumeLater,
    Suspend,
    Yield,
    SuspendThenResume,
    YieldThenResume,
    SuspendThenPromote,
    YieldThenPromote,
    SpawnIndirect,
    SpawnRef,
}

/// Makes a post-return function call what it may not call: where there are other instances, half of the time one of the
/// built-ins that are for them.
pub(super) fn add(builder: &mut Builder) {
    let Some(entry) = choose(builder, |lift, _| lift.is_sync()) else {
        return;
    };
    let op = match builder.has_peers() && builder.draw.percent(50) {
        true => between(builder),
        false => forbidden(builder, entry),
    };
    let ops = conditional(builder, vec![op]);
    let body = &mut builder.instance.entries[entry].post_return;
    body.get_or_insert_default().extend(ops);
}

/// Draws an operation that a post-return function may not do. The operation calls nothing before the call that traps.
pub(in crate::draw) fn forbidden(builder: &mut Builder, entry: usize) -> Op {
    let list = match builder.spawn {
        true => FORBIDDEN,
        false => &FORBIDDEN[..WITHOUT_SPAWN],
    };
    let kind = builder.draw.weighted(list);
    let cancellable = builder.draw.percent(30);
    let target = match builder.draw.percent(40) {
        false => Target::Last,
        true => Target::Const(builder.draw.pick(&[1, 0, 2, u32::MAX])),
    };
    let context = Operand::Argument;
    match kind {
        Forbidden::Log => Op::Log { value: context },
        Forbidden::Mark => Op::Mark { value: context },
        Forbidden::TaskReturn => returning::task_return(builder, entry),
        Forbidden::ThreadIndex => Op::ThreadIndex,
        Forbidden::NewIndirect => start(builder, false, context),
        Forbidden::SpawnIndirect => start(builder, true, context),
        Forbidden::SpawnRef => Op::SpawnRef {
            core_type: builder.draw.index(3),
            function: Some(builder.draw.index(builder.instance.functions.len())),
            context,
        },
        Forbidden::ResumeLater => Op::ResumeLater { target },
        Forbidden::Suspend => Op::Suspend {
            cancellable,
            park: None,
        },
        Forbidden::Yield => Op::Yield {
            cancellable,
            offer: false,
        },
        Forbidden::SuspendThenResume => Op::SuspendThenResume {
            cancellable,
            target,
            park: None,
        },
        Forbidden::YieldThenResume => Op::YieldThenResume {
            cancellable,
            target,
        },
        Forbidden::SuspendThenPromote => Op::SuspendThenPromote {
            cancellable,
            target,
            park: None,
        },
        Forbidden::YieldThenPromote => Op::YieldThenPromote {
            cancellable,
            target,
        },
    }
}

/// A start with any definition of the wanted sort, a new one if there is none.
fn start(builder: &mut Builder, spawn: bool, context: Operand) -> Op {
    let starts = &mut builder.instance.starts;
    if !starts.iter().any(|start| start.spawn == spawn) {
        let core_type = builder.draw.index(3);
        starts.push(Start {
            spawn,
            core_type,
            table: 0,
        });
    }
    let fitting: Vec<usize> = (0..starts.len())
        .filter(|&start| starts[start].spawn == spawn)
        .collect();
    let start = builder.draw.pick(&fitting);
    let size = builder.instance.tables[builder.instance.starts[start].table].initial;
    Op::Start {
        start,
        index: Index::Const(builder.draw.below(size)),
        context,
        slot: 1,
    }
}

/// Draws an operation on other instances, streams, futures or resources. The operation calls nothing before the call that
/// traps.
pub(in crate::draw) fn between(builder: &mut Builder) -> Op {
    let handle = Handle::Const(builder.draw.below(3));
    let asynchronous = builder.draw.percent(50);
    let cancellable = builder.draw.percent(50);
    let resource = builder.instance.resource.is_some();
    match builder.draw.below(14) {
        0 => Op::SetNew { slot: 1 },
        1 => Op::SetWait {
            handle,
            cancellable,
            passing: DARING,
        },
        2 => Op::SetPoll {
            handle,
            cancellable,
        },
        3 => Op::SetDrop {
            handle,
            passing: DARING,
        },
        4 => Op::Join { handle, set: None },
        5 => Op::SubtaskCancel {
            handle,
            asynchronous,
            passing: DARING,
        },
        6 => Op::SubtaskDrop {
            handle,
            passing: DARING,
        },
        7 if !builder.channels.is_empty() => Op::ChannelNew {
            channel: builder.draw.index(builder.channels.len()),
            slot: 1,
        },
        8 | 9 => on_any_end(builder, handle).unwrap_or(Op::TaskCancel),
        12 => call(builder, asynchronous).unwrap_or(Op::TaskCancel),
        10 if resource => Op::ResourceNew {
            slot: 1,
            rep: Operand::Const(1),
        },
        11 if resource => Op::ResourceDrop {
            owner: builder.number,
            handle,
        },
        _ => Op::TaskCancel,
    }
}

/// Draws a call of another instance that needs no handle to be made before.
fn call(builder: &mut Builder, asynchronous: bool) -> Option<Op> {
    let callee = calls::callee(builder, Entry::takes_scalars)?;
    let args = calls::arguments(builder, callee, &mut Vec::new());
    Some(Op::Invoke {
        callee,
        asynchronous,
        args,
        slot: 2,
    })
}
