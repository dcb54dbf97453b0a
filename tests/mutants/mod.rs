//! References with a mistake each: machines that do one thing of the text wrongly. A mutant plays an engine in the tests, which show
//! that the comparison with the plain machine finds it.

use spawndiff_corpus::Run;
use spawndiff_observation::RunObservation;
use spawndiff_reference::machine::wasmi::Val;
use spawndiff_reference::machine::{
    Activity, Args, BufferId, Canon, Continuation, Edition, EventTuple, Flow, Handle, InstanceId,
    Machine, Outcome, PendingEvent, ReadyFunc, ResourceTypeId, SetId, Site, Stop, Store, TaskId,
    TaskState, Then, ThreadId, TrapIf, WaitableId,
};
use spawndiff_reference::schedules::Fixed;
use spawndiff_reference::{Coverage, Reference};
use std::collections::HashSet;

/// A mistake that a reference makes in a test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mutant {
    /// None.
    #[default]
    None,
    /// A thread that is resumed as cancelled is told that it was not.
    LosesCancellation,
    /// A yield takes a pending cancellation, and says nothing of it.
    YieldSwallowsCancellation,
    /// `subtask.cancel` of a task that waits to start lets it start.
    CancelledTaskStarts,
    /// The event of a subtask that has started stays after it was delivered.
    EventTwice,
    /// `waitable-set.poll` finds nothing.
    PollFindsNothing,
    /// A waitable that is to leave its set stays in it.
    StaysInSet,
    /// A subtask can be dropped before it has resolved.
    DropsSubtaskEarly,
    /// The handle of a subtask goes when its task returns while one of its threads lives.
    FreesSubtaskEarly,
    /// The exclusive thread stays exclusive when it ends.
    StaysExclusive,
    /// An instance that was entered by another one stays entered.
    StaysEntered,
    /// Backpressure keeps nobody out.
    IgnoresBackpressure,
    /// `backpressure.dec` does nothing.
    KeepsBackpressure,
    /// The slots of a new task's first thread are those of the thread made last.
    InheritsContext,
    /// A call that has returned at once is given a handle as if it had only started.
    ReturnsHandle,
    /// A copy of several elements stops before the last.
    CopiesOneLess,
    /// A pending copy is not told that the other end was dropped.
    DropIsSilent,
    /// A resource that is lent can be dropped.
    ForgetsLends,
    /// The drop of a borrowed handle is not counted.
    KeepsBorrows,
    /// A destructor is not called.
    SkipsDestructor,
}

impl Mutant {
    /// Every mistake.
    pub const ALL: &'static [Mutant] = &[
        Mutant::LosesCancellation,
        Mutant::YieldSwallowsCancellation,
        Mutant::CancelledTaskStarts,
        Mutant::EventTwice,
        Mutant::PollFindsNothing,
        Mutant::StaysInSet,
        Mutant::DropsSubtaskEarly,
        Mutant::FreesSubtaskEarly,
        Mutant::StaysExclusive,
        Mutant::StaysEntered,
        Mutant::IgnoresBackpressure,
        Mutant::KeepsBackpressure,
        Mutant::InheritsContext,
        Mutant::ReturnsHandle,
        Mutant::CopiesOneLess,
        Mutant::DropIsSilent,
        Mutant::ForgetsLends,
        Mutant::KeepsBorrows,
        Mutant::SkipsDestructor,
    ];
}

/// A machine that makes a mistake.
#[derive(Debug, Default)]
pub struct MutatedMachine {
    mutant: Mutant,
    /// The implicit threads, and the slots that each of them has inherited.
    inherited: Vec<(ThreadId, [u64; 2])>,
    /// The thread that a core function was called in last.
    last: Option<ThreadId>,
    /// Those that have set a slot of their own.
    set: HashSet<ThreadId>,
}

/// The observation of a mutant on the fixed policy.
pub fn observe(reference: &Reference, run: &Run, mutant: Mutant) -> Option<RunObservation> {
    let machine = MutatedMachine {
        mutant,
        ..MutatedMachine::default()
    };
    let coverage = &mut Coverage::default();
    let edition = Edition::default();
    let (_, seen) = reference.run_with(machine, edition, run, &mut Fixed, &mut (), coverage);
    seen.ok()
}

