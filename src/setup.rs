//! The engines that there are, and what is known of them. A setup is made once and passed; a process that this one starts gets the
//! same.

use anyhow::{Context, Result};
use spawndiff_corpus::Case;
use spawndiff_engines::Catalog;
use spawndiff_engines::program::Program;
use spawndiff_generators::{Bodies, Mix, Plan, Without, plan_from_seed_with};
use spawndiff_judge::known::List;
use spawndiff_judge::provenance::Origin;
use spawndiff_judge::{Judge, Judgement};
use spawndiff_observation::Listed;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

/// The engines, and what is known of them.
pub struct Setup {
    /// The engines.
    pub engines: Catalog,
    /// The known divergences.
    pub known: List,
    /// The arguments that make the same in another process of this program.
    arguments: Vec<OsString>,
}

impl Setup {
    /// The engines that are built in and those of these programs. Known is what the files of this folder say, or what is built in
    /// where there is no folder.
    ///
    /// # Errors
    ///
    /// A file of the known divergences is wrong, and where; or a program does not answer as it should.
    pub fn new(known: Option<&Path>, programs: &[PathBuf]) -> Result<Setup> {
        let mut engines = Catalog::default();
        let mut arguments = Vec::new();
        for path in programs {
            let path = std::path::absolute(path).context(path.display().to_string())?;
            let program = Program::new(&path).map_err(anyhow::Error::msg)?;
            let added = engines.add(Arc::new(program));
            added.map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?;
            arguments.extend(["--program".into(), path.into_os_string()]);
        }
        let known = match known {
            None => List::built_in(),
            Some(folder) => {
                let folder = std::path::absolute(folder).context(folder.display().to_string())?;
                let families: Vec<_> = engines.families().collect();
                let list = List::of_folder(&folder, &families)?;
                arguments.extend(["--known".into(), folder.into_os_string()]);
                list
            }
        };
        Ok(Setup {
            engines,
            known,
            arguments,
        })
    }

    /// This program, with the same setup: what it is to do is to be added.
    ///
    /// # Errors
    ///
    /// This program is not to be found.
    pub fn command(&self) -> Result<Command> {
        let program = std::env::current_exe().context("this program is not to be found")?;
        let mut command = Command::new(program);
        command.args(&self.arguments);
        Ok(command)
    }

    /// The engine with this name.
    ///
    /// # Errors
    ///
    /// There is none, or not in this build.
    pub fn engine(&self, name: &str) -> Result<&Listed> {
        self.engines.get(name).map_err(anyhow::Error::msg)
    }

    /// The name of the default engine.
    pub fn default_engine(&self) -> &str {
        &self.engines.default_engine().about.identity.configuration
    }

    /// The engine with this name, or the default one where none is named.
    ///
    /// # Errors
    ///
    /// There is none of this name, or not in this build.
    pub fn engine_or_default(&self, name: Option<&str>) -> Result<&Listed> {
        self.engine(name.unwrap_or_else(|| self.default_engine()))
    }

    /// A judge over an engine, that goes by what is known of it.
    ///
    /// # Errors
    ///
    /// There is no such engine, or not in this build.
    pub fn judge(&self, engine: &str) -> Result<Judge> {
        let engine = self.engines.make(engine).map_err(anyhow::Error::msg)?;
        let active = self.known.of(engine.about());
        Ok(Judge::knowing(engine, active))
    }

    /// The judgement on a case on which the process of an engine ended.
    ///
    /// # Errors
    ///
    /// There is no such engine, or not in this build.
    pub fn crashed(&self, engine: &str, case: &Case, message: String) -> Result<Judgement> {
        let active = self.known.of(&self.engine(engine)?.about);
        Ok(Judgement::crashed(case, message, &active))
    }

    /// The mix that a campaign on a family of engines draws from: the one with this number, with at most `instances` component
    /// instances, as the family wants it.
    ///
    /// # Errors
    ///
    /// There is no mix of this number.
    ///
    /// # Panics
    ///
    /// If a family lists a weight that the generator does not have, which a test does not let happen.
    pub fn mix(&self, family: &str, number: u32, instances: usize) -> Result<Mix> {
        let family = self.engines.family(family);
        let seldom = family.map_or(&[][..], |family| family.seldom());
        let all = seldom.iter().map(|it| (it.weight, it.value));
        let (first, last) = (Mix::NUMBERS.start(), Mix::NUMBERS.end());
        let mix = Mix::numbered(number, instances);
        let mix =
            mix.with_context(|| format!("there is no mix {number}, only {first} to {last}"))?;
        Ok(mix.with_all(all))
    }

    /// The plan of a case, in which nothing is that its engine is known to lack.
    ///
    /// # Errors
    ///
    /// There is no such engine, or not in this build; or no such mix or bodies.
    pub fn plan(&self, origin: &Origin) -> Result<Plan> {
        let about = &self.engine(&origin.engine)?.about;
        let mut mix = self.mix(&about.identity.family, origin.mix, origin.instances)?;
        if let Some(name) = &origin.bodies {
            let bodies = Bodies::of_name(name);
            mix = mix.with_bodies(bodies.with_context(|| format!("there are no bodies {name}"))?);
        }
        let lacks = about.lacks.iter().map(String::as_str);
        Ok(plan_from_seed_with(origin.seed, origin.index, mix).without(Without::of(lacks)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use spawndiff_judge::known::Known;

    #[test]
    fn every_family_asks_for_weights_that_there_are_because_of_what_is_known() {
        let setup = Setup::new(None, &[]).expect("what is built in is right");
        for family in setup.engines.families() {
            for number in Mix::NUMBERS {
                setup
                    .mix(family.name(), number, 4)
                    .expect("there is one of this number");
            }
            for seldom in family.seldom() {
                let because = Known::from(seldom.because);
                assert!(setup.known.get(&because).is_some(), "{because}");
            }
        }
    }
}
