//! Draws the shape of an instance: signatures, functions and entries without their bodies, tables, definitions; and the
//! runs.

use super::builder::{Builder, Return, Role};
use super::choices::Draw;
use crate::limits::{
    CALLS, COUNTDOWN, ENTRIES, ENTRY_PARAMS, FUNCTIONS, FUNCTIONS_OF_MANY, GLOBALS, RUNS,
    TABLE_SIZE, TABLES,
};
use crate::plan::{
    Call, Callback, Code, Element, Entry, Function, Global, Import, Item, Lift, Segment,
    SegmentMode, Signature, Start, Table, ValueType,
};
use crate::weight::Weight;

/// Percentage of right-typed functions among those after the first, which is always right-typed. With the functions that
/// return from threads, about half of all functions are right-typed.
const RIGHT_TYPED_PERCENT: u32 = 40;
/// Percentage of right-typed functions that end by waking the thread in slot 0. The others are one way to a deadlock.
const WAKES_PERCENT: u32 = 85;

/// Kinds of table entries and their weights.
const ITEMS: &[(u32, ItemKind)] = &[
    (55, ItemKind::Right),
    (13, ItemKind::Null),
    (14, ItemKind::Wrong),
    (5, ItemKind::SafeImport),
    (5, ItemKind::RightImport),
    (4, ItemKind::WrongImport),
    (4, ItemKind::Entry),
];

#[derive(Clone, Copy)]
enum ItemKind {
    Right,
    Null,
    Wrong,
    /// Right-typed, and does no harm as a thread whatever its argument.
    SafeImport,
    /// Right-typed, and traps as a thread with most arguments.
    RightImport,
    WrongImport,
    Entry,
}

pub(super) fn draw(builder: &mut Builder) {
    signatures(builder);
    functions(builder);
    globals(builder);
    entries(builder);
    tables(builder);
    passive_segments(builder);
    starts(builder);
    builder.runs = runs(builder.draw, &builder.instance.entries);
}

/// Draws the shape of a called instance, without its entries and its table: there is less of everything than in the first
/// instance.
pub(super) fn small(builder: &mut Builder) {
    let draw = &mut *builder.draw;
    let other = draw.other_signature();
    builder.instance.signatures = vec![Signature::start(), other];
    builder.instance.core_types = vec![Signature::start()];
    let functions = draw.weighted(&[(65, 1), (28, 2), (7, 3)]);
    for i in 0..functions {
        let is_right = i == 0 || !builder.draw.percent(30);
        builder.roles.push(match is_right {
            true => Role::Program {
                wakes: !builder.draw.percent(100 - WAKES_PERCENT),
            },
            false => Role::Callee,
        });
        builder.instance.functions.push(Function {
            signature: usize::from(!is_right),
            body: Vec::new(),
        });
    }
    for _ in 0..1 + builder.draw.below(2) {
        let value = builder.draw.int();
        builder.instance.globals.push(Global::I32(value));
    }
}

/// Draws the table of a called instance, which has all its functions, and its start definitions.
pub(super) fn small_table(builder: &mut Builder) {
    let functions = 0..builder.roles.len();
    let mut items: Vec<Item> = functions.map(Item::Function).collect();
    for _ in 0..builder.draw.below(3) {
        let more = item(builder);
        items.push(more);
    }
    builder.instance.tables.push(Table {
        element: Element::Func,
        initial: items.len() as u32,
        maximum: None,
    });
    builder.instance.segments.push(Segment {
        mode: SegmentMode::Active {
            table: 0,
            offset: 0,
        },
        items: items.clone(),
        expressions: false,
    });
    builder.contents.push(items);
    let spawn = builder.spawn && builder.draw.percent(20);
    let start = |spawn| Start {
        spawn,
        core_type: 0,
        table: 0,
    };
    builder.instance.starts.push(start(false));
    if spawn {
        builder.instance.starts.push(start(true));
    }
}

