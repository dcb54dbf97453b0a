//! `spawndiff replay`: every directive of every file on every engine; then, for stored cases, the engines against each other.
//!
//! A file that is no stored case is a script of someone else's, such as the suites of the Component Model and of Wasmtime.

use super::engines::{self, REFERENCE};
use super::isolation::{self, Answer, Child, Death, Request};
use super::scores::{Replayed, Score};
use super::setup::Setup;
use super::{Outcome, finding, junit, one_line, print, unreadable};
use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};
use spawndiff_corpus::{ReadError, StoredCase};
use spawndiff_judge::claims::{Status, check_native, check_reference};
use spawndiff_judge::readings::run_on_reference;
use spawndiff_judge::scripts::{self, Checked, Command, Script};
use spawndiff_judge::{BUDGET, Judge, Verdict};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

/// The arguments of `replay`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files, and folders that are searched for .wast files [default: corpus/cases]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Which engines [default: cranelift and reference]
    #[arg(long, value_name = "ENGINE", value_parser = engines::any())]
    engine: Vec<String>,
    /// Also write the result as JUnit's XML, for CI systems
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Whether files are replayed in a process of its own, which an engine can end without ending the replay
    #[arg(long, value_name = "WHETHER", default_value = "on", value_parser = ["on", "off"])]
    isolate: String,
    /// How long a file may take on an engine before its process is ended, in seconds
    #[arg(long, value_name = "S", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    timeout: u64,
    /// Print the result as one JSON object on standard output, and nothing else there
    #[arg(long)]
    json: bool,
}

/// Replays files.
pub fn replay(args: &Args, setup: &Setup) -> Result<Outcome> {
    let default = [PathBuf::from("corpus/cases")];
    let paths = if args.paths.is_empty() {
        &default[..]
    } else {
        &args.paths
    };
    let mut engines = args.engine.clone();
    if engines.is_empty() {
        engines = vec![setup.default_engine().to_string(), REFERENCE.to_string()];
    }
    for name in engines.iter().filter(|name| *name != REFERENCE) {
        setup.engine(name)?;
    }
    // In the order in which they are listed, the reference last.
    engines.sort_by_key(|name| setup.engines.place(name).unwrap_or(usize::MAX));
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
    let mut place = Place::new(setup, args);
    for path in &files {
        replay_file(path, &engines, &mut place, &mut replayed)?;
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

/// A file's text, and what it holds.
fn read(path: &Path) -> Result<(String, File), ReadError> {
    let text = StoredCase::text(path)?;
    let file = parse(&text)?;
    Ok((text, file))
}

/// What a file's text holds. One that defines what stored cases define, and is none, is an error and no script: something in it
/// is wrong, or of another version.
fn parse(text: &str) -> Result<File, ReadError> {
    /// What a stored case calls its component.
    const DEFINITION: &str = "spawndiff";
    let no_case = match StoredCase::parse(text) {
        Ok(stored) => return Ok(File::Case(stored)),
        Err(error) => error,
    };
    let script = Script::parse(text)?;
    let is_case = script.directives.iter().any(|directive| {
        matches!(&directive.command, Command::Define { id: Some(id), .. } if id == DEFINITION)
    });
    if is_case || script.directives.is_empty() {
        return Err(no_case);
    }
    Ok(File::Script(script))
}

/// What one engine made of one file.
#[derive(Debug, Serialize, Deserialize)]
pub struct Played {
    /// What became of each directive.
    checked: Vec<Checked>,
    /// How it differs from the reference, where that was asked for.
    differs: Option<String>,
}

/// A file to be replayed on an engine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Play {
    /// The engine's name.
    engine: String,
    /// The file's text.
    text: String,
    /// Whether the engine is held against the reference.
    against: bool,
}

/// Engines that replay files, each made when it is asked for.
pub struct Players<'a> {
    setup: &'a Setup,
    made: BTreeMap<String, Player>,
}

/// An engine that replays files.
enum Player {
    /// The reference.
    Reference,
    /// A native one.
    Native(Box<Judge>),
}

