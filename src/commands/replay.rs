//! `spawndiff replay`: every directive of every file on every engine, then the engines against each other.

use super::{Outcome, unreadable};
use anyhow::{Result, bail};
use serde::Serialize;
use spawndiff_corpus::StoredCase;
use spawndiff_oracles::claims::{Status, check_native, check_reference};
use spawndiff_oracles::native::{Config, Native};
use spawndiff_oracles::{BUDGET, Judge, Verdict};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The arguments of `replay`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files, and folders that are searched for .wast files [default: corpus/cases]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Which engines [default: all]
    #[arg(long, value_enum, value_name = "ENGINE")]
    engine: Vec<Engine>,
    /// Print the result as one JSON object on standard output, and nothing else there
    #[arg(long)]
    json: bool,
}

/// An engine that replays cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
enum Engine {
    /// Wasmtime with Cranelift
    Cranelift,
    /// The reference interpreter
    Reference,
}

impl Engine {
    fn name(self) -> &'static str {
        match self {
            Engine::Cranelift => "cranelift",
            Engine::Reference => "reference",
        }
    }
}

/// What one engine made of one file, or of all.
#[derive(Clone, Debug, Default, Serialize)]
struct Score {
    directives: usize,
    passed: usize,
    failed: usize,
    unsupported: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_failure: Option<Failure>,
}

#[derive(Clone, Debug, Serialize)]
struct Failure {
    line: usize,
    message: String,
}

impl Score {
    fn of(stored: &StoredCase, statuses: &[Status]) -> Score {
        let mut score = Score { directives: statuses.len(), ..Score::default() };
        for (directive, status) in stored.directives.iter().zip(statuses) {
            match status {
                Status::Passed => score.passed += 1,
                Status::Failed(message) => {
                    score.failed += 1;
                    let failure = Failure { line: directive.line, message: message.clone() };
                    score.first_failure.get_or_insert(failure);
                }
                Status::Unsupported(message) => {
                    score.unsupported += 1;
                    let message = format!("not supported: {message}");
                    let failure = Failure { line: directive.line, message };
                    score.first_failure.get_or_insert(failure);
                }
            }
        }
        score
    }

    fn add(&mut self, other: &Score) {
        self.directives += other.directives;
        self.passed += other.passed;
        self.failed += other.failed;
        self.unsupported += other.unsupported;
    }
}

/// One engine, over all files.
#[derive(Debug, Default, Serialize)]
struct Report {
    files: usize,
    #[serde(flatten)]
    sum: Score,
    per_file: BTreeMap<String, Score>,
}

#[derive(Debug, Default, Serialize)]
struct Result_ {
    engines: BTreeMap<&'static str, Report>,
    /// Files in which the engines differ, and how.
    diverged: BTreeMap<String, String>,
    /// Files that could not be read.
    unreadable: Vec<String>,
}

/// Replays files.
pub fn replay(args: &Args) -> Result<Outcome> {
    let default = [PathBuf::from("corpus/cases")];
    let paths = if args.paths.is_empty() { &default[..] } else { &args.paths };
    let mut engines = args.engine.clone();
    if engines.is_empty() {
        engines = vec![Engine::Cranelift, Engine::Reference];
    }
    engines.sort();
    engines.dedup();
    let mut result = Result_::default();
    let mut files = Vec::new();
    for path in paths {
        if let Err(error) = collect(path, &mut files) {
            result.unreadable.push(format!("{}: {error}", path.display()));
        }
    }
    if files.is_empty() && result.unreadable.is_empty() {
        bail!("no .wast file in {}", paths.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", "));
    }
    let native = Native::new(Config::default());
    let judge = Judge::new(Native::new(Config::default()));
    for path in &files {
        match StoredCase::read(path) {
            Ok(stored) => one(path, &stored, &engines, &native, &judge, &mut result),
            Err(error) => result.unreadable.push(unreadable(path, &error)),
        }
    }
    for line in &result.unreadable {
        eprintln!("error: {line}");
    }
    if args.json {
        let json = serde_json::to_string(&result);
        println!("{}", json.expect("numbers, names and messages can be said in JSON"));
    } else {
        print(&result);
    }
    let failed = result.engines.values().any(|report| report.sum.failed > 0);
    Ok(if !result.unreadable.is_empty() {
        Outcome::BadInput
    } else if failed || !result.diverged.is_empty() {
        Outcome::Found
    } else {
        Outcome::Clean
    })
}

/// The `.wast` files under `path`, in order, or `path` itself.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if !fs::metadata(path)?.is_dir() {
        files.push(path.to_path_buf());
        return Ok(());
    }
    let mut entries =
        fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    entries.sort();
    for entry in entries {
        if entry.is_dir() || entry.extension().is_some_and(|extension| extension == "wast") {
            collect(&entry, files)?;
        }
    }
    Ok(())
}

/// Replays one file.
fn one(
    path: &Path,
    stored: &StoredCase,
    engines: &[Engine],
    native: &Native,
    judge: &Judge,
    result: &mut Result_,
) {
    let name = path.display().to_string();
    for &engine in engines {
        let statuses = match engine {
            Engine::Cranelift => check_native(stored, &native.observe(&stored.case)),
            Engine::Reference => check_reference(stored, BUDGET),
        };
        let score = Score::of(stored, &statuses);
        let report = result.engines.entry(engine.name()).or_default();
        report.files += 1;
        report.sum.add(&score);
        report.per_file.insert(name.clone(), score);
    }
    if engines.len() > 1 {
        match judge.judge(&stored.case).verdict {
            Verdict::Agree | Verdict::Known(_) | Verdict::Inconclusive(_) => {}
            verdict @ (Verdict::Divergence(_) | Verdict::Crash { .. }) => {
                result.diverged.insert(name, verdict.to_string());
            }
        }
    }
}

fn print(result: &Result_) {
    for (engine, report) in &result.engines {
        for (file, score) in &report.per_file {
            if let Some(failure) = &score.first_failure {
                println!("{file}:{}: {engine}: {}", failure.line, failure.message);
            }
        }
    }
    for (file, verdict) in &result.diverged {
        println!("{file}: {verdict}");
    }
    println!("{:>12} {:>7} {:>11} {:>8} {:>8} {:>12}", "engine", "files", "directives", "passed", "failed", "unsupported");
    for (engine, report) in &result.engines {
        let Score { directives, passed, failed, unsupported, .. } = report.sum;
        println!("{engine:>12} {:>7} {directives:>11} {passed:>8} {failed:>8} {unsupported:>12}", report.files);
    }
}
