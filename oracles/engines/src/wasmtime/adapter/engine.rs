//! The Wasmtime engine: how it is configured, what a store is limited to, and the host's functions.
//!
//! Compiling is much of the cost of a case, so there is a cache of compiled functions in memory: shims, trampolines and adapters
//! recur from case to case.

use super::limiter::Limiter;
use super::{configure, limit_handles, more_async_builtins, wasmtime};
use crate::wasmtime::Variant;
use crate::wasmtime::limits::*;
use spawndiff_corpus::{Event, MARK};
use spawndiff_observation::Exhaustion;
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};
use wasmtime::component::Linker;
use wasmtime::{CacheStore, Config, Engine, Error, Result, Store, StoreContextMut};

/// The most bytes of compiled functions that the cache keeps. When there would be more, the cache starts again from nothing.
const MAX_CACHE: usize = 64 << 20;

/// Compiled functions by the hash of what they were compiled from.
#[derive(Default)]
struct Cache(RwLock<Cached>);

/// The cache of all engines of the process. One cache serves them all, because what a function was compiled for is part of its
/// hash.
static CACHE: LazyLock<Arc<Cache>> = LazyLock::new(Arc::default);

#[derive(Default)]
struct Cached {
    functions: HashMap<Vec<u8>, Vec<u8>>,
    bytes: usize,
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cache")
    }
}

impl CacheStore for Cache {
    fn get(&self, key: &[u8]) -> Option<Cow<'_, [u8]>> {
        let cached = self.0.read().unwrap_or_else(PoisonError::into_inner);
        cached
            .functions
            .get(key)
            .map(|value| Cow::Owned(value.clone()))
    }

    fn insert(&self, key: &[u8], value: Vec<u8>) -> bool {
        let mut cached = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let bytes = key.len() + value.len();
        if cached.bytes + bytes > MAX_CACHE {
            *cached = Cached::default();
        }
        cached.bytes += bytes;
        cached.functions.insert(key.to_vec(), value);
        true
    }
}

/// Makes an engine for a variant: with Wasmtime's own ways of compiling if `plain`, and with a cache of compiled functions if
/// `incremental`.
pub(super) fn engine(variant: Variant, plain: bool, incremental: bool) -> Result<Engine> {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .wasm_component_model_async(true)
        .wasm_component_model_async_stackful(true)
        .wasm_component_model_threading(true)
        .wasm_gc(variant != Variant::Winch)
        .consume_fuel(true)
        .max_wasm_stack(MAX_WASM_STACK)
        .async_stack_size(ASYNC_STACK);
    more_async_builtins(&mut config);
    if !plain {
        config
            // A memory is exactly as large as it is, without guards: mapping gigabytes of address space for each of a
            // hundred thousand instances costs more than the bounds checks that guards would spare.
            .memory_reservation(0)
            .memory_guard_size(0)
            .memory_reservation_for_growth(0)
            .memory_init_cow(false)
            // Nobody reads a backtrace: traps are compared by kind.
            .wasm_backtrace_max_frames(None)
            .generate_address_map(false)
            .native_unwind_info(false);
    }
    configure(&mut config, variant)?;
    // Winch has no compiled functions to keep.
    if incremental && variant != Variant::Winch {
        config.enable_incremental_compilation(CACHE.clone())?;
    }
    Engine::new(&config)
}

/// The data of a store of the native engine.
pub(in crate::wasmtime) struct Host {
    /// The events that were logged since the events were last taken.
    pub(super) events: Vec<Event>,
    /// The number of events that were logged since the store was made.
    pub(super) logged: usize,
    /// The function that alters each event before the event is noted. Only mutants have one; otherwise events are noted as they
    /// are.
    pub(super) alter: Option<fn(usize, Event) -> Option<Event>>,
    limiter: Limiter,
}

impl Host {
    fn log(&mut self, event: Event) -> Result<()> {
        self.logged += 1;
        if self.logged > MAX_EVENTS {
            return Err(Error::new(LimitReached(Exhaustion::Fuel)));
        }
        let event = match self.alter {
            Some(alter) => alter(self.logged - 1, event),
            None => Some(event),
        };
        self.events.extend(event);
        Ok(())
    }
}

impl Default for Host {
    fn default() -> Host {
        Host {
            events: Vec::new(),
            logged: 0,
            alter: None,
            limiter: Limiter::new(MAX_MEMORY, MAX_TABLE_ELEMENTS),
        }
    }
}

/// Makes a store for one run, with the limits of a run.
pub(super) fn store(engine: &Engine, variant: Variant) -> Result<Store<Host>> {
    let mut store = Store::new(engine, Host::default());
    store.limiter(|host| &mut host.limiter);
    store.set_fuel(FUEL)?;
    limit_handles(&mut store, MAX_HANDLES);
    if variant == Variant::Epoch {
        store.epoch_deadline_async_yield_and_update(1);
    }
    Ok(store)
}

/// Makes the imports of a case: the instance `host` with `log` and `mark`.
pub(super) fn linker(engine: &Engine, variant: Variant) -> Result<Linker<Host>> {
    let mut linker = Linker::new(engine);
    let mut host = linker.instance("host")?;
    // Where epochs interrupt, the program itself is the clock, so that every run of a case is interrupted alike.
    let ticks = variant == Variant::Epoch;
    host.func_wrap(
        "log",
        move |mut store: StoreContextMut<'_, Host>, (point, value): (u32, u64)| {
            if ticks {
                store.engine().increment_epoch();
            }
            store.data_mut().log(Event { point, value })
        },
    )?;
    host.func_wrap(
        "mark",
        move |mut store: StoreContextMut<'_, Host>, (value,): (u32,)| {
            if ticks {
                store.engine().increment_epoch();
            }
            store.data_mut().log(Event {
                point: MARK,
                value: value.into(),
            })
        },
    )?;
    Ok(linker)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_cache_starts_again_and_stays_bounded() {
        let cache = Cache::default();
        for i in 0..100u32 {
            cache.insert(&i.to_le_bytes(), vec![0; 1 << 20]);
            assert!(cache.0.read().unwrap().bytes <= MAX_CACHE);
        }
        assert!(cache.get(&99u32.to_le_bytes()).is_some());
        assert!(cache.get(&0u32.to_le_bytes()).is_none());
    }
}
