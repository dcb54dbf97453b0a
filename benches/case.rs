//! Measures what a case costs, on one core, against what a plain embedder spends on the native engine alone.
//!
//! The machine is noisy, so the figure that counts is a ratio: both sides are measured in turn, case by case, in one run.

#[path = "../tests/mix/mod.rs"]
mod mix;

use criterion::{BatchSize, Criterion};
use spawndiff_corpus::Case;
use spawndiff_engines::wasmtime::{Config, Native};
use spawndiff_generators::MAX_INSTANCES;
use spawndiff_judge::Judge;
use spawndiff_reference::schedules::Fixed;
use spawndiff_reference::{Coverage, Reference};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// The seed of the cases, and how many there are.
const SEED: u64 = 20_260_821;
const CASES: u64 = 2_000;

fn main() {
    // `cargo test` only wants to know that it runs.
    let testing = std::env::args().any(|arg| arg == "--test");
    ratio(if testing { 10 } else { CASES });
    let mut criterion = Criterion::default().configure_from_args().sample_size(20);
    parts(&mut criterion);
    criterion.final_summary();
}

/// The reference alone: decoding, compiling for wasmi, all runs with the fixed policy.
fn reference(case: &Case) {
    let Ok(reference) = Reference::new(case) else {
        return;
    };
    for run in &case.runs {
        let _ = black_box(reference.run(run, &mut Fixed, &mut (), &mut Coverage::default()));
    }
}

/// Where the time of a case goes.
fn parts(criterion: &mut Criterion) {
    let judge = Judge::new(Native::new(Config::default()));
    let native = Native::new(Config::default());
    let plain = Native::new(Config::plain());
    let mut group = criterion.benchmark_group("case");
    let mut bench = |name: &str, work: &dyn Fn(u64, &Case)| {
        let mut index = 0;
        let next = || {
            index += 1;
            (index, mix::case(SEED, index, MAX_INSTANCES))
        };
        let mut next = next;
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                &mut next,
                |(index, case)| work(index, &case),
                BatchSize::SmallInput,
            );
        });
    };
    bench("generate", &|index, _| {
        black_box(mix::case(SEED, index, MAX_INSTANCES));
    });
    bench("native", &|_, case| {
        black_box(native.observe(case));
    });
    bench("reference", &|_, case| reference(case));
    bench("whole", &|index, _| {
        black_box(judge.judge(&mix::case(SEED, index, MAX_INSTANCES)));
    });
    bench("plain embedder", &|_, case| {
        black_box(plain.observe(case));
    });
    group.finish();
}

/// A whole case (generate, native, reference, compare) over what a plain embedder spends on the native engine alone.
fn ratio(cases: u64) {
    let judge = Judge::new(Native::new(Config::default()));
    let native = Native::new(Config::default());
    let plain = Native::new(Config::plain());
    let mut times = [Duration::ZERO; 5];
    for index in 0..cases {
        let mut time = |slot: usize, work: &mut dyn FnMut()| {
            let begin = Instant::now();
            work();
            times[slot] += begin.elapsed();
        };
        let mut case = Case::default();
        time(0, &mut || case = mix::case(SEED, index, MAX_INSTANCES));
        time(1, &mut || {
            black_box(native.observe(&case));
        });
        time(2, &mut || reference(&case));
        time(3, &mut || {
            black_box(judge.judge(&mix::case(SEED, index, MAX_INSTANCES)));
        });
        time(4, &mut || {
            black_box(plain.observe(&case));
        });
    }
    let each = times.map(|time| time.as_secs_f64() * 1e6 / cases as f64);
    let [generate, native, reference, whole, plain] = each;
    println!("microseconds a case, over {cases} cases, one core");
    println!("  generate        {generate:>9.1}");
    println!("  native          {native:>9.1}");
    println!("  reference       {reference:>9.1}");
    println!("  whole           {whole:>9.1}");
    println!("  plain embedder  {plain:>9.1}");
    println!("  whole / plain embedder: {:.2}", whole / plain);
}
