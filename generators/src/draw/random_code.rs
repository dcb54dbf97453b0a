//! Draws a module of wasm-smith beside the code of an instance: the functions that it exports, what it may call, and where its
//! functions are called and started.
//!
//! A callee is chosen there by what lies on the operand stack, so a function without parameters is called far more often than
//! one that takes an index. For that reason most of what the module may call are helpers: program functions without parameters,
//! each of which does an operation or two with operands that the plan has.

use super::builder::{Builder, Role};
use super::op;
use super::scope::{Place, Scope};
use super::target::{launch, names};
use crate::limits::SLOTS;
use crate::plan::{
    CoreType, Function, Import, Index, Instance, Instructions, Item, Lift, Op, Operand, Signature,
    Smith, SmithBody, SmithFunction, Target,
};
use crate::rng;

/// How many bytes a module may be made from. Fewer bytes make shorter bodies.
const BYTES: &[usize] = &[192, 384, 768, 1536];

/// Percentage of functions after the first, which is always right-typed, that a thread may start with.
const RIGHT_TYPED_PERCENT: u32 = 60;

/// The kinds of helpers, each with its weight.
const HELPERS: &[(u32, Helper)] = &[
    (30, Helper::Start),
    (22, Helper::Last),
    (40, Helper::Any),
    (8, Helper::Global),
];

#[derive(Clone, Copy)]
enum Helper {
    /// Starts a thread.
    Start,
    /// Resumes the thread that was started last, or switches to it.
    Last,
    /// Does any operation or two.
    Any,
    /// Logs a global.
    Global,
}

/// The built-ins that the module may call as they are, each with its weight. Immediates are drawn for each.
const BUILT_INS: &[(u32, Import)] = &[
    (20, Import::Log),
    (8, Import::Mark),
    (8, Import::Yield(false)),
    (2, Import::Suspend(false)),
    (8, Import::ThreadIndex),
    (8, Import::ResumeLater),
    (4, Import::SuspendThenResume(false)),
    (6, Import::YieldThenResume(false)),
    (3, Import::SuspendThenPromote(false)),
    (5, Import::YieldThenPromote(false)),
    (8, Import::ContextGet(0)),
    (8, Import::ContextSet(0)),
    (12, Import::Start(0)),
    (3, Import::SetNew),
    (2, Import::SetPoll(false)),
    (2, Import::SetWait(false)),
    (2, Import::SetDrop),
    (3, Import::Join),
    (2, Import::SubtaskDrop),
    (2, Import::SubtaskCancel(false)),
    (1, Import::TaskCancel),
];

/// Draws the module in `percent` of instances.
pub(super) fn draw(builder: &mut Builder, percent: u32) {
    if !builder.draw.chance(percent) {
        return;
    }
    let seed = builder.draw.u64();
    let mut smith = Smith {
        bytes: rng::noise(seed, builder.draw.pick(BYTES)),
        instructions: Instructions {
            traps: builder.draw.percent(20),
            floats: !builder.draw.percent(35),
            vectors: builder.draw.percent(20),
            tail_calls: builder.draw.percent(25),
        },
        has_tables: builder.draw.percent(40),
        has_globals: !builder.draw.percent(35),
        ..Smith::default()
    };
    smith.functions = functions(builder);
    // Helpers do not call the module: a helper and a function of it could call each other as long as there is fuel.
    let bodies = builder.instance.functions.len();
    smith.helpers = helpers(builder);
    for _ in 0..builder.draw.range(3..=7) {
        let built_in = built_in(builder);
        smith.built_ins.push(built_in);
    }
    uses(builder, &smith.functions, bodies);
    builder.instance.smith = Some(smith);
}

/// Draws the functions that the module exports, and the table entries that hold them: some are added at the end of a table, some
/// take the place of what is there.
fn functions(builder: &mut Builder) -> Vec<SmithFunction> {
    let count = builder.draw.weighted(&[(30, 2), (40, 3), (30, 4)]);
    let mut functions = Vec::new();
    for i in 0..count {
        let is_right = i == 0 || builder.draw.percent(RIGHT_TYPED_PERCENT);
        let all = builder.instance.signatures.iter().enumerate();
        let fitting = all.filter(|(_, signature)| signature.is_start() == is_right);
        let fitting: Vec<usize> = fitting.map(|(place, _)| place).collect();
        let signature = match fitting.is_empty() {
            true => 0,
            false => builder.draw.pick(&fitting),
        };
        let mut entries = Vec::new();
        if is_right || builder.draw.percent(50) {
            let start = builder.draw.index(builder.instance.starts.len());
            let number = builder.instance.starts[start].table;
            let table = &mut builder.instance.tables[number];
            let size = table.initial;
            if size > 0 && builder.draw.percent(35) {
                entries.push((number, builder.draw.below(size)));
            } else {
                table.initial += 1;
                table.maximum = table.maximum.map(|maximum| maximum.max(table.initial));
                builder.contents[number].push(Item::Null);
                entries.push((number, size));
            }
        }
        functions.push(SmithFunction {
            signature,
            body: SmithBody::Made,
            entries,
        });
    }
    functions
}

