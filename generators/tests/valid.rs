//! Whatever is drawn and whatever is encoded is a valid component.

mod tuned;

use spawndiff_generators::{
    Element, Instance, Lift, MAX_INSTANCES, Mix, Op, Plan, Refusal, Scalar, SmithBody,
    case_from_bytes, encode, encode_with_refusals, limits, plan_from_bytes, plan_from_seed_with,
    run_bytes,
};
use wasmparser::{Parser, Payload, Validator, WasmFeatures};

/// Everything that can be drawn, as often as the campaigns draw it. What bytes mean is drawn from the default.
fn mix() -> Mix {
    tuned::mix(*Mix::NUMBERS.end(), MAX_INSTANCES)
}

fn features() -> WasmFeatures {
    WasmFeatures::default()
        | WasmFeatures::FUNCTION_REFERENCES
        | WasmFeatures::GC
        | WasmFeatures::CM_ASYNC
        | WasmFeatures::CM_ASYNC_STACKFUL
        | WasmFeatures::CM_MORE_ASYNC_BUILTINS
        | WasmFeatures::CM_THREADING
}

/// Validates the whole component if it does not spawn, else (the validator wants `shared` then) each module, and parses
/// the rest.
fn check(plan: &Plan, what: &dyn std::fmt::Debug) {
    let (case, refused) = encode_with_refusals(plan);
    let bytes = case.component;
    for refusal in &refused {
        assert!(
            !matches!(refusal, Refusal::Invalid(_)),
            "{what:?}: {refusal}"
        );
    }
    let text = || wasmprinter::print_bytes(&bytes).unwrap_or_else(|e| e.to_string());
    if !plan.spawns()
        && let Err(error) = Validator::new_with_features(features()).validate_all(&bytes)
    {
        panic!("{what:?}: {error}\n{}", text());
    }
    let mut modules = 0;
    let mut parser = Parser::new(0);
    parser.set_features(features() | WasmFeatures::SHARED_EVERYTHING_THREADS);
    for payload in parser.parse_all(&bytes) {
        match payload.unwrap_or_else(|error| panic!("{what:?}: {error}")) {
            Payload::ModuleSection {
                unchecked_range, ..
            } => {
                modules += 1;
                let module = &bytes[unchecked_range];
                if let Err(error) = Validator::new_with_features(features()).validate_all(module) {
                    panic!("{what:?}: {error}\n{}", text());
                }
            }
            Payload::ComponentCanonicalSection(section) => {
                section
                    .into_iter()
                    .for_each(|canon| drop(canon.expect("a definition")));
            }
            _ => {}
        }
    }
    let instances = plan.instances.len().clamp(1, limits::INSTANCES);
    let with_smith = plan.instances.iter().take(instances);
    let with_smith = with_smith.filter(|it| it.smith.is_some()).count();
    // One that wasm-smith makes, and one that joins it to the others.
    let of_smith = 2 * (with_smith - refused.len());
    // One that puts the definitions that start threads where `main` calls them, if it calls any.
    let in_main = plan.instances.iter().take(instances);
    let in_main = in_main.filter(|it| it.tables_in_main).count();
    let fixed = 2 * instances + of_smith;
    assert!((fixed..=fixed + in_main).contains(&modules), "{what:?}");
    wasmprinter::print_bytes(&bytes).unwrap_or_else(|error| panic!("{what:?}: {error}"));
}

