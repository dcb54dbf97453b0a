//! An engine that is a program of its own. The program speaks the [wire](spawndiff_observation::wire), so it may be written in any
//! language, and what it does to its process is a finding like any other.

mod process;

pub use process::{Death, OUT_OF_MEMORY, Process};

use spawndiff_corpus::Case;
use spawndiff_observation::wire::{Description, PROTOCOL, Question, Reply};
use spawndiff_observation::{About, End, Engine, Family, Listed, Observation, Outcome};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long a program may take for an answer. This is less than a judge in a process of its own may take, so that the program is
/// ended and not the judge.
pub const LIMIT: Duration = Duration::from_secs(10);

/// A family of engines that is a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    path: PathBuf,
    description: Description,
}

impl Program {
    /// Starts the program at `path`, asks it who it is, and ends it.
    ///
    /// # Errors
    ///
    /// Fails if the program cannot be started, does not speak the wire, or contradicts itself.
    pub fn new(path: &Path) -> Result<Program, String> {
        let wrong = |what: String| format!("{}: {what}", path.display());
        let description = match start(path)
            .map_err(wrong)?
            .ask(&Question::Describe)
            .map_err(|death| wrong(format!("it does not say who it is: {death}")))?
        {
            Reply::Described(description) => description,
            Reply::Refused(why) => return Err(wrong(format!("it does not say who it is: {why}"))),
            _ => return Err(wrong(OTHER_ANSWER.to_string())),
        };
        let Description {
            protocol,
            family,
            engines,
            ..
        } = &description;
        if *protocol != PROTOCOL {
            let what = format!("it speaks version {protocol} of the wire, and this is {PROTOCOL}");
            return Err(wrong(what));
        }
        let mut abouts = engines.iter().map(|(about, _)| about);
        if let Some(other) = abouts.find(|about| about.identity.family != *family) {
            let (name, other) = (&other.identity, &other.identity.family);
            let what = format!("its engine `{name}` is of the family `{other}`, not `{family}`");
            return Err(wrong(what));
        }
        Ok(Program {
            path: path.to_path_buf(),
            description,
        })
    }
}

const OTHER_ANSWER: &str = "it answered what it was not asked";

fn start(path: &Path) -> Result<Process<Reply>, String> {
    let started = Process::start(&mut Command::new(path), LIMIT);
    started.map_err(|error| format!("it cannot be started: {error}"))
}

impl Family for Program {
    fn name(&self) -> &str {
        &self.description.family
    }

    fn title(&self) -> &str {
        &self.description.title
    }

    fn versions(&self) -> Vec<String> {
        self.description.versions.clone()
    }

    fn engines(&self) -> Vec<Listed> {
        let abouts = self.description.engines.iter().map(|(about, _)| about);
        let listed = abouts.map(|about| Listed {
            about: about.clone(),
            missing: None,
        });
        listed.collect()
    }

    fn make(&self, configuration: &str) -> Result<Box<dyn Engine>, String> {
        let mut engines = self.description.engines.iter();
        let found = engines.find(|(about, _)| about.identity.configuration == configuration);
        let (about, lowers) =
            found.ok_or_else(|| format!("no engine is called {configuration}"))?;
        Ok(Box::new(Remote {
            path: self.path.clone(),
            about: about.clone(),
            lowers: lowers.clone(),
            process: Mutex::new(None),
        }))
    }
}

/// One engine of a program. The process of the program is started when something is asked, and is started again after it has ended.
struct Remote {
    path: PathBuf,
    about: About,
    lowers: Vec<String>,
    process: Mutex<Option<Process<Reply>>>,
}

impl Remote {
    /// Asks a question and returns the answer. The outer error says why the process cannot be started. The inner error says how the
    /// process ended over the question.
    fn ask(&self, question: &Question) -> Result<Result<Reply, Death>, String> {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = match &mut *process {
            Some(process) => process,
            none => none.insert(start(&self.path)?),
        };
        let answer = asked.ask(question);
        if answer.is_err() {
            *process = None;
        }
        Ok(answer)
    }

    fn configuration(&self) -> String {
        self.about.identity.configuration.clone()
    }
}

impl Engine for Remote {
    fn about(&self) -> &About {
        &self.about
    }

    fn observe(&self, case: &Case) -> Outcome {
        let asked = self.ask(&Question::Observe {
            configuration: self.configuration(),
            case: case.clone(),
        });
        let message = match asked {
            Ok(Ok(Reply::Observed(outcome))) => return outcome,
            Ok(Ok(Reply::Refused(why))) => why,
            Ok(Ok(_)) => OTHER_ANSWER.to_string(),
            Ok(Err(death)) => death.to_string(),
            // This is a failure of this machine, and not of the engine.
            Err(why) => return Outcome::Unsupported(format!("process: {why}")),
        };
        Outcome::Crashed {
            message,
            observed: Observation::default(),
        }
    }

    fn lowers(&self) -> Vec<String> {
        self.lowers.clone()
    }

    fn lower(&self, component: &[u8]) -> Result<Option<Vec<u8>>, String> {
        if self.lowers.is_empty() {
            return Ok(None);
        }
        let asked = self.ask(&Question::Lower {
            configuration: self.configuration(),
            component: component.to_vec(),
        })?;
        match asked.map_err(|death| death.to_string())? {
            Reply::Lowered(lowered) => lowered,
            Reply::Refused(why) => Err(why),
            _ => Err(OTHER_ANSWER.to_string()),
        }
    }

    fn end_of(&self, error: &str) -> Option<End> {
        let asked = self.ask(&Question::EndOf {
            configuration: self.configuration(),
            error: error.to_string(),
        });
        match asked {
            Ok(Ok(Reply::End(end))) => end,
            Ok(_) | Err(_) => None,
        }
    }
}
