//! The conditions of traps, `trap_if` of the text, each of which some stored case gives on the reference: a condition that is never
//! checked, or is taken for another one, shows here.

mod mix;

use spawndiff_corpus::{Case, StoredCase};
use spawndiff_generators::{Bodies, case_from_seed_with};
use spawndiff_reference::machine::TrapIf;
use spawndiff_reference::schedules::{Choice, Fixed, Label, Scheduler};
use spawndiff_reference::{Coverage, Reference};
use std::collections::BTreeMap;
use std::path::Path;

/// Chooses as [`Fixed`] does, but of several traps the last.
struct LastTrap;

impl Scheduler for LastTrap {
    fn choose(&mut self, choice: Choice, options: &[Label]) -> usize {
        match choice {
            Choice::Trap => options.len() - 1,
            _ => Fixed.choose(choice, options),
        }
    }
}

/// The conditions that hold in a case on the fixed schedule: where several do, the first and the last of them.
fn conditions(case: &Case, seen: &mut BTreeMap<TrapIf, usize>) {
    let Ok(reference) = Reference::new(case) else {
        return;
    };
    for run in &case.runs {
        let schedulers: [&mut dyn Scheduler; 2] = [&mut Fixed, &mut LastTrap];
        for scheduler in schedulers {
            let mut reached = Coverage::default();
            // What is not supported has reached nothing.
            let _ = reference.run(run, scheduler, &mut (), &mut reached);
            for condition in reached.trapped.values().filter_map(|it| it.1) {
                *seen.entry(condition).or_default() += 1;
            }
        }
    }
}

#[test]
fn every_condition_of_the_text_is_given_by_a_case() {
    let mut seen = BTreeMap::new();
    for folder in ["corpus/cases", "corpus/known", "corpus/known/combined"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        for entry in std::fs::read_dir(folder).expect("it is there") {
            let path = entry.expect("it can be listed").path();
            if path.extension().is_some_and(|it| it == "wast") {
                let stored = StoredCase::read(&path).expect("it is a stored case");
                conditions(&stored.case, &mut seen);
            }
        }
    }
    // What the plans' own code gives is given less often where other code takes its place.
    let own = mix::mix(4).with_bodies(Bodies::Own);
    for index in 0..1_500 {
        conditions(&mix::case(3, index, 4), &mut seen);
        conditions(&case_from_seed_with(3, index, own), &mut seen);
    }
    let of_another_kind = StoredCase::parse(OF_ANOTHER_KIND).expect("it is a stored case");
    conditions(&of_another_kind.case, &mut seen);
    let of_later_texts = [TrapIf::PromotesItself];
    let all = TrapIf::ALL.iter().copied();
    let missing = all.filter(|it| !seen.contains_key(it) && !of_later_texts.contains(it));
    assert_eq!(missing.collect::<Vec<_>>(), [], "{seen:?}");
}

/// A set is no error context, no resource and no subtask. No engine here has error contexts in cases, and what engines say of the
/// others is no text of a suite, so it is in no file.
const OF_ANOTHER_KIND: &str = r#"
(component definition $spawndiff
  (type $r (resource (rep i32)))
  (core func $new (canon waitable-set.new))
  (core func $drop (canon error-context.drop))
  (core func $drop-resource (canon resource.drop $r))
  (core func $drop-subtask (canon subtask.drop))
  (core module $m
    (import "" "new" (func $new (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (import "" "drop-resource" (func $drop-resource (param i32)))
    (import "" "drop-subtask" (func $drop-subtask (param i32)))
    (func (export "error-context") (call $drop (call $new)))
    (func (export "resource") (call $drop-resource (call $new)))
    (func (export "subtask") (call $drop-subtask (call $new))))
  (core instance $m (instantiate $m (with "" (instance
    (export "new" (func $new)) (export "drop" (func $drop)) (export "drop-resource" (func $drop-resource))
    (export "drop-subtask" (func $drop-subtask))))))
  (func (export "error-context") (canon lift (core func $m "error-context")))
  (func (export "resource") (canon lift (core func $m "resource")))
  (func (export "subtask") (canon lift (core func $m "subtask"))))
(component instance $r0 $spawndiff)
(assert_trap (invoke "error-context") "used with the wrong type")
(component instance $r1 $spawndiff)
(assert_trap (invoke "resource") "used with the wrong type")
(component instance $r2 $spawndiff)
(assert_trap (invoke "subtask") "used with the wrong type")
"#;
