//! A plan whose types are resolved: every handle type names a resource type that its instance sees, and every channel is
//! there.

use crate::limits::{CHANNELS, ENTRY_PARAMS_ENCODED, INSTANCES};
use crate::plan::{Callee, Channel, Entry, Instance, Plan, Topology, ValueType, wrap};
use spawndiff_corpus::Type;

/// The instances of a plan, how they stand to each other, and the streams and futures that they share.
pub(super) struct World {
    pub(super) instances: Vec<Instance>,
    pub(super) channels: Vec<Channel>,
    pub(super) topology: Topology,
}

impl World {
    pub(super) fn new(plan: &Plan) -> World {
        let mut instances: Vec<Instance> = plan.instances.iter().take(INSTANCES).cloned().collect();
        if instances.is_empty() {
            instances.push(Instance::default());
        }
        let topology = Topology::new(&instances);
        let mut channels = plan.channels.clone();
        channels.truncate(CHANNELS);
        for channel in &mut channels {
            if channel.element == Some(Type::Char) {
                channel.element = Some(Type::U32);
            }
        }
        let mut world = World {
            instances,
            channels,
            topology,
        };
        for i in 0..world.instances.len() {
            let mut entries = std::mem::take(&mut world.instances[i].entries);
            for entry in &mut entries {
                world.resolve_entry(i, entry);
            }
            world.instances[i].entries = entries;
        }
        world
    }

    fn resolve_entry(&self, i: usize, entry: &mut Entry) {
        entry.params.truncate(ENTRY_PARAMS_ENCODED);
        for ty in &mut entry.params {
            *ty = self.resolve(i, *ty);
            if i == 0 && !matches!(ty, ValueType::Scalar(_)) {
                *ty = ValueType::Scalar(Type::U32);
            }
        }
        entry.result = entry.result.map(|ty| self.resolve_result(i, ty));
    }

    /// A callee that the instance sees, if it sees any.
    pub(super) fn callee(&self, i: usize, callee: Callee) -> Option<Callee> {
        let visible = self.topology.visible(i);
        let instance = match visible.contains(&callee.instance) {
            true => callee.instance,
            false => visible[wrap(callee.instance, visible.len())?],
        };
        let entry = wrap(callee.entry, self.instances[instance].entries.len())?;
        Some(Callee { instance, entry })
    }

    pub(super) fn entry(&self, callee: Callee) -> &Entry {
        &self.instances[callee.instance].entries[callee.entry]
    }

    /// The resource type that this means in the code of an instance.
    pub(super) fn resource(&self, i: usize, owner: usize) -> Option<usize> {
        let owner = wrap(owner, self.instances.len())?;
        let seen = owner == i || self.topology.visible(i).contains(&owner);
        (seen && self.instances[owner].resource.is_some()).then_some(owner)
    }

    pub(super) fn channel(&self, channel: usize) -> Option<usize> {
        wrap(channel, self.channels.len())
    }

    /// A type that an entry of the instance can have as a parameter: one that whoever sees it can name.
    pub(super) fn resolve(&self, i: usize, ty: ValueType) -> ValueType {
        let handle = |owner: usize| {
            let owner = self.resource(i, owner)?;
            (owner == i || self.topology.outside(i).contains(&owner)).then_some(owner)
        };
        let resolved = match ty {
            ValueType::Scalar(_) | ValueType::String | ValueType::Bytes => Some(ty),
            ValueType::Own(owner) => handle(owner).map(ValueType::Own),
            ValueType::Borrow(owner) => handle(owner).map(ValueType::Borrow),
            ValueType::Channel(channel) => self.channel(channel).map(ValueType::Channel),
        };
        resolved.unwrap_or(ValueType::Scalar(Type::U32))
    }

    /// The same for a result, which cannot be a borrow, and whose `own` handle is made anew.
    pub(super) fn resolve_result(&self, i: usize, ty: ValueType) -> ValueType {
        let ty = self.resolve(i, ty);
        if i == 0 && !matches!(ty, ValueType::Scalar(_)) {
            return ValueType::Scalar(Type::U32);
        }
        match ty {
            ValueType::Borrow(owner) | ValueType::Own(owner) if owner == i => ValueType::Own(i),
            ValueType::Borrow(_) | ValueType::Own(_) => ValueType::Scalar(Type::U32),
            ValueType::Scalar(_) | ValueType::String | ValueType::Bytes | ValueType::Channel(_) => {
                ty
            }
        }
    }

    /// Whether a string or list passes through the entries of an instance. All are lifted with a memory then.
    pub(super) fn is_textual(&self, i: usize) -> bool {
        let entries = self.instances[i].entries.iter();
        entries
            .flat_map(|entry| entry.params.iter().chain(&entry.result))
            .any(|ty| ty.is_text())
    }
}
