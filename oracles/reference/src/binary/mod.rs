//! The binary format of components (Binary.md), read into a [`Component`].
//!
//! A construct that is not understood is *not supported*, and is named. Nothing is validated (the engine under test does that), but
//! an index that names nothing, and a component that goes beyond a bound, are not supported either: no input makes the reference
//! panic, recurse without end or fill the memory.

mod canon;
mod scope;
#[cfg(test)]
mod tests;
mod types;

use super::Unsupported;
use super::definition::{
    Captured, Captures, Component, ComponentClosure, CoreInstance, CoreItem, CoreSort, DEPTH,
    Definition, Depth, Instance, ItemUse, Module, Record, Sort, Use, too_deep,
};
use super::instantiate::Names;
use super::rewrite::{have_exceptions, look_alike, prepare};
pub(crate) use canon::NO_START_TYPE;
use scope::{Kind, Scope, Space};
use spawndiff_corpus::StartTypes;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use wasmparser::{
    Chunk, ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind,
    Encoding, ExternalKind, Parser, Payload,
};

/// Decodes `bytes`, and compiles its core modules in `engine`.
pub(crate) fn decode(bytes: &[u8], engine: &wasmi::Engine) -> Result<Arc<Component>, Unsupported> {
    decode_with(bytes, engine, StartTypes::of_text())
}

/// [`decode`], with another rule for the types of start functions.
pub(crate) fn decode_with(
    bytes: &[u8],
    engine: &wasmi::Engine,
    start_types: StartTypes,
) -> Result<Arc<Component>, Unsupported> {
    let exceptions = have_exceptions(bytes);
    if exceptions && look_alike(bytes) {
        return Err(Unsupported::new("function types with exnref and externref"));
    }
    let mut decoder = Decoder {
        bytes,
        engine,
        exceptions,
        start_types: Arc::new(start_types),
        scopes: Vec::new(),
    };
    let mut parser = Parser::new(0);
    let mut outer = Vec::new();
    let mut rest = bytes;
    loop {
        let (payload, consumed) = match parser.parse(rest, true).map_err(Unsupported::malformed)? {
            Chunk::Parsed { payload, consumed } => (payload, consumed),
            Chunk::NeedMoreData(_) => return Err(cut_off()),
        };
        rest = rest.get(consumed..).ok_or_else(cut_off)?;
        match payload {
            Payload::Version {
                encoding: Encoding::Component,
                ..
            } => decoder.open(Kind::Component)?,
            Payload::Version {
                encoding: Encoding::Module,
                ..
            } => return Err(Unsupported::new("not a component")),
            Payload::ModuleSection {
                unchecked_range, ..
            } => {
                let module = rest.split_at_checked(unchecked_range.len());
                let (module, after) = module.ok_or_else(cut_off)?;
                // The parser was told of the section already; here it is only left out.
                rest = after;
                decoder.module(module)?;
            }
            Payload::ComponentSection { parser: inner, .. } => {
                outer.push(std::mem::replace(&mut parser, inner));
            }
            Payload::End(_) => {
                let component = decoder.close()?;
                let Some(around) = outer.pop() else {
                    return Ok(component.0);
                };
                parser = around;
                decoder.component(component)?;
            }
            other => decoder.section(other)?,
        }
    }
}

/// Compiles a core module. `exceptions`: whether they may get to it from another module.
pub(crate) fn compile(
    module: &[u8],
    engine: &wasmi::Engine,
    exceptions: bool,
) -> Result<Module, Unsupported> {
    let prepared = prepare(module, exceptions)?;
    let wasm = wasmi::Module::new(engine, &prepared.wasm).map_err(Unsupported::malformed)?;
    if let Some(start) = &prepared.start {
        match wasm.get_export(start) {
            Some(wasmi::ExternType::Func(ty))
                if ty.params().is_empty() && ty.results().is_empty() => {}
            _ => return Err(Unsupported::new("a start function with a type")),
        }
    }
    Ok(Module {
        wasm,
        start: prepared.start.map(Arc::from),
        keep: prepared.keep.into(),
        size: module.len(),
    })
}

