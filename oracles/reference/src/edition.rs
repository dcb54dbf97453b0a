//! Texts of the specification that are later than the one that the reference is written from: what each of them changed, by the
//! pull request to WebAssembly/component-model that changed it.
//!
//! A change adds no state of its own. It is asked for in the functions of the text that it changed, and nowhere else. The text
//! of the reference is that of 2026-08-21 (commit 6d28164), which is the edition without any change.

macro_rules! changes {
    ($($(#[$doc:meta])* $name:ident $text:literal,)*) => {
        /// A point in which a later text differs from the text of the reference.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Change {
            $($(#[$doc])* $name,)*
        }

        impl Change {
            /// All changes.
            pub const ALL: &'static [Change] = &[$(Change::$name,)*];

            /// The number of the change's pull request, and which part of that pull request the change is.
            pub fn name(self) -> &'static str {
                match self {
                    $(Change::$name => $text,)*
                }
            }
        }
    };
}

changes! {
    /// 687: `thread.*-then-promote` of the thread itself traps.
    PromoteOfItselfTraps "687",
    /// 705: while a synchronously typed task is blocked, the exclusive thread of its instance may run, too.
    ExclusiveMayRun "705-exclusive",
    /// 707: a cancellation that is pending while another thread of the instance is exclusive is delivered to a task that waits for
    /// its callback as soon as none is, and not only with the task's next event.
    DeliversWhenFree "707-callback",
    /// 715: an asynchronous `subtask.cancel` of a subtask that is in a waitable set traps, as a synchronous one does.
    CancelInSetTraps "715",
    /// 719: a copy of a stream that was completed, and is cancelled before that is delivered, says CANCELLED.
    CancelledBeatsCompleted "719-cancelled",
    /// 719: a copy of a stream that was completed says DROPPED where the other end was dropped before that is delivered.
    DroppedBeatsCompleted "719-dropped",
    /// 720: the drop of an end is an event of the other end also where that one is not copying.
    DropTellsIdleEnd "720-event",
    /// 720: an end that is told of that is done.
    IdleEndIsDone "720-done",
}

/// A text: the one that the reference is written from, with some changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Edition {
    /// A bit for each change, in the order of [`Change::ALL`].
    changes: u32,
}

const _: () = assert!(Change::ALL.len() <= u32::BITS as usize);

impl Edition {
    /// Whether a change is a part of it.
    pub fn has(&self, change: Change) -> bool {
        self.changes & 1 << change as u32 != 0
    }
}

impl FromIterator<Change> for Edition {
    fn from_iter<I: IntoIterator<Item = Change>>(changes: I) -> Edition {
        let bits = changes.into_iter().map(|change| 1 << change as u32);
        Edition {
            changes: bits.fold(0, |all, bit| all | bit),
        }
    }
}
