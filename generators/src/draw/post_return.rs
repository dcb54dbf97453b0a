//! Post-return functions: of entries that are lifted synchronously, harmless in most cases.
//!
//! While one runs its instance may not leave, so all built-ins but a few trap. The mistake is to call one of the others.

use super::ingredient::{DARING, on_any_end};
use super::placement::{choose, conditional};
use super::{Sketch, body, op, peer};
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
pub(super) fn draw(sketch: &mut Sketch, entry: usize) {
    if sketch.instance.entries[entry].lift.is_sync() && sketch.draw.percent(PERCENT) {
        let count = sketch.draw.range(0..=3);
        let ops = (0..count).map(|_| harmless(sketch)).collect();
        sketch.instance.entries[entry].post_return = Some(ops);
    }
}

/// Makes a post-return function call what it may not call: where there are other instances, half of the time one of the
/// built-ins that are for them.
pub(super) fn forbid(sketch: &mut Sketch) {
    let Some(entry) = choose(sketch, |lift, _| lift.is_sync()) else {
        return;
    };
    let op = match sketch.has_peers() && sketch.draw.percent(50) {
        true => between(sketch),
        false => forbidden(sketch, entry),
    };
    let ops = conditional(sketch, vec![op]);
    let body = &mut sketch.instance.entries[entry].post_return;
    body.get_or_insert_default().extend(ops);
}

/// What a post-return function may do.
fn harmless(sketch: &mut Sketch) -> Op {
    let global = sketch.draw.index(sketch.instance.globals.len());
    let value = match sketch.draw.percent(30) {
        false => Operand::Argument,
        true => Operand::Global(sketch.draw.index(sketch.instance.globals.len())),
    };
    let slot = sketch.draw.below(2);
    match sketch
        .draw
        .weighted(&[(26, 0), (22, 1), (16, 2), (14, 3), (14, 4), (8, 5)])
    {
        0 => Op::GlobalSet { global, value },
        1 => Op::Store {
            width: Width::Bits32,
            address: SCRATCH_ADDRESS
                + 4 * sketch
                    .draw
                    .below((POST_RETURN_ADDRESS - SCRATCH_ADDRESS) / 4),
            value,
        },
        2 => Op::ContextGet { slot },
        3 => Op::ContextSet { slot, value },
        5 if sketch.spawn => Op::AvailableParallelism,
        _ => op::table(sketch),
    }
}

/// What a post-return function may not do. No operation calls anything before the call that traps.
pub(super) fn forbidden(sketch: &mut Sketch, entry: usize) -> Op {
    let list = match sketch.spawn {
        true => FORBIDDEN,
        false => &FORBIDDEN[..WITHOUT_SPAWN],
    };
    let kind = sketch.draw.weighted(list);
    let cancellable = sketch.draw.percent(30);
    let target = match sketch.draw.percent(40) {
        false => Target::Last,
        true => Target::Const(sketch.draw.pick(&[1, 0, 2, u32::MAX])),
    };
    let context = Operand::Argument;
    match kind {
        Forbidden::Log => Op::Log { value: context },
        Forbidden::Mark => Op::Mark { value: context },
        Forbidden::TaskReturn => body::task_return(sketch, entry),
        Forbidden::ThreadIndex => Op::ThreadIndex,
        Forbidden::NewIndirect => start(sketch, false, context),
        Forbidden::SpawnIndirect => start(sketch, true, context),
        Forbidden::SpawnRef => Op::SpawnRef {
            core_type: sketch.draw.index(3),
            function: Some(sketch.draw.index(sketch.instance.functions.len())),
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
fn start(sketch: &mut Sketch, spawn: bool, context: Operand) -> Op {
    let starts = &mut sketch.instance.starts;
    if !starts.iter().any(|start| start.spawn == spawn) {
        let core_type = sketch.draw.index(3);
        starts.push(Start {
            spawn,
            core_type,
            table: 0,
        });
    }
    let fitting: Vec<usize> = (0..starts.len())
        .filter(|&start| starts[start].spawn == spawn)
        .collect();
    let start = sketch.draw.pick(&fitting);
    let size = sketch.instance.tables[sketch.instance.starts[start].table].initial;
    Op::Start {
        start,
        index: Index::Const(sketch.draw.below(size)),
        context,
        slot: 1,
    }
}

/// An operation that calls a built-in for other instances, and nothing before it.
pub(super) fn between(sketch: &mut Sketch) -> Op {
    let handle = Handle::Const(sketch.draw.below(3));
    let asynchronous = sketch.draw.percent(50);
    let cancellable = sketch.draw.percent(50);
    let resource = sketch.instance.resource.is_some();
    match sketch.draw.below(14) {
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
        7 if !sketch.channels.is_empty() => Op::ChannelNew {
            channel: sketch.draw.index(sketch.channels.len()),
            slot: 1,
        },
        8 | 9 => on_any_end(sketch, handle).unwrap_or(Op::TaskCancel),
        12 => call(sketch, asynchronous).unwrap_or(Op::TaskCancel),
        10 if resource => Op::ResourceNew {
            slot: 1,
            rep: Operand::Const(1),
        },
        11 if resource => Op::ResourceDrop {
            owner: sketch.number,
            handle,
        },
        _ => Op::TaskCancel,
    }
}

/// A call that needs nothing to be made before.
fn call(sketch: &mut Sketch, asynchronous: bool) -> Option<Op> {
    let callee = peer::callee(sketch, Entry::takes_scalars)?;
    let args = peer::arguments(sketch, callee, &mut Vec::new());
    Some(Op::Invoke {
        callee,
        asynchronous,
        args,
        slot: 2,
    })
}
