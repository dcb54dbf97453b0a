//! Mutants: wrong behaviours that the comparison has to catch, so that what it catches can be measured.
//!
//! A mutant is either a rewrite of the component of the same kind as the lowering (a canonical definition becomes a shim that
//! does the wrong thing) or of its core modules, or a change of what the run reports. All of them are deterministic. A mutant
//! shows only in a case that uses what it breaks.

mod declarations;
mod tables;

pub(super) use declarations::forget_declarations;
pub(super) use tables::break_tables;

use super::lower::{self, Callee, Definitions, Needs, Param, Shim};
use spawndiff_corpus::Event;
use spawndiff_observation::{End, RunObservation, Trap};
use wasmparser::CanonicalFunction;

macro_rules! mutants {
    ({$($(#[$doc:meta])* $name:ident,)*} {$($(#[$fatal_doc:meta])* $fatal:ident,)*}) => {
        /// A wrong behaviour of the native engine.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Mutant {
            $($(#[$doc])* $name,)*
            $($(#[$fatal_doc])* $fatal,)*
        }

        impl Mutant {
            /// Every mutant that leaves the process alive, in the order of declaration.
            pub const ALL: &'static [Mutant] = &[$(Mutant::$name,)*];

            /// The mutant of this name.
            fn of_name(name: &str) -> Option<Mutant> {
                match name {
                    $(stringify!($name) => Some(Mutant::$name),)*
                    $(stringify!($fatal) => Some(Mutant::$fatal),)*
                    _ => None,
                }
            }
        }
    };
}

mutants! {{
    /// Each `thread.new-indirect` and `thread.spawn-indirect` reads the table of the definition before it (the first of a section
    /// reads that of the last): the bug of Wasmtime pull request 13054, where one table served them all. This mutant shows with two
    /// tables.
    TableImmediatesSwapped,
    /// A start function of the wrong type is reported as a null entry.
    WrongTypeReportedAsNull,
    /// `thread.new-indirect` and `thread.spawn-indirect` start the function of the next table entry.
    IndexOffByOne,
    /// A new thread's argument has its lowest bit flipped.
    ContextAltered,
    /// `thread.spawn-indirect` and `thread.spawn-ref` leave the new thread suspended.
    SpawnForgetsResume,
    /// `thread.resume-later` resumes the thread whose index differs in the lowest bit.
    ResumeWrongThread,
    /// `thread.new-indirect` returns the index after the new thread's.
    WrongReturnedIndex,
    /// `thread.new-indirect` does not look at the type of its start function. A function of a wrong type then runs with
    /// arguments it does not have, which cannot be shown without unsoundness; in its place a thread runs that does nothing.
    StartTypeUnchecked,
    /// Function types are equal if their parameters and results are, however they are declared.
    DeclarationsIgnored,
    /// A null entry is reported as a start function of the wrong type.
    NullReportedAsWrongType,
    /// What a module puts into a table of its own when it is instantiated is read as null.
    LazyEntriesNull,
    /// The items of an active segment lie one entry further than its offset says; the last one is lost.
    SegmentOffByOne,
    /// The entries with which a table grows are null.
    GrownEntriesNull,
    /// A segment that was dropped can still be read.
    DropForgotten,
    /// All threads of a component share one set of context slots.
    ContextSlotShared,
    /// An invocation that traps is reported as one that returned.
    TrapBecomesReturn,
    /// An invocation that deadlocks is reported as quiet.
    DeadlockMissed,
    /// `thread.suspend-then-resume` suspends and does not resume the other thread.
    SuspendThenResumeForgets,
    /// `thread.yield-then-resume` yields and does not resume the other thread.
    YieldThenResumeForgets,
    /// `thread.yield-then-promote` suspends instead.
    PromoteSuspends,
    /// Every fourth event of a run is lost.
    EventLost,
    /// `thread.index` returns the index after the current thread's.
    WrongThreadIndex,
    /// A thread or task that is left over is not seen.
    LeftoverMissed,
    /// The engine panics when the sixth event of a run is logged.
    Panics,
} {
    /// The engine aborts when the sixth event of a run is logged, if that event has an odd value.
    Aborts,
    /// The engine aborts as under [`Mutant::Aborts`], but only if it can make the file that `SPAWNDIFF_PLANT_ONCE` names, so that
    /// it aborts once.
    AbortsOnce,
    /// The engine does not come to an end when the sixth event of a run is logged, if that event has an odd value.
    Hangs,
    /// The engine takes memory without an end when the sixth event of a run is logged, if that event has an odd value.
    EatsMemory,
}}

/// The environment variable that names a mutant to plant in the engines of the command line, for its tests.
const PLANT: &str = "SPAWNDIFF_PLANT";

impl super::Config {
    /// Returns the configuration with the mutant that the environment variable `SPAWNDIFF_PLANT` names, if it names one.
    pub fn planted(self) -> super::Config {
        let name = std::env::var(PLANT).unwrap_or_default();
        super::Config {
            mutant: Mutant::of_name(&name),
            ..self
        }
    }
}

/// Calls `act` at the sixth event of a run, if the value of the event is odd. `n` is the position of the event in the run, from 0.
/// The event is returned as it is.
fn at_sixth(n: usize, event: Event, act: fn()) -> Option<Event> {
    if n == 5 && event.value % 2 == 1 {
        act();
    }
    Some(event)
}

fn abort_once() {
    let made = std::env::var_os("SPAWNDIFF_PLANT_ONCE").map(std::fs::File::create_new);
    if let Some(Ok(_)) = made {
        std::process::abort();
    }
}

fn hang() {
    loop {
        std::thread::park();
    }
}

fn eat_memory() {
    let mut eaten = Vec::new();
    loop {
        eaten.push(vec![1u8; 64 << 20]);
    }
}

impl Mutant {
    /// The function with which this mutant alters events, if it alters any. The function takes the position of an event in its run,
    /// from 0, and the event. It returns the event that is noted instead, or `None` where the event is lost.
    pub(super) fn alter(self) -> Option<fn(usize, Event) -> Option<Event>> {
        match self {
            Mutant::EventLost => Some(|n, event| (n % 4 != 3).then_some(event)),
            Mutant::Panics => Some(|n, event| {
                assert!(n != 5, "planted panic");
                Some(event)
            }),
            Mutant::Aborts => Some(|n, event| at_sixth(n, event, || std::process::abort())),
            Mutant::AbortsOnce => Some(|n, event| at_sixth(n, event, abort_once)),
            Mutant::Hangs => Some(|n, event| at_sixth(n, event, hang)),
            Mutant::EatsMemory => Some(|n, event| at_sixth(n, event, eat_memory)),
            _ => None,
        }
    }

    /// Alters the report of a run as this mutant does.
    pub(super) fn report(self, seen: &mut RunObservation) {
        for invocation in &mut seen.invocations {
            let hidden = match invocation.end {
                End::Trap(Trap::ThreadStartType) if self == Mutant::WrongTypeReportedAsNull => {
                    invocation.end = End::Trap(Trap::ThreadStartNull);
                    false
                }
                End::Trap(Trap::ThreadStartNull) if self == Mutant::NullReportedAsWrongType => {
                    invocation.end = End::Trap(Trap::ThreadStartType);
                    false
                }
                End::Trap(_) => self == Mutant::TrapBecomesReturn,
                End::Deadlock => self == Mutant::DeadlockMissed,
                End::Quiet | End::Exhausted(_) => false,
            };
            if hidden {
                invocation.end = End::Quiet;
                invocation.returned.get_or_insert(None);
            }
        }
        if self == Mutant::LeftoverMissed {
            seen.leftover = seen.leftover.map(|_| false);
        }
    }
}

/// A mutant on top of the lowering.
pub(super) struct Planted {
    /// The mutant.
    pub mutant: Mutant,
    /// The built-ins that are lowered besides.
    pub needs: Needs,
}

impl Definitions for Planted {
    fn concerns(&self, function: &CanonicalFunction) -> bool {
        let rotated =
            self.mutant == Mutant::TableImmediatesSwapped && table_immediate(function).is_some();
        rotated || self.needs.concerns(function) || shim(self.mutant, function).is_some()
    }

    fn alter(&self, functions: &mut [CanonicalFunction], last_table: &mut Option<u32>) {
        if self.mutant != Mutant::TableImmediatesSwapped {
            return;
        }
        let last = functions.iter().rev().find_map(table_immediate);
        let mut before = last_table.or(last);
        for function in functions {
            if let CanonicalFunction::ThreadNewIndirect { table_index, .. }
            | CanonicalFunction::ThreadSpawnIndirect { table_index, .. } = function
            {
                let own = *table_index;
                *table_index = before.unwrap_or(own);
                before = Some(own);
            }
        }
        *last_table = before;
    }

    fn shim(&self, function: &CanonicalFunction) -> Option<Shim> {
        shim(self.mutant, function).or_else(|| self.needs.shim(function))
    }
}

fn table_immediate(function: &CanonicalFunction) -> Option<u32> {
    match *function {
        CanonicalFunction::ThreadNewIndirect { table_index, .. }
        | CanonicalFunction::ThreadSpawnIndirect { table_index, .. } => Some(table_index),
        _ => None,
    }
}

/// A shim over one callee and nothing else.
fn wrap(
    function: &CanonicalFunction,
    (params, results): (u32, u32),
    body: impl Fn(&mut wasm_encoder::InstructionSink<'_>, u32) + 'static,
    callee_signature: (u32, u32),
) -> Shim {
    Shim {
        params: vec![Param::I32; params as usize],
        results,
        callees: vec![Callee::Canon(function.clone(), callee_signature)],
        table: None,
        state: false,
        body: Box::new(move |sink, at| body(sink, at.callees[0])),
    }
}

/// A shim that stands in for a built-in that takes a thread index, and calls `function`, which takes nothing, instead.
fn call_instead(function: &CanonicalFunction) -> Shim {
    wrap(
        function,
        (1, 1),
        |body, callee| {
            body.call(callee);
        },
        (0, 1),
    )
}

/// The shim that stands in for a definition under this mutant, if one does.
fn shim(mutant: Mutant, function: &CanonicalFunction) -> Option<Shim> {
    use CanonicalFunction as Canon;
    Some(match (mutant, function) {
        (Mutant::IndexOffByOne, Canon::ThreadNewIndirect { .. }) => wrap(
            function,
            (2, 1),
            |body, new| {
                body.local_get(0)
                    .i32_const(1)
                    .i32_add()
                    .local_get(1)
                    .call(new);
            },
            (2, 1),
        ),
        (Mutant::ContextAltered, Canon::ThreadNewIndirect { .. }) => wrap(
            function,
            (2, 1),
            |body, new| {
                body.local_get(0)
                    .local_get(1)
                    .i32_const(1)
                    .i32_xor()
                    .call(new);
            },
            (2, 1),
        ),
        (Mutant::WrongReturnedIndex, Canon::ThreadNewIndirect { .. }) => wrap(
            function,
            (2, 1),
            |body, new| {
                body.local_get(0)
                    .local_get(1)
                    .call(new)
                    .i32_const(1)
                    .i32_add();
            },
            (2, 1),
        ),
        (Mutant::WrongThreadIndex, Canon::ThreadIndex) => wrap(
            function,
            (0, 1),
            |body, index| {
                body.call(index).i32_const(1).i32_add();
            },
            (0, 1),
        ),
        (Mutant::ResumeWrongThread, Canon::ThreadResumeLater) => wrap(
            function,
            (1, 0),
            |body, resume| {
                body.local_get(0).i32_const(1).i32_xor().call(resume);
            },
            (1, 0),
        ),
        (Mutant::SuspendThenResumeForgets, Canon::ThreadSuspendThenResume { cancellable })
        | (Mutant::PromoteSuspends, Canon::ThreadYieldThenPromote { cancellable }) => {
            let suspend = Canon::ThreadSuspend {
                cancellable: *cancellable,
            };
            call_instead(&suspend)
        }
        (Mutant::YieldThenResumeForgets, Canon::ThreadYieldThenResume { cancellable }) => {
            let yields = Canon::ThreadYield {
                cancellable: *cancellable,
            };
            call_instead(&yields)
        }
        (
            Mutant::IndexOffByOne | Mutant::ContextAltered | Mutant::SpawnForgetsResume,
            Canon::ThreadSpawnIndirect {
                func_ty_index,
                table_index,
            },
        ) => spawn(
            mutant,
            Param::I32,
            lower::new_indirect(*func_ty_index, *table_index),
        ),
        (
            Mutant::ContextAltered | Mutant::SpawnForgetsResume,
            Canon::ThreadSpawnRef { func_ty_index },
        ) => spawn(
            mutant,
            Param::Start,
            Callee::NewIndirectOnSlot(*func_ty_index),
        ),
        (
            Mutant::StartTypeUnchecked,
            Canon::ThreadNewIndirect {
                func_ty_index,
                table_index,
            }
            | Canon::ThreadSpawnIndirect {
                func_ty_index,
                table_index,
            },
        ) => {
            let spawns = matches!(function, Canon::ThreadSpawnIndirect { .. });
            type_unchecked(*func_ty_index, *table_index, spawns)
        }
        (
            Mutant::ContextSlotShared,
            Canon::ContextGet {
                slot: slot @ (0 | 1),
                ..
            },
        ) => {
            let slot = *slot as usize;
            Shim {
                params: vec![],
                results: 1,
                callees: vec![],
                table: None,
                state: true,
                body: Box::new(move |body, at| {
                    body.global_get(at.globals[slot]);
                }),
            }
        }
        (
            Mutant::ContextSlotShared,
            Canon::ContextSet {
                slot: slot @ (0 | 1),
                ..
            },
        ) => {
            let slot = *slot as usize;
            Shim {
                params: vec![Param::I32],
                results: 0,
                callees: vec![],
                table: None,
                state: true,
                body: Box::new(move |body, at| {
                    body.local_get(0).global_set(at.globals[slot]);
                }),
            }
        }
        // The mutant breaks another definition, or none.
        _ => return None,
    })
}

/// The shim for a wrong `thread.spawn-indirect` or `thread.spawn-ref`.
fn spawn(mutant: Mutant, first: Param, new: Callee) -> Shim {
    Shim {
        params: vec![first, Param::I32],
        results: 1,
        callees: vec![new, lower::resume_later()],
        table: None,
        state: first == Param::Start,
        body: Box::new(move |body, at| {
            match first {
                Param::I32 => {
                    body.local_get(0);
                    if mutant == Mutant::IndexOffByOne {
                        body.i32_const(1).i32_add();
                    }
                }
                Param::Start => {
                    body.i32_const(0)
                        .local_get(0)
                        .table_set(at.slot)
                        .i32_const(0);
                }
            }
            body.local_get(1);
            if mutant == Mutant::ContextAltered {
                body.i32_const(1).i32_xor();
            }
            body.call(at.callees[0]).local_set(2);
            if mutant != Mutant::SpawnForgetsResume {
                body.local_get(2).call(at.callees[1]);
            }
            body.local_get(2);
        }),
    }
}

/// The shim that starts a thread that does nothing where the table's entry is a function of another type. A null entry and an index
/// past the end of the table still trap.
fn type_unchecked(func_ty_index: u32, table_index: u32, spawns: bool) -> Shim {
    Shim {
        params: vec![Param::I32, Param::I32],
        results: 1,
        callees: vec![
            lower::new_indirect(func_ty_index, table_index),
            Callee::NewIndirectOnSlot(func_ty_index),
            lower::resume_later(),
        ],
        table: Some(table_index),
        state: true,
        body: Box::new(move |body, at| {
            let start = wasm_encoder::HeapType::Concrete(at.start);
            body.local_get(0).table_get(at.table).local_tee(3);
            body.ref_is_null()
                .local_get(3)
                .ref_test_non_null(start)
                .i32_or();
            body.if_(wasm_encoder::BlockType::Result(wasm_encoder::ValType::I32));
            body.local_get(0).local_get(1).call(at.callees[0]);
            body.else_();
            body.i32_const(0).ref_func(at.noop).table_set(at.slot);
            body.i32_const(0).local_get(1).call(at.callees[1]);
            body.end().local_set(2);
            if spawns {
                body.local_get(2).call(at.callees[2]);
            }
            body.local_get(2);
        }),
    }
}
