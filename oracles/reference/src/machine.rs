//! The machine of the specification, and what may be done otherwise from outside.
//!
//! A [`Store`] runs the text of CanonicalABI.md. Each of its functions that another machine may want to do otherwise is called
//! through a method of the trait [`Machine`] with the same name, which by default does what the text says: so the text stands
//! in the store's functions, alone, and a reader can hold them against `definitions.py`. [`Spec`] is the machine that does
//! nothing otherwise. Whether something is allowed is asked of `Store<Spec>`, so no other machine can have a part in the answer.
//!
//! A machine that overrides a method calls the function of the store of the same name where it wants the text. It can read all of
//! the store and call all functions of the text, but it cannot write a field of the store: whatever it has to remember it keeps in
//! its own value, [`Store::machine`]. What blocks on something of its own is a [`ReadyFunc::Own`], a [`Then::Own`] or a
//! [`PendingEvent::Own`], whose numbers only the machine itself understands.

pub use super::abi::{CoreValueIter, MAX_FLAT_RESULTS, SharedId, Value};
pub use super::buffers::BufferId;
pub use super::builtins::{Args, Outcome};
pub use super::canon_defs::{
    Canon, CanonicalOptions, CoreTable, FuncInst, HostFuncId, InstanceId, Lift, Memory, Side,
    StringEncoding,
};
pub use super::copies::CopyArgs;
pub use super::edition::{Change, Edition};
pub use super::lift::{CallbackCode, Next, Returning};
pub use super::resources::{ResourceHandle, ResourceType};
pub use super::state::{
    Activity, Caller, Cancelled, Continuation, Handle, ReadyFunc, ResourceHandleId, Table, Task,
    TaskId, TaskState, Then, Thread, ThreadId,
};
pub use super::store::{Stop, Store};
pub use super::streams::{CopyEnd, CopyResult, CopyState, event_code};
pub use super::subtasks::{OnCancel, Subtask, SubtaskState};
pub use super::threads::Flow;
pub use super::trap_if::{Site, TrapIf, Trapped};
pub use super::types::{FuncType, ResourceTypeId, ValType};
pub use super::waitables::{
    BLOCKED, EventCode, EventTuple, PendingEvent, SetId, Waitable, WaitableId, WaitableKind,
};
pub use wasmi;

/// The functions of a store at each place where another machine may do otherwise. Every method has a default, which is the text:
/// the function of the store with the same name, if there is one. The methods at the end, for what only another machine makes,
/// panic by default.
pub trait Machine: Sized {
    /// Whether what the text asserts holds. A machine that leaves the text may break it, and says so here.
    const ASSERTS: bool = true;

    // Switching and scheduling

    /// One turn of the loop in `Thread.resume`: runs a thread until it blocks or ends. Returns the thread to switch to, if any.
    fn resume_cont(
        st: &mut Store<'_, Self>,
        thread: ThreadId,
        cancelled: Cancelled,
    ) -> Result<Option<ThreadId>, Stop> {
        st.resume_cont(thread, cancelled)
    }

    /// `Thread.ready`.
    fn ready(st: &Store<'_, Self>, thread: ThreadId) -> bool {
        st.ready(thread)
    }

    /// `Thread.resume_later`.
    fn resume_later(st: &mut Store<'_, Self>, thread: ThreadId) {
        st.resume_later(thread);
    }

    /// `Thread.wait_until`.
    fn wait_until(
        st: &mut Store<'_, Self>,
        thread: ThreadId,
        ready_func: ReadyFunc,
        cancellable: bool,
    ) -> Flow {
        st.wait_until(thread, ready_func, cancellable)
    }

    /// The `if candidates` of `Store.tick`, with the thread that was chosen.
    fn run_ready(st: &mut Store<'_, Self>, thread: ThreadId) -> Result<(), Stop> {
        st.run_ready(thread)
    }

    /// The `while task.state != RESOLVED` at the end of `canon_lift`, for a synchronously typed task.
    fn run_until_resolved(st: &mut Store<'_, Self>, task: TaskId) -> Result<(), Stop> {
        st.run_until_resolved(task)
    }

