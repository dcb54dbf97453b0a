//! The runtime state of CanonicalABI.md: component instances, tables, threads, tasks.
//!
//! Names are those of `definitions.py`. What the specification refers to as objects lives in arenas of the
//! [`super::store::Store`] here and is named by its place there; a place is never used again.

use super::abi::{ErrorContextId, Value};
use super::canon_defs::{CanonicalOptions, InstanceId};
use super::types::FuncType;
use super::waitables::{SetId, WaitableId};
use crate::schedules::Label;
use std::sync::Arc;

/// A thread, by its place in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadId(pub(crate) usize);

/// A task, by its place in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub(crate) usize);

impl ThreadId {
    /// The place of the thread in the store. Places are given out one after the other, from 0.
    pub fn place(self) -> usize {
        self.0
    }
}

impl TaskId {
    /// The place of the task in the store. Places are given out one after the other, from 0.
    pub fn place(self) -> usize {
        self.0
    }
}

/// `class ComponentInstance`.
#[derive(Debug)]
pub(crate) struct ComponentInstance {
    pub(crate) parent: Option<InstanceId>,
    pub(crate) handles: Table<Handle>,
    pub(crate) threads: Table<ThreadId>,
    pub(crate) may_enter: bool,
    pub(crate) may_leave: bool,
    pub(crate) backpressure: u32,
    pub(crate) num_waiting_to_enter: u32,
    pub(crate) exclusive_thread: Option<ThreadId>,
}

impl ComponentInstance {
    pub(crate) fn new(parent: Option<InstanceId>) -> ComponentInstance {
        ComponentInstance {
            parent,
            handles: Table::new(),
            threads: Table::new(),
            may_enter: true,
            may_leave: true,
            backpressure: 0,
            num_waiting_to_enter: 0,
            exclusive_thread: None,
        }
    }
}

/// An entry of `ComponentInstance.handles`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handle {
    /// `class ResourceHandle`.
    Resource(ResourceHandleId),
    /// `class Waitable`: a subtask, or an end of a stream or future.
    Waitable(WaitableId),
    /// `class WaitableSet`.
    Set(SetId),
    /// `class ErrorContext`.
    ErrorContext(ErrorContextId),
}

/// A resource handle, by its place in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ResourceHandleId(pub(crate) usize);

/// `class Table`: indices start at 1, and the one that was freed last is given out first.
#[derive(Debug)]
pub struct Table<T> {
    array: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T: Copy> Table<T> {
    /// `Table.__init__`.
    pub(crate) fn new() -> Table<T> {
        Table {
            array: vec![None],
            free: Vec::new(),
        }
    }

    /// `Table.get`. `None` where the spec traps.
    pub fn get(&self, i: u32) -> Option<T> {
        self.array.get(i as usize).copied().flatten()
    }

    /// `Table.add`. `None` where the spec traps: the table is full.
    pub(crate) fn add(&mut self, e: T) -> Option<u32> {
        /// `Table.MAX_LENGTH`.
        const MAX_LENGTH: usize = (1 << 28) - 1;
        if let Some(i) = self.free.pop() {
            self.array[i as usize] = Some(e);
            return Some(i);
        }
        let i = self.array.len();
        if i > MAX_LENGTH {
            return None;
        }
        self.array.push(Some(e));
        Some(i as u32)
    }

    /// `Table.remove`. `None` where the spec traps.
    pub(crate) fn remove(&mut self, i: u32) -> Option<T> {
        let e = self.array.get_mut(i as usize)?.take()?;
        self.free.push(i);
        Some(e)
    }

    /// How many elements there are.
    pub(crate) fn len(&self) -> usize {
        self.array.len() - 1 - self.free.len()
    }

    /// The index of an element.
    pub fn index_of(&self, e: T) -> Option<u32>
    where
        T: PartialEq,
    {
        let found = self.array.iter().position(|other| *other == Some(e));
        found.map(|i| i as u32)
    }

    /// The elements, in the order of their indices.
    pub fn iter(&self) -> impl Iterator<Item = T> {
        self.array.iter().filter_map(|e| *e)
    }
}

/// `class Cancelled`.
pub type Cancelled = bool;

/// `class Thread`.
#[derive(Debug)]
pub struct Thread {
    /// The point where the thread goes on when it is resumed. `None`: the thread is running, or has ended.
    pub(crate) cont: Option<Continuation>,
    pub(crate) ready_func: Option<ReadyFunc>,
    pub(crate) task: TaskId,
    pub(crate) cancellable: bool,
    pub(crate) index: Option<u32>,
    pub(crate) storage: [u64; 2],
    /// The name of the thread and its place in its program, for the scheduler.
    pub(crate) label: Label,
}

impl Thread {
    /// `Thread.__init__`: suspended.
    pub(crate) fn new(task: TaskId, cont: Continuation, label: Label) -> Thread {
        Thread {
            cont: Some(cont),
            ready_func: None,
            task,
            cancellable: false,
            index: None,
            storage: [0, 0],
            label,
        }
    }

