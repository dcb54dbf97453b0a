//! Exceptions: wasmi has none, so modules unwind by themselves.
//!
//! - A tag becomes an immutable global, whose value no other tag of the store has.
//! - A global that all modules share holds the tag of the exception that is under way, or zero. What the exception carries
//!   is kept by the host (`reference/exceptions.rs`).
//! - What throws branches to the handler around it (`exceptions/body.rs`), and so does each call after which an exception
//!   is under way. Where there is no handler, the function returns zeros and null references.
//! - `exnref` becomes `externref`.
//!
//! An exception may come out of any call of another module, so in a component with exceptions all modules are rewritten.
//! The legacy instructions are *not supported*.

mod body;
mod scan;

use super::{Rewriter, copy_section, unsupported};
use crate::Unsupported;
use crate::definition::no_such;
use crate::exceptions::{KEEP, Part};
use body::Body;
pub(crate) use scan::{look_alike, occur};
use std::collections::HashMap;
use wasm_encoder::reencode::{self, Reencode, utils};
use wasm_encoder::{
    EntityType, ExportKind, FuncType, GlobalType, ImportSection, SectionId, TypeSection, ValType,
};
use wasmparser::{
    BlockType, Catch, CompositeInnerType, ExternalKind, FunctionBody, HeapType,
    ImportSectionReader, Operator, Parser, Payload, RefType, SubType, TypeRef, TypeSectionReader,
};

/// Whether an instruction throws or catches.
pub(super) fn is_one(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::TryTable { .. } | Operator::Throw { .. } | Operator::ThrowRef
    )
}

/// A service of the keep for a module, with the index of the tag's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Service {
    Throw(u32),
    ThrowRef,
    Catch(u32),
    CatchRef(u32),
    CatchAll,
    CatchAllRef,
}

/// A tag: the global that it becomes, and the index of its type.
#[derive(Clone, Copy)]
struct Tag {
    global: u32,
    ty: u32,
}

/// The plan of a rewrite: the new indices of a module's items, and the items that are added to it.
#[derive(Default)]
pub(super) struct Plan {
    /// The function types of the module.
    types: Vec<FuncType>,
    /// The function types that are added.
    added_types: Vec<FuncType>,
    /// The imports that are added, after the module's own.
    added: Vec<(Part, EntityType)>,
    /// How many functions the module imports itself.
    imported_funcs: u32,
    added_funcs: u32,
    /// The types of the functions that the module defines.
    defined: Vec<u32>,
    /// The new indices of the globals that the module imports.
    imported_globals: Vec<u32>,
    /// How many globals the rewritten module imports.
    globals: u32,
    tags: Vec<Tag>,
    /// The global that holds the tag of the exception that is under way.
    under_way: u32,
    /// The functions that the keep's services are.
    services: HashMap<Service, u32>,
    /// For the type of a `try_table` that takes operands: the index of the same type without results.
    inner: HashMap<u32, u32>,
}

