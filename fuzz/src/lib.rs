//! The parts that the fuzz targets share: the judge of the process, and the panic that libFuzzer takes for a crash.

#![warn(missing_docs)]

use spawndiff_corpus::Case;
use spawndiff_engines::wasmtime::{Config, Native, SELDOM, Variant};
use spawndiff_generators::{
    Bodies, MAX_INSTANCES, Mix, case_from_bytes_with, case_from_bytes_with_smith, run_bytes,
};
use spawndiff_judge::finding::stored;
use spawndiff_judge::provenance::{FoundBy, Provenance};
use spawndiff_judge::{Judge, Judgement, Verdict};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// How many compiled components a target keeps: about as many as a corpus has inputs in its first minutes.
const COMPONENTS: usize = 1024;

/// How many schedules a target tries for one run: a search costs twenty times as much here as in a campaign, and what is
/// left open by it is left to campaigns.
const BUDGET: u32 = 100;

static JUDGE: LazyLock<Judge> = LazyLock::new(|| {
    // The variant that compiles fastest.
    let native = Native::new(Config {
        components: COMPONENTS,
        ..Config::of(Variant::CraneliftNone)
    });
    Judge::new(native).with_budget(BUDGET)
});

/// Mutates an input in place and returns its new length. Thirty-one times in thirty-two only its runs change, so that the
/// component need not be compiled again; `mutate` is the fuzzer's own mutation, given a buffer, how much of it is input, and
/// how much it may become.
pub fn mutate_runs_mostly(
    data: &mut [u8],
    size: usize,
    max_size: usize,
    seed: u32,
    mutate: impl Fn(&mut [u8], usize, usize) -> usize,
) -> usize {
    let runs = run_bytes(size);
    if seed.is_multiple_of(32) || runs == 0 {
        return mutate(data, size, max_size);
    }
    // A shorter result leaves old bytes behind it: the component stays where it is.
    mutate(&mut data[..runs], runs, runs);
    size
}

/// Cases and invocations so far, and when the first one began.
static COUNT: LazyLock<(AtomicU64, AtomicU64, Instant)> =
    LazyLock::new(|| (AtomicU64::new(0), AtomicU64::new(0), Instant::now()));

/// Counts a case, and says what was counted whenever the number of cases is a power of two, as libFuzzer does.
fn count(judgement: &Judgement) {
    let (cases, invocations, begin) = &*COUNT;
    let made = judgement
        .native
        .runs
        .iter()
        .map(|run| run.invocations.len() as u64);
    let made: u64 = made.sum();
    let invocations = invocations.fetch_add(made, Ordering::Relaxed) + made;
    let cases = cases.fetch_add(1, Ordering::Relaxed) + 1;
    if cases.is_power_of_two() {
        let seconds = begin.elapsed().as_secs_f64();
        let rate = |count: u64| count as f64 / seconds;
        eprintln!(
            "spawndiff: {cases} cases, {invocations} invocations in {seconds:.1} s: {:.0} cases, {:.0} invocations a second",
            rate(cases),
            rate(invocations)
        );
    }
}

/// The case that a fuzzer's bytes mean, of at most `instances` component instances, with the weights of campaigns and no code of
/// wasm-smith.
pub fn case(data: &[u8], instances: usize) -> Case {
    case_from_bytes_with(data, mix(instances).with_bodies(Bodies::Own))
}

/// The case that a fuzzer's bytes mean, with code that wasm-smith makes of the second half of them.
pub fn case_with_smith(data: &[u8]) -> Case {
    case_from_bytes_with_smith(data, mix(MAX_INSTANCES))
}

fn mix(instances: usize) -> Mix {
    let all = SELDOM.iter().map(|it| (it.weight, it.value));
    Mix::of(instances).with_all(all)
}

/// Judges a case of the fuzz target with this name.
///
/// # Panics
///
/// On a divergence that is not known, or a crash of the engine: with the verdict and the case as a `.wast` file.
pub fn expect_agreement(target: &str, case: &Case) {
    LazyLock::force(&COUNT);
    let judgement = JUDGE.judge(case);
    count(&judgement);
    match &judgement.verdict {
        Verdict::Agree | Verdict::Known(_) | Verdict::Inconclusive(_) => {}
        verdict @ (Verdict::Divergence(_) | Verdict::Crash { .. }) => {
            panic!("{verdict}\n{}", text(target, case, &judgement))
        }
    }
}

/// The file of the finding, as a campaign writes it; or why it has no text.
fn text(target: &str, case: &Case, judgement: &Judgement) -> String {
    let engine = &JUDGE.engine().about().identity;
    let provenance = Provenance {
        found_by: Some(FoundBy::FuzzTarget {
            target: target.to_string(),
            family: engine.family.clone(),
            version: engine.version.clone(),
        }),
        shrunk_on: Some(engine.configuration.clone()),
        ..Provenance::of(judgement)
    };
    stored(provenance.lines(), case, judgement)
        .to_wast()
        .unwrap_or_else(|error| format!("(no text: {error})"))
}
