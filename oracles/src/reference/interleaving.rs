//! Lifting and lowering at once (CanonicalABI.md, "Introduction": an implementation may fuse the two into one direct copy). The
//! definitions lift all of a call's parameters, or its result, and then lower them; an engine that copies each as it reads it has called
//! `realloc` for some of it before it finds that another part cannot be lifted. Both end in a trap, so all that shows is which: where
//! `realloc` traps too, it may be that one.

use super::abi::Context;
use super::canonical::{CanonicalOptions, InstanceId};
use super::state::{Caller, TaskId};
use super::store::{Stop, Store};
use crate::schedules::{Choice, NOBODY};

impl Store<'_> {
    /// What lifting the parameters of a task has ended in, or what `realloc` of its instance ends in.
    pub(crate) fn interleaved_params(&mut self, stop: Stop, task: TaskId) -> Stop {
        let task = self.task(task);
        let (inst, opts) = (task.inst, task.opts.clone());
        self.interleaved(stop, inst, &opts)
    }

    /// What lifting the result of a task has ended in, or what `realloc` of its caller ends in.
    pub(crate) fn interleaved_result(&mut self, stop: Stop, task: TaskId) -> Stop {
        let Caller::Subtask(subtask) = self.task(task).caller else {
            return stop;
        };
        let subtask = self.subtask(subtask);
        let (inst, opts) = (subtask.inst, subtask.opts.clone());
        self.interleaved(stop, inst, &opts)
    }

    fn interleaved(&mut self, stop: Stop, inst: InstanceId, opts: &CanonicalOptions) -> Stop {
        let Stop::Trap(_, trap) = stop else {
            return stop;
        };
        if opts.realloc.is_none() || !self.inst(inst).may_leave {
            return stop;
        }
        // Nothing that it does shows, but for the trap: it can call nobody, and the store ends here.
        let reallocated = self.context(opts, inst, None).reallocate(0, 0, 1, 0);
        match reallocated {
            Err(Stop::Trap(by, other))
                if other != trap && self.choose(Choice::Trap, &[NOBODY; 2]) == 1 =>
            {
                Stop::Trap(by, other)
            }
            Ok(_) | Err(_) => stop,
        }
    }
}
