//! Draws operations for the code of an instance that runs beside the calls of its entries: when the instance is
//! instantiated (the start function of a core module), when a handle is dropped (a destructor), when a value is lowered
//! (`realloc`), and after a value was lifted (the post-return function of a called instance).
//!
//! These operations are drawn late, in a few plans of a hundred, so that what was drawn before does not depend on them.

use super::builder::Builder;
use super::calls;
use super::mistakes::cannot_leave;
use super::mistakes::placement::conditional;
use super::sketch::Sketch;
use crate::limits::SCRATCH_ADDRESS;
use crate::plan::{Entry, Handle, Index, Op, Operand, Passing, Scalar, Target, ValueType, Width};
use crate::weight::Weight;

/// Percentage of plans in which such operations are drawn: first of the plans with one instance, then of those with more.
const PERCENT: [u32; 2] = [3, 9];

/// The places where the operations may go, each with its weight. Only the places that a plan has are drawn from.
const PLACES: &[(u32, Place)] = &[
    (25, Place::StartFunction),
    (40, Place::Destructor),
    (40, Place::Realloc),
    (15, Place::PostReturn),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    StartFunction,
    Destructor,
    Realloc,
    PostReturn,
}

/// Percentage of `realloc` functions that only do what they are allowed to do.
const HARMLESS_PERCENT: u32 = 40;

/// The steps of a start function or a destructor, each with its weight.
const STEPS: &[(u32, Step)] = &[
    (34, Step::Launch),
    (20, Step::Quiet),
    (20, Step::Call),
    (14, Step::Yield),
    (8, Step::Set),
    (6, Step::Backpressure),
    (3, Step::Suspend),
    (2, Step::Return),
    (1, Step::Unreachable),
];

#[derive(Clone, Copy)]
enum Step {
    Launch,
    Quiet,
    Call,
    Yield,
    Set,
    Backpressure,
    Suspend,
    Return,
    Unreachable,
}

pub(super) fn draw(sketch: &mut Sketch) {
    let percent = PERCENT[usize::from(sketch.instances.len() > 1)];
    if !sketch.draw.percent(percent) {
        return;
    }
    // Each instance can have a start function.
    let mut places = PLACES.to_vec();
    places.retain(|&(_, place)| !fitting(sketch, place).is_empty());
    let place = sketch.draw.weighted(&places);
    let fitting = fitting(sketch, place);
    let number = sketch.draw.pick(&fitting);
    let mut builder = sketch.builder(number);
    match place {
        Place::StartFunction => builder.instance.start_function = body(&mut builder, place),
        Place::Destructor => {
            builder.instance.resource = Some(true);
            builder.instance.destructor = body(&mut builder, place);
        }
        Place::Realloc => builder.instance.realloc = realloc(&mut builder),
        Place::PostReturn => after_return(&mut builder),
    }
    let instance = builder.instance;
    sketch.instances[number] = instance;
}

/// The numbers of the instances that have such a place.
fn fitting(sketch: &Sketch, place: Place) -> Vec<usize> {
    let receives_text = |i: usize| {
        let entries = |i: usize| sketch.instances[i].entries.iter();
        let mut visible = sketch.topology.visible(i).into_iter();
        entries(i).any(|entry| entry.params.iter().copied().any(ValueType::is_text))
            || visible.any(|other| {
                entries(other).any(|entry| entry.result.is_some_and(ValueType::is_text))
            })
    };
    let fits = |&i: &usize| {
        let instance = &sketch.instances[i];
        match place {
            Place::StartFunction => true,
            Place::Destructor => instance.resource.is_some(),
            Place::Realloc => receives_text(i),
            // The post-return functions of the first instance are drawn with its mistakes.
            Place::PostReturn => i > 0 && instance.entries.iter().any(may_leave_after),
        }
    };
    (0..sketch.instances.len()).filter(fits).collect()
}

fn body(builder: &mut Builder, place: Place) -> Vec<Op> {
    let mut ops = Vec::new();
    for _ in 0..builder.draw.weighted(&[(40, 1), (35, 2), (25, 3)]) {
        step(builder, place, &mut ops);
    }
    match builder.draw.percent(50) {
        false => ops,
        true => conditional(builder, ops),
    }
}

fn step(builder: &mut Builder, place: Place, out: &mut Vec<Op>) {
    match builder.draw.weighted(STEPS) {
        Step::Launch => launch(builder, place, out),
        Step::Call => call(builder, out),
        Step::Yield
            if place == Place::Destructor || builder.chance(Weight::YieldsInStartFunction) =>
        {
            out.push(Op::Yield {
                cancellable: builder.draw.percent(30),
                offer: false,
            })
        }
        Step::Yield | Step::Quiet => out.push(quiet(builder)),
        Step::Set => {
            out.push(Op::SetNew { slot: 1 });
            if builder.draw.percent(50) {
                out.push(Op::SetPoll {
                    handle: Handle::Set(1),
                    cancellable: false,
                });
            }
        }
        Step::Backpressure => {
            out.push(Op::BackpressureInc { times: 1 });
            if builder.draw.percent(60) {
                let passing = Passing::Careful;
                out.push(Op::BackpressureDec { passing });
            }
        }
        Step::Suspend => out.push(Op::Suspend {
            cancellable: builder.draw.percent(30),
            park: None,
        }),
        Step::Return => out.push(match builder.draw.percent(50) {
            false => Op::TaskCancel,
            true => Op::TaskReturn {
                result: None,
                value: Scalar::Bits(0),
            },
        }),
        Step::Unreachable => out.push(Op::Unreachable),
    }
}

