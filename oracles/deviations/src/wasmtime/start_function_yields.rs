//! Where a start function of a core module has blocked and let another thread run, it is an internal error once that has stopped,
//! switches or calls asynchronously, and something else is to run. A trap `cannot-block` stands for it.

use crate::{Deviation, St, deviates, is_on};
use spawndiff_observation::{Builtin, Trap};
use spawndiff_reference::machine::{Stop, ThreadId};

/// Before another thread runs because a start function has blocked, or that function because its turn has come: the first time that
/// works.
pub(crate) fn runs_beside_start_function(st: &mut St<'_>) -> Result<(), Stop> {
    let runs = st.machine.starting.is_some() && is_on(st, Deviation::StartFunctionYields);
    match runs && std::mem::replace(&mut st.machine.start_function_blocked, true) {
        true => fails_in_start_function(st),
        false => Ok(()),
    }
}

/// Before a thread switches to another.
pub(crate) fn switches_in_start_function(st: &mut St<'_>, thread: ThreadId) -> Result<(), Stop> {
    match is_of_start_function(st, thread) {
        true => runs_beside_start_function(st),
        false => Ok(()),
    }
}

/// Before a call that is asynchronous in some way.
pub(crate) fn calls_in_start_function(st: &mut St<'_>, thread: ThreadId) -> Result<(), Stop> {
    match st.machine.start_function_blocked && is_of_start_function(st, thread) {
        true => fails_in_start_function(st),
        false => Ok(()),
    }
}

fn fails_in_start_function(st: &mut St<'_>) -> Result<(), Stop> {
    match deviates(st, Deviation::StartFunctionYields) {
        true => Err(Stop::from(Trap::CannotBlock).by(Builtin::Lift)),
        false => Ok(()),
    }
}

/// Whether a thread is of the task of the start function that runs.
fn is_of_start_function(st: &St<'_>, thread: ThreadId) -> bool {
    st.machine.starting == Some(st.get_thread(thread).task())
}
