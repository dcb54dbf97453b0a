//! Tests how often things are drawn, and what that costs. The tests count on plans and bytes; no engine runs.

mod tuned;

use arbitrary::Unstructured;
use spawndiff_generators::{
    Argument, Code, Handle, Index, Instance, Lift, MAX_INSTANCES, Mix, Op, Plan, Target,
    case_from_bytes, case_from_seed, encode, limits, plan, plan_from_seed_with,
};
use std::collections::BTreeMap;

const SEEDS: u64 = 2000;

/// Everything that can be drawn, as often as the campaigns draw it.
fn mix() -> Mix {
    tuned::mix(*Mix::NUMBERS.end(), MAX_INSTANCES)
}

fn plans() -> impl Iterator<Item = Plan> {
    (0..SEEDS).map(|seed| plan_from_seed_with(3, seed, mix()))
}

#[test]
fn the_same_seed_is_the_same_case() {
    for seed in 0..100 {
        assert_eq!(case_from_seed(7, seed), case_from_seed(7, seed));
        assert_ne!(
            case_from_seed(7, seed).component,
            case_from_seed(8, seed).component
        );
        assert_ne!(
            case_from_seed(7, seed).component,
            case_from_seed(7, seed + 1).component
        );
    }
}

/// The seed's meaning is fixed for ever, or regression lists of seeds lose theirs: change it knowingly.
#[test]
fn no_bytes_give_a_case_that_starts_a_thread() {
    let case = case_from_bytes(&[]);
    assert!(case.runs.len() >= 2);
    assert!(
        case.runs.iter().all(|run| run.invocations.len() >= 2),
        "{case:?}"
    );
    let plan = plan(&mut Unstructured::new(&[]), mix());
    let body = &plan.instances[0].entries[0].body;
    assert!(matches!(body[0], Op::Start { .. }), "{body:?}");
    assert!(
        matches!(
            body[1],
            Op::ResumeLater {
                target: Target::Parked(_)
            }
        ),
        "{body:?}"
    );
    assert!(case.component.len() < 1500, "{}", case.component.len());
}

#[test]
fn half_of_the_functions_are_right_typed() {
    let (mut right, mut all) = (0, 0);
    for plan in plans() {
        let first = &plan.instances[0];
        // Those that a module of wasm-smith calls have no parameters, and no thread starts with them.
        let helpers = first.smith.as_ref().map_or(0, |smith| smith.helpers.len());
        let functions = &first.functions[..first.functions.len() - helpers];
        all += functions.len();
        let functions = functions.iter();
        right += functions
            .filter(|f| first.signatures[f.signature].is_start())
            .count();
    }
    let share = right * 100 / all;
    assert!((45..=60).contains(&share), "{share} %");
}

#[test]
fn every_operation_is_drawn() {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for plan in plans() {
        plan.visit(&mut |op| *counts.entry(op.name()).or_default() += 1);
    }
    println!("{counts:?}");
    for name in Op::NAMES {
        assert!(
            counts.get(name).is_some_and(|count| *count > 20),
            "{name}: {counts:?}"
        );
    }
}

/// Half of the plans have other instances to call, and what these need is common enough.
#[test]
fn instances_and_channels_are_drawn_as_often_as_said() {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for plan in plans() {
        let inner = &plan.instances[1..];
        for (name, is) in [
            ("two or more instances", !inner.is_empty()),
            ("three or more", inner.len() > 1),
            ("nested", inner.iter().any(|i| i.parent.is_some())),
            ("in the first", inner.iter().any(|i| i.parent == Some(0))),
            ("wrapped", inner.iter().any(|i| i.wrappers > 0)),
            ("streams or futures", !plan.channels.is_empty()),
            ("resources", inner.iter().any(|i| i.resource.is_some())),
        ] {
            *counts.entry(name).or_default() += u64::from(is);
        }
    }
    println!("{counts:?} of {SEEDS}");
    for (name, percent) in [
        ("two or more instances", 50..=56),
        ("three or more", 18..=26),
        ("nested", 4..=12),
        ("in the first", 1..=4),
        ("wrapped", 10..=22),
        ("streams or futures", 22..=34),
        ("resources", 15..=32),
    ] {
        let share = counts[name] * 100 / SEEDS;
        assert!(percent.contains(&share), "{name}: {share} %");
    }
}

