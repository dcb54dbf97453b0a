//! The engines that cases can run on, by name.

use crate::wasmtime::Wasmtime;
use spawndiff_observation::{Engine, Family, Identity, Listed};
use std::sync::Arc;

/// The engines that there are: those that are built in, and the programs that were added.
#[derive(Clone)]
pub struct Catalog {
    families: Vec<Arc<dyn Family>>,
    /// The engines of all families, each with the position of its family in `families`.
    listed: Vec<(usize, Listed)>,
}

/// The catalog that has the families that are built in, and no other.
impl Default for Catalog {
    fn default() -> Catalog {
        let mut catalog = Catalog {
            families: Vec::new(),
            listed: Vec::new(),
        };
        let added = catalog.add(Arc::new(Wasmtime));
        added.expect("the names of the first family are taken by no other");
        catalog
    }
}

impl Catalog {
    /// Adds a family.
    ///
    /// # Errors
    ///
    /// Fails if the family has no engine, or if the catalog has a family or an engine of the same name already.
    pub fn add(&mut self, family: Arc<dyn Family>) -> Result<(), String> {
        if self.family(family.name()).is_some() {
            return Err(format!("there is a family `{}` already", family.name()));
        }
        let engines = family.engines();
        if engines.is_empty() {
            return Err(format!("the family `{}` has no engine", family.name()));
        }
        let place = self.families.len();
        for listed in engines {
            let name = &listed.about.identity.configuration;
            if self.find(name).is_some() {
                return Err(format!("there is an engine `{name}` already"));
            }
            self.listed.push((place, listed));
        }
        self.families.push(family);
        Ok(())
    }

    /// Every engine, also those that this build lacks. The default engine comes first, and the engines of a family stand together.
    pub fn engines(&self) -> impl Iterator<Item = &Listed> {
        self.listed.iter().map(|(_, listed)| listed)
    }

    /// The engines that this build can make, in the order of [`engines`](Catalog::engines).
    pub fn built(&self) -> impl Iterator<Item = &Listed> {
        self.engines().filter(|listed| listed.missing.is_none())
    }

    /// The families, in the order in which they were added.
    pub fn families(&self) -> impl Iterator<Item = &dyn Family> {
        self.families.iter().map(|family| &**family)
    }

    /// The family with this name.
    pub fn family(&self, name: &str) -> Option<&dyn Family> {
        self.families().find(|family| family.name() == name)
    }

    /// The engine that runs a case for which no engine is named: the first one of the catalog.
    pub fn default_engine(&self) -> &Listed {
        &self.listed[0].1
    }

    /// The engines of the same release as the default engine, which comes first.
    pub fn of_default_release(&self) -> impl Iterator<Item = &Listed> {
        let default = &self.default_engine().about.identity;
        let same = |listed: &&Listed| listed.about.identity.is_of_release(default);
        self.engines().filter(same)
    }

    /// One engine for each release: the first engine of the release that this build can make. The families come one after the
    /// other, and in each family the oldest release comes first.
    pub fn releases(&self) -> Vec<&Listed> {
        let mut all = Vec::new();
        for family in self.families() {
            for version in family.versions() {
                let of_it = |listed: &&Listed| {
                    let Identity {
                        family: name,
                        version: its,
                        ..
                    } = &listed.about.identity;
                    name == family.name() && *its == version
                };
                all.extend(self.built().find(of_it));
            }
        }
        all
    }

    /// The position of the engine with this name in [`engines`](Catalog::engines).
    pub fn place(&self, name: &str) -> Option<usize> {
        let mut engines = self.engines();
        engines.position(|listed| listed.about.identity.configuration == name)
    }

    /// The engine with this name.
    ///
    /// # Errors
    ///
    /// Fails if no engine has this name, or if this build cannot make it.
    pub fn get(&self, name: &str) -> Result<&Listed, String> {
        let Some((_, listed)) = self.find(name) else {
            let names = self
                .built()
                .map(|it| it.about.identity.configuration.as_str());
            let names: Vec<&str> = names.collect();
            let meant = meant(name, &names).map(|it| format!("; did you mean '{it}'?"));
            let (names, meant) = (names.join(", "), meant.unwrap_or_default());
            return Err(format!("no engine is called '{name}', only {names}{meant}"));
        };
        match &listed.missing {
            None => Ok(listed),
            Some(missing) => Err(format!("{name}: {missing}")),
        }
    }

    /// Makes the engine with this name.
    ///
    /// # Errors
    ///
    /// Fails if no engine has this name, or if this build cannot make it.
    pub fn make(&self, name: &str) -> Result<Box<dyn Engine>, String> {
        self.get(name)?;
        let (place, _) = self.find(name).expect("it was found before");
        self.families[*place].make(name)
    }

    fn find(&self, name: &str) -> Option<&(usize, Listed)> {
        let mut all = self.listed.iter();
        all.find(|(_, listed)| listed.about.identity.configuration == name)
    }
}

/// The name that is most like `name`, if one is much like it.
fn meant<'n>(name: &str, names: &[&'n str]) -> Option<&'n str> {
    let like = |it: &&str| strsim::jaro_winkler(name, it);
    let best = names.iter().max_by(|a, b| like(a).total_cmp(&like(b)))?;
    (like(best) > 0.8).then_some(*best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_engine_is_built_in_and_speaks_for_its_release() {
        let catalog = Catalog::default();
        let default = catalog.default_engine();
        assert_eq!(default.missing, None);
        assert!(catalog.releases().contains(&default));
        assert_eq!(catalog.of_default_release().next(), Some(default));
        assert_eq!(
            catalog.place(&default.about.identity.configuration),
            Some(0)
        );
    }

    #[test]
    fn an_engine_that_there_is_not_is_an_error_that_names_those_that_there_are() {
        let catalog = Catalog::default();
        let error = catalog.get("v9").expect_err("there is none");
        assert!(
            error.starts_with("no engine is called 'v9', only cranelift, "),
            "{error}"
        );
        let missing = catalog.engines().find(|listed| listed.missing.is_some());
        if let Some(missing) = missing {
            let name = &missing.about.identity.configuration;
            let error = catalog.make(name).err().expect("it is not built in");
            assert!(
                error.contains(&format!("add: --features {name}")),
                "{error}"
            );
        }
    }

    #[test]
    fn names_are_given_once() {
        let again = Catalog::default().add(Arc::new(Wasmtime));
        assert_eq!(
            again,
            Err("there is a family `wasmtime` already".to_string())
        );
    }
}
