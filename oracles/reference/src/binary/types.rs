//! Types (Binary.md, "Type Definitions").
//!
//! `wasmparser` reads a type with all that is nested in it, on the stack and without a bound. So component and instance
//! types are taken apart here, one declarator after the other.

use super::super::Unsupported;
use super::super::definition::{DEPTH, Use, no_such, too_deep};
use super::super::rewrite::is_plain;
use super::super::typedef::{Declarator, FuncExpr, InstanceType, Type, TypeExpr, ValExpr};
use super::super::types::ValType;
use super::scope::{Kind, Scope};
use super::{Decoder, cut_off};
use std::ops::Range;
use std::sync::Arc;
use wasmparser::{
    BinaryReader, ComponentAlias, ComponentDefinedType, ComponentExternName, ComponentExternalKind,
    ComponentFuncType, ComponentImport, ComponentOuterAliasKind, ComponentType, ComponentTypeRef,
    ComponentValType, CompositeInnerType, FromReader, PrimitiveValType,
};

/// `0x41` of `componenttype`.
const COMPONENT_TYPE: u8 = 0x41;
/// `0x42` of `instancetype`.
const INSTANCE_TYPE: u8 = 0x42;

/// A core type, as far as canonical definitions use it.
#[derive(Clone, Debug)]
pub(super) enum CoreType {
    /// A function type that is declared alone and final.
    Func(wasmparser::FuncType),
    /// A function type that has subtypes or a supertype, or is in a recursive group with others.
    FuncOtherwise,
    SharedFunc,
    /// No function type.
    Other,
}

