//! The values that scripts pass, and what they say of the values that come back.
//!
//! One type serves both sides: a [`Value`] is a value, an [`Expected`] is a value in which a place may be left [`Loose`]. This type
//! is not that of the values of a stored case (`spawndiff_corpus::Value`), which has scalar types only.
//!
//! Sources: the types of components (Explainer.md, "Type Definitions"); for NaN patterns and `either`, the script format of
//! core WebAssembly's test suite.

use std::convert::Infallible;
use std::fmt;

/// A value of a component, or of a core module. Floats belong to both.
///
/// `L` is what may stand where a value is not fixed; a plain `Value` has no such place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<L = Infallible> {
    /// A core `i32`.
    I32(i32),
    /// A core `i64`.
    I64(i64),
    /// A null core reference.
    Null,
    /// A core reference to a function.
    Func,
    /// A core reference to something of the host's, which the script knows by a number.
    Extern(u32),
    /// A float, as its bits.
    F32(u32),
    /// A float, as its bits.
    F64(u64),
    /// `bool`
    Bool(bool),
    /// `s8`
    S8(i8),
    /// `u8`
    U8(u8),
    /// `s16`
    S16(i16),
    /// `u16`
    U16(u16),
    /// `s32`
    S32(i32),
    /// `u32`
    U32(u32),
    /// `s64`
    S64(i64),
    /// `u64`
    U64(u64),
    /// `char`
    Char(char),
    /// `string`
    String(String),
    /// `list`, of a fixed length or not.
    List(Vec<Self>),
    /// `map`. The text format has none: scripts write it as the list of tuples that it stands for.
    Map(Vec<(Self, Self)>),
    /// `record`, its fields in the order of the type.
    Record(Vec<(String, Self)>),
    /// `tuple`
    Tuple(Vec<Self>),
    /// `variant`: the case and its payload.
    Variant(String, Option<Box<Self>>),
    /// `enum`
    Enum(String),
    /// `option`
    Option(Option<Box<Self>>),
    /// `result`
    Result(Result<Option<Box<Self>>, Option<Box<Self>>>),
    /// `flags`: the names of the flags that are set, in any order.
    Flags(Vec<String>),
    /// A handle. Scripts have no text for a handle; handles only come back.
    Handle(Handle),
    /// A place that is not fixed.
    Loose(L),
}

/// The kind of a handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handle {
    /// `own`
    Own,
    /// `borrow`
    Borrow,
    /// `stream`
    Stream,
    /// `future`
    Future,
    /// `error-context`
    ErrorContext,
}

/// A value that a script expects to come back, in which places may be left loose.
pub type Expected = Value<Loose>;

/// Something that a script may say in the place of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loose {
    /// `f32.const nan:canonical`: only the highest bit of the payload is set; any sign.
    CanonicalNan32,
    /// `f64.const nan:canonical`
    CanonicalNan64,
    /// `f32.const nan:arithmetic`: the highest bit of the payload is set; any sign.
    ArithmeticNan32,
    /// `f64.const nan:arithmetic`
    ArithmeticNan64,
    /// `ref.extern` without a number: any such reference that is not null.
    AnyExtern,
    /// `either`: one of these values.
    Either(Vec<Expected>),
    /// Something that this crate has no value for, by its keyword.
    NotSupported(&'static str),
}

