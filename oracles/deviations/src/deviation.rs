//! A way in which an engine is known to leave the specification, and what it is besides: a change of a later text, a failed
//! assertion.

use crate::wasmtime::Deviation;
use spawndiff_reference::machine::{Change, Edition};

macro_rules! deviations {
    ($($(#[$doc:meta])* $name:ident $text:literal,)*) => {
        /// A way to leave the specification.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Deviation {
            $($(#[$doc])* $name,)*
        }

        impl Deviation {
            /// All deviations.
            pub const ALL: &'static [Deviation] = &[$(Deviation::$name,)*];

            /// The name of the deviation, in lower-case words.
            pub fn name(self) -> &'static str {
                match self {
                    $(Deviation::$name => $text,)*
                }
            }
        }
    };
}

impl Deviation {
    /// The deviations that the specification's own test suite asks for, where it says otherwise than the text.
    pub const SUITES: &'static [Deviation] = &[
        Deviation::CancelledAfterCopy,
        Deviation::ParentChildTraps,
        Deviation::QueuesSwitches,
        Deviation::ReturnsWithoutMemory,
    ];

    /// Returns the deviation with this name.
    pub fn of_name(name: &str) -> Option<Deviation> {
        let mut all = Deviation::ALL.iter().copied();
        all.find(|deviation| deviation.name() == name)
    }

    /// Whether the deviation is an assertion of the engine's that fails. An engine that is built without the assertion has no such
    /// deviation; one that is built with it, and got past it, did not deviate. So the deviation is on only where that failure is to
    /// be explained.
    pub fn asserts(self) -> bool {
        self == Deviation::SyncTypedYieldAsserts
    }

    /// Returns the change of a later text that the deviation is, if it is nothing else: then the text itself does it, in an edition
    /// with that change.
    pub fn change(self) -> Option<Change> {
        match self {
            Deviation::PromotesItself => Some(Change::PromoteOfItselfTraps),
            Deviation::SyncTypedRunsExclusive => Some(Change::ExclusiveMayRun),
            Deviation::TellsWhenFree => Some(Change::DeliversWhenFree),
            Deviation::CancelTrapsInSet => Some(Change::CancelInSetTraps),
            Deviation::CancelledAfterCopy => Some(Change::CancelledBeatsCompleted),
            Deviation::DropReplacesCompleted => Some(Change::DroppedBeatsCompleted),
            Deviation::DropTellsIdleEnd => Some(Change::DropTellsIdleEnd),
            Deviation::IdleEventEnds => Some(Change::IdleEndIsDone),
            _ => None,
        }
    }

    /// Returns the deviation that is this change.
    pub fn of_change(change: Change) -> Deviation {
        let mut all = Deviation::ALL.iter().copied();
        let found = all.find(|deviation| deviation.change() == Some(change));
        found.expect("each change is known of some engine")
    }

    /// Returns the text with the changes that are among these deviations.
    pub fn edition(all: &[Deviation]) -> Edition {
        all.iter()
            .filter_map(|deviation| deviation.change())
            .collect()
    }
}
