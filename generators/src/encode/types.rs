//! The component-level types of entries, in a component or in the type of an instance that it imports.

use super::assembly::Assembly;
use super::resolved::ResolvedPlan;
use crate::plan::{Channel, Entry, ValueType};
use spawndiff_corpus::Type;
use std::collections::BTreeMap;
use wasm_encoder::{
    Alias, ComponentDefinedTypeEncoder, ComponentOuterAliasKind, ComponentTypeRef,
    ComponentValType, InstanceType, PrimitiveValType, TypeBounds,
};

/// The name under which an instance exports its resource type.
pub(super) const RESOURCE: &str = "r";

/// A type that needs a definition of its own.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Defined {
    Bytes,
    /// Of the resource type with this index.
    Own(u32),
    Borrow(u32),
    Channel(Channel),
}

impl Defined {
    pub(super) fn encode(self, encoder: ComponentDefinedTypeEncoder<'_>) {
        match self {
            Defined::Bytes => encoder.list(PrimitiveValType::U8),
            Defined::Own(resource) => encoder.own(resource),
            Defined::Borrow(resource) => encoder.borrow(resource),
            Defined::Channel(channel) => {
                let element = channel.element;
                let element = element.map(|ty| ComponentValType::Primitive(primitive(ty)));
                match channel.future {
                    false => encoder.stream(element),
                    true => encoder.future(element),
                }
            }
        }
    }
}

pub(super) fn primitive(ty: Type) -> PrimitiveValType {
    match ty {
        Type::Bool => PrimitiveValType::Bool,
        Type::S8 => PrimitiveValType::S8,
        Type::U8 => PrimitiveValType::U8,
        Type::S16 => PrimitiveValType::S16,
        Type::U16 => PrimitiveValType::U16,
        Type::S32 => PrimitiveValType::S32,
        Type::U32 => PrimitiveValType::U32,
        Type::S64 => PrimitiveValType::S64,
        Type::U64 => PrimitiveValType::U64,
        Type::F32 => PrimitiveValType::F32,
        Type::F64 => PrimitiveValType::F64,
        Type::Char => PrimitiveValType::Char,
    }
}

/// Where types are defined.
pub(super) trait Types {
    /// The index of a defined type, defined if it is not there yet.
    fn defined(&mut self, ty: Defined) -> u32;
    /// The index of the resource type of an instance that is seen here.
    fn resource(&self, owner: usize) -> u32;
    /// The index of a new function type.
    fn function(
        &mut self,
        is_async: bool,
        params: &[(String, ComponentValType)],
        result: Option<ComponentValType>,
    ) -> u32;

    /// The encoded type of a value type that is resolved.
    fn value(&mut self, resolved: &ResolvedPlan, ty: ValueType) -> ComponentValType {
        let defined = match ty {
            ValueType::Scalar(ty) => return ComponentValType::Primitive(primitive(ty)),
            ValueType::String => return ComponentValType::Primitive(PrimitiveValType::String),
            ValueType::Bytes => Defined::Bytes,
            ValueType::Own(owner) => Defined::Own(self.resource(owner)),
            ValueType::Borrow(owner) => Defined::Borrow(self.resource(owner)),
            ValueType::Channel(channel) => Defined::Channel(resolved.channels[channel]),
        };
        ComponentValType::Type(self.defined(defined))
    }

    /// The type of an entry.
    fn entry(&mut self, resolved: &ResolvedPlan, entry: &Entry) -> u32 {
        let params = entry.params.iter().enumerate();
        let params: Vec<(String, ComponentValType)> = params
            .map(|(i, &ty)| (format!("p{i}"), self.value(resolved, ty)))
            .collect();
        let result = entry.result.map(|ty| self.value(resolved, ty));
        self.function(entry.is_async(), &params, result)
    }
}

/// A component in the making, and what it sees.
pub(super) struct Scope {
    pub(super) assembly: Assembly,
    /// The instance `host`.
    pub(super) host: u32,
    /// The instances that it sees, by the plan's numbers.
    pub(super) known: BTreeMap<usize, u32>,
    /// The resource types of these instances, and its own, by the plan's numbers.
    pub(super) resources: BTreeMap<usize, u32>,
    defined: Vec<(Defined, u32)>,
}

