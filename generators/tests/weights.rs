//! Each weight of a mix changes how often the thing that it names is drawn, and the mix of the campaigns is made of
//! weights.

mod tuned;

use spawndiff_generators::{
    Instance, Lift, MAX_INSTANCES, Mix, Op, Plan, Target, Weight, plan_from_seed_with,
};
use std::collections::BTreeSet;
use std::path::Path;
use tuned::TUNED;

/// Plans drawn for each value of a weight.
const PLANS: u64 = 3000;
/// Plans drawn for each value of a weight where few plans have the thing that it weighs.
const PLANS_WHERE_RARE: u64 = 40_000;

fn nested<'a>(ops: impl IntoIterator<Item = &'a Op>) -> Vec<&'a Op> {
    ops.into_iter()
        .flat_map(|op| std::iter::once(op).chain(nested(op.nested())))
        .collect()
}

fn count<'a>(ops: impl IntoIterator<Item = &'a Op>, is: impl Fn(&Op) -> bool) -> usize {
    nested(ops).into_iter().filter(|op| is(op)).count()
}

fn is_async_call(op: &Op) -> bool {
    matches!(op, Op::Invoke { asynchronous, .. } if *asynchronous)
}

/// How many promotions there are of a target that `is` accepts.
fn promotions(plan: &Plan, is: impl Fn(&Target) -> bool) -> usize {
    let mut promotions = 0;
    plan.visit(&mut |op| {
        if let Op::YieldThenPromote { target, .. } | Op::SuspendThenPromote { target, .. } = op {
            promotions += usize::from(is(target));
        }
    });
    promotions
}

/// How many calls go to instances that are nested in the caller.
fn nested_callees(plan: &Plan) -> usize {
    let within = |mut inner: usize, outer: usize| {
        while let Some(parent) = plan.instances[inner].parent {
            if parent == outer {
                return true;
            }
            inner = parent;
        }
        false
    };
    let instances = plan.instances.iter().enumerate();
    let calls = instances.map(|(caller, instance)| {
        let ops = instance.bodies().flatten();
        count(
            ops,
            |op| matches!(op, Op::Invoke { callee, .. } if within(callee.instance, caller)),
        )
    });
    calls.sum()
}

/// How often a plan has the thing that a weight weighs.
fn drawn(weight: Weight, plan: &Plan) -> usize {
    let each = |of: &dyn Fn(&Instance) -> usize| plan.instances.iter().map(of).sum::<usize>();
    let sync_typed = |instance: &Instance| {
        let entries = instance.entries.iter();
        entries
            .filter(|it| matches!(it.lift, Lift::SyncTyped(_)))
            .count()
    };
    let has_peers = plan.instances.len() > 1 || !plan.channels.is_empty();
    match weight {
        Weight::AbandonedSubtasks => each(&|it| {
            let bodies = it.functions.iter().map(|function| &function.body);
            bodies
                .filter(|body| count(*body, is_async_call) > 0 && !body.contains(&Op::Drain))
                .count()
        }),
        Weight::AsyncCallsFromSyncTyped => each(&|it| {
            let entries = it.entries.iter();
            let entries = entries.filter(|it| matches!(it.lift, Lift::SyncTyped(_)));
            entries.map(|it| count(&it.body, is_async_call)).sum()
        }),
        Weight::NestedInFirst => each(&|it| usize::from(it.parent == Some(0))),
        Weight::NestedCallees => nested_callees(plan),
        Weight::SyncTypedEntries if has_peers => 0,
        Weight::SyncTypedEntriesWithPeers if !has_peers => 0,
        Weight::SyncTypedEntries | Weight::SyncTypedEntriesWithPeers => {
            sync_typed(&plan.instances[0])
        }
        Weight::PromotedAtOnce | Weight::PromotedLast => promotions(plan, |it| *it == Target::Last),
        Weight::PromotedSuspended => promotions(plan, |it| matches!(it, Target::Parked(_))),
        Weight::PromotedItself => promotions(plan, |it| *it == Target::Own),
        Weight::YieldsInStartFunction => each(&|it| {
            count(&it.start_function, |op| {
                matches!(op, Op::Yield { offer: false, .. })
            })
        }),
        Weight::CallsInRealloc => {
            each(&|it| count(&it.realloc, |op| matches!(op, Op::Invoke { .. })))
        }
        Weight::ThreadsInCalledPostReturn => {
            let called = plan.instances.iter().skip(1);
            let entries = called.flat_map(|it| &it.entries);
            let ops = entries.flat_map(|entry| entry.post_return().unwrap_or_default());
            count(ops, |op| {
                let name = op.name();
                name == "start" || name.contains("suspend") || name.contains("yield")
            })
        }
    }
}

#[test]
fn a_larger_weight_draws_more() {
    for weight in Weight::ALL {
        let all = |value| {
            let mix = Mix::default().with(weight, value);
            let rare = matches!(
                weight,
                Weight::CallsInRealloc | Weight::ThreadsInCalledPostReturn
            );
            let plans = if rare { PLANS_WHERE_RARE } else { PLANS };
            let plans = (0..plans).map(|index| plan_from_seed_with(11, index, mix));
            plans.map(|plan| drawn(weight, &plan)).sum::<usize>()
        };
        let (none, some) = (all(0), all(weight.default_value()));
        let most = match weight.default_value() {
            100 => some,
            _ => all(100),
        };
        let name = weight.name();
        println!("{name}: {none}, {some}, {most}");
        assert!(none < some, "{name}: {none}, {some}");
        assert!(some <= most, "{name}: {some}, {most}");
    }
}

#[test]
fn what_the_campaigns_weigh_less_has_a_known_divergence_that_asks_for_it() {
    let known = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/known");
    let mut names = BTreeSet::new();
    for &(name, value, divergence) in TUNED {
        let weight = Weight::of_name(name).expect("a weight");
        assert!(value < weight.default_value(), "{name}");
        assert!(names.insert(name), "{name} is there twice");
        let file = known.join(divergence).with_extension("toml");
        assert!(file.exists(), "{divergence}");
        assert_eq!(
            tuned::mix(*Mix::NUMBERS.end(), MAX_INSTANCES).weight(weight),
            value,
            "{name}"
        );
    }
    assert_eq!(names.len(), Weight::ALL.len(), "each stands for one");
}
