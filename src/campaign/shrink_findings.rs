//! The kinds of findings of a campaign that is over: the files of each are made smaller, and get a report beside them.

use crate::campaign::checkpoint::State;
use crate::setup::Setup;
use anyhow::{Context, Result};
use rayon::ThreadPoolBuilder;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How much longer than it was told to shrink a process may take, to read, to judge and to write.
const GRACE: Duration = Duration::from_secs(60);
/// How often it is looked after.
const LOOK: Duration = Duration::from_millis(20);

/// Shrinks the files of each kind, for so long each, in a process of its own: what a smaller case does to an engine is no better
/// known than what a larger one does. Which one becomes the smallest cannot be told before. A file that cannot be made smaller stays,
/// and `warn` hears why.
///
/// # Errors
///
/// No threads can be started.
pub fn shrink(
    setup: &Setup,
    state: &State,
    time: Duration,
    jobs: usize,
    stop: &AtomicBool,
    warn: impl Fn(&str) + Sync,
) -> Result<()> {
    let files = state.found.iter().flat_map(|((engine, _), group)| {
        let samples = group.samples.values();
        samples.map(move |sample| (engine, &sample.path))
    });
    let files: Vec<(&String, &PathBuf)> = files.collect();
    let pool = ThreadPoolBuilder::new().num_threads(jobs).build();
    let pool = pool.context("no threads can be started")?;
    pool.install(|| {
        files.par_iter().for_each(|(engine, path)| {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            let seconds = time.as_secs().to_string();
            let options = ["shrink", "--seconds", &seconds, "--engine", engine];
            if let Err(error) = one(setup, &options, path, path, time, stop) {
                warn(&format!("{}: not made smaller: {error}", path.display()));
            }
            let markdown = path.with_extension("md");
            let options = ["report", "--engine", engine];
            if let Err(error) = one(setup, &options, path, &markdown, time, stop) {
                warn(&format!("{}: no report: {error}", path.display()));
            }
        });
    });
    Ok(())
}

/// Has this program do something with a file.
fn one(
    setup: &Setup,
    options: &[&str],
    path: &Path,
    out: &Path,
    time: Duration,
    stop: &AtomicBool,
) -> std::result::Result<(), String> {
    let command = setup.command();
    let mut process = command
        .map_err(|error| error.to_string())?
        .args(options)
        .arg("--out")
        .args([out, path])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    let end = Instant::now() + time + GRACE;
    loop {
        match process.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(status.to_string()),
            Ok(None) if Instant::now() > end || stop.load(Ordering::Relaxed) => {
                // It may have ended in the meantime.
                let _ = process.kill();
                let _ = process.wait();
                return Err("out of time".to_string());
            }
            Ok(None) => std::thread::sleep(LOOK),
            Err(error) => return Err(error.to_string()),
        }
    }
}