    // Entering and leaving

    /// The call of a `FuncInst`: `func_inst` of `Store.lift`, or a function of the host.
    fn call_func(
        st: &mut Store<'_, Self>,
        func: &FuncInst,
        from: Option<InstanceId>,
        caller: Caller,
    ) -> Result<OnCancel, Stop> {
        st.call_func(func, from, caller)
    }

    /// `ComponentInstance.leave_to`.
    fn leave_to(st: &mut Store<'_, Self>, inst: InstanceId, caller: Option<InstanceId>) {
        st.leave_to(inst, caller);
    }

    /// `has_backpressure`, of `Task.enter_implicit_thread`.
    fn has_backpressure(st: &Store<'_, Self>, task: TaskId) -> bool {
        st.has_backpressure(task)
    }

    /// Whether a task has to wait before it enters: the conditions of `Task.enter_implicit_thread`.
    fn waits_to_enter(st: &mut Store<'_, Self>, task: TaskId) -> bool {
        st.waits_to_enter(task)
    }

    /// `Task.needs_exclusive`, of a task that may be synchronously typed; then it does not.
    fn needs_exclusive(st: &Store<'_, Self>, task: TaskId) -> bool {
        st.needs_exclusive(task)
    }

    /// `Task.exit_implicit_thread`.
    fn exit_implicit_thread(st: &mut Store<'_, Self>, thread: ThreadId) -> Result<(), Stop> {
        st.exit_implicit_thread(thread)
    }

    /// `Task.unregister_thread`.
    fn unregister_thread(st: &mut Store<'_, Self>, thread: ThreadId) -> Result<(), Stop> {
        st.unregister_thread(thread)
    }

    /// `call_and_trap_on_throw`, before the call.
    fn begin_core_call(st: &mut Store<'_, Self>, thread: ThreadId, activity: &Activity) {
        st.begin_core_call(thread, activity);
    }

    /// `call_and_trap_on_throw`, after it.
    fn end_core_call(
        st: &mut Store<'_, Self>,
        thread: ThreadId,
        activity: &Activity,
    ) -> Result<(), Stop> {
        st.end_core_call(thread, activity)
    }

    /// `inst.may_leave`, as the first `trap_if` of most canonical definitions asks for it.
    fn may_leave(st: &mut Store<'_, Self>, thread: ThreadId, canon: &Canon) -> Result<bool, Stop> {
        Ok(st.may_leave(thread, canon))
    }

    /// `current_task()`, as `canon_task_return` and `canon_task_cancel` ask for it.
    fn current_task(st: &Store<'_, Self>, thread: ThreadId) -> TaskId {
        st.current_task(thread)
    }

    /// The start function of a core module (Concurrency.md, "Interaction with the start function").
    fn start_function(
        st: &mut Store<'_, Self>,
        inst: InstanceId,
        func: wasmi::Func,
    ) -> Result<(), Stop> {
        st.start_function(inst, func)
    }

    // Waiting and events

    /// `Waitable.set_pending_event`.
    fn set_pending_event(st: &mut Store<'_, Self>, waitable: WaitableId, event: PendingEvent) {
        st.set_pending_event(waitable, event);
    }

    /// `Waitable.get_pending_event`.
    fn get_pending_event(
        st: &mut Store<'_, Self>,
        waitable: WaitableId,
    ) -> Result<EventTuple, Stop> {
        st.get_pending_event(waitable)
    }

    /// `WaitableSet.get_pending_event`.
    fn get_pending_event_of_set(st: &mut Store<'_, Self>, set: SetId) -> Result<EventTuple, Stop> {
        st.get_pending_event_of_set(set)
    }

    /// `Waitable.join`.
    fn join(st: &mut Store<'_, Self>, waitable: WaitableId, wset: Option<SetId>) {
        st.join(waitable, wset);
    }

    /// `Waitable.wait_for_pending_event`, up to its wait.
    fn wait_for_pending_event(
        st: &mut Store<'_, Self>,
        thread: ThreadId,
        waitable: WaitableId,
    ) -> Result<Outcome, Stop> {
        st.wait_for_pending_event(thread, waitable)
    }

