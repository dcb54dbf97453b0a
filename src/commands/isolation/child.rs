//! The side of the process that asks.

use super::wire::{Answer, Request, receive, send};
use super::worker::OUT_OF_MEMORY;
use crate::commands::known;
use anyhow::{Context, Result};
use std::collections::VecDeque;
use std::fmt;
use std::io::{BufRead, BufReader};
use std::process::{ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// A worker process.
pub struct Child {
    process: std::process::Child,
    requests: Option<ChildStdin>,
    answers: Receiver<Answer>,
    words: Arc<Mutex<VecDeque<String>>>,
    listener: Option<JoinHandle<()>>,
    limit: Duration,
}

/// How many of the last lines are kept that a worker said on its standard error.
const WORDS: usize = 20;

/// How a worker ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Death {
    /// A signal, an exit code, a limit.
    pub how: String,
    /// What it said last.
    pub words: String,
    /// It was ended because it did not answer in time.
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

impl Child {
    /// A new worker, with so much time for each answer.
    pub fn new(limit: Duration) -> Result<Child> {
        let program = std::env::current_exe().context("this program is not to be found")?;
        let mut command = Command::new(program);
        // Ctrl-C is for the process above, which ends the others.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut process = command
            .args(known::arguments())
            .arg("worker")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("no process can be started")?;
        let requests = process.stdin.take();
        let (mut output, error) = (process.stdout.take(), process.stderr.take());
        let (answered, answers) = channel();
        std::thread::spawn(move || {
            let Some(output) = output.as_mut() else {
                return;
            };
            while let Ok(Some(answer)) = receive(output) {
                if answered.send(answer).is_err() {
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
        Ok(Child {
            process,
            requests,
            answers,
            words,
            listener: Some(listener),
            limit,
        })
    }

    /// Asks, and waits for the answer. After a death the worker is of no more use.
    pub fn ask(&mut self, request: &Request) -> Result<Answer, Death> {
        let sent = self.requests.as_mut().map(|to| send(to, request));
        if let Some(Ok(())) = sent {
            match self.answers.recv_timeout(self.limit) {
                Ok(answer) => return Ok(answer),
                Err(RecvTimeoutError::Timeout) => return Err(self.end(true)),
                Err(RecvTimeoutError::Disconnected) => {}
            }
        }
        Err(self.end(false))
    }

    /// Ends the process, if it has not ended, and says how.
    fn end(&mut self, late: bool) -> Death {
        self.requests = None;
        if late {
            // It may have ended in the meantime.
            let _ = self.process.kill();
        }
        let status = self.process.wait();
        if let Some(listener) = self.listener.take() {
            // It only reads; whatever it came to, what was read is there.
            let _ = listener.join();
        }
        let words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        let last = words.iter().rev().find(|line| !is_farewell(line));
        let how = match status {
            _ if late => format!("no answer in {} s", self.limit.as_secs()),
            Ok(status) => said(status),
            Err(error) => error.to_string(),
        };
        Death {
            how,
            words: last.cloned().unwrap_or_default(),
            late,
        }
    }
}

/// What every abort ends with.
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

impl Drop for Child {
    fn drop(&mut self) {
        // A worker ends when nobody can ask it any more; this one may be busy for ever.
        self.requests = None;
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
