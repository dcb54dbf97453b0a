//! How the releases beside the default one are configured for cases: optimising Cranelift, as in [`Variant::Cranelift`].

use super::wasmtime;
use crate::wasmtime::Variant;
use wasmtime::{Config, Result};

pub(super) fn configure(config: &mut Config, _: Variant) -> Result<()> {
    config
        .wasm_function_references(true)
        .wasm_threads(true)
        .shared_memory(true);
    Ok(())
}
