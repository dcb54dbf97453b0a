//! Flattening (CanonicalABI.md, "Flattening"): which core values a value is passed as.
//!
//! Flattening stops at the first core value that is one too many for every function: such a type is passed in memory,
//! however large it is.

use super::despecialize::{Cases, Fields, Type};
use super::sizes::Layouts;
use crate::canon_defs::CanonicalOptions;
use crate::types::{FuncType, ValType};

/// The most core parameters that a function has.
pub(crate) const MAX_FLAT_PARAMS: usize = 16;
/// The most core parameters for the arguments of a function that is lowered `async`.
pub(crate) const MAX_FLAT_ASYNC_PARAMS: usize = 4;
/// The most core results that a function has.
pub const MAX_FLAT_RESULTS: usize = 1;

/// A core type that values are flattened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CoreType {
    I32,
    I64,
    F32,
    F64,
}

impl CoreType {
    /// `ptr_type`.
    pub(crate) fn pointer(wide: bool) -> CoreType {
        if wide { CoreType::I64 } else { CoreType::I32 }
    }
}

impl From<CoreType> for wasmi::ValType {
    fn from(t: CoreType) -> wasmi::ValType {
        match t {
            CoreType::I32 => wasmi::ValType::I32,
            CoreType::I64 => wasmi::ValType::I64,
            CoreType::F32 => wasmi::ValType::F32,
            CoreType::F64 => wasmi::ValType::F64,
        }
    }
}

/// At most [`MAX_FLAT_PARAMS`] core types.
#[derive(Clone, Copy)]
pub(crate) struct FlatTypes {
    types: [CoreType; MAX_FLAT_PARAMS],
    len: u8,
}

impl FlatTypes {
    const NONE: FlatTypes = FlatTypes {
        types: [CoreType::I32; MAX_FLAT_PARAMS],
        len: 0,
    };

    fn one(t: CoreType) -> FlatTypes {
        FlatTypes {
            types: [t; MAX_FLAT_PARAMS],
            len: 1,
        }
    }

    /// The types, in order.
    pub(crate) fn types(&self) -> &[CoreType] {
        &self.types[..self.len.into()]
    }

    /// Adds a type at the end; `None` where there is no room.
    fn push(&mut self, t: CoreType) -> Option<()> {
        *self.types.get_mut(usize::from(self.len))? = t;
        self.len += 1;
        Some(())
    }

    /// Adds types at the end; `None` where there is no room for all.
    fn extend(&mut self, other: FlatTypes) -> Option<()> {
        other.types().iter().try_for_each(|t| self.push(*t))
    }
}

impl std::fmt::Debug for FlatTypes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.types().fmt(f)
    }
}

impl Layouts {
    /// `flatten_types`; `None` where these are more than [`MAX_FLAT_PARAMS`].
    pub(crate) fn flatten_types(&mut self, ts: &[ValType], wide: bool) -> Option<FlatTypes> {
        self.flatten_record(Fields::Values(ts), wide)
    }

    /// `flatten_type`, without looking at what is known.
    pub(super) fn compute_flat(&mut self, t: Type<'_>, wide: bool) -> Option<FlatTypes> {
        let pointer = CoreType::pointer(wide);
        match t {
            Type::Scalar(t) => Some(FlatTypes::one(t.flat())),
            Type::ErrorContext
            | Type::Flags(_)
            | Type::Own(_)
            | Type::Borrow(_)
            | Type::Stream(_)
            | Type::Future(_) => Some(FlatTypes::one(CoreType::I32)),
            Type::String | Type::List(_, None) => {
                let mut flat = FlatTypes::one(pointer);
                flat.push(pointer)?;
                Some(flat)
            }
            Type::List(element, Some(length)) => {
                let element = self.flatten_type(element.into(), wide)?;
                let mut flat = FlatTypes::NONE;
                // A record without fields, which validation refuses, would be repeated to no end.
                if !element.types().is_empty() {
                    (0..length).try_for_each(|_| flat.extend(element))?;
                }
                Some(flat)
            }
            Type::Record(fields) => self.flatten_record(fields, wide),
            Type::Variant(cases) => self.flatten_variant(cases, wide),
        }
    }

