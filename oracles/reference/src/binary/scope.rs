//! The index spaces of a component or an instance type while it is read.
//!
//! An index of the binary leads to a [`Use`] or to a slot. What exports and aliases give a second index has that very
//! use or slot again.

use super::super::Unsupported;
use super::super::definition::{
    ComponentClosure, CoreSort, Definition, Depth, ExternType, ItemUse, Module, Sort, Use, no_such,
};
use super::super::typedef::{Declarator, Type, TypeExpr, TypeSpace};
use super::component_sort;
use super::types::CoreType;
use wasmparser::{ComponentExternalKind, ComponentTypeRef, TypeBounds};

/// Definitions that a component may have, declarators of an instance type included.
const DEFINITIONS: usize = 100_000;

/// The kind of scope that is being read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Component,
    InstanceType,
}

pub(super) struct Scope {
    pub(super) kind: Kind,
    pub(super) types: Space<Type>,
    pub(super) modules: Space<Module>,
    pub(super) components: Space<ComponentClosure>,
    pub(super) core_types: Vec<CoreType>,
    pub(super) core_instances: Slots,
    pub(super) core_funcs: Slots,
    pub(super) core_tables: Slots,
    pub(super) core_memories: Slots,
    pub(super) core_globals: Slots,
    pub(super) core_tags: Slots,
    pub(super) funcs: Slots,
    pub(super) values: Slots,
    pub(super) instances: Slots,
    /// The definitions of a component.
    pub(super) definitions: Vec<Definition>,
    pub(super) exports: Vec<(String, ItemUse)>,
    /// The declarators of an instance type.
    pub(super) declarators: Vec<Declarator>,
    count: usize,
    nested: usize,
}

/// An index space of what may be known before run time.
pub(super) struct Space<T> {
    uses: Vec<Use<T>>,
    slots: usize,
    captures: Vec<Use<T>>,
    /// How deep the known items are nested.
    depth: usize,
}

/// An index space of what exists only at run time: a slot for each index.
#[derive(Default)]
pub(super) struct Slots {
    indices: Vec<usize>,
    slots: usize,
}

impl<T: Clone + Depth> Space<T> {
    fn new() -> Space<T> {
        Space {
            uses: Vec::new(),
            slots: 0,
            captures: Vec::new(),
            depth: 0,
        }
    }

    pub(super) fn get(&self, index: u32, what: &str) -> Result<Use<T>, Unsupported> {
        let found = self.uses.get(index as usize);
        found.cloned().ok_or_else(|| no_such(what))
    }

    pub(super) fn push(&mut self, new: Use<T>) {
        if let Use::Known(known) = &new {
            self.depth = self.depth.max(known.depth());
        }
        self.uses.push(new);
    }

    /// A new index for what will be in the next slot.
    pub(super) fn push_local(&mut self) {
        self.uses.push(Use::Local(self.slots));
        self.slots += 1;
    }

    /// Takes `outer`, a use of the scope around, into the scope.
    pub(super) fn capture(&mut self, outer: Use<T>) -> Use<T> {
        match outer {
            Use::Known(known) => Use::Known(known),
            Use::Local(_) | Use::Captured(_) => {
                self.captures.push(outer);
                Use::Captured(self.captures.len() - 1)
            }
        }
    }

    /// Returns the items that were captured, in terms of the scope around.
    pub(super) fn into_captures(self) -> Vec<Use<T>> {
        self.captures
    }
}

impl Slots {
    pub(super) fn get(&self, index: u32, what: &str) -> Result<usize, Unsupported> {
        let found = self.indices.get(index as usize);
        found.copied().ok_or_else(|| no_such(what))
    }

    /// A new index for what will be in the next slot.
    pub(super) fn push(&mut self) {
        self.indices.push(self.slots);
        self.slots += 1;
    }
}

impl Scope {
    pub(super) fn new(kind: Kind) -> Scope {
        Scope {
            kind,
            types: Space::new(),
            modules: Space::new(),
            components: Space::new(),
            core_types: Vec::new(),
            core_instances: Slots::default(),
            core_funcs: Slots::default(),
            core_tables: Slots::default(),
            core_memories: Slots::default(),
            core_globals: Slots::default(),
            core_tags: Slots::default(),
            funcs: Slots::default(),
            values: Slots::default(),
            instances: Slots::default(),
            definitions: Vec::new(),
            exports: Vec::new(),
            declarators: Vec::new(),
            count: 0,
            nested: 0,
        }
    }

    /// Counts one definition more.
    pub(super) fn count(&mut self) -> Result<(), Unsupported> {
        self.count += 1;
        if self.count > DEFINITIONS {
            let message = format!("more than {DEFINITIONS} definitions");
            return Err(Unsupported::new(message));
        }
        Ok(())
    }

