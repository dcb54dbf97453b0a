//! A finding on every release of Wasmtime that this build has: where it shows, and where not. That tells a bug that was mended from
//! one that is new, and both from a change of the specification between releases.

use super::isolation::{Child, Request};
use super::{known, one_line};
use anyhow::Result;
use spawndiff_corpus::Case;
use spawndiff_oracles::native::{Config, Release, Variant};
use spawndiff_oracles::{Judgement, Signature};
use std::time::Duration;

/// How long a case may take on one of them.
const LIMIT: Duration = Duration::from_secs(20);

/// How the lines begin, in the header of a finding.
const BEGINNINGS: [&str; 3] = [
    "Shows on wasmtime ",
    "Not on wasmtime ",
    "Other on wasmtime ",
];

/// What is said of a case with this signature, a line for each release; none where there is but one.
pub fn lines(case: &Case, signature: &Signature) -> Result<Vec<String>> {
    let others = Release::OTHERS.iter().filter(|release| release.is_built());
    let mut releases: Vec<Release> = others.chain([&Release::DEFAULT]).copied().collect();
    releases.sort();
    if releases.len() == 1 {
        return Ok(Vec::new());
    }
    let line = |release: Release| -> Result<String> {
        let engine = match release {
            Release::DEFAULT => Variant::default(),
            other => Variant::Other(other),
        };
        let judgement = judgement(engine, case)?;
        let seen = Signature::of(&judgement);
        let [shows, not, other] = BEGINNINGS;
        let version = release.version();
        let verdict = one_line(&judgement.verdict.to_string());
        Ok(match seen {
            Some(seen) if seen.is_like(signature) => format!("{shows}{version}"),
            Some(seen) if !matches!(judgement.verdict, spawndiff_oracles::Verdict::Known(_)) => {
                format!("{other}{version}: {seen}")
            }
            _ => format!("{not}{version}: {verdict}"),
        })
    };
    releases.into_iter().map(line).collect()
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
