//! The binary format of components (Binary.md), read into a [`Component`].
//!
//! What is not understood is *not supported*, with the construct's name. What no index names is an error: the reference
//! does not validate (the engine under test does), but it never panics on what it is given.

use super::Unsupported;
use super::component::{
    Canon, CanonicalOptions, Component, CoreExport, CoreFunc, CoreInstance, CoreItem, Func,
    FuncType, HostFunc, StringEncoding,
};
use super::rewrite::rewrite;
use spawndiff_corpus::Type;
use wasmparser::{
    CanonicalFunction, CanonicalOption, Chunk, ComponentAlias, ComponentExternalKind,
    ComponentType, ComponentTypeRef, ComponentValType, CompositeInnerType, CoreType, ExternalKind,
    Instance, InstantiationArgKind, Parser, Payload, PrimitiveValType, ValType,
};

/// Decodes `bytes`, and compiles its core modules in `engine`.
pub(crate) fn decode(bytes: &[u8], engine: &wasmi::Engine) -> Result<Component, Unsupported> {
    let mut decoder = Decoder::new(engine);
    let mut parser = Parser::new(0);
    let mut rest = bytes;
    loop {
        let (payload, consumed) = match parser.parse(rest, true).map_err(Unsupported::malformed)? {
            Chunk::Parsed { payload, consumed } => (payload, consumed),
            Chunk::NeedMoreData(_) => return Err(Unsupported::new("a component that is cut off")),
        };
        rest = &rest[consumed..];
        match payload {
            Payload::ModuleSection {
                unchecked_range, ..
            } => {
                let (module, after) = rest
                    .split_at_checked(unchecked_range.len())
                    .ok_or_else(|| Unsupported::new("a core module that is cut off"))?;
                decoder.module(module)?;
                rest = after;
            }
            Payload::End(_) => break,
            other => decoder.payload(other)?,
        }
    }
    if !decoder.any {
        return Err(Unsupported::new("not a component"));
    }
    Ok(decoder.component)
}

