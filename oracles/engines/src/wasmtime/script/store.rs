//! The configuration of Wasmtime for scripts, and the store that an instance of a script lives in: the limits of the store, and its
//! end when the engine panics.

use super::super::panics::catch;
use super::super::v48::{self, wasmtime};
use super::super::variant::Variant;
use spawndiff_observation::scripts::Failure;
use std::time::Duration;
use wasmtime::{Config, Engine, Store};

/// The instructions that one directive may execute.
pub(super) const FUEL: u64 = 1_000_000_000;
/// How long one directive may run, in ticks of [`TICK`]. Fuel, which is the same on every machine, comes first but for what
/// the host does at a script's request.
pub(super) const MAX_TICKS: u64 = 300;
/// The number of instances that may live at a time in a pool, which has to hold those of a whole script.
const POOL: u32 = 2_000;
/// How often the engine's clock ticks.
pub(super) const TICK: Duration = Duration::from_millis(100);
/// The bytes that all memories of one store may have together.
pub(super) const MAX_MEMORY: usize = 1 << 30;
/// The elements that all tables of one store may have together.
pub(super) const MAX_TABLE_ELEMENTS: usize = 10_000_000;

/// The configuration for scripts, with all that Wasmtime can do and the suites ask for. Each proposal is switched on for every
/// file: no suite of components asserts that something is refused only because it was switched off.
pub(super) fn config(variant: Variant) -> wasmtime::Result<Config> {
    let mut config = Config::new();
    v48::vary(&mut config, variant, POOL)?;
    // Winch has none of the proposals that `all` switches on.
    let all = variant != Variant::Winch;
    config
        .wasm_component_model(true)
        .wasm_component_model_async(true)
        .wasm_component_model_more_async_builtins(true)
        .wasm_component_model_async_stackful(true)
        .wasm_component_model_threading(true)
        .wasm_component_model_error_context(true)
        .wasm_component_model_map(true)
        .wasm_component_model_memory64(true)
        .wasm_component_model_fixed_length_lists(true)
        .wasm_component_model_implements(true)
        .wasm_reference_types(true)
        .wasm_bulk_memory(true)
        .wasm_multi_memory(true)
        .wasm_memory64(true)
        .wasm_tail_call(all)
        .wasm_extended_const(true)
        .wasm_gc(all)
        .wasm_exceptions(all)
        .consume_fuel(true)
        .epoch_interruption(true)
        .wasm_backtrace_max_frames(None);
    Ok(config)
}

/// The data of a store of a script: the sizes that its memories and tables have grown to, and their limits.
pub(super) type Host = v48::Limiter;

/// A store, which is leaked when the engine has panicked in it. To drop the store would unwind its fibers, and a panic in there
/// would end the process.
pub(super) struct Guarded {
    store: Option<Store<Host>>,
    panic: Option<String>,
}

impl Guarded {
    pub(super) fn new(engine: &Engine) -> Guarded {
        let mut store = Store::new(engine, Host::new(MAX_MEMORY, MAX_TABLE_ELEMENTS));
        store.limiter(|host| host);
        Guarded {
            store: Some(store),
            panic: None,
        }
    }

    /// Calls `act` with the store, with fresh fuel and a fresh deadline. A panic in `act` is a [`Failure::Crash`], and so is every
    /// later call.
    pub(super) fn with<T>(
        &mut self,
        act: impl FnOnce(&mut Store<Host>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let store = match (&mut self.store, &self.panic) {
            (Some(store), None) => store,
            (_, panic) => {
                let panic = panic.as_deref().unwrap_or("it was dropped");
                return Err(Failure::Crash(format!("the store is gone since: {panic}")));
            }
        };
        store.set_fuel(FUEL).expect("fuel is switched on");
        store.set_epoch_deadline(MAX_TICKS);
        catch(|| act(store)).unwrap_or_else(|panic| {
            self.panic = Some(panic.clone());
            Err(Failure::Crash(panic))
        })
    }
}

impl Guarded {
    /// Drops the store, or leaks it if the engine has panicked in it. The error is a panic while the store was dropped.
    pub(super) fn end(&mut self) -> Result<(), Failure> {
        let Some(store) = self.store.take() else {
            return Ok(());
        };
        if self.panic.is_some() {
            std::mem::forget(store);
            return Ok(());
        }
        catch(|| drop(store)).map_err(|panic| {
            Failure::Crash(format!("while dropping the store of an instance: {panic}"))
        })
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // Where a panic matters, `end` was called before. Here a panic must only not end the process.
        let _ = self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_in_a_store_is_a_crash_and_so_is_all_that_comes_after() {
        let config = config(Variant::default()).expect("the configuration is a constant");
        let engine = Engine::new(&config).expect("and so is what it makes");
        let mut store = Guarded::new(&engine);
        assert_eq!(store.with(|_| Ok(1)), Ok(1));
        let panicked = store.with(|_| -> Result<(), Failure> { panic!("that was all") });
        let Err(Failure::Crash(message)) = panicked else {
            panic!("{panicked:?}");
        };
        assert!(message.ends_with("that was all"), "{message}");
        assert_eq!(
            store.with(|_| Ok(1)),
            Err(Failure::Crash(format!(
                "the store is gone since: {message}"
            )))
        );
    }
}
