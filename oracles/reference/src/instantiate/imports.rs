//! Matching what is given against what is imported (Explainer.md, "Type Checking").
//!
//! An imported resource type stands for the one that was given from then on, in the types of what is imported after it: so
//! a type is evaluated over what was given, and must then be equal. An instance may export more than its type asks for.
//! Of components and core modules only the sort is looked at, and parameters have no names here.

use super::super::canon_defs::FuncInst;
use super::super::definition::{DEPTH, ExternType, Sort, no_such, too_deep};
use super::super::typedef::{Declarator, InstanceClosure, Type, TypeSpace};
use super::super::types::FuncType;
use super::{Build, Failure, Frame, Instantiation, Item, Items, Unlinkable, at};
use std::sync::Arc;

/// Where an item is that does not match.
enum Path<'a> {
    Import(&'a str),
    Export(&'a Path<'a>, &'a str),
}

impl Path<'_> {
    fn mismatch(&self, reason: impl Into<String>) -> Failure {
        Failure::Unlinkable(Unlinkable {
            name: self.name(),
            reason: reason.into(),
        })
    }

    /// The recursion is as deep as instances are nested, at most [`DEPTH`].
    fn name(&self) -> String {
        match self {
            Path::Import(name) => name.to_string(),
            Path::Export(instance, name) => format!("{}.{name}", instance.name()),
        }
    }
}

impl<B: Build> Instantiation<'_, B> {
    /// Takes an import from `args`.
    pub(super) fn import(
        &mut self,
        frame: &mut Frame<'_>,
        name: &str,
        ty: &ExternType,
        args: &Items,
    ) -> Result<(), Failure> {
        let path = Path::Import(name);
        let given = args.get(name).ok_or_else(|| path.mismatch("missing"))?;
        self.matches(ty, frame.type_space(), given, &path, 0)?;
        match ty {
            // Decoding knows it as the type that it equals.
            ExternType::TypeEq(_) => {}
            ExternType::Module
            | ExternType::Func(_)
            | ExternType::Value(_)
            | ExternType::SubResource
            | ExternType::Component
            | ExternType::Instance(_) => frame.push(given.clone()),
        }
        Ok(())
    }

    fn matches(
        &mut self,
        ty: &ExternType,
        types: TypeSpace<'_>,
        given: &Item,
        path: &Path<'_>,
        depth: usize,
    ) -> Result<(), Failure> {
        match (ty, given) {
            (ExternType::Module, Item::Module(_))
            | (ExternType::Component, Item::Component(_))
            | (ExternType::SubResource, Item::Type(Type::Resource(_))) => Ok(()),
            (ExternType::Func(ty), Item::Func(given)) => {
                let ty = types.get(ty)?;
                self.spend(ty.nodes())?;
                equal(fits(ty.func()?, given), "a function", path)
            }
            (ExternType::Value(ty), Item::Value(_, given)) => {
                let ty = types.get(ty)?;
                self.spend(ty.nodes())?;
                equal(ty.val()? == given, "a value", path)
            }
            (ExternType::TypeEq(ty), Item::Type(given)) => {
                let ty = types.get(ty)?;
                self.spend(ty.nodes())?;
                equal(ty.equals(given), "a type", path)
            }
            (ExternType::Instance(ty), Item::Instance(given)) => {
                let ty = types.get(ty)?.instance()?;
                self.instance(ty, given, path, depth)
            }
            (
                ExternType::Module
                | ExternType::Component
                | ExternType::SubResource
                | ExternType::Func(_)
                | ExternType::Value(_)
                | ExternType::TypeEq(_)
                | ExternType::Instance(_),
                _,
            ) => {
                let (asked, given) = (asked(ty), sort(given.sort()));
                Err(path.mismatch(format!("{asked} is asked for, and {given} is given")))
            }
        }
    }

    /// An instance against an instance type: the slots of the type are filled from the instance.
    fn instance(
        &mut self,
        ty: &InstanceClosure,
        given: &Arc<Items>,
        path: &Path<'_>,
        depth: usize,
    ) -> Result<(), Failure> {
        if depth >= DEPTH {
            return Err(too_deep("instances").into());
        }
        let mut local: Vec<Type> = Vec::new();
        let mut instances: Vec<&Arc<Items>> = Vec::new();
        for declarator in &ty.ty.declarators {
            self.spend(1)?;
            let types = TypeSpace {
                local: &local,
                captured: &ty.captured,
            };
            match declarator {
                Declarator::Type(ty) => {
                    self.spend(ty.steps())?;
                    local.push(ty.evaluate(types)?);
                }
                Declarator::AliasType { instance, name } => {
                    match at(&instances, *instance, "instance")?.get(name) {
                        Some(Item::Type(ty)) => local.push(ty.clone()),
                        _ => return Err(no_such("exported type").into()),
                    }
                }
                Declarator::AliasInstance { instance, name } => {
                    match at(&instances, *instance, "instance")?.get(name) {
                        Some(Item::Instance(instance)) => instances.push(instance),
                        _ => return Err(no_such("exported instance").into()),
                    }
                }
                Declarator::Export { name, ty } => {
                    let path = Path::Export(path, name);
                    let given = given.get(name).ok_or_else(|| path.mismatch("missing"))?;
                    self.matches(ty, types, given, &path, depth + 1)?;
                    match (ty, given) {
                        (ExternType::SubResource, Item::Type(ty)) => local.push(ty.clone()),
                        (ExternType::Instance(_), Item::Instance(instance)) => {
                            instances.push(instance);
                        }
                        _ => {}
                    }
                }
            }
        }
        Ok(())
    }
}

/// Whether a function can be imported as one of the type `ty`: it has that type. Of the host's, no one says whether they are
/// `async`.
fn fits(ty: &FuncType, given: &FuncInst) -> bool {
    match given {
        FuncInst::Lift(lift) => *ty == *lift.ft,
        FuncInst::Host(_, ft) => ty.params == ft.params && ty.result == ft.result,
    }
}

fn equal(equal: bool, what: &str, path: &Path<'_>) -> Result<(), Failure> {
    if equal {
        Ok(())
    } else {
        Err(path.mismatch(format!("{what} of another type is given")))
    }
}

fn asked(ty: &ExternType) -> &'static str {
    match ty {
        ExternType::SubResource => "a resource type",
        ExternType::Module => sort(Sort::Module),
        ExternType::Func(_) => sort(Sort::Func),
        ExternType::Value(_) => sort(Sort::Value),
        ExternType::TypeEq(_) => sort(Sort::Type),
        ExternType::Component => sort(Sort::Component),
        ExternType::Instance(_) => sort(Sort::Instance),
    }
}

fn sort(sort: Sort) -> &'static str {
    match sort {
        Sort::Module => "a core module",
        Sort::Func => "a function",
        Sort::Value => "a value",
        Sort::Type => "a type",
        Sort::Component => "a component",
        Sort::Instance => "an instance",
    }
}
