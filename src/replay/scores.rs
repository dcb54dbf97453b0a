//! The results of `spawndiff replay`: the counts of each engine by file, by folder and in all, as JSON and as text.

use anyhow::Result;
use serde::Serialize;
use spawndiff_corpus::StoredCase;
use spawndiff_judge::claims::Status;
use spawndiff_judge::provenance::one_line;
use spawndiff_judge::scripts::{Checked, Script};
use std::collections::BTreeMap;
use std::fmt::{Display, Write};
use std::path::Path;

/// The counts of one engine on a file, on a folder, or on all files.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Score {
    /// How many directives there are.
    pub directives: usize,
    passed: usize,
    /// How many directives failed.
    pub failed: usize,
    /// How many the engine does not support.
    pub unsupported: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_failure: Option<Place>,
    /// Only for one script.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    script: Option<ScriptScore>,
}

/// The counts that only scripts have.
#[derive(Clone, Debug, Default, Serialize)]
struct ScriptScore {
    #[serde(skip)]
    failures: Vec<Place>,
    /// The directives that are not supported, and what it is in them.
    not_supported: Vec<Place>,
    /// Of those that passed: what was refused as it should be, for a reason in other words than the script's.
    #[serde(skip)]
    other_reasons: usize,
    /// The lines of those that passed as the specification's suite has it, and not as its text does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    against_the_text: Vec<usize>,
}

/// Something about a line of a file.
#[derive(Clone, Debug, Serialize)]
struct Place {
    line: usize,
    message: String,
}

impl Score {
    /// Of a stored case: one status for each directive.
    pub fn of_case(stored: &StoredCase, statuses: &[Status]) -> Score {
        let mut score = Score::default();
        for (directive, status) in stored.directives.iter().zip(statuses) {
            score.count(directive.line, status);
        }
        score
    }

    /// Of a script: what became of each directive.
    pub fn of_script(script: &Script, checked: &[Checked]) -> Score {
        let mut score = Score::default();
        let mut of_script = ScriptScore::default();
        for (directive, checked) in script.directives.iter().zip(checked) {
            score.count(directive.line, &checked.status);
            let place = |message: &str| Place {
                line: directive.line,
                message: one_line(message),
            };
            match &checked.status {
                Status::Passed => {
                    of_script.other_reasons += usize::from(checked.other_reason.is_some());
                    if checked.against_the_text {
                        of_script.against_the_text.push(directive.line);
                    }
                }
                Status::Failed(message) => of_script.failures.push(place(message)),
                Status::Unsupported(what) => of_script.not_supported.push(place(what)),
            }
        }
        score.script = Some(of_script);
        score
    }

    /// The directives that failed or are not supported, a line each; of a stored case only the first.
    pub fn failures(&self) -> Vec<String> {
        let places: Vec<&Place> = match &self.script {
            Some(script) => script
                .failures
                .iter()
                .chain(&script.not_supported)
                .collect(),
            None => self.first_failure.iter().collect(),
        };
        let line = |place: &&Place| format!("line {}: {}", place.line, place.message);
        places.iter().map(line).collect()
    }

