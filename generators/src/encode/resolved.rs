//! A plan whose types are resolved: every handle type names a resource type that its instance sees, and every channel is
//! there.

use crate::limits::{CHANNELS, ENTRY_PARAMS_ENCODED, INSTANCES};
use crate::plan::{Callee, Channel, Element, Entry, Instance, Plan, Topology, ValueType, wrap};
use spawndiff_corpus::Type;
use std::collections::BTreeMap;
use wasm_encoder::Module;

/// The instances of a plan, how they stand to each other, and the streams and futures that they share.
pub(super) struct ResolvedPlan {
    pub(super) instances: Vec<Instance>,
    pub(super) channels: Vec<Channel>,
    pub(super) topology: Topology,
    /// The modules that wasm-smith has made, by the number of their instance.
    pub(super) modules: BTreeMap<usize, Module>,
}

impl ResolvedPlan {
    pub(super) fn new(plan: &Plan) -> ResolvedPlan {
        let mut instances: Vec<Instance> = plan.instances.iter().take(INSTANCES).cloned().collect();
        if instances.is_empty() {
            instances.push(Instance::default());
        }
        instances.iter_mut().for_each(start_tables);
        let topology = Topology::new(&instances);
        let mut channels = plan.channels.clone();
        channels.truncate(CHANNELS);
        for channel in &mut channels {
            if channel.element == Some(Type::Char) {
                channel.element = Some(Type::U32);
            }
        }
        let mut resolved = ResolvedPlan {
            instances,
            channels,
            topology,
            modules: BTreeMap::new(),
        };
        for i in 0..resolved.instances.len() {
            let mut entries = std::mem::take(&mut resolved.instances[i].entries);
            for entry in &mut entries {
                resolved.resolve_entry(i, entry);
            }
            resolved.instances[i].entries = entries;
        }
        resolved
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

    /// The owner of the resource type that the number `owner` means in the code of an instance. `None` if the instance
    /// sees no such type.
    pub(super) fn resource(&self, i: usize, owner: usize) -> Option<usize> {
        let owner = wrap(owner, self.instances.len())?;
        let seen = owner == i || self.topology.visible(i).contains(&owner);
        (seen && self.instances[owner].resource.is_some()).then_some(owner)
    }

    pub(super) fn channel(&self, channel: usize) -> Option<usize> {
        wrap(channel, self.channels.len())
    }

    /// Returns a type that an entry of the instance can have as a parameter: one that every instance that sees the entry
    /// can name.
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

    /// Returns a type that an entry of the instance can have as its result, which cannot be a borrow, and whose `own`
    /// handle is made anew.
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

    /// Whether a string or list passes through the entries of an instance. If so, all its entries are lifted with a
    /// memory.
    pub(super) fn is_textual(&self, i: usize) -> bool {
        let entries = self.instances[i].entries.iter();
        entries
            .flat_map(|entry| entry.params.iter().chain(&entry.result))
            .any(|ty| ty.is_text())
    }
}

/// Makes the tables that start definitions name tables of `funcref`. CanonicalABI.md, `canon thread.new-indirect`, takes a table
/// whose element type matches `funcref`; the tools take `funcref` itself only (`findings/specification`).
fn start_tables(instance: &mut Instance) {
    for start in &instance.starts {
        if let Some(table) = wrap(start.table, instance.tables.len()) {
            instance.tables[table].element = Element::Func;
        }
    }
}
