//! A start function of a core module that makes an asynchronous call, or lets another thread run, never ends: a deadlock.

use crate::{Deviation, St, deviates};
use spawndiff_observation::End;
use spawndiff_reference::machine::Stop;

/// Where a call is asynchronous, a thread switches to another, or a synchronously typed task has blocked: it stays there if a start
/// function does that.
pub(crate) fn waits_in_start_function(st: &mut St<'_>) -> Result<(), Stop> {
    match st.machine.starting.is_some() && deviates(st, Deviation::StartFunctionWaits) {
        true => Err(Stop::End(End::Deadlock)),
        false => Ok(()),
    }
}
