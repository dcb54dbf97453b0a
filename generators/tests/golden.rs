//! The case that a seed and a number mean to the campaigns stays the same: the test compares hashes of some cases, which
//! together have every operation and whatever is drawn rarely. A stored seed, and a figure in a report, mean nothing when
//! one of these hashes changes.

mod tuned;

use spawndiff_corpus::Case;
use spawndiff_generators::{
    Argument, Code, Declared, Element, Encoding, Handle, Lift, Mix, Op, Plan, Target, encode,
    plan_from_seed_with,
};
use std::collections::BTreeSet;

/// A case of a campaign and its hash.
struct Golden {
    mix: u32,
    seed: u64,
    number: u64,
    instances: usize,
    hash: u64,
}

const fn golden(mix: u32, seed: u64, number: u64, instances: usize, hash: u64) -> Golden {
    Golden {
        mix,
        seed,
        number,
        instances,
        hash,
    }
}

const CASES: &[Golden] = &[
    golden(1, 3, 631, 1, 0x9436cb92b6e65a24),
    golden(1, 2026, 2359, 4, 0x44c399621b901580),
    golden(1, 63, 2253, 4, 0xc9b857be85ebc456),
    golden(1, 63, 1773, 1, 0xdd5b81dafe6f7147),
    golden(1, 100, 2069, 4, 0xe0b986d8ae21bd23),
    golden(1, 3, 2648, 4, 0x7d4ec5bb49e7b42c),
    golden(1, 7, 1459, 1, 0x51f0c6dc06f47df2),
    golden(1, 63, 468, 4, 0x0364fd75910951ee),
    golden(1, 1, 1547, 4, 0x3022edc418a4eb5e),
    golden(1, 19, 358, 1, 0x4cec80d92290061f),
    golden(1, 3, 2071, 4, 0xf655efa5731dffe8),
    golden(1, 7, 226, 4, 0xb9b4c635174b017d),
    golden(1, 2, 1, 1, 0x41fa7172e9986800),
    golden(1, 19, 938, 4, 0x46d4b2b18548b993),
    golden(1, 2026, 2400, 4, 0x27baece5fe6f5419),
    golden(1, 7, 85, 1, 0xd144dabea0857f54),
    golden(1, 2, 212, 4, 0xab554823493da664),
    golden(1, 1, 2696, 4, 0x7876dbf4c8a99a40),
    golden(1, 2, 374, 1, 0x628f3e48095da1b4),
    golden(1, 1, 1497, 4, 0x571cad5b01d2a6db),
    golden(2, 1, 14, 4, 0x97e13daf5f1f6128),
    golden(2, 1, 10, 4, 0xab55ba5d7ba7f442),
    golden(2, 1, 12, 1, 0x267858d1cd0654fd),
    golden(2, 1, 32, 1, 0x346c5b3358f5d7be),
    golden(2, 2, 23, 4, 0xf156b9b629ddcf73),
    golden(2, 2, 12, 1, 0x45d5ba188cb497c1),
    golden(2, 3, 7, 4, 0x45f13a5eaa8b6cac),
    golden(2, 3, 18, 4, 0x570345e4aae636a9),
    golden(2, 4, 4, 1, 0x1fd98e8bbf26819d),
    golden(2, 4, 5, 4, 0xc3740b73f705fb07),
    golden(2, 4, 7, 4, 0x3ef8a74d1a520367),
    golden(2, 4, 8, 1, 0x1c2316fc80daff68),
    golden(3, 1, 1, 4, 0x15cd6812da70d431),
    golden(3, 1, 2, 4, 0x5ec036ee620c6138),
    golden(3, 1, 11, 1, 0x63f46438cdca055c),
    golden(3, 1, 11, 4, 0x1e54be15473597ac),
    golden(3, 1, 14, 1, 0xea36068ec278629c),
    golden(3, 2, 0, 1, 0x9effec9d6bb45bc3),
    golden(3, 2, 6, 4, 0x0fa5a729d40cc472),
    golden(3, 2, 16, 4, 0x59b51fd720886b72),
    golden(4, 1, 0, 1, 0x96da1a6ad855db83),
    golden(4, 1, 0, 4, 0x95f7e38ebd79b921),
    golden(4, 1, 1, 4, 0x661ef33568ba878f),
    golden(4, 1, 5, 1, 0xd630c64e32b659b6),
    golden(4, 1, 8, 4, 0x1a2ede5b123d732e),
    golden(4, 1, 11, 4, 0x19395506d08bff12),
    golden(4, 1, 33, 4, 0xdc6f5d257857d3cc),
    golden(4, 1, 35, 4, 0x80152677add2cff0),
    golden(4, 2, 36, 4, 0xbb03164516089369),
];

/// The features of which each has to be in one of the cases at least, beside every operation.
const RARE: &[&str] = &[
    "one instance",
    "two instances",
    "three instances",
    "four instances",
    "nested in the first",
    "nested in another",
    "wrapped",
    "resource",
    "utf-16",
    "latin1+utf16",
    "stream",
    "future",
    "copy of many elements",
    "spawns",
    "lifted without async, async type",
    "lifted without async",
    "stackful",
    "callback",
    "callback that waits",
    "callback that waits on nothing",
    "invalid callback code",
    "post-return",
    "post-return of a called instance",
    "start function",
    "destructor",
    "realloc",
    "unaligned copy",
    "lent on",
    "lowered in steps",
    "misplaced",
    "null spawned",
    "promotes the last thread",
    "promotes itself",
    "promotes a suspended thread",
    "suspended for ever",
    "wasm-smith",
    "wasm-smith on the tables",
    "wasm-smith without traps",
    "wasm-smith with vectors",
    "wasm-smith with tail calls",
    "table of typed references",
    "open type",
    "derived type",
    "type in a recursive group",
    "wasm-smith in a called instance",
    "tables in main",
];

