//! The kind of a finding, its fingerprint. The fingerprint has everything of the finding that does not depend on where in a program
//! it was made. A case that is made smaller keeps its fingerprint, and findings with the same fingerprint are counted together.

use crate::compare::{Leaves, What};
use crate::known::Known;
use crate::{Divergence, Judgement, Verdict};
use serde::{Deserialize, Serialize};
use spawndiff_observation::{Builtin, End, Exhaustion, Trap};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// The kind of a finding. A fingerprint is written as a text, and read from that text:
///
/// ```
/// use spawndiff_judge::Fingerprint;
///
/// for text in [
///     "known: cancels-twice, queues-switches",
///     "goes on, allowed trap cannot-block by waitable-set.wait",
///     "crash: panic at wasmtime-48.0.8/src/a.rs:1:2: index N, allowed trap unknown-index by thread.resume-later",
///     "leaves threads",
/// ] {
///     let fingerprint: Fingerprint = text.parse()?;
///     assert_eq!(fingerprint.to_string(), text);
/// }
/// assert!("walks away".parse::<Fingerprint>().is_err());
/// # Ok::<(), spawndiff_judge::NoFingerprint>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Fingerprint {
    /// The finding is known: it shows these divergences.
    Known(BTreeSet<Known>),
    /// The engine panicked, or ended its process.
    Crash {
        /// The message, without what differs from case to case.
        message: String,
        /// The trap that the specification asks for there, and the built-in that gives it: several bugs can end in one panic, and
        /// this tells them apart.
        instead: Option<(Trap, Builtin)>,
    },
    /// A valid component was refused, with this message.
    Rejected(String),
    /// The engine failed with an error that is no trap, with this message.
    UnknownError(String),
    /// The native engine ends otherwise than is allowed. At most one of the two, the engine and the schedule that gets furthest,
    /// goes on.
    Ends {
        /// How the invocation ends on the engine. `None` says that it goes on, however that is seen.
        native: Option<End>,
        /// How the invocation ends on the schedule that gets furthest. `None` says that it goes on.
        allowed: Option<End>,
        /// The built-in that traps on that schedule, if a trap is the end there.
        by: Option<Builtin>,
    },
    /// One and the same place of the program logs another value than is allowed.
    LogsAnotherValue,
    /// Another place of the program logs, or the engine goes on where no schedule does.
    GoesOnElsewhere,
    /// The task returns another value than is allowed.
    ReturnsAnotherValue,
    /// The task returns, and should not.
    Returns,
    /// The task does not return, and should.
    DoesNotReturn,
    /// A thread or a task is left in the end, and should not be.
    LeavesThreads,
    /// Nothing is left in the end, and something should be.
    LeavesNothing,
}

const KNOWN: &str = "known: ";
const CRASH: &str = "crash: ";
const REJECTED: &str = "rejected: ";
const UNKNOWN_ERROR: &str = "unknown error: ";
const ALLOWED: &str = ", allowed ";
const BY: &str = " by ";
const GOES_ON: &str = "goes on";
/// The fingerprints that are written as one fixed text each.
const PLAIN: [(&str, Fingerprint); 7] = [
    ("logs another value", Fingerprint::LogsAnotherValue),
    ("goes on elsewhere", Fingerprint::GoesOnElsewhere),
    ("returns another value", Fingerprint::ReturnsAnotherValue),
    ("returns, allowed does not", Fingerprint::Returns),
    ("does not return", Fingerprint::DoesNotReturn),
    ("leaves threads", Fingerprint::LeavesThreads),
    ("leaves nothing", Fingerprint::LeavesNothing),
];

impl Fingerprint {
    /// The fingerprint of a divergence, of a crash, or of what is known. A case that agrees, or of which nothing can be said, has
    /// none. Where a run shows known divergences and something else, the fingerprint is that of what differs beside the known
    /// divergences.
    pub fn of(judgement: &Judgement) -> Option<Fingerprint> {
        Fingerprint::new(judgement, true)
    }

