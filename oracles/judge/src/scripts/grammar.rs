//! Parses the text of a script into a [`Script`].
//!
//! Components, modules and most directives are parsed by the crate `wast`. What that crate does not take is parsed here: values of
//! components with a NaN pattern or an `either` in them.

use super::script::{Action, Binary, Command, Directive, Script};
use super::{Expected, Loose, Value};
use spawndiff_corpus::ReadError;
use wast::core::{HeapType, NanPattern, V128Pattern};
use wast::parser::{Parse, ParseBuffer, Parser, Result};
use wast::token::{F32, F64, Id, Index, Span};
use wast::{Error, QuoteWat, WastDirective, Wat, kw};

/// How deep parentheses may nest in a value.
const MAX_DEPTH: usize = 100;

pub(super) fn parse(text: &str) -> std::result::Result<Script, ReadError> {
    let malformed = |error: Error| {
        let (line, column) = error.span().linecol_in(text);
        ReadError {
            line: line + 1,
            column: column + 1,
            message: first_line(&error),
        }
    };
    let buffer = ParseBuffer::new(text).map_err(malformed)?;
    let parsed: Parsed = wast::parser::parse(&buffer).map_err(malformed)?;
    let directive = |(span, name, command): (Span, _, _)| Directive {
        line: span.linecol_in(text).0 + 1,
        name,
        command,
    };
    Ok(Script {
        directives: parsed.0.into_iter().map(directive).collect(),
    })
}

fn first_line(error: &Error) -> String {
    let message = error.message();
    message.lines().next().unwrap_or("malformed").to_string()
}

