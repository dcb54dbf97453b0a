//! Drawing a plan. All randomness of a case is here, and so are the weights, each beside the choice it weighs:
//!
//! - `shape`: what there is (signatures, functions, tables, definitions, entries, runs);
//! - `body`: what an entry does, in which order;
//! - `op`: one operation;
//! - `target`: the thread built-ins, which depend on what the slots likely hold;
//! - `value`: constants, operands and component values;
//! - `post_return`: the functions that run after an entry has returned;
//! - `world`: the instances, how they stand to each other, and the shapes of those that are called;
//! - `served`: what their entries do; `peer`: calls of other instances and what becomes of the subtasks; `channel`: streams,
//!   futures and resources; `trespass`: mistakes in all that, `ingredient`: what they are made of, and `remedy`: what makes
//!   them right again;
//! - `misfortune`: the mistakes that a case is to make, and `placement`: where;
//! - `aside`: start functions of core modules, destructors and `realloc` that do more than they have to;
//! - `unaligned`, `relend` and `text`, last of all: buffers that are not aligned, borrowed handles that are lent on, strings that need more
//!   than one step, and a `realloc` that gives what was not asked for.
//!
//! When the bytes end, every choice falls on its first or smallest alternative, so these are the ones that make a small
//! case which still starts a thread.

mod aside;
mod body;
mod channel;
mod ingredient;
mod misfortune;
mod op;
mod peer;
mod placement;
mod post_return;
mod relend;
mod remedy;
mod served;
mod shape;
mod target;
mod text;
mod trespass;
mod unaligned;
mod value;
mod world;

use crate::Mix;
use crate::limits::FUEL;
use crate::plan::signature::{entry_signature, import_signature};
use crate::plan::{Call, Channel, Import, Instance, Item, Plan, Topology};
use arbitrary::Unstructured;

/// Percentage of plans that may use `thread.spawn-*` and `thread.available-parallelism`.
const SPAWN_PERCENT: u32 = 40;

/// Draws a plan. When the bytes end, it goes on with zeros, so that what they do not say is small.
pub fn plan(u: &mut Unstructured, mix: Mix) -> Plan {
    let mut sketch = Sketch::new(Draw { u });
    world::draw(&mut sketch, mix);
    shape::draw(&mut sketch);
    body::draw(&mut sketch);
    misfortune::draw(&mut sketch);
    sketch.instances[0] = std::mem::take(&mut sketch.instance);
    aside::draw(&mut sketch);
    unaligned::draw(&mut sketch);
    relend::draw(&mut sketch);
    text::draw(&mut sketch);
    Plan {
        instances: sketch.instances,
        channels: sketch.channels,
        runs: sketch.runs,
    }
}

/// Draws the runs of a plan anew, from bytes of their own: the component stays as it is.
pub fn redraw_runs(plan: &mut Plan, u: &mut Unstructured) {
    let Some(first) = plan.instances.first_mut() else {
        return;
    };
    let mut sketch = Sketch::new(Draw { u });
    std::mem::swap(&mut sketch.instance, first);
    shape::runs(&mut sketch);
    std::mem::swap(&mut sketch.instance, first);
    plan.runs = sketch.runs;
}

/// Choices, one or two bytes each.
pub(crate) struct Draw<'u, 'b> {
    u: &'u mut Unstructured<'b>,
}

impl Draw<'_, '_> {
    fn byte(&mut self) -> u32 {
        u32::from(self.u.arbitrary::<u8>().unwrap_or(0))
    }

    /// A number below `end`, which is at least 1. Scaled rather than reduced, so that small numbers are not favoured.
    fn below(&mut self, end: u32) -> u32 {
        match end {
            0 | 1 => 0,
            2..=64 => (self.byte() * end) >> 8,
            _ => {
                let number = self.byte() << 8 | self.byte();
                u32::try_from((u64::from(number) * u64::from(end)) >> 16).expect("below a u32")
            }
        }
    }

    /// An index of a list of this length, which is not empty.
    fn index(&mut self, len: usize) -> usize {
        self.below(u32::try_from(len).expect("lists are short")) as usize
    }

    fn range(&mut self, range: std::ops::RangeInclusive<usize>) -> usize {
        range.start() + self.index(range.end() - range.start() + 1)
    }