/// Adds the helpers to the program functions, and returns their numbers.
fn helpers(builder: &mut Builder) -> Vec<usize> {
    let mut helpers = Vec::new();
    for _ in 0..builder.draw.range(3..=6) {
        let results = match builder.draw.percent(25) {
            false => Vec::new(),
            true => vec![CoreType::I32],
        };
        let signature = signature(
            builder,
            Signature {
                params: Vec::new(),
                results,
                ..Signature::default()
            },
        );
        let number = builder.instance.functions.len();
        builder.roles.push(Role::Callee);
        builder.instance.functions.push(Function {
            signature,
            body: Vec::new(),
        });
        builder.instance.functions[number].body = helper(builder, number);
        helpers.push(number);
    }
    helpers
}

fn signature(builder: &mut Builder, signature: Signature) -> usize {
    let signatures = &mut builder.instance.signatures;
    let place = signatures.iter().position(|other| *other == signature);
    place.unwrap_or_else(|| {
        signatures.push(signature);
        signatures.len() - 1
    })
}

fn helper(builder: &mut Builder, number: usize) -> Vec<Op> {
    let mut scope = Scope::new(Place::Function(number));
    let mut body = Vec::new();
    match builder.draw.weighted(HELPERS) {
        Helper::Start => launch(builder, &mut scope, &mut body),
        Helper::Last => {
            let cancellable = builder.draw.percent(30);
            body.push(names(builder.draw, Target::Last, cancellable, true));
        }
        Helper::Any => {
            let count = builder.draw.range(1..=2);
            op::draw(builder, &mut scope, count, &mut body);
        }
        Helper::Global => {
            let global = builder.draw.index(builder.instance.globals.len());
            body.push(Op::GlobalGet { global });
        }
    }
    body
}

fn built_in(builder: &mut Builder) -> Import {
    let draw = &mut *builder.draw;
    let flag = draw.percent(30);
    let mut import = match draw.weighted(BUILT_INS) {
        Import::SubtaskCancel(_) => Import::SubtaskCancel(flag),
        Import::ContextGet(_) => Import::ContextGet(draw.below(2)),
        Import::ContextSet(_) => Import::ContextSet(draw.below(2)),
        Import::Start(_) => Import::Start(draw.index(builder.instance.starts.len())),
        other => other,
    };
    if let Some(cancellable) = import.cancellable() {
        *cancellable = flag;
    }
    import
}

/// Adds operations to entries, their callbacks, and the first `bodies` program functions, that call the functions of the module or
/// start a thread with one. An entry starts at least one.
fn uses(builder: &mut Builder, functions: &[SmithFunction], bodies: usize) {
    for i in 0..builder.draw.range(2..=4) {
        let ops = match i > 0 && builder.draw.percent(45) {
            false => start(builder, functions),
            true => vec![Op::CallSmith {
                function: builder.draw.index(functions.len()),
                argument: builder.draw.operand(),
            }],
        };
        let place = match i > 0 && bodies > 0 && builder.draw.percent(40) {
            true => Place::Function(builder.draw.index(bodies)),
            false => {
                let entry = builder.draw.index(builder.instance.entries.len());
                match builder.draw.percent(30) && i > 0 {
                    true => Place::Callback(entry),
                    false => Place::Entry(entry),
                }
            }
        };
        let length = body(&mut builder.instance, place).len();
        let at = builder.draw.index(length + 1);
        body(&mut builder.instance, place).splice(at..at, ops);
    }
}

/// The operations at a place. An entry that has no callback has those of its own.
fn body(instance: &mut Instance, place: Place) -> &mut Vec<Op> {
    match place {
        Place::Function(number) => &mut instance.functions[number].body,
        Place::Entry(number) => &mut instance.entries[number].body,
        Place::Callback(number) => {
            let entry = &mut instance.entries[number];
            match &mut entry.lift {
                Lift::Callback(callback) => &mut callback.body,
                Lift::SyncTyped(_) | Lift::Sync(_) | Lift::Stackful => &mut entry.body,
            }
        }
    }
}

/// Starts a thread with a table entry that holds a function of the module, and resumes it or switches to it.
fn start(builder: &mut Builder, functions: &[SmithFunction]) -> Vec<Op> {
    let entries: Vec<(usize, u32)> = functions.iter().flat_map(|it| it.entries.clone()).collect();
    let (table, index) = builder.draw.pick(&entries);
    let starts = builder.instance.starts.iter().enumerate();
    let starts: Vec<usize> = starts
        .filter(|(_, it)| it.table == table)
        .map(|(i, _)| i)
        .collect();
    let start = builder.draw.pick(&starts);
    let slot = 1 + builder.draw.index(SLOTS - 1);
    let context = match builder.draw.percent(50) {
        true => Operand::Const(builder.draw.below(1000) as i32),
        false => builder.draw.operand(),
    };
    let mut ops = vec![Op::Start {
        start,
        index: Index::Const(index),
        context,
        slot,
    }];
    if !builder.instance.starts[start].spawn {
        let cancellable = builder.draw.percent(30);
        ops.push(names(
            builder.draw,
            Target::Parked(slot),
            cancellable,
            false,
        ));
    }
    ops
}
