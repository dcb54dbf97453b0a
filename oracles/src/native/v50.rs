//! Wasmtime 50.0.1, the newest release. It follows a later text of the specification, and needs a newer Rust.

pub(super) use wasmtime_50 as wasmtime;

use super::Variant;
use adapter::Host;
use wasmtime::{Config, Result, Store};

pub(super) use adapter::Adapter;

// The sources that all releases share.
#[allow(clippy::duplicate_mod)]
#[path = "adapter/mod.rs"]
mod adapter;
#[allow(clippy::duplicate_mod)]
#[path = "adapter/call.rs"]
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

fn limit_handles(store: &mut Store<Host>, limit: usize) {
    store.set_max_component_handles(limit);
}
