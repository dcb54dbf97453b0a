//! The summary of a campaign for people: what was judged, what was reached, what was found and what to do next. The last line is the
//! verdict.

use super::style::{BAD, BOLD, DIM, GOOD, WARN, paint};
use anstyle::Style;
use spawndiff::campaign::checkpoint::{Group, Sample, State};
use spawndiff::campaign::counts::VERDICTS;
use spawndiff::campaign::summary;
use std::fmt::{Error, Write};

/// How many built-ins are named of which something was never reached. A campaign of 10,000 cases misses something of fewer.
const NAMED: usize = 16;

/// The summary. `all` shows the table of what was reached; without it, one line says what was not.
pub fn text(state: &State, all: bool) -> Result<String, Error> {
    let mut out = String::new();
    let counts = &state.counts;
    writeln!(
        out,
        "{} cases, {} invocations in {:.1} s: {:.0} cases a second (seed {})\n",
        counts.cases,
        counts.invocations,
        state.seconds,
        summary::rate(state),
        state.cases.seed
    )?;
    verdicts(&mut out, state)?;
    engines(&mut out, state)?;
    match all {
        true => reached(&mut out, state)?,
        false => not_reached(&mut out, state)?,
    }
    found(&mut out, state)?;
    writeln!(out, "{}", verdict(state))?;
    Ok(out)
}

/// How many cases there are of each verdict, and of each reason for one.
fn verdicts(out: &mut String, state: &State) -> Result<(), Error> {
    let counts = &state.counts;
    for (name, count) in summary::verdicts(counts) {
        let percent = 100.0 * count as f64 / counts.cases.max(1) as f64;
        let style = match name {
            "diverged" | "crashed" if count > 0 => BAD,
            _ => Style::new(),
        };
        let line = format!("{name:>14} {count:>9} {percent:>7.2} %");
        writeln!(out, "{}", paint(style, &line))?;
        let reasons = match name {
            "known" => &counts.known_by,
            "inconclusive" => &counts.inconclusive,
            _ => continue,
        };
        for (reason, count) in reasons {
            writeln!(out, "{:>14} {count:>9}   {reason}", "...")?;
        }
    }
    for (reason, count) in &counts.refused {
        writeln!(
            out,
            "{:>14} {count:>9}   without code of wasm-smith: {reason}",
            "of these"
        )?;
    }
    Ok(())
}

/// The counts of verdicts by engine, where there are several.
fn engines(out: &mut String, state: &State) -> Result<(), Error> {
    let engines = &state.counts.engines;
    if engines.len() > 1 {
        write!(out, "\n{:>14}", "by engine")?;
        for verdict in VERDICTS {
            write!(out, " {verdict:>12}")?;
        }
        for (name, verdicts) in engines {
            write!(out, "\n{name:>14}")?;
            for count in verdicts {
                write!(out, " {count:>12}")?;
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

/// How often everything was reached that the specification lets happen; where the memory stood.
fn reached(out: &mut String, state: &State) -> Result<(), Error> {
    let counts = &state.counts;
    let memory: Vec<String> = summary::memory(counts).iter().map(u64::to_string).collect();
    if !memory.is_empty() {
        writeln!(
            out,
            "\nresident memory along the way: {} MB",
            memory.join(" ")
        )?;
    }
    let mark = |never: bool| match never {
        true => paint(WARN, "  <-- never"),
        false => String::new(),
    };
    writeln!(out, "\nshare of cases")?;
    for (name, share) in summary::shares(counts) {
        let name = name.replace('_', " ");
        let percent = 100.0 * share;
        writeln!(out, "{name:>28} {percent:>6.1} %{}", mark(share == 0.0))?;
    }
    writeln!(out, "\nreached")?;
    for (builtin, row) in summary::reached(state) {
        for (position, (ending, count)) in row.into_iter().enumerate() {
            let name = if position == 0 { builtin } else { "" };
            writeln!(
                out,
                "{name:>28} {ending:<26} {count:>9}{}",
                mark(count == 0)
            )?;
        }
    }
    Ok(())
}

/// How many outcomes of the built-ins were reached, and which were not.
fn not_reached(out: &mut String, state: &State) -> Result<(), Error> {
    let rows = summary::reached(state);
    let all: usize = rows.iter().map(|(_, row)| row.len()).sum();
    let mut never = Vec::new();
    let mut missed = 0;
    for (builtin, row) in &rows {
        let zeros = row.iter().filter(|(_, count)| *count == 0);
        let zeros: Vec<&str> = zeros.map(|(ending, _)| *ending).collect();
        missed += zeros.len();
        if zeros.len() == row.len() {
            never.push(format!("{builtin} (any)"));
        } else if !zeros.is_empty() {
            never.push(format!("{builtin} ({})", zeros.join(", ")));
        }
    }
    write!(
        out,
        "\nreached {} of {all} outcomes of the built-ins and events (--reached shows all)",
        all - missed
    )?;
    if never.is_empty() {
        return writeln!(out);
    }
    let more = match never.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(", and of {more} others"),
    };
    never.truncate(NAMED);
    writeln!(out, "; never: {}{more}", never.join(", "))
}

/// The findings by kind, each with its files and what to do next.
fn found(out: &mut String, state: &State) -> Result<(), Error> {
    for ((engine, fingerprint), group) in &state.found {
        let kind = format!("{engine}: {fingerprint}");
        writeln!(out, "\n{}", paint(BOLD, &kind))?;
        let cases: Vec<String> = group.cases.iter().map(u64::to_string).collect();
        let more = match group.count > cases.len() as u64 {
            true => ", ...",
            false => "",
        };
        let (judged, seconds) = group.after;
        writeln!(
            out,
            "  {} times, first after {judged} cases and {seconds:.0} s: case {}{more}",
            group.count,
            cases.join(", ")
        )?;
        for Sample { path, verdict, .. } in group.samples.values() {
            writeln!(out, "  {}: {verdict}", path.display())?;
        }
        next(out, engine, group)?;
    }
    writeln!(out)
}

/// The commands for the smallest finding of a kind.
fn next(out: &mut String, engine: &str, group: &Group) -> Result<(), Error> {
    let Some(Sample { path, .. }) = group.smallest() else {
        return Ok(());
    };
    let path = path.display();
    for (what, command) in [
        ("to look at it", format!("show --engine {engine} {path}")),
        (
            "to report it (read SECURITY.md first)",
            format!("report --engine {engine} {path}"),
        ),
    ] {
        let line = format!("  {what}: spawndiff {command}");
        writeln!(out, "{}", paint(DIM, &line))?;
    }
    Ok(())
}

/// The verdict on the campaign, in one line.
fn verdict(state: &State) -> String {
    let counts = &state.counts;
    let (cases, inconclusive) = (counts.cases, counts.inconclusive());
    if cases == 0 {
        return paint(WARN, "Nothing was judged.");
    }
    let open = match inconclusive {
        0 => String::new(),
        count => format!("; of {count} nothing can be said"),
    };
    match (counts.diverged + counts.crashed, state.found.len()) {
        (0, _) => paint(
            GOOD,
            &format!("Nothing new: {cases} cases, no divergence and no crash{open}."),
        ),
        (found, kinds) => paint(
            BAD,
            &format!(
                "Found: {found} of {cases} cases diverged or crashed, of {kinds} {}{open}.",
                if kinds == 1 { "kind" } else { "kinds" }
            ),
        ),
    }
}
