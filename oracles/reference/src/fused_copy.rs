//! Lifting and lowering at once (CanonicalABI.md, "Introduction": an implementation may fuse the two into one direct copy). The
//! definitions lift all of a call's parameters, or its result, and then lower them; an engine that copies each as it reads it has
//! looked at where some of it goes, and has called `realloc` for that, before it finds that another part cannot be lifted. Both end
//! in a trap, so all that shows is which: where the places trap too, it may be that one.

use super::abi;
use super::canon_defs::{CanonicalOptions, InstanceId};
use super::machine::Machine;
use super::state::{Caller, TaskId};
use super::store::{Stop, Store};
use super::trap_if::Trapped;
use super::types::ValType;
use crate::schedules::{Choice, NOBODY};

impl<M: Machine> Store<'_, M> {
    /// Returns the stop in which a task ends whose parameters could not be lifted: `stop`, which the lifting has ended in, or a
    /// trap that lowering them ends in, where `stop` is a trap, too. The schedule chooses.
    pub(crate) fn interleaved_params(&mut self, stop: Stop, task: TaskId) -> Stop {
        let task = self.task(task);
        let (inst, opts, ft) = (task.inst, task.opts.clone(), task.ft.clone());
        self.interleaved(stop, (inst, &opts), abi::MAX_FLAT_PARAMS, &ft.params, None)
    }

    /// Returns the stop in which a task ends whose result could not be lifted: `stop`, which the lifting has ended in, or a trap
    /// that lowering it ends in, where `stop` is a trap, too. The schedule chooses. It is always `stop` where the caller is no
    /// subtask.
    pub(crate) fn interleaved_result(&mut self, stop: Stop, task: TaskId) -> Stop {
        let Caller::Subtask(subtask) = self.task(task).caller else {
            return stop;
        };
        let (inst, out_param) = (self.inst_of_subtask(subtask), M::out_param(self, subtask));
        let subtask = self.subtask(subtask);
        let (opts, ft) = (subtask.opts.clone(), subtask.ft.clone());
        let max_flat = subtask.max_flat_results();
        let result = ft.result.as_slice();
        self.interleaved(stop, (inst, &opts), max_flat, result, Some(out_param))
    }

    fn interleaved(
        &mut self,
        stop: Stop,
        (inst, opts): (InstanceId, &CanonicalOptions),
        max_flat: usize,
        types: &[ValType],
        out_param: Option<abi::CoreValueIter>,
    ) -> Stop {
        let Stop::Trap(Trapped { trap, .. }) = stop else {
            return stop;
        };
        // Nothing that lowering does shows, but for its trap: it can call nobody, and the store ends here.
        let reallocates = opts.realloc.is_some() && self.inst(inst).may_leave;
        let mut cx = self.context(opts, inst, None);
        let others = abi::lowering_stops(&mut cx, max_flat, types, out_param, reallocates);
        let mut stops = vec![stop];
        let mut traps = vec![trap];
        for other in others {
            if let Stop::Trap(Trapped { trap, .. }) = other
                && !traps.contains(&trap)
            {
                stops.push(other);
                traps.push(trap);
            }
        }
        let chosen = self.choose(Choice::Trap, &vec![NOBODY; stops.len()]);
        stops.swap_remove(chosen)
    }
}