fn signatures(builder: &mut Builder) {
    let draw = &mut *builder.draw;
    // Duplicates of the start type among others, so that a mixed-up index meets another type.
    let mix = |draw: &mut Draw, right, wrong| {
        let mut list: Vec<Signature> = (0..wrong).map(|_| draw.other_signature()).collect();
        for _ in 0..right {
            let place = draw.index(list.len() + 1);
            list.insert(place, Signature::start());
        }
        list
    };
    let right = draw.range(2..=3);
    let wrong = draw.range(2..=4);
    builder.instance.signatures = mix(draw, right, wrong);
    if draw.percent(40) {
        let copy = draw.index(builder.instance.signatures.len());
        builder
            .instance
            .signatures
            .push(builder.instance.signatures[copy].clone());
    }
    let right = draw.range(1..=3);
    let wrong = draw.range(0..=2);
    builder.instance.core_types = mix(draw, right, wrong);
}

/// The signatures that are right or wrong for a start function.
fn signatures_that(builder: &Builder, start: bool) -> Vec<usize> {
    let signatures = builder.instance.signatures.iter().enumerate();
    signatures
        .filter(|(_, s)| s.is_start() == start)
        .map(|(i, _)| i)
        .collect()
}

fn functions(builder: &mut Builder) {
    let (right, wrong) = (
        signatures_that(builder, true),
        signatures_that(builder, false),
    );
    let range = match builder.visible.is_empty() {
        true => FUNCTIONS,
        false => FUNCTIONS_OF_MANY,
    };
    for i in 0..builder.draw.range(range) {
        let draw = &mut *builder.draw;
        let is_right = i == 0 || draw.percent(RIGHT_TYPED_PERCENT);
        let signature = draw.pick(if is_right { &right } else { &wrong });
        builder.roles.push(match is_right {
            true => Role::Program {
                wakes: !draw.percent(100 - WAKES_PERCENT),
            },
            false => Role::Callee,
        });
        builder.instance.functions.push(Function {
            signature,
            body: Vec::new(),
        });
    }
}

fn globals(builder: &mut Builder) {
    for _ in 0..builder.draw.range(GLOBALS) {
        let draw = &mut *builder.draw;
        let value = draw.int();
        builder.instance.globals.push(match draw.percent(35) {
            false => Global::I32(value),
            true => Global::I64(i64::from(value) << draw.pick(&[0, 0, 31])),
        });
    }
}

fn entries(builder: &mut Builder) {
    #[derive(Clone, Copy)]
    enum Kind {
        Stackful,
        Callback,
        Sync,
        SyncTyped,
    }
    let counts: &[(u32, usize)] = &[(30, 2), (25, 1), (27, 3), (18, ENTRIES)];
    for _ in 0..builder.draw.weighted(counts) {
        let sync_typed = builder.mix.weight(match builder.has_peers() {
            true => Weight::SyncTypedEntriesWithPeers,
            false => Weight::SyncTypedEntries,
        });
        let draw = &mut *builder.draw;
        let params = draw.weighted(&[(30, 1), (30, 0), (25, 2), (15, ENTRY_PARAMS)]);
        let params = (0..params).map(|_| draw.component_type().into()).collect();
        let result = (!draw.percent(35)).then(|| draw.component_type().into());
        let kind = draw.weighted(&[
            (35, Kind::Stackful),
            (25, Kind::Callback),
            (25, Kind::Sync),
            (sync_typed, Kind::SyncTyped),
        ]);
        let (lift, returns) = match kind {
            Kind::SyncTyped => (Lift::SyncTyped(draw.scalar(result)), Return::Value),
            Kind::Sync => (Lift::Sync(draw.scalar(result)), Return::Value),
            Kind::Stackful => {
                let weights = [
                    (40, Return::Middle),
                    (30, Return::Late),
                    (18, Return::Early),
                    (12, Return::Thread(0)),
                ];
                (Lift::Stackful, draw.weighted(&weights))
            }
            Kind::Callback => {
                let yields = !draw.percent(25);
                let first = if yields { yield_code(draw) } else { Code::Exit };
                let callback = Callback {
                    first,
                    body: Vec::new(),
                    countdown: draw.below(COUNTDOWN),
                    again: Code::Yield(0),
                    heeds: false,
                    last: Vec::new(),
                    last_code: Code::Exit,
                };
                let weights = [
                    (if yields { 40 } else { 0 }, Return::Callback),
                    (20, Return::Middle),
                    (20, Return::Late),
                    (10, Return::Early),
                    (10, Return::Thread(0)),
                ];
                (Lift::Callback(callback), draw.weighted(&weights))
            }
        };
        add_entry(builder, params, result, lift, returns);
    }
}

