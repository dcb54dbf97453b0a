//! Alignments and sizes (CanonicalABI.md, "Alignment" and "Element Size"), each computed once for each type.
//!
//! Validation keeps a size below 2^28 bytes. Nothing here relies on it: sums and products stay at the largest number
//! instead of wrapping, and no memory is so large.

use super::despecialize::{Cases, Element, Fields, Identity, Type, identity};
use super::flatten::FlatTypes;
use super::ptr_size;
use crate::types::ValType;
use std::collections::HashMap;
use std::sync::Arc;

/// The layouts of types that were computed, by the identity of the type and by whether pointers are wide.
#[derive(Debug, Default)]
pub(crate) struct Layouts {
    // The type is kept so that nothing else comes to lie where its parts are.
    known: HashMap<(Identity, bool), (ValType, Layout)>,
}

/// How a value of a type is represented.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    alignment: u64,
    elem_size: u64,
    /// The `max_case_alignment` of a variant; one for other types.
    max_case_alignment: u64,
    /// The flat core types; `None`: they are more than are ever passed flat.
    flat: Option<FlatTypes>,
}

impl Layouts {
    /// `alignment`: a power of two.
    pub(crate) fn alignment(&mut self, t: Type<'_>, wide: bool) -> u64 {
        self.layout(t, wide).alignment
    }

    /// `elem_size`, in bytes.
    pub(crate) fn elem_size(&mut self, t: Type<'_>, wide: bool) -> u64 {
        self.layout(t, wide).elem_size
    }

    /// `max_case_alignment`.
    pub(super) fn max_case_alignment(&mut self, cases: Cases<'_>, wide: bool) -> u64 {
        self.layout(Type::Variant(cases), wide).max_case_alignment
    }

    /// `flatten_type`; `None` where these are more than `MAX_FLAT_PARAMS`.
    pub(super) fn flatten_type(&mut self, t: Type<'_>, wide: bool) -> Option<FlatTypes> {
        match identity(t) {
            Some(_) => self.layout(t, wide).flat,
            // Nothing is kept of such a type, so that the rest of its layout would be computed for nothing.
            None => self.compute_flat(t, wide),
        }
    }

    fn layout(&mut self, t: Type<'_>, wide: bool) -> Layout {
        let identity = identity(t);
        if let Some(identity) = identity
            && let Some((_, layout)) = self.known.get(&(identity, wide))
        {
            return *layout;
        }
        let layout = Layout {
            alignment: self.compute_alignment(t, wide),
            elem_size: self.compute_elem_size(t, wide),
            max_case_alignment: match t {
                Type::Variant(cases) => self.compute_max_case_alignment(cases, wide),
                _ => 1,
            },
            flat: self.compute_flat(t, wide),
        };
        if let (Some(identity), Some(kept)) = (identity, keep(t)) {
            self.known.insert((identity, wide), (kept, layout));
        }
        layout
    }

    fn compute_alignment(&mut self, t: Type<'_>, wide: bool) -> u64 {
        match t {
            Type::Scalar(t) => t.size(),
            Type::String | Type::List(_, None) => ptr_size(wide),
            Type::List(element, Some(_)) => self.alignment(element.into(), wide),
            Type::Record(fields) => self.alignment_record(fields, wide),
            Type::Variant(cases) => {
                discriminant_size(cases.len()).max(self.compute_max_case_alignment(cases, wide))
            }
            Type::Flags(labels) => flags_size(labels),
            Type::ErrorContext
            | Type::Own(_)
            | Type::Borrow(_)
            | Type::Stream(_)
            | Type::Future(_) => 4,
        }
    }

    fn alignment_record(&mut self, fields: Fields<'_>, wide: bool) -> u64 {
        let alignments = fields.iter().map(|t| self.alignment(t, wide));
        alignments.max().unwrap_or(1)
    }

