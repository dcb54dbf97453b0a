//! The reference, claim by claim: each test holds one sentence of CanonicalABI.md or Concurrency.md against it.

mod exceptions;
mod programs;
mod start_types;

use programs::{blocking, callback, case, component, stackful, sync};
use spawndiff_corpus::{Case, StoredCase};
use spawndiff_observation::{End, RunObservation, Trap};
use spawndiff_reference::schedules::{Fixed, LastFirst, Replay, Scheduler, YieldStays};
use spawndiff_reference::{Coverage, Reference};

fn run_with(case: &Case, scheduler: &mut dyn Scheduler) -> RunObservation {
    let reference = Reference::new(case).expect("the reference knows the component");
    reference
        .run(&case.runs[0], scheduler, &mut (), &mut Coverage::default())
        .expect("the reference runs it")
}

fn run(body: &str, lifts: &str, exports: &[&str]) -> RunObservation {
    run_with(&case(component(body, lifts), exports), &mut Fixed)
}

/// The trace of invocation `index`, as pairs.
fn trace(run: &RunObservation, index: usize) -> Vec<(u32, u64)> {
    run.invocations[index]
        .events
        .iter()
        .map(|event| (event.point, event.value))
        .collect()
}

fn end(run: &RunObservation) -> End {
    run.invocations.last().expect("an invocation was made").end
}

/// A module whose function `e` calls `thread.new-indirect` on entry `index` of `$t`.
fn start(index: i32) -> RunObservation {
    let body = format!(
        r#"(func $right (param i32))
           (func $wrong (param i64))
           (elem (table $t) (i32.const 1) func $right $wrong)
           (func (export "e") (call $say (i32.const 1) (call $new (i32.const {index}) (i32.const 0))))"#
    );
    run(&body, &blocking("e"), &["e"])
}

#[test]
fn a_null_entry_an_index_past_the_end_and_a_wrong_type_are_three_traps() {
    assert_eq!(end(&start(0)), End::Trap(Trap::ThreadStartNull));
    assert_eq!(end(&start(10)), End::Trap(Trap::TableOutOfBounds));
    assert_eq!(end(&start(-1)), End::Trap(Trap::TableOutOfBounds));
    assert_eq!(end(&start(2)), End::Trap(Trap::ThreadStartType));
    // The implicit thread has index 1, so the new one has 2.
    assert_eq!(trace(&start(1), 0), [(1, 2)]);
}

#[test]
fn a_new_thread_is_suspended_until_it_is_resumed() {
    let body = r#"
        (func $thread (param i32) (call $say (i32.const 9) (local.get 0)))
        (elem (table $t) (i32.const 0) func $thread)
        (func (export "e")
          (drop (call $new (i32.const 0) (i32.const 7)))
          (drop (call $yield))
          (call $say (i32.const 1) (i32.const 1)))"#;
    let run = run(body, &blocking("e"), &["e"]);
    assert_eq!(trace(&run, 0), [(1, 1)]);
    assert_eq!(end(&run), End::Quiet);
    assert_eq!(run.leftover, Some(true));
}

const TWO_THREADS: &str = r#"
    (func $thread (param i32)
      (call $say (i32.const 9) (local.get 0))
      (drop (call $yield))
      (call $say (i32.const 9) (local.get 0)))
    (elem (table $t) (i32.const 0) func $thread)
    (func (export "e")
      (call $later (call $new (i32.const 0) (i32.const 1)))
      (call $later (call $new (i32.const 0) (i32.const 2)))
      (drop (call $yield))
      (call $say (i32.const 1) (i32.const 0)))"#;

#[test]
fn ready_threads_run_in_the_order_that_the_scheduler_chooses() {
    let case = case(component(TWO_THREADS, &blocking("e")), &["e"]);
    let fixed = run_with(&case, &mut Fixed);
    assert_eq!(trace(&fixed, 0), [(9, 1), (9, 2), (1, 0), (9, 1), (9, 2)]);
    let last = run_with(&case, &mut LastFirst);
    assert_eq!(trace(&last, 0), [(1, 0), (9, 2), (9, 2), (9, 1), (9, 1)]);
    let stays = run_with(&case, &mut YieldStays);
    assert_eq!(trace(&stays, 0), [(1, 0), (9, 1), (9, 1), (9, 2), (9, 2)]);
    assert_eq!(fixed.leftover, Some(false));
}

#[test]
fn a_task_that_suspends_with_nothing_ready_is_a_deadlock_and_ends_the_run() {
    let body = r#"(func (export "e") (drop (call $suspend)))"#;
    let run = run(body, &blocking("e"), &["e", "e"]);
    assert_eq!(run.invocations.len(), 1);
    assert_eq!(end(&run), End::Deadlock);
    assert_eq!(run.invocations[0].returned, None);
}

