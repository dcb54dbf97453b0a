//! A plan: what a case does, as plain data. It is drawn by `draw`, may be shrunk by anyone, and is turned into bytes by
//! `encode`.
//!
//! Every index in a plan is taken modulo what there is, and what refers to nothing encodes as nothing. So every value of
//! these types has an encoding that is valid, and a shrinker may drop or change anything.

mod op;
mod value;

pub use op::{Arithmetic, Index, Op, Operand, Reaction, Scalar, Target, Width};
pub use value::{
    Argument, Callee, Channel, Direction, Encoding, Handle, Misplacement, Passing, ValueType,
};

use spawndiff_corpus::Value;

/// A whole case, before encoding.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// The component instances. The first one's entries are what a run calls; it calls the others, and they call those
    /// that they see (see [`Instance::parent`]).
    pub instances: Vec<Instance>,
    /// The types of the streams and futures that all instances share.
    pub channels: Vec<Channel>,
    /// The runs, each the calls of one fresh instance. Encoding ends each with a call of `state`.
    pub runs: Vec<Vec<Call>>,
}

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
    /// The tables of the module `store`, all of `funcref`.
    pub tables: Vec<Table>,
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
    /// What the start function of `main` does, if it has one.
    pub start_function: Vec<Op>,
    /// What the destructor of its resource type does besides, if there is one.
    pub destructor: Vec<Op>,
    /// What `realloc` does before it gives out memory. It may not log, as a post-return function may not.
    pub realloc: Vec<Op>,
    /// What it gives, if not that memory.
    pub misplacement: Option<Misplacement>,
}

/// A table of `funcref`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
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

/// A core value type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are core WebAssembly's")]
pub enum CoreType {
    I32,
    I64,
    F32,
    F64,
    FuncRef,
    ExternRef,
}

/// A core function type.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Signature {
    pub params: Vec<CoreType>,
    pub results: Vec<CoreType>,
}

impl Signature {
    /// `(func (param i32))`: what a thread's start function must be.
    pub fn start() -> Signature {
        Signature {
            params: vec![CoreType::I32],
            results: Vec::new(),
        }
    }

    /// Whether a thread may start with a function of this type.
    pub fn is_start(&self) -> bool {
        self.params == [CoreType::I32] && self.results.is_empty()
    }

    /// Whether this is what the type of `thread.spawn-ref` becomes for an engine without typed references.
    pub fn is_erased_spawn_ref(&self) -> bool {
        self.params == [CoreType::FuncRef, CoreType::I32] && self.results == [CoreType::I32]
    }
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
    /// What it does.
    pub body: Vec<Op>,
}

/// An element segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// When it is used.
    pub mode: SegmentMode,
    /// Its elements. If one is null, the segment is encoded with expressions.
    pub items: Vec<Item>,
    /// Encode it with expressions even if no element is null.
    pub expressions: bool,
}

/// How an element segment is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentMode {
    /// Copied into a table at instantiation. Elements past the end of the table are left out.
    Active {
        /// The table.
        table: usize,
        /// The index of the first element.
        offset: u32,
    },
    /// For `table.init`.
    Passive,
    /// Only declares its functions for `ref.func`.
    Declared,
}

/// An entry of a table or a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// `ref.null func`.
    Null,
    /// A program function.
    Function(usize),
    /// The core function of an entry.
    Entry(usize),
    /// An imported function: a lowered import or a built-in.
    Import(Import),
}

/// What the module `main` can import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Import {
    /// The lowered `host.log`.
    Log,
    /// The lowered `host.mark`.
    Mark,
    /// One of [`Instance::starts`].
    Start(usize),
    /// `thread.spawn-ref` with one of the start types among [`Instance::core_types`].
    SpawnRef(usize),
    /// `thread.resume-later`.
    ResumeLater,
    /// `thread.suspend`, cancellable or not (as in the following).
    Suspend(bool),
    /// `thread.yield`.
    Yield(bool),
    /// `thread.suspend-then-resume`.
    SuspendThenResume(bool),
    /// `thread.yield-then-resume`.
    YieldThenResume(bool),
    /// `thread.suspend-then-promote`.
    SuspendThenPromote(bool),
    /// `thread.yield-then-promote`.
    YieldThenPromote(bool),
    /// `thread.index`.
    ThreadIndex,
    /// `thread.available-parallelism`.
    AvailableParallelism,
    /// `context.get i32` of a slot.
    ContextGet(u32),
    /// `context.set i32` of a slot.
    ContextSet(u32),
    /// `task.return` with a result type.
    TaskReturn(Option<ValueType>),
    /// `task.cancel`.
    TaskCancel,
    /// An entry of another instance, lowered.
    Lowered {
        /// The entry.
        callee: Callee,
        /// Whether it is lowered `async`. One that has no `async` type is not.
        asynchronous: bool,
    },
    /// `subtask.cancel`, `async` or not.
    SubtaskCancel(bool),
    /// `subtask.drop`.
    SubtaskDrop,
    /// `waitable-set.new`.
    SetNew,
    /// `waitable-set.wait`, cancellable or not.
    SetWait(bool),
    /// `waitable-set.poll`.
    SetPoll(bool),
    /// `waitable-set.drop`.
    SetDrop,
    /// `waitable.join`.
    Join,
    /// `backpressure.inc`.
    BackpressureInc,
    /// `backpressure.dec`.
    BackpressureDec,
    /// `stream.new` or `future.new` of one of [`Plan::channels`].
    ChannelNew(usize),
    /// `stream.read` and its kin.
    Copy {
        /// One of [`Plan::channels`].
        channel: usize,
        /// Read or write.
        direction: Direction,
        /// `async` or not.
        asynchronous: bool,
    },
    /// `stream.cancel-read` and its kin.
    CancelCopy {
        /// One of [`Plan::channels`].
        channel: usize,
        /// Read or write.
        direction: Direction,
        /// `async` or not.
        asynchronous: bool,
    },
    /// `stream.drop-readable` and its kin.
    DropEnd {
        /// One of [`Plan::channels`].
        channel: usize,
        /// The readable or the writable end.
        direction: Direction,
    },
    /// `resource.new` of the own resource type.
    ResourceNew,
    /// `resource.rep` of the own resource type.
    ResourceRep,
    /// `resource.drop` of an instance's resource type.
    ResourceDrop(usize),
}

