//! Wasmtime 46.0.0: a release with known bugs, to find them again.

pub(super) use wasmtime_46 as wasmtime;

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

/// Does nothing: this release has no limit on handles, and fuel bounds their number.
fn limit_handles(_: &mut Store<Host>, _: usize) {}
