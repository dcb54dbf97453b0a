//! The event codes that encoded functions compare with.

/// The event codes (CanonicalABI.md, `EventCode`).
pub(super) const SUBTASK: i32 = 1;
pub(super) const STREAM_READ: i32 = 2;
pub(super) const FUTURE_READ: i32 = 4;
pub(super) const TASK_CANCELLED: i32 = 6;
/// The number that is added to the event code in a note of a cancelled copy.
pub(super) const OF_CANCEL: i32 = 16;
