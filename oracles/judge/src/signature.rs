//! What kind of a finding a verdict is: a case that is made smaller keeps its signature.

use crate::compare::{Leaves, What};
use crate::{Divergence, Judgement, Verdict};
use spawndiff_observation::End;
use std::fmt;

/// The kind of a finding, of everything in it that does not depend on where in a program it was made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signature(String);

impl Signature {
    /// Of a divergence, a crash, or what is known; a case that agrees, or of which nothing can be said, has none. Where a run shows
    /// known divergences too, it is that of what differs beside them.
    pub fn of(judgement: &Judgement) -> Option<Signature> {
        Signature::new(judgement, true)
    }

    /// The same, of what differs from the specification: for those who do not go by what is known.
    pub fn of_all(judgement: &Judgement) -> Option<Signature> {
        Signature::new(judgement, false)
    }

    fn new(judgement: &Judgement, beside_known: bool) -> Option<Signature> {
        let text = match &judgement.verdict {
            Verdict::Agree | Verdict::Inconclusive(_) => return None,
            known @ Verdict::Known(_) => known.to_string(),
            Verdict::Crash { message } => {
                let message = without_numbers(message);
                // Several bugs can end in one panic: the built-in that should have trapped tells them apart.
                let instead = judgement.instead.filter(|(_, by)| by.is_built_in());
                let instead =
                    instead.map(|(trap, by)| format!(", allowed trap {trap} by {}", by.name()));
                format!("crash: {message}{}", instead.unwrap_or_default())
            }
            Verdict::Divergence(Divergence::Rejected { message }) => {
                format!("rejected: {}", without_numbers(message))
            }
            Verdict::Divergence(Divergence::Unmapped { message }) => {
                format!("unknown error: {}", without_numbers(message))
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
        };
        Some(Signature(text))
    }
}

impl Signature {
    /// Whether another one is the same but for the place of a panic or an error, which is another in every release.
    pub fn is_like(&self, other: &Signature) -> bool {
        fn placeless(signature: &Signature) -> Vec<&str> {
            let words = signature.0.split(' ');
            let kept = |word: &&str| !word.contains(".rs:");
            words.filter(kept).collect()
        }
        placeless(self) == placeless(other)
    }
}

/// What the native engine did there, and what was allowed. A program that goes on is told from one that does not; by what it was
/// seen to go on is not.
fn of_run(leaves: &Leaves, native_end: Option<End>) -> String {
    let ended = |end: Option<End>| match end {
        None | Some(End::Quiet) => None,
        Some(end) => Some(end.to_string()),
    };
    let by = leaves
        .by
        .map(|by| format!(" by {}", by.name()))
        .unwrap_or_default();
    let allowed_end = || ended(Some(leaves.end)).map(|end| end + &by);
    let (native, allowed) = match &leaves.difference.what {
        What::Event {
            native, reference, ..
        } => (
            if native.is_none() {
                ended(native_end)
            } else {
                None
            },
            if reference.is_none() {
                allowed_end()
            } else {
                None
            },
        ),
        What::End { native, .. } => (ended(Some(*native)), allowed_end()),
        What::Returned { .. } | What::Leftover { .. } => (None, None),
    };
    if native.is_some() || allowed.is_some() {
        let goes_on = || "goes on".to_string();
        let (native, allowed) = (
            native.unwrap_or_else(goes_on),
            allowed.unwrap_or_else(goes_on),
        );
        return format!("{native}, allowed {allowed}");
    }
    match &leaves.difference.what {
        What::Event {
            native: Some(native),
            reference: Some(reference),
            ..
        } if native.point == reference.point => "logs another value".to_string(),
        What::Event { .. } | What::End { .. } => "goes on elsewhere".to_string(),
        What::Returned {
            native: Some(_),
            reference: Some(_),
        } => "returns another value".to_string(),
        What::Returned {
            native: Some(_), ..
        } => "returns, allowed does not".to_string(),
        What::Returned { .. } => "does not return".to_string(),
        What::Leftover { native: true, .. } => "leaves threads".to_string(),
        What::Leftover { native: false, .. } => "leaves nothing".to_string(),
    }
}

/// A message without what differs from case to case.
fn without_numbers(message: &str) -> String {
    let mut text = String::new();
    // Numbers in a place, such as `concurrent.rs:924:9`, and in a version say which bug it is.
    for word in message.split_whitespace() {
        let place = word.contains(".rs:") || word.contains("wasmtime-");
        let number = !place && word.chars().any(|c| c.is_ascii_digit());
        text.push_str(if number { "N" } else { word });
        text.push(' ');
    }
    text.trim_end().chars().take(160).collect()
}

impl From<String> for Signature {
    /// The signature that displays as this text.
    fn from(text: String) -> Signature {
        Signature(text)
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
