//! The coverage of a case, which the reference reports beside its observation: which built-ins returned, and which trapped how.

use super::canon_defs::{Canon, FuncInst, Side};
use super::edition::Change;
use super::trap_if::TrapIf;
use super::types::ValType;
use super::waitables::EventCode;
use spawndiff_observation::{Builtin, Ending, Trap};
use std::collections::{BTreeMap, BTreeSet};

/// The built-in that a canonical definition makes.
pub(crate) fn built_in(canon: &Canon) -> Builtin {
    let stream = |ty: &ValType| matches!(ty, ValType::Stream(_));
    match canon {
        Canon::Lower { callee, opts, .. } => match (callee, opts.async_) {
            (FuncInst::Host(..), _) => Builtin::LowerHost,
            (FuncInst::Lift(_), false) => Builtin::Lower,
            (FuncInst::Lift(_), true) => Builtin::LowerAsync,
        },
        Canon::ResourceNew(_) => Builtin::ResourceNew,
        Canon::ResourceDrop(_) => Builtin::ResourceDrop,
        Canon::ResourceRep(_) => Builtin::ResourceRep,
        Canon::TaskReturn { .. } => Builtin::TaskReturn,
        Canon::TaskCancel => Builtin::TaskCancel,
        Canon::ContextGet { .. } => Builtin::ContextGet,
        Canon::ContextSet { .. } => Builtin::ContextSet,
        Canon::BackpressureInc => Builtin::BackpressureInc,
        Canon::BackpressureDec => Builtin::BackpressureDec,
        Canon::WaitableSetNew => Builtin::WaitableSetNew,
        Canon::WaitableSetWait { .. } => Builtin::WaitableSetWait,
        Canon::WaitableSetPoll { .. } => Builtin::WaitableSetPoll,
        Canon::WaitableSetDrop => Builtin::WaitableSetDrop,
        Canon::WaitableJoin => Builtin::WaitableJoin,
        Canon::SubtaskCancel { .. } => Builtin::SubtaskCancel,
        Canon::SubtaskDrop => Builtin::SubtaskDrop,
        Canon::EndsNew { ty } => match stream(ty) {
            true => Builtin::StreamNew,
            false => Builtin::FutureNew,
        },
        Canon::Copy { ty, side, .. } => match (stream(ty), side) {
            (true, Side::Readable) => Builtin::StreamRead,
            (true, Side::Writable) => Builtin::StreamWrite,
            (false, Side::Readable) => Builtin::FutureRead,
            (false, Side::Writable) => Builtin::FutureWrite,
        },
        Canon::CancelCopy { ty, side, .. } => match (stream(ty), side) {
            (true, Side::Readable) => Builtin::StreamCancelRead,
            (true, Side::Writable) => Builtin::StreamCancelWrite,
            (false, Side::Readable) => Builtin::FutureCancelRead,
            (false, Side::Writable) => Builtin::FutureCancelWrite,
        },
        Canon::DropEnd { ty, side } => match (stream(ty), side) {
            (true, Side::Readable) => Builtin::StreamDropReadable,
            (true, Side::Writable) => Builtin::StreamDropWritable,
            (false, Side::Readable) => Builtin::FutureDropReadable,
            (false, Side::Writable) => Builtin::FutureDropWritable,
        },
        Canon::ErrorContextNew { .. } => Builtin::ErrorContextNew,
        Canon::ErrorContextDebugMessage { .. } => Builtin::ErrorContextDebugMessage,
        Canon::ErrorContextDrop => Builtin::ErrorContextDrop,
        Canon::ThreadIndex => Builtin::ThreadIndex,
        Canon::ThreadNewIndirect { .. } => Builtin::ThreadNewIndirect,
        Canon::ThreadSpawnIndirect { .. } => Builtin::ThreadSpawnIndirect,
        Canon::ThreadSpawnRef { .. } => Builtin::ThreadSpawnRef,
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

/// The names of the events (`EventCode`), in the order of their codes.
pub const EVENTS: [&str; 7] = [
    "none",
    "subtask",
    "stream-read",
    "stream-write",
    "future-read",
    "future-write",
    "task-cancelled",
];

/// Counts of what was reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Coverage {
    /// How often each built-in returned, and how often it gave each kind of trap.
    pub reached: BTreeMap<(Builtin, Ending), u64>,
    /// How often each event was delivered, to a callback or by `waitable-set.{wait,poll}`: in the order of [`EVENTS`].
    pub events: [u64; EVENTS.len()],
    /// How many started threads really ran.
    pub threads_ran: u64,
    /// How many invocations ended in a deadlock.
    pub deadlocks: u64,
    /// The origin of each trap in which an invocation ended, of the run that was added last: the built-in that gave the trap, and
    /// the condition of the text that held. The key is the number of the invocation in the run; `None` is the instantiation.
    #[serde(skip)]
    pub trapped: BTreeMap<Option<usize>, (Builtin, Option<TrapIf>)>,
    /// The changes of later texts that made a difference. None, unless the edition has some.
    #[serde(skip)]
    pub changes: BTreeSet<Change>,
}

impl Coverage {
    /// Returns the built-in that gave the trap in which this invocation of the run ended; `None`: no such trap is recorded.
    pub fn gave(&self, invocation: Option<usize>) -> Option<Builtin> {
        self.trapped.get(&invocation).map(|(by, _)| *by)
    }

    /// Returns the condition of the text that held for that trap. `None` also for a trap of core code, and of a value.
    pub fn condition(&self, invocation: Option<usize>) -> Option<TrapIf> {
        self.trapped.get(&invocation)?.1
    }

    /// Counts one ending of a built-in.
    pub(crate) fn count(&mut self, builtin: Builtin, ending: Ending) {
        *self.reached.entry((builtin, ending)).or_default() += 1;
    }

    /// Counts the delivery of an event.
    pub(crate) fn delivered(&mut self, event: EventCode) {
        self.events[event as usize] += 1;
    }

    /// Adds the counts of `other`.
    pub fn add(&mut self, other: &Coverage) {
        for (&key, &count) in &other.reached {
            *self.reached.entry(key).or_default() += count;
        }
        for (mine, theirs) in self.events.iter_mut().zip(other.events) {
            *mine += theirs;
        }
        self.threads_ran += other.threads_ran;
        self.deadlocks += other.deadlocks;
        self.trapped.clone_from(&other.trapped);
        self.changes.extend(&other.changes);
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
