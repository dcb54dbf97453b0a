//! Makes core modules with wasm-smith: random code, of which the plan says only how it may begin and what it may call.
//!
//! - `shape`: the imports and exports that the module has, whatever its code is;
//! - `bounded`: a bound on the loops and calls of that code, and what a shrinker leaves of it.
//!
//! The bytes that a module is made from decide all of its code, so a plan that has the bytes has the code.

mod bounded;
mod shape;

pub(crate) use bounded::Begin;
pub(crate) use shape::{
    FUNCTION, GLOBAL, GLOBALS, MEMORY, Shape, TABLE, global_type, memory_type, table_type,
};

use crate::plan::{Instructions, SmithBody};
use arbitrary::Unstructured;
use std::fmt;
use wasm_encoder::Module;
use wasm_smith::Config;
use wasmparser::{Validator, WasmFeatures};

/// The largest module that is taken, in bytes.
const MODULE_BYTES: usize = 1 << 14;
/// Instructions of a function, at most, as wasm-smith counts them.
const FUNCTION_INSTRUCTIONS: usize = 24;
/// Functions that only the module itself calls, at most.
const OWN_FUNCTIONS: usize = 4;

/// Why a plan goes without a module that wasm-smith was to make.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    /// wasm-smith makes no module of these bytes.
    NotMade,
    /// The module is larger than 16 KiB.
    TooLarge,
    /// The module is not valid, or cannot be read. This is a fault of wasm-smith or of ours; the text says what is wrong.
    Invalid(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::NotMade => f.write_str("wasm-smith makes no module of the bytes"),
            Refusal::TooLarge => write!(f, "the module is larger than {MODULE_BYTES} bytes"),
            Refusal::Invalid(why) => write!(f, "the module is not valid: {why}"),
        }
    }
}

/// Makes a module from bytes, with this shape and these instructions. `bodies` says for each function of the shape what is left of
/// its body, and `begin` what each of them does first. Each call of one of the module's functions, and each round of a loop in one, uses up some of its fuel; when there is
/// none left, a function returns at once, with zeros.
///
/// # Errors
///
/// Says why there is no such module.
pub(crate) fn make(
    bytes: &[u8],
    instructions: Instructions,
    shape: &Shape,
    bodies: &[SmithBody],
    begin: Option<Begin>,
) -> Result<Module, Refusal> {
    let config = config(instructions, shape);
    let made = wasm_smith::Module::new(config, &mut Unstructured::new(bytes));
    let made = made.map_err(|_| Refusal::NotMade)?.to_bytes();
    if made.len() > MODULE_BYTES {
        return Err(Refusal::TooLarge);
    }
    let module = bounded::bounded(&made, bodies, begin).map_err(Refusal::Invalid)?;
    let mut validator = Validator::new_with_features(WasmFeatures::default());
    let valid = validator.validate_all(module.as_slice());
    match valid {
        Ok(_) => Ok(module),
        Err(error) => Err(Refusal::Invalid(error.to_string())),
    }
}

/// The settings of wasm-smith. They leave out what an engine or the reference's interpreter lacks (garbage collection, exceptions,
/// 64-bit memories, atomics), and what may differ between two engines that are both right (relaxed SIMD, the bits of a NaN).
fn config(instructions: Instructions, shape: &Shape) -> Config {
    Config {
        allow_floats: instructions.floats,
        allow_start_export: false,
        canonicalize_nans: true,
        disallow_traps: !instructions.traps,
        exceptions_enabled: false,
        gc_enabled: false,
        max_data_segments: 2,
        max_element_segments: 3,
        max_elements: 6,
        max_funcs: shape.functions() + OWN_FUNCTIONS,
        max_globals: shape.globals(),
        max_instructions: FUNCTION_INSTRUCTIONS,
        max_memories: 1,
        max_tables: shape.tables(),
        max_types: shape.types() + 3,
        memory64_enabled: false,
        module_shape: Some(shape.module()),
        relaxed_simd_enabled: false,
        simd_enabled: instructions.vectors,
        tail_call_enabled: instructions.tail_calls,
        threads_enabled: false,
        ..Config::default()
    }
}