impl<'a> Players<'a> {
    /// None so far.
    pub fn new(setup: &'a Setup) -> Players<'a> {
        Players {
            setup,
            made: BTreeMap::new(),
        }
    }

    /// Replays a file in this process.
    ///
    /// # Errors
    ///
    /// What is wrong with the file, or what the engine cannot do with it.
    pub fn play(&mut self, play: &Play) -> Result<Played> {
        let name = &play.engine;
        let player = match self.made.entry(name.clone()) {
            Entry::Occupied(made) => made.into_mut(),
            Entry::Vacant(new) => new.insert(match name.as_str() {
                REFERENCE => Player::Reference,
                name => Player::Native(Box::new(self.setup.judge(name)?)),
            }),
        };
        Ok(match parse(&play.text)? {
            File::Case(stored) => player.case(&stored, play.against),
            File::Script(script) => player.script(&script, name)?,
        })
    }
}

impl Player {
    fn script(&self, script: &Script, name: &str) -> Result<Played> {
        let checked = match self {
            Player::Reference => run_on_reference(script),
            Player::Native(judge) => match judge.engine().script_session() {
                Some(mut session) => scripts::run(script, &mut *session),
                None => bail!("{name}: it replays stored cases only, and this is a script"),
            },
        };
        Ok(Played {
            checked,
            differs: None,
        })
    }

    fn case(&self, stored: &StoredCase, against: bool) -> Played {
        let (statuses, verdict) = match self {
            Player::Reference => (check_reference(stored, BUDGET), None),
            Player::Native(judge) => {
                let statuses = check_native(stored, &judge.engine().observe(&stored.case));
                let verdict = against.then(|| judge.judge(&stored.case).verdict);
                (statuses, verdict)
            }
        };
        Played {
            checked: statuses.into_iter().map(Checked::from).collect(),
            differs: verdict.and_then(|verdict| match verdict {
                Verdict::Agree | Verdict::Known(_) | Verdict::Inconclusive(_) => None,
                Verdict::Divergence(_) | Verdict::Crash { .. } => {
                    Some(one_line(&verdict.to_string()))
                }
            }),
        }
    }
}

/// Who replays.
enum Place<'a> {
    /// This process.
    Here(Players<'a>),
    /// Another one, if it is alive, with so much time for each file.
    Apart(&'a Setup, Option<Child>, Duration),
}

impl<'a> Place<'a> {
    fn new(setup: &'a Setup, args: &Args) -> Place<'a> {
        match args.isolate.as_str() {
            "off" => Place::Here(Players::new(setup)),
            _ => Place::Apart(setup, None, Duration::from_secs(args.timeout)),
        }
    }

    /// Replays a file; how its process ended, if that is what it came to. The inner error: what is wrong with the file.
    fn play(&mut self, play: &Play) -> Result<Result<Result<Played>, Death>> {
        let (setup, child, limit) = match self {
            Place::Here(players) => return Ok(Ok(players.play(play))),
            Place::Apart(setup, child, limit) => (*setup, child, *limit),
        };
        let asked = match child {
            Some(child) => child,
            None => child.insert(isolation::start(setup, limit)?),
        };
        match asked.ask(&Request::Replay(play.clone())) {
            Ok(Answer::Replayed(played)) => Ok(Ok(played.map_err(anyhow::Error::msg))),
            Ok(_) => bail!("a worker answered what it was not asked"),
            Err(death) => {
                *child = None;
                Ok(Err(death))
            }
        }
    }
}

/// Replays a file on each engine.
fn replay_file(
    path: &Path,
    engines: &[String],
    place: &mut Place<'_>,
    replayed: &mut Replayed,
) -> Result<()> {
    let (text, file) = match read(path) {
        Ok(file) => file,
        Err(error) => {
            replayed.unreadable.push(unreadable(path, &error));
            return Ok(());
        }
    };
    let has_reference = engines.iter().any(|engine| engine == REFERENCE);
    for engine in engines {
        let play = Play {
            engine: engine.clone(),
            text: text.clone(),
            against: has_reference,
        };
        let played = match place.play(&play)? {
            Ok(Ok(played)) => played,
            Ok(Err(error)) => {
                let line = format!("{}: {error:#}", path.display());
                replayed.unreadable.push(line);
                continue;
            }
            Err(death) => died(&file, &death, has_reference),
        };
        let score = match &file {
            File::Case(stored) => {
                let statuses = played.checked.into_iter().map(|checked| checked.status);
                Score::of_case(stored, &statuses.collect::<Vec<_>>())
            }
            File::Script(script) => Score::of_script(script, &played.checked),
        };
        replayed.add(engine, path, score);
        if let Some(verdict) = played.differs {
            let verdicts = replayed.diverged.entry(path.display().to_string());
            let verdict = format!("{engine}: {verdict}");
            verdicts.or_default().push(verdict);
        }
    }
    Ok(())
}

/// What an engine made of a file that ended its process: nothing holds.
fn died(file: &File, death: &Death, against: bool) -> Played {
    let directives = match file {
        File::Case(stored) => stored.directives.len(),
        File::Script(script) => script.directives.len(),
    };
    let status = Status::Failed(death.to_string());
    Played {
        checked: vec![status.into(); directives],
        differs: against.then(|| format!("crash: {}", one_line(&death.to_string()))),
    }
}
