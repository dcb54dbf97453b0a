//! The state of drawing while it draws one body.

use crate::limits::{BODY_OPS, SLOTS, SUBTASKS};

/// The function, entry or callback whose body is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Function(usize),
    Entry(usize),
    Callback(usize),
}

/// The state of drawing while it draws one body: what the body has likely done so far, and how much it may still do.
pub(super) struct Scope {
    pub(super) place: Place,
    /// For each slot, whether this body has put a suspended thread there, and whether that will wake slot 0.
    pub(super) parked: [Option<bool>; SLOTS],
    /// How many threads are likely ready that will wake slot 0.
    pub(super) wakers: u32,
    /// Whether the task has returned.
    pub(super) returned: bool,
    /// Whether the task may not block.
    pub(super) sync_typed: bool,
    /// The number after which the next cell for a subtask is counted.
    subtask: usize,
    /// How many operations may still be drawn.
    pub(super) left: usize,
    /// Whether the operations that are drawn are nested in a loop or a choice.
    pub(super) nested: bool,
}

impl Scope {
    pub(super) fn new(place: Place) -> Scope {
        Scope {
            place,
            parked: [None; SLOTS],
            wakers: 0,
            returned: false,
            sync_typed: false,
            subtask: match place {
                Place::Entry(i) | Place::Callback(i) => i,
                Place::Function(i) => i + 2,
            },
            left: BODY_OPS,
            nested: false,
        }
    }

    /// A cell for a subtask: the next in turn.
    pub(super) fn next_subtask(&mut self) -> usize {
        self.subtask += 1;
        self.subtask % SUBTASKS
    }

    /// Whether this is a program function, and not the code of an entry.
    pub(super) fn is_function(&self) -> bool {
        matches!(self.place, Place::Function(_))
    }

    /// Whether suspending without a waker likely ends in a deadlock.
    pub(super) fn must_return(&self) -> bool {
        match self.place {
            Place::Function(_) => false,
            Place::Entry(_) | Place::Callback(_) => !self.returned,
        }
    }
}
