//! `spawndiff show`: one stored case, for a person: the component, both traces side by side, the schedule.

use super::{Outcome, unreadable};
use anyhow::{Result, bail};
use spawndiff_corpus::{Event, StoredCase};
use spawndiff_oracles::native::{Config, Native};
use spawndiff_oracles::{InvocationObservation, Judge, Judgement, Verdict};
use std::path::PathBuf;

/// The arguments of `show`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A stored case
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Prints what a case is and what the engines make of it.
pub fn show(args: &Args) -> Result<Outcome> {
    let stored = match StoredCase::read(&args.file) {
        Ok(stored) => stored,
        Err(error) => bail!("{}", unreadable(&args.file, &error)),
    };
    for line in &stored.header {
        println!(";; {line}");
    }
    match wasmprinter::print_bytes(&stored.case.component) {
        Ok(text) => println!("{text}"),
        Err(error) => println!(";; the component cannot be printed: {error}"),
    }
    let judgement = Judge::new(Native::new(Config::default())).judge(&stored.case);
    for (index, run) in stored.case.runs.iter().enumerate() {
        println!("run {index}");
        traces(index, run, &judgement);
        if let Some(schedule) = judgement.schedules.get(index) {
            println!("  schedule of the reference: {schedule:?}");
        }
        println!();
    }
    println!("{}", judgement.verdict);
    Ok(match judgement.verdict {
        Verdict::Agree | Verdict::Known(_) | Verdict::Inconclusive(_) => Outcome::Clean,
        Verdict::Divergence(_) | Verdict::Crash { .. } => Outcome::Found,
    })
}

/// The traces of one run, native left and reference right, up to the first line that differs and past it.
fn traces(index: usize, run: &spawndiff_corpus::Run, judgement: &Judgement) {
    let native = judgement.native.runs.get(index);
    let reference = judgement.reference.runs.get(index);
    let mut marked = false;
    println!("  {:<40} {}", "native", "reference");
    for (position, invocation) in run.invocations.iter().enumerate() {
        println!("  {invocation}");
        let left = lines(native.and_then(|run| run.invocations.get(position)));
        let right = lines(reference.and_then(|run| run.invocations.get(position)));
        for row in 0..left.len().max(right.len()) {
            let left = left.get(row).map_or("", String::as_str);
            let right = right.get(row).map_or("", String::as_str);
            let mark = if left != right && !marked { "<-- first difference" } else { "" };
            marked |= left != right;
            println!("    {left:<38} {right:<38} {mark}");
        }
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
