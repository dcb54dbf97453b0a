//! Wasmtime 50.0.1, the newest release. This release follows a later text of the specification, and needs a newer Rust.

pub(super) use wasmtime_50 as wasmtime;

use adapter::Host;
use plain::configure;
use wasmtime::{Config, Store};

pub(super) use adapter::Adapter;

#[path = "adapter/mod.rs"]
mod adapter;
#[path = "adapter/call.rs"]
mod call;
#[path = "adapter/plain.rs"]
mod plain;

fn more_async_builtins(config: &mut Config) {
    config.wasm_component_model_more_async_builtins(true);
}

fn limit_handles(store: &mut Store<Host>, limit: usize) {
    store.set_max_component_handles(limit);
}
