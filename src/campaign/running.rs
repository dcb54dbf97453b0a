//! A campaign: cases drawn from a seed, judged in parallel, counted.

use crate::campaign::checkpoint::State;
use crate::campaign::counts::MEMORY_EVERY;
use crate::campaign::isolation::{self, Answer, Child, Death, Request};
use crate::campaign::judging::{Draw, Judged, Judges};
use crate::campaign::verdicts::Verdicts;
use crate::setup::Setup;
use anyhow::{Context, Result, bail};
use rayon::ThreadPoolBuilder;
use spawndiff_judge::provenance::Origin;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A campaign: how it is run. Its [`State`] says which cases it has.
pub struct Campaign<'a> {
    /// The engines that there are, and what is known of them.
    pub setup: &'a Setup,
    /// The engines: each case goes to one of them, in turn, or to every one, as the state tells. None: to the default one, and
    /// now and then to another.
    pub engines: &'a [String],
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
    /// The campaign cannot go on, and why. `state` has all cases that were judged until then.
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
            let mut worker = Worker::new(self.setup, self.isolated);
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
        let pool = ThreadPoolBuilder::new().num_threads(self.jobs).build();
        let pool = pool.context("no threads can be started")?;
        pool.broadcast(|thread| {
            if let Err(error) = work(thread.index()) {
                *failed.lock().expect("no one panics while failing") = Some(error);
                next.store(end, Ordering::Relaxed);
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
        let draw = |engine: &str| Draw {
            origin: Origin {
                seed,
                mix: state.cases.mix,
                bodies: state.cases.bodies.clone(),
                index,
                instances: state.cases.instances,
                engine: engine.to_string(),
            },
            or_default: self.engines.is_empty(),
        };
        if state.cases.each {
            return self.engines.iter().map(|engine| draw(engine)).collect();
        }
        let turn = |of: &[&str], by: u64| of[(by % of.len() as u64) as usize].to_string();
        let engine = if self.engines.is_empty() {
            let all = self.setup.engines.of_default_release();
            let all: Vec<&str> = all
                .map(|listed| listed.about.identity.configuration.as_str())
                .collect();
            let hash = (seed ^ index).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
            match &all[..] {
                // The default is the first.
                [_, others @ ..] if !others.is_empty() && hash.is_multiple_of(OTHER_ENGINE) => {
                    turn(others, hash / OTHER_ENGINE)
                }
                _ => self.setup.default_engine().to_string(),
            }
        } else {
            let all: Vec<&str> = self.engines.iter().map(String::as_str).collect();
            turn(&all, index)
        };
        vec![draw(&engine)]
    }
}

/// Who judges the cases of one thread.
enum Worker<'a> {
    /// This process.
    Here(Box<Judges<'a>>),
    /// Another one, if it is alive, with so much time for each case.
    Apart(&'a Setup, Option<Child>, Duration),
}

impl<'a> Worker<'a> {
    fn new(setup: &'a Setup, isolated: Option<Duration>) -> Worker<'a> {
        match isolated {
            Some(limit) => Worker::Apart(setup, None, limit),
            None => Worker::Here(Box::new(Judges::new(setup))),
        }
    }

    fn judge(&mut self, draw: Draw) -> Result<Judged> {
        let (setup, child, limit) = match self {
            Worker::Here(judges) => return judges.judge(draw),
            Worker::Apart(setup, child, limit) => (*setup, child, *limit),
        };
        let asked = match child {
            Some(child) => child,
            None => child.insert(isolation::start(setup, limit)?),
        };
        match asked.ask(&Request::Judge(draw.clone())) {
            Ok(answer) => judged(answer),
            Err(death) => {
                *child = None;
                died(setup, draw, death, limit)
            }
        }
    }
}

/// Judges a case again on which a worker process died. It is a finding if the engine alone ends a new process too,
/// with the engine alone.
fn died(setup: &Setup, mut draw: Draw, first: Death, limit: Duration) -> Result<Judged> {
    let engine = draw.origin.engine.clone();
    let engines = match draw.or_default {
        true => vec![engine.clone(), setup.default_engine().to_string()],
        false => vec![engine.clone()],
    };
    for engine in engines {
        draw.origin.engine = engine;
        let asked = isolation::start(setup, limit)?.ask(&Request::RunDrawn(draw.clone()));
        if let Err(death) = asked {
            return draw.died(setup, death.to_string());
        }
    }
    draw.origin.engine = engine;
    match isolation::start(setup, limit)?.ask(&Request::Judge(draw.clone())) {
        Ok(_) => Ok(draw.given_up(&format!("{}, and not again", first.how))),
        Err(death) if death.late => {
            Ok(draw.given_up("no verdict in time, though the engine came to an end"))
        }
        // Not the engine: a fault of ours, and to be seen.
        Err(death) => draw.died(
            setup,
            format!("not the engine, but the comparison: {death}"),
        ),
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
