//! Waitable sets, subtasks and what is lent to them.

use super::own::NEVER;
use super::turns::ready_func;
use super::wakes::{abandons_waiter, goes_on_stale};
use super::{Deviation, St, deviates, deviates_here, either, is_on, one_of};
use spawndiff_observation::Trap;
use spawndiff_reference::machine::{
    Caller, Cancelled, Continuation, EventCode, EventTuple, Flow, Handle, InstanceId, OnCancel,
    Outcome, ReadyFunc, SetId, Stop, TaskId, TaskState, ThreadId, TrapIf, WaitableId,
};

/// Before `waitable-set.{wait,poll}`: whether the event of the task's callback is taken.
pub(crate) fn takes_yield(st: &mut St<'_>, thread: ThreadId) -> bool {
    let takes = can_take_yield(st, thread) && deviates(st, Deviation::WaitTakesYield);
    let implicit = st.get_task(st.get_thread(thread).task()).implicit_thread();
    if let (true, Some(implicit)) = (takes, implicit) {
        st.machine.thread(implicit).robbed = true;
    }
    takes
}

/// Whether the task's callback is to be called after YIELD, with an event that is still there.
fn can_take_yield(st: &St<'_>, thread: ThreadId) -> bool {
    let task = st.get_thread(thread).task();
    let Some(implicit) = st.get_task(task).implicit_thread() else {
        return false;
    };
    let told =
        st.get_task(task).state() == TaskState::PendingCancel || st.machine.of_task(task).told_late;
    let yields = matches!(
        st.get_thread(implicit).cont(),
        Some(Continuation::CallbackYield)
    );
    !told && yields && !st.machine.of_thread(implicit).robbed
}

/// Where a thread is told of a cancellation: the callback is not, which was to be called with that.
pub(crate) fn robs_callback(st: &mut St<'_>, thread: ThreadId) {
    let task = st.get_thread(thread).task();
    let Some(implicit) = st.get_task(task).implicit_thread() else {
        return;
    };
    if implicit == thread || takes_yield(st, thread) {
        return;
    }
    let told_alone = st.machine.of_thread(implicit).told_alone;
    if told_alone && deviates(st, Deviation::WaitTakesYield) {
        st.machine.thread(implicit).robbed = true;
    }
}

/// Where a callback is to be called: whether its event was taken.
pub(crate) fn is_robbed(st: &mut St<'_>, thread: ThreadId) -> bool {
    std::mem::take(&mut st.machine.thread(thread).robbed)
}

/// After an event of the set was taken, or has left it with its waitable: those that wait for it do not look again.
pub(crate) fn goes_stale(st: &mut St<'_>, set: SetId) {
    if !is_on(st, Deviation::StaleWaitFails) || st.set_has_pending_event(set) {
        return;
    }
    for place in 0..st.waiting().len() {
        let waiter = st.waiting()[place];
        if let Some(ReadyFunc::SetEvent { set: other, .. }) = ready_func(st, waiter)
            && other == set
            && either(st)
        {
            goes_on_stale(st, waiter);
        }
    }
}

/// After an event of a waitable: it wakes one of the threads that wait for its set. Where that is one that waits for its
/// callback while another is exclusive, the others are not woken, ever.
pub(crate) fn wakes_one(st: &mut St<'_>, waitable: WaitableId) {
    let Some(set) = st.get_waitable(waitable).wset() else {
        return;
    };
    if !is_on(st, Deviation::WakesExcluded) {
        return;
    }
    let waits = |&thread: &ThreadId| match ready_func(st, thread) {
        Some(ReadyFunc::SetEvent {
            set: other,
            not_exclusive,
        }) if other == set => Some((thread, not_exclusive)),
        _ => None,
    };
    let waiters: Vec<_> = st.waiting().iter().filter_map(waits).collect();
    let excluded = |inst: InstanceId| st.exclusive_thread(inst).is_some();
    let one = waiters.iter().any(|(_, inst)| inst.is_some_and(excluded));
    let others = waiters.iter().filter(|(_, inst)| inst.is_none());
    let others: Vec<ThreadId> = others.map(|&(thread, _)| thread).collect();
    if !one || others.is_empty() || !deviates_here(st, Deviation::WakesExcluded) {
        return;
    }
    for thread in others {
        st.machine.thread(thread).forced = Some(false);
    }
}

