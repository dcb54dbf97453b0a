//! A component in the making: its sections in the order in which things are added, and how many things there are of each
//! sort. Neighbours of one sort share a section.

use wasm_encoder::{
    Alias, CanonicalFunctionSection, Component, ComponentAliasSection, ComponentExportKind,
    ComponentExportSection, ComponentImportSection, ComponentInstanceSection, ComponentTypeRef,
    ComponentTypeSection, CoreTypeSection, ExportKind, InstanceSection, InstanceType, Module,
    ModuleArg, ModuleSection, NestedComponentSection, ValType,
};

/// The section that is being filled.
enum Open {
    Nothing,
    Types(ComponentTypeSection),
    CoreTypes(CoreTypeSection),
    Imports(ComponentImportSection),
    Exports(ComponentExportSection),
    Aliases(ComponentAliasSection),
    Canons(CanonicalFunctionSection),
    CoreInstances(InstanceSection),
    Instances(ComponentInstanceSection),
}

/// How many things the component has of each sort.
#[derive(Default)]
struct Counts {
    types: u32,
    core_types: u32,
    functions: u32,
    instances: u32,
    components: u32,
    modules: u32,
    core_functions: u32,
    core_instances: u32,
    core_tables: u32,
    core_memories: u32,
}

fn next(count: &mut u32) -> u32 {
    *count += 1;
    *count - 1
}

pub(super) struct Assembly {
    component: Component,
    open: Open,
    counts: Counts,
}

/// The open section of a sort, a new one if another is open.
macro_rules! section {
    ($self:ident, $variant:ident, $type:ident) => {{
        if !matches!($self.open, Open::$variant(_)) {
            $self.close();
            $self.open = Open::$variant($type::new());
        }
        let Open::$variant(section) = &mut $self.open else {
            unreachable!("it was opened just now");
        };
        section
    }};
}

impl Assembly {
    pub(super) fn new() -> Assembly {
        Assembly {
            component: Component::new(),
            open: Open::Nothing,
            counts: Counts::default(),
        }
    }

    fn close(&mut self) {
        match std::mem::replace(&mut self.open, Open::Nothing) {
            Open::Nothing => &mut self.component,
            Open::Types(section) => self.component.section(&section),
            Open::CoreTypes(section) => self.component.section(&section),
            Open::Imports(section) => self.component.section(&section),
            Open::Exports(section) => self.component.section(&section),
            Open::Aliases(section) => self.component.section(&section),
            Open::Canons(section) => self.component.section(&section),
            Open::CoreInstances(section) => self.component.section(&section),
            Open::Instances(section) => self.component.section(&section),
        };
    }

    pub(super) fn finish(mut self) -> Component {
        self.close();
        self.component
    }

    /// The section for a type, and the type's index.
    pub(super) fn ty(&mut self) -> (&mut ComponentTypeSection, u32) {
        let index = next(&mut self.counts.types);
        (section!(self, Types, ComponentTypeSection), index)
    }

    pub(super) fn instance_type(&mut self, ty: &InstanceType) -> u32 {
        let (section, index) = self.ty();
        section.instance(ty);
        index
    }

    pub(super) fn core_function_type(&mut self, params: &[ValType], results: &[ValType]) -> u32 {
        let section = section!(self, CoreTypes, CoreTypeSection);
        section
            .ty()
            .core()
            .function(params.iter().copied(), results.iter().copied());
        next(&mut self.counts.core_types)
    }

    pub(super) fn import_instance(&mut self, name: &str, ty: u32) -> u32 {
        section!(self, Imports, ComponentImportSection)
            .import(name, ComponentTypeRef::Instance(ty));
        next(&mut self.counts.instances)
    }

    /// Exports a thing of the component, which thereby gets another index.
    pub(super) fn export(&mut self, name: &str, kind: ComponentExportKind, index: u32) -> u32 {
        section!(self, Exports, ComponentExportSection).export(name, kind, index, None);
        self.count(kind)
    }

