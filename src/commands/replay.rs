//! `spawndiff replay`: every directive of every file on every engine; then, for stored cases, the engines against each other.
//!
//! A file that is no stored case is a script of someone else's, such as the suites of the Component Model and of Wasmtime.

use super::engines::{self, Engine};
use super::scores::{Replayed, Score};
use super::{Outcome, finding, junit, known, one_line, print, unreadable};
use anyhow::{Result, bail};
use spawndiff_corpus::{ReadError, StoredCase};
use spawndiff_oracles::claims::{check_native, check_reference};
use spawndiff_oracles::native::{Config, ScriptNative, Variant};
use spawndiff_oracles::readings::run_on_reference;
use spawndiff_oracles::scripts::{self, Command, Script};
use spawndiff_oracles::{BUDGET, Judge, Verdict};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The arguments of `replay`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files, and folders that are searched for .wast files [default: corpus/cases]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Which engines [default: cranelift and reference]
    #[arg(long, value_name = "ENGINE", value_parser = engines::any())]
    engine: Vec<Engine>,
    /// Also write the result as JUnit's XML, for CI systems
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Print the result as one JSON object on standard output, and nothing else there
    #[arg(long)]
    json: bool,
}

/// Replays files.
pub fn replay(args: &Args) -> Result<Outcome> {
    let default = [PathBuf::from("corpus/cases")];
    let paths = if args.paths.is_empty() {
        &default[..]
    } else {
        &args.paths
    };
    let mut engines = args.engine.clone();
    if engines.is_empty() {
        engines = vec![Engine::Native(Variant::default()), Engine::Reference];
    }
    engines.sort();
    engines.dedup();
    let mut replayed = Replayed::default();
    let mut files = BTreeSet::new();
    for path in paths {
        collect(path, &mut files, &mut replayed.unreadable);
    }
    if files.is_empty() && replayed.unreadable.is_empty() {
        let paths: Vec<String> = paths
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        bail!("no .wast file in {}", paths.join(", "));
    }
    let engines: Vec<Runner> = engines.into_iter().map(Runner::new).collect();
    for path in &files {
        match read(path) {
            Ok(File::Case(stored)) => {
                replay_case(path, &stored, &engines, &mut replayed);
            }
            Ok(File::Script(script)) => {
                replay_script(path, &script, &engines, &mut replayed);
            }
            Err(error) => replayed.unreadable.push(unreadable(path, &error)),
        }
    }
    for line in &replayed.unreadable {
        eprintln!("{line}");
    }
    if args.json {
        let json = serde_json::to_string(&replayed);
        print(&format!(
            "{}\n",
            json.expect("numbers and strings can be said in JSON")
        ))?;
    } else {
        print(&replayed.text()?)?;
    }
    // Last, so that nothing is lost where it cannot be written.
    if let Some(path) = &args.junit {
        finding::whole(path, junit::report(&replayed).to_string()?.as_bytes())?;
    }
    Ok(if !replayed.unreadable.is_empty() {
        Outcome::BadInput
    } else if replayed.has_failed() || !replayed.diverged.is_empty() {
        Outcome::Found
    } else {
        Outcome::Clean
    })
}

/// Adds the `.wast` files under `path`, or `path` itself, to `files`. What cannot be read is a line
/// of `unreadable`, and does not keep the rest from being found.
fn collect(path: &Path, files: &mut BTreeSet<PathBuf>, unreadable: &mut Vec<String>) {
    let entries = match entries(path) {
        Ok(Some(entries)) => entries,
        Ok(None) => {
            files.insert(path.to_path_buf());
            return;
        }
        Err(error) => {
            unreadable.push(format!("{}: {error}", path.display()));
            return;
        }
    };
    for entry in entries {
        if entry.is_dir()
            || entry
                .extension()
                .is_some_and(|extension| extension == "wast")
        {
            collect(&entry, files, unreadable);
        }
    }
}

/// What is in the folder `path`; `None`: it is no folder.
fn entries(path: &Path) -> io::Result<Option<Vec<PathBuf>>> {
    if !fs::metadata(path)?.is_dir() {
        return Ok(None);
    }
    let entries = fs::read_dir(path)?.map(|entry| Ok(entry?.path()));
    entries.collect::<io::Result<_>>().map(Some)
}

/// What a file holds.
enum File {
    /// A stored case.
    Case(StoredCase),
    /// A script of someone else's.
    Script(Script),
}

/// Reads a file. One that defines what stored cases define, and is none, is an error and no script: something in it is
/// wrong, or of another version.
fn read(path: &Path) -> Result<File, ReadError> {
    /// What a stored case calls its component.
    const DEFINITION: &str = "spawndiff";
    let no_case = match StoredCase::read(path) {
        Ok(stored) => return Ok(File::Case(stored)),
        Err(error) => error,
    };
    let Ok(text) = fs::read_to_string(path) else {
        return Err(no_case);
    };
    let script = Script::parse(&text)?;
    let is_case = script.directives.iter().any(|directive| {
        matches!(&directive.command, Command::Define { id: Some(id), .. } if id == DEFINITION)
    });
    if is_case || script.directives.is_empty() {
        return Err(no_case);
    }
    Ok(File::Script(script))
}

/// An engine, ready to replay.
struct Runner {
    engine: Engine,
    /// Of a native one.
    native: Option<Judge>,
    /// Of a native one that runs scripts.
    script: Option<ScriptNative>,
}

impl Runner {
    fn new(engine: Engine) -> Runner {
        let variant = match engine {
            Engine::Native(variant) => Some(variant),
            Engine::Reference => None,
        };
        Runner {
            engine,
            native: variant.map(|variant| known::judge(Config::of(variant))),
            script: variant.and_then(ScriptNative::new),
        }
    }
}

/// Replays a script.
fn replay_script(path: &Path, script: &Script, engines: &[Runner], replayed: &mut Replayed) {
    for runner in engines {
        let checked = match (&runner.script, runner.engine) {
            (Some(native), _) => scripts::run(script, &mut native.session()),
            (None, Engine::Reference) => run_on_reference(script),
            (None, Engine::Native(variant)) => {
                let line = "it replays stored cases only, and this is a script";
                let line = format!("{}: {variant}: {line}", path.display());
                replayed.unreadable.push(line);
                continue;
            }
        };
        replayed.add(
            runner.engine.name(),
            path,
            Score::of_script(script, &checked),
        );
    }
}

/// Replays a stored case.
fn replay_case(path: &Path, stored: &StoredCase, engines: &[Runner], replayed: &mut Replayed) {
    let reference = engines.iter().any(|runner| runner.native.is_none());
    for Runner { engine, native, .. } in engines {
        let statuses = match native {
            Some(judge) => check_native(stored, &judge.native().observe(&stored.case)),
            None => check_reference(stored, BUDGET),
        };
        replayed.add(engine.name(), path, Score::of_case(stored, &statuses));
        // A native engine against the reference, where both are asked for.
        let Some(judge) = native.as_ref().filter(|_| reference) else {
            continue;
        };
        match judge.judge(&stored.case).verdict {
            Verdict::Agree | Verdict::Known(_) | Verdict::Inconclusive(_) => {}
            verdict @ (Verdict::Divergence(_) | Verdict::Crash { .. }) => {
                let verdict = format!("{}: {}", engine.name(), one_line(&verdict.to_string()));
                let verdicts = replayed.diverged.entry(path.display().to_string());
                verdicts.or_default().push(verdict);
            }
        }
    }
}
