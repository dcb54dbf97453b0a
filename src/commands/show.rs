//! `spawndiff show`: one stored case, for a person: the component, both traces side by side, the
//! schedule.

use super::{Outcome, engines, known, one_line, print, stored};
use anyhow::Result;
use spawndiff_corpus::{Case, Event, Run, StoredCase, component_from_text};
use spawndiff_oracles::compare::{Difference, What, difference};
use spawndiff_oracles::native::{Config, Native, Variant};
use spawndiff_oracles::{Divergence, InvocationObservation, Judgement, RunObservation, Verdict};
use std::fmt::{self, Write};
use std::path::PathBuf;

/// The arguments of `show`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A stored case
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The engine beside the reference [default: cranelift]
    #[arg(long, value_name = "ENGINE", value_parser = engines::native())]
    engine: Option<Variant>,
    /// Print the case as a .wast file in which what Wasmtime lacks is lowered, and nothing else
    #[arg(long)]
    lowered: bool,
}

/// Prints what a case is and what the engines make of it.
pub fn show(args: &Args) -> Result<Outcome> {
    let Some(stored) = stored(&args.file) else {
        return Ok(Outcome::BadInput);
    };
    if args.lowered {
        print(&lowered(&stored)?)?;
        return Ok(Outcome::Clean);
    }
    // The component comes first, so that it is seen even where it is the end of an engine.
    print(&component(&stored)?)?;
    let config = Config::of(args.engine.unwrap_or_default());
    let judgement = known::judge(config).judge(&stored.case);
    print(&runs(&stored, &judgement)?)?;
    Ok(match judgement.verdict {
        Verdict::Agree | Verdict::Known(_) | Verdict::Inconclusive(_) => Outcome::Clean,
        Verdict::Divergence(_) | Verdict::Crash { .. } => Outcome::Found,
    })
}

/// The case as a file for a runner whose engine lacks some built-ins.
fn lowered(stored: &StoredCase) -> Result<String> {
    let native = Native::new(Config::default());
    let component = native.lowered(&stored.case.component)?;
    let component = component_from_text(&component)?;
    let case = Case {
        component,
        runs: stored.case.runs.clone(),
    };
    Ok(StoredCase {
        case,
        ..stored.clone()
    }
    .to_wast()?)
}

/// The header and the component of a case.
fn component(stored: &StoredCase) -> Result<String, fmt::Error> {
    let mut out = String::new();
    for line in &stored.header {
        writeln!(out, ";; {line}")?;
    }
    match wasmprinter::print_bytes(&stored.case.component) {
        Ok(text) => writeln!(out, "{text}")?,
        Err(error) => writeln!(out, ";; the component cannot be printed: {error}")?,
    }
    Ok(out)
}

/// The runs of a case, and the verdict.
pub fn runs(stored: &StoredCase, judgement: &Judgement) -> Result<String, fmt::Error> {
    // Only a run that was compared to its end has a first difference.
    let compared = match judgement.verdict {
        Verdict::Agree | Verdict::Known(_) | Verdict::Divergence(Divergence::Run { .. }) => true,
        Verdict::Divergence(Divergence::Rejected { .. } | Divergence::Unmapped { .. })
        | Verdict::Inconclusive(_)
        | Verdict::Crash { .. } => false,
    };
    let mut out = String::new();
    for (index, run) in stored.case.runs.iter().enumerate() {
        let native = judgement.native.runs.get(index);
        let reference = judgement.reference.runs.get(index);
        let difference = match (native, reference) {
            (Some(native), Some(reference)) if compared => difference(native, reference),
            _ => None,
        };
        writeln!(out, "run {index}")?;
        traces(&mut out, run, native, reference, difference.as_ref())?;
        if let Some(schedule) = judgement.schedules.get(index) {
            writeln!(out, "  schedule of the reference: {schedule:?}")?;
        }
        writeln!(out)?;
    }
    writeln!(out, "{}", one_line(&judgement.verdict.to_string()))?;
    Ok(out)
}

/// The traces of one run, native left and reference right, and where they first differ.
fn traces(
    out: &mut String,
    run: &Run,
    native: Option<&RunObservation>,
    reference: Option<&RunObservation>,
    difference: Option<&Difference>,
) -> fmt::Result {
    writeln!(out, "  {:<40} reference", "native")?;
    for (position, invocation) in run.invocations.iter().enumerate() {
        writeln!(out, "  {invocation}")?;
        let left = native.and_then(|run| run.invocations.get(position));
        let right = reference.and_then(|run| run.invocations.get(position));
        let events = left.map_or(0, |left| left.events.len());
        let marked = difference
            .filter(|difference| difference.invocation == Some(position))
            .map(|difference| match difference.what {
                What::Event { position, .. } => position,
                What::Returned { .. } => events,
                What::End { .. } => events + 1,
                What::Leftover { .. } => unreachable!("threads are left by a run, not by a call"),
            });
        let (left, right) = (lines(left), lines(right));
        for index in 0..left.len().max(right.len()) {
            let left = left.get(index).map_or("", String::as_str);
            let right = right.get(index).map_or("", String::as_str);
            row(out, left, right, marked == Some(index))?;
        }
    }
    // What differs outside of the invocations.
    match difference {
        Some(Difference {
            invocation: None,
            what: What::End { native, reference },
        }) => {
            writeln!(out, "  instantiation")?;
            row(out, &native.to_string(), &reference.to_string(), true)
        }
        Some(Difference {
            invocation: None,
            what: What::Leftover { native, reference },
        }) => {
            let left = |left: bool| if left { "threads left" } else { "nothing left" };
            writeln!(out, "  at the end")?;
            row(out, left(*native), left(*reference), true)
        }
        Some(_) | None => Ok(()),
    }
}

/// One line of both traces.
fn row(out: &mut String, left: &str, right: &str, marked: bool) -> fmt::Result {
    if marked {
        writeln!(out, "    {left:<38} {right:<38} <-- first difference")
    } else {
        writeln!(out, "{}", format!("    {left:<38} {right}").trim_end())
    }
}

/// What was seen of an invocation, a line each.
fn lines(seen: Option<&InvocationObservation>) -> Vec<String> {
    let Some(seen) = seen else {
        return vec!["(not made)".to_string()];
    };
    let mut lines: Vec<String> = seen.events.iter().map(Event::to_string).collect();
    lines.push(match seen.returned {
        Some(Some(value)) => format!("returned {value}"),
        Some(None) => "returned".to_string(),
        None => "did not return".to_string(),
    });
    lines.push(seen.end.to_string());
    lines
}