    fn flatten_record(&mut self, fields: Fields<'_>, wide: bool) -> Option<FlatTypes> {
        let mut flat = FlatTypes::NONE;
        for t in fields.iter() {
            flat.extend(self.flatten_type(t, wide)?)?;
        }
        Some(flat)
    }

    /// `flatten_variant`: the discriminant, then the joined payloads.
    fn flatten_variant(&mut self, cases: Cases<'_>, wide: bool) -> Option<FlatTypes> {
        let mut flat = FlatTypes::one(CoreType::I32);
        for t in cases.payloads() {
            let payload = self.flatten_type(t, wide)?;
            for (i, t) in payload.types().iter().enumerate() {
                let i = i + 1;
                if i < flat.types().len() {
                    flat.types[i] = join(flat.types[i], *t);
                } else {
                    flat.push(*t)?;
                }
            }
        }
        Some(flat)
    }
}

/// `join`.
fn join(a: CoreType, b: CoreType) -> CoreType {
    match (a, b) {
        (CoreType::I32, CoreType::I32 | CoreType::F32) | (CoreType::F32, CoreType::I32) => {
            CoreType::I32
        }
        (CoreType::F32, CoreType::F32) => CoreType::F32,
        (CoreType::F64, CoreType::F64) => CoreType::F64,
        (CoreType::I64, _)
        | (_, CoreType::I64)
        | (CoreType::F64, CoreType::I32 | CoreType::F32)
        | (CoreType::I32 | CoreType::F32, CoreType::F64) => CoreType::I64,
    }
}

/// Whether a function is lifted or lowered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    #[cfg_attr(
        not(test),
        expect(
            dead_code,
            reason = "the core type of a lifted function is the validator's to check"
        )
    )]
    Lift,
    Lower,
}

/// `flatten_functype`: the core type of a function that is lifted or lowered with these options.
pub(crate) fn flatten_functype(
    layouts: &mut Layouts,
    opts: &CanonicalOptions,
    ft: &FuncType,
    context: Direction,
) -> wasmi::FuncType {
    let wide = opts.memory.is_some_and(|memory| memory.wide);
    let pointer = CoreType::pointer(wide);
    let flatten = |layouts: &mut Layouts, ts: &[ValType], max: usize| {
        let flat = layouts.flatten_types(ts, wide)?;
        (flat.types().len() <= max).then(|| flat.types().to_vec())
    };
    let max_params = match (opts.async_, context) {
        (true, Direction::Lower) => MAX_FLAT_ASYNC_PARAMS,
        (false, _) | (true, Direction::Lift) => MAX_FLAT_PARAMS,
    };
    let mut params = flatten(layouts, &ft.params, max_params).unwrap_or_else(|| vec![pointer]);
    let results = if !opts.async_ {
        match (
            flatten(layouts, ft.result.as_slice(), MAX_FLAT_RESULTS),
            context,
        ) {
            (Some(results), _) => results,
            (None, Direction::Lift) => vec![pointer],
            (None, Direction::Lower) => {
                params.push(pointer);
                Vec::new()
            }
        }
    } else {
        match context {
            Direction::Lift if opts.callback.is_some() => vec![CoreType::I32],
            Direction::Lift => Vec::new(),
            Direction::Lower => {
                if flatten(layouts, ft.result.as_slice(), 0).is_none() {
                    params.push(pointer);
                }
                vec![CoreType::I32]
            }
        }
    };
    wasmi::FuncType::new(
        params.into_iter().map(wasmi::ValType::from),
        results.into_iter().map(wasmi::ValType::from),
    )
}
