//! Draws calls of other instances, and the operations that deal with their subtasks: a subtask is waited for, polled,
//! cancelled, or left to another thread.

use super::builder::Builder;
use super::scope::Scope;
use super::{streams, target};
use crate::limits::SUBTASKS;
use crate::plan::sample::INVALID;
use crate::plan::{Argument, Callee, Direction, Entry, Handle, Op, Passing, ValueType};
use crate::weight::Weight;

const CAREFUL: Passing = Passing::Careful;

/// Percentage of calls that are asynchronous, of those that can be, where the caller may block. Where the caller may not
/// block, [`Weight::AsyncCallsFromSyncTyped`] says the percentage.
const ASYNCHRONOUS_PERCENT: u32 = 78;

/// The ways in which a program deals with a subtask, each with its weight.
const FATES: &[(u32, Fate)] = &[
    (34, Fate::Wait),
    (34, Fate::Cancel),
    (14, Fate::Poll),
    (10, Fate::Leave),
    (8, Fate::Crowd),
];

#[derive(Clone, Copy)]
enum Fate {
    Wait,
    Cancel,
    Poll,
    Leave,
    /// More calls of the same instance, so that some of them have to wait to start.
    Crowd,
}

/// Draws one step that has to do with other instances, streams, futures, resources or backpressure.
pub(super) fn step(builder: &mut Builder, scope: &mut Scope, out: &mut Vec<Op>) {
    let calls = if builder.visible.is_empty() { 0 } else { 50 };
    let channels = if builder.channels.is_empty() { 0 } else { 26 };
    match builder
        .draw
        .weighted(&[(calls, 0), (channels, 1), (7, 2), (9, 3), (5, 4)])
    {
        0 => call(builder, scope, out),
        1 => streams::step(builder, scope, out),
        2 => match resource_owner(builder) {
            Some(owner) => streams::resource(builder, owner, out),
            None => loose(builder, scope, out),
        },
        3 => loose(builder, scope, out),
        _ => {
            out.push(Op::BackpressureInc { times: 1 });
            if builder.draw.percent(60) && !scope.sync_typed {
                out.push(target::yield_(builder));
            }
            out.push(Op::BackpressureDec { passing: CAREFUL });
        }
    }
}

/// Adds to the body of an entry that is invoked, besides its threads: a call of another instance, if it sees any, and now
/// and then a step with a stream or future, if the plan has any.
pub(super) fn begin(builder: &mut Builder, scope: &mut Scope, out: &mut Vec<Op>) {
    if !builder.visible.is_empty() {
        call(builder, scope, out);
    }
    if !builder.channels.is_empty() && builder.draw.percent(35) {
        streams::step(builder, scope, out);
    }
}

fn resource_owner(builder: &mut Builder) -> Option<usize> {
    let mut owners = builder.visible.clone();
    owners.retain(|&other| builder.instances[other].resource.is_some());
    if builder.instance.resource.is_some() {
        owners.push(builder.number);
    }
    match owners.is_empty() {
        true => None,
        false => Some(builder.draw.pick(&owners)),
    }
}

/// Adds one operation on a subtask or a waitable set. The cell of the subtask or set may be empty.
fn loose(builder: &mut Builder, scope: &Scope, out: &mut Vec<Op>) {
    let handle = Handle::Subtask(builder.draw.index(SUBTASKS));
    let slot = builder.draw.index(2);
    let set = Handle::Set(slot);
    let cancellable = builder.draw.percent(40);
    out.push(match builder.draw.below(6) {
        0 => Op::SetNew { slot },
        1 => Op::Join {
            handle,
            set: Some(set),
        },
        2 => Op::SetPoll {
            handle: set,
            cancellable,
        },
        3 if !scope.must_return() && !scope.sync_typed => Op::SetWait {
            handle: set,
            cancellable,
            passing: CAREFUL,
        },
        4 => Op::SetDrop {
            handle: set,
            passing: CAREFUL,
        },
        _ => Op::SubtaskDrop {
            handle,
            passing: CAREFUL,
        },
    });
}

