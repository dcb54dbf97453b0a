//! Draws calls of the thread built-ins: which thread is started, resumed or promoted, and whether the caller suspends
//! itself.

use super::builder::{Builder, Role};
use super::choices::Draw;
use super::scope::{Place, Scope};
use crate::limits::SLOTS;
use crate::plan::{Import, Index, Item, Op, Operand, Target};
use crate::weight::Weight;

/// The sources of the table index with which a thread is started, each with its weight. Mistakes are mostly made by
/// `mistakes`, at places that are surely reached, and only now and then here.
const INDEX: &[(u32, IndexKind)] = &[
    (930, IndexKind::Safe),
    (45, IndexKind::Modulo),
    (15, IndexKind::Risky),
    (6, IndexKind::Any),
    (4, IndexKind::Size),
];

#[derive(Clone, Copy)]
enum IndexKind {
    /// An entry that is right-typed and does something useful.
    Safe,
    /// Computed, so that it may fall on any entry.
    Modulo,
    /// A right-typed entry that may trap as a thread.
    Risky,
    /// Any entry.
    Any,
    Size,
}

/// The ways in which a program goes on with a new thread, each with its weight.
const LAUNCHES: &[(u32, Launch)] = &[
    (44, Launch::ResumeLater),
    (26, Launch::YieldThenResume),
    (17, Launch::Leave),
    (13, Launch::SuspendThenResume),
];

#[derive(Clone, Copy)]
enum Launch {
    ResumeLater,
    YieldThenResume,
    /// The thread stays suspended in its slot, for another thread or another call.
    Leave,
    SuspendThenResume,
}

/// The switching operations and their weights in program functions.
const SWITCHES: &[(u32, Switch)] = &[
    (32, Switch::Yield),
    (19, Switch::ResumeLater),
    (14, Switch::YieldThenResume),
    (10, Switch::SuspendThenResume),
    (9, Switch::YieldThenPromote),
    (6, Switch::SuspendThenPromote),
    (6, Switch::Suspend),
];

#[derive(Clone, Copy)]
enum Switch {
    Yield,
    ResumeLater,
    YieldThenResume,
    SuspendThenResume,
    YieldThenPromote,
    SuspendThenPromote,
    Suspend,
}

/// Adds one to three operations that start a thread and then make it ready, switch to it, or leave it suspended.
pub(super) fn launch(builder: &mut Builder, scope: &mut Scope, out: &mut Vec<Op>) {
    if builder.spawn && builder.draw.percent(22) {
        return spawn_ref(builder, scope, out);
    }
    let (start, index, item) = start_index(builder);
    let slot = free_slot(builder, scope);
    let context = context(builder, scope, item);
    out.push(Op::Start {
        start,
        index,
        context,
        slot,
    });
    let wakes = builder.wakes(item);
    if builder.instance.starts[start].spawn {
        scope.wakers += u32::from(wakes);
        return promote_at_once(builder, scope, wakes, out);
    }
    scope.parked[slot] = Some(wakes);
    let mut launch = builder.draw.weighted(LAUNCHES);
    if scope.must_return() && !wakes && matches!(launch, Launch::SuspendThenResume) {
        launch = Launch::YieldThenResume;
    }
    let target = Target::Parked(slot);
    let cancellable = builder.draw.percent(30);
    match launch {
        Launch::Leave => return,
        Launch::ResumeLater => {
            out.push(Op::ResumeLater { target });
            scope.wakers += u32::from(wakes);
            promote_at_once(builder, scope, wakes, out);
        }
        Launch::YieldThenResume => out.push(Op::YieldThenResume {
            cancellable,
            target,
        }),
        Launch::SuspendThenResume => {
            let park = Some(own_slot(builder, scope));
            out.push(Op::SuspendThenResume {
                cancellable,
                target,
                park,
            });
        }
    }
    scope.parked[slot] = None;
}