impl Expected {
    /// Whether a value is one of those that the script means.
    pub fn matches(&self, value: &Value) -> bool {
        let each = |expected: &[Expected], values: &[Value]| {
            expected.len() == values.len()
                && expected
                    .iter()
                    .zip(values)
                    .all(|(expected, value)| expected.matches(value))
        };
        match self {
            Value::I32(e) => matches!(value, Value::I32(v) if e == v),
            Value::I64(e) => matches!(value, Value::I64(v) if e == v),
            Value::Null => matches!(value, Value::Null),
            Value::Func => matches!(value, Value::Func),
            Value::Extern(e) => matches!(value, Value::Extern(v) if e == v),
            Value::F32(e) => matches!(value, Value::F32(v) if e == v),
            Value::F64(e) => matches!(value, Value::F64(v) if e == v),
            Value::Bool(e) => matches!(value, Value::Bool(v) if e == v),
            Value::S8(e) => matches!(value, Value::S8(v) if e == v),
            Value::U8(e) => matches!(value, Value::U8(v) if e == v),
            Value::S16(e) => matches!(value, Value::S16(v) if e == v),
            Value::U16(e) => matches!(value, Value::U16(v) if e == v),
            Value::S32(e) => matches!(value, Value::S32(v) if e == v),
            Value::U32(e) => matches!(value, Value::U32(v) if e == v),
            Value::S64(e) => matches!(value, Value::S64(v) if e == v),
            Value::U64(e) => matches!(value, Value::U64(v) if e == v),
            Value::Char(e) => matches!(value, Value::Char(v) if e == v),
            Value::String(e) => matches!(value, Value::String(v) if e == v),
            Value::List(e) => {
                let entries = |v: &[(Value, Value)]| {
                    e.len() == v.len()
                        && e.iter()
                            .zip(v)
                            .all(|(expected, (key, value))| expected.matches_entry(key, value))
                };
                matches!(value, Value::List(v) if each(e, v))
                    || matches!(value, Value::Map(v) if entries(v))
            }
            Value::Map(e) => matches!(value, Value::Map(v) if e.len() == v.len()
                && e.iter().zip(v).all(|((ek, ev), (k, v))| ek.matches(k) && ev.matches(v))),
            Value::Record(e) => matches!(value, Value::Record(v) if e.len() == v.len()
                && e.iter().zip(v).all(|((en, ev), (n, v))| en == n && ev.matches(v))),
            Value::Tuple(e) => matches!(value, Value::Tuple(v) if each(e, v)),
            Value::Variant(e, payload) => {
                matches!(value, Value::Variant(v, of) if e == v && matches_payload(payload, of))
            }
            Value::Enum(e) => matches!(value, Value::Enum(v) if e == v),
            Value::Option(e) => matches!(value, Value::Option(v) if matches_payload(e, v)),
            Value::Result(Ok(e)) => {
                matches!(value, Value::Result(Ok(v)) if matches_payload(e, v))
            }
            Value::Result(Err(e)) => {
                matches!(value, Value::Result(Err(v)) if matches_payload(e, v))
            }
            Value::Flags(e) => matches!(value, Value::Flags(v) if sorted(e) == sorted(v)),
            Value::Handle(e) => matches!(value, Value::Handle(v) if e == v),
            Value::Loose(loose) => loose.matches(value),
        }
    }

    /// Whether this is the tuple of a map's key and value.
    fn matches_entry(&self, key: &Value, value: &Value) -> bool {
        matches!(self, Value::Tuple(pair)
            if matches!(&pair[..], [k, v] if k.matches(key) && v.matches(value)))
    }

    /// The keyword of something in this value that this crate has no value for, if there is such a thing.
    pub fn not_supported(&self) -> Option<&'static str> {
        // Only core references lack a value, and those are not part of another value.
        if let Value::Loose(Loose::NotSupported(keyword)) = self {
            Some(keyword)
        } else if let Value::Loose(Loose::Either(values)) = self {
            values.iter().find_map(|value| value.not_supported())
        } else {
            None
        }
    }

    /// Returns the value if no place in it is loose. The error is a loose place.
    pub fn fixed(self) -> Result<Value, Loose> {
        let all = |values: Vec<Expected>| {
            let fixed = values.into_iter().map(Expected::fixed);
            fixed.collect::<Result<Vec<_>, _>>()
        };
        let payload = |value: Option<Box<Expected>>| {
            let fixed = |value: Box<Expected>| value.fixed().map(Box::new);
            value.map(fixed).transpose()
        };
        Ok(match self {
            Value::I32(v) => Value::I32(v),
            Value::I64(v) => Value::I64(v),
            Value::Null => Value::Null,
            Value::Func => Value::Func,
            Value::Extern(v) => Value::Extern(v),
            Value::F32(v) => Value::F32(v),
            Value::F64(v) => Value::F64(v),
            Value::Bool(v) => Value::Bool(v),
            Value::S8(v) => Value::S8(v),
            Value::U8(v) => Value::U8(v),
            Value::S16(v) => Value::S16(v),
            Value::U16(v) => Value::U16(v),
            Value::S32(v) => Value::S32(v),
            Value::U32(v) => Value::U32(v),
            Value::S64(v) => Value::S64(v),
            Value::U64(v) => Value::U64(v),
            Value::Char(v) => Value::Char(v),
            Value::String(v) => Value::String(v),
            Value::List(v) => Value::List(all(v)?),
            Value::Map(v) => {
                let entry = |(key, value): (Expected, Expected)| Ok((key.fixed()?, value.fixed()?));
                Value::Map(v.into_iter().map(entry).collect::<Result<_, _>>()?)
            }
            Value::Record(v) => {
                let field = |(name, value): (String, Expected)| Ok((name, value.fixed()?));
                Value::Record(v.into_iter().map(field).collect::<Result<_, _>>()?)
            }
            Value::Tuple(v) => Value::Tuple(all(v)?),
            Value::Variant(case, v) => Value::Variant(case, payload(v)?),
            Value::Enum(case) => Value::Enum(case),
            Value::Option(v) => Value::Option(payload(v)?),
            Value::Result(Ok(v)) => Value::Result(Ok(payload(v)?)),
            Value::Result(Err(v)) => Value::Result(Err(payload(v)?)),
            Value::Flags(names) => Value::Flags(names),
            Value::Handle(kind) => Value::Handle(kind),
            Value::Loose(loose) => return Err(loose),
        })
    }
}

