//! Replaying: every directive of every file on every engine; then, for stored cases, the engines against the reference.
//!
//! A file that is no stored case is a script of someone else's, such as the suites of the Component Model and of Wasmtime.

pub mod junit;
mod scores;

pub use scores::{Replayed, Score};

use crate::campaign::isolation::{self, Answer, Child, Death, Request};
use crate::setup::Setup;
use anyhow::{Context, Result, bail};
use rayon::ThreadPoolBuilder;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use serde::{Deserialize, Serialize};
use spawndiff_corpus::{ReadError, StoredCase};
use spawndiff_judge::claims::{Status, check_native, check_reference};
use spawndiff_judge::provenance::one_line;
use spawndiff_judge::scripts::on_reference::run_on_reference;
use spawndiff_judge::scripts::{self, Checked, Command, Script};
use spawndiff_judge::{BUDGET, Judge, Verdict};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;
use std::{fs, io};

/// The name of the reference where engines are named.
pub const REFERENCE: &str = "reference";

/// A replay: which engines run the files, and how.
pub struct Replay<'a> {
    /// The engines that there are.
    pub setup: &'a Setup,
    /// The names of those that replay, [`REFERENCE`] among them if it does.
    pub engines: &'a [String],
    /// How long a file may take on an engine in a process of its own; none: in this process.
    pub isolated: Option<Duration>,
    /// How many files at a time.
    pub jobs: usize,
}

impl Replay<'_> {
    /// Replays files, and those in folders, in the order of their names whatever the number of jobs.
    ///
    /// # Errors
    ///
    /// There is no file, an engine can not be made, or no process can be started. What is wrong with a file is told in the result.
    pub fn run(&self, paths: &[PathBuf]) -> Result<Replayed> {
        let mut replayed = Replayed::default();
        let mut files = BTreeSet::new();
        for path in paths {
            collect(path, &mut files, &mut replayed.unreadable);
        }
        if files.is_empty() && replayed.unreadable.is_empty() {
            let paths = paths.iter().map(|path| path.display().to_string());
            bail!("no .wast file in {}", paths.collect::<Vec<_>>().join(", "));
        }
        let files: Vec<PathBuf> = files.into_iter().collect();
        // Each is used by one thread at a time, and goes on with the next file.
        let places: Mutex<Vec<Place<'_>>> = Mutex::new(Vec::new());
        let free = || places.lock().expect("no one panics here").pop();
        let replay = |path: &PathBuf| {
            let mut place = free().unwrap_or_else(|| Place::new(self.setup, self.isolated));
            let made = replay_file(path, self.engines, &mut place);
            places.lock().expect("no one panics here").push(place);
            made
        };
        let pool = ThreadPoolBuilder::new().num_threads(self.jobs).build();
        let pool = pool.context("no threads can be started")?;
        let all: Vec<Result<OfFile>> = pool.install(|| files.par_iter().map(replay).collect());
        for (path, made) in files.iter().zip(all) {
            let OfFile {
                scores,
                differs,
                unreadable,
            } = made?;
            for (engine, score) in scores {
                replayed.add(&engine, path, score);
            }
            if !differs.is_empty() {
                let file = path.display().to_string();
                replayed.diverged.insert(file, differs);
            }
            replayed.unreadable.extend(unreadable);
        }
        Ok(replayed)
    }
}

/// The result of one file.
#[derive(Default)]
struct OfFile {
    /// By engine.
    scores: Vec<(String, Score)>,
    /// How engines differ from the reference.
    differs: Vec<String>,
    /// The errors in the file, a line each.
    unreadable: Vec<String>,
}

/// One line about a file that cannot be read: `file:line:column: message`.
pub fn unreadable(path: &Path, error: &ReadError) -> String {
    match (error.line, error.column) {
        (0, _) => format!("{}: {error}", path.display()),
        (line, 0) => format!("{}:{line}: {error}", path.display()),
        (line, column) => format!("{}:{line}:{column}: {error}", path.display()),
    }
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

/// The paths in the folder `path`; `None` if it is no folder.
fn entries(path: &Path) -> io::Result<Option<Vec<PathBuf>>> {
    if !fs::metadata(path)?.is_dir() {
        return Ok(None);
    }
    let entries = fs::read_dir(path)?.map(|entry| Ok(entry?.path()));
    entries.collect::<io::Result<_>>().map(Some)
}

/// A file that can be replayed.
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

/// Parses a file. A text that defines what stored cases define, and is none, is an error and no script: something in it
/// is wrong, or of another version.
fn parse(text: &str) -> Result<File, ReadError> {
    /// The name of the component definition in a stored case.
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

/// The result of one file on one engine.
#[derive(Debug, Serialize, Deserialize)]
pub struct Played {
    /// The outcome of each directive.
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
    /// The file is wrong, or the engine cannot run files of its kind.
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
    fn new(setup: &'a Setup, isolated: Option<Duration>) -> Place<'a> {
        match isolated {
            None => Place::Here(Players::new(setup)),
            Some(limit) => Place::Apart(setup, None, limit),
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
fn replay_file(path: &Path, engines: &[String], place: &mut Place<'_>) -> Result<OfFile> {
    let mut made = OfFile::default();
    let (text, file) = match read(path) {
        Ok(file) => file,
        Err(error) => {
            made.unreadable.push(unreadable(path, &error));
            return Ok(made);
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
                made.unreadable.push(line);
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
        made.scores.push((engine.clone(), score));
        if let Some(verdict) = played.differs {
            made.differs.push(format!("{engine}: {verdict}"));
        }
    }
    Ok(made)
}

/// The result of a file on which the engine ended its process: no directive holds.
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
