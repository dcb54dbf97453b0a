//! Type definitions (Explainer.md, "Type Definitions"): what decoding makes of them, and how they are evaluated.
//!
//! A type that depends on no import and no resource is the same in every instance, so it is evaluated once, while
//! decoding. Of any other, decoding keeps an expression over the scope's *slots*: the types that exist only at run time.
//! Nothing is validated here beyond what keeps evaluation, and whoever walks a type, within bounds.

mod extent;

use super::Unsupported;
use super::definition::{DEPTH, Depth, ExternType, Use, too_deep};
use super::types::{FuncType, ResourceTypeId, ValType};
use extent::Extent;
use std::sync::Arc;

/// Labels of a `flags` type (Binary.md, `defvaltype`).
const FLAGS: usize = 32;

/// A type, evaluated.
#[derive(Clone, Debug)]
pub(crate) enum Type {
    Val(ValType, Extent),
    Func(Arc<FuncType>, Extent),
    Resource(ResourceTypeId),
    Instance(Arc<InstanceClosure>),
    /// A component type. Nothing in one is needed to run a component, so nothing of it is kept.
    Component,
}

/// An instance type, with what it takes from the scopes around it.
#[derive(Debug)]
pub(crate) struct InstanceClosure {
    pub(crate) ty: Arc<InstanceType>,
    pub(crate) captured: Vec<Type>,
    depth: usize,
}

/// An instance type: its declarators, in order.
#[derive(Debug)]
pub(crate) struct InstanceType {
    pub(crate) declarators: Vec<Declarator>,
    pub(crate) depth: usize,
}

/// A declarator of an instance type, as far as it matters when an instance is matched against the type.
#[derive(Debug)]
pub(crate) enum Declarator {
    /// Fills a slot.
    Type(TypeExpr),
    /// The type that an instance declared before exports. Fills a slot.
    AliasType { instance: usize, name: Arc<str> },
    /// The instance that an instance declared before exports.
    AliasInstance { instance: usize, name: Arc<str> },
    /// An exported type fills a slot if it is a resource type.
    Export { name: Arc<str>, ty: ExternType },
}

/// A type definition that depends on a slot or makes a resource type.
#[derive(Debug)]
pub(crate) enum TypeExpr {
    Val(ValExpr),
    Func(FuncExpr),
    /// A resource type, and the core function that is its destructor. It is not for [`TypeExpr::evaluate`]: only an
    /// instantiation makes one.
    Resource {
        dtor: Option<usize>,
    },
    Instance {
        ty: Arc<InstanceType>,
        captures: Vec<Use<Type>>,
    },
}

/// A defined value type that contains others.
#[derive(Debug)]
pub(crate) enum ValExpr {
    List(Use<Type>, Option<u32>),
    Map(Use<Type>, Use<Type>),
    Record(Vec<(String, Use<Type>)>),
    Tuple(Vec<Use<Type>>),
    Variant(Vec<(String, Option<Use<Type>>)>),
    Option(Use<Type>),
    Result {
        ok: Option<Use<Type>>,
        err: Option<Use<Type>>,
    },
    Own(Use<Type>),
    Borrow(Use<Type>),
    Stream(Option<Use<Type>>),
    Future(Option<Use<Type>>),
}

/// A component function type.
#[derive(Debug)]
pub(crate) struct FuncExpr {
    pub(crate) params: Vec<Use<Type>>,
    pub(crate) result: Option<Use<Type>>,
    pub(crate) async_: bool,
}

/// The types that a scope has at run time.
#[derive(Clone, Copy)]
pub(crate) struct TypeSpace<'a> {
    pub(crate) local: &'a [Type],
    pub(crate) captured: &'a [Type],
}

impl Type {
    /// A value type that contains no other.
    pub(crate) fn leaf(ty: ValType) -> Type {
        let flat = match ty {
            ValType::String => 2,
            _ => 1,
        };
        Type::Val(ty, Extent::leaf(flat))
    }