/// `WaitableSet.wait_for_event_and`, after its wait.
pub(crate) fn waited_for_event(
    st: &mut St<'_>,
    thread: ThreadId,
    set: SetId,
    cancelled: Cancelled,
) -> Result<Flow<EventTuple>, Stop> {
    let waits_for_callback = st.machine.of_thread(thread).in_callback_wait;
    let set = match !waits_for_callback && can_take_yield(st, thread) {
        true => {
            was_stale(st, thread);
            set
        }
        false => set_waited_for(st, thread, set, cancelled)?,
    };
    if !waits_for_callback && takes_yield(st, thread) {
        // The wait has ended with what was meant for the callback.
        st.end_waiting(set);
        return Ok(Flow::Go(EventTuple(EventCode::None, 0, 0)));
    }
    if waits_for_callback && !cancelled && !st.set_has_pending_event(set) {
        // It was to be told of a cancellation, and another one was: it waits on.
        let not_exclusive = Some(st.inst_of(thread));
        st.start_waiting_internal(thread, ReadyFunc::SetEvent { set, not_exclusive });
        return Ok(st.block_internal(thread, true));
    }
    st.waited_for_event(thread, set, cancelled).map(Flow::Go)
}

/// The set that a thread which waited takes its event from; an error if it is resumed without one.
fn set_waited_for(
    st: &mut St<'_>,
    thread: ThreadId,
    set: SetId,
    cancelled: bool,
) -> Result<SetId, Trap> {
    if st.machine.dropped_sets.contains(&set) {
        deviates(st, Deviation::DropsWokenSet);
        return match cancelled {
            true => Ok(set),
            false => takes_what_is_in_its_place(st, set),
        };
    }
    was_stale(st, thread);
    let gone = !cancelled && !st.set_has_pending_event(set);
    match gone && deviates(st, Deviation::StaleWaitFails) {
        true => Err(Trap::SetHasWaiters),
        false => Ok(set),
    }
}

/// Where the set that a thread waits for was dropped ([`Deviation::DropsWokenSet`]): the engine remembers a place in a table of
/// its own. Another set may be there now that has an event; anything else is an internal error.
fn takes_what_is_in_its_place(st: &mut St<'_>, dropped: SetId) -> Result<SetId, Trap> {
    let since = st.all_waitable_sets().filter(|&other| other > dropped);
    let others: Vec<SetId> = since
        .filter(|&other| st.set_has_pending_event(other))
        .collect();
    let chosen = one_of(st, others.len() + 1);
    let Some(&other) = others.get(chosen) else {
        return Err(Trap::SubtaskNotResolved);
    };
    st.end_waiting(dropped);
    st.begin_waiting(other);
    Ok(other)
}

/// Where a thread goes on after a wait.
fn was_stale(st: &mut St<'_>, thread: ThreadId) {
    if std::mem::take(&mut st.machine.thread(thread).stale) {
        deviates(st, Deviation::StaleWaitFails);
    }
}

/// The conditions of `WaitableSet.drop`.
pub(crate) fn traps_of_set_drop(st: &mut St<'_>, set: SetId, conditions: &mut Vec<TrapIf>) {
    if conditions.contains(&TrapIf::SetHasWaiters) && drops_woken(st, set) {
        conditions.retain(|it| *it != TrapIf::SetHasWaiters);
    }
    if conditions.contains(&TrapIf::SetHasElements) {
        let elems = st.get_waitable_set(set).elems().to_vec();
        if !elems.into_iter().any(|elem| !forgets(st, elem)) {
            conditions.retain(|it| *it != TrapIf::SetHasElements);
        }
    }
}

/// Whether a set that threads wait for can be dropped: each of them was woken by an event that is gone.
fn drops_woken(st: &mut St<'_>, set: SetId) -> bool {
    let sleeps = |&waiting: &ThreadId| {
        matches!(
            ready_func(st, waiting),
            Some(ReadyFunc::SetEvent { set: other, .. }) if other == set
        )
    };
    let drops = is_on(st, Deviation::DropsWokenSet)
        && st.get_waitable_set(set).num_waiting() > 0
        && !st.waiting().iter().any(sleeps);
    if drops {
        st.machine.dropped_sets.insert(set);
    }
    drops
}

/// `Waitable.wait_for_pending_event`, after its wait.
pub(crate) fn waited_for_pending_event(
    st: &mut St<'_>,
    thread: ThreadId,
    waitable: WaitableId,
) -> Result<Outcome, Stop> {
    let stale = std::mem::take(&mut st.machine.thread(thread).stale);
    if stale && !st.has_pending_event(waitable) {
        return Err(super::internal_error::internal_error());
    }
    if !st.has_pending_event(waitable) {
        // Another one, which a deviation let wait or cancel beside it, has taken the event: it waits on.
        return st.wait_for_pending_event(thread, waitable);
    }
    st.waited_for_pending_event(thread, waitable)
}

/// Before the return of a task to the thread that called it.
pub(crate) fn fails_without_caller(st: &mut St<'_>, caller: ThreadId) -> bool {
    st.machine.of_thread(caller).ended && deviates_here(st, Deviation::OutlivedCallerFails)
}

/// The same, with the failure, of the caller of a subtask.
pub(crate) fn not_without_caller_of(st: &mut St<'_>, subtask: WaitableId) -> Result<(), Stop> {
    let caller = st.as_subtask(subtask).map(|subtask| subtask.thread());
    match caller.is_some_and(|caller| fails_without_caller(st, caller)) {
        true => Err(super::internal_error::internal_error()),
        false => Ok(()),
    }
}