    /// `Thread.running`.
    pub fn running(&self) -> bool {
        self.cont.is_none()
    }

    /// `Thread.suspended`.
    pub fn suspended(&self) -> bool {
        !self.running() && self.ready_func.is_none()
    }

    /// `Thread.waiting`.
    pub fn waiting(&self) -> bool {
        !self.running() && self.ready_func.is_some()
    }

    /// Returns the point where the thread goes on when it is resumed. `None`: the thread is running, or has ended.
    pub fn cont(&self) -> Option<&Continuation> {
        self.cont.as_ref()
    }

    /// Returns the condition that the thread waits for, if it waits.
    pub fn ready_func(&self) -> Option<ReadyFunc> {
        self.ready_func
    }

    /// `Thread.task`.
    pub fn task(&self) -> TaskId {
        self.task
    }

    /// `Thread.cancellable`.
    pub fn cancellable(&self) -> bool {
        self.cancellable
    }

    /// `Thread.index`.
    pub fn index(&self) -> Option<u32> {
        self.index
    }

    /// `Thread.storage`.
    pub fn storage(&self) -> [u64; 2] {
        self.storage
    }
}

/// The conditions that a thread waits for: the functions that the specification gives to `Thread.wait_until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadyFunc {
    /// `lambda: True`.
    Always,
    /// `lambda: not has_backpressure()`, of `Task.enter_implicit_thread`.
    NoBackpressure(TaskId),
    /// `lambda: not inst.exclusive_thread`, of the callback loop.
    NotExclusive(InstanceId),
    /// `Subtask.resolved`.
    Resolved(WaitableId),
    /// `Waitable.has_pending_event`.
    PendingEvent(WaitableId),
    /// `ready_and_has_event` of `WaitableSet.wait_for_event_and`: that no thread of the instance is exclusive, if there is
    /// one, and that the set has an event.
    SetEvent {
        /// The set.
        set: SetId,
        /// The instance.
        not_exclusive: Option<InstanceId>,
    },
    /// A condition of a machine's own: the text has none.
    Own(u64),
}

/// Where in its `thread_func` a thread goes on.
#[derive(Debug)]
pub enum Continuation {
    /// The beginning of `canon_lift`'s `thread_func`.
    Implicit,
    /// After the wait of `Task.enter_implicit_thread`.
    Entered,
    /// The beginning of `canon_thread_new_indirect`'s `thread_func`.
    Explicit {
        /// The start function.
        callee: wasmi::Func,
        /// The arguments that the start function is called with: `c` in the text, whose start functions have one.
        args: Vec<wasmi::Val>,
    },
    /// In a built-in that core code called, and that has blocked.
    Core {
        /// The core call.
        call: Parked,
        /// Which core call of the `thread_func` it is.
        activity: Activity,
        /// The canonical definition, by its place in the store.
        builtin: usize,
        /// How the built-in goes on when its thread is resumed.
        then: Then,
    },
    /// In the callback loop of `canon_lift`, after `YIELD`.
    CallbackYield,
    /// In the callback loop of `canon_lift`, after `WAIT`.
    CallbackWait(SetId),
}

/// How a built-in that has blocked comes to its result when its thread is resumed.
#[derive(Clone, Copy, Debug)]
pub enum Then {
    /// The built-in returns whether the thread was cancelled.
    Cancelled,
    /// `canon_lower`, synchronous: after the wait for `Subtask.resolved`.
    Lower(WaitableId),
    /// `canon_waitable_set_wait`: after `WaitableSet.wait_for_event`. Its memory, and the address in it, are found again
    /// in the request.
    Wait {
        /// The set.
        set: SetId,
        /// The address for the event.
        ptr: u64,
    },
    /// After `Waitable.wait_for_pending_event`: the event's payload is the result.
    Event(WaitableId),
    /// Something of a machine's own: the text has none.
    Own(u64),
}

