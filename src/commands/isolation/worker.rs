//! `spawndiff worker`: judges the cases that the process above it asks for, until that one is gone.

use super::wire::{Answer, Request, receive, send};
use crate::commands::drawn::Judges;
use crate::commands::replay::Players;
use crate::commands::{Outcome, engines};
use anyhow::{Context, Result, anyhow};
use std::io;
use std::time::Duration;

/// The bytes that a worker may hold in memory. A case takes a few million, the compiled functions that are kept at most
/// sixty-four of them for each engine.
const MAX_MEMORY: usize = 2 << 30;
/// The bytes of stack in which cases are judged.
const STACK: usize = 16 << 20;
/// How often a worker looks at its memory.
const LOOK: Duration = Duration::from_millis(50);
/// How a worker exits that holds too much.
pub const OUT_OF_MEMORY: i32 = 99;

/// Answers requests until there are no more.
pub fn worker() -> Result<Outcome> {
    std::thread::spawn(watch);
    let answering = std::thread::Builder::new().stack_size(STACK).spawn(answer);
    let answered = answering.context("no thread can be started")?.join();
    answered.map_err(|_| anyhow!("the worker panicked"))??;
    Ok(Outcome::Clean)
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

fn answer() -> Result<()> {
    let mut judges = Judges::default();
    let mut players = Players::default();
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    while let Some(request) = receive(&mut input)? {
        let answer = match request {
            Request::Judge(draw) => Answer::Judged(Box::new(judges.judge(draw))),
            Request::RunDrawn(draw) => {
                judges.of(draw.origin.engine).engine().observe(&draw.case());
                Answer::Ran
            }
            Request::Run { engine, case } => {
                let engine = engines::of_name(&engine).map_err(anyhow::Error::msg)?;
                judges.of(engine).engine().observe(&case);
                Answer::Ran
            }
            Request::Kind {
                engine,
                budget,
                case,
            } => {
                let engine = engines::of_name(&engine).map_err(anyhow::Error::msg)?;
                Answer::Kind(judges.kind(engine, budget, &case))
            }
            Request::Replay(play) => {
                let played = players.play(&play);
                Answer::Replayed(played.map_err(|error| format!("{error:#}")))
            }
        };
        send(&mut output, &answer)?;
    }
    Ok(())
}
