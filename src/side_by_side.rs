//! A case on two engines, side by side: for `show`, for reports and for pages.

use spawndiff_corpus::{Event, Run, StoredCase};
use spawndiff_judge::compare::{Difference, Seen, What, difference};
use spawndiff_judge::provenance::one_line;
use spawndiff_judge::{Divergence, Judgement, Verdict};
use spawndiff_observation::{End, InvocationObservation, RunObservation};
use std::fmt::{self, Write};

/// A run of a case.
pub struct Traced<'a> {
    /// Its parts: the instantiation, if something is to be said of it, each invocation, and what the run left, if that differs.
    pub parts: Vec<Part>,
    /// The choices of the reference.
    pub schedule: Option<&'a [u32]>,
    /// The observation of the native engine, if it came to this run.
    pub native: Option<&'a RunObservation>,
    /// The observation of the reference.
    pub reference: Option<&'a RunObservation>,
    /// Where they first differ.
    pub difference: Option<Difference>,
}

/// A part of a run.
pub struct Part {
    /// The call, or the name of the part.
    pub title: String,
    /// The lines of the two engines.
    pub rows: Vec<Row>,
}

/// One line, on both engines.
pub struct Row {
    /// On the native engine; empty: nothing any more.
    pub native: String,
    /// On the reference.
    pub reference: String,
    /// Whether this is the first difference.
    pub first_difference: bool,
}

/// The runs of a case.
pub fn runs<'a>(stored: &StoredCase, judgement: &'a Judgement) -> Vec<Traced<'a>> {
    // Only a run that was compared to its end has a first difference.
    let compared = match judgement.verdict {
        Verdict::Agree | Verdict::Known(_) | Verdict::Divergence(Divergence::Run { .. }) => true,
        Verdict::Divergence(Divergence::Rejected { .. } | Divergence::Unmapped { .. })
        | Verdict::Inconclusive(_)
        | Verdict::Crash { .. } => false,
    };
    let traced = |(index, run): (usize, &Run)| {
        let native = judgement.native.runs.get(index);
        let reference = judgement.reference.runs.get(index);
        let difference = match (native, reference) {
            (Some(native), Some(reference)) if compared => {
                let seen = Seen {
                    run: native,
                    may_mean: &judgement.may_mean,
                };
                difference(seen, reference)
            }
            _ => None,
        };
        let mut parts = parts(run, native, reference, difference.as_ref());
        if judgement.failed.is_some() && index + 1 == judgement.native.runs.len() {
            failed(&mut parts, native);
        }
        Traced {
            parts,
            schedule: judgement.schedules.get(index).map(Vec::as_slice),
            native,
            reference,
            difference,
        }
    };
    stored.case.runs.iter().enumerate().map(traced).collect()
}

/// The runs of a case, and the verdict.
pub fn text(stored: &StoredCase, judgement: &Judgement) -> Result<String, fmt::Error> {
    let mut out = String::new();
    for (index, run) in runs(stored, judgement).iter().enumerate() {
        writeln!(out, "run {index}")?;
        writeln!(out, "  {:<40} reference", "native")?;
        for part in &run.parts {
            writeln!(out, "  {}", part.title)?;
            for row in &part.rows {
                let line = format!("    {:<38} {}", row.native, row.reference);
                match row.first_difference {
                    true => writeln!(out, "{line:<81} <-- first difference")?,
                    false => writeln!(out, "{}", line.trim_end())?,
                }
            }
        }
        if let Some(schedule) = run.schedule {
            writeln!(out, "  schedule of the reference: {schedule:?}")?;
        }
        writeln!(out)?;
    }
    if let Some(message) = failure(judgement) {
        writeln!(out, "internal error: {}", one_line(&message))?;
    }
    writeln!(out, "{}", one_line(&judgement.verdict.to_string()))?;
    Ok(out)
}

