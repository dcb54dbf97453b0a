//! A report: a finding as a text in Markdown, to be pasted where its engine's bugs are reported.

use crate::campaign::{finding, releases};
use crate::setup::Setup;
use crate::side_by_side;
use anyhow::Result;
use spawndiff_corpus::StoredCase;
use spawndiff_judge::compare::Leaves;
use spawndiff_judge::provenance::{Provenance, one_line};
use spawndiff_judge::{Divergence, Fingerprint, Judgement, Verdict};
use spawndiff_observation::Engine;
use spawndiff_reference::Builtin;
use std::fmt::{self, Write};

/// The text that the reference is written from.
const SPECIFICATION: &str =
    "https://github.com/WebAssembly/component-model/blob/6d28164/design/mvp/CanonicalABI.md";

/// The outcome of reporting.
pub enum Report {
    /// The report, in Markdown.
    Text(String),
    /// The case is no finding and not known; its verdict, on one line.
    NothingToReport(String),
}

/// The report of a stored case on `engine`: the one that the file says it was found on, or the default one, where none is named.
/// `file` is the file's name without its ending, and `source` is its text, which becomes a part of the report as it is, names,
/// comments and all, unless the engine has to be given something else.
///
/// # Errors
///
/// There is no such engine, no process can be started, or the case cannot be written as text.
pub fn report(
    setup: &Setup,
    stored: &StoredCase,
    file: &str,
    source: &str,
    engine: Option<&str>,
) -> Result<Report> {
    let (provenance, words) = Provenance::read(&stored.header);
    let about = &setup
        .engine_or_default(engine.or(provenance.engine()))?
        .about;
    let engine = about.identity.configuration.as_str();
    let judgement = releases::judgement(setup, engine, &stored.case)?;
    let Some(fingerprint) = Fingerprint::of_all(&judgement) else {
        let verdict = one_line(&judgement.verdict.to_string());
        return Ok(Report::NothingToReport(verdict));
    };
    let finding = Finding {
        said: said(file, words),
        stored,
        source,
        provenance: &provenance,
        judgement: &judgement,
        fingerprint: &fingerprint,
    };
    let engine = setup.engines.make(engine).map_err(anyhow::Error::msg)?;
    Ok(Report::Text(text(setup, &*engine, &finding)?))
}

/// A finding, with everything that its report says.
struct Finding<'a> {
    /// The words that somebody has written about it: a title, and the lines below.
    said: Vec<String>,
    stored: &'a StoredCase,
    /// The text of its file.
    source: &'a str,
    provenance: &'a Provenance,
    judgement: &'a Judgement,
    fingerprint: &'a Fingerprint,
}

/// The words that somebody has written about a finding: those of its header, if the first line begins with the name of its file.
fn said(file: &str, words: Vec<String>) -> Vec<String> {
    let prefix = format!("{file}: ");
    let mut words = words.into_iter();
    let Some(title) = words
        .next()
        .and_then(|line| line.strip_prefix(&prefix).map(str::to_string))
    else {
        return Vec::new();
    };
    std::iter::once(title).chain(words).collect()
}

fn text(setup: &Setup, engine: &dyn Engine, finding: &Finding<'_>) -> Result<String> {
    let Finding {
        said,
        stored,
        source,
        provenance,
        judgement,
        fingerprint,
    } = finding;
    let about = engine.about();
    let family = setup.engines.family(&about.identity.family);
    let title = family.map_or(about.identity.family.as_str(), |family| family.title());
    let release = format!("{title} {}", about.identity.version);
    let mut out = String::new();
    match said.first() {
        Some(title) => writeln!(out, "# {release}: {}\n", title.trim_end_matches('.'))?,
        None => writeln!(out, "# {release}: {fingerprint}\n")?,
    }
    for line in said.iter().skip(1) {
        writeln!(out, "{line}")?;
    }
    if said.len() > 1 {
        writeln!(out)?;
    }
    expected(setup, &mut out, judgement)?;
    writeln!(out, "## What happens\n")?;
    let seen = one_line(&judgement.verdict.to_string());
    writeln!(out, "With {release} ({}): {seen}\n", about.identity)?;
    writeln!(
        out,
        "```text\n{}```\n",
        side_by_side::text(stored, judgement)?
    )?;
    if !provenance.releases.is_empty() {
        writeln!(out, "## Releases\n")?;
        for line in &provenance.releases {
            writeln!(out, "- {line}")?;
        }
        writeln!(out)?;
    }
    writeln!(out, "## To reproduce\n\n{}", about.to_reproduce)?;
    let wast = match finding::lowered(engine, &stored.case)? {
        None => source.to_string(),
        Some(case) => {
            let lowers = engine.lowers().join("`, `");
            writeln!(
                out,
                "(What it lacks of `{lowers}` is written here with built-ins that it has.)"
            )?;
            let stored = (*stored).clone();
            StoredCase { case, ..stored }.to_wast()?
        }
    };
    writeln!(out, "\n```wast\n{}\n```", wast.trim_end())?;
    Ok(out)
}

