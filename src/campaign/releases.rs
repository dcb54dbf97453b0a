//! A finding on every release that this build has of its engine's family: where it shows, and where not. That tells a bug that was
//! mended from one that is new, and both from a change of the specification between releases.

use crate::campaign::isolation::{self, Request};
use crate::setup::Setup;
use anyhow::Result;
use spawndiff_corpus::Case;
use spawndiff_judge::provenance::one_line;
use spawndiff_judge::provenance::{OnReleases, Shows};
use spawndiff_judge::{Fingerprint, Judgement, Verdict};
use std::time::Duration;

/// How long a case may take on one of them.
const LIMIT: Duration = Duration::from_secs(20);

/// Judges a case of this kind on every release of a family. Neighbouring releases with the same answer are one entry of the result, which
/// is empty if the build has only one release.
pub fn releases(
    setup: &Setup,
    family: &str,
    case: &Case,
    fingerprint: &Fingerprint,
) -> Result<Vec<OnReleases>> {
    let releases = setup.engines.releases().into_iter();
    let of_it = releases.map(|listed| &listed.about.identity);
    let of_it: Vec<_> = of_it.filter(|it| it.family == family).collect();
    if of_it.len() < 2 {
        return Ok(Vec::new());
    }
    let mut all: Vec<OnReleases> = Vec::new();
    for identity in of_it {
        let judgement = judgement(setup, &identity.configuration, case)?;
        let shows = match Fingerprint::of(&judgement) {
            Some(seen) if seen.is_like(fingerprint) => Shows::This,
            Some(seen) if !matches!(judgement.verdict, Verdict::Known(_)) => {
                Shows::Other(seen.to_string())
            }
            Some(_) | None => Shows::Not(one_line(&judgement.verdict.to_string())),
        };
        let version = identity.version.clone();
        match all.last_mut() {
            Some(last) if last.shows == shows => last.versions.push(version),
            _ => all.push(OnReleases {
                shows,
                family: family.to_string(),
                versions: vec![version],
            }),
        }
    }
    Ok(all)
}

/// The judgement on a case, whose engine runs it in a process of its own first.
pub fn judgement(setup: &Setup, engine: &str, case: &Case) -> Result<Judgement> {
    let request = Request::Run {
        engine: engine.to_string(),
        case: case.clone(),
    };
    match isolation::start(setup, LIMIT)?.ask(&request) {
        Ok(_) => Ok(setup.judge(engine)?.judge(case)),
        Err(death) => setup.crashed(engine, case, death.to_string()),
    }
}
