//! Draws mistakes with threads, their tasks and core code: each trap of the built-ins for these has its kind here. How
//! often a kind happens follows from [`COUNT`] and [`KINDS`] alone, not from how long the programs are.

use super::cannot_leave;
use super::placement::{choose, insert, insert_in_entry, insert_in_thread, splice};
use crate::draw::builder::{Builder, Return, Role};
use crate::draw::shape::new_item;
use crate::draw::value::INVALID_CHARS;
use crate::draw::{returning, target};
use crate::limits::SLOTS;
use crate::plan::{
    Arithmetic, Code, Import, Index, Item, Lift, Op, Operand, Scalar, Target, Width,
};
use spawndiff_corpus::Type;

/// The numbers of mistakes that a case is to make, each with its weight.
const COUNT: &[(u32, usize)] = &[(34, 0), (43, 1), (18, 2), (5, 3)];

/// Kinds of mistakes and their weights.
const KINDS: &[(u32, Kind)] = &[
    (34, Kind::StartNull),
    (34, Kind::StartType),
    (34, Kind::StartBounds),
    (30, Kind::Deadlock),
    (6, Kind::UnknownThread),
    (5, Kind::ResumeRunning),
    (6, Kind::ResumeReady),
    (4, Kind::ResumeFinished),
    (6, Kind::ReturnTwice),
    (6, Kind::ReturnWrong),
    (6, Kind::ReturnMissing),
    (4, Kind::ReturnInSync),
    (5, Kind::CallbackCode),
    (4, Kind::CallbackWait),
    (6, Kind::CannotBlock),
    (4, Kind::InvalidChar),
    (4, Kind::TableBounds),
    (3, Kind::MemoryBounds),
    (3, Kind::Arithmetic),
    (2, Kind::Unreachable),
    (5, Kind::CallIndirect),
    (40, Kind::CannotLeave),
];

#[derive(Clone, Copy)]
enum Kind {
    StartNull,
    StartType,
    StartBounds,
    Deadlock,
    UnknownThread,
    ResumeRunning,
    ResumeReady,
    ResumeFinished,
    ReturnTwice,
    ReturnWrong,
    ReturnMissing,
    ReturnInSync,
    CallbackCode,
    CallbackWait,
    CannotBlock,
    InvalidChar,
    TableBounds,
    MemoryBounds,
    Arithmetic,
    Unreachable,
    CallIndirect,
    CannotLeave,
}

/// Percentage of failing starts that a thread makes instead of an entry.
const IN_THREAD_PERCENT: u32 = 20;

pub(super) fn draw(builder: &mut Builder) {
    for _ in 0..builder.draw.weighted(COUNT) {
        let kind = builder.draw.weighted(KINDS);
        add(builder, kind);
    }
}