/// A type of the component type index space.
enum TypeDef {
    Func(Result<FuncType, &'static str>),
    Value(Type),
    Other(&'static str),
}

/// A core type, as far as canonical definitions use it.
struct CoreFuncType {
    params: Vec<ValType>,
    results: Vec<ValType>,
}

struct Decoder<'a> {
    engine: &'a wasmi::Engine,
    component: Component,
    types: Vec<TypeDef>,
    core_types: Vec<Option<CoreFuncType>>,
    /// The instance index space: how many imports of the host there are (all are the same).
    instances: usize,
    any: bool,
}

impl<'a> Decoder<'a> {
    fn new(engine: &'a wasmi::Engine) -> Decoder<'a> {
        Decoder {
            engine,
            component: Component::default(),
            types: Vec::new(),
            core_types: Vec::new(),
            instances: 0,
            any: false,
        }
    }

    fn module(&mut self, module: &[u8]) -> Result<(), Unsupported> {
        let module = rewrite(module)?;
        let module = wasmi::Module::new(self.engine, &module).map_err(Unsupported::malformed)?;
        self.component.modules.push(module);
        Ok(())
    }

    fn payload(&mut self, payload: Payload<'_>) -> Result<(), Unsupported> {
        match payload {
            Payload::Version {
                encoding: wasmparser::Encoding::Component,
                ..
            } => self.any = true,
            Payload::CoreTypeSection(section) => {
                for ty in section {
                    self.core_type(ty.map_err(Unsupported::malformed)?)?;
                }
            }
            Payload::ComponentTypeSection(section) => {
                for ty in section {
                    let ty = self.ty(ty.map_err(Unsupported::malformed)?);
                    self.types.push(ty);
                }
            }
            Payload::ComponentImportSection(section) => {
                for import in section {
                    let import = import.map_err(Unsupported::malformed)?;
                    match import.ty {
                        ComponentTypeRef::Instance(_) if import.name.name == "host" => {
                            self.instances += 1;
                        }
                        _ => return Err(Unsupported::new(format!("import {}", import.name.name))),
                    }
                }
            }
            Payload::InstanceSection(section) => {
                for instance in section {
                    self.core_instance(instance.map_err(Unsupported::malformed)?)?;
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
            Payload::ComponentExportSection(section) => {
                for export in section {
                    self.export(&export.map_err(Unsupported::malformed)?)?;
                }
            }
            Payload::ComponentSection { .. } => return Err(Unsupported::new("nested component")),
            Payload::ComponentInstanceSection(_) => {
                return Err(Unsupported::new("component instance"));
            }
            Payload::ComponentStartSection { .. } => {
                return Err(Unsupported::new("component start function"));
            }
            Payload::CustomSection(_) => {}
            _ => return Err(Unsupported::new("not a component")),
        }
        Ok(())
    }

    fn core_type(&mut self, ty: CoreType<'_>) -> Result<(), Unsupported> {
        match ty {
            CoreType::Rec(group) => {
                for ty in group.into_types() {
                    let func = match &ty.composite_type.inner {
                        CompositeInnerType::Func(_) if ty.composite_type.shared => {
                            return Err(Unsupported::new("a shared function type"));
                        }
                        CompositeInnerType::Func(func) => Some(CoreFuncType {
                            params: func.params().to_vec(),
                            results: func.results().to_vec(),
                        }),
                        _ => None,
                    };
                    self.core_types.push(func);
                }
            }
            CoreType::Module(_) => return Err(Unsupported::new("core module type")),
        }
        Ok(())
    }

    fn ty(&self, ty: ComponentType<'_>) -> TypeDef {
        match ty {
            ComponentType::Func(func) => {
                let params: Result<Vec<_>, _> = func
                    .params
                    .iter()
                    .map(|&(_, ty)| self.value_type(ty))
                    .collect();
                let result = func.result.map(|ty| self.value_type(ty)).transpose();
                TypeDef::Func(params.and_then(|params| {
                    Ok(FuncType {
                        params,
                        result: result?,
                        async_: func.async_,
                    })
                }))
            }
            ComponentType::Defined(wasmparser::ComponentDefinedType::Primitive(ty)) => {
                match primitive(ty) {
                    Ok(ty) => TypeDef::Value(ty),
                    Err(what) => TypeDef::Other(what),
                }
            }
            ComponentType::Defined(_) => TypeDef::Other("a defined value type"),
            ComponentType::Component(_) => TypeDef::Other("component type"),
            ComponentType::Instance(_) => TypeDef::Other("instance type"),
            ComponentType::Resource { .. } => TypeDef::Other("resource type"),
        }
    }

    fn value_type(&self, ty: ComponentValType) -> Result<Type, &'static str> {
        match ty {
            ComponentValType::Primitive(ty) => primitive(ty),
            ComponentValType::Type(index) => match self.types.get(index as usize) {
                Some(TypeDef::Value(ty)) => Ok(*ty),
                Some(TypeDef::Other(what)) => Err(what),
                Some(TypeDef::Func(_)) | None => Err("a type index that names no value type"),
            },
        }
    }

    fn core_instance(&mut self, instance: Instance<'_>) -> Result<(), Unsupported> {
        let instance = match instance {
            Instance::Instantiate { module_index, args } => {
                let module = checked(module_index, self.component.modules.len(), "core module")?;
                let mut named = Vec::new();
                for arg in &args {
                    match arg.kind {
                        InstantiationArgKind::Instance => {}
                    }
                    let index = checked(
                        arg.index,
                        self.component.core_instances.len(),
                        "core instance",
                    )?;
                    named.push((arg.name.to_string(), index));
                }
                CoreInstance::Instantiate {
                    module,
                    args: named,
                }
            }
            Instance::FromExports(exports) => {
                let mut items = Vec::new();
                for export in &exports {
                    let item = self.core_item(export.kind, export.index)?;
                    items.push((export.name.to_string(), item));
                }
                CoreInstance::FromExports(items)
            }
        };
        self.component.core_instances.push(instance);
        Ok(())
    }

    fn core_item(&self, kind: ExternalKind, index: u32) -> Result<CoreItem, Unsupported> {
        let c = &self.component;
        Ok(match kind {
            ExternalKind::Func | ExternalKind::FuncExact => {
                CoreItem::Func(checked(index, c.core_funcs.len(), "core function")?)
            }
            ExternalKind::Table => {
                CoreItem::Table(checked(index, c.core_tables.len(), "core table")?)
            }
            ExternalKind::Memory => {
                CoreItem::Memory(checked(index, c.core_memories.len(), "core memory")?)
            }
            ExternalKind::Global => {
                CoreItem::Global(checked(index, c.core_globals.len(), "core global")?)
            }
            ExternalKind::Tag => return Err(Unsupported::new("core tag")),
        })
    }

    fn alias(&mut self, alias: ComponentAlias<'_>) -> Result<(), Unsupported> {
        match alias {
            ComponentAlias::CoreInstanceExport {
                kind,
                instance_index,
                name,
            } => {
                let c = &mut self.component;
                let instance = checked(instance_index, c.core_instances.len(), "core instance")?;
                let export = CoreExport {
                    instance,
                    name: name.to_string(),
                };
                match kind {
                    ExternalKind::Func | ExternalKind::FuncExact => {
                        c.core_funcs.push(CoreFunc::Export(export));
                    }
                    ExternalKind::Table => c.core_tables.push(export),
                    ExternalKind::Memory => c.core_memories.push(export),
                    ExternalKind::Global => c.core_globals.push(export),
                    ExternalKind::Tag => return Err(Unsupported::new("core tag")),
                }
                Ok(())
            }
            ComponentAlias::InstanceExport {
                kind,
                instance_index,
                name,
            } => {
                checked(instance_index, self.instances, "instance")?;
                let func = match (kind, name) {
                    (ComponentExternalKind::Func, "log") => HostFunc::Log,
                    (ComponentExternalKind::Func, "mark") => HostFunc::Mark,
                    _ => return Err(Unsupported::new(format!("host export {name}"))),
                };
                self.component.funcs.push(Func::Host(func));
                Ok(())
            }
            ComponentAlias::Outer { .. } => Err(Unsupported::new("outer alias")),
        }
    }

    fn canon(&mut self, canon: CanonicalFunction) -> Result<(), Unsupported> {
        let canon = match canon {
            CanonicalFunction::Lift {
                core_func_index,
                type_index,
                options,
            } => {
                let callee = checked(
                    core_func_index,
                    self.component.core_funcs.len(),
                    "core function",
                )?;
                let ft = match self.types.get(type_index as usize) {
                    Some(TypeDef::Func(Ok(ft))) => ft.clone(),
                    Some(TypeDef::Func(Err(what)) | TypeDef::Other(what)) => {
                        return Err(Unsupported::new(*what));
                    }
                    Some(TypeDef::Value(_)) | None => return Err(no_such("function type")),
                };
                let opts = self.options(&options)?;
                if !ft.async_ && opts.async_ {
                    return Err(Unsupported::new("async lift of a synchronous type"));
                }
                self.component.funcs.push(Func::Lift { callee, ft, opts });
                return Ok(());
            }
            CanonicalFunction::Lower {
                func_index,
                options,
            } => {
                let func = checked(func_index, self.component.funcs.len(), "function")?;
                if self.options(&options)?.async_ {
                    return Err(Unsupported::new("async lower"));
                }
                if let Func::Lift { .. } = self.component.funcs[func] {
                    return Err(Unsupported::new("lower of a lifted function"));
                }
                Canon::Lower { func }
            }
            CanonicalFunction::TaskReturn { result, options } => {
                let result = result
                    .map(|ty| self.value_type(ty))
                    .transpose()
                    .map_err(Unsupported::new)?;
                Canon::TaskReturn {
                    result,
                    opts: self.options(&options)?,
                }
            }
            CanonicalFunction::ContextGet { ty, slot } => {
                let (slot, wide) = context(ty, slot)?;
                Canon::ContextGet { slot, wide }
            }
            CanonicalFunction::ContextSet { ty, slot } => {
                let (slot, wide) = context(ty, slot)?;
                Canon::ContextSet { slot, wide }
            }
            CanonicalFunction::ThreadIndex => Canon::ThreadIndex,
            CanonicalFunction::ThreadNewIndirect {
                func_ty_index,
                table_index,
            } => {
                let table = self.start_type_and_table(func_ty_index, table_index)?;
                Canon::ThreadNewIndirect { table }
            }
            CanonicalFunction::ThreadSpawnIndirect {
                func_ty_index,
                table_index,
            } => {
                let table = self.start_type_and_table(func_ty_index, table_index)?;
                Canon::ThreadSpawnIndirect { table }
            }
            CanonicalFunction::ThreadSpawnRef { func_ty_index } => {
                self.start_type(func_ty_index)?;
                Canon::ThreadSpawnRef
            }
            CanonicalFunction::ThreadAvailableParallelism => Canon::ThreadAvailableParallelism,
            CanonicalFunction::ThreadResumeLater => Canon::ThreadResumeLater,
            CanonicalFunction::ThreadSuspend { cancellable } => {
                Canon::ThreadSuspend { cancellable }
            }
            CanonicalFunction::ThreadYield { cancellable } => Canon::ThreadYield { cancellable },
            CanonicalFunction::ThreadSuspendThenResume { cancellable } => {
                Canon::ThreadSuspendThenResume { cancellable }
            }
            CanonicalFunction::ThreadYieldThenResume { cancellable } => {
                Canon::ThreadYieldThenResume { cancellable }
            }
            CanonicalFunction::ThreadSuspendThenPromote { cancellable } => {
                Canon::ThreadSuspendThenPromote { cancellable }
            }
            CanonicalFunction::ThreadYieldThenPromote { cancellable } => {
                Canon::ThreadYieldThenPromote { cancellable }
            }
            other => {
                let name = format!("{other:?}");
                let name = name
                    .split([' ', '{'])
                    .next()
                    .unwrap_or_default()
                    .to_string();
                return Err(Unsupported::new(format!("canonical definition {name}")));
            }
        };
        let index = self.component.canons.len();
        self.component.canons.push(canon);
        self.component.core_funcs.push(CoreFunc::Canon(index));
        Ok(())
    }

    /// The start type of a thread built-in: `(func (param i32))`, the one that there is without memory64.
    fn start_type(&self, index: u32) -> Result<(), Unsupported> {
        match self.core_types.get(index as usize) {
            Some(Some(ty)) if ty.params == [ValType::I32] && ty.results.is_empty() => Ok(()),
            Some(_) => Err(Unsupported::new(
                "a start type that is not (func (param i32))",
            )),
            None => Err(no_such("core type")),
        }
    }

    fn start_type_and_table(&self, ty: u32, table: u32) -> Result<usize, Unsupported> {
        self.start_type(ty)?;
        checked(table, self.component.core_tables.len(), "core table")
    }

    fn options(&self, options: &[CanonicalOption]) -> Result<CanonicalOptions, Unsupported> {
        let mut opts = CanonicalOptions::default();
        let c = &self.component;
        for option in options {
            match option {
                CanonicalOption::UTF8 => opts.string_encoding = StringEncoding::Utf8,
                CanonicalOption::UTF16 => opts.string_encoding = StringEncoding::Utf16,
                CanonicalOption::CompactUTF16 => opts.string_encoding = StringEncoding::Latin1Utf16,
                CanonicalOption::Memory(index) => {
                    opts.memory = Some(checked(*index, c.core_memories.len(), "core memory")?);
                }
                CanonicalOption::Realloc(index) => {
                    opts.realloc = Some(checked(*index, c.core_funcs.len(), "core function")?);
                }
                CanonicalOption::PostReturn(index) => {
                    opts.post_return = Some(checked(*index, c.core_funcs.len(), "core function")?);
                }
                CanonicalOption::Async => opts.async_ = true,
                CanonicalOption::Callback(index) => {
                    opts.callback = Some(checked(*index, c.core_funcs.len(), "core function")?);
                }
                CanonicalOption::CoreType(_) => return Err(Unsupported::new("option core-type")),
                CanonicalOption::Gc => return Err(Unsupported::new("option gc")),
            }
        }
        Ok(opts)
    }

    fn export(&mut self, export: &wasmparser::ComponentExport<'_>) -> Result<(), Unsupported> {
        match export.kind {
            ComponentExternalKind::Func => {
                let index = checked(export.index, self.component.funcs.len(), "function")?;
                let func = self.component.funcs[index].clone();
                let new = self.component.funcs.len();
                self.component.funcs.push(func);
                self.component
                    .exports
                    .push((export.name.name.to_string(), new));
                Ok(())
            }
            _ => Err(Unsupported::new(format!("export of a {:?}", export.kind))),
        }
    }
}

/// `index`, if it is below `len`.
fn checked(index: u32, len: usize, what: &str) -> Result<usize, Unsupported> {
    if (index as usize) < len {
        Ok(index as usize)
    } else {
        Err(no_such(what))
    }
}

fn no_such(what: &str) -> Unsupported {
    Unsupported::new(format!("an index that names no {what}"))
}

/// The slot of a `context` built-in, and whether it is 64 bits wide.
fn context(ty: ValType, slot: u32) -> Result<(usize, bool), Unsupported> {
    let slot = checked(slot, 2, "context slot")?;
    match ty {
        ValType::I32 => Ok((slot, false)),
        ValType::I64 => Ok((slot, true)),
        other => Err(Unsupported::new(format!("context slot of type {other}"))),
    }
}

fn primitive(ty: PrimitiveValType) -> Result<Type, &'static str> {
    Ok(match ty {
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
        PrimitiveValType::String => return Err("string"),
        PrimitiveValType::ErrorContext => return Err("error-context"),
    })
}
