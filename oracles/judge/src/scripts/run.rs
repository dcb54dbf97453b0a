//! Holds a script against an engine, and gives the outcome of each directive.
//!
//! A directive that fails does not end the script. A later directive that needs something that is not there because of that (an
//! instance that was not made, say) fails as well, or is not supported as well. So each directive counts, whatever happens.

use super::{Action, Binary, Command, Failure, Refusal, Script, ScriptEngine, Value};
use crate::claims::{DEADLOCK, Status};
use std::collections::HashMap;

/// The outcome of one directive.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Checked {
    /// Whether the directive holds.
    pub status: Status,
    /// For an assertion that passed and says that something is refused or traps: the engine's reason, where the script gives
    /// another one. The wording of these messages is no one's rule.
    pub other_reason: Option<String>,
    /// Whether the directive passes only where the specification's own suite is followed against the text.
    pub against_the_text: bool,
}

impl From<Status> for Checked {
    fn from(status: Status) -> Checked {
        Checked {
            status,
            other_reason: None,
            against_the_text: false,
        }
    }
}

/// Runs a script. Returns the outcome of each directive, in order.
pub fn run<E: ScriptEngine + ?Sized>(script: &Script, engine: &mut E) -> Vec<Checked> {
    let mut runner = Runner {
        engine,
        line: 0,
        definitions: Named::default(),
        instances: Named::default(),
    };
    let mut all = Vec::new();
    for directive in &script.directives {
        runner.line = directive.line;
        let checked = runner.check(&directive.command);
        all.push(checked.unwrap_or_else(|problem| match problem {
            Problem::Failed(message) => Status::Failed(message).into(),
            // A directive that is not known as a whole is reported by its name alone.
            Problem::NotSupported(what) if what == directive.name => {
                Status::Unsupported(what).into()
            }
            Problem::NotSupported(what) => {
                Status::Unsupported(format!("{}: {what}", directive.name)).into()
            }
        }));
    }
    if let (Err(Problem::Failed(message)), Some(last)) = (runner.end(), all.last_mut()) {
        *last = Status::Failed(format!("at the end of the script: {message}")).into();
    }
    all
}

/// Why a directive does not pass.
#[derive(Clone)]
enum Problem {
    Failed(String),
    NotSupported(String),
}

/// The definitions or the instances that were made so far, by name. An `Err` has the line on which one was not made, or was lost,
/// and the reason.
struct Named<T> {
    made: HashMap<Option<String>, Result<T, (usize, Problem)>>,
    latest: Option<String>,
}

impl<T> Default for Named<T> {
    fn default() -> Self {
        Named {
            made: HashMap::new(),
            latest: None,
        }
    }
}

impl<T> Named<T> {
    /// Notes what was made on a line, under a name or without one. From now on that is the latest. Returns what it replaces.
    fn make(&mut self, id: &Option<String>, line: usize, made: Result<T, Problem>) -> Option<T> {
        self.latest = id.clone();
        let made = made.map_err(|problem| (line, problem));
        self.made.insert(id.clone(), made)?.ok()
    }

    /// Finds the definition or instance with this name, or the latest one. `kind` is what a message calls it.
    fn find(&mut self, id: &Option<String>, kind: &str) -> Result<&mut T, Problem> {
        let key = if id.is_some() { id } else { &self.latest };
        match self.made.get_mut(key) {
            Some(Ok(made)) => Ok(made),
            Some(Err((line, Problem::Failed(_)))) => {
                let message = format!("not run: the {kind} of line {line} is not there");
                Err(Problem::Failed(message))
            }
            Some(Err((line, Problem::NotSupported(_)))) => {
                let message = format!("the {kind} of line {line} is not supported");
                Err(Problem::NotSupported(message))
            }
            None => Err(Problem::Failed(match id {
                Some(id) => format!("there is no {kind} `${id}`"),
                None => format!("there is no {kind} yet"),
            })),
        }
    }

    /// Notes that the definition or instance with this name, or the latest one, is gone. Returns what is left of it.
    fn lose(&mut self, id: &Option<String>, line: usize, problem: Problem) -> Option<T> {
        let key = id.clone().or_else(|| self.latest.clone());
        self.made.insert(key, Err((line, problem)))?.ok()
    }
}

struct Runner<'e, E: ScriptEngine + ?Sized> {
    engine: &'e mut E,
    /// The line of the directive under way.
    line: usize,
    definitions: Named<E::Definition>,
    instances: Named<E::Instance>,
}

