//! How far a campaign has come: kept in the folder of its findings, so that it can be resumed.

use crate::campaign::counts::Counts;
use crate::campaign::finding::{Finding, whole};
use crate::campaign::judging::Judged;
use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use spawndiff_judge::Fingerprint;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// How many cases of a kind of finding are written beside the first, the smallest ones; the others are counted.
const SMALLEST: usize = 2;
/// How many of them are named.
const NAMED: usize = 10;

/// The name of the file.
const FILE: &str = "campaign.state";
/// The first bytes of the file. The rest is a [`State`] in the postcard format.
const MAGIC: &[u8] = b"spawndiff campaign 4\n";

/// The cases of a campaign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cases {
    /// The seed that they are drawn from.
    pub seed: u64,
    /// The number of the mix that they are drawn from.
    pub mix: u32,
    /// The name of whose code they run, where that is not what the mix says.
    pub bodies: Option<String>,
    /// The most component instances of one.
    pub instances: usize,
    /// The number of the first.
    pub first: u64,
    /// The number after the last.
    pub end: u64,
    /// The engines that they go to, in turn. None: to the default one, and now and then to another.
    pub engines: Vec<String>,
    /// Whether each goes to every one of the engines, and not to one in turn.
    pub each: bool,
}

/// How far a campaign has come.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct State {
    /// Its cases.
    pub cases: Cases,
    /// All cases before this one are judged,
    until: u64,
    /// and these.
    beyond: BTreeSet<u64>,
    /// The counts of the cases that are judged.
    pub counts: Counts,
    /// The findings, by engine and fingerprint.
    pub found: BTreeMap<(String, Fingerprint), Group>,
    /// How long it took so far, in seconds.
    pub seconds: f64,
}

/// Findings of one kind.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Group {
    /// How many.
    pub count: u64,
    /// How many cases were judged, and how many seconds had passed, when the first was found.
    pub after: (u64, f64),
    /// The numbers of the first ones.
    pub cases: BTreeSet<u64>,
    /// The ones that are written: the first, and the smallest ones.
    pub samples: BTreeMap<u64, Sample>,
}

/// A finding that is on disk.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sample {
    /// Its file.
    pub path: PathBuf,
    /// The verdict, on one line.
    pub verdict: String,
    /// How large its component is, in bytes.
    pub size: usize,
}

impl Group {
    /// The smallest of those that are written.
    pub fn smallest(&self) -> Option<&Sample> {
        self.samples.values().min_by_key(|sample| sample.size)
    }

    /// The number of one that is not to be written, as there are smaller ones. Which are left does not depend on which was judged
    /// first.
    fn one_too_many(&self, new: (u64, usize)) -> Option<u64> {
        let written = self.samples.iter();
        let mut all: Vec<(u64, usize)> = written
            .map(|(index, sample)| (*index, sample.size))
            .chain([new])
            .collect();
        all.sort_unstable();
        let others = all.get(1..).filter(|others| others.len() > SMALLEST)?;
        let largest = others.iter().max_by_key(|(index, size)| (*size, *index));
        largest.map(|(index, _)| *index)
    }
}

impl State {
    /// That of a campaign that has not begun.
    pub fn new(cases: Cases) -> State {
        State {
            until: cases.first,
            cases,
            beyond: BTreeSet::new(),
            counts: Counts::default(),
            found: BTreeMap::new(),
            seconds: 0.0,
        }
    }

    /// Whether a case is judged.
    pub fn is_done(&self, index: u64) -> bool {
        index < self.until || self.beyond.contains(&index)
    }

    /// Takes in what became of a case, on each of its engines; what was found is on disk when this is over.
    pub fn add(&mut self, index: u64, judged: Vec<Judged>, out: &Path) -> Result<()> {
        for judged in judged {
            if let Some(finding) = &judged.found {
                self.found(finding, out)?;
            }
            self.counts.add(judged.counts);
        }
        self.beyond.insert(index);
        while self.beyond.remove(&self.until) {
            self.until += 1;
        }
        Ok(())
    }

    fn found(&mut self, finding: &Finding, out: &Path) -> Result<()> {
        let index = finding.origin.index;
        let key = (finding.origin.engine.clone(), finding.fingerprint.clone());
        let after = (self.counts.cases + 1, self.seconds);
        let group = self.found.entry(key).or_insert_with(|| Group {
            after,
            ..Group::default()
        });
        group.count += 1;
        group.cases.insert(index);
        if group.cases.len() > NAMED {
            group.cases.pop_last();
        }
        let one_too_many = group.one_too_many((index, finding.size));
        if one_too_many == Some(index) {
            return Ok(());
        }
        let sample = Sample {
            path: finding.write(out)?,
            verdict: finding.verdict.clone(),
            size: finding.size,
        };
        group.samples.insert(index, sample);
        if let Some(Sample { path, .. }) =
            one_too_many.and_then(|index| group.samples.remove(&index))
        {
            match fs::remove_file(&path) {
                // Removed by a process that was killed before it could say so.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                removed => removed.with_context(|| format!("cannot remove {}", path.display()))?,
            }
        }
        Ok(())
    }

    /// Writes it.
    pub fn save(&self, out: &Path) -> Result<()> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(postcard::to_stdvec(self).context("the campaign's state")?);
        whole(&out.join(FILE), &bytes)
    }

    /// Reads it.
    pub fn load(out: &Path) -> Result<State> {
        let path = out.join(FILE);
        let bytes = fs::read(&path)
            .with_context(|| format!("no campaign to resume: cannot read {}", path.display()))?;
        let Some(bytes) = bytes.strip_prefix(MAGIC) else {
            bail!("{}: not of this version of spawndiff", path.display());
        };
        let state: State = postcard::from_bytes(bytes)
            .with_context(|| format!("{}: not of this version of spawndiff", path.display()))?;
        let (cases, until) = (&state.cases, state.until);
        ensure!(
            (cases.first..=cases.end).contains(&until),
            "{}: it contradicts itself",
            path.display()
        );
        Ok(state)
    }

    /// Removes the file of a campaign that is over.
    pub fn forget(out: &Path) {
        // Nothing is lost if it stays.
        let _ = fs::remove_file(out.join(FILE));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cases that are written, if they come in this order.
    fn written(found: &[(u64, usize)]) -> Vec<u64> {
        let mut group = Group::default();
        for &(index, size) in found {
            let sample = Sample {
                path: PathBuf::new(),
                verdict: String::new(),
                size,
            };
            let too_many = group.one_too_many((index, size));
            group.samples.insert(index, sample);
            too_many.map(|index| group.samples.remove(&index));
        }
        group.samples.into_keys().collect()
    }

    #[test]
    fn the_first_and_the_smallest_are_written_in_whatever_order_they_come() {
        let found = [(1, 90), (4, 70), (5, 20), (7, 30), (8, 20), (9, 80)];
        for turn in 0..found.len() {
            let mut order = found;
            order.rotate_left(turn);
            assert_eq!(written(&order), [1, 5, 8], "{order:?}");
            order.reverse();
            assert_eq!(written(&order), [1, 5, 8], "{order:?}");
        }
    }
}