fn cut_off() -> Unsupported {
    Unsupported::new("a component that is cut off")
}

struct Decoder<'a> {
    bytes: &'a [u8],
    engine: &'a wasmi::Engine,
    /// Whether any core module, however deep inside, has something to do with exceptions: they get to all others then.
    exceptions: bool,
    /// Which types start functions may have.
    start_types: Arc<StartTypes>,
    /// The components and instance types that are being read, the innermost last.
    scopes: Vec<Scope>,
}

/// A component as it leaves its scope.
type Closed = (Arc<Component>, Captures);

impl<'a> Decoder<'a> {
    fn open(&mut self, kind: Kind) -> Result<(), Unsupported> {
        if self.scopes.len() >= DEPTH {
            return Err(too_deep("components and types"));
        }
        self.scopes.push(Scope::new(kind));
        Ok(())
    }

    fn scope(&mut self) -> Result<&mut Scope, Unsupported> {
        self.scopes
            .last_mut()
            .ok_or_else(|| Unsupported::new("not a component"))
    }

    /// The innermost scope is a component that ends.
    fn close(&mut self) -> Result<Closed, Unsupported> {
        let scope = self
            .scopes
            .pop()
            .ok_or_else(|| Unsupported::new("not a component"))?;
        let depth = scope.depth();
        if depth > DEPTH {
            return Err(too_deep("components"));
        }
        let (names, items): (Vec<String>, Vec<ItemUse>) = scope.exports.into_iter().unzip();
        let component = Component {
            definitions: scope.definitions,
            exports: Record {
                names: Arc::new(Names::new(names)?),
                items,
            },
            depth,
        };
        let captures = Captures {
            types: scope.types.into_captures(),
            modules: scope.modules.into_captures(),
            components: scope.components.into_captures(),
        };
        Ok((Arc::new(component), captures))
    }

    fn component(&mut self, (component, captures): Closed) -> Result<(), Unsupported> {
        let scope = self.scope()?;
        scope.count()?;
        if captures.is_empty() {
            let closure = ComponentClosure::new(component, Captured::default())?;
            scope.components.push(Use::Known(closure));
        } else {
            scope.nests(component.depth);
            scope.components.push_local();
            scope.define(Definition::Component(component, captures));
        }
        Ok(())
    }

    fn module(&mut self, module: &[u8]) -> Result<(), Unsupported> {
        let module = compile(module, self.engine, self.exceptions)?;
        let scope = self.scope()?;
        scope.count()?;
        scope.modules.push(Use::Known(module));
        Ok(())
    }

