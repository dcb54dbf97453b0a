//! An instance in the making, with the facts about it that drawing needs.

use super::choices::Draw;
use crate::mix::Mix;
use crate::plan::signature::{entry_signature, import_signature};
use crate::plan::{Call, Channel, Import, Instance, Item, Topology};
use crate::weight::Weight;

/// An instance in the making.
pub(super) struct Builder<'s, 'u, 'b> {
    pub(super) draw: &'s mut Draw<'u, 'b>,
    pub(super) mix: Mix,
    /// The instance itself, and its number.
    pub(super) instance: Instance,
    pub(super) number: usize,
    /// All instances. Of this instance, and of those that are not drawn yet, only the place in the topology is there.
    pub(super) instances: &'s [Instance],
    pub(super) topology: &'s Topology,
    /// The numbers of the instances that this instance sees.
    pub(super) visible: Vec<usize>,
    pub(super) channels: &'s [Channel],
    /// Whether spawn definitions are allowed.
    pub(super) spawn: bool,
    /// The runs, each the calls of its entries. Only the first instance has any.
    pub(super) runs: Vec<Vec<Call>>,
    /// For each table: the items that it holds after instantiation.
    pub(super) contents: Vec<Vec<Item>>,
    /// For each program function: its role.
    pub(super) roles: Vec<Role>,
    /// For each entry: where its task returns.
    pub(super) returns: Vec<Return>,
    /// For each entry: whether it makes a mistake.
    pub(super) unlucky: Vec<bool>,
}

/// The role that a program function plays, which drawing gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A thread or a callee. `wakes`: it ends by resuming the thread in slot 0.
    Program { wakes: bool },
    /// Started by an entry to call `task.return`.
    Returner { entry: usize },
    /// Not right-typed: a callee, and a mistake as a start function.
    Callee,
}

/// Where the task of an entry returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Return {
    /// At the end of the core function, with its value.
    Value,
    Early,
    Middle,
    Late,
    /// In a started thread: this function.
    Thread(usize),
    /// In the last call of the callback.
    Callback,
}

impl Builder<'_, '_, '_> {
    /// True as often as the percentage says that the mix has for this weight.
    pub(super) fn chance(&mut self, weight: Weight) -> bool {
        self.draw.chance(self.mix.weight(weight))
    }

    /// Whether there are other instances to call, streams, futures or resources.
    pub(super) fn has_peers(&self) -> bool {
        !self.visible.is_empty() || !self.channels.is_empty() || self.instance.resource.is_some()
    }

    /// Whether a thread started with this entry does something useful for certain.
    pub(super) fn is_safe_start(&self, item: Item) -> bool {
        match item {
            Item::Function(f) => matches!(self.roles[f], Role::Program { .. }),
            Item::Import(import) => matches!(import, Import::Mark | Import::ContextSet(_)),
            Item::Null | Item::Entry(_) => false,
        }
    }

    /// Whether a thread started with this entry ends by waking the thread in slot 0.
    pub(super) fn wakes(&self, item: Item) -> bool {
        matches!(item, Item::Function(f) if self.roles[f] == Role::Program { wakes: true })
    }

    /// Whether `thread.new-indirect` accepts this entry.
    pub(super) fn is_right_typed(&self, item: Item) -> bool {
        match item {
            Item::Null => false,
            Item::Function(f) => {
                self.instance.signatures[self.instance.functions[f].signature].is_start()
            }
            Item::Entry(e) => entry_signature(&self.instance.entries[e]).is_start(),
            Item::Import(import) => {
                import_signature(import, &[]).is_some_and(|signature| signature.is_start())
            }
        }
    }
}