    /// The fingerprint as [`Fingerprint::of`] gives it, except that where a run shows known divergences and something else, it is
    /// that of the first difference from the specification. This is for those who do not go by what is known.
    pub fn of_all(judgement: &Judgement) -> Option<Fingerprint> {
        Fingerprint::new(judgement, false)
    }

    fn new(judgement: &Judgement, beside_known: bool) -> Option<Fingerprint> {
        Some(match &judgement.verdict {
            Verdict::Agree | Verdict::Inconclusive(_) => return None,
            Verdict::Known(known) => Fingerprint::Known(known.clone()),
            Verdict::Crash { message } => Fingerprint::Crash {
                message: without_numbers(message),
                instead: judgement.instead.filter(|(_, by)| by.is_built_in()),
            },
            Verdict::Divergence(Divergence::Rejected { message }) => {
                Fingerprint::Rejected(without_numbers(message))
            }
            Verdict::Divergence(Divergence::Unmapped { message }) => {
                Fingerprint::UnknownError(without_numbers(message))
            }
            Verdict::Divergence(Divergence::Run {
                run,
                leaves,
                beside,
            }) => {
                let beside = beside.as_ref().filter(|_| beside_known);
                let leaves = beside.map_or(leaves, |beside| &beside.leaves);
                let native = judgement.native.runs.get(*run);
                let native = native.and_then(|run| run.part(leaves.difference.invocation));
                of_run(leaves, native.map(|native| native.end))
            }
        })
    }

    /// Whether another fingerprint is the same but for the place of a panic or an error, which is another place in every release.
    pub fn is_like(&self, other: &Fingerprint) -> bool {
        fn placeless(message: &str) -> Vec<&str> {
            let words = message.split(' ');
            words.filter(|word| !word.contains(".rs:")).collect()
        }
        match (self, other) {
            (
                Fingerprint::Crash { message, instead },
                Fingerprint::Crash {
                    message: other,
                    instead: other_instead,
                },
            ) => placeless(message) == placeless(other) && instead == other_instead,
            (Fingerprint::UnknownError(message), Fingerprint::UnknownError(other))
            | (Fingerprint::Rejected(message), Fingerprint::Rejected(other)) => {
                placeless(message) == placeless(other)
            }
            _ => self == other,
        }
    }
}

/// The fingerprint of a run that leaves what is allowed, from what the native engine did there and what was allowed. A program that
/// goes on is told from one that does not. Where the other side ends, it makes no difference how a program is seen to go on.
fn of_run(leaves: &Leaves, native_end: Option<End>) -> Fingerprint {
    let ended = |end: Option<End>| end.filter(|end| *end != End::Quiet);
    let (native, allowed) = match &leaves.difference.what {
        What::Event {
            native, reference, ..
        } => (
            native_end.filter(|_| native.is_none()),
            Some(leaves.end).filter(|_| reference.is_none()),
        ),
        What::End { native, .. } => (Some(*native), Some(leaves.end)),
        What::Returned { .. } | What::Leftover { .. } => (None, None),
    };
    let (native, allowed) = (ended(native), ended(allowed));
    if native.is_some() || allowed.is_some() {
        return Fingerprint::Ends {
            native,
            by: leaves.by.filter(|_| allowed.is_some()),
            allowed,
        };
    }
    match &leaves.difference.what {
        What::Event {
            native: Some(native),
            reference: Some(reference),
            ..
        } if native.point == reference.point => Fingerprint::LogsAnotherValue,
        What::Event { .. } | What::End { .. } => Fingerprint::GoesOnElsewhere,
        What::Returned {
            native: Some(_),
            reference: Some(_),
        } => Fingerprint::ReturnsAnotherValue,
        What::Returned {
            native: Some(_), ..
        } => Fingerprint::Returns,
        What::Returned { .. } => Fingerprint::DoesNotReturn,
        What::Leftover { native: true, .. } => Fingerprint::LeavesThreads,
        What::Leftover { native: false, .. } => Fingerprint::LeavesNothing,
    }
}

