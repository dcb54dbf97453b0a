//! Which built-ins the engine lacks: asked of the engine itself, once per process.
//!
//! The day Wasmtime compiles one of them, cases that use it run as they are.

use super::Needs;
use std::sync::OnceLock;
use wasm_encoder::{
    Alias, CanonicalFunctionSection, Component, ComponentAliasSection, CoreTypeSection, ExportKind,
    ExportSection, InstanceSection, Module, ModuleSection, RefType, TableSection, TableType,
    ValType,
};
use wasmtime::Engine;

static NEEDS: OnceLock<Needs> = OnceLock::new();

/// The built-ins that have to be lowered for this version of Wasmtime. All engines of a process are configured alike as far
/// as this goes, so the first one is asked.
pub(in crate::native) fn needs(engine: &Engine) -> Needs {
    *NEEDS.get_or_init(|| {
        let lacks = |define: fn(&mut CanonicalFunctionSection)| {
            wasmtime::component::Component::new(engine, component(define)).is_err()
        };
        Needs {
            spawn_ref: lacks(|section| {
                section.thread_spawn_ref(0);
            }),
            spawn_indirect: lacks(|section| {
                section.thread_spawn_indirect(0, 0);
            }),
            available_parallelism: lacks(|section| {
                section.thread_available_parallelism();
            }),
        }
    })
}

/// A component with a start type, a table and one canonical definition.
fn component(define: fn(&mut CanonicalFunctionSection)) -> Vec<u8> {
    let mut tables = TableSection::new();
    tables.table(TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: 1,
        maximum: None,
        shared: false,
    });
    let mut exports = ExportSection::new();
    exports.export("table", ExportKind::Table, 0);
    let mut module = Module::new();
    module.section(&tables).section(&exports);

    let mut types = CoreTypeSection::new();
    types.ty().core().function([ValType::I32], []);
    let mut instances = InstanceSection::new();
    instances.instantiate::<_, &str>(0, []);
    let mut aliases = ComponentAliasSection::new();
    aliases.alias(Alias::CoreInstanceExport {
        instance: 0,
        kind: ExportKind::Table,
        name: "table",
    });
    let mut canonical = CanonicalFunctionSection::new();
    define(&mut canonical);

    let mut component = Component::new();
    component
        .section(&types)
        .section(&ModuleSection(&module))
        .section(&instances);
    component.section(&aliases).section(&canonical);
    component.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_engine_has_is_accepted_by_the_probe() {
        let engine =
            crate::native::engine::engine(Default::default(), false, false, false).unwrap();
        let native = component(|section| {
            section.thread_new_indirect(0, 0);
        });
        wasmtime::component::Component::new(&engine, native).unwrap();
        // Wasmtime 48 has none of them.
        assert_eq!(needs(&engine), Needs::ALL);
    }
}
