//! Wasmtime as a family of engines: its releases, and the ways in which the default one runs.

use super::{Config, FAMILY, Native, Release, SELDOM, Variant};
use spawndiff_observation::{Engine, Family, Listed, Seldom};

/// The family of Wasmtime's releases and configurations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wasmtime;

impl Family for Wasmtime {
    fn name(&self) -> &str {
        FAMILY
    }

    fn title(&self) -> &str {
        "Wasmtime"
    }

    fn versions(&self) -> Vec<String> {
        let versions = Release::ALL.iter().map(|it| it.version());
        versions.map(str::to_string).collect()
    }

    fn engines(&self) -> Vec<Listed> {
        let listed = Variant::all().map(|variant| Listed {
            about: variant.about(),
            missing: missing(variant),
        });
        listed.collect()
    }

    fn make(&self, configuration: &str) -> Result<Box<dyn Engine>, String> {
        let variant = Variant::all().find(|variant| variant.name() == configuration);
        let variant = variant.ok_or_else(|| format!("no engine is called {configuration}"))?;
        match missing(variant) {
            Some(missing) => Err(missing),
            None => Ok(Box::new(Native::new(Config::of(variant).planted()))),
        }
    }

    fn seldom(&self) -> &'static [Seldom] {
        SELDOM
    }
}

/// Why this build does not have the engine of a variant; `None` if it has.
fn missing(variant: Variant) -> Option<String> {
    let missing = || format!("not in this build, add: --features {variant}");
    (!variant.release().is_built()).then(missing)
}
