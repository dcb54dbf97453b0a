//! Writing a finding to disk: whole, before the next case starts.

use crate::setup::Setup;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use spawndiff_corpus::{Case, WriteError, component_from_text};
use spawndiff_judge::finding::stored;
use spawndiff_judge::provenance::one_line;
use spawndiff_judge::provenance::{FoundBy, Origin, Provenance};
use spawndiff_judge::{Fingerprint, Judgement};
use spawndiff_observation::Engine;
use std::fs;
use std::path::{Path, PathBuf};

/// A finding: a case with a verdict that is worth a file, and the text of that file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Finding {
    /// Where it comes from.
    pub origin: Origin,
    /// The verdict, on one line.
    pub verdict: String,
    /// Of what kind it is.
    pub fingerprint: Fingerprint,
    /// How large its component is, in bytes.
    pub size: usize,
    /// The file's text; none: it is written as the binary component, and the verdict says why.
    text: Option<String>,
    component: Vec<u8>,
}

impl Finding {
    /// The finding that a judgement is.
    ///
    /// # Errors
    ///
    /// There is no such engine as its origin names.
    pub fn new(
        setup: &Setup,
        origin: Origin,
        case: &Case,
        judgement: &Judgement,
        fingerprint: Fingerprint,
    ) -> Result<Self> {
        let engine = &setup.engine(&origin.engine)?.about.identity;
        let provenance = Provenance {
            found_by: Some(FoundBy::Campaign {
                origin: origin.clone(),
                family: engine.family.clone(),
                version: engine.version.clone(),
            }),
            ..Provenance::of(judgement)
        };
        let text = text(&provenance, case, judgement);
        let mut verdict = one_line(&judgement.verdict.to_string());
        if let Err(error) = &text {
            let error = one_line(&error.to_string());
            verdict.push_str(&format!(" (written as a binary component: {error})"));
        }
        Ok(Finding {
            origin,
            verdict,
            fingerprint,
            size: case.component.len(),
            component: match text {
                Ok(_) => Vec::new(),
                Err(_) => case.component.clone(),
            },
            text: text.ok(),
        })
    }

    /// Writes it to the folder `out`, whole; gives back the file.
    pub fn write(&self, out: &Path) -> Result<PathBuf> {
        let Origin {
            seed,
            index,
            engine,
            ..
        } = &self.origin;
        // The engine too: a campaign may have a finding of one case on several.
        let name = format!("case-{seed:016x}-{index}-{engine}");
        let (path, bytes) = match &self.text {
            Some(text) => (out.join(format!("{name}.wast")), text.as_bytes()),
            None => (out.join(format!("{name}.wasm")), &self.component[..]),
        };
        whole(&path, bytes).with_context(|| {
            let made = &self.origin;
            format!("a finding is lost, to be made again with `spawndiff {made}`")
        })?;
        Ok(path)
    }
}

/// The text of the file of a finding.
///
/// # Errors
///
/// Why the case has no text.
pub fn text(
    provenance: &Provenance,
    case: &Case,
    judgement: &Judgement,
) -> Result<String, WriteError> {
    stored(provenance.lines(), case, judgement).to_wast()
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

/// The case in which what an engine lacks is written with what it has; `None` if it lacks nothing of it.
pub fn lowered(engine: &dyn Engine, case: &Case) -> Result<Option<Case>> {
    let lowered = engine.lower(&case.component).map_err(anyhow::Error::msg)?;
    let Some(component) = lowered else {
        return Ok(None);
    };
    Ok(Some(Case {
        component: component_from_text(&component)?,
        runs: case.runs.clone(),
    }))
}
