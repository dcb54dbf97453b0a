//! The functions of the host: what a generated case imports, and what the suites of others do.
//!
//! A function of the host returns at once, or it stays pending: then the store holds its subtask, and completes it when
//! nothing else is ready. What a host does is no matter of the specification; for scripts it is said in
//! [`spawndiff_observation::scripts::host`].

use super::abi::Value;
use super::canon_defs::HostFuncId;
use super::machine::Machine;
use super::state::Caller;
use super::store::{Stop, Store};
use super::types::ResourceTypeId;
use super::waitables::WaitableId;
use spawndiff_corpus::{Event, MARK};
use spawndiff_observation::Trap;

/// A function of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HostFunc {
    /// `log(point: u32, value: u64)`.
    Log,
    /// `mark(value: u32)`.
    Mark,
    /// Returns the same number each time.
    Returns(u32),
    /// `return-hi() -> string`.
    ReturnsHi,
    /// `echo(x: u32) -> u32`; pending once first if `slow`.
    Echo { slow: bool },
    /// Returns this number after it was pending once.
    ReturnsSlowly(i32),
    /// Stays pending.
    NeverReturns,
    /// Takes its arguments and does nothing.
    Nothing,
    /// `[constructor]resource1(rep: u32) -> own<resource1>`.
    NewResource,
    /// `[static]resource1.assert(r: own<resource1>, rep: u32)`.
    AssertResource(ResourceTypeId),
    /// `[method]resource1.simple(self: borrow<resource1>, rep: u32)`.
    SimpleResource,
    /// `[method]resource1.take-own(self: borrow<resource1>, b: own<resource1>)`.
    TakeOwn(ResourceTypeId),
    /// `[static]resource1.last-drop() -> option<u32>`.
    LastDrop,
    /// `[static]resource1.drops() -> u32`.
    Drops,
}

/// A call of a function of the host that has not returned yet.
#[derive(Debug)]
pub(crate) struct PendingCall {
    pub(crate) subtask: WaitableId,
    /// The result that the function will return (`Some(None)`: it returns no value); `None`: the function never returns.
    pub(crate) result: Option<Option<Value>>,
}

impl<M: Machine> Store<'_, M> {
    /// Calls a function of the host.
    pub(crate) fn call_host(&mut self, func: HostFuncId, caller: Caller) -> Result<(), Stop> {
        let func = self.host_funcs[func.0];
        let Caller::Subtask(subtask) = caller else {
            return Err(super::Unsupported::new("a re-export of the host's function").into());
        };
        let args = self.subtask_on_start(subtask)?;
        let result = match (func, args.as_slice()) {
            (HostFunc::Log, &[Value::U32(point), Value::U64(value)]) => {
                self.event(Event { point, value })?;
                None
            }
            (HostFunc::Mark, &[Value::U32(value)]) => {
                self.event(Event {
                    point: MARK,
                    value: u64::from(value),
                })?;
                None
            }
            (HostFunc::Returns(value), []) => Some(Value::U32(value)),
            (HostFunc::ReturnsHi, []) => Some(Value::string("hi")),
            (HostFunc::Echo { slow: false }, [value]) => Some(value.clone()),
            (HostFunc::Echo { slow: true }, [value]) => {
                return self.pend(subtask, Some(Some(value.clone())));
            }
            (HostFunc::ReturnsSlowly(value), []) => {
                return self.pend(subtask, Some(Some(Value::S32(value))));
            }
            (HostFunc::NeverReturns, _) => return self.pend(subtask, None),
            (HostFunc::Nothing, _) => None,
            (HostFunc::NewResource, &[Value::U32(rep)]) => Some(Value::Own(rep)),
            (HostFunc::AssertResource(rt), &[Value::Own(rep), Value::U32(expected)]) => {
                self.destroy(None, rt, rep)?;
                if rep != expected {
                    return Err(Trap::Host.into());
                }
                None
            }
            (HostFunc::SimpleResource, &[Value::Borrow(rep), Value::U32(expected)]) => {
                if rep != expected {
                    return Err(Trap::Host.into());
                }
                None
            }
            (HostFunc::TakeOwn(rt), &[Value::Borrow(_), Value::Own(rep)]) => {
                self.destroy(None, rt, rep)?;
                None
            }
            (HostFunc::LastDrop, []) => self.dropped.last().map(|&rep| Value::U32(rep)),
            (HostFunc::Drops, []) => Some(Value::U32(self.dropped.len() as u32)),
            (func, _) => {
                let message = format!("the host's {func:?}, of another type");
                return Err(super::Unsupported::new(message).into());
            }
        };
        M::on_resolve(self, subtask, Some(result))
    }

    /// Leaves a call pending. A caller that cannot wait, since the function is not `async` for it, has its result at once.
    fn pend(&mut self, subtask: WaitableId, result: Option<Option<Value>>) -> Result<(), Stop> {
        if let (false, Some(result)) = (self.subtask(subtask).ft.async_, &result) {
            return M::on_resolve(self, subtask, Some(result.clone()));
        }
        self.pending_calls.push(PendingCall { subtask, result });
        Ok(())
    }

    /// Completes the call that has been pending longest. False where there is none that ends.
    pub(crate) fn complete_pending_call(&mut self) -> Result<bool, Stop> {
        let ends = |call: &PendingCall| call.result.is_some();
        let Some(place) = self.pending_calls.iter().position(ends) else {
            return Ok(false);
        };
        let PendingCall { subtask, result } = self.pending_calls.remove(place);
        M::on_resolve(self, subtask, result)?;
        Ok(true)
    }

    /// `OnCancel` of a function of the host: it takes notice at once.
    pub(crate) fn cancel_host(&mut self, subtask: WaitableId) -> Result<(), Stop> {
        self.pending_calls.retain(|call| call.subtask != subtask);
        M::on_resolve(self, subtask, None)
    }
}