#[test]
fn what_seeds_give_is_valid() {
    let mut spawning = 0;
    let mut checked = 0;
    let mut post_returns = 0;
    // Start functions, destructors and `realloc` that do something, and post-return functions of called instances.
    let mut asides = [0; 4];
    for seed in 0.. {
        let plan = plan_from_seed_with(1, seed, mix());
        check(&plan, &seed);
        spawning += u32::from(plan.spawns());
        checked += u32::from(!plan.spawns());
        let mut entries = plan.instances[0].entries.iter();
        let post_return = entries.any(|entry| entry.post_return().is_some());
        post_returns += u32::from(post_return && !plan.spawns());
        if !plan.spawns() {
            for (number, instance) in plan.instances.iter().enumerate() {
                asides[0] += u32::from(!instance.start_function.is_empty());
                asides[1] += u32::from(!instance.destructor.is_empty());
                asides[2] += u32::from(!instance.realloc.is_empty());
                let mut entries = instance.entries.iter();
                let post_return = entries.any(|entry| entry.post_return().is_some());
                asides[3] += u32::from(number > 0 && post_return);
            }
        }
        if checked == 2000 {
            break;
        }
    }
    assert!(asides.iter().all(|&count| count >= 5), "{asides:?}");
    assert!(spawning > 500, "{spawning}");
    assert!(post_returns > 300, "{post_returns}"); // with their lift option checked
}

#[test]
fn what_any_bytes_give_is_valid() {
    check(&plan_from_bytes(&[]), &"no bytes");
    let mut state = 1_u64;
    for round in 0..10_000 {
        let mut next = || {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (state >> 33) as usize
        };
        let len = if round % 2 == 0 {
            next() % 40
        } else {
            next() % 1500
        };
        let bytes: Vec<u8> = (0..len).map(|_| next() as u8).collect();
        let plan = plan_from_bytes(&bytes[run_bytes(len)..]);
        check(&plan, &bytes);
        // The bytes before those of the plan mean only the runs.
        let case = case_from_bytes(&bytes);
        assert!(case.component == encode(&plan).component, "{bytes:?}");
        for run in &case.runs {
            let last = run.invocations.last().expect("a run is never empty");
            assert_eq!(last.export, "state", "{bytes:?}");
        }
    }
    for byte in 0..=255 {
        check(&plan_from_bytes(&[byte; 700]), &byte);
    }
}

/// A change that is made to a plan.
type Cut = fn(&mut Plan);
/// A change that is made to an instance.
type InnerCut = fn(&mut Instance);

/// The operations of all program functions, one after the other.
fn bodies(instance: &Instance) -> Vec<Op> {
    let bodies = instance.functions.iter();
    bodies.flat_map(|it| it.body.clone()).collect()
}

