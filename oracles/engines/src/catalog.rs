//! The engines that cases can run on, by name.

use crate::wasmtime::Wasmtime;
use spawndiff_observation::{Engine, Family, Identity, Listed};
use std::sync::Arc;

/// The engines that there are: those that are built in, and the programs that were added.
#[derive(Clone)]
pub struct Catalog {
    families: Vec<Arc<dyn Family>>,
    /// The engines of all families, each with the place of its own.
    listed: Vec<(usize, Listed)>,
}

/// What is built in.
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
    /// It has no engine, or there is one of the same name already.
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

    /// Every engine, also those that this build lacks: the default one first, and those of a family together.
    pub fn engines(&self) -> impl Iterator<Item = &Listed> {
        self.listed.iter().map(|(_, listed)| listed)
    }

    /// Those that can be made here.
    pub fn built(&self) -> impl Iterator<Item = &Listed> {
        self.engines().filter(|listed| listed.missing.is_none())
    }

    /// The families.
    pub fn families(&self) -> impl Iterator<Item = &dyn Family> {
        self.families.iter().map(|family| &**family)
    }

    /// The family with this name.
    pub fn family(&self, name: &str) -> Option<&dyn Family> {
        self.families().find(|family| family.name() == name)
    }

    /// The engine that cases go to where none is named.
    pub fn default_engine(&self) -> &Listed {
        &self.listed[0].1
    }

    /// The engines of the same release as the default one, which comes first.
    pub fn of_default_release(&self) -> impl Iterator<Item = &Listed> {
        let default = &self.default_engine().about.identity;
        let same = |listed: &&Listed| listed.about.identity.is_of_release(default);
        self.engines().filter(same)
    }

    /// The engines that speak for their releases, of those that can be made here: the families one after the other, the oldest release
    /// first.
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

    /// The place of an engine in the list, by its name.
    pub fn place(&self, name: &str) -> Option<usize> {
        let mut engines = self.engines();
        engines.position(|listed| listed.about.identity.configuration == name)
    }

    /// The engine with this name.
    ///
    /// # Errors
    ///
    /// There is none, or it cannot be made here.
    pub fn get(&self, name: &str) -> Result<&Listed, String> {
        let Some((_, listed)) = self.find(name) else {
            let names = self
                .built()
                .map(|it| it.about.identity.configuration.as_str());
            let names = names.collect::<Vec<_>>().join(", ");
            return Err(format!("no engine is called '{name}', only {names}"));
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
    /// There is none, or it cannot be made here.
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
