//! The component that a stored case defines: the stand-in for the host, the case, and the two put together.
//!
//! Only `wast` runners run this component. It adds one thing to the case: `wast` has no text for a float that is passed
//! to a component (see `literal.rs`) but inside another value, so a function with floats is exported with each in a tuple
//! of one. Both flatten to the same core type: such a function is lowered and lifted again with nothing in between.

use crate::Type;
use crate::binary::without_custom_sections;
use crate::exports::{Function, Signature};
use crate::literal::string;
use std::sync::LazyLock;
use wast::parser::{ParseBuffer, parse};

/// The stand-in for the host in every stored case: the text of a component `$host`.
///
/// The component exports `log` and `mark`, which the case imports; `events`, which returns every event so far; and the
/// async `settle`, which yields until what is ready in the case has run.
pub const HOST: &str = include_str!("host.wat");

/// The id of the component that a stored case defines.
pub(crate) const DEFINITION: &str = "spawndiff";

/// The exports of the stand-in that a stored case hands on.
pub(crate) const EVENTS: &str = "events";
pub(crate) const SETTLE: &str = "settle";

/// [`HOST`] encoded, without custom sections.
pub(crate) static HOST_BINARY: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let binary = encode(HOST).expect("the constant text is well-formed");
    without_custom_sections(&binary).expect("an encoded component has whole sections")
});

/// The number of flat parameters above which a function takes its parameters in memory (CanonicalABI.md,
/// `MAX_FLAT_PARAMS`).
const MAX_FLAT_PARAMS: usize = 16;

/// Whether the wrapper exports a function with its floats in tuples of one.
pub(crate) fn is_boxed(function: &Function) -> bool {
    boxed_signature(function).is_some()
}

fn boxed_signature(function: &Function) -> Option<&Signature> {
    let ty = function.ty.as_ref()?;
    (ty.has_floats() && ty.params.len() <= MAX_FLAT_PARAMS).then_some(ty)
}

/// The text of the whole definition around the text of the case's component.
pub(crate) fn definition(case: &str, exports: &[Function]) -> String {
    let boxed: Vec<_> = exports
        .iter()
        .filter_map(|f| Some((f, boxed_signature(f)?)))
        .collect();
    let mut text = format!("(component definition ${DEFINITION}\n");
    text += &indented(HOST.trim_end());
    text += "\n  ;; The case, as the campaign ran it.\n";
    text += &indented(case.trim_end());
    if !boxed.is_empty() {
        text += "\n  ;; The functions with floats again, each float in a tuple of one.\n  (component $boxed\n";
        for (i, (function, ty)) in boxed.iter().enumerate() {
            text += &boxed_function(i, &function.name, ty);
        }
        text += "  )\n";
    }
    text += "\n  (instance $host (instantiate $host))";
    text += "\n  (instance $case (instantiate $case (with \"host\" (instance $host))))\n";
    if !boxed.is_empty() {
        text += "  (instance $boxed (instantiate $boxed";
        for (function, _) in &boxed {
            let name = string(&function.name);
            text += &format!("\n    (with {name} (func $case {name}))");
        }
        text += "))\n";
    }
    for function in exports {
        let name = string(&function.name);
        let instance = if is_boxed(function) { "boxed" } else { "case" };
        text += &format!("  (export {name} (func ${instance} {name}))\n");
    }
    for name in [EVENTS, SETTLE] {
        text += &format!("  (export \"{name}\" (func $host \"{name}\"))\n");
    }
    text + ")\n"
}

fn boxed_function(index: usize, name: &str, ty: &Signature) -> String {
    let name = string(name);
    let plain = |ty: Type| ty.keyword().to_string();
    let boxed = |ty: Type| match ty {
        Type::F32 | Type::F64 => format!("(tuple {})", ty.keyword()),
        _ => plain(ty),
    };
    let plain = signature(ty, &plain);
    let boxed = signature(ty, &boxed);
    format!(
        "    (import {name} (func $f{index}{plain}))
    (core func $f{index} (canon lower (func $f{index})))
    (func $b{index}{boxed} (canon lift (core func $f{index})))
    (export {name} (func $b{index}))\n"
    )
}

fn signature(ty: &Signature, text_of: &dyn Fn(Type) -> String) -> String {
    let mut text = String::from(if ty.is_async { " async" } else { "" });
    for (name, ty) in &ty.params {
        text += &format!(" (param {} {})", string(name), text_of(*ty));
    }
    if let Some(ty) = ty.result {
        text += &format!(" (result {})", text_of(ty));
    }
    text
}

fn indented(text: &str) -> String {
    let line = |line: &str| {
        if line.is_empty() {
            "\n".into()
        } else {
            format!("  {line}\n")
        }
    };
    text.lines().map(line).collect()
}

/// The binary of one component or module written as text.
pub(crate) fn encode(text: &str) -> Result<Vec<u8>, wast::Error> {
    let buffer = ParseBuffer::new(text)?;
    parse::<wast::Wat<'_>>(&buffer)?.encode()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stand_in_for_the_host_validates() {
        let binary = encode(HOST).expect("well-formed");
        let features = wasmparser::WasmFeatures::all();
        wasmparser::Validator::new_with_features(features)
            .validate_all(&binary)
            .expect("valid");
    }
}