    /// An `enum` or a `flags` type.
    pub(crate) fn labels(
        make: fn(Arc<[String]>) -> ValType,
        labels: &[&str],
    ) -> Result<Type, Unsupported> {
        let ty = make(labels.iter().map(|label| label.to_string()).collect());
        if labels.is_empty() {
            return Err(empty());
        }
        if labels.len() > FLAGS && matches!(ty, ValType::Flags(_)) {
            return Err(Unsupported::new(format!(
                "flags of more than {FLAGS} labels"
            )));
        }
        Ok(Type::leaf(ty))
    }

    /// The value type that it is.
    pub(crate) fn val(&self) -> Result<&ValType, Unsupported> {
        Ok(self.sized()?.0)
    }

    /// The value type that it is, if flattening it stays within bounds.
    pub(crate) fn flat_val(&self) -> Result<&ValType, Unsupported> {
        let (ty, extent) = self.sized()?;
        extent.within_flat()?;
        Ok(ty)
    }

    /// The function type that it is.
    pub(crate) fn func(&self) -> Result<&Arc<FuncType>, Unsupported> {
        match self {
            Type::Func(ty, _) => Ok(ty),
            Type::Val(..) | Type::Resource(_) | Type::Instance(_) | Type::Component => {
                Err(Unsupported::new("a type index that names no function type"))
            }
        }
    }

    /// The resource type that it is.
    pub(crate) fn resource(&self) -> Result<ResourceTypeId, Unsupported> {
        match self {
            Type::Resource(ty) => Ok(*ty),
            Type::Val(..) | Type::Func(..) | Type::Instance(_) | Type::Component => {
                Err(Unsupported::new("a type index that names no resource type"))
            }
        }
    }

    /// The instance type that it is.
    pub(crate) fn instance(&self) -> Result<&Arc<InstanceClosure>, Unsupported> {
        match self {
            Type::Instance(ty) => Ok(ty),
            Type::Val(..) | Type::Func(..) | Type::Resource(_) | Type::Component => {
                Err(Unsupported::new("a type index that names no instance type"))
            }
        }
    }

    /// The number of steps that it takes to compare a type with this one.
    pub(crate) fn nodes(&self) -> usize {
        match self {
            Type::Val(_, extent) | Type::Func(_, extent) => extent.nodes as usize,
            Type::Resource(_) | Type::Instance(_) | Type::Component => 1,
        }
    }

    /// Type equality (Explainer.md, "Type Checking"): of structure, and of identity for resource types. Of instance and
    /// component types only that they are such.
    pub(crate) fn equals(&self, other: &Type) -> bool {
        match (self, other) {
            (Type::Val(a, _), Type::Val(b, _)) => a == b,
            (Type::Func(a, _), Type::Func(b, _)) => a == b,
            (Type::Resource(a), Type::Resource(b)) => a == b,
            (Type::Instance(_), Type::Instance(_)) | (Type::Component, Type::Component) => true,
            (
                Type::Val(..)
                | Type::Func(..)
                | Type::Resource(_)
                | Type::Instance(_)
                | Type::Component,
                _,
            ) => false,
        }
    }

    fn sized(&self) -> Result<(&ValType, Extent), Unsupported> {
        match self {
            Type::Val(ty, extent) => Ok((ty, *extent)),
            Type::Func(..) | Type::Resource(_) | Type::Instance(_) | Type::Component => {
                Err(Unsupported::new("a type index that names no value type"))
            }
        }
    }
}

impl Depth for Type {
    fn depth(&self) -> usize {
        match self {
            Type::Instance(closure) => closure.depth,
            Type::Val(..) | Type::Func(..) | Type::Resource(_) | Type::Component => 0,
        }
    }
}

impl InstanceClosure {
    pub(crate) fn new(
        ty: Arc<InstanceType>,
        captured: Vec<Type>,
    ) -> Result<InstanceClosure, Unsupported> {
        let around = captured.iter().map(Depth::depth).max().unwrap_or(0);
        let depth = ty.depth + around;
        if depth > DEPTH {
            return Err(too_deep("instance types"));
        }
        Ok(InstanceClosure {
            ty,
            captured,
            depth,
        })
    }
}

