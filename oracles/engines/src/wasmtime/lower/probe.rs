//! Finds out which built-ins the engine lacks, by asking the engine itself once per process.
//!
//! As soon as Wasmtime compiles one of these built-ins, cases that use it run as they are.

use super::Needs;
use wasm_encoder::{
    Alias, CanonicalFunctionSection, Component, ComponentAliasSection, CoreTypeSection, ExportKind,
    ExportSection, InstanceSection, Module, ModuleSection, RefType, TableSection, TableType,
    ValType,
};

/// The built-ins that have to be lowered for an engine that compiles a component if `accepts` says so.
pub(in crate::wasmtime) fn needs(accepts: impl Fn(&[u8]) -> bool) -> Needs {
    let lacks = |define: fn(&mut CanonicalFunctionSection)| !accepts(&component(define));
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
    fn what_is_not_accepted_is_lacking_and_the_probe_of_what_is_there_is_valid() {
        let native = component(|section| {
            section.thread_new_indirect(0, 0);
        });
        let case = spawndiff_corpus::Case {
            component: native,
            runs: Vec::new(),
        };
        let engine = crate::wasmtime::Native::new(Default::default());
        let outcome = engine.observe(&case);
        assert!(matches!(outcome, crate::wasmtime::Outcome::Observed(_)));
        assert_eq!(needs(|_| true), Needs::default());
        assert_eq!(needs(|_| false), Needs::ALL);
        // Wasmtime 48 has none of them.
        assert_eq!(engine.lowered_built_ins().len(), 3);
    }
}
