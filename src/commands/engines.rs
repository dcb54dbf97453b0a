//! `spawndiff engines`: what cases can run on; and how an engine is named on the command line.

use super::{Outcome, print};
use anyhow::Result;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use spawndiff_oracles::native::{Native, Variant};
use std::fmt::Write;

/// Prints a line for each engine.
pub fn engines() -> Result<Outcome> {
    let mut out = String::new();
    let version = Native::version();
    for &variant in Variant::ALL {
        let lacks = variant.lacking().unwrap_or("-");
        writeln!(
            out,
            "{:<16} wasmtime {version:<8} {:<54} lacks: {lacks}",
            variant.name(),
            variant.what(),
        )?;
    }
    let lowered = Native::lowered_built_ins().join(", ");
    writeln!(
        out,
        "{:<16} spawndiff's own, from the text of the specification",
        REFERENCE
    )?;
    writeln!(out)?;
    writeln!(out, "lowered for wasmtime {version}: {lowered}")?;
    print(&out)?;
    Ok(Outcome::Clean)
}

/// What the command line calls the reference.
pub const REFERENCE: &str = "reference";

/// The names of the native engines, with what is different about each.
fn names() -> impl Iterator<Item = PossibleValue> {
    let name = |variant: &Variant| PossibleValue::new(variant.name()).help(variant.what());
    Variant::ALL.iter().map(name)
}

/// Reads the name of a native engine.
pub fn native() -> impl TypedValueParser<Value = Variant> {
    PossibleValuesParser::new(names()).map(|name| of_name(&name).expect("it is one of the names"))
}

/// The native engine with this name.
pub fn of_name(name: &str) -> Option<Variant> {
    Variant::ALL
        .iter()
        .copied()
        .find(|variant| variant.name() == name)
}

/// An engine that replays cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Engine {
    /// Wasmtime.
    Native(Variant),
    /// The reference interpreter.
    Reference,
}

impl Engine {
    /// What the command line calls it.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Native(variant) => variant.name(),
            Engine::Reference => REFERENCE,
        }
    }
}

/// Reads the name of any engine.
pub fn any() -> impl TypedValueParser<Value = Engine> {
    let reference = PossibleValue::new(REFERENCE).help("the reference interpreter");
    PossibleValuesParser::new(names().chain([reference]))
        .map(|name| of_name(&name).map_or(Engine::Reference, Engine::Native))
}