impl Golden {
    fn mix(&self) -> Mix {
        tuned::mix(self.mix, self.instances)
    }

    fn plan(&self) -> Plan {
        plan_from_seed_with(self.seed, self.number, self.mix())
    }
}

/// FNV-1a over the bytes of the component and the text of the runs.
fn hash(case: &Case) -> u64 {
    let runs = format!("{:?}", case.runs);
    let bytes = case.component.iter().chain(runs.as_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The names of the operations of a plan, and of the features of [`RARE`] that it has.
fn features(plan: &Plan) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    let mut note = |name: &'static str, is: bool| {
        if is {
            found.insert(name);
        }
    };
    let count = plan.instances.len();
    note("one instance", count == 1);
    note("two instances", count == 2);
    note("three instances", count == 3);
    note("four instances", count == 4);
    note("stream", plan.channels.iter().any(|it| !it.future));
    note("future", plan.channels.iter().any(|it| it.future));
    note("spawns", plan.spawns());
    for (number, instance) in plan.instances.iter().enumerate() {
        note("nested in the first", instance.parent == Some(0));
        note(
            "nested in another",
            instance.parent.is_some_and(|it| it > 0),
        );
        note("wrapped", instance.wrappers > 0);
        note("resource", instance.resource.is_some());
        note("utf-16", instance.encoding == Encoding::Utf16);
        note("latin1+utf16", instance.encoding == Encoding::Latin1Utf16);
        note("start function", !instance.start_function.is_empty());
        note("destructor", !instance.destructor.is_empty());
        note("realloc", !instance.realloc.is_empty());
        note("misplaced", instance.misplacement.is_some());
        let mut tables = instance.tables.iter();
        note(
            "table of typed references",
            tables.any(|table| table.element == Element::Start),
        );
        note("tables in main", instance.tables_in_main);
        for signature in &instance.signatures {
            note("open type", signature.declared == Declared::Open);
            note("derived type", signature.declared == Declared::Derived);
            note(
                "type in a recursive group",
                signature.declared == Declared::Grouped,
            );
        }
        if let Some(smith) = &instance.smith {
            note("wasm-smith", true);
            note("wasm-smith in a called instance", number > 0);
            note("wasm-smith on the tables", smith.has_tables);
            note("wasm-smith without traps", !smith.instructions.traps);
            note("wasm-smith with vectors", smith.instructions.vectors);
            note("wasm-smith with tail calls", smith.instructions.tail_calls);
        }
        for entry in &instance.entries {
            let post_return = entry.post_return().is_some();
            note("post-return", post_return);
            note(
                "post-return of a called instance",
                post_return && number > 0,
            );
            match &entry.lift {
                Lift::Sync(_) => note("lifted without async, async type", true),
                Lift::SyncTyped(_) => note("lifted without async", true),
                Lift::Stackful => note("stackful", true),
                Lift::Callback(callback) => {
                    note("callback", true);
                    for code in [callback.first, callback.again, callback.last_code] {
                        note("callback that waits", matches!(code, Code::WaitOn(_)));
                        note(
                            "callback that waits on nothing",
                            matches!(code, Code::Wait(_)),
                        );
                        note("invalid callback code", matches!(code, Code::Invalid(_)));
                    }
                }
            }
        }
    }
    plan.visit(&mut |op| {
        note(op.name(), true);
        note(
            "null spawned",
            matches!(op, Op::SpawnRef { function: None, .. }),
        );
        note(
            "suspended for ever",
            matches!(op, Op::Suspend { park: None, .. }),
        );
        if let Op::Copy { count, offset, .. } = op {
            note("copy of many elements", *count > 1);
            note("unaligned copy", *offset > 0);
        }
        if let Op::YieldThenPromote { target, .. } | Op::SuspendThenPromote { target, .. } = op {
            note("promotes the last thread", *target == Target::Last);
            note("promotes itself", *target == Target::Own);
            note(
                "promotes a suspended thread",
                matches!(target, Target::Parked(_)),
            );
        }
        if let Op::Invoke { args, .. } = op {
            for arg in args {
                note(
                    "lent on",
                    matches!(arg, Argument::Handle(Handle::Parameter(_))),
                );
                note(
                    "lowered in steps",
                    matches!(arg, Argument::Sample(1_000_000..)),
                );
            }
        }
    });
    found
}

#[test]
fn every_case_is_what_it_was() {
    for golden in CASES {
        let hash = hash(&encode(&golden.plan()));
        let Golden {
            mix,
            seed,
            number,
            instances,
            ..
        } = golden;
        assert_eq!(
            hash, golden.hash,
            "mix {mix}, seed {seed}, case {number}, {instances} instances: {hash:#018x}"
        );
    }
}

#[test]
fn the_cases_have_everything_that_can_be_drawn() {
    let found: BTreeSet<&str> = CASES.iter().flat_map(|it| features(&it.plan())).collect();
    let wanted = RARE.iter().chain(Op::NAMES);
    let missing: Vec<_> = wanted.filter(|name| !found.contains(*name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(CASES.iter().any(|it| it.instances == 1));
}
