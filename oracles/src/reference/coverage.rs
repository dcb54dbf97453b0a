//! What the reference saw of a case beside its observation: which built-ins returned, and which trapped how.

use super::component::{Canon, Component, Func, HostFunc};
use super::deviation::Deviation;
use crate::Trap;
use std::collections::{BTreeMap, BTreeSet};

macro_rules! builtins {
    ($($(#[$doc:meta])* $name:ident $text:literal,)*) => {
        /// The built-ins and imports that a case can call, and the steps that the Canonical ABI takes by itself.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Builtin {
            $($(#[$doc])* $name,)*
        }

        impl Builtin {
            /// Every one, in the order of declaration.
            pub const ALL: &'static [Builtin] = &[$(Builtin::$name,)*];

            /// The name that the specification gives it.
            pub fn name(self) -> &'static str {
                match self {
                    $(Builtin::$name => $text,)*
                }
            }
        }
    };
}

builtins! {
    /// `canon lift`: a call of an export.
    Lift "canon lift",
    /// A callback of an async callback-lifted export.
    Callback "callback",
    /// `canon lower` of the host's functions.
    Lower "canon lower",
    /// `task.return`.
    TaskReturn "task.return",
    /// `context.get`.
    ContextGet "context.get",
    /// `context.set`.
    ContextSet "context.set",
    /// `thread.index`.
    ThreadIndex "thread.index",
    /// `thread.new-indirect`.
    ThreadNewIndirect "thread.new-indirect",
    /// `thread.spawn-indirect`.
    ThreadSpawnIndirect "thread.spawn-indirect",
    /// `thread.spawn-ref`.
    ThreadSpawnRef "thread.spawn-ref",
    /// `thread.available-parallelism`.
    ThreadAvailableParallelism "thread.available-parallelism",
    /// `thread.resume-later`.
    ThreadResumeLater "thread.resume-later",
    /// `thread.suspend`.
    ThreadSuspend "thread.suspend",
    /// `thread.yield`.
    ThreadYield "thread.yield",
    /// `thread.suspend-then-resume`.
    ThreadSuspendThenResume "thread.suspend-then-resume",
    /// `thread.yield-then-resume`.
    ThreadYieldThenResume "thread.yield-then-resume",
    /// `thread.suspend-then-promote`.
    ThreadSuspendThenPromote "thread.suspend-then-promote",
    /// `thread.yield-then-promote`.
    ThreadYieldThenPromote "thread.yield-then-promote",
    /// Core code: instructions that trap by themselves.
    Core "core code",
}

impl Builtin {
    /// Whether it can return at all: core code by itself does not.
    pub fn returns(self) -> bool {
        self != Builtin::Core
    }

    /// The traps that the specification lets this built-in give in a case, beside those of core code.
    pub fn traps(self) -> &'static [Trap] {
        match self {
            Builtin::Lift => &[
                Trap::CannotBlock,
                Trap::CannotEnter,
                Trap::NoTaskReturn,
                Trap::InvalidChar,
            ],
            Builtin::Callback => &[Trap::CallbackCode, Trap::UnknownIndex],
            Builtin::TaskReturn => &[
                Trap::CannotLeave,
                Trap::TaskReturnTwice,
                Trap::TaskReturnInvalid,
                Trap::InvalidChar,
            ],
            Builtin::ThreadNewIndirect | Builtin::ThreadSpawnIndirect => &[
                Trap::CannotLeave,
                Trap::TableOutOfBounds,
                Trap::ThreadStartNull,
                Trap::ThreadStartType,
            ],
            Builtin::ThreadSpawnRef => &[Trap::CannotLeave, Trap::ThreadStartNull],
            Builtin::ThreadResumeLater
            | Builtin::ThreadSuspendThenResume
            | Builtin::ThreadYieldThenResume => &[
                Trap::CannotLeave,
                Trap::UnknownIndex,
                Trap::ThreadNotSuspended,
            ],
            Builtin::ThreadSuspendThenPromote | Builtin::ThreadYieldThenPromote => {
                &[Trap::CannotLeave, Trap::UnknownIndex]
            }
            Builtin::Lower
            | Builtin::ThreadIndex
            | Builtin::ThreadSuspend
            | Builtin::ThreadYield => &[Trap::CannotLeave],
            Builtin::Core => &[
                Trap::Unreachable,
                Trap::MemoryOutOfBounds,
                Trap::TableOutOfBounds,
                Trap::IndirectCallToNull,
                Trap::IndirectCallTypeMismatch,
            ],
            Builtin::ContextGet | Builtin::ContextSet | Builtin::ThreadAvailableParallelism => &[],
        }
    }

    /// The built-in that a canonical definition makes.
    pub(crate) fn of(canon: &Canon, component: &Component) -> Builtin {
        match canon {
            Canon::Lower { func } => match &component.funcs[*func] {
                Func::Host(HostFunc::Log | HostFunc::Mark) | Func::Lift { .. } => Builtin::Lower,
            },
            Canon::TaskReturn { .. } => Builtin::TaskReturn,
            Canon::ContextGet { .. } => Builtin::ContextGet,
            Canon::ContextSet { .. } => Builtin::ContextSet,
            Canon::ThreadIndex => Builtin::ThreadIndex,
            Canon::ThreadNewIndirect { .. } => Builtin::ThreadNewIndirect,
            Canon::ThreadSpawnIndirect { .. } => Builtin::ThreadSpawnIndirect,
            Canon::ThreadSpawnRef => Builtin::ThreadSpawnRef,
            Canon::ThreadAvailableParallelism => Builtin::ThreadAvailableParallelism,
            Canon::ThreadResumeLater => Builtin::ThreadResumeLater,
            Canon::ThreadSuspend { .. } => Builtin::ThreadSuspend,
            Canon::ThreadYield { .. } => Builtin::ThreadYield,
            Canon::ThreadSuspendThenResume { .. } => Builtin::ThreadSuspendThenResume,
            Canon::ThreadYieldThenResume { .. } => Builtin::ThreadYieldThenResume,
            Canon::ThreadSuspendThenPromote { .. } => Builtin::ThreadSuspendThenPromote,
            Canon::ThreadYieldThenPromote { .. } => Builtin::ThreadYieldThenPromote,
        }
    }
}

/// How a call of a built-in ended: `None`, it returned.
pub type Ending = Option<Trap>;

/// Counts of what was reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// How often each built-in returned, and how often it gave each kind of trap.
    pub reached: BTreeMap<(Builtin, Ending), u64>,
    /// How many started threads really ran.
    pub threads_ran: u64,
    /// How many invocations ended in a deadlock.
    pub deadlocks: u64,
    /// The deviations that made a difference. None, unless they were asked for.
    pub deviated: BTreeSet<Deviation>,
}

impl Coverage {
    /// Counts one ending of a built-in.
    pub(crate) fn count(&mut self, builtin: Builtin, ending: Ending) {
        *self.reached.entry((builtin, ending)).or_default() += 1;
    }

    /// Adds the counts of `other`.
    pub fn add(&mut self, other: &Coverage) {
        for (&key, &count) in &other.reached {
            *self.reached.entry(key).or_default() += count;
        }
        self.threads_ran += other.threads_ran;
        self.deadlocks += other.deadlocks;
        self.deviated.extend(&other.deviated);
    }

    /// Whether a thread built-in gave `trap`.
    pub fn thread_start_gave(&self, trap: Trap) -> bool {
        [
            Builtin::ThreadNewIndirect,
            Builtin::ThreadSpawnIndirect,
            Builtin::ThreadSpawnRef,
        ]
        .iter()
        .any(|&builtin| self.reached.contains_key(&(builtin, Some(trap))))
    }
}
