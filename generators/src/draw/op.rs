//! Draws single operations of a program, each with its operands.

use super::builder::{Builder, Role};
use super::calls;
use super::scope::{Place, Scope};
use super::shape::new_item;
use super::target::{astray, launch, switch};
use crate::limits::{LOOP_COUNT, SCRATCH_ADDRESS};
use crate::plan::{Arithmetic, Index, Item, Op, Operand, SegmentMode, Width};

/// Kinds of operations and their weights.
const KINDS: &[(u32, Kind)] = &[
    (300, Kind::Switch),
    (110, Kind::Launch),
    (90, Kind::Global),
    (90, Kind::Memory),
    (120, Kind::Table),
    (60, Kind::Call),
    (50, Kind::Context),
    (60, Kind::Own),
    (40, Kind::Arithmetic),
    (40, Kind::Loop),
    (35, Kind::If),
    (5, Kind::Astray),
    (2, Kind::Unreachable),
];

#[derive(Clone, Copy)]
enum Kind {
    Switch,
    Launch,
    Global,
    Memory,
    Table,
    Call,
    Context,
    /// An operation of the thread on itself: it asks for its index (or for the parallelism there is), marks or logs.
    Own,
    Arithmetic,
    Loop,
    If,
    /// A switching operation with a target that is likely wrong.
    Astray,
    Unreachable,
}

/// Percentage of thread starts in program functions that become a switching operation instead, lest every trace is as
/// long as the fuel lasts.
const THREAD_RESTRAINT_PERCENT: u32 = 45;
/// Percentage of steps that have to do with other instances, streams, futures or resources, where there are any.
const PEER_PERCENT: u32 = 17;
/// Operations that such a step with other instances takes, at most.
const PEER_OPS: usize = 14;
/// Percentage of memory and table accesses that are out of bounds.
const OUT_OF_BOUNDS_PERCENT: u32 = 1;
/// Percentage of divisions and truncations with any operand.
const ANY_OPERAND_PERCENT: u32 = 2;
/// Percentage of indirect calls with any signature.
const ANY_SIGNATURE_PERCENT: u32 = 3;

/// Draws `count` steps, each of a few operations, or fewer if there is hardly any room left in the body.
pub(super) fn draw(builder: &mut Builder, scope: &mut Scope, count: usize, out: &mut Vec<Op>) {
    for _ in 0..count {
        let before = out.len();
        if scope.left < 4 {
            return;
        }
        step(builder, scope, out);
        scope.left = scope.left.saturating_sub(out.len() - before);
    }
}

fn step(builder: &mut Builder, scope: &mut Scope, out: &mut Vec<Op>) {
    if builder.has_peers() && scope.left >= PEER_OPS && builder.draw.percent(PEER_PERCENT) {
        return calls::step(builder, scope, out);
    }
    match builder.draw.weighted(KINDS) {
        Kind::Switch => switch(builder, scope, out),
        Kind::Launch if scope.is_function() && builder.draw.percent(THREAD_RESTRAINT_PERCENT) => {
            switch(builder, scope, out);
        }
        Kind::Launch => launch(builder, scope, out),
        Kind::Global => out.push(global(builder)),
        Kind::Memory => out.push(memory(builder)),
        Kind::Table => out.push(table(builder)),
        Kind::Call => out.extend(call(builder, scope)),
        Kind::Context => {
            let slot = builder.draw.below(2);
            let get = builder.draw.percent(50);
            let value = builder.draw.operand();
            out.push(if get {
                Op::ContextGet { slot }
            } else {
                Op::ContextSet { slot, value }
            });
        }
        Kind::Own => out.push(own(builder)),
        Kind::Arithmetic => out.push(arithmetic(builder)),
        Kind::Loop if !scope.nested => {
            let count = 1 + builder.draw.below(LOOP_COUNT);
            let body = nested(builder, scope);
            out.push(Op::Loop { count, body });
        }
        Kind::If if !scope.nested => {
            let global = builder.draw.index(builder.instance.globals.len());
            let then = nested(builder, scope);
            let other = builder.draw.percent(45);
            let otherwise = if other {
                nested(builder, scope)
            } else {
                Vec::new()
            };
            out.push(Op::If {
                global,
                then,
                otherwise,
            });
        }
        Kind::Loop | Kind::If => switch(builder, scope, out),
        Kind::Astray => out.push(astray(builder)),
        Kind::Unreachable if builder.draw.percent(50) => out.push(Op::Unreachable),
        Kind::Unreachable => out.push(own(builder)),
    }
}

