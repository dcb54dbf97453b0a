//! The runner on an engine that does what its tests ask for.

use super::*;
use crate::claims::Status;
use spawndiff_observation::Trap;

/// An engine that takes any component. Its instances do what the name of the called export says.
#[derive(Default)]
struct Obeys {
    /// The names under which instances were registered, in order.
    registered: Vec<String>,
    /// The number of instances that were made.
    made: usize,
    /// The instances that the engine has let go of, by their number from 0.
    ended: Vec<usize>,
    /// The instance over whose end the engine panics.
    panics_over: Option<usize>,
}

impl ScriptEngine for Obeys {
    type Definition = ();
    type Instance = usize;

    fn define(&mut self, _: &[u8]) -> Result<(), Refusal> {
        Ok(())
    }

    fn instantiate(&mut self, _: &()) -> Result<usize, Failure> {
        self.made += 1;
        Ok(self.made - 1)
    }

    fn register(&mut self, name: &str, _: &mut usize) -> Result<(), Failure> {
        self.registered.push(name.to_string());
        match name {
            "crash" => Err(Failure::Crash("panic at here: now".to_string())),
            "refuse" => Err(Failure::NotSupported("the name".to_string())),
            _ => Ok(()),
        }
    }

    fn invoke(
        &mut self,
        _: &mut usize,
        export: &str,
        args: &[Value],
    ) -> Result<Vec<Value>, Failure> {
        let trap = |kind, message: &str| {
            let message = message.to_string();
            Err(Failure::Trap { kind, message })
        };
        match export {
            "echo" => Ok(args.to_vec()),
            "crash" => Err(Failure::Crash("panic at here: now".to_string())),
            "trap" => trap(Some(Trap::CannotLeave), "in words of its own"),
            "write" => trap(None, "cannot write to a stream that is gone"),
            "deadlock" => Err(Failure::Deadlock),
            _ => Err(Failure::NotSupported(export.to_string())),
        }
    }

    fn get(&mut self, _: &mut usize, _: &str) -> Result<Value, Failure> {
        Ok(Value::I32(5))
    }

    fn end(&mut self, instance: usize) -> Result<(), Failure> {
        self.ended.push(instance);
        if self.panics_over == Some(instance) {
            return Err(Failure::Crash("panic at the end".to_string()));
        }
        Ok(())
    }
}

fn checked(text: &str) -> Vec<Checked> {
    let script = Script::parse(text).expect(text);
    let mut engine = Obeys::default();
    let checked = run(&script, &mut engine);
    assert_eq!(checked.len(), script.directives.len());
    checked
}

fn statuses(text: &str) -> Vec<Status> {
    let checked = checked(text).into_iter();
    checked.map(|checked| checked.status).collect()
}

fn failed(message: &str) -> Status {
    Status::Failed(message.to_string())
}