type St<'a> = Store<'a, MutatedMachine>;

impl Machine for MutatedMachine {
    const ASSERTS: bool = false;

    fn resume_cont(
        st: &mut St<'_>,
        thread: ThreadId,
        cancelled: bool,
    ) -> Result<Option<ThreadId>, Stop> {
        let in_built_in = matches!(
            st.get_thread(thread).cont(),
            Some(Continuation::Core {
                then: Then::Cancelled,
                ..
            })
        );
        let loses = in_built_in && st.machine.mutant == Mutant::LosesCancellation;
        st.resume_cont(thread, cancelled && !loses)
    }

    fn wait_until(
        st: &mut St<'_>,
        thread: ThreadId,
        ready_func: ReadyFunc,
        cancellable: bool,
    ) -> Flow {
        let swallows = st.machine.mutant == Mutant::YieldSwallowsCancellation
            && ready_func == ReadyFunc::Always;
        if swallows && st.deliver_pending_cancel(thread, cancellable) {
            return Flow::Go(false);
        }
        st.wait_until(thread, ready_func, cancellable)
    }

    fn leave_to(st: &mut St<'_>, inst: InstanceId, caller: Option<InstanceId>) {
        if caller.is_none() || st.machine.mutant != Mutant::StaysEntered {
            st.leave_to(inst, caller);
        }
    }

    fn has_backpressure(st: &St<'_>, task: TaskId) -> bool {
        match st.machine.mutant {
            Mutant::IgnoresBackpressure => {
                let inst = st.get_task(task).inst();
                st.needs_exclusive(task) && st.exclusive_thread(inst).is_some()
            }
            _ => st.has_backpressure(task),
        }
    }

    fn exit_implicit_thread(st: &mut St<'_>, thread: ThreadId) -> Result<(), Stop> {
        match st.machine.mutant {
            Mutant::StaysExclusive => Self::unregister_thread(st, thread),
            _ => st.exit_implicit_thread(thread),
        }
    }

    fn begin_core_call(st: &mut St<'_>, thread: ThreadId, activity: &Activity) {
        if let Activity::Callee = activity
            && let Some(last) = st.machine.last
        {
            let slots = slots(st, last);
            st.machine.inherited.push((thread, slots));
        }
        st.machine.last = Some(thread);
        st.begin_core_call(thread, activity);
    }

    fn get_pending_event(st: &mut St<'_>, waitable: WaitableId) -> Result<EventTuple, Stop> {
        let event = st.get_pending_event(waitable)?;
        let unresolved = st.as_subtask(waitable).is_some() && !st.resolved(waitable);
        if unresolved && st.machine.mutant == Mutant::EventTwice {
            st.set_pending_event(waitable, PendingEvent::Subtask);
        }
        Ok(event)
    }

    fn join(st: &mut St<'_>, waitable: WaitableId, wset: Option<SetId>) {
        if wset.is_some() || st.machine.mutant != Mutant::StaysInSet {
            st.join(waitable, wset);
        }
    }

    fn request_cancellation(
        st: &mut St<'_>,
        task: TaskId,
        caller: Option<InstanceId>,
    ) -> Result<(), Stop> {
        let waits_to_start = st.get_task(task).state() == TaskState::Initial;
        match waits_to_start && st.machine.mutant == Mutant::CancelledTaskStarts {
            true => Ok(()),
            false => st.request_cancellation(task, caller),
        }
    }

    fn transfer(st: &mut St<'_>, from: BufferId, to: BufferId, n: u32) -> Result<(), Stop> {
        let less = n > 1 && st.machine.mutant == Mutant::CopiesOneLess;
        st.transfer(from, to, n - u32::from(less))
    }

    fn drop_end(st: &mut St<'_>, end: WaitableId) -> Result<(), Stop> {
        let shared = st.as_end(end).map(|end| end.shared());
        let pending = shared.is_some_and(|shared| st.pending_copy(shared).is_some());
        match pending && st.machine.mutant == Mutant::DropIsSilent {
            true => st.drop_waitable(end),
            false => st.drop_end(end),
        }
        Ok(())
    }

