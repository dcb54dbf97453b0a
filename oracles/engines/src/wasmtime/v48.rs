//! Wasmtime 48.0.8: the release that the variants run, and what is different about each of them.

pub(super) use wasmtime_48 as wasmtime;

use super::Variant;
use adapter::Host;
use wasmtime::{
    Config, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, RegallocAlgorithm,
    Result, Store, Strategy,
};

pub(super) use adapter::Adapter;
pub(super) use adapter::limiter::Limiter;

#[path = "adapter/mod.rs"]
mod adapter;
#[path = "adapter/call.rs"]
mod call;

/// The number of memories, of tables, of core instances and of component instances that may live at a time in a pool for cases:
/// what three cases of the largest shape need.
const POOL: u32 = 100;
/// The number of fiber stacks in a pool for each of its instances. A thread that has begun and not ended has one stack.
const POOL_STACKS: u32 = 2;
/// The bytes of a memory in a pool: more than a generated one grows to.
const POOL_MEMORY: usize = 1 << 20;
/// The elements of a table in a pool.
const POOL_TABLE: usize = 20_000;

/// Configures an engine for cases.
fn configure(config: &mut Config, variant: Variant) -> Result<()> {
    vary(config, variant, POOL)
}

fn more_async_builtins(config: &mut Config) {
    config.wasm_component_model_more_async_builtins(true);
}

fn limit_handles(store: &mut Store<Host>, limit: usize) {
    store.set_max_component_handles(limit);
}

/// Sets what is different about a variant. `pool` is the number of instances that may live at a time in a pool.
pub(super) fn vary(config: &mut Config, variant: Variant, pool: u32) -> Result<()> {
    match variant {
        Variant::Cranelift | Variant::EagerTables | Variant::Epoch | Variant::Other(_) => {}
        Variant::CraneliftNone => {
            config
                .cranelift_opt_level(OptLevel::None)
                .cranelift_regalloc_algorithm(RegallocAlgorithm::SinglePass);
        }
        Variant::Winch => {
            config.strategy(Strategy::Winch);
        }
        Variant::Pulley => {
            config.target("pulley64")?;
        }
        Variant::Pooling => {
            let mut allocation = PoolingAllocationConfig::new();
            allocation
                .total_component_instances(pool)
                .total_core_instances(pool)
                .total_memories(pool)
                .total_tables(pool)
                .total_stacks(pool * POOL_STACKS)
                .max_tables_per_module(POOL)
                .max_memories_per_module(POOL)
                .max_memory_size(POOL_MEMORY)
                .table_elements(POOL_TABLE);
            config
                .memory_reservation(POOL_MEMORY as u64)
                .allocation_strategy(InstanceAllocationStrategy::Pooling(allocation));
        }
    }
    config
        .table_lazy_init(variant != Variant::EagerTables)
        .epoch_interruption(variant == Variant::Epoch)
        .wasm_function_references(variant != Variant::Winch)
        .wasm_threads(variant != Variant::Pulley)
        .shared_memory(variant != Variant::Pulley);
    Ok(())
}
