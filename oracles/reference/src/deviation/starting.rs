//! Start functions of core modules that let others run, and calls that outlive them.

use super::super::state::{TaskId, ThreadId};
use super::super::store::{Stop, Store};
use super::Deviation;
use spawndiff_observation::Trap;

impl Store<'_> {
    /// Before the task of a start function: the next one that there is.
    pub(crate) fn begins_start_function(&mut self) {
        self.starting = Some(TaskId(self.tasks.len()));
        self.start_function_blocked = false;
    }

    /// Where a call is asynchronous, a thread switches to another, or a synchronously typed task has blocked: it stays there if a start
    /// function does that.
    pub(crate) fn waits_in_start_function(&mut self) -> Result<(), Stop> {
        match self.starting.is_some() && self.deviates(Deviation::StartFunctionWaits) {
            true => Err(Stop::Deadlock),
            false => Ok(()),
        }
    }

    /// Before another thread runs because a start function has blocked, or that function because its turn has come: the first time that
    /// works.
    pub(crate) fn runs_beside_start_function(&mut self) -> Result<(), Stop> {
        let runs =
            self.starting.is_some() && self.deviations.contains(&Deviation::StartFunctionYields);
        match runs && std::mem::replace(&mut self.start_function_blocked, true) {
            true => self.fails_in_start_function(),
            false => Ok(()),
        }
    }

    /// Before a thread switches to another.
    pub(crate) fn switches_in_start_function(&mut self, thread: ThreadId) -> Result<(), Stop> {
        self.waits_in_start_function()?;
        match self.is_of_start_function(thread) {
            true => self.runs_beside_start_function(),
            false => Ok(()),
        }
    }

    /// Before a call that is asynchronous in some way.
    pub(crate) fn calls_in_start_function(&mut self, thread: ThreadId) -> Result<(), Stop> {
        match self.start_function_blocked && self.is_of_start_function(thread) {
            true => self.fails_in_start_function(),
            false => Ok(()),
        }
    }

    fn is_of_start_function(&self, thread: ThreadId) -> bool {
        self.starting == Some(self.threads[thread.0].task)
    }

    fn fails_in_start_function(&mut self) -> Result<(), Stop> {
        match self.deviates(Deviation::StartFunctionYields) {
            true => Err(Trap::CannotBlock.into()),
            false => Ok(()),
        }
    }

    /// Before the core function of a thread is called.
    pub(crate) fn begins_in_start_function(&mut self, thread: ThreadId) {
        self.thread(thread).began_in = self.starting;
    }

    /// When it has returned: the failure of one that a start function has called, directly or not, if that is over.
    pub(crate) fn outlives_start_function(&mut self, thread: ThreadId) -> Result<(), Stop> {
        let began_in = self.threads[thread.0].began_in;
        let outlives = began_in.is_some_and(|task| {
            let implicit = self.tasks[task.0].implicit_thread;
            implicit.is_none_or(|implicit| self.threads[implicit.0].ended)
        });
        match outlives && self.deviates(Deviation::OutlivedStartFunctionFails) {
            true => Err(Trap::SubtaskNotResolved.into()),
            false => Ok(()),
        }
    }
}