fn matches_payload(expected: &Option<Box<Expected>>, value: &Option<Box<Value>>) -> bool {
    match (expected, value) {
        (Some(expected), Some(value)) => expected.matches(value),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

fn sorted(names: &[String]) -> Vec<&String> {
    let mut names: Vec<_> = names.iter().collect();
    names.sort();
    names.dedup();
    names
}

impl Loose {
    fn matches(&self, value: &Value) -> bool {
        const QUIET_NAN_32: u32 = 0x7fc0_0000;
        const QUIET_NAN_64: u64 = 0x7ff8_0000_0000_0000;
        match self {
            Loose::CanonicalNan32 => {
                matches!(value, Value::F32(v) if v & (u32::MAX >> 1) == QUIET_NAN_32)
            }
            Loose::CanonicalNan64 => {
                matches!(value, Value::F64(v) if v & (u64::MAX >> 1) == QUIET_NAN_64)
            }
            Loose::ArithmeticNan32 => {
                matches!(value, Value::F32(v) if v & QUIET_NAN_32 == QUIET_NAN_32)
            }
            Loose::ArithmeticNan64 => {
                matches!(value, Value::F64(v) if v & QUIET_NAN_64 == QUIET_NAN_64)
            }
            Loose::AnyExtern => matches!(value, Value::Extern(_)),
            Loose::Either(values) => values.iter().any(|expected| expected.matches(value)),
            Loose::NotSupported(_) => false,
        }
    }
}

impl fmt::Display for Loose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Loose::CanonicalNan32 => f.write_str("(f32.const nan:canonical)"),
            Loose::CanonicalNan64 => f.write_str("(f64.const nan:canonical)"),
            Loose::ArithmeticNan32 => f.write_str("(f32.const nan:arithmetic)"),
            Loose::ArithmeticNan64 => f.write_str("(f64.const nan:arithmetic)"),
            Loose::AnyExtern => f.write_str("(ref.extern)"),
            Loose::Either(values) => all(f, "either", values),
            Loose::NotSupported(keyword) => write!(f, "({keyword})"),
        }
    }
}

/// A value is displayed as the text that a script has for it, where there is such a text.
impl<L: fmt::Display> fmt::Display for Value<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::I32(v) => write!(f, "(i32.const {v})"),
            Value::I64(v) => write!(f, "(i64.const {v})"),
            Value::Null => f.write_str("(ref.null)"),
            Value::Func => f.write_str("(ref.func)"),
            Value::Extern(v) => write!(f, "(ref.extern {v})"),
            Value::F32(bits) if f32::from_bits(*bits).is_nan() => {
                write!(f, "(f32.const {})", nan(bits >> 31, bits & 0x7f_ffff))
            }
            Value::F32(bits) => write!(f, "(f32.const {:?})", f32::from_bits(*bits)),
            Value::F64(bits) if f64::from_bits(*bits).is_nan() => {
                let text = nan(bits >> 63, bits & 0xf_ffff_ffff_ffff);
                write!(f, "(f64.const {text})")
            }
            Value::F64(bits) => write!(f, "(f64.const {:?})", f64::from_bits(*bits)),
            Value::Bool(v) => write!(f, "(bool.const {v})"),
            Value::S8(v) => write!(f, "(s8.const {v})"),
            Value::U8(v) => write!(f, "(u8.const {v})"),
            Value::S16(v) => write!(f, "(s16.const {v})"),
            Value::U16(v) => write!(f, "(u16.const {v})"),
            Value::S32(v) => write!(f, "(s32.const {v})"),
            Value::U32(v) => write!(f, "(u32.const {v})"),
            Value::S64(v) => write!(f, "(s64.const {v})"),
            Value::U64(v) => write!(f, "(u64.const {v})"),
            Value::Char(v) => write!(f, "(char.const {:?})", v.to_string()),
            Value::String(v) => write!(f, "(str.const {v:?})"),
            Value::List(values) => all(f, "list.const", values),
            Value::Map(entries) => {
                f.write_str("(list.const")?;
                for (key, value) in entries {
                    write!(f, " (tuple.const {key} {value})")?;
                }
                f.write_str(")")
            }
            Value::Record(fields) => {
                f.write_str("(record.const")?;
                for (name, value) in fields {
                    write!(f, " (field {name:?} {value})")?;
                }
                f.write_str(")")
            }
            Value::Tuple(values) => all(f, "tuple.const", values),
            Value::Variant(case, value) => {
                write!(f, "(variant.const {case:?}")?;
                payload(f, value)
            }
            Value::Enum(case) => write!(f, "(enum.const {case:?})"),
            Value::Option(None) => f.write_str("(option.none)"),
            Value::Option(value) => {
                f.write_str("(option.some")?;
                payload(f, value)
            }
            Value::Result(Ok(value)) => {
                f.write_str("(result.ok")?;
                payload(f, value)
            }
            Value::Result(Err(value)) => {
                f.write_str("(result.err")?;
                payload(f, value)
            }
            Value::Flags(names) => {
                f.write_str("(flags.const")?;
                for name in names {
                    write!(f, " {name:?}")?;
                }
                f.write_str(")")
            }
            Value::Handle(kind) => f.write_str(match kind {
                Handle::Own => "(own)",
                Handle::Borrow => "(borrow)",
                Handle::Stream => "(stream)",
                Handle::Future => "(future)",
                Handle::ErrorContext => "(error-context)",
            }),
            Value::Loose(loose) => loose.fmt(f),
        }
    }
}