impl<'a> TypeSpace<'a> {
    /// A scope in which nothing exists before run time: that of decoding.
    pub(crate) const NONE: TypeSpace<'static> = TypeSpace {
        local: &[],
        captured: &[],
    };

    pub(crate) fn get(self, ty: &'a Use<Type>) -> Result<&'a Type, Unsupported> {
        ty.resolve(self.local, self.captured)
    }

    fn sized(self, ty: &'a Use<Type>) -> Result<(ValType, Extent), Unsupported> {
        let (ty, extent) = self.get(ty)?.sized()?;
        Ok((ty.clone(), extent))
    }

    fn optional(
        self,
        ty: &'a Option<Use<Type>>,
        parts: &mut Vec<Extent>,
    ) -> Result<Option<ValType>, Unsupported> {
        ty.as_ref().map(|ty| self.part(ty, parts)).transpose()
    }

    fn part(self, ty: &'a Use<Type>, parts: &mut Vec<Extent>) -> Result<ValType, Unsupported> {
        let (ty, extent) = self.sized(ty)?;
        parts.push(extent);
        Ok(ty)
    }
}

impl TypeExpr {
    /// Whether everything that it refers to is known without running anything.
    pub(crate) fn is_known(&self) -> bool {
        let known = |ty: &Use<Type>| ty.known().is_some();
        let optional = |ty: &Option<Use<Type>>| ty.as_ref().is_none_or(known);
        match self {
            TypeExpr::Val(ty) => match ty {
                ValExpr::List(ty, _)
                | ValExpr::Option(ty)
                | ValExpr::Own(ty)
                | ValExpr::Borrow(ty) => known(ty),
                ValExpr::Map(key, value) => known(key) && known(value),
                ValExpr::Record(fields) => fields.iter().all(|(_, ty)| known(ty)),
                ValExpr::Tuple(types) => types.iter().all(known),
                ValExpr::Variant(cases) => cases.iter().all(|(_, ty)| optional(ty)),
                ValExpr::Result { ok, err } => optional(ok) && optional(err),
                ValExpr::Stream(ty) | ValExpr::Future(ty) => optional(ty),
            },
            TypeExpr::Func(ty) => ty.params.iter().all(known) && optional(&ty.result),
            TypeExpr::Resource { .. } => false,
            TypeExpr::Instance { captures, .. } => captures.iter().all(known),
        }
    }

    /// About how many steps evaluating it takes.
    pub(crate) fn steps(&self) -> usize {
        let label = |name: &str| 1 + name.len() / 16;
        match self {
            TypeExpr::Val(ValExpr::Record(fields)) => {
                fields.iter().map(|(name, _)| label(name)).sum()
            }
            TypeExpr::Val(ValExpr::Tuple(types)) => types.len(),
            TypeExpr::Val(ValExpr::Variant(cases)) => {
                cases.iter().map(|(name, _)| label(name)).sum()
            }
            TypeExpr::Val(
                ValExpr::List(..)
                | ValExpr::Map(..)
                | ValExpr::Option(_)
                | ValExpr::Result { .. }
                | ValExpr::Own(_)
                | ValExpr::Borrow(_)
                | ValExpr::Stream(_)
                | ValExpr::Future(_),
            )
            | TypeExpr::Resource { .. } => 1,
            TypeExpr::Func(ty) => ty.params.len(),
            TypeExpr::Instance { captures, .. } => captures.len(),
        }
    }

    /// Returns the type that the expression is in a scope.
    pub(crate) fn evaluate(&self, types: TypeSpace<'_>) -> Result<Type, Unsupported> {
        match self {
            TypeExpr::Val(ty) => ty.evaluate(types),
            TypeExpr::Func(ty) => ty.evaluate(types),
            TypeExpr::Resource { .. } => Err(Unsupported::new("a resource type defined in a type")),
            TypeExpr::Instance { ty, captures } => {
                let captured = captures
                    .iter()
                    .map(|ty| types.get(ty).cloned())
                    .collect::<Result<_, _>>()?;
                let closure = InstanceClosure::new(ty.clone(), captured)?;
                Ok(Type::Instance(Arc::new(closure)))
            }
        }
    }
}

