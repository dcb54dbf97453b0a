//! The wire, by which one process asks another one. Messages are in the postcard format, each after its length in four bytes, the
//! lowest byte first.
//!
//! An engine may be a program of its own, in any language. The program reads [`Question`]s from its standard input, answers each of
//! them with one [`Reply`] on its standard output, and ends when the input does. Each reply is to the question before it, so a
//! program that answers one question after the other need not number its replies. [`serve`] does all of this for an engine that is
//! written in Rust.

use crate::{About, Engine, Family, Outcome};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use spawndiff_corpus::Case;
use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Write};

/// The version of the messages. The version changes with any message, and with what is in the messages.
pub const PROTOCOL: u32 = 1;

/// The most bytes that a message may have. The components of cases have thousands.
const MAX_MESSAGE: u64 = 1 << 28;

/// A question to a program that has engines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Question {
    /// Asks the program who it is.
    Describe,
    /// Asks the program to run a case.
    Observe {
        /// The configuration of the engine that is asked.
        configuration: String,
        /// The case.
        case: Case,
    },
    /// Asks the program to write a component without the built-ins that the configuration lacks.
    Lower {
        /// The configuration of the engine that is asked.
        configuration: String,
        /// The component.
        component: Vec<u8>,
    },
    /// Asks the program which end an error is.
    EndOf {
        /// The configuration of the engine that is asked.
        configuration: String,
        /// The text of the error.
        error: String,
    },
}

/// The answer of a program that has engines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// The answer to [`Question::Describe`].
    Described(Description),
    /// The answer to [`Question::Observe`]: see [`Engine::observe`].
    Observed(Outcome),
    /// The answer to [`Question::Lower`]: see [`Engine::lower`].
    Lowered(Result<Option<Vec<u8>>, String>),
    /// The answer to [`Question::EndOf`]: see [`Engine::end_of`].
    End(Option<crate::End>),
    /// The answer to any question that cannot be answered. The text says why.
    Refused(String),
}

/// Who a program is. A program that speaks another version of the protocol may say so in a form that is no answer here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// [`PROTOCOL`], as the program knows it.
    pub protocol: u32,
    /// See [`Family::name`].
    pub family: String,
    /// See [`Family::title`].
    pub title: String,
    /// See [`Family::versions`].
    pub versions: Vec<String>,
    /// The configurations of the program, each with the built-ins that it [lowers](Engine::lowers).
    pub engines: Vec<(About, Vec<String>)>,
}

/// Writes a message.
///
/// # Errors
///
/// Fails if the message cannot be written.
pub fn send(to: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let bytes = postcard::to_stdvec(message).map_err(io::Error::other)?;
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    to.write_all(&length.to_le_bytes())?;
    to.write_all(&bytes)?;
    to.flush()
}

/// Reads a message. The result is `None` where there are no more messages.
///
/// # Errors
///
/// Fails if the message cannot be read, is too long, or is no message of this type.
pub fn receive<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<Option<T>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    // The writer may be no engine, so the length may be text: memory for that many bytes is not taken before they come.
    let length = u64::from(u32::from_le_bytes(length));
    if length > MAX_MESSAGE {
        return Err(io::Error::other(format!("a message of {length} bytes")));
    }
    let mut bytes = Vec::new();
    from.take(length).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < length {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    let message = postcard::from_bytes(&bytes).map_err(io::Error::other)?;
    Ok(Some(message))
}

/// Answers questions for the engines of a family, until there are no more questions.
///
/// # Errors
///
/// Fails if a question cannot be read, or if an answer cannot be written.
pub fn serve(family: &dyn Family, from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    let mut made = Made {
        family,
        engines: BTreeMap::new(),
    };
    while let Some(question) = receive(from)? {
        let reply = made.answer(question).unwrap_or_else(Reply::Refused);
        send(to, &reply)?;
    }
    Ok(())
}

/// The engines of a family that were asked for.
struct Made<'a> {
    family: &'a dyn Family,
    engines: BTreeMap<String, Box<dyn Engine>>,
}

impl Made<'_> {
    fn engine(&mut self, configuration: String) -> Result<&dyn Engine, String> {
        if !self.engines.contains_key(&configuration) {
            let engine = self.family.make(&configuration)?;
            self.engines.insert(configuration.clone(), engine);
        }
        Ok(&*self.engines[&configuration])
    }

    fn answer(&mut self, question: Question) -> Result<Reply, String> {
        Ok(match question {
            Question::Describe => Reply::Described(self.description()?),
            Question::Observe {
                configuration,
                case,
            } => Reply::Observed(self.engine(configuration)?.observe(&case)),
            Question::Lower {
                configuration,
                component,
            } => Reply::Lowered(self.engine(configuration)?.lower(&component)),
            Question::EndOf {
                configuration,
                error,
            } => Reply::End(self.engine(configuration)?.end_of(&error)),
        })
    }

    fn description(&mut self) -> Result<Description, String> {
        let mut engines = Vec::new();
        for listed in self.family.engines() {
            if listed.missing.is_none() {
                let configuration = listed.about.identity.configuration.clone();
                engines.push((listed.about, self.engine(configuration)?.lowers()));
            }
        }
        Ok(Description {
            protocol: PROTOCOL,
            family: self.family.name().to_string(),
            title: self.family.title().to_string(),
            versions: self.family.versions(),
            engines,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_back_in_order_and_then_none_and_half_of_one_is_an_error() {
        let mut pipe = Vec::new();
        send(&mut pipe, &7u32).expect("it fits");
        send(&mut pipe, &"eight").expect("it fits");
        let mut reader = &pipe[..];
        assert_eq!(receive::<u32>(&mut reader).expect("whole"), Some(7));
        let eight: Option<String> = receive(&mut reader).expect("whole");
        assert_eq!(eight.as_deref(), Some("eight"));
        assert_eq!(receive::<u32>(&mut reader).expect("the end"), None);
        assert!(receive::<String>(&mut &pipe[5..pipe.len() - 1]).is_err());
        let text = receive::<String>(&mut &b"good morning"[..]).expect_err("it is no message");
        assert_eq!(text.to_string(), "a message of 1685024615 bytes");
    }
}