    fn compute_max_case_alignment(&mut self, cases: Cases<'_>, wide: bool) -> u64 {
        let alignments = cases.payloads().map(|t| self.alignment(t, wide));
        alignments.max().unwrap_or(1)
    }

    fn compute_elem_size(&mut self, t: Type<'_>, wide: bool) -> u64 {
        match t {
            Type::Scalar(t) => t.size(),
            Type::String | Type::List(_, None) => 2 * ptr_size(wide),
            Type::List(element, Some(length)) => self
                .elem_size(element.into(), wide)
                .saturating_mul(length.into()),
            Type::Record(fields) => self.elem_size_record(fields, wide),
            Type::Variant(cases) => self.elem_size_variant(cases, wide),
            Type::Flags(labels) => flags_size(labels),
            Type::ErrorContext
            | Type::Own(_)
            | Type::Borrow(_)
            | Type::Stream(_)
            | Type::Future(_) => 4,
        }
    }

    fn elem_size_record(&mut self, fields: Fields<'_>, wide: bool) -> u64 {
        let mut size = 0_u64;
        for t in fields.iter() {
            size = align_to(size, self.alignment(t, wide));
            size = size.saturating_add(self.elem_size(t, wide));
        }
        align_to(size, self.alignment_record(fields, wide))
    }

    fn elem_size_variant(&mut self, cases: Cases<'_>, wide: bool) -> u64 {
        let discriminant = discriminant_size(cases.len());
        let max_case_alignment = self.compute_max_case_alignment(cases, wide);
        let payloads = cases.payloads().map(|t| self.elem_size(t, wide));
        let size =
            align_to(discriminant, max_case_alignment).saturating_add(payloads.max().unwrap_or(0));
        align_to(size, discriminant.max(max_case_alignment))
    }
}

/// A type that has an identity, to keep its parts where they are; not a stream or a future, whose layout is always the
/// same.
fn keep(t: Type<'_>) -> Option<ValType> {
    match t {
        Type::List(Element::Of(t), length) => Some(ValType::List(Arc::clone(t), length)),
        Type::List(Element::Entry(key, value), _) => {
            Some(ValType::Map(Arc::clone(key), Arc::clone(value)))
        }
        Type::Record(Fields::Record(fields)) => Some(ValType::Record(Arc::clone(fields))),
        Type::Record(Fields::Tuple(types)) => Some(ValType::Tuple(Arc::clone(types))),
        Type::Variant(Cases::Variant(cases)) => Some(ValType::Variant(Arc::clone(cases))),
        Type::Variant(Cases::Option(some)) => Some(ValType::Option(Arc::clone(some))),
        Type::Variant(Cases::Result(ok, err)) => Some(ValType::Result {
            ok: ok.map(Arc::clone),
            err: err.map(Arc::clone),
        }),
        Type::Scalar(_)
        | Type::String
        | Type::ErrorContext
        | Type::Record(Fields::Entry(..) | Fields::Values(_))
        | Type::Variant(Cases::Enum(_))
        | Type::Flags(_)
        | Type::Own(_)
        | Type::Borrow(_)
        | Type::Stream(_)
        | Type::Future(_) => None,
    }
}

/// `align_to`: the first multiple of `alignment`, a power of two, that is not below `ptr`.
pub(crate) fn align_to(ptr: u64, alignment: u64) -> u64 {
    ptr.checked_next_multiple_of(alignment).unwrap_or(u64::MAX)
}

/// The size of `discriminant_type` for this many cases, in bytes.
pub(super) fn discriminant_size(cases: usize) -> u64 {
    match cases {
        0..=0x100 => 1,
        0x101..=0x1_0000 => 2,
        // The formula of the specification has no answer for more than 2^24 cases. It means these.
        _ => 4,
    }
}

/// `elem_size_flags` and `alignment_flags`, in bytes.
pub(super) fn flags_size(labels: usize) -> u64 {
    match labels {
        0..=8 => 1,
        9..=16 => 2,
        _ => 4,
    }
}