/// The directives of a script: where each stands, its name, and its command.
struct Parsed(Vec<(Span, &'static str, Command)>);

impl<'a> Parse<'a> for Parsed {
    fn parse(parser: Parser<'a>) -> Result<Self> {
        // The annotations that the crate `wast` registers for the scripts that it parses.
        let annotations = [
            "custom",
            "producers",
            "name",
            "dylink.0",
            "metadata.code.branch_hint",
        ];
        let _registered = annotations.map(|annotation| parser.register_annotation(annotation));
        let mut directives = Vec::new();
        while !parser.is_empty() {
            directives.push(parser.parens(|parser| {
                let span = parser.cur_span();
                let (name, command) = directive(parser)?;
                Ok((span, name, command))
            })?);
        }
        Ok(Parsed(directives))
    }
}

fn directive(parser: Parser<'_>) -> Result<(&'static str, Command)> {
    if parser.peek::<kw::invoke>()? {
        let command = match invoke(parser)? {
            Ok(action) => Command::Do(action),
            Err(what) => Command::NotSupported(what),
        };
        return Ok(("invoke", command));
    }
    if parser.peek::<kw::assert_return>()? {
        parser.parse::<kw::assert_return>()?;
        let action = parser.parens(action)?;
        let results = all(parser)?;
        let unknown = results.iter().find_map(Expected::not_supported);
        let command = match (action, unknown) {
            (Ok(action), None) => Command::AssertReturn(action, results),
            (Err(what), _) | (Ok(_), Some(what)) => Command::NotSupported(what),
        };
        return Ok(("assert_return", command));
    }
    if parser.peek::<kw::assert_trap>()? {
        parser.parse::<kw::assert_trap>()?;
        let command = assertion(parser, Command::AssertTrap)?;
        return Ok(("assert_trap", command));
    }
    if parser.peek::<kw::assert_exhaustion>()? {
        parser.parse::<kw::assert_exhaustion>()?;
        let command = assertion(parser, Command::AssertExhaustion)?;
        return Ok(("assert_exhaustion", command));
    }
    if parser.peek::<kw::assert_exception>()? {
        parser.parse::<kw::assert_exception>()?;
        let command = match parser.parens(action)? {
            Ok(action) => Command::AssertException(action),
            Err(what) => Command::NotSupported(what),
        };
        return Ok(("assert_exception", command));
    }
    let is_component = parser.peek::<kw::component>()?;
    let named = |component, module| if is_component { component } else { module };
    Ok(match parser.parse::<WastDirective<'_>>()? {
        WastDirective::Module(wat) => {
            let (id, binary) = encode(wat);
            let command = Command::DefineAndInstantiate { id, binary };
            (named("component", "module"), command)
        }
        WastDirective::ModuleDefinition(wat) => {
            let (id, binary) = encode(wat);
            let name = named("component definition", "module definition");
            (name, Command::Define { id, binary })
        }
        WastDirective::ModuleInstance {
            instance, module, ..
        } => {
            let name = named("component instance", "module instance");
            let (id, of) = (instance.map(owned), module.map(owned));
            (name, Command::Instantiate { id, of })
        }
        WastDirective::Register { name, module, .. } => {
            let (name, id) = (name.to_string(), module.map(owned));
            ("register", Command::Register { name, id })
        }
        WastDirective::AssertInvalid {
            module, message, ..
        } => {
            let command = Command::AssertInvalid(encode(module).1, message.to_string());
            ("assert_invalid", command)
        }
        WastDirective::AssertMalformed {
            module, message, ..
        } => {
            let command = Command::AssertMalformed(encode(module).1, message.to_string());
            ("assert_malformed", command)
        }
        WastDirective::AssertUnlinkable {
            module, message, ..
        } => {
            let binary = encode(QuoteWat::Wat(module)).1;
            let command = Command::AssertUnlinkable(binary, message.to_string());
            ("assert_unlinkable", command)
        }
        WastDirective::AssertInvalidCustom { .. } => not_supported("assert_invalid_custom"),
        WastDirective::AssertMalformedCustom { .. } => not_supported("assert_malformed_custom"),
        WastDirective::AssertSuspension { .. } => not_supported("assert_suspension"),
        WastDirective::Thread(_) => not_supported("thread"),
        WastDirective::Wait { .. } => not_supported("wait"),
        WastDirective::Invoke(_)
        | WastDirective::AssertReturn { .. }
        | WastDirective::AssertTrap { .. }
        | WastDirective::AssertExhaustion { .. }
        | WastDirective::AssertException { .. } => {
            // These directives are taken above, by their keywords.
            return Err(parser.error("expected another directive"));
        }
    })
}

fn not_supported(name: &'static str) -> (&'static str, Command) {
    (name, Command::NotSupported(name))
}

fn owned(id: Id<'_>) -> String {
    id.name().to_string()
}

fn encode(mut wat: QuoteWat<'_>) -> (Option<String>, Binary) {
    let id = wat.name().map(owned);
    (id, wat.encode().map_err(|error| first_line(&error)))
}

/// Parses the rest of an assertion: an action, and the text that the assertion ends with.
fn assertion(
    parser: Parser<'_>,
    command: impl FnOnce(Action, String) -> Command,
) -> Result<Command> {
    let action = parser.parens(action)?;
    let text: &str = parser.parse()?;
    Ok(match action {
        Ok(action) => command(action, text.to_string()),
        Err(what) => Command::NotSupported(what),
    })
}

/// An action, or the keyword of a value in the action that this crate has no value for.
type MaybeAction = std::result::Result<Action, &'static str>;

fn action(parser: Parser<'_>) -> Result<MaybeAction> {
    if parser.peek::<kw::invoke>()? {
        return invoke(parser);
    }
    if parser.peek::<kw::get>()? {
        parser.parse::<kw::get>()?;
        let id: Option<Id<'_>> = parser.parse()?;
        let global: &str = parser.parse()?;
        return Ok(Ok(Action::Get {
            id: id.map(owned),
            global: global.to_string(),
        }));
    }
    let wat = if parser.peek2::<kw::quote>()? {
        parser.parse()?
    } else if parser.peek::<kw::component>()? {
        QuoteWat::Wat(Wat::Component(parser.parse()?))
    } else {
        QuoteWat::Wat(Wat::Module(parser.parse()?))
    };
    Ok(Ok(Action::Instantiate(encode(wat).1)))
}

fn invoke(parser: Parser<'_>) -> Result<MaybeAction> {
    parser.parse::<kw::invoke>()?;
    let id: Option<Id<'_>> = parser.parse()?;
    let export: &str = parser.parse()?;
    let mut args = Vec::new();
    let mut unknown = None;
    while !parser.is_empty() {
        let span = parser.cur_span();
        match parser.parens(value)?.fixed() {
            Ok(value) => args.push(value),
            Err(Loose::NotSupported(what)) => unknown = Some(what),
            Err(
                loose @ (Loose::CanonicalNan32
                | Loose::CanonicalNan64
                | Loose::ArithmeticNan32
                | Loose::ArithmeticNan64
                | Loose::AnyExtern
                | Loose::Either(_)),
            ) => {
                let message = format!("an argument is a value, and `{loose}` is none");
                return Err(parser.error_at(span, message));
            }
        }
    }
    Ok(match unknown {
        Some(what) => Err(what),
        None => Ok(Action::Invoke {
            id: id.map(owned),
            export: export.to_string(),
            args,
        }),
    })
}

/// Parses values in parentheses, up to the end.
fn all(parser: Parser<'_>) -> Result<Vec<Expected>> {
    let mut values = Vec::new();
    while !parser.is_empty() {
        values.push(parser.parens(value)?);
    }
    Ok(values)
}

/// Parses a value in parentheses, or nothing.
fn payload(parser: Parser<'_>) -> Result<Option<Box<Expected>>> {
    if parser.is_empty() {
        return Ok(None);
    }
    Ok(Some(Box::new(parser.parens(value)?)))
}

fn strings(parser: Parser<'_>) -> Result<Vec<String>> {
    let mut strings = Vec::new();
    while !parser.is_empty() {
        strings.push(parser.parse::<&str>()?.to_string());
    }
    Ok(strings)
}

fn value(parser: Parser<'_>) -> Result<Expected> {
    if parser.parens_depth() > MAX_DEPTH {
        return Err(parser.error("item nesting too deep"));
    }
    let start = parser.cur_span();
    let keyword = parser.step(|cursor| match cursor.keyword()? {
        Some(found) => Ok(found),
        None => Err(cursor.error("expected a value, such as `u32.const 1`")),
    })?;
    Ok(match keyword {
        "bool.const" => {
            if parser.peek::<kw::true_>()? {
                parser.parse::<kw::true_>()?;
                Value::Bool(true)
            } else {
                parser.parse::<kw::false_>()?;
                Value::Bool(false)
            }
        }
        "s8.const" => Value::S8(parser.parse()?),
        "u8.const" => Value::U8(parser.parse()?),
        "s16.const" => Value::S16(parser.parse()?),
        "u16.const" => Value::U16(parser.parse()?),
        "s32.const" => Value::S32(parser.parse()?),
        "u32.const" => Value::U32(parser.parse()?),
        "s64.const" => Value::S64(parser.parse()?),
        "u64.const" => Value::U64(parser.parse()?),
        "i32.const" => Value::I32(parser.parse()?),
        "i64.const" => Value::I64(parser.parse()?),
        "f32.const" => match parser.parse::<NanPattern<F32>>()? {
            NanPattern::CanonicalNan => Value::Loose(Loose::CanonicalNan32),
            NanPattern::ArithmeticNan => Value::Loose(Loose::ArithmeticNan32),
            NanPattern::Value(float) => Value::F32(float.bits),
        },
        "f64.const" => match parser.parse::<NanPattern<F64>>()? {
            NanPattern::CanonicalNan => Value::Loose(Loose::CanonicalNan64),
            NanPattern::ArithmeticNan => Value::Loose(Loose::ArithmeticNan64),
            NanPattern::Value(float) => Value::F64(float.bits),
        },
        "char.const" => {
            let span = parser.cur_span();
            let mut chars = parser.parse::<&str>()?.chars();
            match (chars.next(), chars.next()) {
                (Some(char), None) => Value::Char(char),
                (None, _) | (Some(_), Some(_)) => {
                    return Err(parser.error_at(span, "expected one character"));
                }
            }
        }
        "str.const" => Value::String(parser.parse::<&str>()?.to_string()),
        "list.const" => Value::List(all(parser)?),
        "tuple.const" => Value::Tuple(all(parser)?),
        "record.const" => {
            let mut fields = Vec::new();
            while !parser.is_empty() {
                fields.push(parser.parens(field)?);
            }
            Value::Record(fields)
        }
        "variant.const" => {
            let case: &str = parser.parse()?;
            Value::Variant(case.to_string(), payload(parser)?)
        }
        "enum.const" => Value::Enum(parser.parse::<&str>()?.to_string()),
        "option.none" => Value::Option(None),
        "option.some" => Value::Option(Some(Box::new(parser.parens(value)?))),
        "result.ok" => Value::Result(Ok(payload(parser)?)),
        "result.err" => Value::Result(Err(payload(parser)?)),
        "flags.const" => Value::Flags(strings(parser)?),
        "ref.null" => {
            parser.parse::<Option<HeapType<'_>>>()?;
            Value::Null
        }
        "ref.extern" => match parser.parse::<Option<u32>>()? {
            Some(number) => Value::Extern(number),
            None => Value::Loose(Loose::AnyExtern),
        },
        "ref.func" => {
            parser.parse::<Option<Index<'_>>>()?;
            Value::Func
        }
        "either" => Value::Loose(Loose::Either(all(parser)?)),
        "ref.host" => {
            parser.parse::<u32>()?;
            Value::Loose(Loose::NotSupported("ref.host"))
        }
        "v128.const" => {
            parser.parse::<V128Pattern>()?;
            Value::Loose(Loose::NotSupported("v128.const"))
        }
        "ref.any" => Value::Loose(Loose::NotSupported("ref.any")),
        "ref.eq" => Value::Loose(Loose::NotSupported("ref.eq")),
        "ref.array" => Value::Loose(Loose::NotSupported("ref.array")),
        "ref.struct" => Value::Loose(Loose::NotSupported("ref.struct")),
        "ref.i31" => Value::Loose(Loose::NotSupported("ref.i31")),
        "ref.i31_shared" => Value::Loose(Loose::NotSupported("ref.i31_shared")),
        _ => {
            let message = format!("`{keyword}` is no value");
            return Err(parser.error_at(start, message));
        }
    })
}

/// Parses a field of a record. The value of the field stands with or without parentheses.
fn field(parser: Parser<'_>) -> Result<(String, Expected)> {
    parser.parse::<kw::field>()?;
    let name: &str = parser.parse()?;
    let in_parentheses = parser.step(|cursor| Ok((cursor.lparen()?.is_some(), cursor)))?;
    let value = if in_parentheses {
        parser.parens(value)?
    } else {
        value(parser)?
    };
    Ok((name.to_string(), value))
}