/// A message without what differs from case to case: each word with a number becomes `N`, unless it is a place or a version. At
/// most 160 characters are kept.
fn without_numbers(message: &str) -> String {
    let mut text = String::new();
    // Numbers in a place, such as `concurrent.rs:924:9`, and in a version say which bug it is.
    for word in message.split_whitespace() {
        let place = word.contains(".rs:") || has_version(word);
        let number = !place && word.chars().any(|c| c.is_ascii_digit());
        text.push_str(if number { "N" } else { word });
        text.push(' ');
    }
    text.trim_end().chars().take(160).collect()
}

/// Whether a word names a program in a version, such as `wasmtime-48.0.8`.
fn has_version(word: &str) -> bool {
    word.split('-').skip(1).any(|rest| {
        let numbers = rest.split('.').map(|part| {
            let digits = part.chars().take_while(char::is_ascii_digit);
            digits.count()
        });
        numbers.take_while(|digits| *digits > 0).count() >= 3
    })
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fingerprint::Known(known) => {
                let names: Vec<&str> = known.iter().map(Known::name).collect();
                write!(f, "{KNOWN}{}", names.join(", "))
            }
            Fingerprint::Crash { message, instead } => {
                write!(f, "{CRASH}{message}")?;
                match instead {
                    Some((trap, by)) => write!(f, "{ALLOWED}{}{BY}{}", End::Trap(*trap), by.name()),
                    None => Ok(()),
                }
            }
            Fingerprint::Rejected(message) => write!(f, "{REJECTED}{message}"),
            Fingerprint::UnknownError(message) => write!(f, "{UNKNOWN_ERROR}{message}"),
            Fingerprint::Ends {
                native,
                allowed,
                by,
            } => {
                let end = |end: &Option<End>| match end {
                    Some(end) => end.to_string(),
                    None => GOES_ON.to_string(),
                };
                write!(f, "{}{ALLOWED}{}", end(native), end(allowed))?;
                match by {
                    Some(by) => write!(f, "{BY}{}", by.name()),
                    None => Ok(()),
                }
            }
            plain => {
                let text = PLAIN.iter().find(|(_, it)| it == plain);
                f.write_str(text.map_or("", |(text, _)| text))
            }
        }
    }
}

/// A text that is no kind of a finding.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no kind of a finding reads `{0}`")]
pub struct NoFingerprint(String);

impl FromStr for Fingerprint {
    type Err = NoFingerprint;

    fn from_str(text: &str) -> Result<Fingerprint, NoFingerprint> {
        read(text).ok_or_else(|| NoFingerprint(text.to_string()))
    }
}

fn read(text: &str) -> Option<Fingerprint> {
    if let Some((_, plain)) = PLAIN.iter().find(|(of_it, _)| *of_it == text) {
        return Some(plain.clone());
    }
    if let Some(names) = text.strip_prefix(KNOWN) {
        return Some(Fingerprint::Known(
            names.split(", ").map(Known::from).collect(),
        ));
    }
    if let Some(message) = text.strip_prefix(CRASH) {
        let told_apart = message.rsplit_once(ALLOWED).and_then(|(message, instead)| {
            let (end, by) = instead.split_once(BY)?;
            match end_of_name(end)? {
                End::Trap(trap) => Some((message, Some((trap, Builtin::of_name(by)?)))),
                End::Quiet | End::Deadlock | End::Exhausted(_) => None,
            }
        });
        let (message, instead) = told_apart.unwrap_or((message, None));
        return Some(Fingerprint::Crash {
            message: message.to_string(),
            instead,
        });
    }
    if let Some(message) = text.strip_prefix(REJECTED) {
        return Some(Fingerprint::Rejected(message.to_string()));
    }
    if let Some(message) = text.strip_prefix(UNKNOWN_ERROR) {
        return Some(Fingerprint::UnknownError(message.to_string()));
    }
    let end = |text: &str| match text {
        GOES_ON => Some(None),
        end => end_of_name(end).map(Some),
    };
    let (native, allowed) = text.split_once(ALLOWED)?;
    let (allowed, by) = match allowed.split_once(BY) {
        Some((allowed, by)) => (allowed, Some(Builtin::of_name(by)?)),
        None => (allowed, None),
    };
    Some(Fingerprint::Ends {
        native: end(native)?,
        allowed: end(allowed)?,
        by,
    })
}

