//! The progress of a campaign on standard error: a bar on a terminal; elsewhere a line when it begins, one a minute, and one
//! for each kind of finding.

use indicatif::{ProgressBar, ProgressStyle};
use spawndiff::campaign::checkpoint::{Cases, State};
use spawndiff_judge::Fingerprint;
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
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

/// The lines so far.
pub struct Lines {
    /// When the last line was.
    last: Instant,
    /// The file that was named of each kind of findings.
    named: BTreeMap<(String, Fingerprint), PathBuf>,
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
            named: BTreeMap::new(),
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
        for (kind, group) in &state.found {
            let (engine, fingerprint) = kind;
            let Some(sample) = group.samples.values().next() else {
                continue;
            };
            let file = sample.path.display();
            match self.named.get(kind) {
                None => say(&format!("{file}: {engine}: {fingerprint}")),
                // It is still there.
                Some(named) if group.samples.values().any(|it| it.path == *named) => continue,
                Some(named) => say(&format!("{file} took the place of {}", named.display())),
            }
            self.named.insert(kind.clone(), sample.path.clone());
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
