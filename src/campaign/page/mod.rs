//! A campaign as one static page, `index.html`: verdicts, what was reached as a heat map, and each finding with both traces side by
//! side and its schedule. It needs no server, no network and no script.

mod lanes;

use crate::campaign::checkpoint::{Group, Sample, State};
use crate::campaign::{finding, releases, summary};
use crate::setup::Setup;
use crate::side_by_side;
use anyhow::{Context, Result};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use spawndiff_corpus::StoredCase;
use spawndiff_judge::Fingerprint;
use spawndiff_judge::provenance::one_line;
use std::fs;
use std::path::Path;

const STYLE: &str = include_str!("style.css");

/// Writes the page of a campaign into a folder, which is made if it is not there.
pub fn write(setup: &Setup, state: &State, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let page = page(setup, state).into_string();
    finding::whole(&folder.join("index.html"), page.as_bytes())
}

fn page(setup: &Setup, state: &State) -> Markup {
    let cases = state.counts.cases;
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                link rel="icon" href="data:,";
                title { "spawndiff: " (cases) " cases of seed " (state.cases.seed) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "spawndiff: " (cases) " cases of seed " (state.cases.seed) }
                p { (state.counts.invocations) " invocations in " (format!("{:.0}", state.seconds)) " s, on "
                    (state.counts.engines.keys().cloned().collect::<Vec<_>>().join(", ")) "." }
                (verdicts(setup, state))
                (findings(setup, state))
                (reached(state))
            }
        }
    }
}

fn verdicts(setup: &Setup, state: &State) -> Markup {
    let cases = state.counts.cases.max(1) as f64;
    html! {
        h2 { "Verdicts" }
        table class="verdicts" {
            @for (name, count) in summary::verdicts(&state.counts) {
                @let percent = 100.0 * count as f64 / cases;
                tr {
                    th { (name) }
                    td class="number" { (count) }
                    td class="number" { (format!("{percent:.2} %")) }
                    td class="bar" { div class=(name) style=(format!("width: {percent:.2}%")) {} }
                }
            }
        }
        @if !state.counts.known_by.is_empty() {
            details {
                summary { "Known divergences that were seen (" (state.counts.known_by.len()) ")" }
                table {
                    @for (name, count) in &state.counts.known_by {
                        tr {
                            th {
                                @match setup.known.get(&name.as_str().into()) {
                                    Some(entry) => a href=(entry.link) { (name) },
                                    None => (name),
                                }
                            }
                            td class="number" { (count) }
                        }
                    }
                }
            }
        }
        @if !state.counts.inconclusive.is_empty() {
            details {
                summary { "Why nothing could be said" }
                table {
                    @for (why, count) in &state.counts.inconclusive {
                        tr { th { (why) } td class="number" { (count) } }
                    }
                }
            }
        }
    }
}

/// How often each built-in returned, and gave each trap: the more, the darker.
fn reached(state: &State) -> Markup {
    let rows = summary::reached(state);
    let counts = rows.iter().flat_map(|(_, row)| row);
    let most = counts.map(|(_, count)| *count).max().unwrap_or(1).max(2);
    let shade = |count: u64| match count {
        0 => "never".to_string(),
        // By its logarithm, in nine steps.
        count => format!(
            "heat{}",
            1 + (8.0 * (count as f64).ln() / (most as f64).ln()) as u32
        ),
    };
    html! {
        h2 { "Reached" }
        p { "How often each built-in returned, and gave each trap, in runs that agree or are known. What was never reached is framed." }
        table class="heat" {
            @for (builtin, row) in rows {
                tr {
                    th { (builtin) }
                    @for (ending, count) in row {
                        td class=(shade(count)) title=(format!("{builtin}, {ending}: {count}")) { (ending) br; b { (count) } }
                    }
                }
            }
        }
    }
}

fn findings(setup: &Setup, state: &State) -> Markup {
    html! {
        h2 { "Findings" }
        @if state.found.is_empty() {
            p { "None." }
        }
        @for ((engine, fingerprint), group) in &state.found {
            (kind(setup, engine, fingerprint, group))
        }
        // The head of the arrows of all drawings.
        svg width="0" height="0" aria-hidden="true" {
            defs {
                marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="6" markerHeight="6" orient="auto" {
                    path d="M0 0 L8 4 L0 8 z" {}
                }
            }
        }
    }
}

fn kind(setup: &Setup, engine: &str, fingerprint: &Fingerprint, group: &Group) -> Markup {
    let smallest = group.smallest().map(|sample| &sample.path);
    let others: Vec<_> = group
        .samples
        .values()
        .filter(|sample| Some(&sample.path) != smallest)
        .collect();
    html! {
        details class="finding" {
            summary { b { (engine) } ": " (fingerprint.to_string()) " (" (group.count) " times)" }
            @if let Some(Sample { path, verdict, .. }) = group.smallest() {
                @match one(setup, engine, path) {
                    Ok(shown) => (shown),
                    Err(error) => p class="error" { (path.display()) ": " (format!("{error:#}")) ": " (verdict) },
                }
            }
            @if !others.is_empty() {
                p { "Others of the kind:" }
                ul {
                    @for sample in others {
                        li { code { (sample.path.display()) } ": " (sample.verdict) }
                    }
                }
            }
        }
    }
}

/// A finding, judged again.
fn one(setup: &Setup, engine: &str, path: &Path) -> Result<Markup> {
    let text = fs::read_to_string(path)?;
    let stored = StoredCase::parse(&text)?;
    let judgement = releases::judgement(setup, engine, &stored.case)?;
    let runs = side_by_side::runs(&stored, &judgement);
    // The runs before the one that differs agree.
    let shown = runs
        .iter()
        .enumerate()
        .filter(|(_, run)| run.difference.is_some());
    let mut shown: Vec<_> = shown.collect();
    if shown.is_empty() {
        shown = runs
            .iter()
            .enumerate()
            .filter(|(_, run)| run.reference.is_some())
            .collect();
        shown.drain(..shown.len().saturating_sub(1));
    }
    Ok(html! {
        p { code { (path.display()) } ": " (one_line(&judgement.verdict.to_string())) }
        @if let Some(message) = side_by_side::failure(&judgement) {
            p { "Internal error: " (one_line(&message)) }
        }
        @for (index, run) in shown {
            h3 { "Run " (index) }
            (lanes::drawing(run))
            table class="traces" {
                tr { th { "native" } th { "reference" } }
                @for part in &run.parts {
                    tr { th colspan="2" { code { (part.title) } } }
                    @for row in &part.rows {
                        tr class=[row.first_difference.then_some("first")] {
                            td { (row.native) }
                            td { (row.reference) }
                        }
                    }
                }
            }
        }
        details { summary { "The case" } pre { (text) } }
    })
}
