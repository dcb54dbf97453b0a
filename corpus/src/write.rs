//! Writes a [`StoredCase`] as the text of a `.wast` file. The text is read again before it is handed out.

use crate::binary::{imports, without_names};
use crate::exports::{Function, exported_functions};
use crate::layout::compact;
use crate::literal::{events, string, value};
use crate::wrapper::{DEFINITION, EVENTS, SETTLE, definition, encode, is_boxed};
use crate::{Claim, Directive, Expect, Invocation, StoredCase, WriteError};

/// The component as the text format gives it back: printed, parsed, without name sections.
///
/// The result is the same component in meaning, but not always in bytes: adjacent sections of one kind become one, and an
/// encoding with a shorter form takes it. A component that comes out unchanged can be stored; pass a component through
/// here first where it is not known to be so.
///
/// # Errors
///
/// [`WriteError::Component`] when it cannot be printed or parsed.
pub fn component_from_text(component: &[u8]) -> Result<Vec<u8>, WriteError> {
    let binary = encode(&print(component)?).map_err(|error| {
        let message = error.message();
        WriteError::Component(message.lines().next().unwrap_or_default().to_string())
    })?;
    without_names(&binary).map_err(unreadable)
}

/// The component's text, without names: it starts with `(component`, and no id follows.
fn print(component: &[u8]) -> Result<String, WriteError> {
    let nameless = without_names(component).map_err(unreadable)?;
    let text = wasmprinter::print_bytes(&nameless)
        .map_err(|error| WriteError::Component(format!("{error:#}").replace('\n', " ")))?;
    if text.starts_with("(component") {
        Ok(text)
    } else {
        Err(WriteError::Component("it is a core module".into()))
    }
}

fn unreadable(error: wasmparser::BinaryReaderError) -> WriteError {
    WriteError::Component(error.to_string())
}

pub(crate) fn to_wast(stored: &StoredCase) -> Result<String, WriteError> {
    let component = &stored.case.component;
    let exports = exported_functions(component).map_err(unreadable)?;
    let bare = is_bare(stored, &exports)?;
    let keyword = if bare {
        format!("(component definition ${DEFINITION}")
    } else {
        "(component $case".to_string()
    };
    let case = print(component)?.replacen("(component", &keyword, 1);
    if let Some(taken) = exports
        .iter()
        .find(|f| !bare && (f.name == EVENTS || f.name == SETTLE))
    {
        return Err(WriteError::NameTaken(taken.name.clone()));
    }

    let mut text = String::new();
    for line in &stored.header {
        let space = if line.is_empty() { "" } else { " " };
        text += &format!(";;{space}{line}\n");
    }
    for (index, directive) in stored.directives.iter().enumerate() {
        text += &match &directive.claim {
            Claim::Definition if bare => format!("\n{}", compact(&case, None)),
            Claim::Definition => {
                let text = definition(&case, &exports);
                format!("\n{}", compact(&text, Some("(component $host")))
            }
            Claim::Instance => {
                format!("\n(component instance $r{} ${DEFINITION})\n", directive.run)
            }
            Claim::Invoke { invocation, expect } => {
                let missing = WriteError::NoSuchInvocation(index);
                let invocation = call(stored, directive, *invocation).ok_or(missing)?;
                let boxed = exports
                    .iter()
                    .any(|f| f.name == invocation.export && is_boxed(f));
                assertion(&invoke(invocation, boxed), expect, boxed)
            }
            Claim::Settle {
                invocation: _,
                expect,
            } => assertion(&format!("(invoke \"{SETTLE}\")"), expect, false),
            Claim::Events {
                invocation: _,
                events: seen,
            } => {
                format!("(assert_return (invoke \"{EVENTS}\") {})\n", events(seen))
            }
        };
    }
    check(stored, &text)?;
    Ok(text)
}

/// Whether a case needs no stand-in for the host: it imports nothing, nothing is said that only the stand-in knows, and there is
/// a text for all that is passed.
fn is_bare(stored: &StoredCase, exports: &[Function]) -> Result<bool, WriteError> {
    let of_host = |directive: &Directive| {
        matches!(directive.claim, Claim::Settle { .. } | Claim::Events { .. })
    };
    let imports = imports(&stored.case.component).map_err(unreadable)?;
    Ok(!imports && !stored.directives.iter().any(of_host) && !exports.iter().any(is_boxed))
}

fn call<'a>(stored: &'a StoredCase, directive: &Directive, index: usize) -> Option<&'a Invocation> {
    stored.case.runs.get(directive.run)?.invocations.get(index)
}

fn invoke(invocation: &Invocation, boxed: bool) -> String {
    let mut text = format!("(invoke {}", string(&invocation.export));
    for arg in &invocation.args {
        text.push(' ');
        text += &value(arg, boxed);
    }
    text + ")"
}

fn assertion(invoke: &str, expect: &Expect, boxed: bool) -> String {
    match expect {
        Expect::Anything => format!("{invoke}\n"),
        Expect::Returns(None) => format!("(assert_return {invoke})\n"),
        Expect::Returns(Some(result)) => {
            format!("(assert_return {invoke} {})\n", value(result, boxed))
        }
        Expect::Traps(message) => format!("(assert_trap {invoke} {})\n", string(message)),
    }
}

/// Reads the text back, and says where it differs.
fn check(stored: &StoredCase, text: &str) -> Result<(), WriteError> {
    let differs = |message: String| Err(WriteError::Differs(message));
    let read = match StoredCase::parse(text) {
        Ok(read) => read,
        Err(error) => {
            return differs(format!(
                "line {}, column {}: {error}",
                error.line, error.column
            ));
        }
    };
    let component = without_names(&stored.case.component).map_err(unreadable)?;
    if read.case.component != component {
        let pairs = component.iter().zip(&read.case.component);
        let at = pairs.take_while(|(a, b)| a == b).count();
        return differs(format!(
            "the component's bytes, names aside, differ from offset {at:#x} on"
        ));
    }
    if read.header != stored.header {
        return differs("the header".into());
    }
    if let Some(at) = (0..read.directives.len().max(stored.directives.len()))
        .find(|&at| read.directives.get(at) != stored.directives.get(at))
    {
        return differs(format!("directive {at}"));
    }
    if read.case.runs != stored.case.runs {
        return differs("the runs".into());
    }
    Ok(())
}
