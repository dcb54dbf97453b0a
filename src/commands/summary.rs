//! The summary of a campaign: a table for people, one JSON object for programs.

use super::counts::{Counts, SHARES, VERDICTS};
use super::state::{Group, Sample, State};
use serde::Serialize;
use spawndiff_judge::Fingerprint;
use spawndiff_observation::Trap;
use spawndiff_reference::{Builtin, EVENTS};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;

/// A summary of what a campaign came to.
struct Summary<'a>(&'a State);

impl Summary<'_> {
    fn counts(&self) -> &Counts {
        &self.0.counts
    }

    /// Cases a second.
    fn rate(&self) -> f64 {
        self.counts().cases as f64 / self.0.seconds.max(f64::MIN_POSITIVE)
    }

    /// Each share of the cases, 0 to 1, by name.
    fn shares(&self) -> impl Iterator<Item = (&'static str, f64)> {
        let cases = self.counts().cases.max(1) as f64;
        SHARES
            .into_iter()
            .zip(self.counts().shares.map(|count| count as f64 / cases))
    }

    /// The resident memory, in megabytes, at ten moments that lie as many cases apart.
    fn memory(&self) -> Vec<u64> {
        let memory = &self.counts().memory;
        let moments = memory.len().min(10);
        (1..=moments)
            .map(|moment| memory[memory.len() * moment / moments - 1] >> 20)
            .collect()
    }

    /// How often each built-in returned, and gave each trap: everything that the specification lets
    /// happen, and everything that did. Then how often each event was delivered.
    fn reached(&self) -> Vec<(&'static str, Vec<(&'static str, u64)>)> {
        let counts = &self.counts().coverage.reached;
        let row = |&builtin: &Builtin| {
            let count = |ending| counts.get(&(builtin, ending)).copied().unwrap_or(0);
            let mut row = Vec::new();
            let expected = builtin.traps();
            let returns = builtin.returns().then_some(None);
            for ending in returns
                .into_iter()
                .chain(expected.iter().copied().map(Some))
            {
                let count = count(ending);
                // A campaign of single instances does not miss what takes several.
                if count > 0 || self.0.cases.instances > 1 || !builtin.takes_instances(ending) {
                    row.push((ending.map_or("returned", Trap::name), count));
                }
            }
            for (&(_, ending), &count) in counts.iter().filter(|((other, _), _)| *other == builtin)
            {
                if let Some(trap) = ending.filter(|trap| !expected.contains(trap)) {
                    row.push((trap.name(), count));
                }
            }
            (builtin.name(), row)
        };
        let rows = Builtin::ALL.iter().map(row);
        // With one instance there is but a callback after YIELD.
        let events = EVENTS.into_iter().zip(self.counts().coverage.events);
        let events = events.filter(|(_, count)| *count > 0 || self.0.cases.instances > 1);
        rows.filter(|(_, row)| !row.is_empty())
            .chain([("event", events.collect())])
            .collect()
    }
}

/// What [`Summary::reached`] says of a campaign.
pub fn reached(state: &State) -> Vec<(&'static str, Vec<(&'static str, u64)>)> {
    Summary(state).reached()
}

/// How many cases there are of each verdict.
pub fn verdicts(counts: &Counts) -> impl Iterator<Item = (&'static str, u64)> {
    VERDICTS.into_iter().zip(counts.verdicts())
}

