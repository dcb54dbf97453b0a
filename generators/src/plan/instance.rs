//! A component instance: what it owns and all its code.

use super::core_type::Signature;
use super::entry::{Entry, Lift};
use super::item::{Import, Item, Segment};
use super::op::Op;
use super::smith::Smith;
use super::value::{Encoding, Misplacement};

/// A component instance: its shared state and all its code.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Instance {
    /// The instance whose component this one's is nested in, taken modulo its own number; none: it stands beside the
    /// first one, in a component without code. Means nothing for the first.
    ///
    /// An instance sees those nested in it, those that stand after it beside it, those that stand after what it is nested
    /// in, and what is nested in any of those. So no calls go round in a circle.
    pub parent: Option<usize>,
    /// How many components without code are wrapped around its component, at most
    /// [`crate::limits::WRAPPERS`]. Means nothing for the first.
    pub wrappers: usize,
    /// Whether it defines a resource type, and whether that has a destructor.
    pub resource: Option<bool>,
    /// How its strings are encoded.
    pub encoding: Encoding,
    /// Whether its operations log nothing. Never drawn: a case that is made smaller may need no log.
    pub silent: bool,
    /// Calls of program functions that one instance allows before they return at once.
    pub fuel: u32,
    /// The tables of the module `store`, or of `main`.
    pub tables: Vec<Table>,
    /// Whether `main` defines the tables, as it is where a toolchain has linked all code into one module. It fills them when it is
    /// instantiated, so an engine may do that lazily. The definitions that start threads come after it then, and it calls them
    /// through functions of `store`: in the start function of `main` these functions trap.
    pub tables_in_main: bool,
    /// The mutable globals of the module `store`.
    pub globals: Vec<Global>,
    /// The core types at component level: duplicates of `(func (param i32))` that thread definitions name, and others
    /// between them, so that a mixed-up index shows.
    pub core_types: Vec<Signature>,
    /// The definitions of `thread.new-indirect` and `thread.spawn-indirect`.
    pub starts: Vec<Start>,
    /// The first types of the module `main`, duplicates among them.
    pub signatures: Vec<Signature>,
    /// The program functions: they are called, stand in tables, and are what threads run.
    pub functions: Vec<Function>,
    /// Element segments.
    pub segments: Vec<Segment>,
    /// The entries, exported as `e0`, `e1`, ...
    pub entries: Vec<Entry>,
    /// The operations of the start function of `main`, if it has one.
    pub start_function: Vec<Op>,
    /// The operations that the destructor of its resource type does besides, if there is one.
    pub destructor: Vec<Op>,
    /// The operations that `realloc` does before it gives out memory. They may not log, as in a post-return function.
    pub realloc: Vec<Op>,
    /// The wrong address that `realloc` returns, if it does not return the address of that memory.
    pub misplacement: Option<Misplacement>,
    /// The core module that wasm-smith makes for it, if there is one.
    pub smith: Option<Smith>,
}

/// The type of the entries of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Element {
    /// `funcref`.
    #[default]
    Func,
    /// `(ref null $start)`, where `$start` is `(func (param i32))`: no entry can be wrong for a start function. An item of another
    /// type is encoded as null, and a table that one of [`Instance::starts`] names as one of `funcref`.
    Start,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The type of its entries.
    pub element: Element,
    /// Its size at first.
    pub initial: u32,
    /// Its largest size, if it has one. Taken as at least `initial`.
    pub maximum: Option<u32>,
}

/// A mutable global and its first value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are core WebAssembly's")]
pub enum Global {
    I32(i32),
    I64(i64),
}

/// A definition of `thread.new-indirect` or `thread.spawn-indirect`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// `thread.spawn-indirect` instead of `thread.new-indirect`.
    pub spawn: bool,
    /// Which of the start types among [`Instance::core_types`] it names.
    pub core_type: usize,
    /// The table it names.
    pub table: usize,
}

/// A program function.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// Its type, in [`Instance::signatures`].
    pub signature: usize,
    /// The operations that it does.
    pub body: Vec<Op>,
}

impl Instance {
    /// Every body: of functions, entries, callbacks and post-return functions, of the start function, the destructor and
    /// `realloc`.
    pub fn bodies(&self) -> impl Iterator<Item = &[Op]> {
        let functions = self.functions.iter().map(|f| f.body.as_slice());
        let entries = self.entries.iter().flat_map(|entry| {
            let (callback, last): (&[Op], &[Op]) = match &entry.lift {
                Lift::SyncTyped(_) | Lift::Sync(_) | Lift::Stackful => (&[], &[]),
                Lift::Callback(callback) => (&callback.body, &callback.last),
            };
            let post_return = entry.post_return().unwrap_or_default();
            [entry.body.as_slice(), callback, last, post_return]
        });
        let others = [&self.start_function, &self.destructor, &self.realloc];
        let others = others.into_iter().map(Vec::as_slice);
        functions.chain(entries).chain(others)
    }

    /// The bodies, without what is nested in them.
    pub(crate) fn bodies_mut(&mut self) -> Vec<&mut Vec<Op>> {
        let mut all: Vec<&mut Vec<Op>> = Vec::new();
        all.extend(self.functions.iter_mut().map(|it| &mut it.body));
        for entry in &mut self.entries {
            all.push(&mut entry.body);
            all.extend(&mut entry.post_return);
            match &mut entry.lift {
                Lift::Callback(callback) => all.extend([&mut callback.body, &mut callback.last]),
                Lift::SyncTyped(_) | Lift::Sync(_) | Lift::Stackful => {}
            }
        }
        all.extend([
            &mut self.start_function,
            &mut self.destructor,
            &mut self.realloc,
        ]);
        all
    }

    /// Visits every operation, nested ones too.
    pub fn visit(&self, visit: &mut dyn FnMut(&Op)) {
        fn walk(op: &Op, visit: &mut dyn FnMut(&Op)) {
            visit(op);
            op.nested().for_each(|op| walk(op, visit));
        }
        self.bodies().flatten().for_each(|op| walk(op, visit));
    }

    /// Whether the instance uses `thread.spawn-ref`, `thread.spawn-indirect` or `thread.available-parallelism`: what
    /// wasmparser validates only in its `shared` form.
    pub fn spawns(&self) -> bool {
        let start =
            |start: usize| !self.starts.is_empty() && self.starts[start % self.starts.len()].spawn;
        let import = |import: &Import| match import {
            Import::Start(index) => start(*index),
            import => matches!(import, Import::SpawnRef(_) | Import::AvailableParallelism),
        };
        let item = |item: &Item| match item {
            Item::Import(it) => import(it),
            Item::Null | Item::Function(_) | Item::Entry(_) => false,
        };
        let mut found = self
            .segments
            .iter()
            .flat_map(|segment| &segment.items)
            .any(item);
        let smith = self.smith.iter().flat_map(|smith| &smith.built_ins);
        found |= smith.into_iter().any(import);
        self.visit(&mut |op| {
            if let Op::Start { start: index, .. } = op {
                found |= start(*index);
            } else if let Op::TableSet { item: entry, .. }
            | Op::TableGrow { item: entry, .. }
            | Op::TableFill { item: entry, .. } = op
            {
                found |= item(entry);
            } else {
                found |= matches!(op, Op::SpawnRef { .. } | Op::AvailableParallelism);
            }
        });
        found
    }
}
