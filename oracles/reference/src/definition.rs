//! A decoded component: its definitions, in order (Explainer.md, "Component Definitions").
//!
//! Nothing in here belongs to a run: a component is decoded once and instantiated as often as one likes, by any thread.
//! An index of the binary is replaced by a [`Use`]: the thing itself where decoding knows it already (a core module, a
//! type without resources, a component that takes nothing from around it), a *slot* of the instantiation where it comes
//! to be only at run time, or a place among what the component *captured* from the components around it. A definition
//! that only gives something another index (an export, an alias of what is known) leaves no definition here.

use super::Unsupported;
use super::canon_defs::{Canon, Side, StringEncoding};
use super::exceptions::Part;
use super::instantiate::Names;
use super::typedef::{Type, TypeExpr};
use std::collections::HashMap;
use std::sync::Arc;

/// Levels: of components in components, types in types, instances in instances, instantiations in instantiations.
pub(crate) const DEPTH: usize = 100;

/// A component.
#[derive(Debug)]
pub(crate) struct Component {
    pub(crate) definitions: Vec<Definition>,
    pub(crate) exports: Record,
    /// The levels of nesting of what the component refers to, the component itself included.
    pub(crate) depth: usize,
}

/// A named bundle.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) names: Arc<Names>,
    pub(crate) items: Vec<ItemUse>,
}

/// The meaning of an index within a scope.
#[derive(Clone, Debug)]
pub(crate) enum Use<T> {
    /// An item that is the same in every instance.
    Known(T),
    /// The item in a slot of the scope, by the place of the slot.
    Local(usize),
    /// The item that the scope has taken from the scope around it, by its place among the captured ones.
    Captured(usize),
}

/// A core module, compiled.
#[derive(Clone, Debug)]
pub(crate) struct Module {
    pub(crate) wasm: wasmi::Module,
    /// The export that was the start function of the module.
    pub(crate) start: Option<Arc<str>>,
    /// The parts of the keep of exceptions that the module imports.
    pub(crate) keep: Arc<[Part]>,
    /// The size of the module's binary, in bytes. The space that an instance of the module takes, memories and tables aside, grows
    /// with it.
    pub(crate) size: usize,
}

/// A component, with what it has taken from the instances of the components around it.
#[derive(Clone, Debug)]
pub(crate) struct ComponentClosure {
    pub(crate) component: Arc<Component>,
    pub(crate) captured: Arc<Captured>,
}

/// The items that a component has captured, by sort.
#[derive(Debug, Default)]
pub(crate) struct Captured {
    pub(crate) types: Vec<Type>,
    pub(crate) modules: Vec<Module>,
    pub(crate) components: Vec<ComponentClosure>,
    depth: usize,
}

/// The items that a component captures, in terms of the component that defines it.
#[derive(Debug)]
pub(crate) struct Captures {
    pub(crate) types: Vec<Use<Type>>,
    pub(crate) modules: Vec<Use<Module>>,
    pub(crate) components: Vec<Use<ComponentClosure>>,
}

/// A definition. Unless it says otherwise, it fills the next slot of its sort.
#[derive(Debug)]
pub(crate) enum Definition {
    /// Fills a slot, but for a type that it bounds by equality.
    Import {
        name: Arc<str>,
        ty: ExternType,
    },
    CoreInstance(CoreInstance),
    /// An export of a core instance.
    CoreAlias {
        sort: CoreSort,
        instance: usize,
        name: Arc<str>,
    },
    Type(TypeExpr),
    /// A component that captures something.
    Component(Arc<Component>, Captures),
    Instance(Instance),
    /// An export of an instance.
    Alias {
        sort: Sort,
        instance: usize,
        name: Arc<str>,
    },
    Lift {
        callee: usize,
        ft: Use<Type>,
        opts: Options,
    },
    /// Fills a slot of the core functions.
    Canon(CanonExpr),
    /// Fills as many slots of the values as it has results.
    Start {
        func: usize,
        args: Vec<usize>,
        results: usize,
    },
}

/// The type of an import, or of an export of an instance type (Binary.md, `externtype`).
#[derive(Clone, Debug)]
pub(crate) enum ExternType {
    Module,
    Func(Use<Type>),
    Value(Use<Type>),
    /// A type that equals another.
    TypeEq(Use<Type>),
    /// A resource type.
    SubResource,
    Component,
    Instance(Use<Type>),
}

/// A core instance.
#[derive(Debug)]
pub(crate) enum CoreInstance {
    /// A module, with the instance for each name that it imports from.
    Instantiate {
        module: Use<Module>,
        args: HashMap<String, usize>,
    },
    FromExports {
        names: Arc<Names>,
        items: Vec<CoreItem>,
    },
}

/// A core definition, by its slot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CoreItem {
    pub(crate) sort: CoreSort,
    pub(crate) slot: usize,
}

/// The sorts of what a core module exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CoreSort {
    Func,
    Table,
    Memory,
    Global,
    Tag,
}

/// A component instance.
#[derive(Debug)]
pub(crate) enum Instance {
    Instantiate {
        component: Use<ComponentClosure>,
        args: Record,
    },
    FromExports(Record),
}

