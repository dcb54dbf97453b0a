//! Post-return functions: of entries that are lifted synchronously, harmless in most cases.
//!
//! While one runs its instance may not leave, so all built-ins but a few trap. The mistake is to call one of the others.

use super::builder::Builder;
use super::ingredient::{DARING, on_any_end};
use super::placement::{choose, conditional};
use super::{op, peer, returning};
use crate::limits::{POST_RETURN_ADDRESS, SCRATCH_ADDRESS};
use crate::plan::{Entry, Handle, Index, Op, Operand, Start, Target, Width};

/// Percentage of entries lifted synchronously that have a post-return function, beside those that a mistake gives one.
const PERCENT: u32 = 30;

/// What may not be called, and the weights in a plan that may spawn. Such plans are 40 % of all, so that the two
/// definitions that need one come to the same share as the others: 0.4 · 10 / 56 = 0.4 · 3 / 56 + 0.6 / 12.
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
/// How many of them need no spawn definition.
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

/// Gives an entry its post-return function, if it is to have one.
pub(super) fn draw(builder: &mut Builder, entry: usize) {
    if builder.instance.entries[entry].lift.is_sync() && builder.draw.percent(PERCENT) {
        let count = builder.draw.range(0..=3);
        let ops = (0..count).map(|_| harmless(builder)).collect();
        builder.instance.entries[entry].post_return = Some(ops);
    }
}

/// Makes a post-return function call what it may not call: where there are other instances, half of the time one of the
/// built-ins that are for them.
pub(super) fn forbid(builder: &mut Builder) {
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

/// What a post-return function may do.
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

/// What a post-return function may not do. No operation calls anything before the call that traps.
pub(super) fn forbidden(builder: &mut Builder, entry: usize) -> Op {
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

/// An operation that calls a built-in for other instances, and nothing before it.
pub(super) fn between(builder: &mut Builder) -> Op {
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

/// A call that needs nothing to be made before.
fn call(builder: &mut Builder, asynchronous: bool) -> Option<Op> {
    let callee = peer::callee(builder, Entry::takes_scalars)?;
    let args = peer::arguments(builder, callee, &mut Vec::new());
    Some(Op::Invoke {
        callee,
        asynchronous,
        args,
        slot: 2,
    })
}