/// Draws an entry to call among those that the instance sees and that `wanted` accepts. `None` if there is none.
pub(super) fn callee(builder: &mut Builder, wanted: impl Fn(&Entry) -> bool) -> Option<Callee> {
    let any = builder.chance(Weight::NestedCallees);
    let nested = builder.topology.subtree(builder.number);
    let mut callees = Vec::new();
    for &instance in &builder.visible {
        if !any && nested.contains(&instance) {
            continue;
        }
        let entries = builder.instances[instance].entries.iter().enumerate();
        let wanted = entries.filter(|(_, entry)| wanted(entry));
        callees.extend(wanted.map(|(entry, _)| Callee { instance, entry }));
    }
    match callees.is_empty() {
        true => None,
        false => Some(builder.draw.pick(&callees)),
    }
}

fn entry_of<'s>(builder: &'s Builder, callee: Callee) -> &'s Entry {
    &builder.instances[callee.instance].entries[callee.entry]
}

/// The arguments of a call, and the operations that make the handles among them.
pub(super) fn arguments(builder: &mut Builder, callee: Callee, out: &mut Vec<Op>) -> Vec<Argument> {
    let params = entry_of(builder, callee).params.clone();
    let mut args = Vec::new();
    for ty in params {
        args.push(match ty {
            ValueType::Scalar(_) => Argument::Scalar(builder.draw.scalar(Some(ty))),
            ValueType::String | ValueType::Bytes => Argument::Sample(builder.draw.index(INVALID)),
            ValueType::Channel(channel) => {
                let slot = builder.draw.index(2);
                out.push(Op::ChannelNew { channel, slot });
                if builder.draw.percent(50) {
                    let direction = Direction::Write;
                    let handle = Handle::End {
                        channel,
                        direction,
                        slot,
                    };
                    out.push(streams::copy(builder, handle, channel, direction, true));
                }
                Argument::Handle(Handle::End {
                    channel,
                    direction: Direction::Read,
                    slot,
                })
            }
            ValueType::Own(owner) | ValueType::Borrow(owner) => {
                obtain(builder, owner, out);
                Argument::Handle(Handle::Resource { owner, slot: 0 })
            }
        });
    }
    args
}

/// Gets a handle of an instance's resource type into its first cell, if that is empty.
pub(super) fn obtain(builder: &mut Builder, owner: usize, out: &mut Vec<Op>) {
    if owner == builder.number {
        let rep = builder.draw.operand();
        out.push(Op::ResourceNew { slot: 0, rep });
        return;
    }
    out.push(Op::Invoke {
        callee: Callee {
            instance: owner,
            entry: 0,
        },
        asynchronous: false,
        args: Vec::new(),
        slot: 0,
    });
}

/// Adds an asynchronous call of any `async` entry that the instance sees, and returns the slot of the subtask.
pub(super) fn invoke_asynchronously(
    builder: &mut Builder,
    scope: &mut Scope,
    out: &mut Vec<Op>,
) -> Option<usize> {
    let callee = callee(builder, Entry::is_async)?;
    Some(invoke(builder, scope, callee, true, out))
}

/// Adds a call of an entry and what makes its arguments. Returns the cell that the subtask goes to if the call is asynchronous.
fn invoke(
    builder: &mut Builder,
    scope: &mut Scope,
    callee: Callee,
    asynchronous: bool,
    out: &mut Vec<Op>,
) -> usize {
    let args = arguments(builder, callee, out);
    let slot = scope.next_subtask();
    out.push(Op::Invoke {
        callee,
        asynchronous,
        args,
        slot,
    });
    slot
}