/// Adds an entry without a body. One that returns in a thread gets the function of that thread, whatever number `returns` names.
pub(super) fn add_entry(
    builder: &mut Builder,
    params: Vec<ValueType>,
    result: Option<ValueType>,
    lift: Lift,
    returns: Return,
) {
    let index = builder.instance.entries.len();
    let returns = match returns {
        Return::Thread(_) => Return::Thread(returner(builder, index)),
        Return::Value | Return::Early | Return::Middle | Return::Late | Return::Callback => returns,
    };
    builder.returns.push(returns);
    builder.unlucky.push(false);
    builder.instance.entries.push(Entry {
        params,
        result,
        lift,
        body: Vec::new(),
        post_return: None,
    });
}

/// YIELD, sometimes with upper bits that mean nothing.
pub(super) fn yield_code(draw: &mut Draw) -> Code {
    Code::Yield(if draw.percent(20) { draw.u32() } else { 0 })
}

/// Adds a right-typed function that calls `task.return` for an entry, and returns its number.
pub(super) fn returner(builder: &mut Builder, entry: usize) -> usize {
    let right = signatures_that(builder, true);
    let signature = builder.draw.pick(&right);
    builder.roles.push(Role::Returner { entry });
    builder.instance.functions.push(Function {
        signature,
        body: Vec::new(),
    });
    builder.instance.functions.len() - 1
}

/// Draws an element of a table or segment.
fn item(builder: &mut Builder) -> Item {
    let kind = builder.draw.weighted(ITEMS);
    item_of(builder, kind)
}

/// Draws an element for a `table.set` and its kin.
pub(super) fn new_item(builder: &mut Builder) -> Item {
    let kind = builder.draw.weighted(&[
        (60, ItemKind::Right),
        (15, ItemKind::Null),
        (15, ItemKind::Wrong),
        (10, ItemKind::SafeImport),
    ]);
    item_of(builder, kind)
}

fn item_of(builder: &mut Builder, kind: ItemKind) -> Item {
    let functions = |right: bool| -> Vec<usize> {
        let wanted = |role: &Role| match role {
            Role::Program { .. } => right,
            Role::Callee => !right,
            Role::Returner { .. } => false,
        };
        let roles = builder.roles.iter().enumerate();
        roles
            .filter(|(_, role)| wanted(role))
            .map(|(i, _)| i)
            .collect()
    };
    let (right, wrong) = (functions(true), functions(false));
    let draw = &mut *builder.draw;
    match kind {
        ItemKind::Right => Item::Function(draw.pick(&right)),
        ItemKind::Null => Item::Null,
        ItemKind::Wrong if wrong.is_empty() => Item::Import(Import::Log),
        ItemKind::Wrong => Item::Function(draw.pick(&wrong)),
        ItemKind::SafeImport => {
            Item::Import(draw.pick(&[Import::Mark, Import::ContextSet(0), Import::ContextSet(1)]))
        }
        ItemKind::RightImport => {
            let results: Vec<_> = builder
                .instance
                .entries
                .iter()
                .map(|entry| entry.result)
                .collect();
            match draw.percent(50) {
                true => Item::Import(Import::TaskReturn(draw.pick(&results))),
                false => Item::Import(Import::ResumeLater),
            }
        }
        ItemKind::WrongImport => Item::Import(draw.pick(&[
            Import::Log,
            Import::ThreadIndex,
            Import::Yield(false),
            Import::Suspend(false),
            Import::YieldThenResume(false),
            Import::ContextGet(0),
        ])),
        ItemKind::Entry => Item::Entry(draw.index(builder.instance.entries.len())),
    }
}

