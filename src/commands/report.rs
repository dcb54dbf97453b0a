//! `spawndiff report`: a finding as a text in Markdown, to be pasted where its engine's bugs are reported.

use super::finding::Origin;
use super::{Outcome, across, engines, finding, known, one_line, print, show, stored};
use anyhow::Result;
use spawndiff_corpus::StoredCase;
use spawndiff_engines::wasmtime::{Release, Variant};
use spawndiff_judge::compare::Leaves;
use spawndiff_judge::{Divergence, Judgement, Signature, Verdict};
use spawndiff_reference::Builtin;
use std::fmt::{self, Write};
use std::path::PathBuf;

/// The arguments of `report`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A stored case
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where the report is written [default: standard output]
    #[arg(short, long, value_name = "OUT")]
    out: Option<PathBuf>,
    /// The engine that it is about [default: that which the file says it was found on, or cranelift]
    #[arg(long, value_name = "ENGINE", value_parser = engines::native())]
    engine: Option<Variant>,
}

/// The text that the reference is written from.
const SPECIFICATION: &str =
    "https://github.com/WebAssembly/component-model/blob/6d28164/design/mvp/CanonicalABI.md";

/// Writes the report of a case that is a finding.
pub fn report(args: &Args) -> Result<Outcome> {
    let Some(stored) = stored(&args.file) else {
        return Ok(Outcome::BadInput);
    };
    let found_on = Origin::read(&stored.header).map(|origin| origin.engine);
    let engine = args.engine.or(found_on).unwrap_or_default();
    let judgement = across::judgement(engine, &stored.case)?;
    let Some(signature) = Signature::of_all(&judgement) else {
        let verdict = one_line(&judgement.verdict.to_string());
        eprintln!(
            "{}: {verdict}: there is nothing to report",
            args.file.display()
        );
        return Ok(Outcome::BadInput);
    };
    let name = args.file.file_stem().unwrap_or_default().to_string_lossy();
    let said = said(&name, &stored.header);
    let text = text(engine, &stored, &judgement, &signature, &said)?;
    match &args.out {
        Some(path) => finding::whole(path, text.as_bytes())?,
        None => print(&text)?,
    }
    Ok(Outcome::Clean)
}

/// What someone has written of a finding: the first lines of its header, where the first begins with the name of its file.
fn said(name: &str, header: &[String]) -> Vec<String> {
    let prefix = format!("{name}: ");
    let Some(first) = header.first().and_then(|line| line.strip_prefix(&prefix)) else {
        return Vec::new();
    };
    let by_us = |line: &&String| !Origin::is_line(line) && !across::is_line(line);
    let rest = header.iter().skip(1).take_while(by_us).cloned();
    std::iter::once(first.to_string()).chain(rest).collect()
}

fn text(
    engine: Variant,
    stored: &StoredCase,
    judgement: &Judgement,
    signature: &Signature,
    said: &[String],
) -> Result<String> {
    let version = engine.release().version();
    let mut out = String::new();
    match said.first() {
        Some(title) => writeln!(
            out,
            "# Wasmtime {version}: {}\n",
            title.trim_end_matches('.')
        )?,
        None => writeln!(out, "# Wasmtime {version}: {signature}\n")?,
    }
    for line in said.iter().skip(1) {
        writeln!(out, "{line}")?;
    }
    if said.len() > 1 {
        writeln!(out)?;
    }
    expected(&mut out, judgement)?;
    writeln!(out, "## What happens\n")?;
    let seen = one_line(&judgement.verdict.to_string());
    writeln!(out, "With Wasmtime {version} ({engine}): {seen}\n")?;
    writeln!(out, "```text\n{}```\n", show::runs(stored, judgement)?)?;
    let across: Vec<&String> = stored
        .header
        .iter()
        .filter(|it| across::is_line(it))
        .collect();
    if !across.is_empty() {
        writeln!(out, "## Releases\n")?;
        for line in across {
            writeln!(out, "- {line}")?;
        }
        writeln!(out)?;
    }
    writeln!(
        out,
        "## To reproduce\n\nThe file needs nothing else. Run it with the `wast` runner of Wasmtime {}, with component-model-async, \
         its additional built-ins, stackful lifts and threading switched on: it claims what the specification asks for, and \
         fails.",
        engine.release().max(Release::DEFAULT).version()
    )?;
    if engine.release() < Release::DEFAULT {
        writeln!(
            out,
            "(Older releases call some of the built-ins by other names.)"
        )?;
    }
    let lowered = finding::lowered(engine, &stored.case)?.map(|case| StoredCase {
        case,
        ..stored.clone()
    });
    if lowered.is_some() {
        writeln!(
            out,
            "(What that release lacks, `thread.spawn-*` say, is written here with what it has: `thread.new-indirect` and \
             `thread.resume-later`.)"
        )?;
    }
    let wast = lowered.as_ref().unwrap_or(stored).to_wast()?;
    writeln!(out, "\n```wast\n{}```", wast)?;
    Ok(out)
}

/// What the specification asks for.
fn expected(out: &mut String, judgement: &Judgement) -> fmt::Result {
    writeln!(out, "## What should happen\n")?;
    let leaves = match &judgement.verdict {
        // Not what is allowed beside known divergences: those are ours to know.
        Verdict::Divergence(Divergence::Run { leaves, .. }) => leaves,
        Verdict::Known(known) => {
            writeln!(out, "What is on the right below, as it is known:\n")?;
            for known in known {
                let link = known::list().get(known).map_or("", |entry| &entry.link);
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
    let Leaves { end, by, .. } = leaves;
    match by {
        Some(by) => writeln!(
            out,
            "{end}, by `{by}`: see [CanonicalABI.md, {by}]({SPECIFICATION}{anchor}). No order of the threads that the \
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
