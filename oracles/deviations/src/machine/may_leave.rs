//! `inst.may_leave`, as the first `trap_if` of most canonical definitions asks for it.

use crate::St;
use crate::held_returns::holds_return;
use crate::wasmtime::leaves_async_typed::calls_async_typed;
use crate::wasmtime::leaves_in_called_post_return::leaves_in_called_post_return;
use crate::wasmtime::leaves_in_post_return::calls_in_post_return;
use spawndiff_reference::machine::{Canon, FuncInst, ThreadId};

/// Before a built-in that asks for it: whether the instance may leave.
pub(crate) fn may_leave(st: &mut St<'_>, thread: ThreadId, canon: &Canon) -> bool {
    let inst = st.inst_of(thread);
    if st.may_instance_leave(inst) {
        return true;
    }
    let leaves = match st.machine.in_called_post_return.contains(&inst) {
        true => leaves_in_called_post_return(st),
        false => calls_anyway(st, canon),
    };
    if leaves {
        holds_return(st, thread);
    }
    leaves
}

/// Before `canon_lower` where the instance may not leave: whether it calls all the same.
fn calls_anyway(st: &mut St<'_>, canon: &Canon) -> bool {
    let Canon::Lower {
        callee: FuncInst::Lift(lift),
        opts,
        ..
    } = canon
    else {
        return false;
    };
    match opts.async_ || lift.opts.async_ {
        true => calls_in_post_return(st),
        false => calls_async_typed(st, lift.ft.async_),
    }
}