/// A lifted export.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The types of its parameters. Those of the first instance are scalars: another type is encoded as `u32`. At most
    /// [`crate::limits::ENTRY_PARAMS_ENCODED`] are encoded.
    pub params: Vec<ValueType>,
    /// The type of its result. A borrow is encoded as what it is borrowed from.
    pub result: Option<ValueType>,
    /// How it is lifted.
    pub lift: Lift,
    /// What it does. An `async` one returns with [`Op::TaskReturn`].
    pub body: Vec<Op>,
    /// What its post-return function does, if it has one. Means nothing unless it is lifted without `async`.
    pub post_return: Option<Vec<Op>>,
}

impl Entry {
    /// Whether its parameters are scalars: a call of it needs nothing to be made before.
    pub fn takes_scalars(&self) -> bool {
        let mut params = self.params.iter();
        params.all(|ty| matches!(ty, ValueType::Scalar(_)))
    }

    /// What its post-return function does, if it is lifted so that it can have one and has one.
    pub fn post_return(&self) -> Option<&[Op]> {
        self.post_return.as_deref().filter(|_| self.lift.is_sync())
    }
}

/// How a function is lifted, and what goes with it.
#[derive(Clone, Debug, PartialEq)]
pub enum Lift {
    /// A type without `async`, lifted without `async`: may not block. Returns the value.
    SyncTyped(Scalar),
    /// An `async` type lifted without `async`. Returns the value.
    Sync(Scalar),
    /// An `async` type lifted `async` without a callback.
    Stackful,
    /// An `async` type lifted `async` with a callback.
    Callback(Callback),
}

impl Lift {
    /// Whether it is lifted without `async`, whatever its type.
    pub fn is_sync(&self) -> bool {
        match self {
            Lift::SyncTyped(_) | Lift::Sync(_) => true,
            Lift::Stackful | Lift::Callback(_) => false,
        }
    }
}

/// The callback of an entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Callback {
    /// What the entry itself answers.
    pub first: Code,
    /// What each call of the callback does, after it has logged its event code.
    pub body: Vec<Op>,
    /// How many calls answer [`Callback::again`] before the last.
    pub countdown: u32,
    /// What calls before the last answer: YIELD or WAIT. Another code is encoded as YIELD.
    pub again: Code,
    /// Whether a call that is told of a cancellation is the last.
    pub heeds: bool,
    /// What the last call does besides.
    pub last: Vec<Op>,
    /// What the last call answers.
    pub last_code: Code,
}

/// A callback code (`unpack_callback_result`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The task ends.
    Exit,
    /// The callback is to be called again. The upper bits, which mean nothing, are these.
    Yield(u32),
    /// Wait on a waitable set with this handle index: there is hardly one, so it traps.
    Wait(u32),
    /// Wait on the waitable set in a cell, if it is there and an event is to be expected; else YIELD.
    WaitOn(usize),
    /// No code: the lower four bits are 3 to 15.
    Invalid(u32),
}

/// A call of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The entry.
    pub entry: usize,
    /// Its arguments. One that is missing or of another type is encoded as zero.
    pub args: Vec<Value>,
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
        let item = |item: &Item| match item {
            Item::Import(Import::Start(index)) => start(*index),
            Item::Import(import) => {
                matches!(import, Import::SpawnRef(_) | Import::AvailableParallelism)
            }
            Item::Null | Item::Function(_) | Item::Entry(_) => false,
        };
        let mut found = self
            .segments
            .iter()
            .flat_map(|segment| &segment.items)
            .any(item);
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

impl Plan {
    /// Visits every operation of every instance, nested ones too.
    pub fn visit(&self, visit: &mut dyn FnMut(&Op)) {
        for instance in &self.instances {
            instance.visit(visit);
        }
    }

    /// Whether any instance [spawns](Instance::spawns).
    pub fn spawns(&self) -> bool {
        self.instances.iter().any(Instance::spawns)
    }
}
