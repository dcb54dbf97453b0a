//! The thread built-ins: which thread to start, resume or promote, and whether to suspend oneself.

use super::op::{Place, Scope};
use super::{Role, Sketch};
use crate::limits::SLOTS;
use crate::plan::{Index, Item, Op, Operand, Target};

/// Where the index of a started thread comes from, and the weights. Mistakes are mostly made by `misfortune`, at places
/// that are surely reached, and only now and then here.
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

/// Percentage of threads that are promoted as soon as they are made ready.
const PROMOTE_AT_ONCE_PERCENT: u32 = 1;

/// What becomes of a new thread, and the weights.
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
    /// It stays suspended in its slot, for another thread or another call.
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

/// Starts a thread and says what becomes of it: one to three operations.
pub(super) fn launch(sketch: &mut Sketch, scope: &mut Scope, out: &mut Vec<Op>) {
    if sketch.spawn && sketch.draw.percent(22) {
        return spawn_ref(sketch, scope, out);
    }
    let (start, index, item) = start_index(sketch);
    let slot = free_slot(sketch, scope);
    let context = context(sketch, scope, item);
    out.push(Op::Start {
        start,
        index,
        context,
        slot,
    });
    let wakes = sketch.wakes(item);
    if sketch.instance.starts[start].spawn {
        scope.wakers += u32::from(wakes);
        return promote_at_once(sketch, scope, wakes, out);
    }
    scope.parked[slot] = Some(wakes);
    let mut launch = sketch.draw.weighted(LAUNCHES);
    if scope.must_return() && !wakes && matches!(launch, Launch::SuspendThenResume) {
        launch = Launch::YieldThenResume;
    }
    let target = Target::Parked(slot);
    let cancellable = sketch.draw.percent(30);
    match launch {
        Launch::Leave => return,
        Launch::ResumeLater => {
            out.push(Op::ResumeLater { target });
            scope.wakers += u32::from(wakes);
            promote_at_once(sketch, scope, wakes, out);
        }
        Launch::YieldThenResume => out.push(Op::YieldThenResume {
            cancellable,
            target,
        }),
        Launch::SuspendThenResume => {
            let park = Some(own_slot(sketch, scope));
            out.push(Op::SuspendThenResume {
                cancellable,
                target,
                park,
            });
        }
    }
    scope.parked[slot] = None;
}

fn spawn_ref(sketch: &mut Sketch, scope: &mut Scope, out: &mut Vec<Op>) {
    let right: Vec<usize> = (0..sketch.roles.len())
        .filter(|&f| matches!(sketch.roles[f], Role::Program { .. }))
        .collect();
    let function = sketch.draw.pick(&right);
    let wakes = sketch.wakes(Item::Function(function));
    let core_type = sketch.draw.index(3);
    let context = context(sketch, scope, Item::Function(function));
    out.push(Op::SpawnRef {
        core_type,
        function: Some(function),
        context,
    });
    scope.wakers += u32::from(wakes);
    promote_at_once(sketch, scope, wakes, out);
}