#[test]
fn a_synchronously_typed_task_that_blocks_runs_other_ready_threads() {
    let body = r#"
        (func $thread (param i32)
          (call $say (i32.const 9) (i32.const 0))
          (call $later (local.get 0)))
        (elem (table $t) (i32.const 0) func $thread)
        (func (export "e")
          (call $later (call $new (i32.const 0) (call $index)))
          (drop (call $suspend))
          (call $say (i32.const 1) (i32.const 0)))
        (func (export "stuck") (drop (call $suspend)))"#;
    let lifts = sync("e") + &sync("stuck");
    let seen = run(body, &lifts, &["e"]);
    assert_eq!(trace(&seen, 0), [(9, 0), (1, 0)]);
    assert_eq!(end(&seen), End::Quiet);
    assert_eq!(
        end(&run(body, &lifts, &["stuck"])),
        End::Trap(Trap::CannotBlock)
    );
}

#[test]
fn only_a_suspended_thread_can_be_resumed() {
    let body = r#"
        (func $thread (param i32))
        (elem (table $t) (i32.const 0) func $thread)
        (func (export "self") (call $later (call $index)))
        (func (export "twice") (local i32)
          (local.set 0 (call $new (i32.const 0) (i32.const 0)))
          (call $later (local.get 0))
          (call $later (local.get 0)))
        (func (export "gone") (local i32)
          (local.set 0 (call $new (i32.const 0) (i32.const 0)))
          (call $later (local.get 0))
          (drop (call $yield))
          (call $later (local.get 0)))
        (func (export "zero") (call $later (i32.const 0)))"#;
    let lifts: String = ["self", "twice", "gone", "zero"].map(blocking).concat();
    let end = |export| end(&run(body, &lifts, &[export]));
    assert_eq!(end("self"), End::Trap(Trap::ThreadNotSuspended));
    assert_eq!(end("twice"), End::Trap(Trap::ThreadNotSuspended));
    assert_eq!(end("gone"), End::Trap(Trap::UnknownIndex));
    assert_eq!(end("zero"), End::Trap(Trap::UnknownIndex));
}

#[test]
fn switching_to_a_thread_runs_it_before_any_other_that_is_ready() {
    let body = r#"
        (func $thread (param i32) (call $say (i32.const 9) (local.get 0)))
        (elem (table $t) (i32.const 0) func $thread)
        (func (export "resume")
          (call $later (call $new (i32.const 0) (i32.const 1)))
          (drop (call $yield-resume (call $new (i32.const 0) (i32.const 2))))
          (call $say (i32.const 1) (i32.const 0)))
        (func (export "promote") (local i32)
          (call $later (call $new (i32.const 0) (i32.const 1)))
          (local.set 0 (call $new (i32.const 0) (i32.const 2)))
          (call $later (local.get 0))
          (drop (call $yield-promote (local.get 0)))
          (call $say (i32.const 1) (i32.const 0)))
        (func (export "fall-back") (local i32)
          (call $later (call $new (i32.const 0) (i32.const 1)))
          (local.set 0 (call $new (i32.const 0) (i32.const 2)))
          (drop (call $yield-promote (local.get 0)))
          (call $say (i32.const 1) (i32.const 0)))"#;
    let lifts: String = ["resume", "promote", "fall-back"].map(blocking).concat();
    let trace = |export| trace(&run(body, &lifts, &[export]), 0);
    assert_eq!(trace("resume"), [(9, 2), (9, 1), (1, 0)]);
    assert_eq!(trace("promote"), [(9, 2), (9, 1), (1, 0)]);
    // A thread that is suspended is not ready: the promotion is a plain yield.
    assert_eq!(trace("fall-back"), [(9, 1), (1, 0)]);
}

#[test]
fn a_built_in_can_be_a_start_function() {
    let body = r#"
        (func $thread (param i32) (call $say (i32.const 9) (local.get 0)))
        (elem (table $t) (i32.const 0) func $thread $later $mark)
        (func (export "e") (local i32)
          (local.set 0 (call $new (i32.const 0) (i32.const 5)))
          (call $later (call $new (i32.const 1) (local.get 0)))
          (call $later (call $new (i32.const 2) (i32.const 77)))
          (drop (call $yield)))
        (func (export "trap") (call $later (call $new (i32.const 1) (i32.const 99)))
          (drop (call $yield)))"#;
    let lifts = blocking("e") + &blocking("trap");
    let seen = run(body, &lifts, &["e"]);
    assert_eq!(trace(&seen, 0), [(u32::MAX, 77), (9, 5)]);
    assert_eq!(seen.leftover, Some(false));
    assert_eq!(
        end(&run(body, &lifts, &["trap"])),
        End::Trap(Trap::UnknownIndex)
    );
}

