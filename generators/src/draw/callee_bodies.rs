//! Draws the bodies of the entries of called instances: the entries return early, late, in a thread or in a callback,
//! block in between, and react to their cancellation or not.

use super::builder::{Builder, Return};
use super::returning::start_returner;
use super::scope::{Place, Scope};
use super::target::launch;
use super::{calls, op, streams};
use crate::plan::{Code, Direction, Handle, Lift, Op, Operand, Passing, Reaction, ValueType};

/// The ways in which an entry blocks, each with its weight.
const BLOCKS: &[(u32, Block)] = &[
    (42, Block::Yield),
    (14, Block::Nothing),
    (14, Block::Suspend),
    (12, Block::Peer),
    (10, Block::Channel),
    (8, Block::Backpressure),
    (1, Block::Never),
];

#[derive(Clone, Copy)]
enum Block {
    Yield,
    Nothing,
    /// Suspends itself until a thread that it starts wakes it.
    Suspend,
    /// Blocks in a call of another instance, if it sees any.
    Peer,
    /// Blocks on a stream or future, if it was passed one.
    Channel,
    /// Raises backpressure, yields, and lowers it.
    Backpressure,
    /// Suspends itself until its cancellation, if ever.
    Never,
}

fn yields(builder: &mut Builder, out: &mut Vec<Op>) {
    for _ in 0..1 + builder.draw.below(3) {
        out.push(Op::Yield {
            cancellable: builder.draw.percent(55),
            offer: builder.draw.percent(30),
        });
    }
}

fn block(builder: &mut Builder, scope: &mut Scope, entry: usize, out: &mut Vec<Op>) {
    match builder.draw.weighted(BLOCKS) {
        Block::Nothing => {}
        Block::Yield => yields(builder, out),
        Block::Suspend => {
            launch(builder, scope, out);
            match scope.wakers > 0 {
                true => out.push(Op::Suspend {
                    cancellable: builder.draw.percent(55),
                    park: Some(0),
                }),
                false => yields(builder, out),
            }
        }
        Block::Peer if !builder.visible.is_empty() => calls::call(builder, scope, out),
        Block::Peer => yields(builder, out),
        Block::Channel => match channel_parameter(builder, entry) {
            Some(channel) => streams::consume(builder, channel, scope, out),
            None => yields(builder, out),
        },
        Block::Backpressure => {
            out.push(Op::BackpressureInc { times: 1 });
            yields(builder, out);
            out.push(Op::BackpressureDec {
                passing: Passing::Careful,
            });
        }
        Block::Never => out.push(Op::Suspend {
            cancellable: !builder.draw.percent(30),
            park: None,
        }),
    }
}

/// The first stream or future that an entry is passed.
fn channel_parameter(builder: &Builder, entry: usize) -> Option<usize> {
    let params = builder.instance.entries[entry].params.iter();
    params
        .filter_map(|ty| match ty {
            ValueType::Channel(channel) => Some(*channel),
            ValueType::Scalar(_)
            | ValueType::String
            | ValueType::Bytes
            | ValueType::Own(_)
            | ValueType::Borrow(_) => None,
        })
        .next()
}

fn finish(builder: &mut Builder, entry: usize) -> Op {
    let result = builder.instance.entries[entry].result;
    Op::Finish {
        result,
        value: builder.draw.scalar(result),
        reaction: match builder.draw.percent(30) {
            false => Reaction::Cancel,
            true => Reaction::Return,
        },
    }
}

/// Uses and drops the borrows that an entry was passed: they may not outlive its return.
fn borrows(builder: &mut Builder, entry: usize, out: &mut Vec<Op>) {
    let mut local = 0;
    for ty in builder.instance.entries[entry].params.clone() {
        let handle = Handle::Parameter(local);
        match ty {
            ValueType::Borrow(owner) if owner != builder.number => {
                // Now and then the entry keeps the borrow for too long: then its return traps.
                if !builder.draw.percent(15) {
                    out.push(Op::ResourceDrop { owner, handle });
                }
            }
            ValueType::Own(owner) if owner == builder.number => {
                if builder.draw.percent(60) {
                    out.push(Op::ResourceRep { handle });
                }
                if builder.draw.percent(60) {
                    let handle = Handle::Resource { owner, slot: 0 };
                    out.push(Op::ResourceDrop { owner, handle });
                }
            }
            ValueType::Own(_)
            | ValueType::Borrow(_)
            | ValueType::Scalar(_)
            | ValueType::Channel(_) => {}
            ValueType::String | ValueType::Bytes => {
                local += 1;
                out.push(Op::Log {
                    value: Operand::Argument,
                });
            }
        }
        local += 1;
    }
}

