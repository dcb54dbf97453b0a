//! `spawndiff known`: whether each known divergence still shows where it is said to.

use super::{Outcome, engines, print};
use anyhow::{Context, Result};
use spawndiff::campaign::isolation::{self, Request};
use spawndiff::setup::Setup;
use spawndiff_judge::known::{Active, Entry, Matches};
use spawndiff_judge::provenance::one_line;
use spawndiff_judge::{Judge, Judgement, Verdict};
use spawndiff_observation::{About, Identity};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

/// Shown below the options.
const EXAMPLES: &str = "\
Examples:
  spawndiff known                                             on every release in this build
  spawndiff known --engine cranelift --json
  spawndiff known --markdown > docs/known-divergences.md

Exit code: 1 if a divergence no longer shows where it is said to, 0 otherwise.";

/// The arguments of `known`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Which engines [default: every release in this build]
    #[arg(long, value_name = "ENGINE", value_parser = engines::native())]
    engine: Vec<String>,
    /// Print the page of docs/known-divergences.md on standard output, and nothing else there; runs nothing
    #[arg(long, conflicts_with_all = ["engine", "json"])]
    markdown: bool,
    /// Print the result as one JSON object on standard output, and nothing else there: by name and engine
    #[arg(long)]
    json: bool,
}

/// How long a case may take.
const LIMIT: Duration = Duration::from_secs(20);

/// How the case of a known divergence comes out on an engine.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Now {
    /// The divergence shows.
    Shows,
    /// The divergence does not show.
    Gone,
    /// The engine lacks something that the case uses, or what would show it.
    Untold(String),
    /// Something else shows.
    Other(String),
}

/// Tells of each known divergence whether it shows.
pub fn known(args: &Args, setup: &Setup) -> Result<Outcome> {
    if args.markdown {
        print(&markdown(setup)?)?;
        return Ok(Outcome::Clean);
    }
    let engines: Vec<&About> = match &args.engine[..] {
        [] => {
            let releases = setup.engines.releases().into_iter();
            releases.map(|listed| &listed.about).collect()
        }
        names => {
            let named = names.iter().map(|name| Ok(&setup.engine(name)?.about));
            named.collect::<Result<_>>()?
        }
    };
    let columns: Vec<String> = engines.iter().map(|about| column(setup, about)).collect();
    let mut rows: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut remarks = String::new();
    let mut fixed = 0;
    for entry in setup.known.entries() {
        let name = entry.known.name();
        for &engine in &engines {
            let listed = entry.is_of(&engine.identity);
            let now = now(setup, entry, engine)?;
            let word = match (&now, listed) {
                (Now::Shows, true) => "shows",
                (Now::Shows, false) => "not listed",
                (Now::Gone, true) => "FIXED",
                (Now::Gone, false) => "-",
                (Now::Untold(_), _) => "untold",
                (Now::Other(_), _) => "other",
            };
            fixed += usize::from(word == "FIXED");
            if let Now::Untold(why) | Now::Other(why) = now {
                writeln!(remarks, "{name} on {}: {word}: {why}", engine.identity)?;
            }
            rows.entry(name).or_default().push(word.to_string());
        }
    }
    let found = match fixed {
        0 => Outcome::Clean,
        _ => Outcome::Found,
    };
    if args.json {
        let named = |words: Vec<String>| -> BTreeMap<&String, String> {
            columns.iter().zip(words).collect()
        };
        let rows = rows.into_iter().map(|(name, words)| (name, named(words)));
        let json = serde_json::to_string(&rows.collect::<BTreeMap<_, _>>());
        print(&format!("{}\n", json.context("words can be said in JSON")?))?;
        return Ok(found);
    }
    let mut out = format!("{:<30}", "");
    for column in &columns {
        write!(out, "  {column:<12}")?;
    }
    for (name, words) in rows {
        write!(out, "\n{name:<30}")?;
        for word in words {
            write!(out, "  {word:<12}")?;
        }
    }
    let lines = out.lines().map(str::trim_end).collect::<Vec<_>>();
    print(&format!("{}\n\n{remarks}", lines.join("\n")))?;
    if fixed > 0 {
        print(&format!(
            "{fixed} no longer shown where they are said to be: fixed, and to be struck from their files\n"
        ))?;
    }
    Ok(found)
}