    fn lower_result(
        st: &mut St<'_>,
        thread: ThreadId,
        subtask: WaitableId,
    ) -> Result<Outcome, Stop> {
        let async_ = st.as_subtask(subtask).is_some_and(|it| it.opts().async_);
        match async_ && st.resolved(subtask) && st.machine.mutant == Mutant::ReturnsHandle {
            true => st.add_subtask(subtask),
            false => st.lower_result(thread, subtask),
        }
    }

    fn on_resolve(
        st: &mut St<'_>,
        subtask: WaitableId,
        result: Option<Option<spawndiff_reference::machine::Value>>,
    ) -> Result<(), Stop> {
        use spawndiff_reference::machine::OnCancel;
        st.on_resolve(subtask, result)?;
        let Some(it) = st.as_subtask(subtask) else {
            return Ok(());
        };
        if st.machine.mutant == Mutant::FreesSubtaskEarly
            && let (Some(OnCancel::Task(task)), Some(index)) = (it.on_cancel(), it.index())
            && st.get_task(task).threads().len() > 1
        {
            let inst = st.inst_of_subtask(subtask);
            st.remove_handle(inst, index)?;
        }
        Ok(())
    }

    fn call_destructor(
        st: &mut St<'_>,
        thread: ThreadId,
        rt: ResourceTypeId,
        rep: u32,
    ) -> Result<Outcome, Stop> {
        match st.machine.mutant {
            Mutant::SkipsDestructor => Ok(Outcome::nothing()),
            _ => st.call_destructor(thread, rt, rep),
        }
    }

    fn canon(
        st: &mut St<'_>,
        thread: ThreadId,
        canon: &Canon,
        args: &Args<'_>,
    ) -> Result<Outcome, Stop> {
        match (canon, st.machine.mutant) {
            (Canon::BackpressureDec, Mutant::KeepsBackpressure) => Ok(Outcome::nothing()),
            (Canon::WaitableSetPoll { memory, .. }, Mutant::PollFindsNothing) => {
                use spawndiff_reference::machine::EventCode;
                let (si, ptr) = (args.i32(0)?, args.word(1, memory.wide)?);
                st.get_set(st.inst_of(thread), si)?;
                let nothing = EventTuple(EventCode::None, 0, 0);
                st.unpack_event(thread, *memory, ptr, nothing)
            }
            (Canon::ContextSet { .. }, Mutant::InheritsContext) => {
                st.machine.set.insert(thread);
                st.canon(thread, canon, args)
            }
            (Canon::ContextGet { slot, wide }, Mutant::InheritsContext) => {
                let value = slots(st, thread)[*slot];
                Ok(Outcome::Return(vec![match wide {
                    true => Val::I64(value.cast_signed()),
                    false => Val::I32((value as u32).cast_signed()),
                }]))
            }
            (Canon::ResourceDrop(_), Mutant::KeepsBorrows) => {
                let (inst, i) = (st.inst_of(thread), args.i32(0)?);
                match st.get_handle(inst, i)? {
                    Handle::Resource(handle) if !st.get_resource(handle).own() => {
                        st.remove_handle(inst, i)?;
                        Ok(Outcome::nothing())
                    }
                    _ => st.canon(thread, canon, args),
                }
            }
            _ => st.canon(thread, canon, args),
        }
    }

    fn traps(st: &mut St<'_>, site: Site<'_>, conditions: &mut Vec<TrapIf>) -> Result<(), Stop> {
        match (site, st.machine.mutant) {
            (Site::SubtaskDrop(_), Mutant::DropsSubtaskEarly) => conditions.clear(),
            (Site::ResourceDrop(_), Mutant::ForgetsLends) => {
                conditions.retain(|it| *it != TrapIf::HandleLent);
            }
            _ => {}
        }
        Ok(())
    }
}

/// The slots of a thread: its own, or those that it has inherited.
fn slots(st: &St<'_>, thread: ThreadId) -> [u64; 2] {
    let inherited = st.machine.inherited.iter().find(|it| it.0 == thread);
    match inherited {
        Some((_, slots)) if !st.machine.set.contains(&thread) => *slots,
        Some(_) | None => st.get_thread(thread).storage(),
    }
}