#[test]
fn a_crash_takes_its_instance_with_it_and_nothing_else() {
    let seen = statuses(
        "(component $a) (component $b)
         (invoke $a \"crash\")
         (invoke $a \"echo\") (assert_trap (invoke $a \"echo\") \"\")
         (assert_return (invoke $b \"echo\" (u8.const 1)) (u8.const 1))
         (component $a)
         (assert_return (invoke $a \"echo\"))",
    );
    let gone = failed("not run: the instance of line 2 is not there");
    let crashed = failed("panic at here: now");
    assert_eq!(seen[2..5], [crashed, gone.clone(), gone]);
    assert_eq!(seen[..2], [Status::Passed, Status::Passed]);
    assert_eq!(seen[5..], [Status::Passed, Status::Passed, Status::Passed]);
}

#[test]
fn a_crash_is_never_what_an_assertion_wants() {
    for assertion in [
        "(assert_trap (invoke \"crash\") \"panic\")",
        "(assert_exception (invoke \"crash\"))",
        "(assert_exhaustion (invoke \"crash\") \"panic\")",
        "(assert_return (invoke \"crash\"))",
    ] {
        let seen = statuses(&format!("(component) {assertion}"));
        assert!(
            matches!(&seen[1], Status::Failed(message) if message.contains("panic at here")),
            "{seen:?}"
        );
    }
}

#[test]
fn the_text_of_a_kind_says_a_trap_as_well_as_the_message_does() {
    for text in ["in words of its own", "cannot leave component instance", ""] {
        let seen = statuses(&format!(
            "(component) (assert_trap (invoke \"trap\") {text:?})"
        ));
        assert_eq!(seen[1], Status::Passed, "{text}");
    }
    let seen = checked("(component) (assert_trap (invoke \"trap\") \"cannot enter\")");
    assert_eq!(seen[1].status, Status::Passed);
    // The specification gives its traps no names: another kind counts, and it is told.
    let told = seen[1].other_reason.as_deref();
    assert_eq!(told, Some("in words of its own"));
}

#[test]
fn suites_and_engines_may_differ_around_a_known_piece() {
    let seen = statuses(
        "(component)
         (assert_trap (invoke \"write\") \"cannot write after the other end was dropped\")
         (assert_trap (invoke \"write\") \"cannot read after the other end was dropped\")",
    );
    assert_eq!(seen[1], Status::Passed);
    assert!(matches!(seen[2], Status::Failed(_)));
}

#[test]
fn a_deadlock_is_said_in_the_words_of_the_suites() {
    let seen = statuses(
        "(component)
         (assert_trap (invoke \"deadlock\") \"deadlock detected: event loop cannot make further progress\")
         (assert_trap (invoke \"deadlock\") \"unreachable\")",
    );
    assert_eq!(seen[1], Status::Passed);
    let message = "expected the trap \"unreachable\", but: deadlock";
    assert_eq!(seen[2], failed(message));
}

#[test]
fn what_an_engine_does_not_support_is_not_supported_in_any_assertion() {
    let what = |name: &str| Status::Unsupported(format!("{name}: gadgets"));
    for (directive, name) in [
        ("(invoke \"gadgets\")", "invoke"),
        ("(assert_return (invoke \"gadgets\"))", "assert_return"),
        (
            "(assert_trap (invoke \"gadgets\") \"gadgets\")",
            "assert_trap",
        ),
        (
            "(assert_exception (invoke \"gadgets\"))",
            "assert_exception",
        ),
        (
            "(assert_exhaustion (invoke \"gadgets\") \"\")",
            "assert_exhaustion",
        ),
    ] {
        assert_eq!(statuses(&format!("(component) {directive}"))[1], what(name));
    }
}

#[test]
fn an_instance_with_a_name_is_registered_by_it_unless_the_engine_cannot() {
    let script =
        Script::parse("(component $a) (component) (component definition $b) (register \"c\" $a)");
    let mut engine = Obeys::default();
    run(&script.expect("well-formed"), &mut engine);
    assert_eq!(engine.registered, ["a", "c"]);

    let seen = statuses("(component $refuse) (invoke \"echo\") (register \"refuse\")");
    assert_eq!(seen[..2], [Status::Passed, Status::Passed]);
    assert_eq!(
        seen[2],
        Status::Unsupported("register: the name".to_string())
    );
    let seen = statuses("(component $crash) (invoke \"echo\")");
    assert_eq!(seen[0], failed("panic at here: now"));
    assert_eq!(
        seen[1],
        failed("not run: the instance of line 1 is not there")
    );
}

#[test]
fn the_latest_is_what_was_last_made_with_or_without_a_name() {
    let seen = statuses(
        "(component definition $d) (component instance $i) (component instance)
         (invoke \"crash\") (invoke $i \"echo\") (invoke \"echo\")",
    );
    let line = failed("not run: the instance of line 2 is not there");
    assert_eq!(seen[4..], [Status::Passed, line]);
}

#[test]
fn every_instance_is_let_go_of_once_and_a_panic_over_it_fails_a_directive() {
    let text = "(component $a) (component) (component) (assert_trap (component) \"\") (component $a) (invoke \"echo\")";
    let script = Script::parse(text).expect("well-formed");
    for (panics_over, fails, message) in [
        (None, None, ""),
        (Some(1), Some(2), "panic at the end"),
        (
            Some(3),
            Some(3),
            "expected the trap \"\", but: panic at the end",
        ),
        (Some(0), Some(4), "panic at the end"),
        (
            Some(2),
            Some(5),
            "at the end of the script: panic at the end",
        ),
        (
            Some(4),
            Some(5),
            "at the end of the script: panic at the end",
        ),
    ] {
        let mut engine = Obeys {
            panics_over,
            ..Obeys::default()
        };
        let checked = run(&script, &mut engine);
        engine.ended.sort_unstable();
        assert_eq!(engine.ended, [0, 1, 2, 3, 4]);
        for (index, checked) in checked.iter().enumerate() {
            // The component that `assert_trap` wants to trap never does.
            let failed = match &checked.status {
                Status::Failed(seen) if Some(index) == fails => {
                    assert_eq!(seen, message);
                    true
                }
                Status::Failed(_) => index == 3,
                Status::Passed => Some(index) != fails && index != 3,
                Status::Unsupported(_) => false,
            };
            assert!(
                failed || checked.status == Status::Passed,
                "{panics_over:?}: {checked:?}"
            );
        }
    }
}
