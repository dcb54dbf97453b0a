//! Reads the text of a `.wast` file as a [`StoredCase`]. Only what `write.rs` writes, or a person might write in its
//! place, is taken; everything else is an error at its line.

use crate::binary::{
    imports, needs_its_surroundings, nested_components, without_custom_sections, without_names,
};
use crate::exports::exported_functions;
use crate::literal::{read_argument, read_events, read_result};
use crate::wrapper::{DEFINITION, EVENTS, HOST_BINARY, SETTLE};
use crate::{Case, Claim, Directive, Expect, Invocation, ReadError, Run, StoredCase};
use wast::component::{Component, ComponentField, ComponentKind, NestedComponentKind};
use wast::parser::ParseBuffer;
use wast::token::{Id, Span};
use wast::{QuoteWat, Wast, WastDirective, WastExecute, WastInvoke, WastRet, Wat};

pub(crate) fn parse(text: &str) -> Result<StoredCase, ReadError> {
    let buffer = ParseBuffer::new(text).map_err(|error| malformed(text, &error))?;
    let wast: Wast<'_> = wast::parser::parse(&buffer).map_err(|error| malformed(text, &error))?;
    let mut reader = Reader {
        text,
        definition: None,
        bare: false,
        exports: Vec::new(),
        stored: StoredCase {
            header: header(text),
            ..StoredCase::default()
        },
    };
    for directive in wast.directives {
        reader.directive(directive)?;
    }
    if reader.stored.directives.is_empty() {
        return Err(ReadError {
            line: text.lines().count().max(1),
            column: 1,
            message: "not a spawndiff case: it defines no component".into(),
        });
    }
    Ok(reader.stored)
}

pub(crate) fn malformed(text: &str, error: &wast::Error) -> ReadError {
    let message = error.message();
    at(
        text,
        error.span(),
        message.lines().next().unwrap_or("malformed"),
    )
}

fn at(text: &str, span: Span, message: &str) -> ReadError {
    let (line, column) = span.linecol_in(text);
    ReadError {
        line: line + 1,
        column: column + 1,
        message: message.into(),
    }
}

/// The comment lines that the text starts with.
fn header(text: &str) -> Vec<String> {
    let comment = |line: &'_ str| {
        let line = line.strip_prefix(";;")?;
        Some(line.strip_prefix(' ').unwrap_or(line).to_string())
    };
    text.lines().map_while(comment).collect()
}

struct Reader<'t> {
    text: &'t str,
    /// The id of the definition, once there is one.
    definition: Option<&'t str>,
    /// Whether the definition is the case itself, which imports nothing.
    bare: bool,
    /// The names of the functions that the case exports.
    exports: Vec<String>,
    stored: StoredCase,
}

impl<'t> Reader<'t> {
    fn directive(&mut self, directive: WastDirective<'t>) -> Result<(), ReadError> {
        let span = directive.span();
        let claim = match directive {
            WastDirective::ModuleDefinition(QuoteWat::Wat(Wat::Component(component))) => {
                self.define(component)?;
                Claim::Definition
            }
            WastDirective::ModuleInstance {
                instance: _,
                module,
                ..
            } => {
                self.instantiate(span, module)?;
                Claim::Instance
            }
            WastDirective::Invoke(invoke) => self.invoke(span, &invoke, Outcome::Anything)?,
            WastDirective::AssertReturn {
                exec: WastExecute::Invoke(invoke),
                results,
                ..
            } => self.invoke(span, &invoke, Outcome::Returns(&results))?,
            WastDirective::AssertTrap {
                exec: WastExecute::Invoke(invoke),
                message,
                ..
            } => self.invoke(span, &invoke, Outcome::Traps(message))?,
            WastDirective::AssertReturn { .. } | WastDirective::AssertTrap { .. } => {
                return Err(
                    self.foreign(span, "an assertion about something other than an `invoke`")
                );
            }
            WastDirective::Module(_) | WastDirective::ModuleDefinition(_) => {
                return Err(self.foreign(
                    span,
                    "a module or component other than by `component definition`",
                ));
            }
            _ => {
                let keyword = self.keyword(span);
                return Err(self.foreign(span, &format!("a directive `{keyword}`")));
            }
        };
        let (line, _) = span.linecol_in(self.text);
        let run = self.stored.case.runs.len().saturating_sub(1);
        self.stored.directives.push(Directive {
            line: line + 1,
            run,
            claim,
        });
        Ok(())
    }

    /// Takes the case's component out of the wrapper.
    fn define(&mut self, mut component: Component<'t>) -> Result<(), ReadError> {
        let span = component.span;
        if self.definition.is_some() {
            return Err(self.foreign(span, "a second definition"));
        }
        let Some(id) = component.id else {
            return Err(self.foreign(span, "a definition without a name"));
        };
        self.bare = id.name() == DEFINITION && !has_host(&component);
        let case_span = match self.bare {
            true => span,
            false => self.check_wrapper(&component)?,
        };
        let binary = component
            .encode()
            .map_err(|error| malformed(self.text, &error))?;
        let unreadable = |error: wasmparser::BinaryReaderError| {
            at(
                self.text,
                case_span,
                &format!("the component is malformed: {}", error.message()),
            )
        };

        let case = if self.bare {
            if imports(&binary).map_err(unreadable)? {
                return Err(self.foreign(span, WRAPPER));
            }
            &binary
        } else {
            let nested = nested_components(&binary).map_err(unreadable)?;
            let [host, case, ..] = nested[..] else {
                return Err(self.foreign(span, WRAPPER));
            };
            if without_custom_sections(host).map_err(unreadable)? != *HOST_BINARY {
                let message = "the stand-in for the host is not the one of this version of spawndiff (its `$host`)";
                return Err(at(self.text, span, message));
            }
            case
        };
        let case = without_names(case).map_err(unreadable)?;
        if needs_its_surroundings(&case).map_err(unreadable)? {
            return Err(self.foreign(
                case_span,
                "`$case` takes something from the component around it",
            ));
        }
        let exports = exported_functions(&case).map_err(unreadable)?;
        self.exports = exports.into_iter().map(|function| function.name).collect();
        self.definition = Some(id.name());
        self.stored.case = Case {
            component: case,
            runs: Vec::new(),
        };
        Ok(())
    }