/// The end that is displayed as this text, if there is one.
fn end_of_name(text: &str) -> Option<End> {
    let exhaustions = [Exhaustion::Stack, Exhaustion::Fuel, Exhaustion::Memory];
    let traps = Trap::ALL.iter().copied().map(End::Trap);
    let mut all = traps
        .chain(exhaustions.map(End::Exhausted))
        .chain([End::Deadlock]);
    all.find(|end| end.to_string() == text)
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> String {
        fingerprint.to_string()
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = NoFingerprint;

    fn try_from(text: String) -> Result<Fingerprint, NoFingerprint> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_from_the_text_that_it_is_written_as() {
        let mut all: Vec<Fingerprint> = PLAIN.into_iter().map(|(_, plain)| plain).collect();
        let known = ["a", "b-c"].map(Known::from);
        all.push(Fingerprint::Known(BTreeSet::from(known)));
        for message in ["panic at a.rs:1: b, allowed c by d", ""] {
            let message = message.to_string();
            all.push(Fingerprint::Rejected(message.clone()));
            all.push(Fingerprint::UnknownError(message.clone()));
            all.extend(
                [None, Some((Trap::CannotBlock, Builtin::ALL[0]))].map(|instead| {
                    let message = message.clone();
                    Fingerprint::Crash { message, instead }
                }),
            );
        }
        let ends = [
            None,
            Some(End::Deadlock),
            Some(End::Exhausted(Exhaustion::Fuel)),
            Some(End::Trap(Trap::UnknownIndex)),
        ];
        let by = Builtin::ALL.iter().copied().map(Some).chain([None]);
        for by in by {
            for native in ends {
                all.extend(ends.map(|allowed| Fingerprint::Ends {
                    native,
                    allowed,
                    by,
                }));
            }
        }
        for fingerprint in all {
            let text = fingerprint.to_string();
            assert!(!text.is_empty());
            assert_eq!(text.parse(), Ok(fingerprint), "{text}");
        }
    }

    #[test]
    fn numbers_leave_a_message_but_for_places_and_versions() {
        let message = "panic at wasmtime-48.0.8 or wasmtime-48.0.8/src/a.rs:7:1: index 12 of x-1.2";
        let without = "panic at wasmtime-48.0.8 or wasmtime-48.0.8/src/a.rs:7:1: index N of N";
        assert_eq!(without_numbers(message), without);
    }

    #[test]
    fn only_the_place_may_be_another_one() {
        let crash = |place: &str, what: &str| Fingerprint::Crash {
            message: format!("panic at {place} {what}"),
            instead: None,
        };
        let first = crash("a-1.0.0/a.rs:1:1:", "b");
        assert!(first.is_like(&crash("a-2.0.0/c.rs:2:1:", "b")));
        assert!(!first.is_like(&crash("a-1.0.0/a.rs:1:1:", "c")));
        let told_apart = Fingerprint::Crash {
            message: "panic at a-1.0.0/a.rs:1:1: b".to_string(),
            instead: Some((Trap::CannotBlock, Builtin::ALL[0])),
        };
        assert!(!first.is_like(&told_apart));
    }
}