impl<E: ScriptEngine + ?Sized> Runner<'_, E> {
    fn check(&mut self, command: &Command) -> Result<Checked, Problem> {
        match command {
            Command::Define { id, binary } => {
                let made = self.define(binary);
                let problem = made.as_ref().err().cloned();
                self.definitions.make(id, self.line, made);
                problem.map_or(Ok(Status::Passed.into()), Err)
            }
            Command::Instantiate { id, of } => {
                let made = match self.definitions.find(of, "definition") {
                    Ok(definition) => self.engine.instantiate(definition).map_err(Problem::from),
                    Err(problem) => Err(problem),
                };
                self.made(id, made)
            }
            Command::DefineAndInstantiate { id, binary } => {
                let definition = self.define(binary);
                let made = match &definition {
                    Ok(definition) => self.engine.instantiate(definition).map_err(Problem::from),
                    Err(problem) => Err(problem.clone()),
                };
                self.definitions.make(id, self.line, definition);
                self.made(id, made)
            }
            Command::Register { name, id } => {
                let instance = self.instances.find(id, "instance")?;
                self.engine.register(name, instance)?;
                Ok(Status::Passed.into())
            }
            Command::Do(action) => {
                self.act(action)??;
                Ok(Status::Passed.into())
            }
            Command::AssertReturn(action, expected) => {
                let values = self.act(action)??;
                let matches = expected.len() == values.len()
                    && expected
                        .iter()
                        .zip(&values)
                        .all(|(expected, value)| expected.matches(value));
                if matches {
                    return Ok(Status::Passed.into());
                }
                let (expected, values) = (list(expected), list(&values));
                failed(format!("expected {expected}, got {values}"))
            }
            Command::AssertTrap(action, text) => match self.act(action)? {
                Ok(values) => failed(format!("expected the trap {text:?}, got {}", list(&values))),
                Err(failure) if says(&failure, text) => Ok(Status::Passed.into()),
                // The specification gives its traps no names, and where several conditions hold it does not say which one
                // an engine has to tell. The texts are one engine's; another that knows the kind has trapped as it should.
                Err(Failure::Trap {
                    kind: Some(_),
                    message,
                }) => Ok(Checked {
                    status: Status::Passed,
                    other_reason: Some(message),
                    against_the_text: false,
                }),
                // This is a limit of one engine on what its host calls copy. Another engine has another limit.
                Err(Failure::Exhausted(message))
                    if text.contains("hostcalls") && message.contains("memory") =>
                {
                    Ok(Checked {
                        status: Status::Passed,
                        other_reason: Some(message),
                        against_the_text: false,
                    })
                }
                Err(failure) => other_than(&format!("the trap {text:?}"), failure),
            },
            Command::AssertExhaustion(action, text) => match self.act(action)? {
                Ok(values) => failed(format!(
                    "expected exhaustion {text:?}, got {}",
                    list(&values)
                )),
                Err(Failure::Exhausted(message)) if message.contains(text) => {
                    Ok(Status::Passed.into())
                }
                Err(failure) => other_than(&format!("exhaustion {text:?}"), failure),
            },
            Command::AssertException(action) => match self.act(action)? {
                Ok(values) => failed(format!("expected an exception, got {}", list(&values))),
                Err(Failure::Exception(_)) => Ok(Status::Passed.into()),
                Err(failure) => other_than("an exception", failure),
            },
            Command::AssertInvalid(binary, text) | Command::AssertMalformed(binary, text) => {
                let wasm = match binary {
                    Ok(wasm) => wasm,
                    Err(message) => return Ok(refused(message, text)),
                };
                match self.engine.define(wasm) {
                    Ok(_) => failed(format!("expected {text:?}, but it is accepted")),
                    Err(Refusal::Invalid(message)) => Ok(refused(&message, text)),
                    // Some suites assert what their engine leaves out.
                    Err(Refusal::NotSupported(what)) if what.contains(text) => {
                        Ok(Status::Passed.into())
                    }
                    Err(refusal @ (Refusal::NotSupported(_) | Refusal::Crash(_))) => {
                        Err(refusal.into())
                    }
                }
            }
            Command::AssertUnlinkable(binary, text) => {
                let definition = self.define(binary)?;
                match self.engine.instantiate(&definition) {
                    Ok(instance) => {
                        self.engine.end(instance)?;
                        failed(format!("expected {text:?}, but it is instantiated"))
                    }
                    Err(Failure::Unlinkable(message)) => Ok(refused(&message, text)),
                    Err(failure) => {
                        other_than(&format!("that it cannot be linked: {text:?}"), failure)
                    }
                }
            }
            Command::NotSupported(what) => Err(Problem::NotSupported(what.to_string())),
        }
    }

    fn define(&mut self, binary: &Binary) -> Result<E::Definition, Problem> {
        match binary {
            Ok(wasm) => Ok(self.engine.define(wasm)?),
            Err(message) => Err(Problem::Failed(format!("the text is malformed: {message}"))),
        }
    }

    /// Notes an instance that was made, or why it was not made. An instance with a name is registered by that name.
    fn made(
        &mut self,
        id: &Option<String>,
        mut made: Result<E::Instance, Problem>,
    ) -> Result<Checked, Problem> {
        if let (Some(name), Ok(instance)) = (id, &mut made)
            && let Err(failure @ Failure::Crash(_)) = self.engine.register(name, instance)
        {
            // Any other failure only shows where something imports the instance.
            made = Err(failure.into());
        }
        let problem = made.as_ref().err().cloned();
        let ended = match self.instances.make(id, self.line, made) {
            Some(replaced) => self.engine.end(replaced),
            None => Ok(()),
        };
        problem.map_or(Ok(()), Err)?;
        ended?;
        Ok(Status::Passed.into())
    }

    /// Lets go of the instances that are left.
    fn end(&mut self) -> Result<(), Problem> {
        let mut ended = Ok(());
        for (_, made) in self.instances.made.drain() {
            if let Ok(instance) = made {
                ended = ended.and(self.engine.end(instance));
            }
        }
        Ok(ended?)
    }

    /// The outcome of an action. The outer error says that the action could not be tried.
    fn act(&mut self, action: &Action) -> Result<Result<Vec<Value>, Failure>, Problem> {
        let (id, result) = match action {
            Action::Invoke { id, export, args } => {
                let instance = self.instances.find(id, "instance")?;
                (id, self.engine.invoke(instance, export, args))
            }
            Action::Get { id, global } => {
                let instance = self.instances.find(id, "instance")?;
                let value = self.engine.get(instance, global);
                (id, value.map(|value| vec![value]))
            }
            Action::Instantiate(binary) => {
                let definition = self.define(binary)?;
                return match self.engine.instantiate(&definition) {
                    Ok(instance) => Ok(self.engine.end(instance).map(|()| Vec::new())),
                    Err(failure) => Ok(Err(failure)),
                };
            }
        };
        if let Err(Failure::Crash(message)) = &result {
            let problem = Problem::Failed(message.clone());
            if let Some(left) = self.instances.lose(id, self.line, problem) {
                self.engine.end(left)?;
            }
        }
        Ok(result)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        match refusal {
            Refusal::NotSupported(what) => Problem::NotSupported(what),
            Refusal::Invalid(_) | Refusal::Crash(_) => Problem::Failed(refusal.to_string()),
        }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Problem {
        match failure {
            Failure::NotSupported(what) => Problem::NotSupported(what),
            Failure::Trap { .. }
            | Failure::Deadlock
            | Failure::Exhausted(_)
            | Failure::Exception(_)
            | Failure::Unlinkable(_)
            | Failure::NoFit(_)
            | Failure::Crash(_) => Problem::Failed(failure.to_string()),
        }
    }
}