pub(super) fn entry(builder: &mut Builder, entry: usize) -> Vec<Op> {
    let mut scope = Scope::new(Place::Entry(entry));
    scope.sync_typed = matches!(builder.instance.entries[entry].lift, Lift::SyncTyped(_));
    let mut body = Vec::new();
    let returns = builder.returns[entry];
    let callback = match &builder.instance.entries[entry].lift {
        Lift::Callback(callback) => Some((callback.first, callback.again)),
        Lift::SyncTyped(_) | Lift::Sync(_) | Lift::Stackful => None,
    };
    let may_block = !matches!(builder.instance.entries[entry].lift, Lift::SyncTyped(_));
    if returns == Return::Early {
        borrows(builder, entry, &mut body);
        body.push(finish(builder, entry));
        scope.returned = true;
    }
    if builder.draw.percent(25) {
        launch(builder, &mut scope, &mut body);
    }
    if may_block && !(callback.is_some() && builder.draw.percent(60)) {
        block(builder, &mut scope, entry, &mut body);
    }
    if returns != Return::Early {
        borrows(builder, entry, &mut body);
    }
    if returns == Return::Middle {
        body.push(finish(builder, entry));
        scope.returned = true;
    }
    if may_block {
        let count = builder.draw.weighted(&[(45, 0), (40, 1), (15, 2)]);
        op::draw(builder, &mut scope, count, &mut body);
    }
    if let Return::Thread(function) = returns {
        start_returner(builder, function, &mut body);
    }
    if let Some((first, again)) = callback
        && [first, again]
            .iter()
            .any(|code| matches!(code, Code::WaitOn(_)))
    {
        expect(builder, entry, &mut scope, &mut body);
    }
    if returns == Return::Late {
        body.push(finish(builder, entry));
    }
    body
}

/// Puts a waitable that will have an event into the first waitable set.
fn expect(builder: &mut Builder, entry: usize, scope: &mut Scope, out: &mut Vec<Op>) {
    out.push(Op::SetNew { slot: 0 });
    let set = Some(Handle::Set(0));
    if let Some(channel) = channel_parameter(builder, entry) {
        let handle = Handle::End {
            channel,
            direction: Direction::Read,
            slot: 0,
        };
        out.push(streams::copy(
            builder,
            handle,
            channel,
            Direction::Read,
            true,
        ));
        out.push(Op::Join { handle, set });
    } else if !builder.visible.is_empty()
        && let Some(slot) = calls::invoke_asynchronously(builder, scope, out)
    {
        out.push(Op::Join {
            handle: Handle::Subtask(slot),
            set,
        });
    }
}

pub(super) fn callback(builder: &mut Builder, entry: usize) {
    let mut scope = Scope::new(Place::Callback(entry));
    let returns = builder.returns[entry];
    scope.returned = returns != Return::Callback;
    let mut body = Vec::new();
    let count = builder.draw.weighted(&[(60, 0), (30, 1), (10, 2)]);
    op::draw(builder, &mut scope, count, &mut body);
    if let Some(channel) = channel_parameter(builder, entry) {
        let handle = Handle::End {
            channel,
            direction: Direction::Read,
            slot: 0,
        };
        body.push(Op::LoadBuffer { handle });
        if builder.draw.percent(60) {
            body.push(streams::copy(
                builder,
                handle,
                channel,
                Direction::Read,
                true,
            ));
        }
    }
    let mut last = Vec::new();
    if returns == Return::Callback {
        last.push(finish(builder, entry));
    }
    let count = builder.draw.weighted(&[(75, 0), (20, 1), (5, 2)]);
    op::draw(builder, &mut scope, count, &mut last);
    if let Lift::Callback(callback) = &mut builder.instance.entries[entry].lift {
        callback.body = body;
        callback.last = last;
    }
}
