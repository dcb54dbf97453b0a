//! Bodies: what a function, an entry or a callback does, in which order.
//!
//! An entry starts one to three threads, does this and that between and after, and returns where its plan says.

use super::op::{self, Place, Scope};
use super::target::{launch, yield_};
use super::{Return, Role, Sketch, peer, post_return, served};
use crate::plan::{Code, Entry, Index, Item, Lift, Op, Operand, Target};

pub(super) fn draw(sketch: &mut Sketch) {
    for entry in 0..sketch.instance.entries.len() {
        sketch.instance.entries[entry].body = entry_body(sketch, entry);
        callback_bodies(sketch, entry);
        post_return::draw(sketch, entry);
    }
    for function in 0..sketch.instance.functions.len() {
        sketch.instance.functions[function].body = function_body(sketch, function);
    }
    drain(sketch);
}

/// Percentage of bodies with asynchronous calls that do not look after their subtasks at their end. Wasmtime 48 fails when a
/// task ends before one of its subtasks does; that is known, so this is rare.
const CARELESS_PERCENT: u32 = 4;

/// Lets whoever calls asynchronously look after its subtasks at its end.
fn drain(sketch: &mut Sketch) {
    fn calls(ops: &[Op]) -> bool {
        ops.iter().any(|op| {
            matches!(op, Op::Invoke { asynchronous, .. } if *asynchronous)
                || op.nested().any(|op| calls(std::slice::from_ref(op)))
        })
    }
    for function in 0..sketch.instance.functions.len() {
        if calls(&sketch.instance.functions[function].body)
            && !sketch.draw.percent(CARELESS_PERCENT)
        {
            sketch.instance.functions[function].body.push(Op::Drain);
        }
    }
    for entry in 0..sketch.instance.entries.len() {
        let careful = !sketch.draw.percent(CARELESS_PERCENT);
        let entry = &mut sketch.instance.entries[entry];
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
            // It may not yield.
            Lift::SyncTyped(_) => continue,
        };
        if found && careful {
            last.push(Op::Drain);
        }
    }
}

/// `task.return` as the entry's task wants it.
pub(super) fn task_return(sketch: &mut Sketch, entry: usize) -> Op {
    let result = sketch.instance.entries[entry].result;
    Op::TaskReturn {
        result,
        value: sketch.draw.scalar(result),
    }
}

fn entry_body(sketch: &mut Sketch, entry: usize) -> Vec<Op> {
    if sketch.number > 0 {
        return served::entry(sketch, entry);
    }
    let mut scope = Scope::new(Place::Entry(entry));
    scope.sync_typed = matches!(sketch.instance.entries[entry].lift, Lift::SyncTyped(_));
    let mut body = Vec::new();
    let returns = sketch.returns[entry];
    if returns == Return::Early {
        body.push(task_return(sketch, entry));
        scope.returned = true;
    }
    for _ in 0..sketch.draw.weighted(&[(42, 1), (36, 2), (22, 3)]) {
        launch(sketch, &mut scope, &mut body);
        let count = sketch.draw.weighted(&[(45, 0), (40, 1), (15, 2)]);
        op::draw(sketch, &mut scope, count, &mut body);
    }
    if sketch.has_peers() {
        peer::begin(sketch, &mut scope, &mut body);
    }
    if let Return::Thread(function) = returns {
        start_returner(sketch, function, &mut body);
    }
    if !sketch.draw.percent(30) {
        body.push(yield_(sketch));
    }
    if returns == Return::Middle {
        body.push(task_return(sketch, entry));
        scope.returned = true;
    }
    let count = sketch.draw.range(0..=4);
    op::draw(sketch, &mut scope, count, &mut body);
    if returns == Return::Late {
        body.push(task_return(sketch, entry));
    }
    body
}

/// Starts the thread that returns for its task.
pub(super) fn start_returner(sketch: &mut Sketch, function: usize, body: &mut Vec<Op>) {
    let place = sketch.contents[0]
        .iter()
        .position(|&item| item == Item::Function(function));
    let place = place.expect("every returner stands in the first table") as u32;
    let context = Operand::Const(sketch.draw.below(100) as i32);
    body.push(Op::Start {
        start: 0,
        index: Index::Const(place),
        context,
        slot: 1,
    });
    let target = Target::Parked(1);
    body.push(match sketch.draw.percent(35) {
        false => Op::ResumeLater { target },
        true => Op::YieldThenResume {
            cancellable: false,
            target,
        },
    });
}

fn callback_bodies(sketch: &mut Sketch, entry: usize) {
    let Entry {
        lift: Lift::Callback(_),
        ..
    } = sketch.instance.entries[entry]
    else {
        return;
    };
    if sketch.number > 0 {
        return served::callback(sketch, entry);
    }
    let mut scope = Scope::new(Place::Callback(entry));
    scope.returned = sketch.returns[entry] != Return::Callback;
    let mut body = Vec::new();
    let count = sketch.draw.range(0..=3);
    op::draw(sketch, &mut scope, count, &mut body);
    let mut last = Vec::new();
    if sketch.returns[entry] == Return::Callback {
        last.push(task_return(sketch, entry));
    }
    let count = sketch.draw.weighted(&[(60, 0), (30, 1), (10, 2)]);
    op::draw(sketch, &mut scope, count, &mut last);
    if let Lift::Callback(callback) = &mut sketch.instance.entries[entry].lift {
        callback.body = body;
        callback.last = last;
    }
}

fn function_body(sketch: &mut Sketch, function: usize) -> Vec<Op> {
    let mut scope = Scope::new(Place::Function(function));
    let mut body = Vec::new();
    match sketch.roles[function] {
        Role::Program { wakes } => {
            let count = sketch
                .draw
                .weighted(&[(20, 1), (25, 2), (25, 3), (20, 4), (10, 6)]);
            op::draw(sketch, &mut scope, count, &mut body);
            if wakes {
                let target = Target::Parked(0);
                body.push(match sketch.draw.percent(20) {
                    false => Op::ResumeLater { target },
                    true => Op::YieldThenResume {
                        cancellable: false,
                        target,
                    },
                });
            }
        }
        Role::Returner { entry } => {
            let count = sketch.draw.weighted(&[(60, 0), (30, 1), (10, 2)]);
            op::draw(sketch, &mut scope, count, &mut body);
            body.push(task_return(sketch, entry));
            let count = sketch.draw.weighted(&[(60, 0), (40, 1)]);
            op::draw(sketch, &mut scope, count, &mut body);
            body.push(Op::ResumeLater {
                target: Target::Parked(0),
            });
        }
        Role::Callee => {
            let count = sketch.draw.weighted(&[(40, 0), (40, 1), (20, 2)]);
            op::draw(sketch, &mut scope, count, &mut body);
        }
    }
    body
}
