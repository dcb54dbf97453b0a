//! Draws constants, operands and component values.

use super::choices::Draw;
use crate::limits::SLOTS;
use crate::plan::{CoreType, Operand, Scalar, Signature, ValueType};
use spawndiff_corpus::{Type, Value};

const TYPES: &[(u32, Type)] = &[
    (14, Type::U32),
    (8, Type::Bool),
    (7, Type::S8),
    (7, Type::U8),
    (7, Type::S16),
    (7, Type::U16),
    (8, Type::S32),
    (9, Type::S64),
    (9, Type::U64),
    (8, Type::F32),
    (8, Type::F64),
    (8, Type::Char),
];

const CORE_TYPES: &[(u32, CoreType)] = &[
    (34, CoreType::I32),
    (22, CoreType::I64),
    (12, CoreType::F32),
    (12, CoreType::F64),
    (10, CoreType::FuncRef),
    (10, CoreType::ExternRef),
];

/// Signatures that come near `(func (param i32))`: an engine that compares sloppily takes them for it.
const NEAR_MISSES: &[(&[CoreType], &[CoreType])] = &[
    (&[], &[]),
    (&[CoreType::I32], &[CoreType::I32]),
    (&[CoreType::I64], &[]),
    (&[CoreType::I32, CoreType::I32], &[]),
    (&[CoreType::F32], &[]),
    (&[CoreType::F64], &[]),
    (&[CoreType::FuncRef], &[]),
    (&[CoreType::ExternRef], &[]),
    (&[], &[CoreType::I32]),
    (&[CoreType::I32], &[CoreType::I64]),
];

/// Percentage of other signatures that are one of [`NEAR_MISSES`].
const NEAR_MISS_PERCENT: u32 = 60;
/// Percentage of constant `char`s in results that are not valid.
const INVALID_CHAR_PERCENT: u32 = 4;

const INTERESTING: &[u64] = &[
    0,
    1,
    2,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0x8000,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    1 << 32,
    i64::MAX as u64,
    1 << 63,
    u64::MAX,
];

/// Zeros, ones, infinities, a subnormal, a large number, and quiet and signalling NaNs with and without a payload.
const FLOATS_32: &[u32] = &[
    0,
    0x3f80_0000,
    0x8000_0000,
    0xbf80_0000,
    0x7f80_0000,
    0xff80_0000,
    1,
    0x7f7f_ffff,
    0x7fc0_0000,
    0xffc0_0000,
    0x7fc0_1234,
    0x7fa0_0000,
];
const FLOATS_64: &[u64] = &[
    0,
    0x3ff0_0000_0000_0000,
    0x8000_0000_0000_0000,
    0xbff0_0000_0000_0000,
    0x7ff0_0000_0000_0000,
    0xfff0_0000_0000_0000,
    1,
    0x7fef_ffff_ffff_ffff,
    0x7ff8_0000_0000_0000,
    0xfff8_0000_0000_0000,
    0x7ff8_0000_0000_1234,
    0x7ff4_0000_0000_0000,
];

/// Every border of the ranges of valid `char`s that is valid itself, and some between.
const CHARS: &[char] = &[
    'a',
    '\0',
    'é',
    '\u{d7ff}',
    '\u{e000}',
    '\u{ffff}',
    '🦀',
    '\u{10ffff}',
];
/// The invalid values next to the borders of the ranges of valid `char`s, and the largest `u32`.
pub(super) const INVALID_CHARS: &[u64] = &[0xd800, 0xdfff, 0x11_0000, 0xffff_ffff];

impl Draw<'_, '_> {
    pub(super) fn component_type(&mut self) -> Type {
        self.weighted(TYPES)
    }

    fn core_type(&mut self) -> CoreType {
        self.weighted(CORE_TYPES)
    }