fn tables(builder: &mut Builder) {
    let count = builder
        .draw
        .weighted(&[(35, 2), (33, 1), (20, 3), (12, TABLES)]);
    for table in 0..count {
        let least = if table == 0 { 3 } else { 0 };
        let initial = least + builder.draw.below(TABLE_SIZE + 1 - least);
        let slack = builder.draw.percent(50).then(|| builder.draw.below(7));
        builder.instance.tables.push(Table {
            element: Element::Func,
            initial,
            maximum: slack.map(|slack| initial + slack),
        });
        let mut items: Vec<Item> = (0..initial).map(|_| item(builder)).collect();
        if !items.iter().any(|&item| builder.is_safe_start(item)) && (table == 0 || initial > 4) {
            let place = builder.draw.index(items.len());
            items[place] = item_of(builder, ItemKind::Right);
        }
        if table == 0 {
            // The functions that return from threads stand at the end of the first table, once each.
            let returners = (0..builder.roles.len())
                .filter(|&f| matches!(builder.roles[f], Role::Returner { .. }));
            items.extend(returners.map(Item::Function));
            let table = &mut builder.instance.tables[0];
            let more = items.len() as u32 - table.initial;
            table.initial += more;
            table.maximum = table.maximum.map(|maximum| maximum + more);
        }
        active_segments(builder, table, &items);
        builder.contents.push(items);
    }
}

/// Adds segments that fill a table with these elements.
fn active_segments(builder: &mut Builder, table: usize, items: &[Item]) {
    let draw = &mut *builder.draw;
    let mut add = |offset: usize, items: &[Item], expressions| {
        let mode = SegmentMode::Active {
            table,
            offset: offset as u32,
        };
        builder.instance.segments.push(Segment {
            mode,
            items: items.to_vec(),
            expressions,
        });
    };
    if draw.percent(50) {
        // One for each stretch without a hole.
        let mut offset = 0;
        for stretch in items.split(|item| *item == Item::Null) {
            if !stretch.is_empty() {
                add(offset, stretch, draw.percent(25));
            }
            offset += stretch.len() + 1;
        }
    } else if let Some(first) = items.iter().position(|item| *item != Item::Null) {
        // One with nulls in it, sometimes over another that it hides.
        if draw.percent(20) {
            add(
                first,
                &items[first..=first].repeat(draw.range(1..=3)),
                false,
            );
        }
        add(first, &items[first..], draw.percent(25));
    }
}

fn passive_segments(builder: &mut Builder) {
    for _ in 0..builder.draw.weighted(&[(45, 0), (40, 1), (15, 2)]) {
        let mode = match builder.draw.percent(12) {
            true => SegmentMode::Declared,
            false => SegmentMode::Passive,
        };
        let items = (0..builder.draw.range(1..=5))
            .map(|_| item(builder))
            .collect();
        let expressions = builder.draw.percent(25);
        builder.instance.segments.push(Segment {
            mode,
            items,
            expressions,
        });
    }
}

fn starts(builder: &mut Builder) {
    let tables = builder.instance.tables.len();
    let count = builder.draw.range(1..=4);
    for i in 0..count {
        let draw = &mut *builder.draw;
        let spawn = i > 0 && builder.spawn && draw.percent(45);
        let table = if i == 0 { 0 } else { draw.index(tables) };
        builder.instance.starts.push(Start {
            spawn,
            core_type: draw.index(3),
            table,
        });
    }
}

/// Draws the runs of a plan whose first instance has these entries.
pub(super) fn runs(draw: &mut Draw, entries: &[Entry]) -> Vec<Vec<Call>> {
    let mut runs = Vec::new();
    for _ in 0..draw.weighted(&[(45, *RUNS.start()), (32, 3), (23, *RUNS.end())]) {
        let calls = draw.weighted(&[(34, 2), (22, 1), (29, 3), (15, CALLS)]);
        let mut run = Vec::new();
        for _ in 0..calls {
            let entry = draw.index(entries.len());
            let params = entries[entry].params.iter();
            let args = params.map(|&ty| draw.argument(ty)).collect();
            run.push(Call { entry, args });
        }
        runs.push(run);
    }
    runs
}
