//! Calls of other instances, and what becomes of the subtasks: waited for, polled, cancelled, or left to another thread.

use super::op::Scope;
use super::{Sketch, channel, target};
use crate::limits::SUBTASKS;
use crate::plan::sample::INVALID;
use crate::plan::{Argument, Callee, Direction, Entry, Handle, Lift, Op, Passing, ValueType};

const CAREFUL: Passing = Passing::Careful;

/// Percentage of calls that are asynchronous, of those that can be.
const ASYNCHRONOUS_PERCENT: u32 = 78;
/// The same in a task that may not block.
const SYNC_TYPED_ASYNCHRONOUS_PERCENT: u32 = 12;
/// Percentage of calls of an instance that is nested in the caller, where another could be called.
const NESTED_PERCENT: u32 = 6;

/// What becomes of a subtask, and the weights.
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

impl Sketch<'_, '_> {
    /// Whether there are other instances to call, streams, futures or resources.
    pub(super) fn has_peers(&self) -> bool {
        !self.visible.is_empty() || !self.channels.is_empty() || self.instance.resource.is_some()
    }
}

/// One step with other instances, streams, futures or resources.
pub(super) fn step(sketch: &mut Sketch, scope: &mut Scope, out: &mut Vec<Op>) {
    let calls = if sketch.visible.is_empty() { 0 } else { 50 };
    let channels = if sketch.channels.is_empty() { 0 } else { 26 };
    match sketch
        .draw
        .weighted(&[(calls, 0), (channels, 1), (7, 2), (9, 3), (5, 4)])
    {
        0 => call(sketch, scope, out),
        1 => channel::step(sketch, scope, out),
        2 => match resource_owner(sketch) {
            Some(owner) => channel::resource(sketch, owner, out),
            None => loose(sketch, scope, out),
        },
        3 => loose(sketch, scope, out),
        _ => {
            out.push(Op::BackpressureInc { times: 1 });
            if sketch.draw.percent(60) && !scope.sync_typed {
                out.push(target::yield_(sketch));
            }
            out.push(Op::BackpressureDec { passing: CAREFUL });
        }
    }
}

/// What an invoked entry does besides its threads: calls others, or uses a stream or future.
pub(super) fn begin(sketch: &mut Sketch, scope: &mut Scope, out: &mut Vec<Op>) {
    if !sketch.visible.is_empty() {
        call(sketch, scope, out);
    }
    if !sketch.channels.is_empty() && sketch.draw.percent(35) {
        channel::step(sketch, scope, out);
    }
}

fn resource_owner(sketch: &mut Sketch) -> Option<usize> {
    let mut owners = sketch.visible.clone();
    owners.retain(|&other| sketch.instances[other].resource.is_some());
    if sketch.instance.resource.is_some() {
        owners.push(sketch.number);
    }
    match owners.is_empty() {
        true => None,
        false => Some(sketch.draw.pick(&owners)),
    }
}