    /// Exports a function with this type.
    pub(super) fn export_function(&mut self, name: &str, index: u32, ty: u32) -> u32 {
        let kind = ComponentExportKind::Func;
        let ty = Some(ComponentTypeRef::Func(ty));
        section!(self, Exports, ComponentExportSection).export(name, kind, index, ty);
        self.count(kind)
    }

    fn count(&mut self, kind: ComponentExportKind) -> u32 {
        match kind {
            ComponentExportKind::Func => next(&mut self.counts.functions),
            ComponentExportKind::Type => next(&mut self.counts.types),
            ComponentExportKind::Instance => next(&mut self.counts.instances),
            ComponentExportKind::Component => next(&mut self.counts.components),
            ComponentExportKind::Module => next(&mut self.counts.modules),
            ComponentExportKind::Value => unreachable!("no component has values"),
        }
    }

    /// Adds an alias of an export of an instance, and returns its index.
    pub(super) fn alias(&mut self, instance: u32, name: &str, kind: ComponentExportKind) -> u32 {
        section!(self, Aliases, ComponentAliasSection).alias(Alias::InstanceExport {
            instance,
            kind,
            name,
        });
        self.count(kind)
    }

    /// Adds an alias of an export of a core instance (a function, a table or a memory), and returns its index.
    pub(super) fn core_alias(&mut self, instance: u32, name: &str, kind: ExportKind) -> u32 {
        section!(self, Aliases, ComponentAliasSection).alias(Alias::CoreInstanceExport {
            instance,
            kind,
            name,
        });
        match kind {
            ExportKind::Func => next(&mut self.counts.core_functions),
            ExportKind::Table => next(&mut self.counts.core_tables),
            ExportKind::Memory => next(&mut self.counts.core_memories),
            ExportKind::Global | ExportKind::Tag => {
                unreachable!("nothing else is aliased")
            }
        }
    }

    /// The section for the definition of a core function, and the function's index.
    pub(super) fn canon(&mut self) -> (&mut CanonicalFunctionSection, u32) {
        let index = next(&mut self.counts.core_functions);
        (section!(self, Canons, CanonicalFunctionSection), index)
    }

    /// The section for a lift, and the function's index.
    pub(super) fn lift(&mut self) -> (&mut CanonicalFunctionSection, u32) {
        let index = next(&mut self.counts.functions);
        (section!(self, Canons, CanonicalFunctionSection), index)
    }

    pub(super) fn module(&mut self, module: &Module) -> u32 {
        self.close();
        self.component.section(&ModuleSection(module));
        next(&mut self.counts.modules)
    }

    pub(super) fn instantiate_module(&mut self, module: u32, args: &[(&str, u32)]) -> u32 {
        let args = args.iter();
        section!(self, CoreInstances, InstanceSection).instantiate(
            module,
            args.map(|&(name, instance)| (name, ModuleArg::Instance(instance))),
        );
        next(&mut self.counts.core_instances)
    }

    /// A core instance made of functions.
    pub(super) fn core_functions(&mut self, functions: &[(String, u32)]) -> u32 {
        let functions = functions.iter();
        section!(self, CoreInstances, InstanceSection).export_items(
            functions.map(|(name, function)| (name.as_str(), ExportKind::Func, *function)),
        );
        next(&mut self.counts.core_instances)
    }

    pub(super) fn component(&mut self, component: &Component) -> u32 {
        self.close();
        self.component.section(&NestedComponentSection(component));
        next(&mut self.counts.components)
    }

    pub(super) fn instantiate(&mut self, component: u32, args: &[(String, u32)]) -> u32 {
        let args = args.iter();
        section!(self, Instances, ComponentInstanceSection).instantiate(
            component,
            args.map(|(name, instance)| (name.as_str(), ComponentExportKind::Instance, *instance)),
        );
        next(&mut self.counts.instances)
    }
}