impl Scope {
    /// A component that imports the host, and these instances, the last first.
    pub(super) fn new(resolved: &ResolvedPlan, outside: &[usize]) -> Scope {
        let mut assembly = Assembly::new();
        let ty = assembly.instance_type(&host_type());
        let host = assembly.import_instance("host", ty);
        let mut scope = Scope {
            assembly,
            host,
            known: BTreeMap::new(),
            resources: BTreeMap::new(),
            defined: Vec::new(),
        };
        for &other in outside {
            let ty = scope.type_of(resolved, other);
            let ty = scope.assembly.instance_type(&ty);
            let instance = scope.assembly.import_instance(&instance_name(other), ty);
            scope.know(resolved, other, instance);
        }
        scope
    }

    /// Notes that the component now has the instance `other`, and under which index.
    pub(super) fn know(&mut self, resolved: &ResolvedPlan, other: usize, instance: u32) {
        self.known.insert(other, instance);
        if resolved.instances[other].resource.is_some() {
            let kind = wasm_encoder::ComponentExportKind::Type;
            let ty = self.assembly.alias(instance, RESOURCE, kind);
            self.resources.insert(other, ty);
        }
    }

    /// Forgets the types that were defined, since one of the resource types has another index now.
    pub(super) fn forget_types(&mut self) {
        self.defined.clear();
    }

    /// The type of an instance as it is imported here.
    fn type_of(&self, resolved: &ResolvedPlan, other: usize) -> InstanceType {
        let mut types = Imported {
            ty: InstanceType::new(),
            resources: BTreeMap::new(),
            defined: Vec::new(),
        };
        for (&owner, &index) in &self.resources {
            let local = types.ty.type_count();
            types.ty.alias(Alias::Outer {
                kind: ComponentOuterAliasKind::Type,
                count: 1,
                index,
            });
            types.resources.insert(owner, local);
        }
        let instance = &resolved.instances[other];
        if instance.resource.is_some() {
            let local = types.ty.type_count();
            let bounds = ComponentTypeRef::Type(TypeBounds::SubResource);
            types.ty.export(RESOURCE, bounds);
            types.resources.insert(other, local);
        }
        for (i, entry) in instance.entries.iter().enumerate() {
            let function = types.entry(resolved, entry);
            types
                .ty
                .export(format!("e{i}"), ComponentTypeRef::Func(function));
        }
        types.ty
    }
}

/// The name under which a component imports an instance, or exports one that is nested in it.
pub(super) fn instance_name(instance: usize) -> String {
    format!("i{instance}")
}

fn host_type() -> InstanceType {
    let mut host = InstanceType::new();
    let log = [
        ("point", PrimitiveValType::U32),
        ("value", PrimitiveValType::U64),
    ];
    host.ty().function().params(log).result(None);
    host.ty()
        .function()
        .params([("value", PrimitiveValType::U32)])
        .result(None);
    host.export("log", ComponentTypeRef::Func(0))
        .export("mark", ComponentTypeRef::Func(1));
    host
}

impl Types for Scope {
    fn defined(&mut self, ty: Defined) -> u32 {
        if let Some((_, index)) = self.defined.iter().find(|(other, _)| *other == ty) {
            return *index;
        }
        let (section, index) = self.assembly.ty();
        ty.encode(section.defined_type());
        self.defined.push((ty, index));
        index
    }

    fn resource(&self, owner: usize) -> u32 {
        self.resources[&owner]
    }

    fn function(
        &mut self,
        is_async: bool,
        params: &[(String, ComponentValType)],
        result: Option<ComponentValType>,
    ) -> u32 {
        let (section, index) = self.assembly.ty();
        let params = params.iter().map(|(name, ty)| (name.as_str(), *ty));
        section
            .function()
            .async_(is_async)
            .params(params)
            .result(result);
        index
    }
}

/// The type of an instance in the making.
struct Imported {
    ty: InstanceType,
    resources: BTreeMap<usize, u32>,
    defined: Vec<(Defined, u32)>,
}

impl Types for Imported {
    fn defined(&mut self, ty: Defined) -> u32 {
        if let Some((_, index)) = self.defined.iter().find(|(other, _)| *other == ty) {
            return *index;
        }
        let index = self.ty.type_count();
        ty.encode(self.ty.ty().defined_type());
        self.defined.push((ty, index));
        index
    }

    fn resource(&self, owner: usize) -> u32 {
        self.resources[&owner]
    }

    fn function(
        &mut self,
        is_async: bool,
        params: &[(String, ComponentValType)],
        result: Option<ComponentValType>,
    ) -> u32 {
        let index = self.ty.type_count();
        let params = params.iter().map(|(name, ty)| (name.as_str(), *ty));
        self.ty
            .ty()
            .function()
            .async_(is_async)
            .params(params)
            .result(result);
        index
    }
}