/// After a thread was made ready, and before it can have ended, now and then switches to it by promotion. Wasmtime 48
/// takes a thread for ready only when it has yielded, and traps; that is known, so this is rare.
fn promote_at_once(sketch: &mut Sketch, scope: &mut Scope, wakes: bool, out: &mut Vec<Op>) {
    if !sketch.draw.percent(PROMOTE_AT_ONCE_PERCENT) {
        return;
    }
    let cancellable = sketch.draw.percent(30);
    let target = Target::Last;
    if sketch.draw.percent(40) && (wakes || !scope.must_return()) {
        let park = Some(own_slot(sketch, scope));
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
pub(super) fn yield_(sketch: &mut Sketch) -> Op {
    Op::Yield {
        cancellable: sketch.draw.percent(30),
        offer: sketch.draw.percent(60),
    }
}

/// A start definition, an index into its table, and the entry that is there at first.
fn start_index(sketch: &mut Sketch) -> (usize, Index, Item) {
    let kind = sketch.draw.weighted(INDEX);
    let start = sketch.draw.index(sketch.instance.starts.len());
    let places = |sketch: &Sketch, start: usize, wanted: &dyn Fn(Item) -> bool| -> Vec<u32> {
        let items = sketch.contents[sketch.instance.starts[start].table]
            .iter()
            .enumerate();
        items
            .filter(|(_, item)| wanted(**item))
            .map(|(i, _)| i as u32)
            .collect()
    };
    let safe = |sketch: &Sketch, start| places(sketch, start, &|item| sketch.is_safe_start(item));
    let risky = |item| sketch.is_right_typed(item) && !sketch.is_safe_start(item);
    let places = match kind {
        IndexKind::Modulo => {
            let operand = sketch.draw.operand();
            return (start, Index::Modulo(operand), Item::Null);
        }
        IndexKind::Size => return (start, Index::Size, Item::Null),
        IndexKind::Any => places(sketch, start, &|_| true),
        IndexKind::Risky => places(sketch, start, &risky),
        IndexKind::Safe => safe(sketch, start),
    };
    // The first definition's table always has a safe entry.
    let (start, places) = if places.is_empty() {
        (0, safe(sketch, 0))
    } else {
        (start, places)
    };
    let place = sketch.draw.pick(&places);
    let item = sketch.contents[sketch.instance.starts[start].table][place as usize];
    (start, Index::Const(place), item)
}

/// The closure parameter of a new thread.
fn context(sketch: &mut Sketch, scope: &Scope, item: Item) -> Operand {
    let takes_a_thread = item == Item::Import(crate::plan::Import::ResumeLater);
    let parked = (0..SLOTS).find(|&slot| scope.parked[slot].is_some());
    match parked {
        Some(slot) if takes_a_thread => Operand::Take(slot),
        _ if sketch.draw.percent(60) => Operand::Const(sketch.draw.below(1000) as i32),
        _ => sketch.draw.operand(),
    }
}

/// A slot for a new thread: an empty one if there is one. Slot 0 is for implicit threads.
fn free_slot(sketch: &mut Sketch, scope: &Scope) -> usize {
    let first = 1 + sketch.draw.index(SLOTS - 1);
    let slots = (0..SLOTS - 1).map(|i| 1 + (first - 1 + i) % (SLOTS - 1));
    slots
        .clone()
        .find(|&slot| scope.parked[slot].is_none())
        .unwrap_or(first)
}

/// The slot where a thread that suspends itself waits.
fn own_slot(sketch: &mut Sketch, scope: &Scope) -> usize {
    match scope.place {
        Place::Entry(_) | Place::Callback(_) => 0,
        Place::Function(_) => 1 + sketch.draw.index(SLOTS - 1),
    }
}

/// One switching operation whose target is likely as it should be.
pub(super) fn switch(sketch: &mut Sketch, scope: &mut Scope, out: &mut Vec<Op>) {
    let switch = sketch.draw.weighted(SWITCHES);
    let cancellable = sketch.draw.percent(30);
    let known: Vec<usize> = (0..SLOTS)
        .filter(|&slot| scope.parked[slot].is_some())
        .collect();
    let slot = match known.is_empty() {
        true => sketch.draw.weighted(&[(1, 0), (1, 1), (1, 2), (1, 3)]) % SLOTS,
        false => sketch.draw.pick(&known),
    };
    let wakes = scope.parked[slot].unwrap_or(false);
    let target = Target::Parked(slot);
    let waits = !scope.must_return();
    let op = match switch {
        Switch::Yield => yield_(sketch),
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
                park: Some(own_slot(sketch, scope)),
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
            let target = promoted(sketch, slot);
            let suspends = matches!(switch, Switch::SuspendThenPromote);
            // Whoever is promoted may be one that wakes.
            if suspends && (waits || scope.wakers > 0) {
                let park = Some(own_slot(sketch, scope));
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
            park: Some(own_slot(sketch, scope)),
        },
        Switch::Suspend => yield_(sketch),
    };
    if !matches!(op, Op::ResumeLater { .. }) {
        scope.wakers = scope.wakers.saturating_sub(1);
    }
    out.push(op);
}

/// A thread to promote. It need not be ready, says the specification; but Wasmtime 48 traps if it is not, and that is
/// known, so it is rare.
fn promoted(sketch: &mut Sketch, slot: usize) -> Target {
    sketch.draw.weighted(&[
        (96, Target::Ready),
        (2, Target::Parked(slot)),
        (1, Target::Own),
        (1, Target::Last),
    ])
}

/// An operation whose target is likely wrong.
pub(super) fn astray(sketch: &mut Sketch) -> Op {
    let draw = &mut sketch.draw;
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
    match draw.below(5) {
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
