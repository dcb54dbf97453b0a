//! Where a finding comes from, as the header of its file says it: the verdict, the schedule, who found it on which engine, and the
//! releases that show it. This is the only writer and the only reader of those lines; what else a header has are somebody's words,
//! and stay as they are.
//!
//! ```
//! use spawndiff_judge::provenance::{FoundBy, Provenance};
//!
//! let header = [
//!     "divergence: run 0, invocation 1: native quiet, reference trap cannot-block".to_string(),
//!     "Found by: spawndiff run --seed 5 --first 7 --cases 1 --mix 2 --instances 4 --engine winch, against wasmtime 48.0.8".to_string(),
//!     "The task has returned when its thread blocks.".to_string(),
//! ];
//! let (provenance, words) = Provenance::read(&header);
//! let Some(FoundBy::Campaign { origin, version, .. }) = &provenance.found_by else { panic!() };
//! assert_eq!((origin.seed, origin.index, version.as_str()), (5, 7, "48.0.8"));
//! assert_eq!(words, &header[2..]);
//! assert_eq!(provenance.lines(), &header[..2]);
//! ```

use crate::{Divergence, Judgement, Verdict};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A case of a campaign: enough to draw the case again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The seed of the campaign.
    pub seed: u64,
    /// The number of the mix that the campaign draws from.
    pub mix: u32,
    /// The name of whose code the cases run, where that is not what the mix says.
    pub bodies: Option<String>,
    /// The most instances that a case of the campaign has.
    pub instances: usize,
    /// The number of the case in the campaign.
    pub index: u64,
    /// The name of the engine that the case went to.
    pub engine: String,
}

/// The arguments that draw and judge the case again.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Origin {
            seed,
            mix,
            bodies,
            instances,
            index,
            engine,
        } = self;
        write!(f, "run --seed {seed} --first {index} --cases 1 --mix {mix}")?;
        if let Some(bodies) = bodies {
            write!(f, " --bodies {bodies}")?;
        }
        write!(f, " --instances {instances} --engine {engine}")
    }
}

impl Origin {
    /// Reads the arguments that draw a case; `None` if they are others. Those of a time when there was only one mix do not name it.
    fn read(arguments: &str) -> Option<Origin> {
        let mut words = arguments.strip_prefix("run ")?.split_whitespace();
        let (mut seed, mut instances, mut index, mut engine) = (None, None, None, None);
        let (mut mix, mut bodies) = (Some(1), None);
        while let Some(name) = words.next() {
            let value = words.next()?;
            match name {
                "--seed" => seed = value.parse().ok(),
                "--first" => index = value.parse().ok(),
                "--mix" => mix = value.parse().ok(),
                "--bodies" => bodies = Some(value.to_string()),
                "--instances" => instances = value.parse().ok(),
                "--engine" => engine = Some(value.to_string()),
                "--cases" if value == "1" => {}
                _ => return None,
            }
        }
        Some(Origin {
            seed: seed?,
            mix: mix?,
            bodies,
            instances: instances?,
            index: index?,
            engine: engine?,
        })
    }
}

/// Who found a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundBy {
    /// A campaign.
    Campaign {
        /// The case of the campaign.
        origin: Origin,
        /// The family of the engine.
        family: String,
        /// The release of the engine.
        version: String,
    },
    /// A fuzz target.
    FuzzTarget {
        /// The name of the fuzz target.
        target: String,
        /// The family of the engine.
        family: String,
        /// The release of the engine.
        version: String,
    },
    /// Somebody, in their words.
    Words(String),
}

/// Whether some releases of a family show a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnReleases {
    /// Whether these releases show the finding.
    pub shows: Shows,
    /// The family of the releases.
    pub family: String,
    /// The versions of the releases.
    pub versions: Vec<String>,
}

/// Whether a release shows a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shows {
    /// The release shows this finding.
    This,
    /// The release does not show this finding, but has this verdict.
    Not(String),
    /// The release shows another finding, of this kind.
    Other(String),
}

/// Where a finding comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    /// The verdict, on one line: with the first difference, where there is one.
    pub verdict: Option<String>,
    /// The run that differs, and the choices of the reference on the schedule that gets furthest in it.
    pub schedule: Option<(usize, Vec<u32>)>,
    /// Who found the finding, and on which engine.
    pub found_by: Option<FoundBy>,
    /// The engine on which the finding was made smaller, where that is another one than it was found on.
    pub shrunk_on: Option<String>,
    /// The releases that show the finding, and those that do not.
    pub releases: Vec<OnReleases>,
}

const FOUND_BY: &str = "Found by: ";
const SHRUNK_ON: &str = "Shrunk on: ";
const CAMPAIGN: &str = "spawndiff ";
const FUZZ_TARGET: &str = "cargo fuzz run ";
const AGAINST: &str = ", against ";
const SCHEDULE: &str = "Schedule of the reference in run ";
/// How the lines about releases begin, before the family.
const RELEASES: [&str; 3] = ["Shows on ", "Not on ", "Other on "];
/// How verdicts begin that a finding has.
const VERDICTS: [&str; 3] = ["divergence: ", "crash: ", "known: "];

