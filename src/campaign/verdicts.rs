//! `run --verdicts FILE`: each verdict of a campaign as one line, for a comparison of two versions of this program.
//!
//! A line is one JSON object. Its keys and values are names and numbers that stay what they are when a text for people
//! changes: the case's number, the engine, the verdict with what it names, how many schedules the comparison tried, and a
//! hash of the choices that those asked.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use spawndiff_judge::compare::{Difference, Unknown, What};
use spawndiff_judge::provenance::Origin;
use spawndiff_judge::{Divergence, Judgement, Verdict};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// The line of a verdict.
pub fn line(origin: &Origin, judgement: &Judgement) -> String {
    let mut line = json!({
        "case": origin.index,
        "engine": origin.engine,
        "schedules": judgement.tried.schedules,
        "choices": format!("{:016x}", judgement.tried.choices),
    });
    let (verdict, of_it) = verdict(&judgement.verdict);
    line["verdict"] = verdict.into();
    if let Value::Object(of_it) = of_it {
        line.as_object_mut().expect("it is an object").extend(of_it);
    }
    line.to_string()
}

/// The line of a case on which nothing can be said, because its process ended.
pub fn given_up(origin: &Origin) -> String {
    let (case, engine) = (origin.index, &origin.engine);
    json!({"case": case, "engine": engine, "verdict": "inconclusive", "why": "given up"})
        .to_string()
}

/// The name of a verdict, and what belongs to it.
fn verdict(verdict: &Verdict) -> (&'static str, Value) {
    match verdict {
        Verdict::Agree => ("agree", Value::Null),
        Verdict::Known(known) => {
            let names: Vec<&str> = known.iter().map(|known| known.name()).collect();
            ("known", json!({ "known": names }))
        }
        Verdict::Inconclusive(why) => ("inconclusive", json!({ "why": unknown(why) })),
        // The message is the engine's own; it can have a path.
        Verdict::Crash { .. } => ("crash", Value::Null),
        Verdict::Divergence(Divergence::Rejected { message }) => {
            ("rejected", json!({ "message": message }))
        }
        Verdict::Divergence(Divergence::Unmapped { message }) => {
            ("unmapped", json!({ "message": message }))
        }
        Verdict::Divergence(Divergence::Run {
            run,
            leaves,
            beside,
        }) => {
            let beside = beside.as_ref().map(|beside| {
                let names: Vec<&str> = beside.known.iter().map(|known| known.name()).collect();
                json!({ "known": names, "difference": difference(&beside.leaves.difference) })
            });
            let difference = difference(&leaves.difference);
            (
                "diverged",
                json!({ "run": run, "difference": difference, "beside": beside }),
            )
        }
    }
}

fn unknown(why: &Unknown) -> String {
    match why {
        Unknown::Exhausted(what) => format!("exhausted {what}"),
        Unknown::Unsupported(_) => "unsupported".to_string(),
        Unknown::Lacking(_) => "lacking".to_string(),
        Unknown::Budget => "budget".to_string(),
        Unknown::Unexplained => "unexplained".to_string(),
    }
}

fn difference(difference: &Difference) -> Value {
    let text = |it: Option<String>| it.map_or(Value::Null, Value::String);
    let (what, native, reference) = match &difference.what {
        What::Event {
            position,
            native,
            reference,
        } => {
            let event = |event: &Option<spawndiff_corpus::Event>| {
                text(event.map(|it| format!("{position}: {} {}", it.point, it.value)))
            };
            ("event", event(native), event(reference))
        }
        What::Returned { native, reference } => {
            let returned = |value: &Option<Option<spawndiff_corpus::Value>>| {
                text(value.map(|it| it.map_or("none".to_string(), |it| it.to_string())))
            };
            ("returned", returned(native), returned(reference))
        }
        What::End { native, reference } => {
            let end = |end: &spawndiff_observation::End| text(Some(end.to_string()));
            ("end", end(native), end(reference))
        }
        What::Leftover { native, reference } => ("left", (*native).into(), (*reference).into()),
    };
    json!({
        "invocation": difference.invocation,
        "what": what,
        "native": native,
        "reference": reference,
    })
}

/// The file: the lines come in the order of the cases, whatever the order in which these were judged.
pub struct Verdicts {
    path: PathBuf,
    file: BufWriter<File>,
    /// The number of the case whose lines come next.
    next: u64,
    /// The lines of cases that were judged before one that comes first.
    early: BTreeMap<u64, Vec<String>>,
}

impl Verdicts {
    /// A new file, for the cases from `first` on; what was in it is gone.
    ///
    /// # Errors
    ///
    /// The file cannot be made.
    pub fn create(path: &Path, first: u64) -> Result<Verdicts> {
        let file = File::create(path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Verdicts {
            path: path.to_path_buf(),
            file: BufWriter::new(file),
            next: first,
            early: BTreeMap::new(),
        })
    }

    /// Takes the lines of a case.
    ///
    /// # Errors
    ///
    /// They cannot be written.
    pub fn add(&mut self, case: u64, lines: Vec<String>) -> Result<()> {
        self.early.insert(case, lines);
        while let Some(lines) = self.early.remove(&self.next) {
            self.write(lines)?;
            self.next += 1;
        }
        Ok(())
    }

    /// Writes the rest: a campaign that was ended early has gaps.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn end(mut self) -> Result<()> {
        for (_, lines) in std::mem::take(&mut self.early) {
            self.write(lines)?;
        }
        let flushed = self.file.flush();
        flushed.with_context(|| format!("cannot write {}", self.path.display()))
    }

    fn write(&mut self, lines: Vec<String>) -> Result<()> {
        for line in lines {
            let written = writeln!(self.file, "{line}");
            written.with_context(|| format!("cannot write {}", self.path.display()))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_come_in_the_order_of_the_cases_and_what_is_left_at_the_end_is_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("verdicts");
        let mut verdicts = Verdicts::create(&path, 5).expect("it can be made");
        for case in [6, 9, 5, 7] {
            let line = case.to_string();
            verdicts.add(case, vec![line]).expect("it can be written");
        }
        verdicts.end().expect("it can be written");
        let text = std::fs::read_to_string(&path).expect("it is there");
        assert_eq!(text, "5\n6\n7\n9\n");
    }
}
