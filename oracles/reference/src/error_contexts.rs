//! Error contexts, and the built-ins for them (CanonicalABI.md, `canon error-context.*`).

use super::abi::{self, ErrorContextId, LiftedString};
use super::builtins::{Args, Outcome};
use super::canon_defs::{CanonicalOptions, InstanceId};
use super::limits;
use super::machine::Machine;
use super::state::Handle;
use super::store::{Stop, Store};
use super::trap_if::TrapIf;
use crate::schedules::{Choice, NOBODY};

impl<M: Machine> Store<'_, M> {
    /// `canon_error_context_new`.
    pub(crate) fn canon_error_context_new(
        &mut self,
        inst: InstanceId,
        opts: &CanonicalOptions,
        args: &Args<'_>,
    ) -> Result<Outcome, Stop> {
        let wide = opts.memory.is_some_and(|memory| memory.wide);
        let (ptr, units) = (args.word(0, wide)?, args.word(1, wide)?);
        // The host may forget the message.
        let message = match self.choose(Choice::DebugMessage, &[NOBODY; 2]) {
            0 => abi::load_string_from_range(&mut self.context(opts, inst, None), ptr, units)?,
            _ => LiftedString::of_host(""),
        };
        let id = ErrorContextId(limits::add(&mut self.error_contexts, message)?);
        self.add_handle(inst, Handle::ErrorContext(id))
            .map(Outcome::returns)
    }

    /// The error context that a handle names.
    fn error_context(handle: Handle) -> Result<ErrorContextId, Stop> {
        match handle {
            Handle::ErrorContext(id) => Ok(id),
            Handle::Resource(_) | Handle::Waitable(_) | Handle::Set(_) => {
                Err(TrapIf::NotErrorContext.into())
            }
        }
    }

    /// `lift_error_context`.
    pub(crate) fn lift_error_context(
        &mut self,
        inst: InstanceId,
        i: u32,
    ) -> Result<ErrorContextId, Stop> {
        Self::error_context(self.get_handle(inst, i)?)
    }

    /// `canon_error_context_debug_message`.
    pub(crate) fn canon_error_context_debug_message(
        &mut self,
        inst: InstanceId,
        opts: &CanonicalOptions,
        args: &Args<'_>,
    ) -> Result<Outcome, Stop> {
        let wide = opts.memory.is_some_and(|memory| memory.wide);
        let (i, ptr) = (args.i32(0)?, args.word(1, wide)?);
        let id = self.lift_error_context(inst, i)?;
        let message = self.error_contexts[id.0].clone();
        abi::store_string(&mut self.context(opts, inst, None), &message, ptr)?;
        Ok(Outcome::nothing())
    }

    /// `canon_error_context_drop`.
    pub(crate) fn canon_error_context_drop(
        &mut self,
        inst: InstanceId,
        i: u32,
    ) -> Result<Outcome, Stop> {
        Self::error_context(self.remove_handle(inst, i)?)?;
        Ok(Outcome::nothing())
    }
}
