//! The list of the known divergences, read from files: what each of them means to those who judge.

use crate::{Fingerprint, Judgement, NoFingerprint, Verdict};
use spawndiff_corpus::{KnownError, KnownFile, Releases, StoredCase};
use spawndiff_deviations::Deviation;
use spawndiff_observation::{About, Family, Identity, MayMean, Trap};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// The name of the rule that [`super::not_locked_down`] checks.
const NOT_LOCKED_DOWN: &str = "not-locked-down";

/// The name of a known divergence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Known(Arc<str>);

impl Known {
    /// The name, which is also that of the divergence's files, `NAME.toml` and `NAME.wast`.
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Known {
    fn from(name: &str) -> Known {
        Known(name.into())
    }
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A known divergence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name of the divergence.
    pub known: Known,
    /// A few words on what the engine does; empty where the file does not say.
    pub does: String,
    /// A few words on what the specification says instead; empty where the file does not say.
    pub should: String,
    /// The address where the divergence is reported, or of the part of the specification that says so.
    pub link: String,
    /// The family of the engine that has the divergence.
    pub family: String,
    /// The releases that have the divergence.
    pub releases: Releases,
    /// The rule by which the divergence is matched.
    pub matches: Matches,
    /// The stored case of the divergence.
    pub case: StoredCase,
}

impl Entry {
    /// Whether this engine has the divergence, by its family and release.
    pub fn is_of(&self, engine: &Identity) -> bool {
        self.family == engine.family && self.releases.have(&engine.version)
    }
}

/// The rule by which a known divergence is matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matches {
    /// The divergence matches what the reference does with this deviation, and the errors in which the engine may end because of
    /// it.
    Deviation(Deviation, Option<Fails>),
    /// The divergence matches what runs after a trap that the engine finds outside of core code.
    NotLockedDown,
    /// The divergence matches every finding of a kind like this.
    Fingerprint(Fingerprint),
}

/// How a deviation ends a run in which the engine fails before the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fails {
    /// The texts with which the message of the engine may begin.
    pub messages: Vec<String>,
    /// The trap that the reference gives where the engine fails.
    pub stands_for: Trap,
}

/// A list of known divergences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List(Vec<Entry>);

impl List {
    /// The known divergences that are built in: those of the folder `corpus/known`.
    ///
    /// # Panics
    ///
    /// Panics if one of the files is wrong, which a test does not let happen.
    pub fn built_in() -> List {
        let files = KnownFile::built_in().and_then(|files| List::new(files, None));
        files.unwrap_or_else(|error| panic!("{error}"))
    }

    /// The known divergences of a folder, whose files may only speak of these `families` and their releases.
    ///
    /// # Errors
    ///
    /// The error says what is wrong with a file, and where.
    pub fn of_folder(folder: &Path, families: &[&dyn Family]) -> Result<List, KnownError> {
        List::new(KnownFile::of_folder(folder)?, Some(families))
    }

    fn new(files: Vec<KnownFile>, families: Option<&[&dyn Family]>) -> Result<List, KnownError> {
        let mut entries = Vec::new();
        for file in files {
            if let Some(families) = families {
                check_releases(&file, families)?;
            }
            entries.push(entry(file)?);
        }
        Ok(List(entries))
    }

    /// Each of the divergences, in the order of their names.
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// The divergences of this list that are known of an engine.
    pub fn of(&self, engine: &About) -> Active {
        let mut active = Active::of_engine(engine.may_mean.clone());
        let of_it = |entry: &&Entry| entry.is_of(&engine.identity);
        for entry in self.0.iter().filter(of_it) {
            active.add(entry);
        }
        active
    }

    /// The divergence with this name, if there is one.
    pub fn get(&self, known: &Known) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.known == *known)
    }
}

/// Checks that a file speaks of an engine and of releases that there are.
fn check_releases(file: &KnownFile, families: &[&dyn Family]) -> Result<(), KnownError> {
    let wrong = |message: String| Err(KnownError::of(&file.path, message));
    let engine = &file.says.engine;
    let Some(family) = families.iter().find(|family| family.name() == engine) else {
        let names: Vec<String> = families
            .iter()
            .map(|it| format!("`{}`", it.name()))
            .collect();
        let names = names.join(", ");
        return wrong(format!("no engine is called `{engine}`, only {names}"));
    };
    let versions = family.versions();
    let known = |it: &&str| versions.iter().any(|version| version == it);
    match file.says.releases.named().find(|it| !known(it)) {
        Some(version) => wrong(format!(
            "no release `{version}`, only {}",
            versions.join(", ")
        )),
        None => Ok(()),
    }
}

