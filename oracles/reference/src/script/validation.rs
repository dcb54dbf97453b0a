//! Validation of what a script defines: that of `wasmparser`, but for what it refuses and the text allows.

use wasmparser::{Validator, WasmFeatures};

/// How the messages begin with which `wasmparser` refuses what the text allows, and also what the text does not allow. Which of the
/// two it is, the decoder says: it has the rule of the text. What comes after that place in the binary is not validated.
const DECIDED_BY_THE_DECODER: &[&str] = &[
    // CanonicalABI.md, "canon thread.new-indirect": the parameter is an `i32` or an `i64`.
    "start function must take a single `i32` argument",
];

/// Why `wasmparser` refuses a component or a core module.
pub(super) struct Refused {
    pub(super) message: String,
    /// Whether it is not valid only if the decoder finds so, too.
    pub(super) decoder_decides: bool,
}

/// Validates a component or a core module.
pub(super) fn validate(wasm: &[u8]) -> Result<(), Refused> {
    let valid = Validator::new_with_features(WasmFeatures::all()).validate_all(wasm);
    valid.map(|_| ()).map_err(|error| Refused {
        message: error.message().to_string(),
        decoder_decides: DECIDED_BY_THE_DECODER
            .iter()
            .any(|it| error.message().starts_with(it)),
    })
}