/// A core call that has called a built-in and waits for its results.
#[derive(Debug)]
pub enum Parked {
    /// wasmi can resume it.
    Wasm(Box<wasmi::ResumableCallHostTrap>),
    /// The function called was itself the built-in, so the built-in's results are the call's. (wasmi does not resume a
    /// host function that is called directly.)
    Direct,
}

/// Which core call of a `thread_func` is under way.
#[derive(Debug)]
pub enum Activity {
    /// The start function of an explicit thread.
    Start,
    /// The callee of `canon_lift`.
    Callee,
    /// `post-return`.
    PostReturn,
    /// The callback.
    Callback,
    /// A function that a built-in has called in the thread that called it ([`super::builtins::Outcome::Call`]): the text has none.
    Within(Box<Outer>),
}

/// The core call that is under way around another one of the same thread, and the built-in in it.
#[derive(Debug)]
pub struct Outer {
    pub(crate) call: Parked,
    pub(crate) activity: Activity,
    pub(crate) builtin: usize,
}

/// `class Task`.
#[derive(Debug)]
pub struct Task {
    pub(crate) ft: Arc<FuncType>,
    pub(crate) opts: CanonicalOptions,
    pub(crate) inst: InstanceId,
    /// The core function that is lifted; `None`: a destructor that is not there.
    pub(crate) callee: Option<wasmi::Func>,
    /// `on_start` and `on_resolve`.
    pub(crate) caller: Caller,
    pub(crate) state: TaskState,
    pub(crate) num_borrows: u32,
    pub(crate) implicit_thread: Option<ThreadId>,
    pub(crate) threads: Vec<ThreadId>,
}

/// The caller of a task: `on_start` takes its arguments from it, and `on_resolve` gives its result to it.
#[derive(Debug)]
pub enum Caller {
    /// The host. `Some(None)`: cancelled.
    Host {
        /// The arguments.
        args: Vec<Value>,
        /// The type of the result, if there is one.
        result: Option<Option<Option<Value>>>,
    },
    /// `canon_lower`.
    Subtask(WaitableId),
    /// Core values as they are: `realloc`, a start function.
    Core {
        /// The arguments.
        args: Vec<wasmi::Val>,
        /// The core results, once it has returned.
        results: Option<Vec<wasmi::Val>>,
    },
}

/// `class Task.State`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskState {
    /// `INITIAL`.
    Initial,
    /// `STARTED`.
    Started,
    /// `PENDING_CANCEL`.
    PendingCancel,
    /// `CANCEL_DELIVERED`.
    CancelDelivered,
    /// `RESOLVED`.
    Resolved,
}

impl Task {
    /// `Task.ft`.
    pub fn ft(&self) -> &FuncType {
        &self.ft
    }

    /// `Task.opts`.
    pub fn opts(&self) -> &CanonicalOptions {
        &self.opts
    }

    /// `Task.inst`.
    pub fn inst(&self) -> InstanceId {
        self.inst
    }

    /// `Task.state`.
    pub fn state(&self) -> TaskState {
        self.state
    }

    /// `Task.num_borrows`.
    pub fn num_borrows(&self) -> u32 {
        self.num_borrows
    }

    /// `Task.implicit_thread`.
    pub fn implicit_thread(&self) -> Option<ThreadId> {
        self.implicit_thread
    }

    /// `Task.threads`.
    pub fn threads(&self) -> &[ThreadId] {
        &self.threads
    }

    /// The caller of the task.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_gives_out_the_index_freed_last_and_never_zero() {
        let mut table = Table::new();
        assert_eq!(
            [table.add('a'), table.add('b'), table.add('c')],
            [Some(1), Some(2), Some(3)]
        );
        assert_eq!(table.remove(1), Some('a'));
        assert_eq!(table.remove(3), Some('c'));
        assert_eq!(table.remove(3), None);
        assert_eq!(
            [table.add('d'), table.add('e'), table.add('f')],
            [Some(3), Some(1), Some(4)]
        );
        assert_eq!(table.len(), 4);
        assert_eq!(table.get(0), None);
        assert_eq!(table.get(9), None);
        assert_eq!(table.iter().collect::<String>(), "ebdf");
    }
}