/// Starts a thread, now and then with any entry of the table, and then makes it ready, switches to it (only in a
/// destructor), or leaves it suspended.
fn launch(builder: &mut Builder, place: Place, out: &mut Vec<Op>) {
    let start = builder.draw.index(builder.instance.starts.len());
    let table = builder.instance.starts[start].table;
    let size = builder.instance.tables[table].initial;
    // The first entry of a called instance's table is always right-typed.
    let index = match builder.number > 0 && builder.draw.percent(70) {
        true => 0,
        false => builder.draw.below(size + 1),
    };
    let slot = 1 + builder.draw.index(2);
    out.push(Op::Start {
        start,
        index: Index::Const(index),
        context: Operand::Const(builder.draw.below(100) as i32),
        slot,
    });
    let target = Target::Parked(slot);
    match builder.draw.below(4) {
        0 => {}
        1 if place == Place::Destructor => out.push(Op::YieldThenResume {
            cancellable: false,
            target,
        }),
        _ => out.push(Op::ResumeLater { target }),
    }
}

/// Adds a call of another instance, or an operation of [`quiet`] if there is none to call. The subtask of an asynchronous
/// call is cancelled, dropped, joined to a waitable set, or left.
fn call(builder: &mut Builder, out: &mut Vec<Op>) {
    let asynchronous = builder.draw.percent(65);
    let fits = |entry: &Entry| entry.takes_scalars() && asynchronous == entry.is_async();
    let Some(callee) = calls::callee(builder, fits) else {
        return out.push(quiet(builder));
    };
    let args = calls::arguments(builder, callee, &mut Vec::new());
    out.push(Op::Invoke {
        callee,
        asynchronous,
        args,
        slot: 3,
    });
    let handle = Handle::Subtask(3);
    let passing = Passing::Careful;
    match builder.draw.below(4) {
        0 if asynchronous => out.push(Op::SubtaskCancel {
            handle,
            asynchronous,
            passing,
        }),
        1 if asynchronous => out.push(Op::SubtaskDrop { handle, passing }),
        2 if asynchronous => {
            out.push(Op::SetNew { slot: 1 });
            out.push(Op::Join {
                handle,
                set: Some(Handle::Set(1)),
            });
        }
        _ => {}
    }
}

/// Draws an operation that almost any function may do at any time.
fn quiet(builder: &mut Builder) -> Op {
    match builder.draw.below(4) {
        0 => Op::ThreadIndex,
        1 => Op::Mark {
            value: Operand::Argument,
        },
        _ => harmless(builder),
    }
}

/// Draws an operation that any function may do at any time. (`post_return` also draws operations that depend on the
/// functions of the instance that is drawn with it.)
fn harmless(builder: &mut Builder) -> Op {
    let value = match builder.draw.percent(50) {
        false => Operand::Argument,
        true => Operand::Const(builder.draw.below(1000) as i32),
    };
    let slot = builder.draw.below(2);
    match builder.draw.below(4) {
        0 => Op::GlobalSet {
            global: builder.draw.index(builder.instance.globals.len()),
            value,
        },
        1 => Op::Store {
            width: Width::Bits32,
            address: SCRATCH_ADDRESS + 4 * builder.draw.below(40),
            value,
        },
        2 => Op::ContextGet { slot },
        _ => Op::ContextSet { slot, value },
    }
}

/// Draws the operations of `realloc`: a harmless one and, mostly, one that it may not do, as a post-return function may
/// not. See [`Weight::CallsInRealloc`].
fn realloc(builder: &mut Builder) -> Vec<Op> {
    let mut ops = vec![harmless(builder)];
    if !builder.draw.percent(HARMLESS_PERCENT) {
        let mut op = leaves(builder, 0);
        if matches!(op, Op::Invoke { .. }) && !builder.chance(Weight::CallsInRealloc) {
            op = Op::TaskCancel;
        }
        ops.extend(conditional(builder, vec![op]));
    }
    ops
}

/// Gives an entry a post-return function that does what it may not do: see [`Weight::ThreadsInCalledPostReturn`]. The
/// entry takes no borrowed handle: if it kept one, the trap could be named after the handle as well as after the
/// post-return function.
fn after_return(builder: &mut Builder) {
    let entries = builder.instance.entries.iter().enumerate();
    let entries: Vec<usize> = entries
        .filter(|(_, entry)| may_leave_after(entry))
        .map(|(i, _)| i)
        .collect();
    let entry = builder.draw.pick(&entries);
    let mut op = leaves(builder, entry);
    if is_of_threads(&op) && !builder.chance(Weight::ThreadsInCalledPostReturn) {
        op = Op::ThreadIndex;
    }
    let ops = conditional(builder, vec![op]);
    let body = &mut builder.instance.entries[entry].post_return;
    body.get_or_insert_default().extend(ops);
}

/// Whether an operation starts a thread or may switch to one, and is not for other instances.
fn is_of_threads(op: &Op) -> bool {
    matches!(
        op,
        Op::Start { .. }
            | Op::SpawnRef { .. }
            | Op::Suspend { .. }
            | Op::Yield { .. }
            | Op::SuspendThenResume { .. }
            | Op::YieldThenResume { .. }
            | Op::SuspendThenPromote { .. }
            | Op::YieldThenPromote { .. }
    )
}

/// Whether an entry can have a post-return function as [`after_return`] gives one.
fn may_leave_after(entry: &Entry) -> bool {
    let borrows = |ty: &ValueType| matches!(ty, ValueType::Borrow(_));
    entry.lift.is_sync() && !entry.params.iter().any(borrows)
}

/// Draws a call of a built-in or a function that may not be called while the instance may not be left.
fn leaves(builder: &mut Builder, entry: usize) -> Op {
    match builder.has_peers() && builder.draw.percent(50) {
        true => cannot_leave::between(builder),
        false => cannot_leave::forbidden(builder, entry),
    }
}