    /// `Waitable.wait_for_pending_event`, after its wait, and `Waitable.get_pending_event`.
    fn waited_for_pending_event(
        st: &mut Store<'_, Self>,
        thread: ThreadId,
        waitable: WaitableId,
    ) -> Result<Outcome, Stop> {
        st.waited_for_pending_event(thread, waitable)
    }

    /// `WaitableSet.wait_for_event_and`, after its wait. It may wait again.
    fn waited_for_event(
        st: &mut Store<'_, Self>,
        thread: ThreadId,
        set: SetId,
        cancelled: Cancelled,
    ) -> Result<Flow<EventTuple>, Stop> {
        st.waited_for_event(thread, set, cancelled).map(Flow::Go)
    }

    /// The `match code` in the loop of `canon_lift`, with the index of the waitable set.
    fn callback_returned(
        st: &mut Store<'_, Self>,
        thread: ThreadId,
        code: CallbackCode,
        si: u32,
    ) -> Result<Next, Stop> {
        st.callback_returned(thread, code, si)
    }

    // Cancellation

    /// `Task.request_cancellation`.
    fn request_cancellation(
        st: &mut Store<'_, Self>,
        task: TaskId,
        caller: Option<InstanceId>,
    ) -> Result<(), Stop> {
        st.request_cancellation(task, caller)
    }

    /// The `candidates` of `Task.request_cancellation`.
    fn cancellation_candidates(st: &mut Store<'_, Self>, task: TaskId) -> Vec<ThreadId> {
        st.cancellation_candidates(task)
    }

    /// Resumes the candidate that `Task.request_cancellation` has chosen, as cancelled.
    fn resume_cancelled(
        st: &mut Store<'_, Self>,
        thread: ThreadId,
        caller: Option<InstanceId>,
    ) -> Result<(), Stop> {
        st.resume_cancelled(thread, caller)
    }

    /// `Task.deliver_pending_cancel`, of the task of a thread.
    fn deliver_pending_cancel(
        st: &mut Store<'_, Self>,
        thread: ThreadId,
        cancellable: bool,
    ) -> bool {
        st.deliver_pending_cancel(thread, cancellable)
    }

    /// `canon_subtask_cancel`, after `subtask.on_cancel(..)`.
    fn cancellation_requested(
        st: &mut Store<'_, Self>,
        thread: ThreadId,
        subtask: WaitableId,
        async_: bool,
    ) -> Result<Outcome, Stop> {
        st.cancellation_requested(thread, subtask, async_)
    }

    // Copies

    /// `read` or `write` of `SharedStreamImpl` and `SharedFutureImpl`.
    fn shared_copy(
        st: &mut Store<'_, Self>,
        thread: ThreadId,
        end: WaitableId,
        buffer: BufferId,
    ) -> Result<(), Stop> {
        let _ = thread;
        st.shared_copy(end, buffer)
    }

    /// `ReadableBuffer.read` of one buffer and `WritableBuffer.write` of the other.
    fn transfer(
        st: &mut Store<'_, Self>,
        from: BufferId,
        to: BufferId,
        n: u32,
    ) -> Result<(), Stop> {
        st.transfer(from, to, n)
    }

    /// `CopyEnd.drop`, once its condition is checked.
    fn drop_end(st: &mut Store<'_, Self>, end: WaitableId) -> Result<(), Stop> {
        st.drop_end(end);
        Ok(())
    }

    /// `CopyEnd.__init__`.
    fn new_end(st: &mut Store<'_, Self>, shared: SharedId, side: Side) -> Result<WaitableId, Stop> {
        st.new_end(shared, side)
    }

    // Calling and returning

    /// `canon_lower`, after its callee has returned or blocked.
    fn lower_result(
        st: &mut Store<'_, Self>,
        thread: ThreadId,
        subtask: WaitableId,
    ) -> Result<Outcome, Stop> {
        st.lower_result(thread, subtask)
    }

