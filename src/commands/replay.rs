//! `spawndiff replay`: every directive of every file on every engine, then the engines against each other.

use super::{Outcome, one_line, print, unreadable};
use anyhow::{Result, bail};
use serde::Serialize;
use spawndiff_corpus::StoredCase;
use spawndiff_oracles::claims::{Status, check_native, check_reference};
use spawndiff_oracles::native::{Config, Native};
use spawndiff_oracles::{BUDGET, Judge, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Display, Write};
use std::path::{Path, PathBuf};
use std::{fs, io};

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
        let mut score = Score {
            directives: statuses.len(),
            ..Score::default()
        };
        for (directive, status) in stored.directives.iter().zip(statuses) {
            match status {
                Status::Passed => score.passed += 1,
                Status::Failed(message) => {
                    score.failed += 1;
                    let failure = Failure {
                        line: directive.line,
                        message: one_line(message),
                    };
                    score.first_failure.get_or_insert(failure);
                }
                Status::Unsupported(message) => {
                    score.unsupported += 1;
                    let message = format!("not supported: {}", one_line(message));
                    let failure = Failure {
                        line: directive.line,
                        message,
                    };
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

/// All that a replay found out.
#[derive(Debug, Default, Serialize)]
struct Replayed {
    engines: BTreeMap<&'static str, Report>,
    /// Files in which the engines differ, and how.
    diverged: BTreeMap<String, String>,
    /// Files that could not be read.
    unreadable: Vec<String>,
}

/// Replays files.
pub fn replay(args: &Args) -> Result<Outcome> {
    let default = [PathBuf::from("corpus/cases")];
    let paths = if args.paths.is_empty() {
        &default[..]
    } else {
        &args.paths
    };
    let mut engines = args.engine.clone();
    if engines.is_empty() {
        engines = vec![Engine::Cranelift, Engine::Reference];
    }
    engines.sort();
    engines.dedup();
    let mut replayed = Replayed::default();
    let mut files = BTreeSet::new();
    for path in paths {
        collect(path, &mut files, &mut replayed.unreadable);
    }
    if files.is_empty() && replayed.unreadable.is_empty() {
        let paths: Vec<String> = paths
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        bail!("no .wast file in {}", paths.join(", "));
    }
    let native = Native::new(Config::default());
    let judge = Judge::new(Native::new(Config::default()));
    for path in &files {
        match StoredCase::read(path) {
            Ok(stored) => one(path, &stored, &engines, &native, &judge, &mut replayed),
            Err(error) => replayed.unreadable.push(unreadable(path, &error)),
        }
    }
    for line in &replayed.unreadable {
        eprintln!("{line}");
    }
    if args.json {
        let json = serde_json::to_string(&replayed);
        print(&format!(
            "{}\n",
            json.expect("numbers and strings can be said in JSON")
        ))?;
    } else {
        print(&table(&replayed)?)?;
    }
    let failed = replayed
        .engines
        .values()
        .any(|report| report.sum.failed > 0);
    Ok(if !replayed.unreadable.is_empty() {
        Outcome::BadInput
    } else if failed || !replayed.diverged.is_empty() {
        Outcome::Found
    } else {
        Outcome::Clean
    })
}

/// Adds the `.wast` files under `path`, or `path` itself, to `files`. What cannot be read is a line
/// of `unreadable`, and does not keep the rest from being found.
fn collect(path: &Path, files: &mut BTreeSet<PathBuf>, unreadable: &mut Vec<String>) {
    let entries = match entries(path) {
        Ok(Some(entries)) => entries,
        Ok(None) => {
            files.insert(path.to_path_buf());
            return;
        }
        Err(error) => {
            unreadable.push(format!("{}: {error}", path.display()));
            return;
        }
    };
    for entry in entries {
        if entry.is_dir()
            || entry
                .extension()
                .is_some_and(|extension| extension == "wast")
        {
            collect(&entry, files, unreadable);
        }
    }
}

/// What is in the folder `path`; `None`: it is no folder.
fn entries(path: &Path) -> io::Result<Option<Vec<PathBuf>>> {
    if !fs::metadata(path)?.is_dir() {
        return Ok(None);
    }
    let entries = fs::read_dir(path)?.map(|entry| Ok(entry?.path()));
    entries.collect::<io::Result<_>>().map(Some)
}

/// Replays one file.
fn one(
    path: &Path,
    stored: &StoredCase,
    engines: &[Engine],
    native: &Native,
    judge: &Judge,
    replayed: &mut Replayed,
) {
    let name = path.display().to_string();
    for &engine in engines {
        let statuses = match engine {
            Engine::Cranelift => check_native(stored, &native.observe(&stored.case)),
            Engine::Reference => check_reference(stored, BUDGET),
        };
        let score = Score::of(stored, &statuses);
        let report = replayed.engines.entry(engine.name()).or_default();
        report.files += 1;
        report.sum.add(&score);
        report.per_file.insert(name.clone(), score);
    }
    if engines.len() > 1 {
        match judge.judge(&stored.case).verdict {
            Verdict::Agree | Verdict::Known(_) | Verdict::Inconclusive(_) => {}
            verdict @ (Verdict::Divergence(_) | Verdict::Crash { .. }) => {
                replayed
                    .diverged
                    .insert(name, one_line(&verdict.to_string()));
            }
        }
    }
}

/// What failed, a line each, and the scores as a table.
fn table(replayed: &Replayed) -> Result<String> {
    let mut out = String::new();
    for (engine, report) in &replayed.engines {
        for (file, score) in &report.per_file {
            if let Some(failure) = &score.first_failure {
                writeln!(
                    out,
                    "{file}:{}: {engine}: {}",
                    failure.line, failure.message
                )?;
            }
        }
    }
    for (file, verdict) in &replayed.diverged {
        writeln!(out, "{file}: {verdict}")?;
    }
    let mut row = |engine: &str, cells: [&dyn Display; 5]| {
        let [files, directives, passed, failed, unsupported] = cells;
        writeln!(
            out,
            "{engine:>12} {files:>7} {directives:>11} {passed:>8} {failed:>8} {unsupported:>12}"
        )
    };
    row(
        "engine",
        [
            &"files",
            &"directives",
            &"passed",
            &"failed",
            &"unsupported",
        ],
    )?;
    for (engine, report) in &replayed.engines {
        let Score {
            directives,
            passed,
            failed,
            unsupported,
            first_failure: _,
        } = &report.sum;
        row(
            engine,
            [&report.files, directives, passed, failed, unsupported],
        )?;
    }
    Ok(out)
}
