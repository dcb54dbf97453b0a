//! Which instance sees which, and a plan whose types are resolved: every handle type names a resource type that its
//! instance sees, and every channel is there.

use super::signature::{entry_signature, flat};
use super::wrap;
use crate::limits::{CHANNELS, ENTRY_PARAMS_ENCODED, INSTANCES};
use crate::plan::{Callee, Channel, CoreType, Entry, Instance, Lift, Plan, Signature, ValueType};
use spawndiff_corpus::Type;

/// Flat parameters of a function that is lowered `async`, at most (CanonicalABI.md, `MAX_FLAT_ASYNC_PARAMS`).
const MAX_FLAT_ASYNC_PARAMS: usize = 4;

/// The instances of a plan and how they stand to each other.
pub(crate) struct World {
    pub(super) instances: Vec<Instance>,
    pub(super) channels: Vec<Channel>,
    /// The instance that each one is nested in.
    parents: Vec<Option<usize>>,
    /// The places in the order in which an instance comes before those that are nested in it, and these before what stands
    /// after it: an instance sees only what has a later place.
    places: Vec<usize>,
    /// See [`World::outside`].
    outside: Vec<Vec<usize>>,
}

impl World {
    pub(crate) fn new(plan: &Plan) -> World {
        let mut instances: Vec<Instance> = plan.instances.iter().take(INSTANCES).cloned().collect();
        if instances.is_empty() {
            instances.push(Instance::default());
        }
        let parents = instances.iter().enumerate();
        let parents = parents
            .map(|(i, instance)| instance.parent.and_then(|parent| wrap(parent, i)))
            .collect();
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
            parents,
            places: Vec::new(),
            outside: Vec::new(),
        };
        world.places = world.find_places();
        world.outside = (0..world.instances.len())
            .map(|i| world.find_outside(i))
            .collect();
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

    /// Whether the top-level component has no code of its own, and the first instance is nested in it.
    pub(super) fn has_shell(&self) -> bool {
        (1..self.parents.len()).any(|i| self.parents[i].is_none())
    }

    /// The instances that are nested directly in this one, or in the component without code.
    pub(super) fn children(&self, parent: Option<usize>) -> Vec<usize> {
        (0..self.parents.len())
            .filter(|&i| self.parents[i] == parent)
            .collect()
    }

    /// An instance and all that are nested in it, the last first.
    pub(super) fn subtree(&self, i: usize) -> Vec<usize> {
        let within = |mut other: usize| {
            while other != i {
                match self.parents[other] {
                    Some(parent) => other = parent,
                    None => return false,
                }
            }
            true
        };
        let all = 0..self.parents.len();
        let mut subtree: Vec<usize> = all.filter(|&other| within(other)).collect();
        self.last_first(&mut subtree);
        subtree
    }

    fn find_places(&self) -> Vec<usize> {
        let mut places = vec![0; self.parents.len()];
        let mut waiting = self.children(None);
        waiting.reverse();
        let mut place = 0;
        while let Some(i) = waiting.pop() {
            places[i] = place;
            place += 1;
            waiting.extend(self.children(Some(i)).into_iter().rev());
        }
        places
    }

    /// Sorts instances so that each comes after all that it sees.
    fn last_first(&self, instances: &mut [usize]) {
        instances.sort_unstable_by_key(|&i| std::cmp::Reverse(self.places[i]));
    }

    fn find_outside(&self, i: usize) -> Vec<usize> {
        let siblings = self.children(self.parents[i]);
        let later = siblings.into_iter().filter(|&sibling| sibling > i);
        let mut outside: Vec<usize> = later.flat_map(|sibling| self.subtree(sibling)).collect();
        if let Some(parent) = self.parents[i] {
            outside.extend(self.find_outside(parent));
        }
        self.last_first(&mut outside);
        outside
    }

    /// What an instance sees that is not nested in it, the last first: its component imports them.
    pub(super) fn outside(&self, i: usize) -> &[usize] {
        &self.outside[i]
    }

    /// Everything that an instance sees, in order.
    pub(crate) fn visible(&self, i: usize) -> Vec<usize> {
        let mut visible = self.outside[i].clone();
        visible.extend(self.subtree(i).into_iter().filter(|&other| other != i));
        visible.sort_unstable();
        visible
    }

    /// A callee that the instance sees, if it sees any.
    pub(super) fn callee(&self, i: usize, callee: Callee) -> Option<Callee> {
        let visible = self.visible(i);
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
        let seen = owner == i || self.visible(i).contains(&owner);
        (seen && self.instances[owner].resource.is_some()).then_some(owner)
    }

    pub(super) fn channel(&self, channel: usize) -> Option<usize> {
        wrap(channel, self.channels.len())
    }

    /// A type that an entry of the instance can have as a parameter: one that whoever sees it can name.
    pub(super) fn resolve(&self, i: usize, ty: ValueType) -> ValueType {
        let handle = |owner: usize| {
            let owner = self.resource(i, owner)?;
            (owner == i || self.outside[i].contains(&owner)).then_some(owner)
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
            .any(|ty| is_text(*ty))
    }

    /// The core type of an entry that another instance has lowered (`flatten_functype`, `lower`).
    pub(super) fn lowered_signature(&self, callee: Callee, asynchronous: bool) -> Signature {
        let entry = self.entry(callee);
        let mut params = flat_params(entry);
        let mut results: Vec<CoreType> = entry.result.map(flat).unwrap_or_default().to_vec();
        if asynchronous {
            if params.len() > MAX_FLAT_ASYNC_PARAMS {
                params = vec![CoreType::I32];
            }
            params.extend(entry.result.map(|_| CoreType::I32));
            results = vec![CoreType::I32];
        } else if results.len() > 1 {
            params.push(CoreType::I32);
            results.clear();
        }
        Signature { params, results }
    }
}

/// Whether the flat parameters are too many for a function that is lowered `async`.
pub(super) fn spills(entry: &Entry) -> bool {
    flat_params(entry).len() > MAX_FLAT_ASYNC_PARAMS
}

fn flat_params(entry: &Entry) -> Vec<CoreType> {
    entry
        .params
        .iter()
        .flat_map(|&ty| flat(ty))
        .copied()
        .collect()
}

pub(crate) fn is_text(ty: ValueType) -> bool {
    match ty {
        ValueType::String | ValueType::Bytes => true,
        ValueType::Scalar(_) | ValueType::Own(_) | ValueType::Borrow(_) | ValueType::Channel(_) => {
            false
        }
    }
}

/// Whether an entry's type is `async`.
pub(super) fn is_async(entry: &Entry) -> bool {
    match entry.lift {
        Lift::SyncTyped(_) => false,
        Lift::Sync(_) | Lift::Stackful | Lift::Callback(_) => true,
    }
}

/// The type of an entry's post-return function: it takes what the core function returns.
pub(super) fn post_return_signature(entry: &Entry) -> Signature {
    Signature {
        params: entry_signature(entry).results,
        results: Vec::new(),
    }
}
