//! One operation of a program.

use super::shape::new_item;
use super::target::{astray, launch, switch};
use super::{Role, Sketch, peer};
use crate::limits::{BODY_OPS, LOOP_COUNT, SCRATCH_ADDRESS, SLOTS, SUBTASKS};
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
    /// What concerns the thread itself: its index, a mark, a log.
    Own,
    Arithmetic,
    Loop,
    If,
    /// A switching operation with a target that is likely wrong.
    Astray,
    Unreachable,
}

/// Percentage of starts that threads do not make after all, lest every trace is as long as the fuel lasts.
const THREAD_RESTRAINT_PERCENT: u32 = 45;
/// Percentage of steps that have to do with other instances, streams, futures or resources, where there are any.
const PEER_PERCENT: u32 = 17;
/// Operations that such a step takes, at most.
const PEER_OPS: usize = 14;
/// Percentage of memory and table accesses that are out of bounds.
const OUT_OF_BOUNDS_PERCENT: u32 = 1;
/// Percentage of divisions and truncations with any operand.
const ANY_OPERAND_PERCENT: u32 = 2;
/// Percentage of indirect calls with any signature.
const ANY_SIGNATURE_PERCENT: u32 = 3;

/// Whose body is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Function(usize),
    Entry(usize),
    Callback(usize),
}

/// What drawing knows while it draws a body.
pub(super) struct Scope {
    pub(super) place: Place,
    /// For each slot, whether this body has put a suspended thread there, and whether that will wake slot 0.
    pub(super) parked: [Option<bool>; SLOTS],
    /// How many threads are likely ready that will wake slot 0.
    pub(super) wakers: u32,
    /// Whether the task has returned.
    pub(super) returned: bool,
    /// Whether the task may not block.
    pub(super) sync_typed: bool,
    /// The cell for the next subtask.
    subtask: usize,
    /// How many operations may still be drawn.
    left: usize,
    /// Whether this is a body in a body.
    nested: bool,
}

impl Scope {
    pub(super) fn new(place: Place) -> Scope {
        Scope {
            place,
            parked: [None; SLOTS],
            wakers: 0,
            returned: false,
            sync_typed: false,
            subtask: match place {
                Place::Entry(i) | Place::Callback(i) => i,
                Place::Function(i) => i + 2,
            },
            left: BODY_OPS,
            nested: false,
        }
    }

    /// A cell for a subtask: the next in turn.
    pub(super) fn next_subtask(&mut self) -> usize {
        self.subtask += 1;
        self.subtask % SUBTASKS
    }

    /// Whether this is a program function, and not the code of an entry.
    fn is_function(&self) -> bool {
        matches!(self.place, Place::Function(_))
    }

    /// Whether suspending without a waker likely ends in a deadlock.
    pub(super) fn must_return(&self) -> bool {
        match self.place {
            Place::Function(_) => false,
            Place::Entry(_) | Place::Callback(_) => !self.returned,
        }
    }
}

/// Draws so many steps, each of one to three operations.
pub(super) fn draw(sketch: &mut Sketch, scope: &mut Scope, count: usize, out: &mut Vec<Op>) {
    for _ in 0..count {
        let before = out.len();
        if scope.left < 4 {
            return;
        }
        step(sketch, scope, out);
        scope.left = scope.left.saturating_sub(out.len() - before);
    }
}

fn step(sketch: &mut Sketch, scope: &mut Scope, out: &mut Vec<Op>) {
    if sketch.has_peers() && scope.left >= PEER_OPS && sketch.draw.percent(PEER_PERCENT) {
        return peer::step(sketch, scope, out);
    }
    match sketch.draw.weighted(KINDS) {
        Kind::Switch => switch(sketch, scope, out),
        Kind::Launch if scope.is_function() && sketch.draw.percent(THREAD_RESTRAINT_PERCENT) => {
            switch(sketch, scope, out);
        }
        Kind::Launch => launch(sketch, scope, out),
        Kind::Global => out.push(global(sketch)),
        Kind::Memory => out.push(memory(sketch)),
        Kind::Table => out.push(table(sketch)),
        Kind::Call => out.extend(call(sketch, scope)),
        Kind::Context => {
            let slot = sketch.draw.below(2);
            let get = sketch.draw.percent(50);
            let value = sketch.draw.operand();
            out.push(if get {
                Op::ContextGet { slot }
            } else {
                Op::ContextSet { slot, value }
            });
        }
        Kind::Own => out.push(own(sketch)),
        Kind::Arithmetic => out.push(arithmetic(sketch)),
        Kind::Loop if !scope.nested => {
            let count = 1 + sketch.draw.below(LOOP_COUNT);
            let body = nested(sketch, scope);
            out.push(Op::Loop { count, body });
        }
        Kind::If if !scope.nested => {
            let global = sketch.draw.index(sketch.instance.globals.len());
            let then = nested(sketch, scope);
            let other = sketch.draw.percent(45);
            let otherwise = if other {
                nested(sketch, scope)
            } else {
                Vec::new()
            };
            out.push(Op::If {
                global,
                then,
                otherwise,
            });
        }
        Kind::Loop | Kind::If => switch(sketch, scope, out),
        Kind::Astray => out.push(astray(sketch)),
        Kind::Unreachable if sketch.draw.percent(50) => out.push(Op::Unreachable),
        Kind::Unreachable => out.push(own(sketch)),
    }
}

fn nested(sketch: &mut Sketch, scope: &mut Scope) -> Vec<Op> {
    let mut body = Vec::new();
    scope.nested = true;
    let count = sketch.draw.range(1..=3);
    draw(sketch, scope, count, &mut body);
    scope.nested = false;
    body
}

