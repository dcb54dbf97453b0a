//! A campaign: cases drawn from a seed, judged in parallel, counted.

use super::drawn::{Draw, Judged, Judges};
use super::finding::Origin;
use super::isolation::{Answer, Child, Death, Request};
use super::state::State;
use super::verdicts::Verdicts;
use anyhow::{Result, bail};
use spawndiff_engines::wasmtime::Variant;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::counts::MEMORY_EVERY;

/// What a campaign is to do, beside the cases that its state tells of.
#[derive(Debug)]
pub struct Campaign<'a> {
    /// The engines: each case goes to one of them, in turn, or to every one, as the state tells. None: to the default one, and
    /// now and then to another.
    pub engines: &'a [Variant],
    /// How long at most.
    pub time: Option<Duration>,
    /// How many at a time.
    pub jobs: usize,
    /// How long a case may take in a process of its own; none: in this process.
    pub isolated: Option<Duration>,
    /// Where findings are written.
    pub out: &'a Path,
    /// Set from outside to end it early.
    pub stop: &'a AtomicBool,
}

/// One case in so many goes to another engine than the default one, where none is named.
const OTHER_ENGINE: u64 = 16;

/// How often the state is written.
const SAVE: Duration = Duration::from_secs(5);

impl Campaign<'_> {
    /// Judges the cases that `state` does not have yet. `verdicts` gets the line of each, and `progress` hears of it.
    ///
    /// # Errors
    ///
    /// What keeps it from going on. The state is that of all cases judged until then.
    pub fn run(
        &self,
        state: &mut State,
        verdicts: &mut Option<Verdicts>,
        progress: impl Fn(&State) + Sync,
    ) -> Result<()> {
        let begin = Instant::now();
        let before = state.seconds;
        let end = state.cases.end;
        let next = AtomicU64::new(state.cases.first);
        let over = || {
            self.stop.load(Ordering::Relaxed)
                || self.time.is_some_and(|time| begin.elapsed() > time)
        };
        let shared = Mutex::new((state, begin, verdicts));
        let failed = Mutex::new(None);
        let memory: Vec<AtomicU64> = (0..self.jobs).map(|_| AtomicU64::new(0)).collect();
        let resident = || memory.iter().map(|it| it.load(Ordering::Relaxed)).sum();
        // Each worker takes the next case, so that a campaign that is ended early has judged the first ones.
        let work = |place: usize| -> Result<()> {
            let mut worker = Worker::new(self.isolated);
            while !over() {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= end {
                    break;
                }
                let draws = {
                    let (state, ..) = &*shared.lock().expect("no one panics while counting");
                    if state.is_done(index) {
                        continue;
                    }
                    self.draws(state, index)
                };
                let judged = draws.into_iter().map(|draw| worker.judge(draw));
                let judged = judged.collect::<Result<Vec<Judged>>>()?;
                if let Some(last) = judged.last() {
                    memory[place].store(last.memory, Ordering::Relaxed);
                }
                let (state, saved, verdicts) =
                    &mut *shared.lock().expect("no one panics while counting");
                let is_finding = judged.iter().any(|judged| judged.found.is_some());
                let moment = |state: &State| state.counts.cases / MEMORY_EVERY;
                let last_moment = moment(state);
                state.seconds = before + begin.elapsed().as_secs_f64();
                if let Some(verdicts) = verdicts {
                    let lines = judged.iter().map(|judged| judged.line.clone());
                    verdicts.add(index, lines.collect())?;
                }
                state.add(index, judged, self.out)?;
                if moment(state) > last_moment {
                    state.counts.memory.push(resident());
                }
                if is_finding || saved.elapsed() > SAVE {
                    *saved = Instant::now();
                    state.save(self.out)?;
                }
                progress(state);
            }
            Ok(())
        };
        std::thread::scope(|scope| {
            for place in 0..self.jobs {
                let (work, failed, next) = (&work, &failed, &next);
                scope.spawn(move || {
                    if let Err(error) = work(place) {
                        *failed.lock().expect("no one panics while failing") = Some(error);
                        next.store(end, Ordering::Relaxed);
                    }
                });
            }
        });
        match failed.into_inner().expect("no one panics while failing") {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// The case with a number, for each engine that it goes to. Which ones those are depends on the seed and the number alone.
    fn draws(&self, state: &State, index: u64) -> Vec<Draw> {
        let seed = state.cases.seed;
        let draw = |engine: Variant| Draw {
            origin: Origin {
                seed,
                index,
                instances: state.cases.instances,
                engine,
            },
            or_default: self.engines.is_empty(),
        };
        if state.cases.each {
            return self.engines.iter().copied().map(draw).collect();
        }
        let turn = |of: &[Variant], by: u64| of[(by % of.len() as u64) as usize];
        let engine = if self.engines.is_empty() {
            let hash = (seed ^ index).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
            match hash.is_multiple_of(OTHER_ENGINE) {
                // The default is the first.
                true => turn(&Variant::ALL[1..], hash / OTHER_ENGINE),
                false => Variant::default(),
            }
        } else {
            turn(self.engines, index)
        };
        vec![draw(engine)]
    }
}

/// Who judges the cases of one thread.
enum Worker {
    /// This process.
    Here(Box<Judges>),
    /// Another one, if it is alive, with so much time for each case.
    Apart(Option<Child>, Duration),
}

impl Worker {
    fn new(isolated: Option<Duration>) -> Worker {
        match isolated {
            Some(limit) => Worker::Apart(None, limit),
            None => Worker::Here(Box::default()),
        }
    }

    fn judge(&mut self, draw: Draw) -> Result<Judged> {
        let (child, limit) = match self {
            Worker::Here(judges) => return Ok(judges.judge(draw)),
            Worker::Apart(child, limit) => (child, *limit),
        };
        let asked = match child {
            Some(child) => child,
            None => child.insert(Child::new(limit)?),
        };
        match asked.ask(&Request::Judge(draw)) {
            Ok(answer) => judged(answer),
            Err(death) => {
                *child = None;
                died(draw, death, limit)
            }
        }
    }
}

/// What is to be said of a case on which a process died. It is tried again, in a new one: a finding is what ends that one too,
/// with the engine alone.
fn died(mut draw: Draw, first: Death, limit: Duration) -> Result<Judged> {
    let engine = draw.origin.engine;
    let engines = match draw.or_default {
        true => vec![engine, Variant::default()],
        false => vec![engine],
    };
    for engine in engines {
        draw.origin.engine = engine;
        if let Err(death) = Child::new(limit)?.ask(&Request::RunDrawn(draw)) {
            return Ok(draw.died(death.to_string()));
        }
    }
    draw.origin.engine = engine;
    match Child::new(limit)?.ask(&Request::Judge(draw)) {
        Ok(_) => Ok(draw.given_up(&format!("{}, and not again", first.how))),
        Err(death) if death.late => {
            Ok(draw.given_up("no verdict in time, though the engine came to an end"))
        }
        // Not the engine: a fault of ours, and to be seen.
        Err(death) => Ok(draw.died(format!("not the engine, but the comparison: {death}"))),
    }
}

fn judged(answer: Answer) -> Result<Judged> {
    match answer {
        Answer::Judged(judged) => Ok(*judged),
        Answer::Ran | Answer::Kind(_) | Answer::Replayed(_) => {
            bail!("a worker answered what it was not asked")
        }
    }
}
