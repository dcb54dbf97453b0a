//! The trap that stands for an internal error of the engine, unless the head of a cause says otherwise.

use spawndiff_observation::Trap;
use spawndiff_reference::machine::Stop;

/// A subtask that cannot be dropped, which stands for an internal error of the engine.
pub(crate) fn internal_error() -> Stop {
    Trap::SubtaskNotResolved.into()
}
