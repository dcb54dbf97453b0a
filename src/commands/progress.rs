//! What a campaign says on standard error while it runs: a bar on a terminal; elsewhere a line when it begins, one a minute, and one
//! for each kind of finding.

use super::state::{Cases, State};
use indicatif::{ProgressBar, ProgressStyle};
use spawndiff_judge::Fingerprint;
use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How often there is a line, where there is no bar.
const EVERY: Duration = Duration::from_secs(60);

/// Who tells how far a campaign is.
pub enum Progress {
    /// On a terminal.
    Bar(ProgressBar),
    /// Elsewhere, a log say.
    Lines(Mutex<Lines>),
}

/// What was said so far.
pub struct Lines {
    /// When the last line was.
    last: Instant,
    /// The kinds of findings that were named, as the state does.
    named: BTreeSet<(String, Fingerprint)>,
    /// How many verdicts there will be; none: as many as there is time for.
    verdicts: Option<u64>,
}

impl Progress {
    /// For a campaign with so many verdicts, which begins or goes on.
    pub fn new(cases: &Cases, verdicts: Option<u64>) -> Progress {
        if std::io::stderr().is_terminal() {
            return Progress::Bar(bar(verdicts));
        }
        say(&format!("seed {}, from case {}", cases.seed, cases.first));
        Progress::Lines(Mutex::new(Lines {
            last: Instant::now(),
            named: BTreeSet::new(),
            verdicts,
        }))
    }

    /// After a case.
    pub fn judged(&self, state: &State) {
        match self {
            Progress::Bar(bar) => {
                bar.set_position(state.counts.cases);
                let kinds = state.found.len();
                if kinds > 0 {
                    let found = state.counts.diverged + state.counts.crashed;
                    bar.set_message(format!("{found} findings, {kinds} kinds"));
                }
            }
            Progress::Lines(lines) => {
                lines
                    .lock()
                    .expect("no one panics while telling")
                    .judged(state);
            }
        }
    }

    /// When it is over.
    pub fn end(&self) {
        if let Progress::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

impl Lines {
    fn judged(&mut self, state: &State) {
        // A kind that was found stays one.
        if state.found.len() > self.named.len() {
            for (kind, group) in &state.found {
                let file = group.samples.values().next();
                if let (true, Some(sample)) = (self.named.insert(kind.clone()), file) {
                    let (engine, fingerprint) = kind;
                    say(&format!(
                        "{}: {engine}: {fingerprint}",
                        sample.path.display()
                    ));
                }
            }
        }
        if self.last.elapsed() >= EVERY {
            self.last = Instant::now();
            let counts = &state.counts;
            let of = self.verdicts.map(|it| format!(" of {it}"));
            say(&format!(
                "{:.0} s: {}{} cases, {} diverged, {} crashed",
                state.seconds,
                counts.cases,
                of.unwrap_or_default(),
                counts.diverged,
                counts.crashed
            ));
        }
    }
}

/// A line on standard error. A campaign goes on where no one listens any more.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "campaign: {line}");
}

fn bar(verdicts: Option<u64>) -> ProgressBar {
    let (bar, template) = match verdicts {
        None => (
            ProgressBar::no_length(),
            "{elapsed} {pos} cases ({per_sec}) {msg}",
        ),
        Some(verdicts) => (
            ProgressBar::new(verdicts),
            "{elapsed} {wide_bar} {pos}/{len} ({per_sec}) {msg}",
        ),
    };
    bar.set_style(ProgressStyle::with_template(template).expect("the template is well-formed"));
    bar
}
