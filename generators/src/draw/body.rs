//! Draws bodies: the operations of functions, entries and callbacks, in their order.
//!
//! An entry of the first instance starts one to three threads, does other operations between and after, and returns where
//! its plan says.

use super::builder::{Builder, Return, Role};
use super::returning::{start_returner, task_return};
use super::scope::{Place, Scope};
use super::target::{launch, yield_};
use super::{callee_bodies, calls, op, post_return};
use crate::plan::{Code, Entry, Lift, Op, Target};
use crate::weight::Weight;

pub(super) fn draw(builder: &mut Builder) {
    for entry in 0..builder.instance.entries.len() {
        builder.instance.entries[entry].body = entry_body(builder, entry);
        callback_bodies(builder, entry);
        post_return::draw(builder, entry);
    }
    for function in 0..builder.instance.functions.len() {
        builder.instance.functions[function].body = function_body(builder, function);
    }
    drain(builder);
}

/// Adds [`Op::Drain`] at the end of most bodies that call asynchronously, so that they look after their subtasks.
fn drain(builder: &mut Builder) {
    fn calls(ops: &[Op]) -> bool {
        ops.iter().any(|op| {
            matches!(op, Op::Invoke { asynchronous, .. } if *asynchronous)
                || op.nested().any(|op| calls(std::slice::from_ref(op)))
        })
    }
    for function in 0..builder.instance.functions.len() {
        if calls(&builder.instance.functions[function].body)
            && !builder.chance(Weight::AbandonedSubtasks)
        {
            builder.instance.functions[function].body.push(Op::Drain);
        }
    }
    for entry in 0..builder.instance.entries.len() {
        let careful = !builder.chance(Weight::AbandonedSubtasks);
        let entry = &mut builder.instance.entries[entry];
        let mut found = calls(&entry.body);
        let last = match &mut entry.lift {
            Lift::Callback(callback) => {
                found |= calls(&callback.body) || calls(&callback.last);
                match callback.first {
                    Code::Yield(_) | Code::WaitOn(_) => &mut callback.last,
                    Code::Exit | Code::Wait(_) | Code::Invalid(_) => &mut entry.body,
                }
            }
            Lift::Sync(_) | Lift::Stackful => &mut entry.body,
            // Such a task may not yield.
            Lift::SyncTyped(_) => continue,
        };
        if found && careful {
            last.push(Op::Drain);
        }
    }
}

fn entry_body(builder: &mut Builder, entry: usize) -> Vec<Op> {
    if builder.number > 0 {
        return callee_bodies::entry(builder, entry);
    }
    let mut scope = Scope::new(Place::Entry(entry));
    scope.sync_typed = matches!(builder.instance.entries[entry].lift, Lift::SyncTyped(_));
    let mut body = Vec::new();
    let returns = builder.returns[entry];
    if returns == Return::Early {
        body.push(task_return(builder, entry));
        scope.returned = true;
    }
    for _ in 0..builder.draw.weighted(&[(42, 1), (36, 2), (22, 3)]) {
        launch(builder, &mut scope, &mut body);
        let count = builder.draw.weighted(&[(45, 0), (40, 1), (15, 2)]);
        op::draw(builder, &mut scope, count, &mut body);
    }
    if builder.has_peers() {
        calls::begin(builder, &mut scope, &mut body);
    }
    if let Return::Thread(function) = returns {
        start_returner(builder, function, &mut body);
    }
    if !builder.draw.percent(30) {
        body.push(yield_(builder));
    }
    if returns == Return::Middle {
        body.push(task_return(builder, entry));
        scope.returned = true;
    }
    let count = builder.draw.range(0..=4);
    op::draw(builder, &mut scope, count, &mut body);
    if returns == Return::Late {
        body.push(task_return(builder, entry));
    }
    body
}

fn callback_bodies(builder: &mut Builder, entry: usize) {
    let Entry {
        lift: Lift::Callback(_),
        ..
    } = builder.instance.entries[entry]
    else {
        return;
    };
    if builder.number > 0 {
        return callee_bodies::callback(builder, entry);
    }
    let mut scope = Scope::new(Place::Callback(entry));
    scope.returned = builder.returns[entry] != Return::Callback;
    let mut body = Vec::new();
    let count = builder.draw.range(0..=3);
    op::draw(builder, &mut scope, count, &mut body);
    let mut last = Vec::new();
    if builder.returns[entry] == Return::Callback {
        last.push(task_return(builder, entry));
    }
    let count = builder.draw.weighted(&[(60, 0), (30, 1), (10, 2)]);
    op::draw(builder, &mut scope, count, &mut last);
    if let Lift::Callback(callback) = &mut builder.instance.entries[entry].lift {
        callback.body = body;
        callback.last = last;
    }
}

fn function_body(builder: &mut Builder, function: usize) -> Vec<Op> {
    let mut scope = Scope::new(Place::Function(function));
    let mut body = Vec::new();
    match builder.roles[function] {
        Role::Program { wakes } => {
            let count = builder
                .draw
                .weighted(&[(20, 1), (25, 2), (25, 3), (20, 4), (10, 6)]);
            op::draw(builder, &mut scope, count, &mut body);
            if wakes {
                let target = Target::Parked(0);
                body.push(match builder.draw.percent(20) {
                    false => Op::ResumeLater { target },
                    true => Op::YieldThenResume {
                        cancellable: false,
                        target,
                    },
                });
            }
        }
        Role::Returner { entry } => {
            let count = builder.draw.weighted(&[(60, 0), (30, 1), (10, 2)]);
            op::draw(builder, &mut scope, count, &mut body);
            body.push(task_return(builder, entry));
            let count = builder.draw.weighted(&[(60, 0), (40, 1)]);
            op::draw(builder, &mut scope, count, &mut body);
            body.push(Op::ResumeLater {
                target: Target::Parked(0),
            });
        }
        Role::Callee => {
            let count = builder.draw.weighted(&[(40, 0), (40, 1), (20, 2)]);
            op::draw(builder, &mut scope, count, &mut body);
        }
    }
    body
}
