//! `thread.*-then-*` is told of a pending cancellation before its thread index is looked at.

use crate::own::Deviating;
use crate::{Deviation, St, deviates, is_on};
use spawndiff_reference::machine::{Machine, ThreadId};

/// Before `thread.*-then-*`: whether it is told of a cancellation and does nothing else.
pub(crate) fn tells_first(st: &mut St<'_>, thread: ThreadId, cancellable: bool) -> bool {
    is_on(st, Deviation::TellsBeforeChecking)
        && Deviating::deliver_pending_cancel(st, thread, cancellable)
        && deviates(st, Deviation::TellsBeforeChecking)
}
