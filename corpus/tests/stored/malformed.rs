//! A text that is not a stored case is refused: with line and column, and never with a panic.

use crate::logging_case;
use spawndiff_corpus::{HOST, ReadError, StoredCase};

fn valid() -> String {
    logging_case().to_wast().expect("the case can be written")
}

/// Parses the text with one `from` changed to `to`, and checks that the error stands at the last `place` of it.
#[track_caller]
fn refused(from: &str, to: &str, place: &str, message: &str) {
    let valid = valid();
    assert_eq!(
        valid.matches(from).count(),
        1,
        "{from:?} stands once in\n{valid}"
    );
    let text = valid.replace(from, to);
    refused_at(&text, text.rfind(place).expect("the place exists"), message);
}

#[track_caller]
fn refused_at(text: &str, offset: usize, message: &str) {
    let error = StoredCase::parse(text).expect_err(text);
    assert!(error.message.contains(message), "{error}");
    assert!(!error.message.contains('\n'), "{error}");
    let before = &text[..offset];
    let line = before.matches('\n').count() + 1;
    let column = offset - before.rfind('\n').map_or(0, |at| at + 1) + 1;
    assert_eq!(
        (error.line, error.column),
        (line, column),
        "{error}\n{text}"
    );
}

#[test]
fn malformed_text_is_refused_at_its_place() {
    refused(
        r#"(u32.const 9)"#,
        r#"(u32.const 9x)"#,
        "9x",
        "expected a u32",
    );
    refused(r#"(u32.const 9)"#, r#"(u32.const -1)"#, "-1", "");
    refused(
        r#"(u32.const 9)"#,
        "(u32.const \"\u{202e}\")",
        "\u{202e}",
        "",
    );
    refused(
        "(memory (export \"memory\") 1)",
        "(memory (export \"memory\") 1x)",
        "1x",
        "",
    );
    refused(
        "(instance $host))))",
        "(instance $nobody))))",
        "$nobody",
        "",
    );
}

#[test]
fn other_directives_are_refused_at_their_place() {
    let foreign = [
        ("(module)", "module"),
        ("(component)", "component"),
        ("(component definition $other)", "component"),
        ("(module definition $other)", "module"),
        ("(register \"a\" $r0)", "register"),
        ("(assert_invalid (module) \"m\")", "assert_invalid"),
        (
            "(assert_malformed (module quote \"m\") \"m\")",
            "assert_malformed",
        ),
        (
            "(assert_exhaustion (invoke \"e0\") \"m\")",
            "assert_exhaustion",
        ),
        ("(assert_trap (module) \"m\")", "assert_trap"),
        ("(assert_return (get \"g\"))", "assert_return"),
        ("(component instance $r1 $other)", "component"),
        ("(invoke $r0 \"e0\")", "invoke"),
        ("(thread $t)", "thread"),
        ("(wait $t)", "wait"),
    ];
    for (directive, keyword) in foreign {
        let text = format!("{}\n  {directive}", valid());
        let offset = text.len() - directive.len() + 1;
        assert!(text[offset..].starts_with(keyword));
        refused_at(&text, offset, "not a spawndiff case");
    }
}

#[test]
fn a_call_that_the_case_cannot_have_made_is_refused_at_its_place() {
    let wrong = [
        ("(invoke \"e1\")", "the case exports no function `e1`"),
        ("(invoke \"events\")", "`events` always returns"),
        ("(invoke \"e0\" (i32.const 1))", "not a component value"),
        ("(invoke \"e0\" (str.const \"a\"))", "primitive type"),
        ("(invoke \"e0\" (tuple.const (u32.const 1)))", "no tuple"),
        ("(invoke \"settle\" (u32.const 1))", "takes no argument"),
        (
            "(assert_return (invoke \"settle\") (u32.const 1))",
            "no result",
        ),
        (
            "(assert_return (invoke \"e0\") (u32.const 1) (u32.const 2))",
            "at most one result",
        ),
        (
            "(assert_return (invoke \"e0\") (f32.const nan:arithmetic))",
            "not a component value",
        ),
        (
            "(assert_return (invoke \"events\") (u32.const 1))",
            "one list",
        ),
        (
            "(assert_return (invoke \"events\") (list.const (u32.const 1)))",
            "an event is",
        ),
        (
            "(assert_trap (invoke \"events\") \"m\")",
            "`events` always returns",
        ),
        (
            "(component instance $r1 $spawndiff) (invoke \"settle\" (u32.const 1))",
            "takes no argument",
        ),
    ];
    for (directive, message) in wrong {
        let text = format!("{}\n{directive}", valid());
        let last = directive
            .rfind("(invoke")
            .filter(|_| directive.starts_with("(component"));
        let offset = text.len() - directive.len() + last.unwrap_or(0) + 1;
        refused_at(&text, offset, message);
    }
    refused(
        "(component instance $r0 $spawndiff)\n",
        "",
        "assert_return (invoke \"e0\"",
        "before the first instance",
    );
}

#[test]
fn a_definition_that_is_no_wrapper_is_refused_at_its_place() {
    let wrappers = [
        ("(component definition $a)", 0, "`$host` first"),
        ("(component definition)", 0, "without a name"),
        (
            "(component definition $a (component $host))",
            0,
            "`$host` first",
        ),
        (
            "(component definition $a (component $case) (component $host))",
            25,
            "`$host` first",
        ),
        (
            "(component definition $a (component $host) (component $c))",
            43,
            "`$host` first",
        ),
        (
            "(component definition $a (component $host) (component $case))",
            0,
            "stand-in",
        ),
        (
            "(component definition $a binary \"\\00asm\\0d\\00\\01\\00\")",
            0,
            "binary format",
        ),
        ("(component quote \"(component)\")", 10, "other than by"),
        ("(component)", 0, "other than by"),
        ("(module)", 0, "other than by"),
        ("(module definition)", 0, "other than by"),
    ];
    for (text, offset, message) in wrappers {
        refused_at(text, offset + 1, message);
    }
    refused_at("", 0, "");
    refused_at("(func)", 0, "");
    let outer = format!(
        "(component definition $a {HOST} (type $t u32)
          (component $case (alias outer $a $t (type $t))))"
    );
    refused_at(
        &outer,
        outer.find("component $case").unwrap(),
        "from the component around it",
    );
}