    /// Records that something of this depth is part of a definition.
    pub(super) fn nests(&mut self, depth: usize) {
        self.nested = self.nested.max(depth);
    }

    /// How deep the things that the scope refers to are nested, the scope itself included.
    pub(super) fn depth(&self) -> usize {
        let spaces = self.types.depth.max(self.components.depth);
        1 + self.nested.max(spaces)
    }

    pub(super) fn define(&mut self, definition: Definition) {
        self.definitions.push(definition);
    }

    /// A type definition: evaluated at once if that can be.
    pub(super) fn define_type(&mut self, ty: TypeExpr) -> Result<(), Unsupported> {
        if ty.is_known() {
            let ty = ty.evaluate(TypeSpace::NONE)?;
            self.types.push(Use::Known(ty));
            return Ok(());
        }
        self.types.push_local();
        match self.kind {
            Kind::Component => self.definitions.push(Definition::Type(ty)),
            Kind::InstanceType => self.declarators.push(Declarator::Type(ty)),
        }
        Ok(())
    }

    pub(super) fn core_type(&self, index: u32) -> Result<&CoreType, Unsupported> {
        let ty = self.core_types.get(index as usize);
        ty.ok_or_else(|| no_such("core type"))
    }

    pub(super) fn core_items(&mut self, sort: CoreSort) -> &mut Slots {
        match sort {
            CoreSort::Func => &mut self.core_funcs,
            CoreSort::Table => &mut self.core_tables,
            CoreSort::Memory => &mut self.core_memories,
            CoreSort::Global => &mut self.core_globals,
            CoreSort::Tag => &mut self.core_tags,
        }
    }

    /// A new index for what will be in the next slot of its sort.
    pub(super) fn push_local(&mut self, sort: Sort) {
        match sort {
            Sort::Module => self.modules.push_local(),
            Sort::Func => self.funcs.push(),
            Sort::Value => self.values.push(),
            Sort::Type => self.types.push_local(),
            Sort::Component => self.components.push_local(),
            Sort::Instance => self.instances.push(),
        }
    }

    pub(super) fn item(
        &self,
        kind: ComponentExternalKind,
        index: u32,
    ) -> Result<ItemUse, Unsupported> {
        Ok(match component_sort(kind) {
            Sort::Module => ItemUse::Module(self.modules.get(index, "core module")?),
            Sort::Func => ItemUse::Func(self.funcs.get(index, "function")?),
            Sort::Value => ItemUse::Value(self.values.get(index, "value")?),
            Sort::Type => ItemUse::Type(self.types.get(index, "type")?),
            Sort::Component => ItemUse::Component(self.components.get(index, "component")?),
            Sort::Instance => ItemUse::Instance(self.instances.get(index, "instance")?),
        })
    }

    /// A new index for `item`.
    pub(super) fn again(&mut self, item: &ItemUse) {
        match item {
            ItemUse::Module(module) => self.modules.push(module.clone()),
            ItemUse::Func(slot) => self.funcs.indices.push(*slot),
            ItemUse::Value(slot) => self.values.indices.push(*slot),
            ItemUse::Type(ty) => self.types.push(ty.clone()),
            ItemUse::Component(component) => self.components.push(component.clone()),
            ItemUse::Instance(slot) => self.instances.indices.push(*slot),
        }
    }

    pub(super) fn extern_type(&self, ty: ComponentTypeRef) -> Result<ExternType, Unsupported> {
        Ok(match ty {
            ComponentTypeRef::Module(index) => {
                self.core_type(index)?;
                ExternType::Module
            }
            ComponentTypeRef::Func(index) => ExternType::Func(self.types.get(index, "type")?),
            ComponentTypeRef::Value(ty) => ExternType::Value(self.value_type(ty)?),
            ComponentTypeRef::Type(TypeBounds::Eq(index)) => {
                ExternType::TypeEq(self.types.get(index, "type")?)
            }
            ComponentTypeRef::Type(TypeBounds::SubResource) => ExternType::SubResource,
            ComponentTypeRef::Instance(index) => {
                ExternType::Instance(self.types.get(index, "type")?)
            }
            ComponentTypeRef::Component(index) => {
                self.types.get(index, "type")?;
                ExternType::Component
            }
        })
    }

    /// The new index of an import, or of an export that a type declares.
    pub(super) fn declare(&mut self, ty: &ExternType) {
        match ty {
            ExternType::Module => self.modules.push_local(),
            ExternType::Func(_) => self.funcs.push(),
            ExternType::Value(_) => self.values.push(),
            ExternType::TypeEq(ty) => self.types.push(ty.clone()),
            ExternType::SubResource => self.types.push_local(),
            ExternType::Component => self.components.push_local(),
            ExternType::Instance(_) => self.instances.push(),
        }
    }
}
