//! Writing a finding to disk: whole, before the next case starts.

use super::engines::{self, of_name};
use super::one_line;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use spawndiff_corpus::{Case, StoredCase, WriteError, component_from_text};
use spawndiff_engines::wasmtime::{Config, Native, Variant};
use spawndiff_judge::claims::{record, without_host};
use spawndiff_judge::{Divergence, Judgement, Signature, Verdict};
use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

/// Where a case comes from: enough to draw it again.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Origin {
    /// The seed of the campaign.
    pub seed: u64,
    /// The most instances of a case in it.
    pub instances: usize,
    /// The number of the case in it.
    pub index: u64,
    /// The engine that it went to.
    #[serde(with = "engines::by_name")]
    pub engine: Variant,
}

/// What is written of a case whose verdict is not agreement.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Finding {
    /// Where it comes from.
    pub origin: Origin,
    /// The verdict, on one line.
    pub verdict: String,
    /// What kind of a finding it is.
    pub signature: String,
    /// How large its component is, in bytes.
    pub size: usize,
    /// The file's text, or why there is none: then it is written as the binary component.
    text: Result<String, String>,
    component: Vec<u8>,
}

impl Finding {
    /// The finding that a judgement is.
    pub fn new(origin: Origin, case: &Case, judgement: &Judgement, signature: Signature) -> Self {
        let text = text(header(origin, judgement), case, judgement);
        Finding {
            origin,
            verdict: one_line(&judgement.verdict.to_string()),
            signature: signature.to_string(),
            size: case.component.len(),
            component: match text {
                Ok(_) => Vec::new(),
                Err(_) => case.component.clone(),
            },
            text: text.map_err(|error| error.to_string()),
        }
    }

    /// Writes it to the folder `out`, whole; gives back the file.
    pub fn write(&self, out: &Path) -> Result<PathBuf> {
        let Origin {
            seed,
            index,
            engine,
            ..
        } = self.origin;
        // The engine too: a campaign may have a finding of one case on several.
        let name = format!("case-{seed:016x}-{index}-{engine}");
        let (path, bytes) = match &self.text {
            Ok(text) => (out.join(format!("{name}.wast")), text.as_bytes()),
            Err(error) => {
                eprintln!("warning: {name}: {error}; written as a binary component");
                (out.join(format!("{name}.wasm")), &self.component[..])
            }
        };
        whole(&path, bytes).with_context(|| {
            let made = self.origin.command();
            format!("a finding is lost, to be made again with `spawndiff {made}`")
        })?;
        Ok(path)
    }
}

/// Writes a file first beside its place, and then renames it: a file that is there is whole.
pub fn whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let partial = path.with_extension("partial");
    let written = fs::write(&partial, bytes).and_then(|()| fs::rename(&partial, path));
    if written.is_err() {
        // Half a file is of no use to anyone.
        let _ = fs::remove_file(&partial);
    }
    written.with_context(|| format!("cannot write {}", path.display()))
}

/// The text of a case: it claims what the reference allows, on the schedule that got furthest, so it fails on the engine as it
/// is, and passes once the engine is mended.
pub fn text(header: Vec<String>, case: &Case, judgement: &Judgement) -> Result<String, WriteError> {
    stored(header, case, judgement).to_wast()
}

/// What [`text`] is the text of.
pub fn stored(header: Vec<String>, case: &Case, judgement: &Judgement) -> StoredCase {
    let component = component_from_text(&case.component);
    let case = match &component {
        Ok(component) => Case {
            component: component.clone(),
            runs: case.runs.clone(),
        },
        Err(_) => case.clone(),
    };
    let stored = record(header, &case, &judgement.reference);
    let bare = without_host(&stored, &judgement.native);
    bare.unwrap_or(stored)
}

/// The case in which what an engine lacks is lowered; `None` if it lacks nothing of it.
pub fn lowered(engine: Variant, case: &Case) -> Result<Option<Case>> {
    let native = Native::new(Config::of(engine));
    match native.lowered(&case.component)? {
        Cow::Borrowed(_) => Ok(None),
        Cow::Owned(component) => Ok(Some(Case {
            component: component_from_text(&component)?,
            runs: case.runs.clone(),
        })),
    }
}

/// The comment at the head of a finding.
fn header(origin: Origin, judgement: &Judgement) -> Vec<String> {
    let mut lines = verdict(judgement);
    let (command, release) = (origin.command(), origin.engine.release());
    let version = release.version();
    lines.push(format!("{FOUND_BY}{command}, against wasmtime {version}"));
    lines
}

/// The verdict, and the schedule of the reference.
pub fn verdict(judgement: &Judgement) -> Vec<String> {
    let mut lines = vec![one_line(&judgement.verdict.to_string())];
    if let Verdict::Divergence(Divergence::Run { run, .. }) = &judgement.verdict {
        let schedule = judgement.schedules.get(*run).cloned().unwrap_or_default();
        lines.push(format!(
            "Schedule of the reference in run {run}: {schedule:?}"
        ));
    }
    lines
}

const FOUND_BY: &str = "Found by: spawndiff ";

impl Origin {
    /// The arguments that draw and judge the case again.
    fn command(self) -> String {
        let Origin {
            seed,
            index,
            instances,
            engine,
        } = self;
        format!(
            "run --seed {seed} --first {index} --cases 1 --instances {instances} --engine {engine}"
        )
    }

    /// Whether a line of a header says where a case is from.
    pub fn is_line(line: &str) -> bool {
        line.starts_with(FOUND_BY)
    }

    /// What the header of a finding says of it.
    pub fn read(header: &[String]) -> Option<Origin> {
        let line = header.iter().find_map(|line| line.strip_prefix(FOUND_BY))?;
        let words: Vec<&str> = line.split([' ', ',']).collect();
        match words[..] {
            [
                "run",
                "--seed",
                seed,
                "--first",
                index,
                "--cases",
                "1",
                "--instances",
                instances,
                "--engine",
                engine,
                ..,
            ] => Some(Origin {
                engine: of_name(engine).ok()?,
                seed: seed.parse().ok()?,
                index: index.parse().ok()?,
                instances: instances.parse().ok()?,
            }),
            _ => None,
        }
    }
}