    fn section(&mut self, payload: Payload<'a>) -> Result<(), Unsupported> {
        match payload {
            Payload::CoreTypeSection(section) => {
                for ty in section {
                    self.core_type(ty.map_err(Unsupported::malformed)?)?;
                }
            }
            Payload::ComponentTypeSection(section) => self.types(section.range())?,
            Payload::ComponentImportSection(section) => {
                for import in section {
                    let import = import.map_err(Unsupported::malformed)?;
                    let scope = self.scope()?;
                    scope.count()?;
                    let ty = scope.extern_type(import.ty)?;
                    scope.declare(&ty);
                    let name = import.name.name.into();
                    scope.define(Definition::Import { name, ty });
                }
            }
            Payload::InstanceSection(section) => {
                for instance in section {
                    self.core_instance(instance.map_err(Unsupported::malformed)?)?;
                }
            }
            Payload::ComponentInstanceSection(section) => {
                for instance in section {
                    self.instance(instance.map_err(Unsupported::malformed)?)?;
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section {
                    self.alias(alias.map_err(Unsupported::malformed)?)?;
                }
            }
            Payload::ComponentCanonicalSection(section) => {
                for canon in section {
                    self.canon(canon.map_err(Unsupported::malformed)?)?;
                }
            }
            Payload::ComponentStartSection { start, .. } => {
                let scope = self.scope()?;
                scope.count()?;
                let func = scope.funcs.get(start.func_index, "function")?;
                let args = start.arguments.iter();
                let args = args.map(|&arg| scope.values.get(arg, "value"));
                let args = args.collect::<Result<Vec<_>, _>>()?;
                let results = start.results as usize;
                for _ in 0..results {
                    scope.count()?;
                    scope.values.push();
                }
                scope.define(Definition::Start {
                    func,
                    args,
                    results,
                });
            }
            Payload::ComponentExportSection(section) => {
                for export in section {
                    // A type that is ascribed makes no difference to what is exported.
                    let export = export.map_err(Unsupported::malformed)?;
                    let scope = self.scope()?;
                    scope.count()?;
                    let item = scope.item(export.kind, export.index)?;
                    scope.again(&item);
                    scope.exports.push((export.name.name.to_string(), item));
                }
            }
            Payload::CustomSection(_) => {}
            Payload::UnknownSection { id: 12, .. } => {
                return Err(Unsupported::new("value definition"));
            }
            Payload::UnknownSection { id, .. } => {
                return Err(Unsupported::new(format!("section {id}")));
            }
            _ => return Err(Unsupported::new("not a component")),
        }
        Ok(())
    }

    /// The bytes of a section.
    fn range(&self, range: Range<usize>) -> Result<&'a [u8], Unsupported> {
        self.bytes.get(range).ok_or_else(cut_off)
    }

    fn core_instance(&mut self, instance: wasmparser::Instance<'_>) -> Result<(), Unsupported> {
        let scope = self.scope()?;
        scope.count()?;
        let instance = match instance {
            wasmparser::Instance::Instantiate { module_index, args } => {
                let module = scope.modules.get(module_index, "core module")?;
                let mut named = HashMap::new();
                for arg in &args {
                    match arg.kind {
                        wasmparser::InstantiationArgKind::Instance => {}
                    }
                    let slot = scope.core_instances.get(arg.index, "core instance")?;
                    if named.insert(arg.name.to_string(), slot).is_some() {
                        let name = arg.name;
                        return Err(Unsupported::new(format!("two arguments named {name}")));
                    }
                }
                CoreInstance::Instantiate {
                    module,
                    args: named,
                }
            }
            wasmparser::Instance::FromExports(exports) => {
                let names = Names::new(exports.iter().map(|export| export.name))?;
                let items = exports
                    .iter()
                    .map(|export| {
                        let sort = core_sort(export.kind)?;
                        let slot = scope.core_items(sort).get(export.index, core_name(sort))?;
                        Ok(CoreItem { sort, slot })
                    })
                    .collect::<Result<_, Unsupported>>()?;
                CoreInstance::FromExports {
                    names: Arc::new(names),
                    items,
                }
            }
        };
        scope.core_instances.push();
        scope.define(Definition::CoreInstance(instance));
        Ok(())
    }

    fn instance(&mut self, instance: ComponentInstance<'_>) -> Result<(), Unsupported> {
        let scope = self.scope()?;
        scope.count()?;
        let instance = match instance {
            ComponentInstance::Instantiate {
                component_index,
                args,
            } => Instance::Instantiate {
                component: scope.components.get(component_index, "component")?,
                args: Record {
                    names: Arc::new(Names::new(args.iter().map(|arg| arg.name))?),
                    items: args
                        .iter()
                        .map(|arg| scope.item(arg.kind, arg.index))
                        .collect::<Result<_, _>>()?,
                },
            },
            ComponentInstance::FromExports(exports) => Instance::FromExports(Record {
                names: Arc::new(Names::new(exports.iter().map(|export| export.name.name))?),
                items: exports
                    .iter()
                    .map(|export| scope.item(export.kind, export.index))
                    .collect::<Result<_, _>>()?,
            }),
        };
        scope.instances.push();
        scope.define(Definition::Instance(instance));
        Ok(())
    }