/// Before a copy with another thread's.
pub(crate) fn fails_without_copier(st: &mut St<'_>, copier: ThreadId) -> bool {
    fails_without_caller(st, copier)
        || st.machine.of_thread(copier).ended && deviates_here(st, Deviation::OutlivedCopierFails)
}

/// Before the result of a task is lifted: the thread that called it is looked for even before that.
pub(crate) fn returns_without_caller(st: &mut St<'_>, task: TaskId) -> Result<(), Stop> {
    match *st.get_task(task).caller() {
        Caller::Subtask(subtask) => not_without_caller_of(st, subtask),
        Caller::Host { .. } | Caller::Core { .. } => Ok(()),
    }
}

/// After a call that has returned at once.
pub(crate) fn keeps_returned_call(st: &mut St<'_>, task: TaskId) {
    let ended = st.get_task(task).threads().is_empty();
    if ended && is_on(st, Deviation::KeepsReturnedCalls) {
        st.machine.kept_calls = true;
    }
}

/// Whether something is left when a run is over.
pub(crate) fn leftover(st: &mut St<'_>) -> Option<bool> {
    if !st.is_leftover_told() {
        return None;
    }
    if st.machine.kept_calls && deviates(st, Deviation::KeepsReturnedCalls) {
        return Some(true);
    }
    let (left, waitables) = st.left();
    let all_forgotten = |st: &mut St<'_>| waitables.into_iter().all(|it| forgets(st, it));
    Some(left > 0 || !all_forgotten(st))
}

/// Where a handle of a waitable is used: whether that fails.
pub(crate) fn forgets(st: &mut St<'_>, waitable: WaitableId) -> bool {
    let Some(subtask) = st.as_subtask(waitable) else {
        return false;
    };
    if st.machine.dropped_subtasks.contains(&waitable) {
        return true;
    }
    let (Some(OnCancel::Task(task)), None) = (subtask.on_cancel(), subtask.lenders()) else {
        return false;
    };
    st.get_task(task).threads().is_empty() && deviates_here(st, Deviation::ForgetsSubtasks)
}

/// What a handle of a subtask that the engine has forgotten may mean from now on: one that was made since, and is in its place.
pub(crate) fn means_another(
    st: &mut St<'_>,
    inst: InstanceId,
    index: u32,
    forgotten: WaitableId,
) -> Result<Option<WaitableId>, Stop> {
    let since = st.all_waitables().filter(|&other| other > forgotten);
    let others: Vec<WaitableId> = since
        .filter(|&other| super::places::has_handle(st, other))
        .collect();
    let chosen = one_of(st, others.len() + 1);
    let Some(&other) = chosen.checked_sub(1).and_then(|chosen| others.get(chosen)) else {
        return Ok(None);
    };
    st.remove_handle(inst, index)?;
    let added = st.add_handle(inst, Handle::Waitable(other))?;
    debug_assert_eq!(added, index, "a place that was freed last is used first");
    Ok(Some(other))
}

/// After a subtask was dropped: by another handle than its own, it is gone for that one.
pub(crate) fn was_dropped(st: &mut St<'_>, subtask: WaitableId) {
    if super::places::has_handle(st, subtask) {
        st.machine.dropped_subtasks.insert(subtask);
    }
}

/// Whether what is in the place of a subtask that the engine has forgotten may be another one that a thread waits for: also that
/// of a call under way.
pub(crate) fn is_another_waited_for(st: &St<'_>) -> bool {
    let waits_for = |waitable: WaitableId| match st.as_subtask(waitable) {
        Some(subtask) if !subtask.opts().async_ && subtask.lenders().is_some() => true,
        Some(_) | None => st.get_waitable(waitable).has_sync_waiter(),
    };
    st.machine.async_calls > 0 || st.all_waitables().any(waits_for)
}

/// `waitable.join` with 0 of a waitable that a thread waits for synchronously: the engine waits for it in a set of its own,
/// and that is what it leaves, so that the thread waits for ever.
pub(crate) fn traps_of_join(
    st: &mut St<'_>,
    waitable: WaitableId,
    si: u32,
    conditions: &mut Vec<TrapIf>,
) {
    if conditions.contains(&TrapIf::HasSyncWaiter)
        && si == 0
        && deviates(st, Deviation::LeavesWaiter)
    {
        abandons_waiter(st, waitable);
        st.has_no_sync_waiter(waitable);
        conditions.clear();
    }
}

/// Whether a condition of this machine's own holds.
pub(crate) fn own_ready(st: &St<'_>, key: u64) -> bool {
    let returned = |task: TaskId| st.get_task(task).state() == TaskState::Resolved;
    ReadyFunc::Own(key) != NEVER && st.all_tasks().nth(key as usize).is_some_and(returned)
}
