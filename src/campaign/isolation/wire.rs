//! The questions to a worker and its answers, over the [wire](spawndiff_observation::wire).

use crate::campaign::judging::{Draw, Judged, Kind};
use crate::replay::{Play, Played};
use serde::{Deserialize, Serialize};
use spawndiff_corpus::Case;

/// A question to a worker.
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

/// An answer of a worker.
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