#[test]
fn a_task_returns_exactly_once_and_with_its_own_type() {
    let body = r#"
        (func (export "once") (call $return))
        (func (export "twice") (call $return) (call $return))
        (func (export "never"))
        (func (export "wrong") (call $return-u32 (i32.const 1)))
        (func (export "sync") (call $return))"#;
    let lifts = ["once", "twice", "never", "wrong"].map(stackful).concat() + &blocking("sync");
    let end = |export| end(&run(body, &lifts, &[export]));
    assert_eq!(end("once"), End::Quiet);
    assert_eq!(end("twice"), End::Trap(Trap::TaskReturnTwice));
    assert_eq!(end("never"), End::Trap(Trap::NoTaskReturn));
    assert_eq!(end("wrong"), End::Trap(Trap::TaskReturnInvalid));
    assert_eq!(end("sync"), End::Trap(Trap::TaskReturnInvalid));
}

#[test]
fn a_thread_can_return_for_its_task_after_the_implicit_thread_has_ended() {
    let body = r#"
        (func $thread (param i32) (call $return) (call $say (i32.const 9) (i32.const 0)))
        (elem (table $t) (i32.const 0) func $thread)
        (func (export "e") (call $later (call $new (i32.const 0) (i32.const 0))))"#;
    let seen = run(body, &stackful("e"), &["e"]);
    assert_eq!(trace(&seen, 0), [(9, 0)]);
    assert_eq!(seen.invocations[0].returned, Some(None));
}

#[test]
fn after_a_trap_nothing_can_be_entered() {
    let body = r#"(func (export "e") unreachable) (func (export "f"))"#;
    let seen = run(body, &(blocking("e") + &blocking("f")), &["e", "f"]);
    assert_eq!(seen.invocations[0].end, End::Trap(Trap::Unreachable));
    assert_eq!(seen.invocations[1].end, End::Trap(Trap::CannotEnter));
    assert_eq!(seen.leftover, None);
}

#[test]
fn a_callback_runs_until_it_exits_and_gets_no_event() {
    let body = r#"
        (global $n (mut i32) (i32.const 2))
        (func (export "e") (result i32) (call $return) (i32.const 1))
        (func (export "e-cb") (param i32 i32 i32) (result i32)
          (call $say (i32.const 2) (local.get 0))
          (global.set $n (i32.sub (global.get $n) (i32.const 1)))
          (i32.ne (global.get $n) (i32.const 0)))
        (func (export "bad") (result i32) (i32.const 3))
        (func (export "bad-cb") (param i32 i32 i32) (result i32) (i32.const 0))
        (func (export "wait") (result i32) (i32.const 0x52))
        (func (export "wait-cb") (param i32 i32 i32) (result i32) (i32.const 0))"#;
    let lifts: String = ["e", "bad", "wait"].map(callback).concat();
    let seen = run(body, &lifts, &["e"]);
    assert_eq!(trace(&seen, 0), [(2, 0), (2, 0)]);
    assert_eq!(
        end(&run(body, &lifts, &["bad"])),
        End::Trap(Trap::CallbackCode)
    );
    assert_eq!(
        end(&run(body, &lifts, &["wait"])),
        End::Trap(Trap::UnknownIndex)
    );
}

#[test]
fn a_task_that_holds_the_exclusive_thread_keeps_others_from_starting() {
    let body = r#"
        (func (export "e") (result i32) (call $return) (drop (call $suspend)) (i32.const 0))
        (func (export "e-cb") (param i32 i32 i32) (result i32) (i32.const 0))
        (func (export "f") (call $say (i32.const 1) (i32.const 0)))
        (func (export "g") (call $say (i32.const 2) (i32.const 0)) (call $return))"#;
    let lifts = callback("e") + &blocking("f") + &stackful("g");
    let seen = run(body, &lifts, &["e", "g", "f"]);
    assert_eq!(seen.invocations[0].end, End::Quiet);
    // A stackful task needs no exclusive thread.
    assert_eq!(seen.invocations[1].end, End::Quiet);
    assert_eq!(seen.invocations[2].end, End::Deadlock);
    assert!(seen.invocations[2].events.is_empty());
}