/// The summary as a table.
pub fn text(state: &State) -> String {
    let summary = Summary(state);
    let counts = &state.counts;
    let mut out = String::new();
    let percent = |count: u64| 100.0 * count as f64 / counts.cases.max(1) as f64;
    let mut line = |args: std::fmt::Arguments<'_>| {
        out.write_fmt(args)
            .expect("writing to a string does not fail");
        out.push('\n');
    };
    line(format_args!(
        "{} cases, {} invocations in {:.1} s: {:.0} cases a second (seed {})",
        counts.cases,
        counts.invocations,
        state.seconds,
        summary.rate(),
        state.cases.seed
    ));
    line(format_args!(""));
    for (name, count) in verdicts(counts) {
        line(format_args!(
            "{name:>14} {count:>9} {:>7.2} %",
            percent(count)
        ));
        if name == "known" {
            for (name, count) in &counts.known_by {
                line(format_args!("{:>14} {count:>9}   {name}", "..."));
            }
        }
        if name == "inconclusive" {
            for (why, count) in &counts.inconclusive {
                line(format_args!("{:>14} {count:>9}   {why}", "..."));
            }
        }
    }
    if counts.engines.len() > 1 {
        let row = |name: &str, cells: &[String]| {
            let cells = cells
                .iter()
                .fold(String::new(), |row, cell| format!("{row} {cell:>12}"));
            format!("{name:>14}{cells}")
        };
        line(format_args!(""));
        line(format_args!(
            "{}",
            row("by engine", &VERDICTS.map(str::to_string))
        ));
        for (name, verdicts) in &counts.engines {
            line(format_args!(
                "{}",
                row(name, &verdicts.map(|count| count.to_string()))
            ));
        }
    }
    let memory: Vec<String> = summary.memory().iter().map(u64::to_string).collect();
    if !memory.is_empty() {
        let memory = memory.join(" ");
        line(format_args!(""));
        line(format_args!("resident memory along the way: {memory} MB"));
    }
    line(format_args!(""));
    line(format_args!("share of cases"));
    for (name, share) in summary.shares() {
        let name = name.replace('_', " ");
        line(format_args!(
            "{name:>28} {:>6.1} %{}",
            100.0 * share,
            mark(share == 0.0)
        ));
    }
    line(format_args!(""));
    line(format_args!("reached"));
    for (builtin, row) in summary.reached() {
        for (position, (ending, count)) in row.into_iter().enumerate() {
            let name = if position == 0 { builtin } else { "" };
            line(format_args!(
                "{name:>28} {ending:<26} {count:>9}{}",
                mark(count == 0)
            ));
        }
    }
    if !state.found.is_empty() {
        line(format_args!(""));
        line(format_args!("findings, by engine and kind"));
    }
    for ((engine, fingerprint), group) in &state.found {
        line(format_args!("  {engine}: {fingerprint}"));
        let cases: Vec<String> = group.cases.iter().map(u64::to_string).collect();
        let more = match group.count > cases.len() as u64 {
            true => ", ...",
            false => "",
        };
        let cases = cases.join(", ");
        let (judged, seconds) = group.after;
        line(format_args!(
            "    {} times, first after {judged} cases and {seconds:.0} s: case {cases}{more}",
            group.count
        ));
        for Sample { path, verdict, .. } in group.samples.values() {
            line(format_args!("    {}: {verdict}", path.display()));
        }
    }
    out
}

/// What stands behind a zero.
fn mark(zero: bool) -> &'static str {
    if zero { "  <-- never" } else { "" }
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
        engines: BTreeMap<&'a str, BTreeMap<&'static str, u64>>,
        shares: BTreeMap<&'static str, f64>,
        reached: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
        findings: Vec<Cow<'a, str>>,
        kinds: Vec<Kind<'a>>,
    }
    #[derive(Serialize)]
    struct Kind<'a> {
        engine: &'a str,
        signature: &'a Fingerprint,
        count: u64,
        after_cases: u64,
        after_seconds: f64,
        cases: Vec<u64>,
        files: Vec<Cow<'a, str>>,
    }
    let summary = Summary(state);
    let counts = &state.counts;
    let reached = summary.reached();
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
        engines: counts
            .engines
            .iter()
            .map(|(name, counts)| (name.as_str(), VERDICTS.into_iter().zip(*counts).collect()))
            .collect(),
        shares: summary.shares().collect(),
        reached: reached
            .into_iter()
            .map(|(name, row)| (name, row.into_iter().collect()))
            .collect(),
        findings: state.found.values().flat_map(files).collect(),
        kinds: state
            .found
            .iter()
            .map(|((engine, fingerprint), group)| Kind {
                engine,
                signature: fingerprint,
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
