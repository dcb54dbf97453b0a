//! Specialised types as fundamental ones (CanonicalABI.md, "Despecialization").
//!
//! A [`Type`] is a view of a [`ValType`], without labels: nothing below needs them, as a value knows its fields and
//! cases by their place.

use super::super::types::{ResourceTypeId, ValType};
use super::scalar_type::ScalarType;
use std::sync::Arc;

/// A fundamental value type, or one of the two specialised ones that have a representation of their own.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Type<'a> {
    Scalar(ScalarType),
    String,
    ErrorContext,
    /// The elements, and how many they are if that is fixed.
    List(Element<'a>, Option<u32>),
    Record(Fields<'a>),
    Variant(Cases<'a>),
    /// The number of labels.
    Flags(usize),
    Own(ResourceTypeId),
    Borrow(ResourceTypeId),
    Stream(Option<&'a ValType>),
    Future(Option<&'a ValType>),
}

/// The type of the elements of a list or a map.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Element<'a> {
    /// An element of a list.
    Of(&'a Arc<ValType>),
    /// An entry of a map.
    Entry(&'a Arc<ValType>, &'a Arc<ValType>),
}

/// The types of the fields of a record.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fields<'a> {
    Record(&'a Arc<[(String, ValType)]>),
    Tuple(&'a Arc<[ValType]>),
    /// A key and a value of a map.
    Entry(&'a Arc<ValType>, &'a Arc<ValType>),
    /// The tuple of all parameters, or of all results.
    Values(&'a [ValType]),
}

/// The payloads of the cases of a variant.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cases<'a> {
    Variant(&'a Arc<[(String, Option<ValType>)]>),
    /// The number of labels.
    Enum(usize),
    Option(&'a Arc<ValType>),
    Result(Option<&'a Arc<ValType>>, Option<&'a Arc<ValType>>),
}

/// `despecialize`.
pub(crate) fn despecialize(t: &ValType) -> Type<'_> {
    match t {
        ValType::Bool => Type::Scalar(ScalarType::Bool),
        ValType::S8 => Type::Scalar(ScalarType::S8),
        ValType::U8 => Type::Scalar(ScalarType::U8),
        ValType::S16 => Type::Scalar(ScalarType::S16),
        ValType::U16 => Type::Scalar(ScalarType::U16),
        ValType::S32 => Type::Scalar(ScalarType::S32),
        ValType::U32 => Type::Scalar(ScalarType::U32),
        ValType::S64 => Type::Scalar(ScalarType::S64),
        ValType::U64 => Type::Scalar(ScalarType::U64),
        ValType::F32 => Type::Scalar(ScalarType::F32),
        ValType::F64 => Type::Scalar(ScalarType::F64),
        ValType::Char => Type::Scalar(ScalarType::Char),
        ValType::String => Type::String,
        ValType::ErrorContext => Type::ErrorContext,
        ValType::List(t, length) => Type::List(Element::Of(t), *length),
        ValType::Map(key, value) => Type::List(Element::Entry(key, value), None),
        ValType::Record(fields) => Type::Record(Fields::Record(fields)),
        ValType::Tuple(types) => Type::Record(Fields::Tuple(types)),
        ValType::Variant(cases) => Type::Variant(Cases::Variant(cases)),
        ValType::Enum(labels) => Type::Variant(Cases::Enum(labels.len())),
        ValType::Option(some) => Type::Variant(Cases::Option(some)),
        ValType::Result { ok, err } => Type::Variant(Cases::Result(ok.as_ref(), err.as_ref())),
        ValType::Flags(labels) => Type::Flags(labels.len()),
        ValType::Own(rt) => Type::Own(*rt),
        ValType::Borrow(rt) => Type::Borrow(*rt),
        ValType::Stream(t) => Type::Stream(t.as_deref()),
        ValType::Future(t) => Type::Future(t.as_deref()),
    }
}

impl<'a> From<&'a ValType> for Type<'a> {
    fn from(t: &'a ValType) -> Type<'a> {
        despecialize(t)
    }
}

impl<'a> From<Element<'a>> for Type<'a> {
    fn from(element: Element<'a>) -> Type<'a> {
        match element {
            Element::Of(t) => despecialize(t),
            Element::Entry(key, value) => Type::Record(Fields::Entry(key, value)),
        }
    }
}

impl<'a> Fields<'a> {
    /// The number of fields.
    pub(super) fn len(self) -> usize {
        match self {
            Fields::Record(fields) => fields.len(),
            Fields::Tuple(types) => types.len(),
            Fields::Entry(..) => 2,
            Fields::Values(types) => types.len(),
        }
    }

    /// The type of a field.
    pub(super) fn get(self, index: usize) -> Option<Type<'a>> {
        let t: &'a ValType = match self {
            Fields::Record(fields) => &fields.get(index)?.1,
            Fields::Tuple(types) => types.get(index)?,
            Fields::Entry(key, value) => [key, value].get(index)?,
            Fields::Values(types) => types.get(index)?,
        };
        Some(despecialize(t))
    }

    /// The types of all fields.
    pub(super) fn iter(self) -> impl Iterator<Item = Type<'a>> {
        (0..self.len()).filter_map(move |index| self.get(index))
    }
}

impl<'a> Cases<'a> {
    /// The number of cases.
    pub(super) fn len(self) -> usize {
        match self {
            Cases::Variant(cases) => cases.len(),
            Cases::Enum(labels) => labels,
            Cases::Option(_) | Cases::Result(..) => 2,
        }
    }

    /// The payload of a case; `None` where there is no such case.
    pub(super) fn get(self, index: usize) -> Option<Option<Type<'a>>> {
        let t: Option<&'a ValType> = match self {
            Cases::Variant(cases) => cases.get(index)?.1.as_ref(),
            Cases::Enum(labels) => return (index < labels).then_some(None),
            Cases::Option(some) => *[None, Some(&**some)].get(index)?,
            Cases::Result(ok, err) => [ok, err].get(index)?.map(|t| &**t),
        };
        Some(t.map(despecialize))
    }

    /// The payloads of all cases that have one.
    pub(super) fn payloads(self) -> impl Iterator<Item = Type<'a>> {
        // An enum has none, and may have very many cases.
        let cases = match self {
            Cases::Enum(_) => 0,
            Cases::Variant(_) | Cases::Option(_) | Cases::Result(..) => self.len(),
        };
        (0..cases).filter_map(move |index| self.get(index).flatten())
    }
}