/// A plan stays valid after changes like those that a shrinker may make, as roughly as it may make them.
#[test]
fn a_mutilated_plan_is_valid() {
    let cuts: &[(&str, Cut)] = &[
        ("everything", |plan| *plan = Plan::default()),
        ("runs", |plan| plan.runs.clear()),
        ("channels", |plan| plan.channels.clear()),
        ("the first channel", |plan| {
            if !plan.channels.is_empty() {
                plan.channels.remove(0);
            }
        }),
        ("all instances but the first", |plan| {
            plan.instances.truncate(1)
        }),
        ("the first instance", |plan| drop(plan.instances.remove(0))),
        ("the last instance", |plan| drop(plan.instances.pop())),
    ];
    let inner: &[(&str, InnerCut)] = &[
        ("tables", |plan| plan.tables.clear()),
        ("the first table", |plan| {
            plan.tables.remove(0);
        }),
        ("globals", |plan| plan.globals.clear()),
        ("starts", |plan| plan.starts.clear()),
        ("core types", |plan| plan.core_types.clear()),
        ("signatures", |plan| plan.signatures.clear()),
        ("the first signature", |plan| {
            drop(plan.signatures.remove(0))
        }),
        ("functions", |plan| plan.functions.clear()),
        ("the first function", |plan| drop(plan.functions.remove(0))),
        ("segments", |plan| plan.segments.clear()),
        ("entries", |plan| plan.entries.clear()),
        ("the last entry", |plan| drop(plan.entries.pop())),
        ("the types of tables", |plan| {
            plan.tables
                .iter_mut()
                .for_each(|table| table.element = Element::Start)
        }),
        ("table sizes", |plan| {
            plan.tables.iter_mut().for_each(|table| table.initial = 1)
        }),
        ("lifts", |plan| {
            plan.entries
                .iter_mut()
                .for_each(|entry| entry.lift = Lift::Stackful)
        }),
        ("post-returns", |plan| {
            plan.entries.iter_mut().for_each(|entry| {
                entry.lift = Lift::Sync(Scalar::Bits(0));
                entry.post_return = Some(entry.body.clone());
            })
        }),
        ("post-returns without anything else", |plan| {
            let mut entries = std::mem::take(&mut plan.entries);
            entries.iter_mut().for_each(|entry| {
                entry.lift = Lift::SyncTyped(Scalar::Bits(0));
                entry.post_return = Some(std::mem::take(&mut entry.body));
            });
            *plan = Instance {
                entries,
                ..Instance::default()
            };
        }),
        ("start functions", |plan| {
            plan.start_function = bodies(plan);
        }),
        ("destructors", |plan| {
            plan.resource = Some(true);
            plan.destructor = bodies(plan);
        }),
        ("realloc", |plan| {
            plan.realloc = bodies(plan);
        }),
        ("what is called aside, without anything else", |plan| {
            let ops = std::mem::take(&mut plan.entries);
            let ops: Vec<_> = ops.into_iter().flat_map(|it| it.body).collect();
            *plan = Instance {
                resource: Some(true),
                start_function: ops.clone(),
                destructor: ops.clone(),
                realloc: ops,
                ..Instance::default()
            };
        }),
        ("resources", |plan| plan.resource = None),
        ("nesting", |plan| plan.parent = None),
        ("siblings", |plan| plan.parent = Some(7)),
        ("the first", |plan| plan.parent = Some(0)),
        ("wrappers", |plan| plan.wrappers = 9),
        ("the functions of wasm-smith", |plan| {
            plan.smith.iter_mut().for_each(|it| it.functions.clear())
        }),
        ("the bodies of wasm-smith", |plan| {
            let smith = plan.smith.iter_mut().flat_map(|it| &mut it.functions);
            smith.for_each(|it| it.body = SmithBody::Nothing);
        }),
        ("the bodies of wasm-smith but for their calls", |plan| {
            let smith = plan.smith.iter_mut().flat_map(|it| &mut it.functions);
            smith.for_each(|it| it.body = SmithBody::Calls);
        }),
        ("the imports of wasm-smith", |plan| {
            plan.smith.iter_mut().for_each(|it| {
                it.helpers.clear();
                it.built_ins.clear();
            })
        }),
        ("the bytes of wasm-smith", |plan| {
            plan.smith.iter_mut().for_each(|it| it.bytes.clear())
        }),
        ("the operations beside wasm-smith", |plan| {
            *plan = Instance {
                smith: plan.smith.take(),
                ..Instance::default()
            };
        }),
    ];
    for seed in 0..100 {
        for (what, cut) in cuts {
            let mut plan = plan_from_seed_with(2, seed, mix());
            cut(&mut plan);
            check(&plan, &(seed, what));
        }
        for (what, cut) in inner {
            let mut plan = plan_from_seed_with(2, seed, mix());
            plan.instances.iter_mut().for_each(cut);
            check(&plan, &(seed, what));
            let mut plan = plan_from_seed_with(2, seed, mix());
            plan.instances.last_mut().into_iter().for_each(cut);
            check(&plan, &(seed, what));
        }
    }
}

#[test]
fn any_nesting_is_valid() {
    let plans = (0..).map(|seed| plan_from_seed_with(6, seed, mix()));
    let large = plans.filter(|plan| plan.instances.len() == limits::INSTANCES);
    for mut plan in large.take(40) {
        for nesting in 0..2 * 3 * 4 {
            let parents = [nesting % 2, nesting / 2 % 3, nesting / 6];
            for (instance, parent) in plan.instances[1..].iter_mut().zip(parents) {
                instance.parent = usize::checked_sub(parent, 1);
            }
            check(&plan, &parents);
        }
    }
}