/// In place of an end that the native engine did not come to.
fn failed(parts: &mut [Part], native: Option<&RunObservation>) {
    let made = native.map_or(0, |run| run.invocations.len());
    let instantiated = parts
        .first()
        .is_some_and(|part| part.title == INSTANTIATION);
    let last = match made {
        0 => 0,
        made => made - 1 + usize::from(instantiated),
    };
    let rows = parts.get_mut(last).map(|part| &mut part.rows);
    let ended = rows.and_then(|rows| rows.iter_mut().rfind(|row| !row.native.is_empty()));
    if let Some(row) = ended {
        row.native = "internal error".to_string();
    }
}

/// The message of the error that ends the native trace, where the verdict does not give it.
pub fn failure(judgement: &Judgement) -> Option<String> {
    match &judgement.verdict {
        Verdict::Agree | Verdict::Known(_) | Verdict::Inconclusive(_) => judgement.failed.clone(),
        Verdict::Divergence(_) | Verdict::Crash { .. } => None,
    }
}

fn parts(
    run: &Run,
    native: Option<&RunObservation>,
    reference: Option<&RunObservation>,
    difference: Option<&Difference>,
) -> Vec<Part> {
    let mut parts = Vec::new();
    let part = |title: String,
                invocation: Option<usize>,
                left: Option<&InvocationObservation>,
                right: Option<&InvocationObservation>| {
        let lines = |seen| lines(seen, invocation.is_some());
        let events = left.map_or(0, |left| left.events.len());
        let marked = difference
            .filter(|difference| difference.invocation == invocation)
            .and_then(|difference| match difference.what {
                What::Event { position, .. } => Some(position),
                What::Returned { .. } => Some(events),
                What::End { .. } => Some(events + usize::from(invocation.is_some())),
                What::Leftover { .. } => None,
            });
        // Where the ends differ, the results may differ too, and they come first. After a trap nobody hears of the result.
        let traps = |seen: Option<&InvocationObservation>| {
            seen.is_some_and(|seen| matches!(seen.end, End::Trap(_)))
        };
        let both_trap = traps(left) && traps(right);
        let (left, right) = (lines(left), lines(right));
        let differs = |index: &usize| left.get(*index) != right.get(*index);
        let marked = marked.map(|end| match both_trap {
            true => end,
            false => (events..end).find(differs).unwrap_or(end),
        });
        let row = |index: usize| Row {
            native: left.get(index).cloned().unwrap_or_default(),
            reference: right.get(index).cloned().unwrap_or_default(),
            first_difference: marked == Some(index),
        };
        Part {
            title,
            rows: (0..left.len().max(right.len())).map(row).collect(),
        }
    };
    let both = [native, reference].map(|run| run.map(|run| &run.instantiation));
    let silent = InvocationObservation::default();
    if both.iter().flatten().any(|seen| **seen != silent) {
        parts.push(part(INSTANTIATION.to_string(), None, both[0], both[1]));
    }
    for (position, invocation) in run.invocations.iter().enumerate() {
        let left = native.and_then(|run| run.invocations.get(position));
        let right = reference.and_then(|run| run.invocations.get(position));
        parts.push(part(invocation.to_string(), Some(position), left, right));
    }
    if let Some(Difference {
        what: What::Leftover { native, reference },
        ..
    }) = difference
    {
        let left = |left: bool| if left { "threads left" } else { "nothing left" };
        parts.push(Part {
            title: "at the end".to_string(),
            rows: vec![Row {
                native: left(*native).to_string(),
                reference: left(*reference).to_string(),
                first_difference: true,
            }],
        });
    }
    parts
}

/// The title of the part before the invocations.
pub const INSTANTIATION: &str = "instantiation";

/// The events and the end of an invocation, a line each. An instantiation has no result.
fn lines(seen: Option<&InvocationObservation>, returns: bool) -> Vec<String> {
    let Some(seen) = seen else {
        return vec!["(not made)".to_string()];
    };
    let mut lines: Vec<String> = seen.events.iter().map(Event::to_string).collect();
    if returns {
        lines.push(match seen.returned {
            Some(Some(value)) => format!("returned {value}"),
            Some(None) => "returned".to_string(),
            None => "did not return".to_string(),
        });
    }
    lines.push(seen.end.to_string());
    lines
}