/// Adds a call of another instance and, if it is asynchronous, the operations that deal with the subtask.
pub(super) fn call(builder: &mut Builder, scope: &mut Scope, out: &mut Vec<Op>) {
    let sync_typed = scope.sync_typed;
    let asynchronous = match sync_typed {
        false => builder.draw.percent(ASYNCHRONOUS_PERCENT),
        true => builder.chance(Weight::AsyncCallsFromSyncTyped),
    };
    // A call that blocks traps in a task that may not block.
    let any = !sync_typed || asynchronous || builder.draw.percent(5);
    let Some(callee) = callee(builder, |entry| match entry.is_async() {
        true => any,
        false => !asynchronous,
    }) else {
        return;
    };
    let asynchronous = entry_of(builder, callee).is_async() && asynchronous;
    let slot = invoke(builder, scope, callee, asynchronous, out);
    if !asynchronous {
        return;
    }
    match builder.draw.weighted(FATES) {
        Fate::Leave => {}
        Fate::Wait | Fate::Poll | Fate::Cancel | Fate::Crowd if sync_typed => {
            cancel(builder, slot, true, out);
            finish(builder, callee, slot, out);
        }
        Fate::Wait => {
            wait(builder, slot, out);
            finish(builder, callee, slot, out);
        }
        Fate::Poll => {
            let set = builder.draw.index(2);
            out.push(Op::SetNew { slot: set });
            out.push(Op::Join {
                handle: Handle::Subtask(slot),
                set: Some(Handle::Set(set)),
            });
            for _ in 0..1 + builder.draw.below(2) {
                out.push(target::yield_(builder));
                out.push(Op::SetPoll {
                    handle: Handle::Set(set),
                    cancellable: builder.draw.percent(40),
                });
            }
            finish(builder, callee, slot, out);
        }
        Fate::Cancel => {
            if builder.draw.percent(35) {
                out.push(target::yield_(builder));
            }
            let asynchronous = !builder.draw.percent(40);
            cancel(builder, slot, asynchronous, out);
            if asynchronous {
                wait(builder, slot, out);
            }
            finish(builder, callee, slot, out);
        }
        Fate::Crowd => crowd(builder, scope, callee, slot, out),
    }
}

/// Adds more calls of the same instance; then cancels some of them, waits for one, and drops those that have resolved.
fn crowd(builder: &mut Builder, scope: &mut Scope, first: Callee, slot: usize, out: &mut Vec<Op>) {
    let mut slots = vec![slot];
    let instance = first.instance;
    let simple = |entry: &Entry| entry.is_async() && entry.takes_scalars();
    for _ in 0..1 + builder.draw.below(2) {
        let entries = builder.instances[instance].entries.iter().enumerate();
        let entries: Vec<usize> = entries.filter(|(_, e)| simple(e)).map(|(i, _)| i).collect();
        if entries.is_empty() {
            break;
        }
        let entry = builder.draw.pick(&entries);
        let callee = Callee { instance, entry };
        slots.push(invoke(builder, scope, callee, true, out));
    }
    for &slot in slots.iter().rev() {
        if builder.draw.percent(55) {
            let asynchronous = !builder.draw.percent(30);
            cancel(builder, slot, asynchronous, out);
        }
    }
    let slot = builder.draw.pick(&slots);
    wait(builder, slot, out);
    for slot in slots {
        out.push(Op::SubtaskDrop {
            handle: Handle::Subtask(slot),
            passing: CAREFUL,
        });
    }
}

fn cancel(_: &mut Builder, slot: usize, asynchronous: bool, out: &mut Vec<Op>) {
    out.push(Op::SubtaskCancel {
        handle: Handle::Subtask(slot),
        asynchronous,
        passing: CAREFUL,
    });
}

/// Joins the subtask to a set and waits for it once or twice, since its first event may be that it has started.
fn wait(builder: &mut Builder, slot: usize, out: &mut Vec<Op>) {
    let set = builder.draw.index(2);
    let cancellable = builder.draw.percent(40);
    out.push(Op::SetNew { slot: set });
    out.push(Op::Join {
        handle: Handle::Subtask(slot),
        set: Some(Handle::Set(set)),
    });
    for _ in 0..1 + builder.draw.below(2) {
        out.push(Op::SetWait {
            handle: Handle::Set(set),
            cancellable,
            passing: CAREFUL,
        });
    }
    if builder.draw.percent(20) {
        out.push(Op::SetDrop {
            handle: Handle::Set(set),
            passing: CAREFUL,
        });
    }
}

fn finish(builder: &mut Builder, callee: Callee, slot: usize, out: &mut Vec<Op>) {
    if entry_of(builder, callee).result.is_some() {
        out.push(Op::Collect { callee, slot });
    }
    if !builder.draw.percent(15) {
        out.push(Op::SubtaskDrop {
            handle: Handle::Subtask(slot),
            passing: CAREFUL,
        });
    }
}
