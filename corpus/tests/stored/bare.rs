//! A case that needs no stand-in for the host is written without it.

use super::{component, invocation, logging_case, stored};
use spawndiff_corpus::{Claim, Expect, StoredCase, Value};

/// A case that imports nothing, of which only results are claimed.
fn bare_case() -> StoredCase {
    let component = component(
        r#"(component
          (core module $m (func (export "settle") (param i32) (result i32) (local.get 0)))
          (core instance $m (instantiate $m))
          (func (export "settle") (param "x" u32) (result u32) (canon lift (core func $m "settle"))))"#,
    );
    let call = invocation("settle", vec![Value::U32(7)]);
    let mut case = stored(
        component,
        vec![(call, Expect::Returns(Some(Value::U32(7))))],
        &[],
    );
    case.directives
        .retain(|it| !matches!(it.claim, Claim::Settle { .. } | Claim::Events { .. }));
    case
}

#[test]
fn it_is_the_definition_itself_and_its_exports_may_have_any_name() {
    let case = bare_case();
    let text = case.to_wast().expect("it can be written");
    assert!(!text.contains("$host"), "{text}");
    assert!(
        text.contains("\n(component definition $spawndiff\n"),
        "{text}"
    );
    assert_eq!(StoredCase::parse(&text), Ok(case));
}

#[test]
fn what_needs_the_stand_in_has_it() {
    let text = logging_case().to_wast().expect("it can be written");
    assert!(text.contains("(component $host"), "{text}");
    let mut settles = bare_case();
    settles.directives.push(spawndiff_corpus::Directive {
        line: 0,
        run: 0,
        claim: Claim::Settle {
            invocation: Some(0),
            expect: Expect::Returns(None),
        },
    });
    // Its export has the name of what it needs now.
    let error = settles.to_wast().expect_err("the name is taken");
    assert!(error.to_string().contains("`settle`"), "{error}");
}

#[test]
fn another_name_or_an_import_makes_it_no_case_of_ours() {
    let text = bare_case().to_wast().expect("it can be written");
    let refused = |text: &str, what: &str| {
        let error = StoredCase::parse(text).expect_err(what);
        assert!(
            error.message.starts_with("not a spawndiff case: "),
            "{error}"
        );
        assert_eq!(
            error.line,
            text[..text.find("(component").unwrap()].lines().count() + 1
        );
    };
    refused(&text.replace("$spawndiff", "$other"), "another name");
    let imports = "(component definition $spawndiff\n  (import \"f\" (func))";
    refused(
        &text.replace("(component definition $spawndiff", imports),
        "an import",
    );
}