/// Writes the section about what the specification asks for.
fn expected(setup: &Setup, out: &mut String, judgement: &Judgement) -> fmt::Result {
    writeln!(out, "## What should happen\n")?;
    let leaves = match &judgement.verdict {
        // Not what is allowed beside known divergences: those are ours to know.
        Verdict::Divergence(Divergence::Run { leaves, .. }) => leaves,
        Verdict::Known(known) => {
            writeln!(out, "What is on the right below, as it is known:\n")?;
            for known in known {
                let link = setup.known.get(known).map_or("", |entry| &entry.link);
                writeln!(out, "- {known}: {link}")?;
            }
            return writeln!(out);
        }
        _ => {
            return writeln!(
                out,
                "No program makes an engine fail in itself: [CanonicalABI.md]({SPECIFICATION}) lets it return or trap.\n"
            );
        }
    };
    let Leaves {
        end, by, condition, ..
    } = leaves;
    let condition = condition.map_or(String::new(), |condition| {
        let (text, function) = (condition.text(), condition.function());
        format!(", for `{text}` holds (`{function}`)")
    });
    match by {
        Some(by) => writeln!(
            out,
            "{end}, by `{by}`{condition}: see [CanonicalABI.md, {by}]({SPECIFICATION}{anchor}). No order of the threads that the \
             specification allows leads to anything else.\n",
            by = by.name(),
            anchor = anchor(*by),
        ),
        None => writeln!(
            out,
            "{end}, and before that the events on the right below: see [CanonicalABI.md]({SPECIFICATION}). No order of the \
             threads that the specification allows leads to what happens.\n"
        ),
    }
}

/// The anchor of the section on a built-in; empty where there is none.
fn anchor(builtin: Builtin) -> String {
    let name = builtin.name();
    let (kind, operation) = name.split_once('.').unwrap_or((name, ""));
    let section = match (kind, operation) {
        ("stream" | "future", "new") => "-canon-streamfuturenew".to_string(),
        ("stream" | "future", "read" | "write") => format!("-canon-{kind}readwrite"),
        ("stream" | "future", _) if operation.starts_with("cancel-") => {
            "-canon-streamfuturecancel-readwrite".to_string()
        }
        ("stream" | "future", _) => "-canon-streamfuturedrop-readablewritable".to_string(),
        ("backpressure", _) => "-canon-backpressureincdec".to_string(),
        ("resource", _) => format!("canon-resource{operation}"),
        ("thread", "spawn-ref" | "spawn-indirect" | "available-parallelism") => {
            return String::new();
        }
        ("thread" | "task" | "subtask" | "waitable" | "waitable-set" | "context", _) => {
            format!("-canon-{kind}{operation}")
        }
        ("canon lift" | "canon lower", "") => kind.replace(' ', "-"),
        _ => return String::new(),
    };
    format!("#{section}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_anchors_are_those_of_the_specification_s_headings() {
        let of = |name: &str| {
            let builtin = Builtin::ALL.iter().find(|builtin| builtin.name() == name);
            anchor(*builtin.unwrap_or_else(|| panic!("no {name}")))
        };
        for (name, expected) in [
            ("thread.new-indirect", "#-canon-threadnew-indirect"),
            ("waitable-set.wait", "#-canon-waitable-setwait"),
            ("waitable.join", "#-canon-waitablejoin"),
            ("stream.cancel-read", "#-canon-streamfuturecancel-readwrite"),
            (
                "future.drop-writable",
                "#-canon-streamfuturedrop-readablewritable",
            ),
            ("future.read", "#-canon-futurereadwrite"),
            ("resource.drop", "#canon-resourcedrop"),
            ("canon lift", "#canon-lift"),
            ("backpressure.inc", "#-canon-backpressureincdec"),
        ] {
            assert_eq!(of(name), expected);
        }
    }
}
