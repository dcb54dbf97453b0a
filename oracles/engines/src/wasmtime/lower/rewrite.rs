//! Rewriting a component: some canonical definitions become shims, and every index behind them is renumbered.
//!
//! Only four index spaces of a component shift: core functions, core modules, core instances and core tables. Core types
//! and everything of the component level stay as they are, and nested core modules are copied byte for byte.
//!
//! The input is a component that [`super::scan`] has read to its end without an error. A component that is not valid is rewritten
//! to one that is not valid either.

use super::shim::{self, Callee, Shim};
use std::convert::Infallible;
use wasm_encoder::reencode::{Error, Reencode, ReencodeComponent, component_utils};
use wasm_encoder::{
    Alias, CanonicalFunctionSection, Component, ComponentAliasSection, ComponentExportSection,
    ComponentImportSection, ComponentSectionId, ExportKind, InstanceSection, ModuleArg,
    ModuleSection, NestedComponentSection, RawSection,
};
use wasmparser::{
    CanonicalFunction, CanonicalOption, ComponentAlias, ComponentExternalKind,
    ComponentOuterAliasKind, ComponentTypeRef, ExternalKind, Parser, Payload,
};

/// How the canonical definitions of a component are changed.
pub(in crate::wasmtime) trait Definitions {
    /// Whether a component with this definition is changed at all.
    fn concerns(&self, function: &CanonicalFunction) -> bool;

    /// Alters the immediates of the definitions of one section. `last_table` is the table immediate of the last thread
    /// built-in before them in the same component, and may be set.
    fn alter(&self, _functions: &mut [CanonicalFunction], _last_table: &mut Option<u32>) {}

    /// The shim that stands in for this definition, if one does.
    fn shim(&self, function: &CanonicalFunction) -> Option<Shim>;
}

/// The component with `definitions` applied to it, at every depth.
pub(super) fn rewrite(
    component: &[u8],
    definitions: &dyn Definitions,
) -> Result<Vec<u8>, Error<Infallible>> {
    let mut rewriter = Rewriter {
        definitions,
        levels: vec![Level::default()],
    };
    let mut rewritten = Component::new();
    rewriter.parse_component(&mut rewritten, Parser::new(0), component)?;
    Ok(rewritten.finish())
}

/// One index space of one component: the new index of every old one, and the number of new indices so far.
#[derive(Default)]
struct Space {
    new: Vec<u32>,
    len: u32,
}

impl Space {
    /// Adds a definition that only the rewritten component has, and returns its index.
    fn insert(&mut self) -> u32 {
        self.len += 1;
        self.len - 1
    }

    /// Gives the next old definition the next new index.
    fn copy(&mut self) {
        let index = self.insert();
        self.new.push(index);
    }

    /// Takes in the next old definition, whose new index is not known yet, and returns its old index.
    fn defer(&mut self) -> usize {
        self.new.push(u32::MAX);
        self.new.len() - 1
    }

    /// The new index of an old one. An index that names nothing becomes one that names nothing.
    fn get(&self, old: u32) -> u32 {
        self.new.get(old as usize).copied().unwrap_or(u32::MAX)
    }
}

/// The state that the rewriter keeps for each component that it is in, and for each type that opens a scope of its own.
#[derive(Default)]
struct Level {
    /// Whether this is the scope of a type: nothing is inserted there, so nothing shifts.
    of_type: bool,
    functions: Space,
    modules: Space,
    instances: Space,
    tables: Space,
    /// The instance that holds the private table and the globals, and the table's index.
    state: Option<(u32, u32)>,
    /// The table immediate of the last thread built-in.
    last_table: Option<u32>,
}

struct Rewriter<'a> {
    definitions: &'a dyn Definitions,
    levels: Vec<Level>,
}

