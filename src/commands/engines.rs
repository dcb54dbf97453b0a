//! `spawndiff engines`: what cases can run on; and how an engine is named on the command line.

use super::{Outcome, print};
use anyhow::Result;
use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::ErrorKind;
use spawndiff::replay::REFERENCE;
use spawndiff::setup::Setup;
use spawndiff_engines::Catalog;
use spawndiff_observation::Listed;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fmt::Write;

/// Prints a line for each engine.
pub fn engines(setup: &Setup) -> Result<Outcome> {
    let mut out = String::new();
    for Listed { about, missing } in setup.engines.engines() {
        let identity = &about.identity;
        let lacks = match (missing, &about.lacks[..]) {
            (Some(missing), _) => missing.clone(),
            (None, []) => "lacks: -".to_string(),
            (None, lacks) => format!("lacks: {}", lacks.join(", ")),
        };
        writeln!(
            out,
            "{:<16} {} {:<8} {:<54} {lacks}",
            identity.configuration, identity.family, identity.version, about.what,
        )?;
    }
    writeln!(
        out,
        "{:<16} spawndiff's own, from the text of the specification",
        REFERENCE
    )?;
    writeln!(out)?;
    let mut seen = BTreeSet::new();
    for Listed { about, .. } in setup.engines.built() {
        let identity = &about.identity;
        if seen.insert((&identity.family, &identity.version)) {
            let engine = setup.engines.make(&identity.configuration);
            let lowers = engine.map_err(anyhow::Error::msg)?.lowers();
            if !lowers.is_empty() {
                let (family, version) = (&identity.family, &identity.version);
                writeln!(out, "lowered for {family} {version}: {}", lowers.join(", "))?;
            }
        }
    }
    print(&out)?;
    Ok(Outcome::Clean)
}

/// Reads the name of an engine. Those that are built in are in its help; whether there is one of the name is known only when the
/// arguments that all commands share have been read.
#[derive(Clone)]
pub struct Name {
    /// Whether the reference is one of them.
    reference: bool,
}

/// The name of a native engine.
pub fn native() -> Name {
    Name { reference: false }
}

/// The name of any engine.
pub fn any() -> Name {
    Name { reference: true }
}

impl TypedValueParser for Name {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        _: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        let name = value.to_str().map(str::to_string);
        name.ok_or_else(|| clap::Error::new(ErrorKind::InvalidUtf8).with_cmd(command))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let value =
            |name: &str, what: &str| PossibleValue::new(name.to_string()).help(what.to_string());
        let catalog = Catalog::default();
        let all = catalog.engines().map(|listed| &listed.about);
        let mut values: Vec<_> = all
            .map(|about| value(&about.identity.configuration, &about.what))
            .collect();
        if self.reference {
            values.push(value(REFERENCE, "the reference interpreter"));
        }
        Some(Box::new(values.into_iter()))
    }
}
