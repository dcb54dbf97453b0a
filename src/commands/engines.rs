//! `spawndiff engines`: what cases can run on; and how an engine is named on the command line.

use super::{Outcome, print};
use anyhow::Result;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use spawndiff_engines::wasmtime::{Config, Native, Release, Variant};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Prints a line for each engine.
pub fn engines() -> Result<Outcome> {
    let mut out = String::new();
    for variant in all() {
        let lacks = variant.lacking().unwrap_or("-");
        let lacks = match is_built(variant) {
            true => format!("lacks: {lacks}"),
            false => not_built(variant),
        };
        writeln!(
            out,
            "{:<16} wasmtime {:<8} {:<54} {lacks}",
            variant.name(),
            variant.release().version(),
            variant.what(),
        )?;
    }
    writeln!(
        out,
        "{:<16} spawndiff's own, from the text of the specification",
        REFERENCE
    )?;
    writeln!(out)?;
    let mut seen = BTreeSet::new();
    for variant in Variant::built() {
        if seen.insert(variant.release()) {
            let native = Native::new(Config::of(variant));
            let lowered = native.lowered_built_ins().join(", ");
            writeln!(out, "lowered for wasmtime {}: {lowered}", native.version())?;
        }
    }
    print(&out)?;
    Ok(Outcome::Clean)
}

/// What the command line calls the reference.
pub const REFERENCE: &str = "reference";

/// The native engines, also those that this build does not have.
fn all() -> impl Iterator<Item = Variant> {
    let others = Release::OTHERS.iter().copied().map(Variant::Other);
    Variant::ALL.iter().copied().chain(others)
}

fn is_built(variant: Variant) -> bool {
    variant.release().is_built()
}

/// What is said of an engine that this build does not have.
fn not_built(variant: Variant) -> String {
    format!("not in this build, add: --features {variant}")
}

/// The names of the native engines, with what is different about each.
fn names() -> impl Iterator<Item = PossibleValue> {
    all().map(|variant| PossibleValue::new(variant.name()).help(variant.what()))
}

/// Reads the name of a native engine.
pub fn native() -> impl TypedValueParser<Value = Variant> {
    PossibleValuesParser::new(names()).try_map(|name| of_name(&name))
}

/// The native engine with this name.
///
/// # Errors
///
/// What is said where there is none, or not in this build.
pub fn of_name(name: &str) -> Result<Variant, String> {
    let found = all().find(|variant| variant.name() == name);
    let variant = found.ok_or_else(|| format!("no engine is called {name}"))?;
    match is_built(variant) {
        true => Ok(variant),
        false => Err(not_built(variant)),
    }
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
    /// The engine with this name.
    ///
    /// # Errors
    ///
    /// What is said where there is none, or not in this build.
    pub fn of_name(name: &str) -> Result<Engine, String> {
        match name {
            REFERENCE => Ok(Engine::Reference),
            name => of_name(name).map(Engine::Native),
        }
    }

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
    let names = PossibleValuesParser::new(names().chain([reference]));
    names.try_map(|name| Engine::of_name(&name))
}

/// A native engine as its name, in what is written and sent.
pub mod by_name {
    use super::of_name;
    use serde::{Deserialize, Deserializer, Serializer, de};
    use spawndiff_engines::wasmtime::Variant;

    /// Its name.
    pub fn serialize<S: Serializer>(variant: &Variant, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(variant.name())
    }

    /// The engine with a name.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Variant, D::Error> {
        let name = String::deserialize(from)?;
        of_name(&name).map_err(de::Error::custom)
    }
}