fn spawn_ref(builder: &mut Builder, scope: &mut Scope, out: &mut Vec<Op>) {
    let right: Vec<usize> = (0..builder.roles.len())
        .filter(|&f| matches!(builder.roles[f], Role::Program { .. }))
        .collect();
    let function = builder.draw.pick(&right);
    let wakes = builder.wakes(Item::Function(function));
    let core_type = builder.draw.index(3);
    let context = context(builder, scope, Item::Function(function));
    out.push(Op::SpawnRef {
        core_type,
        function: Some(function),
        context,
    });
    scope.wakers += u32::from(wakes);
    promote_at_once(builder, scope, wakes, out);
}

/// Now and then adds a switch by promotion to a thread that was just made ready and cannot have ended yet.
fn promote_at_once(builder: &mut Builder, scope: &mut Scope, wakes: bool, out: &mut Vec<Op>) {
    if !builder.chance(Weight::PromotedAtOnce) {
        return;
    }
    let cancellable = builder.draw.percent(30);
    let target = Target::Last;
    if builder.draw.percent(40) && (wakes || !scope.must_return()) {
        let park = Some(own_slot(builder, scope));
        out.push(Op::SuspendThenPromote {
            cancellable,
            target,
            park,
        });
    } else {
        out.push(Op::YieldThenPromote {
            cancellable,
            target,
        });
    }
    scope.wakers = 0;
}

/// `thread.yield`, which often offers the thread for promotion.
pub(super) fn yield_(builder: &mut Builder) -> Op {
    Op::Yield {
        cancellable: builder.draw.percent(30),
        offer: builder.draw.percent(60),
    }
}

/// Draws a start definition and an index into its table, with the item that is there at first (null where the index is
/// not a constant).
fn start_index(builder: &mut Builder) -> (usize, Index, Item) {
    let kind = builder.draw.weighted(INDEX);
    let start = builder.draw.index(builder.instance.starts.len());
    let places = |builder: &Builder, start: usize, wanted: &dyn Fn(Item) -> bool| -> Vec<u32> {
        let items = builder.contents[builder.instance.starts[start].table]
            .iter()
            .enumerate();
        items
            .filter(|(_, item)| wanted(**item))
            .map(|(i, _)| i as u32)
            .collect()
    };
    let safe =
        |builder: &Builder, start| places(builder, start, &|item| builder.is_safe_start(item));
    let risky = |item| builder.is_right_typed(item) && !builder.is_safe_start(item);
    let places = match kind {
        IndexKind::Modulo => {
            let operand = builder.draw.operand();
            return (start, Index::Modulo(operand), Item::Null);
        }
        IndexKind::Size => return (start, Index::Size, Item::Null),
        IndexKind::Any => places(builder, start, &|_| true),
        IndexKind::Risky => places(builder, start, &risky),
        IndexKind::Safe => safe(builder, start),
    };
    // The first definition's table always has a safe entry.
    let (start, places) = if places.is_empty() {
        (0, safe(builder, 0))
    } else {
        (start, places)
    };
    let place = builder.draw.pick(&places);
    let item = builder.contents[builder.instance.starts[start].table][place as usize];
    (start, Index::Const(place), item)
}

/// Draws the closure parameter of a new thread.
fn context(builder: &mut Builder, scope: &Scope, item: Item) -> Operand {
    let takes_a_thread = item == Item::Import(Import::ResumeLater);
    let parked = (0..SLOTS).find(|&slot| scope.parked[slot].is_some());
    match parked {
        Some(slot) if takes_a_thread => Operand::Take(slot),
        _ if builder.draw.percent(60) => Operand::Const(builder.draw.below(1000) as i32),
        _ => builder.draw.operand(),
    }
}

/// Draws a slot for a new thread: an empty one if there is one. Slot 0 is for implicit threads.
fn free_slot(builder: &mut Builder, scope: &Scope) -> usize {
    let first = 1 + builder.draw.index(SLOTS - 1);
    let slots = (0..SLOTS - 1).map(|i| 1 + (first - 1 + i) % (SLOTS - 1));
    slots
        .clone()
        .find(|&slot| scope.parked[slot].is_none())
        .unwrap_or(first)
}

/// The slot where a thread that suspends itself waits.
fn own_slot(builder: &mut Builder, scope: &Scope) -> usize {
    match scope.place {
        Place::Entry(_) | Place::Callback(_) => 0,
        Place::Function(_) => 1 + builder.draw.index(SLOTS - 1),
    }
}