impl Rewriter<'_> {
    fn level(&mut self) -> &mut Level {
        self.levels
            .last_mut()
            .expect("a level is pushed for the whole component and popped with it")
    }

    fn map(&self, count: u32, space: fn(&Level) -> &Space, old: u32) -> u32 {
        let level = self.levels.iter().rev().nth(count as usize);
        match level {
            Some(level) if level.of_type => old,
            Some(level) => space(level).get(old),
            None => u32::MAX,
        }
    }

    fn canonical_section(
        &mut self,
        component: &mut Component,
        mut functions: Vec<CanonicalFunction>,
    ) -> Result<(), Error<Infallible>> {
        let mut last_table = self.level().last_table;
        self.definitions.alter(&mut functions, &mut last_table);
        self.level().last_table = last_table;

        let mut section = CanonicalFunctionSection::new();
        let mut batch = Batch::default();
        for function in functions {
            match self.definitions.shim(&function) {
                Some(shim) => {
                    if shim.state && self.level().state.is_none() {
                        // The private table has to be there before a definition on it is.
                        flush(&mut section, component);
                        self.insert_state(component);
                    }
                    for callee in &shim.callees {
                        let index = self.level().functions.insert();
                        batch.callees.push(index);
                        match callee {
                            Callee::Canon(callee, _) => {
                                self.parse_component_canonical(&mut section, callee.clone())?;
                            }
                            Callee::NewIndirectOnSlot(start_type) => {
                                let (_, slot) = self.level().state.expect("inserted above");
                                section.thread_new_indirect(*start_type, slot);
                            }
                        }
                    }
                    batch.deferred.push(self.level().functions.defer());
                    batch.shims.push(shim);
                }
                None => {
                    if uses_core_function(&function) && !batch.shims.is_empty() {
                        flush(&mut section, component);
                        self.insert_shims(component, std::mem::take(&mut batch));
                    }
                    if !matches!(function, CanonicalFunction::Lift { .. }) {
                        self.level().functions.copy();
                    }
                    self.parse_component_canonical(&mut section, function)?;
                }
            }
        }
        flush(&mut section, component);
        if !batch.shims.is_empty() {
            self.insert_shims(component, batch);
        }
        Ok(())
    }

    fn insert_state(&mut self, component: &mut Component) {
        let level = self.level();
        let module = level.modules.insert();
        let instance = level.instances.insert();
        let slot = level.tables.insert();
        level.state = Some((instance, slot));
        component.section(&ModuleSection(&shim::state_module()));
        let mut instances = InstanceSection::new();
        instances.instantiate::<_, &str>(module, []);
        component.section(&instances);
        let mut aliases = ComponentAliasSection::new();
        aliases.alias(Alias::CoreInstanceExport {
            instance,
            kind: ExportKind::Table,
            name: shim::SLOT,
        });
        component.section(&aliases);
    }

    fn insert_shims(&mut self, component: &mut Component, batch: Batch) {
        let state = self.level().state;
        let mut given = Vec::new();
        for (n, callee) in batch.callees.iter().enumerate() {
            given.push((n.to_string(), ExportKind::Func, *callee));
        }
        for (n, shim) in batch.shims.iter().enumerate() {
            if let Some(table) = shim.table {
                let table = self.map(0, |level| &level.tables, table);
                given.push((shim::table_name(n), ExportKind::Table, table));
            }
        }

        let level = self.level();
        let module = level.modules.insert();
        let canon = level.instances.insert();
        let shims = level.instances.insert();
        component.section(&ModuleSection(&shim::shim_module(&batch.shims)));
        let mut instances = InstanceSection::new();
        instances.export_items(
            given
                .iter()
                .map(|(name, kind, index)| (name.as_str(), *kind, *index)),
        );
        let mut args = vec![(shim::CANON, ModuleArg::Instance(canon))];
        args.extend(state.map(|(state, _)| (shim::STATE, ModuleArg::Instance(state))));
        instances.instantiate(module, args);
        component.section(&instances);

        let mut aliases = ComponentAliasSection::new();
        for (n, deferred) in batch.deferred.into_iter().enumerate() {
            let index = level.functions.insert();
            level.functions.new[deferred] = index;
            aliases.alias(Alias::CoreInstanceExport {
                instance: shims,
                kind: ExportKind::Func,
                name: &n.to_string(),
            });
        }
        component.section(&aliases);
    }
}

/// Shims whose module has not been written yet.
#[derive(Default)]
struct Batch {
    shims: Vec<Shim>,
    /// The new indices of the callees of all these shims.
    callees: Vec<u32>,
    /// The old indices of the definitions that the shims stand in for.
    deferred: Vec<usize>,
}

fn flush(section: &mut CanonicalFunctionSection, component: &mut Component) {
    if !section.is_empty() {
        component.section(section);
        *section = CanonicalFunctionSection::new();
    }
}

/// Whether a definition refers to a core function, which may be one that a shim still to be written stands in for.
fn uses_core_function(function: &CanonicalFunction) -> bool {
    let options = match function {
        CanonicalFunction::Lift { .. } => return true,
        CanonicalFunction::Lower { options, .. }
        | CanonicalFunction::TaskReturn { options, .. }
        | CanonicalFunction::StreamRead { options, .. }
        | CanonicalFunction::StreamWrite { options, .. }
        | CanonicalFunction::FutureRead { options, .. }
        | CanonicalFunction::FutureWrite { options, .. }
        | CanonicalFunction::ErrorContextNew { options }
        | CanonicalFunction::ErrorContextDebugMessage { options } => options,
        _ => return false,
    };
    options.iter().any(|option| {
        matches!(
            option,
            CanonicalOption::Realloc(_)
                | CanonicalOption::PostReturn(_)
                | CanonicalOption::Callback(_)
        )
    })
}