/// Something with a subtask or a set that may be there.
fn loose(sketch: &mut Sketch, scope: &Scope, out: &mut Vec<Op>) {
    let handle = Handle::Subtask(sketch.draw.index(SUBTASKS));
    let slot = sketch.draw.index(2);
    let set = Handle::Set(slot);
    let cancellable = sketch.draw.percent(40);
    out.push(match sketch.draw.below(6) {
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

/// An entry to call.
pub(super) fn callee(sketch: &mut Sketch, wanted: impl Fn(&Entry) -> bool) -> Option<Callee> {
    let nested = |sketch: &Sketch, mut other: usize| {
        while let Some(parent) = sketch.instances[other].parent {
            if parent == sketch.number {
                return true;
            }
            other = parent;
        }
        false
    };
    let any = sketch.draw.percent(NESTED_PERCENT);
    let mut callees = Vec::new();
    for &instance in &sketch.visible {
        if !any && nested(sketch, instance) {
            continue;
        }
        let entries = sketch.instances[instance].entries.iter().enumerate();
        let wanted = entries.filter(|(_, entry)| wanted(entry));
        callees.extend(wanted.map(|(entry, _)| Callee { instance, entry }));
    }
    match callees.is_empty() {
        true => None,
        false => Some(sketch.draw.pick(&callees)),
    }
}

fn entry_of<'s>(sketch: &'s Sketch, callee: Callee) -> &'s Entry {
    &sketch.instances[callee.instance].entries[callee.entry]
}

pub(super) fn is_async(entry: &Entry) -> bool {
    !matches!(entry.lift, Lift::SyncTyped(_))
}

/// The arguments of a call, and the operations that make the handles among them.
pub(super) fn arguments(sketch: &mut Sketch, callee: Callee, out: &mut Vec<Op>) -> Vec<Argument> {
    let params = entry_of(sketch, callee).params.clone();
    let mut args = Vec::new();
    for ty in params {
        args.push(match ty {
            ValueType::Scalar(_) => Argument::Scalar(sketch.draw.scalar(Some(ty))),
            ValueType::String | ValueType::Bytes => Argument::Sample(sketch.draw.index(INVALID)),
            ValueType::Channel(channel) => {
                let slot = sketch.draw.index(2);
                out.push(Op::ChannelNew { channel, slot });
                if sketch.draw.percent(50) {
                    let direction = Direction::Write;
                    let handle = Handle::End {
                        channel,
                        direction,
                        slot,
                    };
                    out.push(channel::copy(sketch, handle, channel, direction, true));
                }
                Argument::Handle(Handle::End {
                    channel,
                    direction: Direction::Read,
                    slot,
                })
            }
            ValueType::Own(owner) | ValueType::Borrow(owner) => {
                obtain(sketch, owner, out);
                Argument::Handle(Handle::Resource { owner, slot: 0 })
            }
        });
    }
    args
}

/// Gets a handle of an instance's resource type into its first cell, if that is empty.
pub(super) fn obtain(sketch: &mut Sketch, owner: usize, out: &mut Vec<Op>) {
    if owner == sketch.number {
        let rep = sketch.draw.operand();
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

/// An asynchronous call of anyone, and its slot.
pub(super) fn invoke_asynchronously(
    sketch: &mut Sketch,
    scope: &mut Scope,
    out: &mut Vec<Op>,
) -> Option<usize> {
    let callee = callee(sketch, is_async)?;
    let args = arguments(sketch, callee, out);
    let slot = scope.next_subtask();
    out.push(Op::Invoke {
        callee,
        asynchronous: true,
        args,
        slot,
    });
    Some(slot)
}

/// A call, and what becomes of it.
pub(super) fn call(sketch: &mut Sketch, scope: &mut Scope, out: &mut Vec<Op>) {
    let sync_typed = scope.sync_typed;
    let asynchronous = sketch.draw.percent(match sync_typed {
        false => ASYNCHRONOUS_PERCENT,
        true => SYNC_TYPED_ASYNCHRONOUS_PERCENT,
    });
    // A call that blocks traps in a task that may not block, and a subtask that outlives it is what Wasmtime fails at.
    let any = !sync_typed || asynchronous || sketch.draw.percent(5);
    let Some(callee) = callee(sketch, |entry| match is_async(entry) {
        true => any,
        false => !asynchronous,
    }) else {
        return;
    };
    let asynchronous = is_async(entry_of(sketch, callee)) && asynchronous;
    let args = arguments(sketch, callee, out);
    let slot = scope.next_subtask();
    out.push(Op::Invoke {
        callee,
        asynchronous,
        args: args.clone(),
        slot,
    });
    if !asynchronous {
        return;
    }
    match sketch.draw.weighted(FATES) {
        Fate::Leave => {}
        Fate::Wait | Fate::Poll | Fate::Cancel | Fate::Crowd if sync_typed => {
            cancel(sketch, slot, true, out);
            finish(sketch, callee, slot, out);
        }
        Fate::Wait => {
            wait(sketch, slot, out);
            finish(sketch, callee, slot, out);
        }
        Fate::Poll => {
            let set = sketch.draw.index(2);
            out.push(Op::SetNew { slot: set });
            out.push(Op::Join {
                handle: Handle::Subtask(slot),
                set: Some(Handle::Set(set)),
            });
            for _ in 0..1 + sketch.draw.below(2) {
                out.push(target::yield_(sketch));
                out.push(Op::SetPoll {
                    handle: Handle::Set(set),
                    cancellable: sketch.draw.percent(40),
                });
            }
            finish(sketch, callee, slot, out);
        }
        Fate::Cancel => {
            if sketch.draw.percent(35) {
                out.push(target::yield_(sketch));
            }
            let asynchronous = !sketch.draw.percent(40);
            cancel(sketch, slot, asynchronous, out);
            if asynchronous {
                wait(sketch, slot, out);
            }
            finish(sketch, callee, slot, out);
        }
        Fate::Crowd => crowd(sketch, scope, callee, slot, out),
    }
}

/// More calls of the same instance; then some are cancelled, and all are waited for.
fn crowd(sketch: &mut Sketch, scope: &mut Scope, first: Callee, slot: usize, out: &mut Vec<Op>) {
    let mut slots = vec![slot];
    let instance = first.instance;
    let simple = |entry: &Entry| is_async(entry) && entry.takes_scalars();
    for _ in 0..1 + sketch.draw.below(2) {
        let entries = sketch.instances[instance].entries.iter().enumerate();
        let entries: Vec<usize> = entries.filter(|(_, e)| simple(e)).map(|(i, _)| i).collect();
        if entries.is_empty() {
            break;
        }
        let entry = sketch.draw.pick(&entries);
        let callee = Callee { instance, entry };
        let args = arguments(sketch, callee, out);
        let slot = scope.next_subtask();
        out.push(Op::Invoke {
            callee,
            asynchronous: true,
            args,
            slot,
        });
        slots.push(slot);
    }
    for &slot in slots.iter().rev() {
        if sketch.draw.percent(55) {
            let asynchronous = !sketch.draw.percent(30);
            cancel(sketch, slot, asynchronous, out);
        }
    }
    let slot = sketch.draw.pick(&slots);
    wait(sketch, slot, out);
    for slot in slots {
        out.push(Op::SubtaskDrop {
            handle: Handle::Subtask(slot),
            passing: CAREFUL,
        });
    }
}

fn cancel(_: &mut Sketch, slot: usize, asynchronous: bool, out: &mut Vec<Op>) {
    out.push(Op::SubtaskCancel {
        handle: Handle::Subtask(slot),
        asynchronous,
        passing: CAREFUL,
    });
}

/// Joins the subtask to a set and waits for it once or twice: its first event may be that it has started.
fn wait(sketch: &mut Sketch, slot: usize, out: &mut Vec<Op>) {
    let set = sketch.draw.index(2);
    let cancellable = sketch.draw.percent(40);
    out.push(Op::SetNew { slot: set });
    out.push(Op::Join {
        handle: Handle::Subtask(slot),
        set: Some(Handle::Set(set)),
    });
    for _ in 0..1 + sketch.draw.below(2) {
        out.push(Op::SetWait {
            handle: Handle::Set(set),
            cancellable,
            passing: CAREFUL,
        });
    }
    if sketch.draw.percent(20) {
        out.push(Op::SetDrop {
            handle: Handle::Set(set),
            passing: CAREFUL,
        });
    }
}

fn finish(sketch: &mut Sketch, callee: Callee, slot: usize, out: &mut Vec<Op>) {
    if entry_of(sketch, callee).result.is_some() {
        out.push(Op::Collect { callee, slot });
    }
    if !sketch.draw.percent(15) {
        out.push(Op::SubtaskDrop {
            handle: Handle::Subtask(slot),
            passing: CAREFUL,
        });
    }
}