fn entry(file: KnownFile) -> Result<Entry, KnownError> {
    let KnownFile {
        name,
        says,
        case,
        path,
    } = file;
    let wrong = |message: String| KnownError::of(&path, message);
    let fails = says.matches.failure.map(|failure| {
        let name = failure.stands_for;
        let trap = Trap::ALL.iter().copied().find(|trap| trap.name() == name);
        Ok(Fails {
            messages: failure.messages,
            stands_for: trap.ok_or_else(|| wrong(format!("no trap is called `{name}`")))?,
        })
    });
    let fails = fails.transpose()?;
    let matches = match (
        says.matches.deviation,
        says.matches.rule,
        says.matches.fingerprint,
    ) {
        (Some(name), ..) => match Deviation::of_name(&name) {
            Some(deviation) => Matches::Deviation(deviation, fails),
            None => return Err(wrong(format!("no deviation is called `{name}`"))),
        },
        (None, Some(rule), _) if rule == NOT_LOCKED_DOWN => Matches::NotLockedDown,
        (None, Some(rule), _) => return Err(wrong(format!("no rule is called `{rule}`"))),
        (None, None, kind) => {
            let kind = kind.unwrap_or_default().parse();
            Matches::Fingerprint(kind.map_err(|error: NoFingerprint| wrong(error.to_string()))?)
        }
    };
    Ok(Entry {
        known: Known::from(&*name),
        does: says.does.unwrap_or_default(),
        should: says.should.unwrap_or_default(),
        link: says.link,
        family: says.engine,
        releases: says.releases,
        matches,
        case,
    })
}

/// The divergences that are known of one engine. By default there are none, and the engine is one that tells all traps apart.
#[derive(Clone, Debug, Default)]
pub struct Active {
    /// The traps that the engine does not tell apart.
    pub(crate) may_mean: MayMean,
    names: BTreeMap<Deviation, Known>,
    fails: Vec<(Deviation, Fails)>,
    not_locked_down: Option<Known>,
    fingerprints: Vec<(Fingerprint, Known)>,
}

impl Active {
    /// The value with no known divergence, for an engine that does not tell these traps apart.
    pub fn of_engine(may_mean: MayMean) -> Active {
        Active {
            may_mean,
            ..Active::default()
        }
    }

    /// Adds a known divergence. One whose deviation is known already only gives that deviation its name.
    pub fn add(&mut self, entry: &Entry) {
        let known = entry.known.clone();
        match &entry.matches {
            Matches::Deviation(deviation, fails) => {
                if self.names.insert(*deviation, known).is_none() {
                    let fails = fails.iter().map(|fails| (*deviation, fails.clone()));
                    self.fails.extend(fails);
                }
            }
            Matches::NotLockedDown => self.not_locked_down = Some(known),
            Matches::Fingerprint(kind) => self.fingerprints.push((kind.clone(), known)),
        }
    }

    /// The deviations of the known divergences. Those that are failed assertions are among them only if `assertions` asks for them.
    pub fn deviations(&self, assertions: bool) -> Arc<[Deviation]> {
        let all = self.names.keys().copied();
        all.filter(|deviation| assertions || !deviation.asserts())
            .collect()
    }

    /// The name of the known divergence that is this deviation, if there is one.
    pub(super) fn name(&self, deviation: Deviation) -> Option<Known> {
        self.names.get(&deviation).cloned()
    }

    /// The name of the known divergence that is matched by [`Matches::NotLockedDown`], if this engine has it.
    pub(super) fn not_locked_down(&self) -> Option<&Known> {
        self.not_locked_down.as_ref()
    }

    /// The known failure with this message ([`spawndiff_observation::Engine::plain`]), if there is one.
    pub fn failure(&self, message: &str) -> Option<super::Failure> {
        let mut causes: Vec<super::Cause> = Vec::new();
        for (deviation, fails) in &self.fails {
            let fits = |begin: &String| message.starts_with(begin);
            if !fails.messages.iter().any(fits) {
                continue;
            }
            let stands_for = fails.stands_for;
            match causes.iter_mut().find(|it| it.stands_for == stands_for) {
                Some(cause) => cause.by.push(*deviation),
                None => causes.push(super::Cause {
                    by: vec![*deviation],
                    stands_for,
                }),
            }
        }
        (!causes.is_empty()).then_some(super::Failure { causes })
    }

    /// The verdict that a case is known, where all that is known of what the case shows is its kind; otherwise `None`.
    pub fn settle(&self, judgement: &Judgement) -> Option<Verdict> {
        if self.fingerprints.is_empty() {
            return None;
        }
        match judgement.verdict {
            Verdict::Divergence(_) | Verdict::Crash { .. } => {}
            Verdict::Agree | Verdict::Known(_) | Verdict::Inconclusive(_) => return None,
        }
        let seen = Fingerprint::of(judgement)?;
        let mut all = self.fingerprints.iter();
        let (_, known) = all.find(|(kind, _)| kind.is_like(&seen))?;
        Some(Verdict::Known(BTreeSet::from([known.clone()])))
    }
}