impl Provenance {
    /// The provenance that a judgement gives: its verdict and its schedule, as of a finding that was found by nobody yet.
    pub fn of(judgement: &Judgement) -> Provenance {
        let schedule = match &judgement.verdict {
            Verdict::Divergence(Divergence::Run { run, .. }) => {
                let schedule = judgement.schedules.get(*run).cloned();
                Some((*run, schedule.unwrap_or_default()))
            }
            _ => None,
        };
        Provenance {
            verdict: Some(one_line(&judgement.verdict.to_string())),
            schedule,
            ..Provenance::default()
        }
    }

    /// The case of a campaign that the finding is, if a campaign found it.
    pub fn origin(&self) -> Option<&Origin> {
        match &self.found_by {
            Some(FoundBy::Campaign { origin, .. }) => Some(origin),
            Some(FoundBy::FuzzTarget { .. } | FoundBy::Words(_)) | None => None,
        }
    }

    /// The name of the engine that shows the finding: the one on which it was made smaller, or else the one on which a campaign
    /// found it.
    pub fn engine(&self) -> Option<&str> {
        let found_on = self.origin().map(|origin| origin.engine.as_str());
        self.shrunk_on.as_deref().or(found_on)
    }

    /// The lines of a header that say this provenance.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.verdict.iter().cloned().collect();
        if let Some((run, schedule)) = &self.schedule {
            lines.push(format!("{SCHEDULE}{run}: {schedule:?}"));
        }
        lines.extend(self.found_by.as_ref().map(|by| format!("{FOUND_BY}{by}")));
        let shrunk_on = self.shrunk_on.iter();
        lines.extend(shrunk_on.map(|engine| format!("{SHRUNK_ON}{engine}")));
        lines.extend(self.releases.iter().map(OnReleases::to_string));
        lines
    }

    /// Reads a header. Returns the provenance that it says, and the lines that are somebody's words.
    pub fn read(header: &[String]) -> (Provenance, Vec<String>) {
        let mut read = Provenance::default();
        let words = header.iter().filter(|line| !read.take(line));
        let words = words.cloned().collect();
        (read, words)
    }

    /// Takes in a line of a header. Returns false if the line is somebody's words.
    fn take(&mut self, line: &str) -> bool {
        if self.verdict.is_none() && VERDICTS.iter().any(|begin| line.starts_with(begin)) {
            self.verdict = Some(line.to_string());
        } else if let Some(schedule) = line.strip_prefix(SCHEDULE).and_then(schedule) {
            self.schedule = Some(schedule);
        } else if let Some(by) = line.strip_prefix(FOUND_BY) {
            self.found_by = Some(FoundBy::read(by));
        } else if let Some(engine) = line.strip_prefix(SHRUNK_ON) {
            self.shrunk_on = Some(engine.to_string());
        } else if let Some(releases) = OnReleases::read(line) {
            self.releases.push(releases);
        } else {
            return false;
        }
        true
    }
}

/// Reads a run and its choices, such as `0: [1, 0, 2]`.
fn schedule(text: &str) -> Option<(usize, Vec<u32>)> {
    let (run, choices) = text.split_once(": ")?;
    let choices = choices.strip_prefix('[')?.strip_suffix(']')?;
    let choices = choices.split(", ").filter(|choice| !choice.is_empty());
    let choices = choices.map(|choice| choice.parse().ok());
    Some((run.parse().ok()?, choices.collect::<Option<_>>()?))
}

impl fmt::Display for FoundBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FoundBy::Campaign {
                origin,
                family,
                version,
            } => write!(f, "{CAMPAIGN}{origin}{AGAINST}{family} {version}"),
            FoundBy::FuzzTarget {
                target,
                family,
                version,
            } => write!(f, "{FUZZ_TARGET}{target}{AGAINST}{family} {version}"),
            FoundBy::Words(words) => f.write_str(words),
        }
    }
}

impl FoundBy {
    fn read(text: &str) -> FoundBy {
        FoundBy::by_program(text).unwrap_or_else(|| FoundBy::Words(text.to_string()))
    }

    fn by_program(text: &str) -> Option<FoundBy> {
        let (how, engine) = text.rsplit_once(AGAINST)?;
        let (family, version) = engine.split_once(' ')?;
        let (family, version) = (family.to_string(), version.to_string());
        if let Some(arguments) = how.strip_prefix(CAMPAIGN) {
            return Some(FoundBy::Campaign {
                origin: Origin::read(arguments)?,
                family,
                version,
            });
        }
        Some(FoundBy::FuzzTarget {
            target: how.strip_prefix(FUZZ_TARGET)?.to_string(),
            family,
            version,
        })
    }
}