impl Decoder<'_> {
    pub(super) fn core_type(&mut self, ty: wasmparser::CoreType<'_>) -> Result<(), Unsupported> {
        let scope = self.scope()?;
        match ty {
            wasmparser::CoreType::Rec(group) => {
                let plain = is_plain(&group);
                for ty in group.into_types() {
                    scope.count()?;
                    let shared = ty.composite_type.shared;
                    scope.core_types.push(match ty.composite_type.inner {
                        CompositeInnerType::Func(_) if shared => CoreType::SharedFunc,
                        CompositeInnerType::Func(func) if plain => CoreType::Func(func),
                        CompositeInnerType::Func(_) => CoreType::FuncOtherwise,
                        CompositeInnerType::Array(_)
                        | CompositeInnerType::Struct(_)
                        | CompositeInnerType::Cont(_) => CoreType::Other,
                    });
                }
            }
            wasmparser::CoreType::Module(_) => {
                scope.count()?;
                scope.core_types.push(CoreType::Other);
            }
        }
        Ok(())
    }

    /// A type section.
    pub(super) fn types(&mut self, range: Range<usize>) -> Result<(), Unsupported> {
        let bytes = self.range(range.clone())?;
        let mut reader = BinaryReader::new(bytes, range.start);
        let count = read::<u32>(&mut reader)?;
        for _ in 0..count {
            self.ty(&mut reader)?;
        }
        if !reader.eof() {
            return Err(Unsupported::malformed("unexpected data after the types"));
        }
        Ok(())
    }

    /// One type of a component or an instance type. It recurses once for each scope that it opens.
    fn ty(&mut self, reader: &mut BinaryReader<'_>) -> Result<(), Unsupported> {
        self.scope()?.count()?;
        let mut inside = reader.clone();
        match inside.read_u8().map_err(Unsupported::malformed)? {
            COMPONENT_TYPE => {
                skip_declarators(&mut inside, 0)?;
                *reader = inside;
                self.scope()?.types.push(Use::Known(Type::Component));
                Ok(())
            }
            INSTANCE_TYPE => {
                self.instance_type(&mut inside)?;
                *reader = inside;
                Ok(())
            }
            _ => {
                let scope = self.scope()?;
                match read::<ComponentType<'_>>(reader)? {
                    ComponentType::Defined(ty) => scope.defined(ty),
                    ComponentType::Func(ty) => scope.func(&ty),
                    ComponentType::Resource { rep, dtor } => {
                        if scope.kind != Kind::Component {
                            return Err(Unsupported::new("a resource type defined in a type"));
                        }
                        if rep != wasmparser::ValType::I32 {
                            return Err(Unsupported::new(format!("a resource type over {rep}")));
                        }
                        let dtor = dtor.map(|func| scope.core_funcs.get(func, "core function"));
                        let dtor = dtor.transpose()?;
                        scope.define_type(TypeExpr::Resource { dtor })
                    }
                    ComponentType::Component(_) | ComponentType::Instance(_) => {
                        Err(no_such("type"))
                    }
                }
            }
        }
    }

    fn instance_type(&mut self, reader: &mut BinaryReader<'_>) -> Result<(), Unsupported> {
        self.open(Kind::InstanceType)?;
        for _ in 0..read::<u32>(reader)? {
            match reader.read_u8().map_err(Unsupported::malformed)? {
                0x00 => {
                    let ty = read(reader)?;
                    self.core_type(ty)?;
                }
                0x01 => self.ty(reader)?,
                0x02 => {
                    let alias = read(reader)?;
                    self.alias_declarator(alias)?;
                }
                0x04 => {
                    let name = read::<ComponentExternName<'_>>(reader)?.name.into();
                    let ty = read(reader)?;
                    let scope = self.scope()?;
                    scope.count()?;
                    let ty = scope.extern_type(ty)?;
                    scope.declare(&ty);
                    scope.declarators.push(Declarator::Export { name, ty });
                }
                _ => return Err(Unsupported::malformed("no such declarator")),
            }
        }
        let scope = self.scopes.pop().ok_or_else(cut_off)?;
        let depth = scope.depth();
        if depth > DEPTH {
            return Err(too_deep("instance types"));
        }
        let ty = InstanceType {
            declarators: scope.declarators,
            depth,
        };
        let around = self.scope()?;
        around.nests(depth);
        around.define_type(TypeExpr::Instance {
            ty: Arc::new(ty),
            captures: scope.types.into_captures(),
        })
    }

    fn alias_declarator(&mut self, alias: ComponentAlias<'_>) -> Result<(), Unsupported> {
        let scope = self.scope()?;
        scope.count()?;
        match alias {
            ComponentAlias::InstanceExport {
                kind,
                instance_index,
                name,
            } => {
                let instance = scope.instances.get(instance_index, "instance")?;
                let name = name.into();
                let alias = match kind {
                    ComponentExternalKind::Type => {
                        scope.types.push_local();
                        Declarator::AliasType { instance, name }
                    }
                    ComponentExternalKind::Instance => {
                        scope.instances.push();
                        Declarator::AliasInstance { instance, name }
                    }
                    ComponentExternalKind::Module
                    | ComponentExternalKind::Func
                    | ComponentExternalKind::Value
                    | ComponentExternalKind::Component => {
                        let message = format!("an alias of a {} in a type", kind.desc());
                        return Err(Unsupported::new(message));
                    }
                };
                scope.declarators.push(alias);
                Ok(())
            }
            ComponentAlias::Outer {
                kind: kind @ (ComponentOuterAliasKind::Type | ComponentOuterAliasKind::CoreType),
                count,
                index,
            } => self.outer(kind, count, index),
            ComponentAlias::Outer { .. } | ComponentAlias::CoreInstanceExport { .. } => {
                Err(Unsupported::new("an alias that is not of a type in a type"))
            }
        }
    }
}

impl Scope {
    fn defined(&mut self, ty: ComponentDefinedType<'_>) -> Result<(), Unsupported> {
        let expr = match ty {
            ComponentDefinedType::Primitive(ty) => {
                self.types.push(Use::Known(primitive(ty)));
                return Ok(());
            }
            ComponentDefinedType::Flags(labels) => {
                let ty = Type::labels(ValType::Flags, &labels)?;
                self.types.push(Use::Known(ty));
                return Ok(());
            }
            ComponentDefinedType::Enum(labels) => {
                let ty = Type::labels(ValType::Enum, &labels)?;
                self.types.push(Use::Known(ty));
                return Ok(());
            }
            ComponentDefinedType::Record(fields) => ValExpr::Record(
                fields
                    .iter()
                    .map(|&(name, ty)| Ok((name.to_string(), self.value_type(ty)?)))
                    .collect::<Result<_, Unsupported>>()?,
            ),
            ComponentDefinedType::Variant(cases) => ValExpr::Variant(
                cases
                    .iter()
                    .map(|case| Ok((case.name.to_string(), self.optional_type(case.ty)?)))
                    .collect::<Result<_, Unsupported>>()?,
            ),
            ComponentDefinedType::List(ty) => ValExpr::List(self.value_type(ty)?, None),
            ComponentDefinedType::FixedLengthList(ty, len) => {
                ValExpr::List(self.value_type(ty)?, Some(len))
            }
            ComponentDefinedType::Map(key, value) => {
                ValExpr::Map(self.value_type(key)?, self.value_type(value)?)
            }
            ComponentDefinedType::Tuple(types) => ValExpr::Tuple(
                types
                    .iter()
                    .map(|&ty| self.value_type(ty))
                    .collect::<Result<_, _>>()?,
            ),
            ComponentDefinedType::Option(ty) => ValExpr::Option(self.value_type(ty)?),
            ComponentDefinedType::Result { ok, err } => ValExpr::Result {
                ok: self.optional_type(ok)?,
                err: self.optional_type(err)?,
            },
            ComponentDefinedType::Own(ty) => ValExpr::Own(self.types.get(ty, "type")?),
            ComponentDefinedType::Borrow(ty) => ValExpr::Borrow(self.types.get(ty, "type")?),
            ComponentDefinedType::Stream(ty) => ValExpr::Stream(self.optional_type(ty)?),
            ComponentDefinedType::Future(ty) => ValExpr::Future(self.optional_type(ty)?),
        };
        self.define_type(TypeExpr::Val(expr))
    }