fn add(builder: &mut Builder, kind: Kind) {
    let cancellable = builder.draw.percent(30);
    match kind {
        Kind::StartNull | Kind::StartType | Kind::StartBounds => {
            let ops = start(builder, kind);
            if builder.draw.percent(IN_THREAD_PERCENT) {
                insert_in_thread(builder, ops);
            } else {
                insert(builder, ops);
            }
        }
        Kind::Deadlock => deadlock(builder, cancellable),
        Kind::UnknownThread => {
            let target =
                Target::Const(
                    builder
                        .draw
                        .pick(&[0, 77, u32::MAX, 1 << 28, i32::MAX as u32]),
                );
            let op = target::names(builder.draw, target, cancellable, true);
            insert(builder, vec![op]);
        }
        Kind::ResumeRunning => {
            let op = target::names(builder.draw, Target::Own, cancellable, false);
            insert(builder, vec![op]);
        }
        Kind::ResumeReady => {
            let mut ops = start_safely(builder);
            ops.push(target::names(
                builder.draw,
                Target::Last,
                cancellable,
                false,
            ));
            insert(builder, ops);
        }
        Kind::ResumeFinished => {
            let mut ops = start_safely(builder);
            ops.extend([true, false].map(|offer| Op::Yield { cancellable, offer }));
            ops.push(target::names(builder.draw, Target::Last, cancellable, true));
            insert(builder, ops);
        }
        Kind::ReturnTwice | Kind::ReturnWrong | Kind::ReturnMissing | Kind::ReturnInSync => {
            task_return(builder, kind);
        }
        Kind::CallbackCode | Kind::CallbackWait => {
            let number = 1 + builder.draw.below(12);
            let invalid = matches!(kind, Kind::CallbackCode);
            let code = if invalid {
                Code::Invalid(2 + number)
            } else {
                Code::Wait(number)
            };
            let late = !builder.draw.percent(40);
            let entry = choose(builder, |lift, _| matches!(lift, Lift::Callback(_)));
            if let Some(Lift::Callback(callback)) =
                entry.map(|entry| &mut builder.instance.entries[entry].lift)
            {
                match late {
                    true => callback.last_code = code,
                    false => callback.first = code,
                }
            }
        }
        Kind::CannotBlock => {
            if let Some(entry) = choose(builder, |lift, _| matches!(lift, Lift::SyncTyped(_))) {
                let op = Op::Suspend {
                    cancellable,
                    park: None,
                };
                insert_in_entry(builder, entry, vec![op]);
            }
        }
        Kind::InvalidChar => {
            let bits = builder.draw.pick(INVALID_CHARS);
            let sync = |lift: &Lift, _| matches!(lift, Lift::SyncTyped(_) | Lift::Sync(_));
            if let Some(entry) = choose(builder, sync) {
                let entry = &mut builder.instance.entries[entry];
                entry.result = Some(Type::Char.into());
                if let Lift::SyncTyped(value) | Lift::Sync(value) = &mut entry.lift {
                    *value = Scalar::Bits(bits);
                }
            }
        }
        Kind::TableBounds => {
            let table = builder.draw.index(builder.instance.tables.len());
            let item = new_item(builder);
            let op = match builder.draw.below(3) {
                0 => Op::TableGet {
                    table,
                    index: Index::Size,
                },
                1 => Op::TableSet {
                    table,
                    index: Index::Const(u32::MAX),
                    item,
                },
                _ => Op::TableFill {
                    table,
                    index: Index::Size,
                    item,
                    count: 1,
                },
            };
            insert(builder, vec![op]);
        }
        Kind::MemoryBounds => {
            let address = builder.draw.pick(&[0x2_fffe, 0x3_0000, u32::MAX]);
            insert(
                builder,
                vec![Op::Load {
                    width: Width::Bits32,
                    address,
                }],
            );
        }
        Kind::Arithmetic => {
            let nan = f32::NAN.to_bits() as i32;
            let large = 1e20_f32.to_bits() as i32;
            let (op, left, right) = builder.draw.pick(&[
                (Arithmetic::DivS, 1, 0),
                (Arithmetic::RemU, 1, 0),
                (Arithmetic::DivS, i32::MIN, -1),
                (Arithmetic::TruncF32S, nan, 0),
                (Arithmetic::TruncF32U, large, 0),
            ]);
            let (left, right) = (Operand::Const(left), Operand::Const(right));
            insert(builder, vec![Op::Arithmetic { op, left, right }]);
        }
        Kind::Unreachable => insert(builder, vec![Op::Unreachable]),
        Kind::CannotLeave => cannot_leave::add(builder),
        Kind::CallIndirect => {
            let table = builder.draw.index(builder.instance.tables.len());
            let signature = builder.draw.index(builder.instance.signatures.len());
            let size = builder.instance.tables[table].initial;
            let index = match builder.draw.percent(30) {
                false => Index::Const(builder.draw.below(size.max(1))),
                true => Index::Size,
            };
            let argument = Operand::Const(0);
            insert(
                builder,
                vec![Op::CallIndirect {
                    table,
                    index,
                    signature,
                    argument,
                }],
            );
        }
    }
}