fn nested(builder: &mut Builder, scope: &mut Scope) -> Vec<Op> {
    let mut body = Vec::new();
    scope.nested = true;
    let count = builder.draw.range(1..=3);
    draw(builder, scope, count, &mut body);
    scope.nested = false;
    body
}

fn global(builder: &mut Builder) -> Op {
    let global = builder.draw.index(builder.instance.globals.len());
    match builder.draw.percent(60) {
        false => Op::GlobalGet { global },
        true => Op::GlobalSet {
            global,
            value: builder.draw.operand(),
        },
    }
}

fn memory(builder: &mut Builder) -> Op {
    let draw = &mut *builder.draw;
    let width = draw.pick(&[Width::Bits32, Width::Bits8, Width::Bits64]);
    let address = match draw.percent(OUT_OF_BOUNDS_PERCENT) {
        false => SCRATCH_ADDRESS + draw.below(60) * draw.pick(&[4, 4, 3]),
        // Past the end, or across it, of the memory at each of its sizes.
        true => draw.pick(&[0xfffd, 0x1_0000, 0x1_ffff, 0x3_0000, u32::MAX]),
    };
    match draw.weighted(&[(42, 0), (44, 1), (7, 2), (7, 3)]) {
        0 => Op::Load { width, address },
        1 => Op::Store {
            width,
            address,
            value: draw.operand(),
        },
        2 => Op::MemorySize,
        _ => Op::MemoryGrow {
            pages: draw.below(3),
        },
    }
}

/// Draws a place in a table with `count` entries after it, mostly in bounds.
fn place(builder: &mut Builder, table: usize, count: u32) -> Index {
    let size = builder.instance.tables[table].initial;
    if builder.draw.percent(OUT_OF_BOUNDS_PERCENT) {
        return builder
            .draw
            .pick(&[Index::Size, Index::Const(u32::MAX), Index::Const(40)]);
    }
    // An index in bounds exists if the table is long enough; if not, `table` has chosen an operation that needs none.
    if count <= 1 && size > 0 && builder.draw.percent(10) {
        return Index::Modulo(builder.draw.operand());
    }
    Index::Const(builder.draw.below((size + 1).saturating_sub(count.max(1))))
}

pub(super) fn table(builder: &mut Builder) -> Op {
    let table = builder.draw.index(builder.instance.tables.len());
    let size = builder.instance.tables[table].initial;
    let kind = builder.draw.weighted(&[
        (22, 0),
        (19, 1),
        (15, 2),
        (14, 3),
        (7, 4),
        (11, 5),
        (8, 6),
        (4, 7),
    ]);
    let count = builder.draw.below(4).min(size);
    match kind {
        1 if size > 0 => {
            let index = place(builder, table, 1);
            Op::TableGet { table, index }
        }
        2 if size > 0 => {
            let index = place(builder, table, 1);
            Op::TableSet {
                table,
                index,
                item: new_item(builder),
            }
        }
        3 => Op::TableGrow {
            table,
            by: builder.draw.below(4),
            item: new_item(builder),
        },
        4 => {
            let index = place(builder, table, count);
            Op::TableFill {
                table,
                index,
                item: new_item(builder),
                count,
            }
        }
        5 => {
            let from = builder.draw.index(builder.instance.tables.len());
            let count = count.min(builder.instance.tables[from].initial);
            let to_index = place(builder, table, count);
            let from_index = place(builder, from, count);
            Op::TableCopy {
                to: table,
                from,
                to_index,
                from_index,
                count,
            }
        }
        6 => table_init(builder, table, count),
        7 if !builder.instance.segments.is_empty() => Op::ElemDrop {
            segment: builder.draw.index(builder.instance.segments.len()),
        },
        _ => Op::TableSize { table },
    }
}