fn global(sketch: &mut Sketch) -> Op {
    let global = sketch.draw.index(sketch.instance.globals.len());
    match sketch.draw.percent(60) {
        false => Op::GlobalGet { global },
        true => Op::GlobalSet {
            global,
            value: sketch.draw.operand(),
        },
    }
}

fn memory(sketch: &mut Sketch) -> Op {
    let draw = &mut sketch.draw;
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

/// A place in a table with `count` entries after it, mostly in bounds.
fn place(sketch: &mut Sketch, table: usize, count: u32) -> Index {
    let size = sketch.instance.tables[table].initial;
    if sketch.draw.percent(OUT_OF_BOUNDS_PERCENT) {
        return sketch
            .draw
            .pick(&[Index::Size, Index::Const(u32::MAX), Index::Const(40)]);
    }
    // An index in bounds exists if the table is long enough; if not, `table` has chosen an operation that needs none.
    if count <= 1 && size > 0 && sketch.draw.percent(10) {
        return Index::Modulo(sketch.draw.operand());
    }
    Index::Const(sketch.draw.below((size + 1).saturating_sub(count.max(1))))
}

pub(super) fn table(sketch: &mut Sketch) -> Op {
    let table = sketch.draw.index(sketch.instance.tables.len());
    let size = sketch.instance.tables[table].initial;
    let kind = sketch.draw.weighted(&[
        (22, 0),
        (19, 1),
        (15, 2),
        (14, 3),
        (7, 4),
        (11, 5),
        (8, 6),
        (4, 7),
    ]);
    let count = sketch.draw.below(4).min(size);
    match kind {
        1 if size > 0 => {
            let index = place(sketch, table, 1);
            Op::TableGet { table, index }
        }
        2 if size > 0 => {
            let index = place(sketch, table, 1);
            Op::TableSet {
                table,
                index,
                item: new_item(sketch),
            }
        }
        3 => Op::TableGrow {
            table,
            by: sketch.draw.below(4),
            item: new_item(sketch),
        },
        4 => {
            let index = place(sketch, table, count);
            Op::TableFill {
                table,
                index,
                item: new_item(sketch),
                count,
            }
        }
        5 => {
            let from = sketch.draw.index(sketch.instance.tables.len());
            let count = count.min(sketch.instance.tables[from].initial);
            let to_index = place(sketch, table, count);
            let from_index = place(sketch, from, count);
            Op::TableCopy {
                to: table,
                from,
                to_index,
                from_index,
                count,
            }
        }
        6 => table_init(sketch, table, count),
        7 if !sketch.instance.segments.is_empty() => Op::ElemDrop {
            segment: sketch.draw.index(sketch.instance.segments.len()),
        },
        _ => Op::TableSize { table },
    }
}

fn table_init(sketch: &mut Sketch, table: usize, count: u32) -> Op {
    let segments = sketch.instance.segments.iter().enumerate();
    let passive = segments.filter(|(_, segment)| segment.mode == SegmentMode::Passive);
    let passive: Vec<usize> = passive.map(|(i, _)| i).collect();
    if passive.is_empty() {
        return Op::TableSize { table };
    }
    let segment = sketch.draw.pick(&passive);
    let len = sketch.instance.segments[segment].items.len() as u32;
    let count = count.min(len);
    let index = place(sketch, table, count);
    Op::TableInit {
        table,
        segment,
        index,
        from: sketch.draw.below(len - count + 1),
        count,
    }
}

fn call(sketch: &mut Sketch, scope: &Scope) -> Option<Op> {
    let argument = sketch.draw.operand();
    let least = match scope.place {
        Place::Function(f) => f + 1,
        Place::Entry(_) | Place::Callback(_) => 0,
    };
    let callees: Vec<usize> = (least..sketch.roles.len())
        .filter(|&f| !matches!(sketch.roles[f], Role::Returner { .. }))
        .collect();
    if !callees.is_empty() && sketch.draw.percent(50) {
        return Some(Op::Call {
            function: sketch.draw.pick(&callees),
            argument,
        });
    }
    let table = sketch.draw.index(sketch.instance.tables.len());
    let entries: Vec<(u32, usize)> = sketch.contents[table]
        .iter()
        .enumerate()
        .filter_map(|(i, item)| match item {
            Item::Function(f) if !matches!(sketch.roles[*f], Role::Returner { .. }) => {
                Some((i as u32, sketch.instance.functions[*f].signature))
            }
            Item::Function(_) | Item::Null | Item::Entry(_) | Item::Import(_) => None,
        })
        .collect();
    if entries.is_empty() {
        return None;
    }
    let (index, mut signature) = sketch.draw.pick(&entries);
    if sketch.draw.percent(ANY_SIGNATURE_PERCENT) {
        signature = sketch.draw.index(sketch.instance.signatures.len());
    }
    let index = match sketch.draw.percent(3) {
        false => Index::Const(index),
        true => Index::Modulo(sketch.draw.operand()),
    };
    Some(Op::CallIndirect {
        table,
        index,
        signature,
        argument,
    })
}

fn own(sketch: &mut Sketch) -> Op {
    let value = sketch.draw.operand();
    match sketch.draw.weighted(&[(40, 0), (35, 1), (25, 2)]) {
        0 if sketch.spawn && sketch.draw.percent(35) => Op::AvailableParallelism,
        0 => Op::ThreadIndex,
        1 => Op::Mark { value },
        _ => Op::Log { value },
    }
}

fn arithmetic(sketch: &mut Sketch) -> Op {
    let draw = &mut sketch.draw;
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
