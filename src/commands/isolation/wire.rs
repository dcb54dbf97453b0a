//! What goes over the pipes: messages in the postcard format, each after its length in four bytes.

use crate::commands::drawn::{Draw, Judged, Kind};
use crate::commands::replay::{Play, Played};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use spawndiff_corpus::Case;
use std::io::{self, ErrorKind, Read, Write};

/// What a worker is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Request {
    /// To draw a case and judge it.
    Judge(Draw),
    /// To have the native engine run a drawn case, and nothing else.
    RunDrawn(Draw),
    /// To have a native engine run this case.
    Run {
        /// The engine's name.
        engine: String,
        /// The case.
        case: Case,
    },
    /// To judge this case, and say of what kind it is.
    Kind {
        /// The engine's name.
        engine: String,
        /// How many schedules a search may try.
        budget: u32,
        /// The case.
        case: Case,
    },
    /// To replay a file.
    Replay(Play),
}

/// What a worker answers.
#[derive(Debug, Serialize, Deserialize)]
pub enum Answer {
    /// To [`Request::Judge`].
    Judged(Box<Judged>),
    /// To [`Request::Kind`]; none if it is no finding, and not known.
    Kind(Option<Kind>),
    /// To [`Request::Replay`]; or what is wrong with the file.
    Replayed(Result<Played, String>),
    /// To the others: the engine came to an end, whatever that was.
    Ran,
}

/// Writes a message.
pub fn send(to: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let bytes = postcard::to_stdvec(message).map_err(io::Error::other)?;
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    to.write_all(&length.to_le_bytes())?;
    to.write_all(&bytes)?;
    to.flush()
}

/// Reads a message; `None` where there are no more.
pub fn receive<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<Option<T>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let mut bytes = vec![0; u32::from_le_bytes(length) as usize];
    from.read_exact(&mut bytes)?;
    let message = postcard::from_bytes(&bytes).map_err(io::Error::other)?;
    Ok(Some(message))
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
    }
}