    fn func(&mut self, ty: &ComponentFuncType<'_>) -> Result<(), Unsupported> {
        let params = ty.params.iter();
        let params = params.map(|&(_, ty)| self.value_type(ty));
        let expr = FuncExpr {
            params: params.collect::<Result<_, _>>()?,
            result: self.optional_type(ty.result)?,
            async_: ty.async_,
        };
        self.define_type(TypeExpr::Func(expr))
    }

    pub(super) fn value_type(&self, ty: ComponentValType) -> Result<Use<Type>, Unsupported> {
        match ty {
            ComponentValType::Primitive(ty) => Ok(Use::Known(primitive(ty))),
            ComponentValType::Type(index) => self.types.get(index, "type"),
        }
    }

    pub(super) fn optional_type(
        &self,
        ty: Option<ComponentValType>,
    ) -> Result<Option<Use<Type>>, Unsupported> {
        ty.map(|ty| self.value_type(ty)).transpose()
    }
}

fn primitive(ty: PrimitiveValType) -> Type {
    Type::leaf(match ty {
        PrimitiveValType::Bool => ValType::Bool,
        PrimitiveValType::S8 => ValType::S8,
        PrimitiveValType::U8 => ValType::U8,
        PrimitiveValType::S16 => ValType::S16,
        PrimitiveValType::U16 => ValType::U16,
        PrimitiveValType::S32 => ValType::S32,
        PrimitiveValType::U32 => ValType::U32,
        PrimitiveValType::S64 => ValType::S64,
        PrimitiveValType::U64 => ValType::U64,
        PrimitiveValType::F32 => ValType::F32,
        PrimitiveValType::F64 => ValType::F64,
        PrimitiveValType::Char => ValType::Char,
        PrimitiveValType::String => ValType::String,
        PrimitiveValType::ErrorContext => ValType::ErrorContext,
    })
}

/// Reads past the declarators of a component type.
fn skip_declarators(reader: &mut BinaryReader<'_>, depth: usize) -> Result<(), Unsupported> {
    if depth >= DEPTH {
        return Err(too_deep("types"));
    }
    for _ in 0..read::<u32>(reader)? {
        match reader.read_u8().map_err(Unsupported::malformed)? {
            0x00 => {
                read::<wasmparser::CoreType<'_>>(reader)?;
            }
            0x01 => {
                let mut inside = reader.clone();
                match inside.read_u8().map_err(Unsupported::malformed)? {
                    COMPONENT_TYPE | INSTANCE_TYPE => {
                        skip_declarators(&mut inside, depth + 1)?;
                        *reader = inside;
                    }
                    _ => {
                        read::<ComponentType<'_>>(reader)?;
                    }
                }
            }
            0x02 => {
                read::<ComponentAlias<'_>>(reader)?;
            }
            0x03 => {
                read::<ComponentImport<'_>>(reader)?;
            }
            0x04 => {
                read::<ComponentExternName<'_>>(reader)?;
                read::<ComponentTypeRef>(reader)?;
            }
            _ => return Err(Unsupported::malformed("no such declarator")),
        }
    }
    Ok(())
}

fn read<'a, T: FromReader<'a>>(reader: &mut BinaryReader<'a>) -> Result<T, Unsupported> {
    reader.read().map_err(Unsupported::malformed)
}
