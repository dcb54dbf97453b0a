//! The results of a campaign as numbers, and as one JSON object for programs.

use crate::campaign::checkpoint::{Group, State};
use crate::campaign::counts::{Counts, SHARES, VERDICTS};
use serde::Serialize;
use spawndiff_judge::Fingerprint;
use spawndiff_observation::Trap;
use spawndiff_reference::{Builtin, EVENTS};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Cases a second.
pub fn rate(state: &State) -> f64 {
    state.counts.cases as f64 / state.seconds.max(f64::MIN_POSITIVE)
}

/// Each share of the cases, 0 to 1, by name.
pub fn shares(counts: &Counts) -> impl Iterator<Item = (&'static str, f64)> {
    let cases = counts.cases.max(1) as f64;
    let shares = counts.shares.map(|count| count as f64 / cases);
    SHARES.into_iter().zip(shares)
}

/// The resident memory, in megabytes, at ten moments that lie as many cases apart.
pub fn memory(counts: &Counts) -> Vec<u64> {
    let memory = &counts.memory;
    let moments = memory.len().min(10);
    (1..=moments)
        .map(|moment| memory[memory.len() * moment / moments - 1] >> 20)
        .collect()
}

/// How often each built-in returned, and gave each trap: everything that the specification lets happen, and everything that did. Then
/// how often each event was delivered.
pub fn reached(state: &State) -> Vec<(&'static str, Vec<(&'static str, u64)>)> {
    let counts = &state.counts.coverage.reached;
    let several = state.cases.instances > 1;
    let row = |&builtin: &Builtin| {
        let count = |ending| counts.get(&(builtin, ending)).copied().unwrap_or(0);
        let mut row = Vec::new();
        let expected = builtin.traps();
        let returns = builtin.returns().then_some(None);
        let traps = expected.iter().copied().map(Some);
        for ending in returns.into_iter().chain(traps) {
            let count = count(ending);
            // A campaign of single instances does not miss what takes several.
            if count > 0 || several || !builtin.takes_instances(ending) {
                row.push((ending.map_or("returned", Trap::name), count));
            }
        }
        let of_it = counts.iter().filter(|((other, _), _)| *other == builtin);
        for (&(_, ending), &count) in of_it {
            if let Some(trap) = ending.filter(|trap| !expected.contains(trap)) {
                row.push((trap.name(), count));
            }
        }
        (builtin.name(), row)
    };
    let rows = Builtin::ALL.iter().map(row);
    // With one instance there is but a callback after YIELD.
    let events = EVENTS.into_iter().zip(state.counts.coverage.events);
    let events = events.filter(|(_, count)| *count > 0 || several);
    rows.filter(|(_, row)| !row.is_empty())
        .chain([("event", events.collect())])
        .collect()
}

/// How many cases there are of each verdict.
pub fn verdicts(counts: &Counts) -> impl Iterator<Item = (&'static str, u64)> {
    VERDICTS.into_iter().zip(counts.verdicts())
}

/// The files of findings of one kind.
fn files(group: &Group) -> impl Iterator<Item = Cow<'_, str>> {
    let samples = group.samples.values();
    samples.map(|sample| sample.path.to_string_lossy())
}

/// The summary as a JSON object.
pub fn json(state: &State) -> String {
    #[derive(Serialize)]
    struct Json<'a> {
        cases: u64,
        invocations: u64,
        agree: u64,
        known: u64,
        inconclusive: u64,
        diverged: u64,
        crashed: u64,
        seconds: f64,
        seed: u64,
        mix: u32,
        bodies: &'a str,
        engines: BTreeMap<&'a str, BTreeMap<&'static str, u64>>,
        shares: BTreeMap<&'static str, f64>,
        reached: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
        refused: &'a BTreeMap<String, u64>,
        findings: Vec<Cow<'a, str>>,
        kinds: Vec<Kind<'a>>,
    }
    #[derive(Serialize)]
    struct Kind<'a> {
        engine: &'a str,
        fingerprint: &'a Fingerprint,
        count: u64,
        after_cases: u64,
        after_seconds: f64,
        cases: Vec<u64>,
        files: Vec<Cow<'a, str>>,
    }
    let counts = &state.counts;
    let reached = reached(state);
    let json = Json {
        cases: counts.cases,
        invocations: counts.invocations,
        agree: counts.agree,
        known: counts.known,
        inconclusive: counts.inconclusive(),
        diverged: counts.diverged,
        crashed: counts.crashed,
        seconds: state.seconds,
        seed: state.cases.seed,
        mix: state.cases.mix,
        bodies: state.cases.bodies.as_deref().unwrap_or("mixed"),
        engines: counts
            .engines
            .iter()
            .map(|(name, counts)| (name.as_str(), VERDICTS.into_iter().zip(*counts).collect()))
            .collect(),
        shares: shares(counts).collect(),
        reached: reached
            .into_iter()
            .map(|(name, row)| (name, row.into_iter().collect()))
            .collect(),
        refused: &counts.refused,
        findings: state.found.values().flat_map(files).collect(),
        kinds: state
            .found
            .iter()
            .map(|((engine, fingerprint), group)| Kind {
                engine,
                fingerprint,
                count: group.count,
                after_cases: group.after.0,
                after_seconds: group.after.1,
                cases: group.cases.iter().copied().collect(),
                files: files(group).collect(),
            })
            .collect(),
    };
    serde_json::to_string(&json).expect("numbers and strings can be said in JSON")
}
