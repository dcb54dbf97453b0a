//! Core instances (Explainer.md, "Instance Definitions"), in wasmi.

use super::super::Unsupported;
use super::super::canon_defs::{CoreTable, Memory};
use super::super::core_traps::core_stop;
use super::super::definition::{CoreInstance, CoreItem, Module, Use};
use super::super::exceptions;
use super::super::store::Stop;
use super::{Build, CoreSort, Failure, Frame, Instantiation, Names, at};
use spawndiff_observation::Builtin;
use spawndiff_observation::{Exhaustion, Trap};
use std::collections::HashMap;
use std::sync::Arc;
use wasmi::Extern;
use wasmi::errors::{ErrorKind, InstantiationError};

/// Bytes of a module that its instantiation counts as one step.
const BYTES_A_STEP: usize = 32;

/// A core instance.
pub(super) enum CoreInst {
    Wasm(wasmi::Instance),
    Bundle {
        names: Arc<Names>,
        items: Vec<Extern>,
    },
}

impl CoreInst {
    fn export(&self, store: impl wasmi::AsContext, name: &str) -> Option<Extern> {
        match self {
            CoreInst::Wasm(instance) => instance.get_export(store, name),
            CoreInst::Bundle { names, items } => items.get(names.place(name)?).copied(),
        }
    }
}

impl<B: Build> Instantiation<'_, B> {
    pub(super) fn core_instance(
        &mut self,
        frame: &mut Frame<'_>,
        instance: &CoreInstance,
    ) -> Result<(), Failure> {
        let instance = match instance {
            CoreInstance::Instantiate { module, args } => {
                CoreInst::Wasm(self.core_instantiate(frame, module, args)?)
            }
            CoreInstance::FromExports { names, items } => {
                let items = items
                    .iter()
                    .map(|&item| frame.core_item(item))
                    .collect::<Result<_, _>>()?;
                CoreInst::Bundle {
                    names: names.clone(),
                    items,
                }
            }
        };
        frame.core_instances.push(instance);
        Ok(())
    }

    fn core_instantiate(
        &mut self,
        frame: &Frame<'_>,
        module: &Use<Module>,
        args: &HashMap<String, usize>,
    ) -> Result<wasmi::Instance, Failure> {
        let module = frame.module(module)?;
        self.spend(module.wasm.imports().len() + module.size / BYTES_A_STEP)?;
        let mut imports = Vec::new();
        for import in module.wasm.imports() {
            if let Some(part) = exceptions::asked_for(&import, &module.keep) {
                imports.push(exceptions::provide(self.build.core(), part, import.ty())?);
                continue;
            }
            let (from, name) = (import.module(), import.name());
            let found = match args.get(from) {
                Some(&slot) => at(&frame.core_instances, slot, "core instance")?
                    .export(&*self.build.core(), name),
                None => None,
            };
            let missing = || Unsupported::new(format!("no core import {from}.{name}"));
            imports.push(found.ok_or_else(missing)?);
        }
        let instance = wasmi::Instance::new(self.build.core(), &module.wasm, &imports)
            .map_err(|error| stop(&error))?;
        if let Some(start) = &module.start {
            let start = instance
                .get_func(self.build.core(), start)
                .ok_or_else(|| Unsupported::new("no start function"))?;
            self.build.start(frame.inst, start)?;
        }
        Ok(instance)
    }

    pub(super) fn core_alias(
        &mut self,
        frame: &mut Frame<'_>,
        sort: CoreSort,
        instance: usize,
        name: &str,
    ) -> Result<(), Unsupported> {
        let store = self.build.core();
        let export = at(&frame.core_instances, instance, "core instance")?.export(&*store, name);
        match (sort, export) {
            (CoreSort::Func, Some(Extern::Func(func))) => frame.core_funcs.push(func),
            (CoreSort::Table, Some(Extern::Table(table))) => frame.core_tables.push(CoreTable {
                table,
                wide: table.ty(&*store).is_64(),
            }),
            (CoreSort::Memory, Some(Extern::Memory(memory))) => frame.core_memories.push(Memory {
                memory,
                wide: memory.ty(&*store).is_64(),
            }),
            (CoreSort::Global, Some(Extern::Global(global))) => frame.core_globals.push(global),
            (CoreSort::Tag, Some(Extern::Global(tag))) => frame.core_tags.push(tag),
            (_, Some(_)) => {
                return Err(Unsupported::new(format!(
                    "core export {name} of another sort"
                )));
            }
            (_, None) => return Err(Unsupported::new(format!("no core export {name}"))),
        }
        Ok(())
    }
}

impl Frame<'_> {
    pub(super) fn core_memory(&self, slot: usize) -> Result<Memory, Unsupported> {
        at(&self.core_memories, slot, "core memory").copied()
    }

    pub(super) fn core_table(&self, slot: usize) -> Result<CoreTable, Unsupported> {
        at(&self.core_tables, slot, "core table").copied()
    }

    fn core_item(&self, item: CoreItem) -> Result<Extern, Unsupported> {
        let CoreItem { sort, slot } = item;
        Ok(match sort {
            CoreSort::Func => Extern::Func(self.core_func(slot)?),
            CoreSort::Table => Extern::Table(self.core_table(slot)?.table),
            CoreSort::Memory => Extern::Memory(self.core_memory(slot)?.memory),
            CoreSort::Global => Extern::Global(*at(&self.core_globals, slot, "core global")?),
            CoreSort::Tag => Extern::Global(*at(&self.core_tags, slot, "core tag")?),
        })
    }
}

/// An error of wasmi, from making an instance.
fn stop(error: &wasmi::Error) -> Stop {
    match error.kind() {
        ErrorKind::Instantiation(InstantiationError::ElementSegmentDoesNotFit { .. }) => {
            Stop::from(Trap::TableOutOfBounds).by(Builtin::Core)
        }
        ErrorKind::Instantiation(
            InstantiationError::TooManyInstances
            | InstantiationError::TooManyTables
            | InstantiationError::TooManyMemories
            | InstantiationError::FailedToInstantiateMemory(_)
            | InstantiationError::FailedToInstantiateTable(_),
        ) => Stop::Exhausted(Exhaustion::Memory),
        _ => core_stop(error),
    }
}