    /// A signature that is not the one of start functions.
    pub(super) fn other_signature(&mut self) -> Signature {
        let mut signature = if !self.percent(100 - NEAR_MISS_PERCENT) {
            let (params, results) = self.pick(NEAR_MISSES);
            Signature {
                params: params.to_vec(),
                results: results.to_vec(),
                ..Signature::default()
            }
        } else {
            let params = self.range(0..=crate::limits::CORE_PARAMS);
            let results = self.weighted(&[(50, 0), (33, 1), (17, crate::limits::CORE_RESULTS)]);
            Signature {
                params: (0..params).map(|_| self.core_type()).collect(),
                results: (0..results).map(|_| self.core_type()).collect(),
                ..Signature::default()
            }
        };
        if signature.is_start() || signature.is_erased_spawn_ref() {
            signature.results.push(CoreType::I64);
        }
        signature
    }

    fn bits(&mut self) -> u64 {
        match self.weighted(&[(50, 0), (35, 1), (15, 2)]) {
            0 => u64::from(self.below(100)),
            1 => self.pick(INTERESTING),
            _ => self.u64(),
        }
    }

    /// A value that an invocation passes.
    fn value(&mut self, ty: Type) -> Value {
        match ty {
            Type::Bool => Value::Bool(self.percent(50)),
            Type::S8 => Value::S8(self.bits() as i8),
            Type::U8 => Value::U8(self.bits() as u8),
            Type::S16 => Value::S16(self.bits() as i16),
            Type::U16 => Value::U16(self.bits() as u16),
            Type::S32 => Value::S32(self.bits() as i32),
            Type::U32 => Value::U32(self.bits() as u32),
            Type::S64 => Value::S64(self.bits() as i64),
            Type::U64 => Value::U64(self.bits()),
            Type::F32 => Value::f32(f32::from_bits(self.pick(FLOATS_32))),
            Type::F64 => Value::f64(f64::from_bits(self.pick(FLOATS_64))),
            Type::Char => Value::Char(self.pick(CHARS)),
        }
    }

    /// An argument of an invocation. Entries that are invoked have scalars only.
    pub(super) fn argument(&mut self, ty: ValueType) -> Value {
        match ty {
            ValueType::Scalar(ty) => self.value(ty),
            ValueType::String
            | ValueType::Bytes
            | ValueType::Own(_)
            | ValueType::Borrow(_)
            | ValueType::Channel(_) => Value::U32(0),
        }
    }

    /// A flat value that code returns.
    pub(super) fn scalar(&mut self, ty: Option<ValueType>) -> Scalar {
        let ty = match ty {
            None => return Scalar::Bits(0),
            Some(ValueType::Scalar(ty)) => ty,
            Some(
                ValueType::String
                | ValueType::Bytes
                | ValueType::Own(_)
                | ValueType::Borrow(_)
                | ValueType::Channel(_),
            ) => return Scalar::Bits(self.below(16).into()),
        };
        if self.percent(35) {
            return Scalar::Computed(self.operand());
        }
        Scalar::Bits(match ty {
            Type::Bool
            | Type::S8
            | Type::U8
            | Type::S16
            | Type::U16
            | Type::S32
            | Type::U32
            | Type::S64
            | Type::U64 => self.bits(),
            Type::F32 => u64::from(self.pick(FLOATS_32)),
            Type::F64 => self.pick(FLOATS_64),
            Type::Char if self.percent(INVALID_CHAR_PERCENT) => self.pick(INVALID_CHARS),
            Type::Char => self.pick(CHARS).into(),
        })
    }

    /// An `i32`, often small.
    pub(super) fn int(&mut self) -> i32 {
        self.bits() as i32
    }

    /// An operand that changes nothing by being read.
    pub(super) fn operand(&mut self) -> Operand {
        match self.weighted(&[(40, 0), (30, 1), (22, 2), (8, 3)]) {
            0 => Operand::Const(self.int()),
            1 => Operand::Argument,
            2 => Operand::Global(self.index(4)),
            _ => Operand::Slot(self.index(SLOTS)),
        }
    }
}