    fn count(&mut self, line: usize, status: &Status) {
        self.directives += 1;
        let message = match status {
            Status::Passed => {
                self.passed += 1;
                return;
            }
            Status::Failed(message) => {
                self.failed += 1;
                one_line(message)
            }
            Status::Unsupported(what) => {
                self.unsupported += 1;
                format!("not supported: {}", one_line(what))
            }
        };
        self.first_failure.get_or_insert(Place { line, message });
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
pub struct Replayed {
    engines: BTreeMap<String, Report>,
    /// Files in which an engine differs from the reference: which, and how.
    pub diverged: BTreeMap<String, Vec<String>>,
    /// Files that could not be read.
    pub unreadable: Vec<String>,
}

impl Replayed {
    /// Notes what an engine made of a file.
    pub fn add(&mut self, engine: &str, file: &Path, score: Score) {
        let report = self.engines.entry(engine.to_string()).or_default();
        report.files += 1;
        report.sum.add(&score);
        report.per_file.insert(file.display().to_string(), score);
    }

    /// The score of each file, by engine.
    pub fn by_engine(&self) -> impl Iterator<Item = (&str, impl Iterator<Item = (&str, &Score)>)> {
        self.engines.iter().map(|(engine, report)| {
            let files = report.per_file.iter();
            (
                engine.as_str(),
                files.map(|(file, score)| (file.as_str(), score)),
            )
        })
    }

    /// Whether a directive failed on an engine.
    pub fn has_failed(&self) -> bool {
        self.engines.values().any(|report| report.sum.failed > 0)
    }

    /// The directives that failed, a line each, and the scores as tables.
    pub fn text(&self) -> Result<String> {
        let mut out = String::new();
        let mut has_scripts = false;
        for (engine, report) in &self.engines {
            for (file, score) in &report.per_file {
                if let Some(script) = &score.script {
                    has_scripts = true;
                    script.text(&mut out, file, engine, score)?;
                } else if let Some(Place { line, message }) = &score.first_failure {
                    writeln!(out, "{file}:{line}: {engine}: {message}")?;
                }
            }
        }
        for (file, verdicts) in &self.diverged {
            for verdict in verdicts {
                writeln!(out, "{file}: {verdict}")?;
            }
        }
        if has_scripts {
            self.folders(&mut out)?;
        }
        self.sums(&mut out)?;
        Ok(out)
    }

    /// A row for each folder, a column for each engine: passed, failed and unsupported.
    fn folders(&self, out: &mut String) -> Result<()> {
        let mut folders: BTreeMap<String, BTreeMap<&str, (usize, Score)>> = BTreeMap::new();
        for (engine, report) in &self.engines {
            for (file, score) in &report.per_file {
                let folder = match Path::new(file).parent() {
                    Some(folder) if folder != Path::new("") => folder,
                    Some(_) | None => Path::new("."),
                };
                let row = folders.entry(folder.display().to_string()).or_default();
                let (files, sum) = row.entry(engine).or_default();
                *files += 1;
                sum.add(score);
            }
        }
        let width = folders.keys().map(|folder| folder.len()).max().unwrap_or(0);
        let width = width.max("folder".len());
        write!(
            out,
            "{:width$} {:>5} {:>10}",
            "folder", "files", "directives"
        )?;
        for engine in self.engines.keys() {
            write!(out, "  {engine} passed/failed/unsupported")?;
        }
        writeln!(out)?;
        for (folder, row) in &folders {
            // Each file is replayed on each engine.
            let (files, sum) = row.values().next().cloned().unwrap_or_default();
            write!(out, "{folder:width$} {files:>5} {:>10}", sum.directives)?;
            for (engine, (_, sum)) in row {
                let cell = format!("{}/{}/{}", sum.passed, sum.failed, sum.unsupported);
                let width = engine.len() + " passed/failed/unsupported".len();
                write!(out, "  {cell:>width$}")?;
            }
            writeln!(out)?;
        }
        writeln!(out)?;
        Ok(())
    }

    /// A row for each engine.
    fn sums(&self, out: &mut String) -> Result<()> {
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
        for (engine, report) in &self.engines {
            let Score {
                directives,
                passed,
                failed,
                unsupported,
                first_failure: _,
                script: _,
            } = &report.sum;
            row(
                engine,
                [&report.files, directives, passed, failed, unsupported],
            )?;
        }
        Ok(())
    }
}

impl ScriptScore {
    /// A line for the file, one for each directive that failed, and one for each thing that is not supported.
    fn text(&self, out: &mut String, file: &str, engine: &str, score: &Score) -> Result<()> {
        write!(out, "{file}: {engine}: {} passed", score.passed)?;
        if self.other_reasons > 0 {
            write!(out, " ({} in other words)", self.other_reasons)?;
        }
        if !self.against_the_text.is_empty() {
            let lines: Vec<String> = self.against_the_text.iter().map(usize::to_string).collect();
            let lines = lines.join(",");
            write!(out, " (against the specification's text: lines {lines})")?;
        }
        if score.failed > 0 {
            write!(out, ", {} failed", score.failed)?;
        }
        if score.unsupported > 0 {
            write!(out, ", {} not supported", score.unsupported)?;
        }
        writeln!(out)?;
        for Place { line, message } in &self.failures {
            writeln!(out, "{file}:{line}: {engine}: {message}")?;
        }
        let mut lines: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for Place { line, message } in &self.not_supported {
            lines.entry(message).or_default().push(line.to_string());
        }
        for (what, lines) in lines {
            let lines = lines.join(",");
            writeln!(out, "{file}:{lines}: {engine}: not supported: {what}")?;
        }
        Ok(())
    }
}