    /// The first component nested in the wrapper must be `$host`, the second `$case`. Gives back where that is.
    fn check_wrapper(&self, wrapper: &Component<'t>) -> Result<Span, ReadError> {
        let ComponentKind::Text(fields) = &wrapper.kind else {
            return Err(self.foreign(wrapper.span, "a component in the binary format"));
        };
        let mut nested = fields.iter().filter_map(|field| match field {
            ComponentField::Component(nested) => Some(nested),
            _ => None,
        });
        let mut case_span = wrapper.span;
        for expected in ["host", "case"] {
            let Some(component) = nested.next() else {
                return Err(self.foreign(wrapper.span, WRAPPER));
            };
            let named = component.id.is_some_and(|id| id.name() == expected);
            if !named || !matches!(component.kind, NestedComponentKind::Inline(_)) {
                return Err(self.foreign(component.span, WRAPPER));
            }
            case_span = component.span;
        }
        Ok(case_span)
    }

    fn instantiate(&mut self, span: Span, of: Option<Id<'t>>) -> Result<(), ReadError> {
        if self.definition.is_none() || of.map(|id| id.name()) != self.definition {
            return Err(self.foreign(span, "an instance of something other than its definition"));
        }
        self.stored.case.runs.push(Run::default());
        Ok(())
    }

    fn invoke(
        &mut self,
        span: Span,
        invoke: &WastInvoke<'t>,
        outcome: Outcome<'_, 't>,
    ) -> Result<Claim, ReadError> {
        let text = self.text;
        let wrong = |message: String| at(text, span, &message);
        if invoke.module.is_some() {
            return Err(self.foreign(span, "an `invoke` of a named instance"));
        }
        let Some(run) = self.stored.case.runs.last_mut() else {
            return Err(self.foreign(span, "an `invoke` before the first instance"));
        };
        let args: Result<Vec<_>, _> = invoke.args.iter().map(read_argument).collect();
        let args = args.map_err(wrong)?;

        if !self.bare && (invoke.name == EVENTS || invoke.name == SETTLE) {
            let invocation = run.invocations.len().checked_sub(1);
            if !args.is_empty() {
                return Err(wrong(format!("`{}` takes no argument", invoke.name)));
            }
            return match (invoke.name, outcome) {
                (EVENTS, Outcome::Returns(results)) => {
                    let events = read_events(results).map_err(wrong)?;
                    Ok(Claim::Events { invocation, events })
                }
                (EVENTS, Outcome::Anything | Outcome::Traps(_)) => Err(wrong(
                    "`events` always returns: say what, with `assert_return`".into(),
                )),
                (_, outcome) => match outcome.expect().map_err(wrong)? {
                    Expect::Returns(Some(_)) => Err(wrong("`settle` has no result".into())),
                    expect => Ok(Claim::Settle { invocation, expect }),
                },
            };
        }

        if !self.exports.iter().any(|name| name == invoke.name) {
            return Err(wrong(format!(
                "the case exports no function `{}`",
                invoke.name
            )));
        }
        let expect = outcome.expect().map_err(wrong)?;
        run.invocations.push(Invocation {
            export: invoke.name.into(),
            args,
        });
        Ok(Claim::Invoke {
            invocation: run.invocations.len() - 1,
            expect,
        })
    }

    fn foreign(&self, span: Span, what: &str) -> ReadError {
        at(self.text, span, &format!("not a spawndiff case: {what}"))
    }

    /// The word at a place of the text.
    fn keyword(&self, span: Span) -> &'t str {
        let rest = self.text.get(span.offset()..).unwrap_or_default();
        rest.split(|c: char| c.is_whitespace() || "()\";".contains(c))
            .next()
            .unwrap_or_default()
    }
}

const WRAPPER: &str =
    "its definition must hold the component `$host` first and the component `$case` second";

fn has_host(component: &Component<'_>) -> bool {
    let host = |field: &ComponentField<'_>| {
        matches!(field, ComponentField::Component(nested)
            if nested.id.is_some_and(|id| id.name() == "host"))
    };
    match &component.kind {
        ComponentKind::Text(fields) => fields.iter().any(host),
        ComponentKind::Binary(_) => false,
    }
}

/// The outcome of a call as a directive claims it, with its values not read yet.
enum Outcome<'a, 't> {
    Anything,
    Returns(&'a [WastRet<'t>]),
    Traps(&'t str),
}

impl Outcome<'_, '_> {
    fn expect(&self) -> Result<Expect, String> {
        Ok(match self {
            Outcome::Anything => Expect::Anything,
            Outcome::Returns([]) => Expect::Returns(None),
            Outcome::Returns([result]) => Expect::Returns(Some(read_result(result)?)),
            Outcome::Returns(_) => return Err("a function has at most one result".into()),
            Outcome::Traps(message) => Expect::Traps(message.to_string()),
        })
    }
}