impl Reencode for Rewriter<'_> {
    type Error = Infallible;

    fn function_index(&mut self, index: u32) -> Result<u32, Error<Infallible>> {
        Ok(self.map(0, |level| &level.functions, index))
    }

    fn table_index(&mut self, index: u32) -> Result<u32, Error<Infallible>> {
        Ok(self.map(0, |level| &level.tables, index))
    }
}

impl ReencodeComponent for Rewriter<'_> {
    fn module_index(&mut self, index: u32) -> u32 {
        self.map(0, |level| &level.modules, index)
    }

    fn instance_index(&mut self, index: u32) -> u32 {
        self.map(0, |level| &level.instances, index)
    }

    fn outer_module_index(&mut self, count: u32, index: u32) -> u32 {
        self.map(count, |level| &level.modules, index)
    }

    fn outer_type_index(&mut self, _count: u32, index: u32) -> Result<u32, Error<Infallible>> {
        Ok(index)
    }

    fn push_depth(&mut self) {
        self.levels.push(Level {
            of_type: true,
            ..Level::default()
        });
    }

    fn pop_depth(&mut self) {
        self.levels.pop();
    }

    fn parse_component_payload(
        &mut self,
        component: &mut Component,
        payload: Payload<'_>,
        whole: &[u8],
    ) -> Result<(), Error<Infallible>> {
        match payload {
            Payload::ComponentCanonicalSection(section) => {
                let functions = section.into_iter().collect::<Result<Vec<_>, _>>()?;
                self.canonical_section(component, functions)
            }
            // No core type shifts, so these are copied as they are, and with them what the encoder cannot write.
            Payload::CoreTypeSection(section) => {
                let data = &whole[section.range()];
                component.section(&RawSection {
                    id: ComponentSectionId::CoreType.into(),
                    data,
                });
                Ok(())
            }
            // These are names of indices that are no longer true, so they are left out.
            Payload::CustomSection(section) if section.name() == "component-name" => Ok(()),
            payload => component_utils::parse_component_payload(self, component, payload, whole),
        }
    }

    fn parse_component_submodule(
        &mut self,
        component: &mut Component,
        _parser: Parser,
        module: &[u8],
    ) -> Result<(), Error<Infallible>> {
        component.section(&RawSection {
            id: ComponentSectionId::CoreModule.into(),
            data: module,
        });
        self.level().modules.copy();
        Ok(())
    }

    fn parse_component_subcomponent(
        &mut self,
        component: &mut Component,
        parser: Parser,
        data: &[u8],
        whole: &[u8],
    ) -> Result<(), Error<Infallible>> {
        self.levels.push(Level::default());
        let mut nested = Component::new();
        component_utils::parse_component(self, &mut nested, parser, data, whole)?;
        component.section(&NestedComponentSection(&nested));
        self.levels.pop();
        Ok(())
    }

    fn parse_instance(
        &mut self,
        instances: &mut InstanceSection,
        instance: wasmparser::Instance<'_>,
    ) -> Result<(), Error<Infallible>> {
        component_utils::parse_instance(self, instances, instance)?;
        self.level().instances.copy();
        Ok(())
    }

    fn parse_component_alias_section(
        &mut self,
        aliases: &mut ComponentAliasSection,
        section: wasmparser::ComponentAliasSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        for alias in section {
            let alias = alias?;
            aliases.alias(self.component_alias(alias.clone())?);
            let level = self.level();
            match alias {
                ComponentAlias::CoreInstanceExport {
                    kind: ExternalKind::Func,
                    ..
                } => {
                    level.functions.copy();
                }
                ComponentAlias::CoreInstanceExport {
                    kind: ExternalKind::Table,
                    ..
                } => {
                    level.tables.copy();
                }
                ComponentAlias::InstanceExport {
                    kind: ComponentExternalKind::Module,
                    ..
                }
                | ComponentAlias::Outer {
                    kind: ComponentOuterAliasKind::CoreModule,
                    ..
                } => {
                    level.modules.copy();
                }
                ComponentAlias::CoreInstanceExport { .. }
                | ComponentAlias::InstanceExport { .. }
                | ComponentAlias::Outer { .. } => {}
            }
        }
        Ok(())
    }

    fn parse_component_import_section(
        &mut self,
        imports: &mut ComponentImportSection,
        section: wasmparser::ComponentImportSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        for import in section {
            let import = import?;
            imports.import(import.name, self.component_type_ref(import.ty)?);
            if let ComponentTypeRef::Module(_) = import.ty {
                self.level().modules.copy();
            }
        }
        Ok(())
    }

    fn parse_component_export(
        &mut self,
        exports: &mut ComponentExportSection,
        export: wasmparser::ComponentExport<'_>,
    ) -> Result<(), Error<Infallible>> {
        let kind = export.kind;
        component_utils::parse_component_export(self, exports, export)?;
        if let ComponentExternalKind::Module = kind {
            self.level().modules.copy();
        }
        Ok(())
    }
}