/// The known divergences as a page.
fn markdown(setup: &Setup) -> Result<String, std::fmt::Error> {
    let mut out = String::from(
        "# Known divergences\n\n\
         Written by `spawndiff known --markdown` from the files in `corpus/known`, and not by hand.\n\n\
         A known divergence is something that an engine does and that the text of the Component Model of 2026-08-21 does not allow. \
         A campaign counts a case that shows one, and nothing beside it, as *known*. Each has a case in `corpus/known/NAME.wast`; the \
         link leads to a report of it, or to the part of the text that the engine contradicts. Some entries are no bugs: the release \
         follows a later text already, and the link is the pull request of the Component Model. \"44.0.0 until 50.0.1\" does not \
         include 50.0.1. A release is named only if the other entries of that release do not account for the case. `spawndiff known` says on which of \
         the engines in a build each one shows.\n",
    );
    let mut families: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in setup.known.entries() {
        families.entry(&entry.family).or_default().push(entry);
    }
    for (family, entries) in families {
        let title = setup.engines.family(family).map_or(family, |it| it.title());
        writeln!(out, "\n## {title}: {}\n", entries.len())?;
        writeln!(out, "| name | releases | the engine | the text | link |")?;
        writeln!(out, "|---|---|---|---|---|")?;
        for entry in entries {
            writeln!(
                out,
                "| `{}` | {} | {} | {} | [{}]({}) |",
                entry.known.name(),
                entry.releases,
                entry.does,
                entry.should,
                link_text(&entry.link),
                entry.link
            )?;
        }
    }
    Ok(out)
}

/// The text of a link: the repository and number of an issue, or the document and its section.
fn link_text(link: &str) -> String {
    let path = link.split("github.com/").nth(1).unwrap_or(link);
    let parts: Vec<&str> = path.split('/').collect();
    match parts[..] {
        [_, repository, "issues" | "pull", number] => format!("{repository} {number}"),
        [.., last] => last.replacen('#', ", ", 1).replace(".md", ""),
        [] => link.to_string(),
    }
}

/// The head of the column of an engine: the release for which it speaks, or its own name.
fn column(setup: &Setup, about: &About) -> String {
    let Identity {
        family,
        version,
        configuration,
    } = &about.identity;
    let releases = setup.engines.releases();
    let speaks = releases
        .iter()
        .any(|listed| listed.about.identity == about.identity);
    let default = &setup.engines.default_engine().about.identity;
    match speaks {
        true if *family == default.family => version.clone(),
        true => format!("{family} {version}"),
        false => configuration.clone(),
    }
}

fn now(setup: &Setup, entry: &Entry, about: &About) -> Result<Now> {
    if let Matches::Deviation(deviation, _) = entry.matches
        && deviation.asserts()
    {
        let why = "it needs an engine that is built with its assertions";
        return Ok(Now::Untold(why.to_string()));
    }
    let mut active = setup.known.of(about);
    if !entry.is_of(&about.identity) {
        // What the others account for needs no other name.
        if let Verdict::Known(_) | Verdict::Agree = verdict(setup, entry, about, active.clone())? {
            return Ok(Now::Gone);
        }
        active.add(entry);
    }
    let verdict = verdict(setup, entry, about, active)?;
    let told = one_line(&verdict.to_string());
    Ok(match verdict {
        Verdict::Known(known) if known.contains(&entry.known) => Now::Shows,
        Verdict::Known(_) | Verdict::Agree => Now::Gone,
        Verdict::Inconclusive(_) => Now::Untold(told),
        Verdict::Divergence(_) | Verdict::Crash { .. } => Now::Other(told),
    })
}

/// The verdict on the case of an entry, with these known divergences.
fn verdict(setup: &Setup, entry: &Entry, about: &About, active: Active) -> Result<Verdict> {
    let case = &entry.case.case;
    let engine = &about.identity.configuration;
    let request = Request::Run {
        engine: engine.clone(),
        case: case.clone(),
    };
    let judgement = match isolation::start(setup, LIMIT)?.ask(&request) {
        Err(death) => Judgement::crashed(case, death.to_string(), &active),
        Ok(_) => {
            let engine = setup.engines.make(engine).map_err(anyhow::Error::msg)?;
            Judge::knowing(engine, active).judge(case)
        }
    };
    Ok(judgement.verdict)
}