fn failed(message: String) -> Result<Checked, Problem> {
    Err(Problem::Failed(message))
}

/// The problem of an assertion whose action failed, but not as it should have.
fn other_than(expected: &str, failure: Failure) -> Result<Checked, Problem> {
    Err(match failure.into() {
        Problem::Failed(message) => Problem::Failed(format!("expected {expected}, but: {message}")),
        Problem::NotSupported(what) => Problem::NotSupported(what),
    })
}

/// The outcome of an assertion about something that was refused, as it should be. The engine's reason is noted where it has not the
/// `text` of the script.
fn refused(message: &str, text: &str) -> Checked {
    Checked {
        status: Status::Passed,
        other_reason: (!message.contains(text)).then(|| message.to_string()),
        against_the_text: false,
    }
}

/// Pieces of the texts of traps. Suites and engines say one trap in different words around the same piece.
const PIECES: &[&str] = &[
    "cannot read",
    "cannot write",
    "null reference",
    "uninitialized element",
];

/// Whether a failure is the trap that a script means by `text`.
fn says(failure: &Failure, text: &str) -> bool {
    let contained = |message: &str| {
        message.contains(text)
            || PIECES
                .iter()
                .any(|piece| text.contains(piece) && message.contains(piece))
    };
    match failure {
        Failure::Trap { kind, message } => {
            contained(message) || kind.is_some_and(|kind| kind.matches(text))
        }
        Failure::Deadlock => contained(DEADLOCK) || text.contains(DEADLOCK),
        // Which of these are traps is the engines' own choice.
        Failure::Exhausted(message) | Failure::Exception(message) => contained(message),
        Failure::Unlinkable(_)
        | Failure::NoFit(_)
        | Failure::NotSupported(_)
        | Failure::Crash(_) => false,
    }
}

/// Values as a message gives them.
fn list<L>(values: &[Value<L>]) -> String
where
    Value<L>: ToString,
{
    match values {
        [] => "no value".to_string(),
        values => {
            let texts: Vec<String> = values.iter().map(Value::to_string).collect();
            texts.join(" ")
        }
    }
}