impl fmt::Display for OnReleases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [shows, not, other] = RELEASES;
        let (begin, more) = match &self.shows {
            Shows::This => (shows, String::new()),
            Shows::Not(verdict) => (not, format!(": {verdict}")),
            Shows::Other(kind) => (other, format!(": {kind}")),
        };
        let versions = self.versions.join(", ");
        write!(f, "{begin}{} {versions}{more}", self.family)
    }
}

impl OnReleases {
    fn read(line: &str) -> Option<OnReleases> {
        let [shows, not, other] = RELEASES;
        let more = |text: &str| {
            text.split_once(": ")
                .map(|(a, b)| (a.to_string(), b.to_string()))
        };
        let (releases, shows) = if let Some(rest) = line.strip_prefix(shows) {
            (rest.to_string(), Shows::This)
        } else if let Some((releases, verdict)) = line.strip_prefix(not).and_then(more) {
            (releases, Shows::Not(verdict))
        } else if let Some((releases, kind)) = line.strip_prefix(other).and_then(more) {
            (releases, Shows::Other(kind))
        } else {
            return None;
        };
        let (family, versions) = releases.split_once(' ')?;
        let versions: Vec<&str> = versions.split(", ").collect();
        let is_version = |it: &&str| !it.contains(' ') && it.contains(|c: char| c.is_ascii_digit());
        versions.iter().all(is_version).then(|| OnReleases {
            shows,
            family: family.to_string(),
            versions: versions.into_iter().map(str::to_string).collect(),
        })
    }
}

/// The message of an engine as one line. The message of a panic can have several lines.
pub fn one_line(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin() -> Origin {
        Origin {
            seed: u64::MAX,
            mix: 2,
            bodies: Some("own".to_string()),
            instances: 3,
            index: 12,
            engine: "cranelift-none".to_string(),
        }
    }

    fn whole(found_by: FoundBy) -> Provenance {
        let on = |shows, versions: &[&str]| OnReleases {
            shows,
            family: "toy".to_string(),
            versions: versions.iter().map(|it| it.to_string()).collect(),
        };
        Provenance {
            verdict: Some("crash: panic at a.rs:1:2: b: c".to_string()),
            schedule: Some((2, vec![0, 17])),
            found_by: Some(found_by),
            shrunk_on: Some("winch".to_string()),
            releases: vec![
                on(Shows::This, &["1", "2.0"]),
                on(Shows::Not("known: a, b".to_string()), &["3.0.1"]),
                on(Shows::Other("goes on: elsewhere".to_string()), &["4"]),
            ],
        }
    }

    #[test]
    fn what_is_written_is_read_again_whoever_found_it() {
        let (family, version) = ("toy".to_string(), "1.2-rc1".to_string());
        let target = "threads".to_string();
        for found_by in [
            FoundBy::Campaign {
                origin: origin(),
                family: family.clone(),
                version: version.clone(),
            },
            FoundBy::FuzzTarget {
                target,
                family,
                version,
            },
            FoundBy::Words("a program, against all odds".to_string()),
        ] {
            let written = whole(found_by);
            let read = Provenance::read(&written.lines());
            assert_eq!(read, (written, Vec::new()));
        }
        let empty = Provenance {
            schedule: Some((0, Vec::new())),
            ..Provenance::default()
        };
        assert_eq!(Provenance::read(&empty.lines()), (empty, Vec::new()));
    }

    #[test]
    fn the_words_of_others_stay_in_their_order_and_nothing_of_a_line_is_lost() {
        let words = [
            "name: what happens.",
            "Not on this page: the text.",
            "Shows on each of them",
            "Schedule of the reference in run 0: [1, one]",
        ];
        let mut header = whole(FoundBy::Words("b".to_string())).lines();
        for (place, line) in words.iter().enumerate() {
            header.insert(2 * place, line.to_string());
        }
        let (read, left) = Provenance::read(&header);
        assert_eq!(left, words);
        assert_eq!(read, whole(FoundBy::Words("b".to_string())));
    }

    #[test]
    fn arguments_are_read_in_any_order_and_those_of_another_campaign_are_not() {
        let other_order = "run --engine cranelift-none --bodies own --instances 3 --cases 1 --first 12 --mix 2 --seed 18446744073709551615";
        assert_eq!(Origin::read(other_order), Some(origin()));
        assert_eq!(Origin::read(&origin().to_string()), Some(origin()));
        let old = "run --seed 1 --first 2 --cases 1 --instances 3 --engine a";
        let old = Origin::read(old).expect("it is what was written when there was one mix");
        assert_eq!((old.mix, old.bodies), (1, None));
        for other in [
            "run --seed 1 --first 2 --cases 2 --instances 3 --engine a",
            "run --seed 1 --first 2 --cases 1 --instances 3",
            "run --seed 1 --first 2 --cases 1 --instances 3 --engine",
            "replay a.wast",
        ] {
            assert_eq!(Origin::read(other), None, "{other}");
        }
    }
}