    fn alias(&mut self, alias: ComponentAlias<'_>) -> Result<(), Unsupported> {
        let scope = self.scope()?;
        scope.count()?;
        match alias {
            ComponentAlias::CoreInstanceExport {
                kind,
                instance_index,
                name,
            } => {
                let sort = core_sort(kind)?;
                let instance = scope.core_instances.get(instance_index, "core instance")?;
                scope.core_items(sort).push();
                scope.define(Definition::CoreAlias {
                    sort,
                    instance,
                    name: name.into(),
                });
            }
            ComponentAlias::InstanceExport {
                kind,
                instance_index,
                name,
            } => {
                let sort = component_sort(kind);
                let instance = scope.instances.get(instance_index, "instance")?;
                scope.push_local(sort);
                scope.define(Definition::Alias {
                    sort,
                    instance,
                    name: name.into(),
                });
            }
            ComponentAlias::Outer { kind, count, index } => self.outer(kind, count, index)?,
        }
        Ok(())
    }

    /// An outer alias, within a component or an instance type.
    fn outer(
        &mut self,
        kind: ComponentOuterAliasKind,
        count: u32,
        index: u32,
    ) -> Result<(), Unsupported> {
        match kind {
            ComponentOuterAliasKind::Type => {
                self.capture(|scope| &mut scope.types, count, index, "type")
            }
            ComponentOuterAliasKind::CoreModule => {
                self.capture(|scope| &mut scope.modules, count, index, "core module")
            }
            ComponentOuterAliasKind::Component => {
                self.capture(|scope| &mut scope.components, count, index, "component")
            }
            ComponentOuterAliasKind::CoreType => {
                let ty = self.around(count)?.core_type(index)?.clone();
                self.scope()?.core_types.push(ty);
                Ok(())
            }
        }
    }

    /// The scope that is `count` scopes out.
    fn around(&mut self, count: u32) -> Result<&mut Scope, Unsupported> {
        let scopes = self.scopes.iter_mut();
        let scope = scopes.rev().nth(count as usize);
        scope.ok_or_else(|| Unsupported::new("an outer alias that leaves the component"))
    }

    /// Gives what has an index in the scope `count` scopes out an index in the innermost. Every scope on the way in
    /// captures it from the one around it.
    fn capture<T: Clone + Depth>(
        &mut self,
        space: impl Fn(&mut Scope) -> &mut Space<T>,
        count: u32,
        index: u32,
        what: &str,
    ) -> Result<(), Unsupported> {
        let mut found = space(self.around(count)?).get(index, what)?;
        let inner = self.scopes.len() - count as usize;
        for scope in self.scopes.iter_mut().skip(inner) {
            found = space(scope).capture(found);
        }
        space(self.scope()?).push(found);
        Ok(())
    }
}

fn core_sort(kind: ExternalKind) -> Result<CoreSort, Unsupported> {
    match kind {
        ExternalKind::Func => Ok(CoreSort::Func),
        ExternalKind::Table => Ok(CoreSort::Table),
        ExternalKind::Memory => Ok(CoreSort::Memory),
        ExternalKind::Global => Ok(CoreSort::Global),
        ExternalKind::Tag => Ok(CoreSort::Tag),
        ExternalKind::FuncExact => Err(Unsupported::new("an exact function")),
    }
}

fn core_name(sort: CoreSort) -> &'static str {
    match sort {
        CoreSort::Func => "core function",
        CoreSort::Table => "core table",
        CoreSort::Memory => "core memory",
        CoreSort::Global => "core global",
        CoreSort::Tag => "core tag",
    }
}

fn component_sort(kind: ComponentExternalKind) -> Sort {
    match kind {
        ComponentExternalKind::Module => Sort::Module,
        ComponentExternalKind::Func => Sort::Func,
        ComponentExternalKind::Value => Sort::Value,
        ComponentExternalKind::Type => Sort::Type,
        ComponentExternalKind::Instance => Sort::Instance,
        ComponentExternalKind::Component => Sort::Component,
    }
}