fn table_init(builder: &mut Builder, table: usize, count: u32) -> Op {
    let segments = builder.instance.segments.iter().enumerate();
    let passive = segments.filter(|(_, segment)| segment.mode == SegmentMode::Passive);
    let passive: Vec<usize> = passive.map(|(i, _)| i).collect();
    if passive.is_empty() {
        return Op::TableSize { table };
    }
    let segment = builder.draw.pick(&passive);
    let len = builder.instance.segments[segment].items.len() as u32;
    let count = count.min(len);
    let index = place(builder, table, count);
    Op::TableInit {
        table,
        segment,
        index,
        from: builder.draw.below(len - count + 1),
        count,
    }
}

fn call(builder: &mut Builder, scope: &Scope) -> Option<Op> {
    let argument = builder.draw.operand();
    let least = match scope.place {
        Place::Function(f) => f + 1,
        Place::Entry(_) | Place::Callback(_) => 0,
    };
    let callees: Vec<usize> = (least..builder.roles.len())
        .filter(|&f| !matches!(builder.roles[f], Role::Returner { .. }))
        .collect();
    if !callees.is_empty() && builder.draw.percent(50) {
        return Some(Op::Call {
            function: builder.draw.pick(&callees),
            argument,
        });
    }
    let table = builder.draw.index(builder.instance.tables.len());
    let entries: Vec<(u32, usize)> = builder.contents[table]
        .iter()
        .enumerate()
        .filter_map(|(i, item)| match item {
            Item::Function(f) if !matches!(builder.roles[*f], Role::Returner { .. }) => {
                Some((i as u32, builder.instance.functions[*f].signature))
            }
            Item::Function(_) | Item::Null | Item::Entry(_) | Item::Import(_) => None,
        })
        .collect();
    if entries.is_empty() {
        return None;
    }
    let (index, mut signature) = builder.draw.pick(&entries);
    if builder.draw.percent(ANY_SIGNATURE_PERCENT) {
        signature = builder.draw.index(builder.instance.signatures.len());
    }
    let index = match builder.draw.percent(3) {
        false => Index::Const(index),
        true => Index::Modulo(builder.draw.operand()),
    };
    Some(Op::CallIndirect {
        table,
        index,
        signature,
        argument,
    })
}

fn own(builder: &mut Builder) -> Op {
    let value = builder.draw.operand();
    match builder.draw.weighted(&[(40, 0), (35, 1), (25, 2)]) {
        0 if builder.spawn && builder.draw.percent(35) => Op::AvailableParallelism,
        0 => Op::ThreadIndex,
        1 => Op::Mark { value },
        _ => Op::Log { value },
    }
}

fn arithmetic(builder: &mut Builder) -> Op {
    let draw = &mut *builder.draw;
    let op = draw.pick(&[
        Arithmetic::Add,
        Arithmetic::Mul,
        Arithmetic::Xor,
        Arithmetic::Rotl,
        Arithmetic::DivS,
        Arithmetic::RemU,
        Arithmetic::TruncF32S,
        Arithmetic::TruncF32U,
    ]);
    let (mut left, mut right) = (draw.operand(), draw.operand());
    if !draw.percent(ANY_OPERAND_PERCENT) {
        match op {
            Arithmetic::Add | Arithmetic::Mul | Arithmetic::Xor | Arithmetic::Rotl => {}
            Arithmetic::DivS | Arithmetic::RemU => {
                right = Operand::Const(1 + draw.below(50) as i32);
            }
            Arithmetic::TruncF32S | Arithmetic::TruncF32U => {
                left = Operand::Const((draw.below(500) as f32 / 4.0).to_bits() as i32);
            }
        }
    }
    Op::Arithmetic { op, left, right }
}
