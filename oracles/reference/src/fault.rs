//! Planted faults: mistakes in tasks, subtasks, cancellation, waitables, streams and resources. A reference with one of them
//! plays an engine in the tests, which show that the comparison with the plain reference finds it.

use super::store::Store;

/// A mistake that a reference makes in a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// A thread that is resumed as cancelled is told that it was not.
    LosesCancellation,
    /// A yield takes a pending cancellation, and says nothing of it.
    YieldSwallowsCancellation,
    /// `subtask.cancel` of a task that waits to start lets it start.
    CancelledTaskStarts,
    /// The event of a subtask that has started stays after it was delivered.
    EventTwice,
    /// `waitable-set.poll` finds nothing.
    PollFindsNothing,
    /// A waitable that leaves a set still gives it its events.
    LeavesSetInName,
    /// A subtask can be dropped before it has resolved.
    DropsSubtaskEarly,
    /// The handle of a subtask goes when its task returns while one of its threads lives.
    FreesSubtaskEarly,
    /// The exclusive thread stays exclusive when it ends.
    StaysExclusive,
    /// An instance that was entered by another one stays entered.
    StaysEntered,
    /// Backpressure keeps nobody out.
    IgnoresBackpressure,
    /// `backpressure.dec` does nothing.
    KeepsBackpressure,
    /// The slots of a new task's first thread are those of the thread made last.
    InheritsContext,
    /// A call that has returned at once is given a handle as if it had only started.
    ReturnsHandle,
    /// A copy of several elements stops before the last.
    CopiesOneLess,
    /// A pending copy is not told that the other end was dropped.
    DropIsSilent,
    /// A resource that is lent can be dropped.
    ForgetsLends,
    /// The drop of a borrowed handle is not counted.
    KeepsBorrows,
    /// A destructor is not called.
    SkipsDestructor,
}

impl Fault {
    /// Every one.
    pub const ALL: &'static [Fault] = &[
        Fault::LosesCancellation,
        Fault::YieldSwallowsCancellation,
        Fault::CancelledTaskStarts,
        Fault::EventTwice,
        Fault::PollFindsNothing,
        Fault::LeavesSetInName,
        Fault::DropsSubtaskEarly,
        Fault::FreesSubtaskEarly,
        Fault::StaysExclusive,
        Fault::StaysEntered,
        Fault::IgnoresBackpressure,
        Fault::KeepsBackpressure,
        Fault::InheritsContext,
        Fault::ReturnsHandle,
        Fault::CopiesOneLess,
        Fault::DropIsSilent,
        Fault::ForgetsLends,
        Fault::KeepsBorrows,
        Fault::SkipsDestructor,
    ];
}

impl Store<'_> {
    /// Whether the fault is planted.
    pub(crate) fn planted(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }
}
