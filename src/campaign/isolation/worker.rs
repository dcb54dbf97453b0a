//! `spawndiff worker`: judges the cases that the process above it asks for, until that one is gone.

use super::wire::{Answer, Request};
use crate::campaign::judging::Judges;
use crate::replay::Players;
use crate::setup::Setup;
use anyhow::{Context, Result, anyhow};
use spawndiff_engines::program::OUT_OF_MEMORY;
use spawndiff_observation::wire::{receive, send};
use std::io;
use std::time::Duration;

/// The bytes that a worker may hold in memory. A case takes a few million, the compiled functions that are kept at most
/// sixty-four of them for each engine.
const MAX_MEMORY: usize = 2 << 30;
/// The bytes of stack in which cases are judged.
const STACK: usize = 16 << 20;
/// How often a worker looks at its memory.
const LOOK: Duration = Duration::from_millis(50);

/// Answers requests until there are no more.
pub fn worker(setup: &Setup) -> Result<()> {
    std::thread::spawn(watch);
    std::thread::scope(|scope| {
        let answering = std::thread::Builder::new().stack_size(STACK);
        let answering = answering.spawn_scoped(scope, || answer(setup));
        let answered = answering.context("no thread can be started")?.join();
        answered.map_err(|_| anyhow!("the worker panicked"))?
    })
}

/// Ends the process when it holds too much, or when nobody is left to answer to.
fn watch() {
    #[cfg(unix)]
    let parent = std::os::unix::process::parent_id();
    loop {
        #[cfg(unix)]
        if std::os::unix::process::parent_id() != parent {
            std::process::exit(0);
        }
        let memory = memory_stats::memory_stats();
        if memory.is_some_and(|memory| memory.physical_mem > MAX_MEMORY) {
            eprintln!("more than {} MB of memory", MAX_MEMORY >> 20);
            std::process::exit(OUT_OF_MEMORY);
        }
        std::thread::sleep(LOOK);
    }
}

fn answer(setup: &Setup) -> Result<()> {
    let mut judges = Judges::new(setup);
    let mut players = Players::new(setup);
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    while let Some(request) = receive(&mut input)? {
        let answer = match request {
            Request::Judge(draw) => Answer::Judged(Box::new(judges.judge(draw)?)),
            Request::RunDrawn(draw) => {
                let case = draw.case(setup)?;
                judges.of(&draw.origin.engine)?.engine().observe(&case);
                Answer::Ran
            }
            Request::Run { engine, case } => {
                judges.of(&engine)?.engine().observe(&case);
                Answer::Ran
            }
            Request::Kind {
                engine,
                budget,
                case,
            } => Answer::Kind(judges.kind(&engine, budget, &case)?),
            Request::Replay(play) => {
                let played = players.play(&play);
                Answer::Replayed(played.map_err(|error| format!("{error:#}")))
            }
        };
        send(&mut output, &answer)?;
    }
    Ok(())
}
