//! Read access to the store for another machine: to the objects that the text speaks of. They cannot be changed through it.

use super::abi::SharedId;
use super::canon_defs::{Canon, InstanceId};
use super::edition::Edition;
use super::resources::{ResourceHandle, ResourceType};
use super::state::{Handle, ResourceHandleId, Table, Task, TaskId, Thread, ThreadId};
use super::store::Store;
use super::streams::Shared;
use super::types::ResourceTypeId;
use super::waitables::{SetId, Waitable, WaitableId, WaitableSet};

impl<M> Store<'_, M> {
    /// A thread.
    pub fn get_thread(&self, thread: ThreadId) -> &Thread {
        &self.threads[thread.0]
    }

    /// A task.
    pub fn get_task(&self, task: TaskId) -> &Task {
        &self.tasks[task.0]
    }

    /// The task that will be made next.
    pub fn next_task(&self) -> TaskId {
        TaskId(self.tasks.len())
    }

    /// Every task, in the order in which they were made.
    pub fn all_tasks(&self) -> impl Iterator<Item = TaskId> + use<M> {
        (0..self.tasks.len()).map(TaskId)
    }

    /// A waitable.
    pub fn get_waitable(&self, waitable: WaitableId) -> &Waitable {
        &self.waitables[waitable.0]
    }

    /// Every waitable, in the order in which they were made.
    pub fn all_waitables(
        &self,
    ) -> impl DoubleEndedIterator<Item = WaitableId> + ExactSizeIterator + use<M> {
        (0..self.waitables.len()).map(WaitableId)
    }

    /// A waitable set.
    pub fn get_waitable_set(&self, set: SetId) -> &WaitableSet {
        &self.sets[set.0]
    }

    /// Every waitable set, in the order in which they were made.
    pub fn all_waitable_sets(&self) -> impl Iterator<Item = SetId> + use<M> {
        (0..self.sets.len()).map(SetId)
    }

    /// The object that the two ends of a stream or future share.
    pub fn get_shared(&self, shared: SharedId) -> &Shared {
        &self.shared[shared.0]
    }

    /// A resource handle.
    pub fn get_resource(&self, handle: ResourceHandleId) -> &ResourceHandle {
        &self.resource_handles[handle.0]
    }

    /// A resource type.
    pub fn get_resource_type(&self, rt: ResourceTypeId) -> ResourceType {
        self.resource_types[rt.0]
    }

    /// The canonical definition with this number.
    pub fn get_canon(&self, builtin: usize) -> &Canon {
        &self.canons[builtin].1
    }

    /// `Store.waiting`: the one that has waited longest first.
    pub fn waiting(&self) -> &[ThreadId] {
        &self.waiting
    }

    /// `inst.handles`.
    pub fn handles(&self, inst: InstanceId) -> &Table<Handle> {
        &self.instances[inst.0].handles
    }

    /// Every component instance.
    pub fn all_instances(&self) -> impl Iterator<Item = InstanceId> + use<M> {
        (0..self.instances.len()).map(InstanceId)
    }

    /// `inst.exclusive_thread`.
    pub fn exclusive_thread(&self, inst: InstanceId) -> Option<ThreadId> {
        self.instances[inst.0].exclusive_thread
    }

    /// `inst.backpressure`.
    pub fn backpressure(&self, inst: InstanceId) -> u32 {
        self.instances[inst.0].backpressure
    }

    /// `inst.may_leave`, of an instance.
    pub fn may_instance_leave(&self, inst: InstanceId) -> bool {
        self.instances[inst.0].may_leave
    }

    /// The text that is followed.
    pub fn edition(&self) -> &Edition {
        &self.edition
    }

    /// Whether a trap has ended it, after which nothing runs any more.
    pub fn is_locked_down(&self) -> bool {
        self.lockdown
    }
}
