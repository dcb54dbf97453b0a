//! The known divergences that this process goes by, and `spawndiff known`: whether each still shows where it is said to.

use super::isolation::{Child, Request};
use super::{Outcome, engines, one_line, print};
use anyhow::{Context, Result};
use spawndiff_corpus::Case;
use spawndiff_engines::families;
use spawndiff_engines::wasmtime::{Config, Native, Release, Variant};
use spawndiff_judge::known::{Active, Entry, List, Matches};
use spawndiff_judge::{Judge, Judgement, Verdict};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

static GOES_BY: OnceLock<(Option<PathBuf>, List)> = OnceLock::new();

/// Has this process, and those that it starts, go by the known divergences of a folder.
///
/// # Errors
///
/// What is wrong with a file, and where.
pub fn use_folder(folder: PathBuf) -> Result<()> {
    let folder = std::path::absolute(&folder).context(folder.display().to_string())?;
    let list = List::of_folder(&folder, &families())?;
    GOES_BY.get_or_init(|| (Some(folder), list));
    Ok(())
}

fn goes_by() -> &'static (Option<PathBuf>, List) {
    GOES_BY.get_or_init(|| (None, List::built_in()))
}

/// The arguments that have another process go by the same.
pub fn arguments() -> impl Iterator<Item = &'static Path> {
    let folder = goes_by().0.as_deref();
    folder
        .into_iter()
        .flat_map(|folder| [Path::new("--known"), folder])
}

/// What is known.
pub fn list() -> &'static List {
    &goes_by().1
}

/// A judge over an engine, that goes by what is known of it.
pub fn judge(config: Config) -> Judge {
    let active = list().of(&config.variant.identity());
    Judge::knowing(Native::new(config), active)
}

/// The judgement on a case on which the process of an engine ended.
pub fn crashed(engine: Variant, case: &Case, message: String) -> Judgement {
    let mut judgement = Judgement::crashed(case, message);
    let known = list().of(&engine.identity()).settle(&judgement);
    if let Some(known) = known {
        judgement.verdict = known;
    }
    judgement
}

/// The arguments of `known`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which engines [default: every release in this build]
    #[arg(long, value_name = "ENGINE", value_parser = engines::native())]
    engine: Vec<Variant>,
    /// Print the result as one JSON object on standard output, and nothing else there: by name and engine
    #[arg(long)]
    json: bool,
}

/// How long a case may take.
const LIMIT: Duration = Duration::from_secs(20);

/// What becomes of the case of a known divergence.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Now {
    /// It shows it.
    Shows,
    /// It does not.
    Gone,
    /// The engine lacks something that the case uses, or what would show it.
    Untold(String),
    /// It shows something else.
    Other(String),
}

/// Tells of each known divergence whether it shows.
pub fn known(args: &Args) -> Result<Outcome> {
    let mut engines = args.engine.clone();
    if engines.is_empty() {
        engines = vec![Variant::default()];
        engines.extend(Variant::built().filter(|it| matches!(it, Variant::Other(_))));
        engines.sort_by_key(|engine| engine.release());
    }
    let mut rows: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut remarks = String::new();
    let mut fixed = 0;
    for entry in list().entries() {
        let name = entry.known.name();
        for &engine in &engines {
            let listed = entry.is_of(&engine.identity());
            let now = now(entry, engine)?;
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
                writeln!(remarks, "{name} on {engine}: {word}: {why}")?;
            }
            rows.entry(name).or_default().push(word.to_string());
        }
    }
    let found = match fixed {
        0 => Outcome::Clean,
        _ => Outcome::Found,
    };
    if args.json {
        let columns = |words: Vec<String>| -> BTreeMap<&str, String> {
            let columns = engines.iter().map(|engine| column(*engine));
            columns.zip(words).collect()
        };
        let rows = rows.into_iter().map(|(name, words)| (name, columns(words)));
        let json = serde_json::to_string(&rows.collect::<BTreeMap<_, _>>());
        print(&format!("{}\n", json.context("words can be said in JSON")?))?;
        return Ok(found);
    }
    let mut out = format!("{:<30}", "");
    for engine in &engines {
        write!(out, "  {:<12}", column(*engine))?;
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

fn column(engine: Variant) -> &'static str {
    match engine {
        Variant::Other(release) => release.version(),
        Variant::Cranelift => Release::DEFAULT.version(),
        other => other.name(),
    }
}

fn now(entry: &Entry, engine: Variant) -> Result<Now> {
    if let Matches::Deviation(deviation, _) = entry.matches
        && deviation.asserts()
    {
        let why = "it needs an engine that is built with its assertions";
        return Ok(Now::Untold(why.to_string()));
    }
    let mut active = list().of(&engine.identity());
    if !entry.is_of(&engine.identity()) {
        // What the others account for needs no other name.
        if let Verdict::Known(_) | Verdict::Agree = verdict(entry, engine, active.clone())? {
            return Ok(Now::Gone);
        }
        active.add(entry);
    }
    let verdict = verdict(entry, engine, active)?;
    let told = one_line(&verdict.to_string());
    Ok(match verdict {
        Verdict::Known(known) if known.contains(&entry.known) => Now::Shows,
        Verdict::Known(_) | Verdict::Agree => Now::Gone,
        Verdict::Inconclusive(_) => Now::Untold(told),
        Verdict::Divergence(_) | Verdict::Crash { .. } => Now::Other(told),
    })
}

/// What an engine makes of the case, beside the known divergences that are active.
fn verdict(entry: &Entry, engine: Variant, active: Active) -> Result<Verdict> {
    let case = &entry.case.case;
    let request = Request::Run {
        engine: engine.to_string(),
        case: case.clone(),
    };
    let judgement = match Child::new(LIMIT)?.ask(&request) {
        Err(death) => {
            let mut crashed = Judgement::crashed(case, death.to_string());
            let known = active.settle(&crashed);
            if let Some(known) = known {
                crashed.verdict = known;
            }
            crashed
        }
        Ok(_) => {
            let native = Native::new(Config::of(engine).planted());
            Judge::knowing(native, active).judge(case)
        }
    };
    Ok(judgement.verdict)
}