/// A start that fails in the way of this kind.
fn start(builder: &mut Builder, kind: Kind) -> Vec<Op> {
    let context = Operand::Const(builder.draw.below(100) as i32);
    let slot = 1 + builder.draw.index(SLOTS - 1);
    let start = builder.draw.index(builder.instance.starts.len());
    let fails = |index| Op::Start {
        start,
        index,
        context,
        slot,
    };
    let is_null = matches!(kind, Kind::StartNull);
    if matches!(kind, Kind::StartBounds) {
        let far = Index::Const(
            builder
                .draw
                .pick(&[30, 1000, i32::MAX as u32, 1 << 31, u32::MAX]),
        );
        return vec![fails(if builder.draw.percent(50) {
            far
        } else {
            Index::Size
        })];
    }
    if is_null && builder.spawn && builder.draw.percent(30) {
        return vec![Op::SpawnRef {
            core_type: builder.draw.index(3),
            function: None,
            context,
        }];
    }
    let table = builder.instance.starts[start].table;
    let fitting = |item: Item| match is_null {
        true => item == Item::Null,
        false => item != Item::Null && !builder.is_right_typed(item),
    };
    let items = builder.contents[table].iter().enumerate();
    let places: Vec<usize> = items
        .filter(|(_, item)| fitting(**item))
        .map(|(i, _)| i)
        .collect();
    if !places.is_empty() && !builder.draw.percent(20) {
        return vec![fails(Index::Const(builder.draw.pick(&places) as u32))];
    }
    // Put one there first. An empty table gets a new entry.
    let callees = (0..builder.roles.len()).filter(|&f| builder.roles[f] == Role::Callee);
    let callees: Vec<usize> = callees.collect();
    let item = match (is_null, callees.is_empty()) {
        (true, _) => Item::Null,
        (false, true) => Item::Import(Import::Log),
        (false, false) => Item::Function(builder.draw.pick(&callees)),
    };
    let size = builder.instance.tables[table].initial;
    let index = Index::Const(builder.draw.below(size));
    let prepare = match size {
        0 => Op::TableGrow { table, by: 1, item },
        _ => Op::TableSet { table, index, item },
    };
    vec![prepare, fails(index)]
}

/// Starts a thread that ends at once (`mark`), and makes it ready.
fn start_safely(builder: &mut Builder) -> Vec<Op> {
    let slot = 1 + builder.draw.index(SLOTS - 1);
    let index = Index::Const(builder.draw.below(builder.instance.tables[0].initial));
    vec![
        Op::TableSet {
            table: 0,
            index,
            item: Item::Import(Import::Mark),
        },
        Op::Start {
            start: 0,
            index,
            context: Operand::Const(7),
            slot,
        },
        Op::ResumeLater {
            target: Target::Parked(slot),
        },
    ]
}

/// Suspends an implicit thread before its task returns, where nobody can find it.
fn deadlock(builder: &mut Builder, cancellable: bool) {
    let entry = choose(builder, |lift, returns| match (lift, returns) {
        (Lift::SyncTyped(_), _) | (_, Return::Early | Return::Thread(_)) => false,
        (Lift::Sync(_) | Lift::Stackful | Lift::Callback(_), _) => true,
    });
    let Some(entry) = entry else { return };
    let op = Op::Suspend {
        cancellable,
        park: None,
    };
    let body = &mut builder.instance.entries[entry].body;
    let end = body
        .iter()
        .position(|op| matches!(op, Op::TaskReturn { .. }));
    let end = end.unwrap_or(body.len());
    let early = builder.draw.percent(30);
    let at = if early {
        builder.draw.index(end + 1)
    } else {
        end
    };
    splice(&mut builder.instance.entries[entry].body, at, vec![op]);
}

fn task_return(builder: &mut Builder, kind: Kind) {
    let in_sync = matches!(kind, Kind::ReturnInSync);
    let entry = choose(builder, |lift, _| {
        matches!(lift, Lift::Stackful | Lift::Callback(_)) != in_sync
    });
    let Some(entry) = entry else { return };
    if matches!(kind, Kind::ReturnTwice | Kind::ReturnInSync) {
        let op = returning::task_return(builder, entry);
        return insert_in_entry(builder, entry, vec![op]);
    }
    let wrong = matches!(kind, Kind::ReturnWrong).then(|| {
        let own = builder.instance.entries[entry].result;
        let other = builder.draw.component_type().into();
        let result = if own == Some(other) {
            None
        } else {
            Some(other)
        };
        Op::TaskReturn {
            result,
            value: builder.draw.scalar(result),
        }
    });
    // Wherever the task returns: in the entry, in its callback, or in a thread's function.
    let function = match builder.returns[entry] {
        Return::Thread(function) => Some(function),
        Return::Value | Return::Early | Return::Middle | Return::Late | Return::Callback => None,
    };
    let entry = &mut builder.instance.entries[entry];
    let mut bodies = vec![&mut entry.body];
    if let Lift::Callback(callback) = &mut entry.lift {
        bodies.push(&mut callback.last);
    }
    bodies.extend(function.map(|function| &mut builder.instance.functions[function].body));
    for body in bodies {
        let Some(at) = body
            .iter()
            .position(|op| matches!(op, Op::TaskReturn { .. }))
        else {
            continue;
        };
        match &wrong {
            Some(op) => body[at] = op.clone(),
            None => drop(body.remove(at)),
        }
    }
}