impl Plan {
    pub(super) fn of(module: &[u8]) -> Result<Plan, Unsupported> {
        let mut plan = Plan::default();
        for payload in Parser::new(0).parse_all(module) {
            match payload.map_err(Unsupported::malformed)? {
                Payload::TypeSection(types) => {
                    for group in types {
                        for ty in group.map_err(Unsupported::malformed)?.into_types() {
                            plan.types.push(func_type(ty)?);
                        }
                    }
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        let import = import.map_err(Unsupported::malformed)?;
                        if import.module == KEEP {
                            return Err(Unsupported::new(format!("an import from {KEEP}")));
                        }
                        plan.import(import.ty);
                    }
                }
                Payload::FunctionSection(funcs) => {
                    for ty in funcs {
                        plan.defined.push(ty.map_err(Unsupported::malformed)?);
                    }
                }
                Payload::TagSection(tags) => {
                    for tag in tags {
                        let ty = tag.map_err(Unsupported::malformed)?.func_type_idx;
                        let global = plan.add_global(Part::Tag, false);
                        plan.tags.push(Tag { global, ty });
                    }
                }
                Payload::CodeSectionStart { .. } => {
                    plan.under_way = plan.add_global(Part::UnderWay, true);
                }
                Payload::CodeSectionEntry(body) => plan.look_at_body(&body)?,
                _ => {}
            }
        }
        Ok(plan)
    }

    /// Takes one of the module's own imports into account.
    fn import(&mut self, ty: TypeRef) {
        match ty {
            TypeRef::Func(_) | TypeRef::FuncExact(_) => self.imported_funcs += 1,
            TypeRef::Global(_) => {
                self.imported_globals.push(self.globals);
                self.globals += 1;
            }
            TypeRef::Tag(tag) => {
                let (global, ty) = (self.globals, tag.func_type_idx);
                self.tags.push(Tag { global, ty });
                self.globals += 1;
            }
            TypeRef::Table(_) | TypeRef::Memory(_) => {}
        }
    }

    fn look_at_body(&mut self, body: &FunctionBody<'_>) -> Result<(), Unsupported> {
        for operator in body
            .get_operators_reader()
            .map_err(Unsupported::malformed)?
        {
            match operator.map_err(Unsupported::malformed)? {
                Operator::Throw { tag_index } => {
                    self.need(Service::Throw(self.tag(tag_index)?.ty))?;
                }
                Operator::ThrowRef => self.need(Service::ThrowRef)?,
                Operator::TryTable { try_table } => {
                    for catch in &try_table.catches {
                        let (_, service) = self.clause(catch)?;
                        self.need(service)?;
                    }
                    if let BlockType::FuncType(ty) = try_table.ty {
                        self.need_inner_type(ty)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn add_global(&mut self, part: Part, mutable: bool) -> u32 {
        self.added.push((part, EntityType::Global(global(mutable))));
        self.globals += 1;
        self.globals - 1
    }

    fn add_type(&mut self, ty: FuncType) -> u32 {
        self.added_types.push(ty);
        (self.types.len() + self.added_types.len() - 1) as u32
    }

    /// Adds an import for a service, unless there is one.
    fn need(&mut self, service: Service) -> Result<(), Unsupported> {
        if self.services.contains_key(&service) {
            return Ok(());
        }
        let with = |mut types: Vec<ValType>, last| {
            types.push(last);
            types
        };
        let exnref = ValType::EXTERNREF;
        let (part, ty) = match service {
            Service::Throw(ty) => {
                let params = with(self.params(ty)?, ValType::I32);
                (Part::Throw, FuncType::new(params, []))
            }
            Service::ThrowRef => (Part::ThrowRef, FuncType::new([exnref], [])),
            Service::Catch(ty) => (Part::Catch, FuncType::new([], self.params(ty)?)),
            Service::CatchRef(ty) => {
                let results = with(self.params(ty)?, exnref);
                (Part::CatchRef, FuncType::new([], results))
            }
            Service::CatchAll => (Part::Catch, FuncType::new([], [])),
            Service::CatchAllRef => (Part::CatchRef, FuncType::new([], [exnref])),
        };
        let ty = self.add_type(ty);
        self.added.push((part, EntityType::Function(ty)));
        let func = self.imported_funcs + self.added_funcs;
        self.services.insert(service, func);
        self.added_funcs += 1;
        Ok(())
    }

    fn need_inner_type(&mut self, ty: u32) -> Result<(), Unsupported> {
        let params = self.params(ty)?;
        if !params.is_empty() && !self.inner.contains_key(&ty) {
            let inner = self.add_type(FuncType::new(params, []));
            self.inner.insert(ty, inner);
        }
        Ok(())
    }

    /// The module, rewritten.
    pub(super) fn rewrite(&self, module: &[u8]) -> Result<Vec<u8>, Unsupported> {
        let module = without_tags_and_names(module)?;
        let mut out = wasm_encoder::Module::new();
        let mut unwinding = Unwinding {
            plan: self,
            imported: false,
            bodies: self.defined.iter(),
        };
        unwinding
            .parse_core_module(&mut out, Parser::new(0), &module)
            .map_err(unsupported)?;
        Ok(out.finish())
    }

    /// Returns the parts that the added imports ask for, in order.
    pub(super) fn into_parts(self) -> Vec<Part> {
        self.added.into_iter().map(|(part, _)| part).collect()
    }

    /// Returns the new index of a function.
    pub(super) fn function(&self, func: u32) -> u32 {
        match func < self.imported_funcs {
            true => func,
            false => func.saturating_add(self.added_funcs),
        }
    }

    /// Returns the new index of a global.
    fn global(&self, global: u32) -> u32 {
        match self.imported_globals.get(global as usize) {
            Some(&imported) => imported,
            None => (global - self.imported_globals.len() as u32).saturating_add(self.globals),
        }
    }

    fn tag(&self, tag: u32) -> Result<Tag, Unsupported> {
        let found = self.tags.get(tag as usize);
        found.copied().ok_or_else(|| no_such("tag"))
    }

    fn func_type(&self, ty: u32) -> Result<&FuncType, Unsupported> {
        let found = self.types.get(ty as usize);
        found.ok_or_else(|| no_such("function type"))
    }

    fn params(&self, ty: u32) -> Result<Vec<ValType>, Unsupported> {
        Ok(self.func_type(ty)?.params().to_vec())
    }

    /// Returns the index of the function that is this service.
    fn service(&self, service: Service) -> Result<u32, Unsupported> {
        let found = self.services.get(&service);
        found.copied().ok_or_else(|| no_such("function"))
    }

    /// Returns the global of the tag that a clause asks for (`None`: it takes any exception), and the service that the clause uses.
    fn clause(&self, catch: &Catch) -> Result<(Option<u32>, Service), Unsupported> {
        Ok(match *catch {
            Catch::One { tag, .. } => {
                let Tag { global, ty } = self.tag(tag)?;
                (Some(global), Service::Catch(ty))
            }
            Catch::OneRef { tag, .. } => {
                let Tag { global, ty } = self.tag(tag)?;
                (Some(global), Service::CatchRef(ty))
            }
            Catch::All { .. } => (None, Service::CatchAll),
            Catch::AllRef { .. } => (None, Service::CatchAllRef),
        })
    }

    /// The type of a block that takes what a `try_table` of the type `ty` takes, and has no results.
    fn inner_type(&self, ty: BlockType) -> wasm_encoder::BlockType {
        let inner = match ty {
            BlockType::FuncType(ty) => self.inner.get(&ty),
            BlockType::Empty | BlockType::Type(_) => None,
        };
        inner.map_or(wasm_encoder::BlockType::Empty, |&inner| {
            wasm_encoder::BlockType::FunctionType(inner)
        })
    }
}

/// The type of the globals that tags become, and (mutable) of the one that says which exception is under way.
fn global(mutable: bool) -> GlobalType {
    GlobalType {
        val_type: ValType::I32,
        mutable,
        shared: false,
    }
}

fn func_type(ty: SubType) -> Result<FuncType, Unsupported> {
    match ty.composite_type.inner {
        CompositeInnerType::Func(func) => Rewriter.func_type(func).map_err(unsupported),
        CompositeInnerType::Array(_)
        | CompositeInnerType::Struct(_)
        | CompositeInnerType::Cont(_) => Err(no_such("function type")),
    }
}

/// wasmi does not read a section of tags, even an empty one; and nobody asks for names.
fn without_tags_and_names(module: &[u8]) -> Result<Vec<u8>, Unsupported> {
    let mut out = module.get(..8).unwrap_or_default().to_vec();
    for payload in Parser::new(0).parse_all(module) {
        match payload.map_err(Unsupported::malformed)? {
            Payload::TagSection(_) | Payload::CustomSection(_) => {}
            other => copy_section(&other, module, &mut out)?,
        }
    }
    Ok(out)
}

type Reencoded<T> = Result<T, reencode::Error<Unsupported>>;

/// Writes a module again as its plan says.
struct Unwinding<'a> {
    plan: &'a Plan,
    /// Whether the imports are written.
    imported: bool,
    /// The types of the functions whose bodies are still to come.
    bodies: std::slice::Iter<'a, u32>,
}

impl Unwinding<'_> {
    fn add_imports(&mut self, imports: &mut ImportSection) {
        if !self.imported {
            for (place, (_, ty)) in self.plan.added.iter().enumerate() {
                imports.import(KEEP, &place.to_string(), *ty);
            }
            self.imported = true;
        }
    }
}

impl<'a> Reencode for Unwinding<'a> {
    type Error = Unsupported;

    fn ref_type(&mut self, ty: RefType) -> Reencoded<wasm_encoder::RefType> {
        Rewriter.ref_type(ty)
    }

    fn heap_type(&mut self, ty: HeapType) -> Reencoded<wasm_encoder::HeapType> {
        Rewriter.heap_type(ty)
    }

    fn function_index(&mut self, func: u32) -> Reencoded<u32> {
        Ok(self.plan.function(func))
    }

    fn global_index(&mut self, global: u32) -> Reencoded<u32> {
        Ok(self.plan.global(global))
    }

    /// The new index of a tag that is exported: that of its global.
    fn tag_index(&mut self, tag: u32) -> Reencoded<u32> {
        let tag = self.plan.tag(tag).map_err(reencode::Error::UserError)?;
        Ok(tag.global)
    }

    fn export_kind(&mut self, kind: ExternalKind) -> Reencoded<ExportKind> {
        Ok(match kind {
            ExternalKind::Tag => ExportKind::Global,
            other => other.into(),
        })
    }

    fn entity_type(&mut self, ty: TypeRef) -> Reencoded<EntityType> {
        match ty {
            TypeRef::Tag(_) => Ok(EntityType::Global(global(false))),
            other => utils::entity_type(self, other),
        }
    }

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: TypeSectionReader<'_>,
    ) -> Reencoded<()> {
        utils::parse_type_section(self, types, section)?;
        for ty in &self.plan.added_types {
            types.ty().func_type(ty);
        }
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: ImportSectionReader<'_>,
    ) -> Reencoded<()> {
        utils::parse_import_section(self, imports, section)?;
        self.add_imports(imports);
        Ok(())
    }

    /// A module without imports gets a section for them.
    fn intersperse_section_hook(
        &mut self,
        module: &mut wasm_encoder::Module,
        _after: Option<SectionId>,
        before: Option<SectionId>,
    ) -> Reencoded<()> {
        let later = !matches!(before, Some(SectionId::Type | SectionId::Import));
        if later && !self.imported {
            let mut imports = ImportSection::new();
            self.add_imports(&mut imports);
            if !imports.is_empty() {
                module.section(&imports);
            }
        }
        Ok(())
    }

    fn parse_function_body(
        &mut self,
        code: &mut wasm_encoder::CodeSection,
        body: FunctionBody<'_>,
    ) -> Reencoded<()> {
        let plan: &'a Plan = self.plan;
        let ty = self.bodies.next().ok_or_else(|| no_such("function"));
        let results = ty
            .and_then(|&ty| plan.func_type(ty))
            .map_err(reencode::Error::UserError)?
            .results();
        let function = self.new_function_with_parsed_locals(&body)?;
        let mut unwinding = Body::new(plan, results, function);
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            let operator = reader.read()?;
            unwinding
                .operator(self, operator)
                .map_err(reencode::Error::UserError)?;
        }
        code.function(&unwinding.finish());
        Ok(())
    }
}
