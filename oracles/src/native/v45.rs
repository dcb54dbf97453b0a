//! Wasmtime 45.0.0: a release with known bugs, to find them again.

pub(super) use wasmtime_45 as wasmtime;

use super::Variant;
use adapter::Host;
use wasmtime::{Config, Result, Store};

pub(super) use adapter::Adapter;

// The sources that all releases share.
#[allow(clippy::duplicate_mod)]
#[path = "adapter/mod.rs"]
mod adapter;
#[allow(clippy::duplicate_mod)]
#[path = "adapter/call_in_task.rs"]
mod call;

/// Configures an engine for cases: optimising Cranelift, as in [`Variant::Cranelift`].
fn configure(config: &mut Config, _: Variant) -> Result<()> {
    config
        .wasm_function_references(true)
        .wasm_threads(true)
        .shared_memory(true);
    Ok(())
}

fn more_async_builtins(config: &mut Config) {
    config.wasm_component_model_more_async_builtins(true);
}

/// It has no such limit: fuel bounds the number of handles.
fn limit_handles(_: &mut Store<Host>, _: usize) {}