    /// True in so many of a hundred draws, and false when the bytes have ended.
    fn percent(&mut self, percent: u32) -> bool {
        self.byte() * 100 >= (100 - percent) * 256
    }

    /// An element of a list that is not empty.
    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.index(list.len())]
    }

    /// An element of a list with weights, of which one at least is not zero.
    fn weighted<T: Copy>(&mut self, list: &[(u32, T)]) -> T {
        let mut rest = self.below(list.iter().map(|(weight, _)| weight).sum());
        for &(weight, choice) in list {
            if rest < weight {
                return choice;
            }
            rest -= weight;
        }
        list[0].1
    }

    fn u32(&mut self) -> u32 {
        self.u.arbitrary().unwrap_or(0)
    }

    fn u64(&mut self) -> u64 {
        self.u.arbitrary().unwrap_or(0)
    }
}

/// A plan in the making, and what drawing knows of it.
pub(crate) struct Sketch<'u, 'b> {
    draw: Draw<'u, 'b>,
    /// The instance that is drawn, and its number.
    instance: Instance,
    number: usize,
    /// All instances; those before the one that is drawn are not drawn yet.
    instances: Vec<Instance>,
    /// Those that it sees.
    visible: Vec<usize>,
    channels: Vec<Channel>,
    runs: Vec<Vec<Call>>,
    /// Whether spawn definitions are allowed.
    spawn: bool,
    /// What each table holds after instantiation.
    contents: Vec<Vec<Item>>,
    /// For each program function: what drawing wants of it.
    roles: Vec<Role>,
    /// For each entry: where its task returns.
    returns: Vec<Return>,
    /// For each entry: whether it makes a mistake.
    unlucky: Vec<bool>,
}

/// What drawing wants of a program function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// A thread or a callee. `wakes`: it ends by resuming the thread in slot 0.
    Program { wakes: bool },
    /// Started by an entry to call `task.return`.
    Returner { entry: usize },
    /// Not right-typed: a callee, and a mistake as a start function.
    Callee,
}

/// Where the task of an entry returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Return {
    /// At the end of the core function, with its value.
    Value,
    Early,
    Middle,
    Late,
    /// In a started thread: this function.
    Thread(usize),
    /// In the last call of the callback.
    Callback,
}

impl<'u, 'b> Sketch<'u, 'b> {
    /// How the instances stand to each other.
    fn topology(&self) -> Topology {
        Topology::new(&self.instances)
    }

    fn new(mut draw: Draw<'u, 'b>) -> Self {
        let spawn = draw.percent(SPAWN_PERCENT);
        let fuel = draw.range(*FUEL.start() as usize..=*FUEL.end() as usize) as u32;
        Sketch {
            draw,
            instance: Instance {
                fuel,
                ..Instance::default()
            },
            number: 0,
            instances: vec![Instance::default()],
            visible: Vec::new(),
            channels: Vec::new(),
            runs: Vec::new(),
            spawn,
            contents: Vec::new(),
            roles: Vec::new(),
            returns: Vec::new(),
            unlucky: Vec::new(),
        }
    }

    /// Whether a thread started with this entry does something useful for certain.
    fn is_safe_start(&self, item: Item) -> bool {
        match item {
            Item::Function(f) => matches!(self.roles[f], Role::Program { .. }),
            Item::Import(import) => matches!(import, Import::Mark | Import::ContextSet(_)),
            Item::Null | Item::Entry(_) => false,
        }
    }

    /// Whether a thread started with this entry ends by waking the thread in slot 0.
    fn wakes(&self, item: Item) -> bool {
        matches!(item, Item::Function(f) if self.roles[f] == Role::Program { wakes: true })
    }

    /// Whether `thread.new-indirect` accepts this entry.
    fn is_right_typed(&self, item: Item) -> bool {
        match item {
            Item::Null => false,
            Item::Function(f) => {
                self.instance.signatures[self.instance.functions[f].signature].is_start()
            }
            Item::Entry(e) => entry_signature(&self.instance.entries[e]).is_start(),
            Item::Import(import) => {
                import_signature(import, &[]).is_some_and(|signature| signature.is_start())
            }
        }
    }
}