/// Where the parts of a type lie: two types with the same identity are one, as long as one of them is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Identity {
    List(usize, Option<u32>),
    Entries(usize, usize),
    Record(usize),
    Tuple(usize),
    Variant(usize),
    Option(usize),
    Result(Option<usize>, Option<usize>),
    Async(usize),
}

/// The identity of a type that has parts; `None` for others, and for the tuple of all parameters.
pub(super) fn identity(t: Type<'_>) -> Option<Identity> {
    fn place<T: ?Sized>(part: &Arc<T>) -> usize {
        Arc::as_ptr(part).cast::<()>() as usize
    }
    match t {
        Type::List(Element::Of(t), length) => Some(Identity::List(place(t), length)),
        Type::List(Element::Entry(key, value), _) => {
            Some(Identity::Entries(place(key), place(value)))
        }
        Type::Record(Fields::Record(fields)) => Some(Identity::Record(place(fields))),
        Type::Record(Fields::Tuple(types)) => Some(Identity::Tuple(place(types))),
        Type::Record(Fields::Entry(..) | Fields::Values(_)) => None,
        Type::Variant(Cases::Variant(cases)) => Some(Identity::Variant(place(cases))),
        Type::Variant(Cases::Option(some)) => Some(Identity::Option(place(some))),
        Type::Variant(Cases::Result(ok, err)) => {
            Some(Identity::Result(ok.map(place), err.map(place)))
        }
        Type::Stream(Some(t)) | Type::Future(Some(t)) => {
            Some(Identity::Async(std::ptr::from_ref(t) as usize))
        }
        Type::Scalar(_)
        | Type::String
        | Type::ErrorContext
        | Type::Variant(Cases::Enum(_))
        | Type::Flags(_)
        | Type::Own(_)
        | Type::Borrow(_)
        | Type::Stream(None)
        | Type::Future(None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_past_the_last_is_none() {
        let labels = ValType::Enum(["a".to_string(), "b".to_string()].into());
        let Type::Variant(cases) = despecialize(&labels) else {
            panic!("an enum is a variant");
        };
        assert!(cases.get(1).is_some_and(|payload| payload.is_none()));
        assert!(cases.get(2).is_none());
        let some = Arc::new(ValType::U8);
        let cases = Cases::Option(&some);
        assert!(matches!(cases.get(0), Some(None)));
        assert!(matches!(
            cases.get(1),
            Some(Some(Type::Scalar(ScalarType::U8)))
        ));
        assert!(cases.get(2).is_none());
    }
}