#[test]
fn every_thread_has_context_slots_of_its_own() {
    let body = r#"
        (func $thread (param i32)
          (call $say (i32.const 9) (call $get0))
          (call $set0 (local.get 0))
          (call $say (i32.const 9) (call $get0)))
        (elem (table $t) (i32.const 0) func $thread)
        (func (export "e")
          (call $set0 (i32.const 5))
          (drop (call $yield-resume (call $new (i32.const 0) (i32.const 6))))
          (call $say (i32.const 1) (call $get0)))"#;
    let seen = run(body, &blocking("e"), &["e"]);
    assert_eq!(trace(&seen, 0), [(9, 0), (9, 6), (1, 5)]);
}

#[test]
fn spawning_is_creating_and_resuming_later() {
    let body = r#"
        (func $thread (param i32) (call $say (i32.const 9) (local.get 0)))
        (elem (table $t) (i32.const 0) func $thread)
        (func (export "e")
          (call $say (i32.const 1) (call $spawn (i32.const 0) (i32.const 5)))
          (call $say (i32.const 2) (call $spawn-ref (ref.func $thread) (i32.const 6)))
          (drop (call $yield))
          (call $say (i32.const 3) (call $parallelism)))
        (func (export "null") (drop (call $spawn-ref (ref.null $start) (i32.const 6))))"#;
    let lifts = blocking("e") + &blocking("null");
    assert_eq!(
        trace(&run(body, &lifts, &["e"]), 0),
        [(1, 2), (2, 3), (9, 5), (9, 6), (3, 4)]
    );
    assert_eq!(
        end(&run(body, &lifts, &["null"])),
        End::Trap(Trap::ThreadStartNull)
    );
}

#[test]
fn post_return_may_not_leave_but_may_use_the_context() {
    let body = r#"
        (func (export "e") (result i32) (call $set0 (i32.const 1)) (i32.const 41))
        (func (export "good") (param i32) (drop (call $get0)))
        (func (export "bad") (param i32) (drop (call $index)))"#;
    let lift = |post: &str| {
        format!(
            r#"(func (export "e") (result u32)
                 (canon lift (core func $main "e") (post-return (core func $main "{post}"))))"#
        )
    };
    let good = run(body, &lift("good"), &["e"]);
    assert_eq!(
        good.invocations[0].returned,
        Some(Some(spawndiff_corpus::Value::U32(41)))
    );
    assert_eq!(end(&good), End::Quiet);
    assert_eq!(
        end(&run(body, &lift("bad"), &["e"])),
        End::Trap(Trap::CannotLeave)
    );
}

#[test]
fn a_tail_call_to_a_built_in_returns_what_the_built_in_returns() {
    let body = r#"
        (func $tail (result i32) (return_call $index))
        (func (export "e")
          (call $say (i32.const 1) (i32.add (i32.const 700) (call $tail))))"#;
    assert_eq!(trace(&run(body, &blocking("e"), &["e"]), 0), [(1, 701)]);
}

#[test]
fn an_endless_loop_is_exhaustion() {
    let body = r#"(func (export "e") (loop (br 0)))
                  (func $f (export "f") (call $f))"#;
    let lifts = blocking("e") + &blocking("f");
    assert!(matches!(end(&run(body, &lifts, &["e"])), End::Exhausted(_)));
    assert!(matches!(end(&run(body, &lifts, &["f"])), End::Exhausted(_)));
}

/// Binary.md, "Type Definitions": validation rejects `(stream char)`, for the time being, and a future of characters not.
#[test]
fn a_stream_of_characters_is_no_type_and_a_future_of_them_is() {
    let of = |ty: &str| {
        let stored = StoredCase::parse(&format!(
            r#"(component definition $spawndiff
                 (type $t ({ty} char))
                 (core func $new (canon {ty}.new $t))
                 (core module $m (func (export "e")))
                 (core instance $m (instantiate $m))
                 (func (export "e") (canon lift (core func $m "e"))))
               (component instance $r0 $spawndiff)
               (assert_return (invoke "e"))"#
        ));
        Reference::new(&stored.expect("it can be read").case).is_ok()
    };
    assert!(!of("stream"));
    assert!(of("future"));
}

#[test]
fn a_dropped_handle_that_is_of_another_type_and_lent_is_either_trap() {
    let program = include_str!("programs/drop-of-a-lent-handle-of-another-type.wast");
    let case = StoredCase::parse(program).expect("it is a case").case;
    let seen = |schedule: Vec<u32>| end(&run_with(&case, &mut Replay::new(schedule)));
    // The second choice of the run is the one between the traps.
    assert_eq!(seen(vec![0, 0]), End::Trap(Trap::WrongHandle));
    assert_eq!(seen(vec![0, 1]), End::Trap(Trap::ResourceLent));
}