    /// The lifting of a result, in `canon_lift` and in `canon_task_return`.
    fn lift_result(
        st: &mut Store<'_, Self>,
        task: TaskId,
        returning: Returning<'_>,
    ) -> Result<Option<Value>, Stop> {
        st.lift_result(task, returning)
    }

    /// `flat_args` of `canon_lower`, when the result is lowered: an address for it, if it is to be stored.
    fn out_param(st: &Store<'_, Self>, subtask: WaitableId) -> CoreValueIter {
        st.out_param(subtask)
    }

    /// `Subtask.state`.
    fn subtask_state(st: &Store<'_, Self>, subtask: WaitableId) -> SubtaskState {
        st.subtask_state(subtask)
    }

    /// The last two lines of `Task.return_` (with a result) and of `Task.cancel`.
    fn resolve(
        st: &mut Store<'_, Self>,
        task: TaskId,
        result: Option<Option<Value>>,
    ) -> Result<(), Stop> {
        st.resolve(task, result)
    }

    /// `on_resolve` of `canon_lower`. `None`: the call was cancelled.
    fn on_resolve(
        st: &mut Store<'_, Self>,
        subtask: WaitableId,
        result: Option<Option<Value>>,
    ) -> Result<(), Stop> {
        st.on_resolve(subtask, result)
    }

    // Resources

    /// The `if h.own` of `canon_resource_drop`.
    fn call_destructor(
        st: &mut Store<'_, Self>,
        thread: ThreadId,
        rt: ResourceTypeId,
        rep: u32,
    ) -> Result<Outcome, Stop> {
        st.call_destructor(thread, rt, rep)
    }

    /// The alignment of the last `reallocate` of `store_probably_utf16_to_latin1_or_utf16`.
    fn shrink_alignment(st: &mut Store<'_, Self>) -> u64 {
        st.shrink_alignment()
    }

    // Whole definitions, conditions of traps, and the end

    /// A canonical definition, whole, after its first `trap_if`.
    fn canon(
        st: &mut Store<'_, Self>,
        thread: ThreadId,
        canon: &Canon,
        args: &Args<'_>,
    ) -> Result<Outcome, Stop> {
        st.canon(thread, canon, args)
    }

    /// Changes which conditions of traps hold at a place of the text. `conditions` has those that hold by the text, in their order.
    fn traps(
        st: &mut Store<'_, Self>,
        site: Site<'_>,
        conditions: &mut Vec<TrapIf>,
    ) -> Result<(), Stop> {
        let _ = (st, site, conditions);
        Ok(())
    }

    /// Returns the result of a task that an embedder has called, as the embedder sees it, once the task has returned.
    fn returned(st: &Store<'_, Self>, task: TaskId) -> Option<Option<Value>> {
        st.returned(task)
    }

    /// Whether something is left when a run is over, as an embedder can count it. `None`: it cannot be told.
    fn leftover(st: &mut Store<'_, Self>) -> Option<bool> {
        st.leftover()
    }

    // Conditions, continuations and events that only another machine makes

    /// Whether a condition of the machine's own holds ([`ReadyFunc::Own`]).
    fn own_ready(_: &Store<'_, Self>, _: u64) -> bool {
        unreachable!("{NOTHING_OWN}")
    }

    /// Returns the outcome of a built-in that has blocked with a [`Then::Own`], once its thread is resumed.
    fn own_then(_: &mut Store<'_, Self>, _: ThreadId, _: &Canon, _: u64) -> Result<Outcome, Stop> {
        unreachable!("{NOTHING_OWN}")
    }

    /// The event that a [`PendingEvent::Own`] makes.
    fn own_event(_: &mut Store<'_, Self>, _: WaitableId, _: u64) -> Result<EventTuple, Stop> {
        unreachable!("{NOTHING_OWN}")
    }
}

/// Why the own things of a machine are never asked for in one that has none.
const NOTHING_OWN: &str = "this machine makes nothing of its own";

/// The machine that does what the text says, and nothing else.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spec;

impl Machine for Spec {}