impl ValExpr {
    fn evaluate(&self, types: TypeSpace<'_>) -> Result<Type, Unsupported> {
        let mut parts = Vec::new();
        let (ty, flat) = match self {
            ValExpr::List(elem, None) => (
                ValType::List(Arc::new(types.part(elem, &mut parts)?), None),
                2,
            ),
            ValExpr::List(elem, Some(0)) => {
                types.get(elem)?;
                return Err(empty());
            }
            ValExpr::List(elem, Some(len)) => {
                let elem = Arc::new(types.part(elem, &mut parts)?);
                let flat = Extent::sum(&parts).saturating_mul(*len);
                (ValType::List(elem, Some(*len)), flat)
            }
            ValExpr::Map(key, value) => {
                let key = Arc::new(types.part(key, &mut parts)?);
                let value = Arc::new(types.part(value, &mut parts)?);
                (ValType::Map(key, value), 2)
            }
            ValExpr::Record(fields) => {
                let mut named = Vec::with_capacity(fields.len());
                for (name, ty) in fields {
                    named.push((name.clone(), types.part(ty, &mut parts)?));
                }
                non_empty(&named)?;
                (ValType::Record(named.into()), Extent::sum(&parts))
            }
            ValExpr::Tuple(elems) => {
                let mut tuple = Vec::with_capacity(elems.len());
                for ty in elems {
                    tuple.push(types.part(ty, &mut parts)?);
                }
                non_empty(&tuple)?;
                (ValType::Tuple(tuple.into()), Extent::sum(&parts))
            }
            ValExpr::Variant(cases) => {
                let mut named = Vec::with_capacity(cases.len());
                for (name, ty) in cases {
                    named.push((name.clone(), types.optional(ty, &mut parts)?));
                }
                non_empty(&named)?;
                let flat = Extent::max(&parts).saturating_add(1);
                (ValType::Variant(named.into()), flat)
            }
            ValExpr::Option(ty) => {
                let ty = Arc::new(types.part(ty, &mut parts)?);
                let flat = Extent::max(&parts).saturating_add(1);
                (ValType::Option(ty), flat)
            }
            ValExpr::Result { ok, err } => {
                let ok = types.optional(ok, &mut parts)?.map(Arc::new);
                let err = types.optional(err, &mut parts)?.map(Arc::new);
                let flat = Extent::max(&parts).saturating_add(1);
                (ValType::Result { ok, err }, flat)
            }
            ValExpr::Own(ty) => (ValType::Own(types.get(ty)?.resource()?), 1),
            ValExpr::Borrow(ty) => (ValType::Borrow(types.get(ty)?.resource()?), 1),
            ValExpr::Stream(ty) => {
                let ty = types.optional(ty, &mut parts)?.map(Arc::new);
                // Not valid, for the time being (Binary.md, validation of `stream`).
                if ty.as_deref() == Some(&ValType::Char) {
                    return Err(Unsupported::new("a stream of characters"));
                }
                (ValType::Stream(ty), 1)
            }
            ValExpr::Future(ty) => {
                let ty = types.optional(ty, &mut parts)?.map(Arc::new);
                (ValType::Future(ty), 1)
            }
        };
        Ok(Type::Val(ty, Extent::over(&parts, flat)?))
    }
}

impl FuncExpr {
    fn evaluate(&self, types: TypeSpace<'_>) -> Result<Type, Unsupported> {
        let mut parts = Vec::new();
        let mut params = Vec::with_capacity(self.params.len());
        for ty in &self.params {
            params.push(types.part(ty, &mut parts)?);
        }
        let result = types.optional(&self.result, &mut parts)?;
        let flat = Extent::sum(&parts);
        let extent = Extent::over(&parts, flat)?;
        extent.within_flat()?;
        let ty = FuncType {
            params,
            result,
            async_: self.async_,
        };
        Ok(Type::Func(Arc::new(ty), extent))
    }
}

/// A value of such a type would take no space, so a list of them could be of any length.
fn non_empty<T>(parts: &[T]) -> Result<(), Unsupported> {
    if parts.is_empty() {
        return Err(empty());
    }
    Ok(())
}

fn empty() -> Unsupported {
    Unsupported::new("a type without parts")
}
