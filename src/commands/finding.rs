//! Writing a finding to disk: whole, before the next case starts.

use super::one_line;
use anyhow::{Context, Result};
use spawndiff_corpus::{Case, component_from_text};
use spawndiff_oracles::claims::record;
use spawndiff_oracles::{Divergence, Judgement, Verdict};
use std::fs;
use std::path::{Path, PathBuf};

/// Where a case comes from: enough to draw it again.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    /// The seed of the campaign.
    pub seed: u64,
    /// The most instances of a case in it.
    pub instances: usize,
    /// The number of the case in it.
    pub index: u64,
}

/// The file of a case whose verdict is not agreement, in the folder `out`.
///
/// It claims what the reference allows, on the schedule that got furthest: so it fails on the engine as it is, and
/// passes once the engine is mended. A case that cannot be said in the text format is written as the binary component.
pub fn write(out: &Path, origin: Origin, case: &Case, judgement: &Judgement) -> Result<PathBuf> {
    let name = format!("case-{:016x}-{}", origin.seed, origin.index);
    let component = component_from_text(&case.component);
    let case = match &component {
        Ok(component) => Case {
            component: component.clone(),
            runs: case.runs.clone(),
        },
        Err(_) => case.clone(),
    };
    let stored = record(header(origin, judgement), &case, &judgement.reference);
    let (path, bytes) = match stored.to_wast() {
        Ok(text) => (out.join(format!("{name}.wast")), text.into_bytes()),
        Err(error) => {
            eprintln!("warning: {name}: {error}; written as a binary component");
            (out.join(format!("{name}.wasm")), case.component)
        }
    };
    // First beside it, then renamed: a file that is there is whole.
    let partial = out.join(format!("{name}.partial"));
    fs::write(&partial, bytes).with_context(|| format!("cannot write {}", partial.display()))?;
    fs::rename(&partial, &path).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

/// The comment at the head of a finding.
fn header(origin: Origin, judgement: &Judgement) -> Vec<String> {
    let mut lines = vec![one_line(&judgement.verdict.to_string())];
    if let Verdict::Divergence(Divergence::Run { run, .. }) = &judgement.verdict {
        let schedule = judgement.schedules.get(*run).cloned().unwrap_or_default();
        lines.push(format!(
            "Schedule of the reference in run {run}: {schedule:?}"
        ));
    }
    lines.push(format!(
        "Found by: spawndiff run --seed {} --first {} --cases 1 --instances {}, against wasmtime {}",
        origin.seed,
        origin.index,
        origin.instances,
        spawndiff_oracles::native::Native::version()
    ));
    lines
}
