//! Stored cases as a whole: a written case reads back, and a text that is not a stored case is refused at its place.

mod bare;
mod malformed;
mod round_trip;
mod values;

use spawndiff_corpus::{
    Case, Claim, Directive, Event, Expect, Invocation, Run, StoredCase, Value, component_from_text,
};

/// The binary of a component written as text, without the names of the text.
fn component(text: &str) -> Vec<u8> {
    component_from_text(&encode(text)).expect("an encoded component has a text")
}

/// The binary of a component written as text.
fn encode(text: &str) -> Vec<u8> {
    let buffer = wast::parser::ParseBuffer::new(text).expect("the test's text has whole tokens");
    let mut wat = wast::parser::parse::<wast::Wat>(&buffer).expect("the test's text parses");
    wat.encode().expect("the test's text encodes")
}

/// A stored case with one run: each call with its outcome, then everything settles and these are the events.
fn stored(component: Vec<u8>, calls: Vec<(Invocation, Expect)>, events: &[Event]) -> StoredCase {
    let mut claims = vec![Claim::Definition, Claim::Instance];
    let mut run = Run::default();
    for (invocation, (call, expect)) in calls.into_iter().enumerate() {
        run.invocations.push(call);
        claims.push(Claim::Invoke { invocation, expect });
        claims.push(Claim::Settle {
            invocation: Some(invocation),
            expect: Expect::Returns(None),
        });
        claims.push(Claim::Events {
            invocation: Some(invocation),
            events: events.to_vec(),
        });
    }
    let directive = |claim| Directive {
        line: 0,
        run: 0,
        claim,
    };
    StoredCase {
        header: vec![
            "What it is.".into(),
            String::new(),
            "  https://example.org/1".into(),
        ],
        case: Case {
            component,
            runs: vec![run],
        },
        directives: claims.into_iter().map(directive).collect(),
    }
}

fn invocation(export: &str, args: Vec<Value>) -> Invocation {
    Invocation {
        export: export.into(),
        args,
    }
}

/// A small case that logs its argument and returns.
fn logging_case() -> StoredCase {
    let component = component(
        r#"(component
          (import "host" (instance $host
            (export "log" (func (param "point" u32) (param "value" u64)))
            (export "mark" (func (param "value" u32)))))
          (core func $log (canon lower (func $host "log")))
          (core module $m
            (import "" "log" (func $log (param i32 i64)))
            (func (export "e0") (param i32) (result i32)
              (call $log (i32.const 1) (i64.extend_i32_u (local.get 0)))
              (i32.add (local.get 0) (i32.const 2))))
          (core instance $m (instantiate $m (with "" (instance (export "log" (func $log))))))
          (func (export "e0") (param "x" u32) (result u32) (canon lift (core func $m "e0"))))"#,
    );
    let call = invocation("e0", vec![Value::U32(7)]);
    let event = Event { point: 1, value: 7 };
    stored(
        component,
        vec![(call, Expect::Returns(Some(Value::U32(9))))],
        &[event],
    )
}