/// Adds one switching operation whose target is likely in the state that the operation needs.
pub(super) fn switch(builder: &mut Builder, scope: &mut Scope, out: &mut Vec<Op>) {
    let switch = builder.draw.weighted(SWITCHES);
    let cancellable = builder.draw.percent(30);
    let known: Vec<usize> = (0..SLOTS)
        .filter(|&slot| scope.parked[slot].is_some())
        .collect();
    let slot = match known.is_empty() {
        true => builder.draw.weighted(&[(1, 0), (1, 1), (1, 2), (1, 3)]) % SLOTS,
        false => builder.draw.pick(&known),
    };
    let wakes = scope.parked[slot].unwrap_or(false);
    let target = Target::Parked(slot);
    let waits = !scope.must_return();
    let op = match switch {
        Switch::Yield => yield_(builder),
        Switch::ResumeLater => {
            scope.wakers += u32::from(wakes);
            scope.parked[slot] = None;
            Op::ResumeLater { target }
        }
        Switch::SuspendThenResume if wakes || waits => {
            scope.parked[slot] = None;
            Op::SuspendThenResume {
                cancellable,
                target,
                park: Some(own_slot(builder, scope)),
            }
        }
        Switch::YieldThenResume | Switch::SuspendThenResume => {
            scope.parked[slot] = None;
            Op::YieldThenResume {
                cancellable,
                target,
            }
        }
        Switch::YieldThenPromote | Switch::SuspendThenPromote => {
            let target = promoted(builder, slot);
            let suspends = matches!(switch, Switch::SuspendThenPromote);
            // The promoted thread may be one that wakes slot 0.
            if suspends && (waits || scope.wakers > 0) {
                let park = Some(own_slot(builder, scope));
                Op::SuspendThenPromote {
                    cancellable,
                    target,
                    park,
                }
            } else {
                Op::YieldThenPromote {
                    cancellable,
                    target,
                }
            }
        }
        Switch::Suspend if scope.wakers > 0 || waits => Op::Suspend {
            cancellable,
            park: Some(own_slot(builder, scope)),
        },
        Switch::Suspend => yield_(builder),
    };
    if !matches!(op, Op::ResumeLater { .. }) {
        scope.wakers = scope.wakers.saturating_sub(1);
    }
    out.push(op);
}

/// Draws the target of a promotion, which need not be a ready thread.
fn promoted(builder: &mut Builder, slot: usize) -> Target {
    let share = |weight| builder.mix.weight(weight);
    let targets = [
        (96, Target::Ready),
        (share(Weight::PromotedSuspended), Target::Parked(slot)),
        (share(Weight::PromotedItself), Target::Own),
        (share(Weight::PromotedLast), Target::Last),
    ];
    builder.draw.weighted(&targets)
}

/// Draws a switching operation whose target is likely wrong.
pub(super) fn astray(builder: &mut Builder) -> Op {
    let draw = &mut *builder.draw;
    let target = draw.weighted(&[
        (40, Target::Last),
        (20, Target::Own),
        (10, Target::Const(0)),
        (10, Target::Const(77)),
        (10, Target::Const(1)),
        (5, Target::Const(u32::MAX)),
        (5, Target::Const(1 << 28)),
    ]);
    let cancellable = draw.percent(30);
    names(draw, target, cancellable, true)
}

/// Draws one of the operations that name a thread: of those that need a suspended one, or of all, if any thread will do.
pub(super) fn names(draw: &mut Draw, target: Target, cancellable: bool, promote: bool) -> Op {
    match draw.below(if promote { 5 } else { 3 }) {
        0 => Op::ResumeLater { target },
        1 => Op::YieldThenResume {
            cancellable,
            target,
        },
        2 => Op::SuspendThenResume {
            cancellable,
            target,
            park: None,
        },
        3 => Op::YieldThenPromote {
            cancellable,
            target,
        },
        _ => Op::SuspendThenPromote {
            cancellable,
            target,
            park: None,
        },
    }
}