/// A definition that is given a name.
#[derive(Clone, Debug)]
pub(crate) enum ItemUse {
    Module(Use<Module>),
    Func(usize),
    Value(usize),
    Type(Use<Type>),
    Component(Use<ComponentClosure>),
    Instance(usize),
}

/// The sorts of what a component exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    Module,
    Func,
    Value,
    Type,
    Component,
    Instance,
}

/// `canonopt`s: core functions and memories by their slots.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    pub(crate) string_encoding: StringEncoding,
    pub(crate) memory: Option<usize>,
    pub(crate) realloc: Option<usize>,
    pub(crate) post_return: Option<usize>,
    pub(crate) async_: bool,
    pub(crate) callback: Option<usize>,
}

/// A canonical definition that makes a core function. What needs nothing of the instance is a [`Canon`] already.
#[derive(Debug)]
pub(crate) enum CanonExpr {
    Known(Canon),
    Lower {
        func: usize,
        opts: Options,
    },
    ResourceNew(Use<Type>),
    ResourceDrop(Use<Type>),
    ResourceRep(Use<Type>),
    TaskReturn {
        result: Option<Use<Type>>,
        opts: Options,
    },
    WaitableSetWait {
        cancellable: bool,
        memory: usize,
    },
    WaitableSetPoll {
        cancellable: bool,
        memory: usize,
    },
    EndsNew(EndsType),
    Copy {
        ty: EndsType,
        side: Side,
        opts: Options,
    },
    CancelCopy {
        ty: EndsType,
        side: Side,
        async_: bool,
    },
    DropEnd {
        ty: EndsType,
        side: Side,
    },
    ErrorContextNew(Options),
    ErrorContextDebugMessage(Options),
    ThreadNewIndirect {
        ft: wasmi::FuncType,
        table: usize,
    },
    ThreadSpawnIndirect {
        ft: wasmi::FuncType,
        table: usize,
    },
}

/// The type that a built-in of streams or futures names.
#[derive(Debug)]
pub(crate) enum EndsType {
    Stream(Use<Type>),
    Future(Use<Type>),
}

/// How many levels of shared parts something has. Parts are freed level by level, on the stack.
pub(crate) trait Depth {
    fn depth(&self) -> usize;
}

impl Depth for Module {
    fn depth(&self) -> usize {
        0
    }
}

impl Depth for ComponentClosure {
    fn depth(&self) -> usize {
        self.component.depth + self.captured.depth
    }
}

impl Captured {
    pub(crate) fn new(
        types: Vec<Type>,
        modules: Vec<Module>,
        components: Vec<ComponentClosure>,
    ) -> Captured {
        let depths = types.iter().map(Depth::depth);
        let depths = depths.chain(components.iter().map(Depth::depth));
        let depth = depths.max().unwrap_or(0);
        Captured {
            types,
            modules,
            components,
            depth,
        }
    }
}

impl ComponentClosure {
    pub(crate) fn new(
        component: Arc<Component>,
        captured: Captured,
    ) -> Result<ComponentClosure, Unsupported> {
        let closure = ComponentClosure {
            component,
            captured: Arc::new(captured),
        };
        if closure.depth() > DEPTH {
            return Err(too_deep("components"));
        }
        Ok(closure)
    }
}

impl Captures {
    pub(crate) fn is_empty(&self) -> bool {
        self.types.is_empty() && self.modules.is_empty() && self.components.is_empty()
    }
}

impl Definition {
    /// About how many steps it takes, without what an instantiation in it takes.
    pub(crate) fn steps(&self) -> usize {
        1 + match self {
            Definition::CoreInstance(CoreInstance::Instantiate { args, .. }) => args.len(),
            Definition::CoreInstance(CoreInstance::FromExports { items, .. }) => items.len(),
            Definition::Instance(Instance::Instantiate { args, .. }) => args.items.len(),
            Definition::Instance(Instance::FromExports(exports)) => exports.items.len(),
            Definition::Component(_, captures) => {
                captures.types.len() + captures.modules.len() + captures.components.len()
            }
            Definition::Type(ty) => ty.steps(),
            Definition::Start { args, results, .. } => args.len() + results,
            Definition::Import { .. }
            | Definition::CoreAlias { .. }
            | Definition::Alias { .. }
            | Definition::Lift { .. }
            | Definition::Canon(_) => 0,
        }
    }
}

impl<T> Use<T> {
    /// Returns the item that the index means, given the slots and the captured items of the scope. It fails where there is no such
    /// item.
    pub(crate) fn resolve<'a>(
        &'a self,
        local: &'a [T],
        captured: &'a [T],
    ) -> Result<&'a T, Unsupported> {
        match self {
            Use::Known(known) => Some(known),
            Use::Local(slot) => local.get(*slot),
            Use::Captured(place) => captured.get(*place),
        }
        .ok_or_else(|| no_such("slot"))
    }

    pub(crate) fn known(&self) -> Option<&T> {
        match self {
            Use::Known(known) => Some(known),
            Use::Local(_) | Use::Captured(_) => None,
        }
    }
}

pub(crate) fn no_such(what: &str) -> Unsupported {
    Unsupported::new(format!("an index that names no {what}"))
}

pub(crate) fn too_deep(what: &str) -> Unsupported {
    Unsupported::new(format!("{what} nested deeper than {DEPTH}"))
}