fn nan(sign: impl Into<u64>, payload: impl Into<u64>) -> String {
    let sign = if sign.into() == 0 { "" } else { "-" };
    format!("{sign}nan:{:#x}", payload.into())
}

fn all<L: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    keyword: &str,
    values: &[Value<L>],
) -> fmt::Result {
    write!(f, "({keyword}")?;
    for value in values {
        write!(f, " {value}")?;
    }
    f.write_str(")")
}

fn payload<L: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    value: &Option<Box<Value<L>>>,
) -> fmt::Result {
    match value {
        Some(value) => write!(f, " {value})"),
        None => f.write_str(")"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canonical_nan_has_one_payload_and_an_arithmetic_one_is_any_quiet_nan() {
        for (bits, canonical, arithmetic) in [
            (0x7fc0_0000, true, true),
            (0xffc0_0000, true, true),
            (0x7fc0_0001, false, true),
            (0xffff_ffff, false, true),
            (0x7fa0_0000, false, false),
            (0x7f80_0000, false, false),
            (0x3f80_0000, false, false),
        ] {
            let value = Value::F32(bits);
            assert_eq!(Loose::CanonicalNan32.matches(&value), canonical, "{value}");
            assert_eq!(
                Loose::ArithmeticNan32.matches(&value),
                arithmetic,
                "{value}"
            );
            // The same as a double: its sign, whether the exponent is all ones, and the payload from the top.
            let sign = u64::from(bits >> 31) << 63;
            let exponent = u64::from((bits >> 23) & 0xff == 0xff) * 0x7ff0_0000_0000_0000;
            let wide = sign | exponent | (u64::from(bits & 0x7f_ffff) << 29);
            let value = Value::F64(wide);
            assert_eq!(Loose::CanonicalNan64.matches(&value), canonical, "{value}");
            assert_eq!(
                Loose::ArithmeticNan64.matches(&value),
                arithmetic,
                "{value}"
            );
        }
        assert!(!Loose::CanonicalNan32.matches(&Value::F64(0x7ff8_0000_0000_0000)));
    }

    #[test]
    fn a_map_is_the_list_of_its_entries_and_the_order_of_flags_says_nothing() {
        let map = Value::Map(vec![(Value::U8(1), Value::Bool(true))]);
        let list = |value| {
            let entry = Expected::Tuple(vec![Expected::U8(1), Expected::Bool(value)]);
            Expected::List(vec![entry])
        };
        assert!(list(true).matches(&map));
        assert!(!list(false).matches(&map));
        assert!(!Expected::List(Vec::new()).matches(&map));

        let flags = |names: &[&str]| names.iter().map(|name| name.to_string()).collect();
        let expected = Expected::Flags(flags(&["a", "b"]));
        assert!(expected.matches(&Value::Flags(flags(&["b", "a"]))));
        assert!(!expected.matches(&Value::Flags(flags(&["a"]))));
    }

    #[test]
    fn a_loose_place_is_found_wherever_it_is() {
        let inner = Expected::Option(Some(Box::new(Expected::Loose(Loose::CanonicalNan32))));
        let value = Expected::Record(vec![("a".to_string(), inner)]);
        assert_eq!(value.fixed(), Err(Loose::CanonicalNan32));
    }
}
