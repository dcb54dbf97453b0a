//! The functions that a component exports, with their types as far as they can be told without a validator.

use crate::Type;
use crate::binary::{Section, is_component, sections};
use wasmparser::{
    BinaryReader, CanonicalFunction, ComponentAlias, ComponentAliasSectionReader,
    ComponentCanonicalSectionReader, ComponentExportSectionReader, ComponentExternalKind,
    ComponentImportSectionReader, ComponentOuterAliasKind, ComponentType, ComponentTypeRef,
    ComponentTypeSectionReader, ComponentValType, PrimitiveValType, Result,
};

const TYPE: u8 = 7;
const ALIAS: u8 = 6;
const CANON: u8 = 8;
const IMPORT: u8 = 10;
const EXPORT: u8 = 11;

/// An exported function.
pub(crate) struct Function {
    pub(crate) name: String,
    /// `None` when it mentions a type other than those of [`Value`](crate::Value), or comes from another instance.
    pub(crate) ty: Option<Signature>,
}

/// The type of a function over the types of [`Value`](crate::Value).
#[derive(Clone)]
pub(crate) struct Signature {
    pub(crate) is_async: bool,
    pub(crate) params: Vec<(String, Type)>,
    pub(crate) result: Option<Type>,
}

impl Signature {
    /// Whether a float is among the parameters and the result.
    pub(crate) fn has_floats(&self) -> bool {
        let params = self.params.iter().map(|(_, ty)| *ty);
        params
            .chain(self.result)
            .any(|ty| matches!(ty, Type::F32 | Type::F64))
    }
}

/// The index spaces of a component, as far as exported functions need them.
#[derive(Default)]
struct Spaces {
    types: Vec<Option<Signature>>,
    funcs: Vec<Option<Signature>>,
    exports: Vec<Function>,
}

/// The functions that a component exports, in order. None for a core module.
pub(crate) fn exported_functions(component: &[u8]) -> Result<Vec<Function>> {
    let mut spaces = Spaces::default();
    if is_component(component) {
        for section in sections(component)? {
            spaces.define(&section)?;
        }
    }
    Ok(spaces.exports)
}

impl Spaces {
    fn define(&mut self, section: &Section<'_>) -> Result<()> {
        let reader = BinaryReader::new(section.body, section.offset);
        match section.id {
            TYPE => {
                for ty in ComponentTypeSectionReader::new(reader)? {
                    self.types.push(signature(&ty?));
                }
            }
            ALIAS => {
                for alias in ComponentAliasSectionReader::new(reader)? {
                    match alias? {
                        ComponentAlias::InstanceExport { kind, .. } => self.unknown(kind),
                        ComponentAlias::Outer {
                            kind: ComponentOuterAliasKind::Type,
                            ..
                        } => {
                            self.types.push(None);
                        }
                        ComponentAlias::Outer { .. }
                        | ComponentAlias::CoreInstanceExport { .. } => {}
                    }
                }
            }
            CANON => {
                for function in ComponentCanonicalSectionReader::new(reader)? {
                    if let CanonicalFunction::Lift { type_index, .. } = function? {
                        self.funcs.push(self.signature(type_index));
                    }
                }
            }
            IMPORT => {
                for import in ComponentImportSectionReader::new(reader)? {
                    match import?.ty {
                        ComponentTypeRef::Func(ty) => self.funcs.push(self.signature(ty)),
                        other => self.unknown(other.kind()),
                    }
                }
            }
            EXPORT => {
                for export in ComponentExportSectionReader::new(reader)? {
                    let export = export?;
                    if export.kind == ComponentExternalKind::Func {
                        let ty = self.funcs.get(export.index as usize).cloned().flatten();
                        let name = export.name.name.to_string();
                        self.funcs.push(ty.clone());
                        self.exports.push(Function { name, ty });
                    } else {
                        self.unknown(export.kind);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn signature(&self, ty: u32) -> Option<Signature> {
        self.types.get(ty as usize).cloned().flatten()
    }

    /// Takes a place in an index space for an item about which nothing more is known.
    fn unknown(&mut self, kind: ComponentExternalKind) {
        match kind {
            ComponentExternalKind::Func => self.funcs.push(None),
            ComponentExternalKind::Type => self.types.push(None),
            ComponentExternalKind::Module
            | ComponentExternalKind::Value
            | ComponentExternalKind::Instance
            | ComponentExternalKind::Component => {}
        }
    }
}

fn signature(ty: &ComponentType<'_>) -> Option<Signature> {
    let ComponentType::Func(ty) = ty else {
        return None;
    };
    let params = ty
        .params
        .iter()
        .map(|(name, ty)| Some((name.to_string(), primitive(ty)?)));
    Some(Signature {
        is_async: ty.async_,
        params: params.collect::<Option<_>>()?,
        result: match &ty.result {
            Some(ty) => Some(primitive(ty)?),
            None => None,
        },
    })
}

fn primitive(ty: &ComponentValType) -> Option<Type> {
    let ComponentValType::Primitive(ty) = ty else {
        return None;
    };
    Some(match ty {
        PrimitiveValType::Bool => Type::Bool,
        PrimitiveValType::S8 => Type::S8,
        PrimitiveValType::U8 => Type::U8,
        PrimitiveValType::S16 => Type::S16,
        PrimitiveValType::U16 => Type::U16,
        PrimitiveValType::S32 => Type::S32,
        PrimitiveValType::U32 => Type::U32,
        PrimitiveValType::S64 => Type::S64,
        PrimitiveValType::U64 => Type::U64,
        PrimitiveValType::F32 => Type::F32,
        PrimitiveValType::F64 => Type::F64,
        PrimitiveValType::Char => Type::Char,
        PrimitiveValType::String | PrimitiveValType::ErrorContext => return None,
    })
}
