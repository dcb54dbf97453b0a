//! Another process that answers questions over the [wire](spawndiff_observation::wire). The process may end in any way, or not
//! answer at all, and a [`Death`] tells how.

use serde::Serialize;
use serde::de::DeserializeOwned;
use spawndiff_observation::wire::{receive, send};
use std::collections::VecDeque;
use std::fmt;
use std::io::{self, BufRead, BufReader};
use std::process::{ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A process that answers with messages of type `A`.
pub struct Process<A> {
    process: std::process::Child,
    requests: Option<ChildStdin>,
    answers: Receiver<io::Result<A>>,
    words: Arc<Mutex<VecDeque<String>>>,
    listener: Option<JoinHandle<()>>,
    limit: Duration,
}

/// How many of the last lines that a process wrote to its standard error are kept.
const WORDS: usize = 20;

/// How long a process that has closed its output may take to end and to deliver its last words, both together.
const GRACE: Duration = Duration::from_secs(5);

/// The time between two looks at whether a process has ended.
const LOOK: Duration = Duration::from_millis(1);

/// The code with which a process exits that holds too much memory.
pub const OUT_OF_MEMORY: i32 = 99;

/// How a process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Death {
    /// The way in which the process ended: a signal, an exit code, or a limit.
    pub how: String,
    /// The last line that the process wrote to its standard error, apart from those that every abort ends with; empty if there is
    /// none.
    pub words: String,
    /// Whether the process was ended because it did not answer in time.
    pub late: bool,
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the process ended: {}", self.how)?;
        match self.words.is_empty() {
            true => Ok(()),
            false => write!(f, ": {}", self.words),
        }
    }
}

impl<A: DeserializeOwned + Send + 'static> Process<A> {
    /// Starts a process, which may take as long as `limit` for each answer.
    ///
    /// # Errors
    ///
    /// Fails if the process cannot be started.
    pub fn start(command: &mut Command, limit: Duration) -> io::Result<Process<A>> {
        // Ctrl-C is for the process above, which ends the others.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let requests = process.stdin.take();
        let (mut output, error) = (process.stdout.take(), process.stderr.take());
        let (answered, answers) = channel();
        std::thread::spawn(move || {
            let Some(output) = output.as_mut() else {
                return;
            };
            while let Some(answer) = receive(output).transpose() {
                let is_last = answer.is_err();
                if answered.send(answer).is_err() || is_last {
                    return;
                }
            }
        });
        let words = Arc::new(Mutex::new(VecDeque::new()));
        let said = words.clone();
        let listener = std::thread::spawn(move || {
            for line in error
                .into_iter()
                .flat_map(|error| BufReader::new(error).lines().map_while(Result::ok))
            {
                let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
                if said.len() == WORDS {
                    said.pop_front();
                }
                said.push_back(line);
            }
        });
        Ok(Process {
            process,
            requests,
            answers,
            words,
            listener: Some(listener),
            limit,
        })
    }

    /// Asks a question and waits for the answer. After an error the process is of no more use.
    ///
    /// # Errors
    ///
    /// The error says how the process ended, or that it was ended because it did not answer in time or did not answer with a
    /// message.
    pub fn ask(&mut self, question: &impl Serialize) -> Result<A, Death> {
        let sent = self.requests.as_mut().map(|to| send(to, question));
        if let Some(Ok(())) = sent {
            match self.answers.recv_timeout(self.limit) {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) if error.kind() == io::ErrorKind::Other => {
                    return Err(self.end(Some(format!("an answer that is none: {error}"))));
                }
                Err(RecvTimeoutError::Timeout) => {
                    let how = format!("no answer in {} s", self.limit.as_secs());
                    return Err(Death {
                        late: true,
                        ..self.end(Some(how))
                    });
                }
                Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => {}
            }
        }
        Err(self.end(None))
    }

    /// Ends the process, and returns how it ended. The process is killed for the reason `killed_for`. Without a reason it has
    /// closed its output, and gets the time [`GRACE`] to end by itself.
    fn end(&mut self, killed_for: Option<String>) -> Death {
        self.requests = None;
        let end = Instant::now() + GRACE;
        let mut ended = Ok(None);
        while killed_for.is_none() && matches!(ended, Ok(None)) && Instant::now() < end {
            ended = self.process.try_wait();
            std::thread::sleep(LOOK);
        }
        // A process that has ended already is not hurt by being killed.
        let _ = self.process.kill();
        let _ = self.process.wait();
        // The last words of the process may still come. Somebody else may still hold the other end of that pipe.
        let listener = self.listener.take();
        while listener.as_ref().is_some_and(|it| !it.is_finished()) && Instant::now() < end {
            std::thread::sleep(LOOK);
        }
        let words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        let last = words.iter().rev().find(|line| !is_farewell(line));
        Death {
            how: killed_for.unwrap_or_else(|| match ended {
                Ok(Some(status)) => said(status),
                Ok(None) => "it closed its output, and did not end".to_string(),
                Err(error) => error.to_string(),
            }),
            words: last.cloned().unwrap_or_default(),
            late: false,
        }
    }
}

/// Whether a line of standard error is one of those that every abort ends with.
fn is_farewell(line: &str) -> bool {
    line.is_empty()
        || line.starts_with("note: ")
        || line.starts_with("stack backtrace:")
        || line.starts_with("thread caused non-unwinding panic")
        || line.starts_with("fatal runtime error: thread panicked while")
}

/// How a process exited, in the words that a shell would have for it.
fn said(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        let name = match signal {
            4 => "SIGILL",
            6 => "SIGABRT",
            7 => "SIGBUS",
            8 => "SIGFPE",
            9 => "SIGKILL",
            11 => "SIGSEGV",
            _ => return format!("signal {signal}"),
        };
        return name.to_string();
    }
    match status.code() {
        Some(OUT_OF_MEMORY) => "out of memory".to_string(),
        Some(code) => format!("exit code {code}"),
        None => status.to_string(),
    }
}

impl<A> Drop for Process<A> {
    fn drop(&mut self) {
        // A process ends when nobody can ask it any more; this one may be busy for ever.
        self.requests = None;
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