#[test]
fn every_lift_is_drawn_as_often_as_said() {
    let mut counts = [0; 4];
    for plan in plans() {
        for entry in &plan.instances[0].entries {
            let lift = match entry.lift {
                Lift::SyncTyped(_) => 0,
                Lift::Sync(_) => 1,
                Lift::Stackful => 2,
                Lift::Callback(_) => 3,
            };
            counts[lift] += 100;
        }
    }
    let all: u32 = counts.iter().sum::<u32>() / 100;
    let shares = counts.map(|count| count / all);
    for (share, wanted) in shares.into_iter().zip([11, 27, 36, 26]) {
        assert!(share.abs_diff(wanted) <= 3, "{shares:?}");
    }
}

#[test]
fn there_are_many_invocations_and_every_run_ends_with_state() {
    let mut invocations = 0;
    for plan in plans() {
        let case = encode(&plan);
        assert!(limits::RUNS.contains(&case.runs.len()));
        for run in &case.runs {
            invocations += run.invocations.len();
            assert_eq!(run.invocations.last().expect("one").export, "state");
            assert!((2..=limits::CALLS + 1).contains(&run.invocations.len()));
        }
    }
    let average = invocations as f64 / SEEDS as f64;
    println!("{average} invocations");
    assert!((7.0..=11.0).contains(&average), "{average}");
}

/// Mistakes must be common enough, and not so common that nothing gets far. The share of plans that hold one is an upper
/// bound of the share of cases that trap so.
#[test]
fn the_mistakes_are_there() {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for plan in plans() {
        let mut seen: BTreeMap<&str, bool> = BTreeMap::new();
        plan.visit(&mut |op| {
            if let Op::Start { index, .. } = op {
                let far = matches!(index, Index::Const(i) if *i > limits::TABLE_SIZE + 4);
                *seen.entry("start out of bounds").or_default() |= far || *index == Index::Size;
            }
            let sleeps = matches!(op, Op::Suspend { park: None, .. })
                || matches!(
                    op,
                    Op::SuspendThenPromote {
                        park: None,
                        target: Target::Own,
                        ..
                    }
                );
            let passes = |is: &dyn Fn(&Argument) -> bool| matches!(op, Op::Invoke { args, .. } if args.iter().any(is));
            for (name, is) in [
                (
                    "lent on",
                    passes(&|arg| matches!(arg, Argument::Handle(Handle::Parameter(_)))),
                ),
                (
                    "lowered in steps",
                    passes(&|arg| matches!(arg, Argument::Sample(1_000_000..))),
                ),
                ("suspended for ever", sleeps),
                ("unreachable", *op == Op::Unreachable),
                ("unaligned copy", matches!(op, Op::Copy { offset: 1.., .. })),
                (
                    "null spawned",
                    matches!(op, Op::SpawnRef { function: None, .. }),
                ),
            ] {
                *seen.entry(name).or_default() |= is;
            }
        });
        let misplaces = |instance: &Instance| instance.misplacement.is_some();
        *seen.entry("misplaced").or_default() |= plan.instances.iter().any(misplaces);
        for entry in &plan.instances[0].entries {
            if let Lift::Callback(callback) = &entry.lift {
                for code in [callback.first, callback.last_code] {
                    *seen.entry("wait").or_default() |= matches!(code, Code::Wait(_));
                    *seen.entry("invalid code").or_default() |= matches!(code, Code::Invalid(_));
                }
            }
        }
        for (name, _) in seen.into_iter().filter(|(_, is)| *is) {
            *counts.entry(name).or_default() += 1;
        }
    }
    println!("{counts:?} of {SEEDS}");
    for (name, least) in [
        ("start out of bounds", 250),
        ("suspended for ever", 200),
        ("unreachable", 15),
        ("unaligned copy", 15),
        ("misplaced", 15),
        ("lent on", 10),
        ("lowered in steps", 15),
        ("null spawned", 15),
        ("wait", 5),
        ("invalid code", 5),
    ] {
        assert!(
            counts.get(name).is_some_and(|count| *count >= least),
            "{name}: {counts:?}"
        );
    }
}