#[test]
fn another_stand_in_for_the_host_is_refused_but_its_names_may_differ() {
    let valid = valid();
    let wraps = "component definition";
    refused(
        "(i32.const 199)",
        "(i32.const 198)",
        wraps,
        "the stand-in for the host is not the one",
    );
    let renamed = valid
        .replace("$append", "$push")
        .replace("$trace", "$recorder");
    assert_ne!(renamed, valid);
    assert_eq!(StoredCase::parse(&renamed), StoredCase::parse(&valid));
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_without_a_line() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("case.wast");
    let missing = StoredCase::read(&path).unwrap_err();
    assert_eq!((missing.line, missing.column), (0, 0));

    std::fs::write(&path, b"\xff").unwrap();
    assert!(matches!(
        StoredCase::read(&path),
        Err(ReadError { line: 0, .. })
    ));

    std::fs::write(&path, valid()).unwrap();
    assert_eq!(StoredCase::read(&path), Ok(logging_case()));
}

#[test]
fn a_truncated_file_never_panics_and_never_gains_a_directive() {
    let valid = valid();
    let whole = StoredCase::parse(&valid).unwrap();
    for end in (0..valid.len()).step_by(37) {
        if let Ok(read) = StoredCase::parse(&valid[..end]) {
            assert!(
                whole.directives.starts_with(&read.directives),
                "cut at {end}"
            );
        }
    }
}

#[test]
fn deep_nesting_is_an_error_and_no_stack_overflow() {
    for nested in ["(component ", "(core module ", "(", "(type (list "] {
        let text = format!("(component definition $a {}", nested.repeat(100_000));
        assert!(StoredCase::parse(&text).is_err());
        let closed = text.clone() + &")".repeat(text.matches('(').count());
        assert!(StoredCase::parse(&closed).is_err());
    }
}

#[test]
fn a_file_with_a_byte_changed_never_panics() {
    let valid = valid();
    for at in (0..valid.len()).step_by(7) {
        for byte in *b"()\"0 $" {
            let mut bytes = valid.clone().into_bytes();
            bytes[at] = byte;
            let text = String::from_utf8(bytes).expect("the file is ASCII");
            let _ = StoredCase::parse(&text);
        }
    }
}
