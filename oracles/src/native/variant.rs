//! The ways in which one release of Wasmtime runs a case. They differ in how code is compiled, where instances live, and when a
//! thread is interrupted; none of that may make a difference.

use std::fmt;
use wasmtime::{
    Config, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, RegallocAlgorithm,
    Result, Strategy,
};

/// A way to run a case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Variant {
    /// Cranelift, optimising for speed.
    #[default]
    Cranelift,
    /// Cranelift without optimisation, and with one pass of register allocation.
    CraneliftNone,
    /// The baseline compiler.
    Winch,
    /// The interpreter of Cranelift's portable bytecode.
    Pulley,
    /// The pooling allocator, with small limits.
    Pooling,
    /// Tables are filled when they are made, and not entry by entry when one is asked for.
    EagerTables,
    /// Interruption by epochs: a thread yields to the embedder after each event that it logs.
    Epoch,
}

/// The memories, tables, core instances and component instances that live at a time in a pool for cases, each: what three cases
/// of the largest shape need.
pub(super) const POOL: u32 = 100;
/// As many fiber stacks for each of them. A thread that has begun and not ended has one.
const POOL_STACKS: u32 = 2;
/// The bytes of a memory in a pool: more than a generated one grows to.
const POOL_MEMORY: usize = 1 << 20;
/// The elements of a table in a pool.
const POOL_TABLE: usize = 20_000;

impl Variant {
    /// Every one.
    pub const ALL: &'static [Variant] = &[
        Variant::Cranelift,
        Variant::CraneliftNone,
        Variant::Winch,
        Variant::Pulley,
        Variant::Pooling,
        Variant::EagerTables,
        Variant::Epoch,
    ];

    /// What the command line calls it.
    pub fn name(self) -> &'static str {
        match self {
            Variant::Cranelift => "cranelift",
            Variant::CraneliftNone => "cranelift-none",
            Variant::Winch => "winch",
            Variant::Pulley => "pulley",
            Variant::Pooling => "pooling",
            Variant::EagerTables => "eager-tables",
            Variant::Epoch => "epoch",
        }
    }

    /// What is different about it, in a few words.
    pub fn what(self) -> &'static str {
        match self {
            Variant::Cranelift => "optimising for speed",
            Variant::CraneliftNone => "without optimisation, single-pass register allocation",
            Variant::Winch => "the baseline compiler",
            Variant::Pulley => "the portable interpreter",
            Variant::Pooling => "the pooling allocator with small limits",
            Variant::EagerTables => "no lazy initialisation of tables",
            Variant::Epoch => "yields to the embedder after each event, by epochs",
        }
    }

    /// What it lacks of what cases use.
    pub fn lacking(self) -> Option<&'static str> {
        match self {
            Variant::Winch => Some("externref, typed function references"),
            Variant::Pulley => Some("atomics, shared memories"),
            Variant::Pooling => Some("room for large modules"),
            _ => None,
        }
    }

    /// What it lacks, if that is why it refuses a component with this message.
    pub(super) fn lacks(self, message: &str) -> Option<&'static str> {
        let words: &[&str] = match self {
            Variant::Winch => &["function references", "gc types are disallowed"],
            Variant::Pulley => &["threads support is not enabled"],
            Variant::Pooling => &["does not fit in pooling allocator requirements"],
            _ => &[],
        };
        let of_it = words.iter().any(|word| message.contains(word));
        self.lacking().filter(|_| of_it)
    }

    /// Sets what is different about it. `pool`: how many instances live at a time in a pool.
    pub(super) fn configure(self, config: &mut Config, pool: u32) -> Result<()> {
        match self {
            Variant::Cranelift | Variant::EagerTables | Variant::Epoch => {}
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
            .table_lazy_init(self != Variant::EagerTables)
            .epoch_interruption(self == Variant::Epoch)
            .wasm_function_references(self != Variant::Winch)
            .wasm_threads(self != Variant::Pulley)
            .shared_memory(self != Variant::Pulley);
        Ok(())
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