/// Post-return functions are there, and each of what they may not call is called by one. The share of plans that hold a
/// call is an upper bound of the share of cases that trap so.
#[test]
fn post_returns_are_drawn_with_every_forbidden_call() {
    const PLANS: u64 = 20_000;
    const FORBIDDEN: [&str; 14] = [
        "log",
        "mark",
        "task-return",
        "thread-index",
        "new-indirect",
        "spawn-indirect",
        "spawn-ref",
        "resume-later",
        "suspend",
        "yield",
        "suspend-then-resume",
        "yield-then-resume",
        "suspend-then-promote",
        "yield-then-promote",
    ];
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut lifted, mut with, mut unlucky) = (0, 0, 0);
    for plan in (0..PLANS).map(|seed| plan_from_seed_with(5, seed, mix())) {
        let before: u64 = counts.values().sum();
        for entry in &plan.instances[0].entries {
            lifted += u64::from(entry.lift.is_sync());
            let Some(ops) = entry.post_return() else {
                assert_eq!(entry.post_return, None, "nothing is drawn for nothing");
                continue;
            };
            with += 1;
            for op in ops
                .iter()
                .flat_map(|op| [op].into_iter().chain(op.nested()))
            {
                let name = if let Op::Start { start, .. } = op {
                    ["new-indirect", "spawn-indirect"]
                        [usize::from(plan.instances[0].starts[*start].spawn)]
                } else {
                    op.name()
                };
                if FORBIDDEN.contains(&name) {
                    *counts.entry(name).or_default() += 1;
                }
            }
        }
        unlucky += u64::from(counts.values().sum::<u64>() > before);
    }
    println!("{with} of {lifted}, {unlucky} of {PLANS}: {counts:?}");
    assert!(
        (28..=42).contains(&(with * 100 / lifted)),
        "{with} of {lifted}"
    );
    assert!((6..=12).contains(&(unlucky * 100 / PLANS)), "{unlucky}");
    let each = counts.values().sum::<u64>() / FORBIDDEN.len() as u64;
    for name in FORBIDDEN {
        let count = counts.get(name).copied().unwrap_or(0);
        assert!(count * 2 > each && count < each * 2, "{name}: {counts:?}");
    }
}

#[test]
fn components_are_small_and_need_few_bytes() {
    // How long it takes to make and to read a component goes by its size: no case is much larger than the others.
    for (instances, most) in [(1, 4096), (2, 9000), (3, 14_000), (4, 19_000)] {
        let plans = plans().filter(|plan| plan.instances.len() == instances);
        let mut sizes: Vec<usize> = plans.map(|plan| encode(&plan).component.len()).collect();
        sizes.sort_unstable();
        let median = sizes[sizes.len() / 2];
        let largest = sizes[sizes.len() - 1];
        println!("{instances} instances: median {median}, largest {largest}");
        assert!(median < most, "{instances}: {median}");
        assert!(largest < 4 * median, "{instances}: {largest}");
    }
    let mut used = Vec::new();
    let mut state = 9_u64;
    for _ in 0..1000 {
        let mut next = || {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (state >> 56) as u8
        };
        let bytes: Vec<u8> = (0..8192).map(|_| next()).collect();
        for mix in [mix(), Mix::default()] {
            let mut u = Unstructured::new(&bytes);
            plan(&mut u, mix);
            used.push(bytes.len() - u.len());
        }
    }
    used.sort_unstable();
    println!(
        "bytes: median {}, most {}",
        used[used.len() / 2],
        used[used.len() - 1]
    );
    assert!(
        used[used.len() - 1] < limits::SEED_BYTES,
        "{:?}",
        used.last()
    );
}

/// No two places of a program log under the same point, for then a trace would not say where it was.
#[test]
fn bodies_keep_within_their_points() {
    fn count(ops: &[Op]) -> u32 {
        ops.iter()
            .map(|op| {
                1 + op
                    .nested()
                    .map(|op| count(std::slice::from_ref(op)))
                    .sum::<u32>()
            })
            .sum()
    }
    let most = limits::POINTS_PER_FUNCTION - limits::FIRST_OP_POINT;
    for plan in plans() {
        for function in plan.instances.iter().flat_map(|i| &i.functions) {
            assert!(count(&function.body) <= most);
        }
        for entry in plan.instances.iter().flat_map(|i| &i.entries) {
            assert!(count(&entry.body) <= most);
            if let Lift::Callback(callback) = &entry.lift {
                assert!(count(&callback.body) + count(&callback.last) <= most);
            }
            assert!(count(entry.post_return().unwrap_or_default()) <= most);
        }
    }
}
