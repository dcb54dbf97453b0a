//! A finding on every release of Wasmtime that this build has: where it shows, and where not. That tells a bug that was mended from
//! one that is new, and both from a change of the specification between releases.

use super::isolation::{Child, Request};
use super::{known, one_line};
use anyhow::Result;
use spawndiff_corpus::Case;
use spawndiff_engines::wasmtime::{Config, Release, Variant};
use spawndiff_judge::{Judgement, Signature, Verdict};
use std::time::Duration;

/// How long a case may take on one of them.
const LIMIT: Duration = Duration::from_secs(20);

/// How the lines begin, in the header of a finding.
const BEGINNINGS: [&str; 3] = [
    "Shows on wasmtime ",
    "Not on wasmtime ",
    "Other on wasmtime ",
];

/// What is said of a case with this signature on every release, those together of which the same is said; nothing where there is but
/// one release.
pub fn lines(case: &Case, signature: &Signature) -> Result<Vec<String>> {
    let others = Release::OTHERS.iter().filter(|release| release.is_built());
    let mut releases: Vec<Release> = others.chain([&Release::DEFAULT]).copied().collect();
    releases.sort();
    if releases.len() == 1 {
        return Ok(Vec::new());
    }
    let mut all: Vec<(&str, Vec<&str>, String)> = Vec::new();
    for release in releases {
        let engine = match release {
            Release::DEFAULT => Variant::default(),
            other => Variant::Other(other),
        };
        let judgement = judgement(engine, case)?;
        let seen = Signature::of(&judgement);
        let [shows, not, other] = BEGINNINGS;
        let version = release.version();
        let verdict = one_line(&judgement.verdict.to_string());
        let (beginning, what) = match seen {
            Some(seen) if seen.is_like(signature) => (shows, String::new()),
            Some(seen) if !matches!(judgement.verdict, Verdict::Known(_)) => {
                (other, format!(": {seen}"))
            }
            _ => (not, format!(": {verdict}")),
        };
        match all.last_mut() {
            Some(last) if (last.0, &last.2) == (beginning, &what) => last.1.push(version),
            _ => all.push((beginning, vec![version], what)),
        }
    }
    let line = |(beginning, versions, what): (&str, Vec<&str>, String)| {
        format!("{beginning}{}{what}", versions.join(", "))
    };
    Ok(all.into_iter().map(line).collect())
}

/// The judgement on a case, whose engine runs it in a process of its own first.
pub fn judgement(engine: Variant, case: &Case) -> Result<Judgement> {
    Ok(match death(engine, case)? {
        Some(death) => death,
        None => known::judge(Config::of(engine).planted()).judge(case),
    })
}

/// The judgement on a case that ends the process of an engine; `None` on others.
fn death(engine: Variant, case: &Case) -> Result<Option<Judgement>> {
    let request = Request::Run {
        engine: engine.to_string(),
        case: case.clone(),
    };
    let asked = Child::new(LIMIT)?.ask(&request);
    Ok(asked
        .err()
        .map(|death| known::crashed(engine, case, death.to_string())))
}

/// Whether a line of a header was made here.
pub fn is_line(line: &str) -> bool {
    BEGINNINGS
        .iter()
        .any(|beginning| line.starts_with(beginning))
}
