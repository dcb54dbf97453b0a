//! Items at run time: what instances export, what instantiations are given.

use super::super::Unsupported;
use super::super::canon_defs::FuncInst;
use super::super::definition::{ComponentClosure, DEPTH, Depth, Module, Sort, too_deep};
use super::super::typedef::Type;
use super::super::types::{FuncType, ValType};
use std::collections::HashMap;
use std::sync::Arc;

/// A value that a component imports, exports, or gets from its start function, by its place in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ValueId(pub(crate) usize);

/// A component-level definition of an instance.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    Module(Module),
    Func(FuncInst),
    Value(ValueId, ValType),
    Type(Type),
    Component(ComponentClosure),
    Instance(Arc<Items>),
}

/// Items with names: the exports of a component instance, or the arguments of an instantiation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Items {
    names: Arc<Names>,
    items: Vec<Item>,
    depth: usize,
}

/// Distinct names, in order.
#[derive(Debug, Default)]
pub(crate) struct Names {
    ordered: Vec<Arc<str>>,
    places: HashMap<Arc<str>, usize>,
}

impl Names {
    /// Fails when a name comes twice.
    pub(crate) fn new<S: AsRef<str>>(
        names: impl IntoIterator<Item = S>,
    ) -> Result<Names, Unsupported> {
        let mut all = Names::default();
        for name in names {
            let name: Arc<str> = name.as_ref().into();
            if all.places.insert(name.clone(), all.ordered.len()).is_some() {
                return Err(Unsupported::new(format!("two definitions named {name}")));
            }
            all.ordered.push(name);
        }
        Ok(all)
    }

    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }
}

impl Items {
    /// Makes the items that the host gives.
    ///
    /// Fails when a name comes twice, or when instances are nested too deeply in each other.
    pub(crate) fn new<S: AsRef<str>>(
        items: impl IntoIterator<Item = (S, Item)>,
    ) -> Result<Items, Unsupported> {
        let (names, items): (Vec<S>, Vec<Item>) = items.into_iter().unzip();
        Items::named(Arc::new(Names::new(names)?), items)
    }

    /// One item for each name.
    pub(super) fn named(names: Arc<Names>, items: Vec<Item>) -> Result<Items, Unsupported> {
        let depth = 1 + items.iter().map(Depth::depth).max().unwrap_or(0);
        if depth > DEPTH {
            return Err(too_deep("instances"));
        }
        Ok(Items {
            names,
            items,
            depth,
        })
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Item> {
        self.items.get(self.names.place(name)?)
    }

    /// The items with their names, in order.
    #[cfg(test)]
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Item)> {
        let names = self.names.ordered.iter().map(|name| &**name);
        names.zip(&self.items)
    }
}

impl Item {
    pub(crate) fn sort(&self) -> Sort {
        match self {
            Item::Module(_) => Sort::Module,
            Item::Func(_) => Sort::Func,
            Item::Value(..) => Sort::Value,
            Item::Type(_) => Sort::Type,
            Item::Component(_) => Sort::Component,
            Item::Instance(_) => Sort::Instance,
        }
    }
}

impl Depth for Item {
    fn depth(&self) -> usize {
        match self {
            Item::Module(_) | Item::Func(_) | Item::Value(..) => 0,
            Item::Type(ty) => ty.depth(),
            Item::Component(component) => component.depth(),
            Item::Instance(instance) => instance.depth,
        }
    }
}

/// The type of a component function.
pub(crate) fn func_type(func: &FuncInst) -> &Arc<FuncType> {
    match func {
        FuncInst::Lift(lift) => &lift.ft,
        FuncInst::Host(_, ft) => ft,
    }
}
