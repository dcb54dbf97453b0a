//! Types and values drawn from a seed.

use super::{fixed, labels, list, option, tuple, variant};
use crate::abi::{ErrorContextId, SharedId, Value};
use crate::types::{ResourceTypeId, ValType};
use std::sync::Arc;

pub(super) struct Random(u64);

/// Characters of one, two, three and four bytes of UTF-8; the first two groups are Latin-1.
const CHARS: [&[char]; 4] = [
    &['a', 'Z', '\0', '\x7f'],
    &['é', 'ÿ', '\u{80}', 'ö'],
    &['☃', '\u{100}', '\u{d7ff}', '\u{e000}', '\u{ffff}'],
    &['🍰', '\u{10000}', '\u{10ffff}'],
];

impl Random {
    pub(super) fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// The next number of the sequence (splitmix64).
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn one_of<T: Clone>(&mut self, options: &[T]) -> T {
        options[self.below(options.len())].clone()
    }

    fn maybe<T>(&mut self, draw: impl FnOnce(&mut Random) -> T) -> Option<T> {
        (self.below(3) > 0).then(|| draw(self))
    }

    /// A type of at most this depth.
    pub(super) fn ty(&mut self, depth: usize) -> ValType {
        use ValType::*;
        let leaves = [
            Bool,
            S8,
            U8,
            S16,
            U16,
            S32,
            U32,
            S64,
            U64,
            F32,
            F64,
            Char,
            String,
            ErrorContext,
        ];
        let rt = ResourceTypeId(self.below(3));
        if depth == 0 || self.below(4) == 0 {
            return match self.below(20) {
                0 => Own(rt),
                1 => Borrow(rt),
                2 => Flags(labels(1 + self.below(32))),
                3 => Enum(labels(1 + self.below(300))),
                4 => Stream(self.maybe(|_| Arc::new(U8))),
                5 => Future(self.maybe(|_| Arc::new(String))),
                _ => self.one_of(&leaves),
            };
        }
        let depth = depth - 1;
        match self.below(9) {
            0 | 1 => list(self.ty(depth)),
            2 => fixed(self.ty(depth), 1 + self.below(4) as u32),
            3 => Map(
                Arc::new(self.one_of(&[U8, U64, Char, String])),
                Arc::new(self.ty(depth)),
            ),
            4 => {
                let fields = 1 + self.below(4);
                let field = |i| (format!("f{i}"), self.ty(depth));
                Record((0..fields).map(field).collect())
            }
            5 => {
                let fields = 1 + self.below(4);
                tuple(&(0..fields).map(|_| self.ty(depth)).collect::<Vec<_>>())
            }
            6 => {
                let cases = match self.below(20) {
                    0 => 256 + self.below(2),
                    _ => 1 + self.below(4),
                };
                let payload = |_| match cases {
                    0..8 => self.maybe(|random| random.ty(depth)),
                    8.. => self.maybe(|random| random.ty(0)),
                };
                variant(&(0..cases).map(payload).collect::<Vec<_>>())
            }
            7 => option(self.ty(depth)),
            _ => Result {
                ok: self.maybe(|random| random.ty(depth).into()),
                err: self.maybe(|random| random.ty(depth).into()),
            },
        }
    }

    fn character(&mut self, group: usize) -> char {
        self.one_of(CHARS[group])
    }

    /// A string of up to eight characters, of groups up to one that is drawn.
    pub(super) fn text(&mut self) -> String {
        let groups = 1 + self.below(CHARS.len());
        let ascii = self.below(4);
        let mixed = (0..self.below(6)).map(|_| {
            let group = self.below(groups);
            self.character(group)
        });
        let mixed: String = mixed.collect();
        "abcd"[..ascii].to_string() + &mixed
    }

    /// A value of a type.
    pub(super) fn value(&mut self, t: &ValType) -> Value {
        let bits = match self.below(3) {
            0 => self.next() % 3,
            1 => u64::MAX - self.next() % 3,
            _ => self.next(),
        };
        match t {
            ValType::Bool => Value::Bool(bits & 1 != 0),
            ValType::S8 => Value::S8(bits as i8),
            ValType::U8 => Value::U8(bits as u8),
            ValType::S16 => Value::S16(bits as i16),
            ValType::U16 => Value::U16(bits as u16),
            ValType::S32 => Value::S32(bits as i32),
            ValType::U32 => Value::U32(bits as u32),
            ValType::S64 => Value::S64(bits as i64),
            ValType::U64 => Value::U64(bits),
            ValType::F32 => Value::f32(bits as u32),
            ValType::F64 => Value::f64(bits),
            ValType::Char => {
                let group = self.below(CHARS.len());
                Value::Char(self.character(group))
            }
            ValType::String => Value::string(&self.text()),
            ValType::ErrorContext => Value::ErrorContext(ErrorContextId(bits as u32 as usize)),
            ValType::List(t, length) => {
                let length = length.map_or_else(|| self.below(4), |length| length as usize);
                Value::List((0..length).map(|_| self.value(t)).collect())
            }
            ValType::Map(key, value) => {
                let entry = |_| Value::Record(vec![self.value(key), self.value(value)]);
                Value::List((0..bits % 3).map(entry).collect())
            }
            ValType::Record(fields) => {
                Value::Record(fields.iter().map(|(_, t)| self.value(t)).collect())
            }
            ValType::Tuple(types) => Value::Record(types.iter().map(|t| self.value(t)).collect()),
            ValType::Variant(cases) => {
                let case = self.below(cases.len());
                let payload = cases[case].1.as_ref().map(|t| self.value(t));
                Value::variant(case as u32, payload)
            }
            ValType::Enum(labels) => Value::variant(self.below(labels.len()) as u32, None),
            ValType::Option(some) => match self.below(3) {
                0 => Value::variant(0, None),
                _ => Value::variant(1, Some(self.value(some))),
            },
            ValType::Result { ok, err } => {
                let case = self.below(2);
                let payload = [ok, err][case].as_ref().map(|t| self.value(t));
                Value::variant(case as u32, payload)
            }
            ValType::Flags(labels) => {
                Value::Flags((self.next() & ((1 << labels.len()) - 1)) as u32)
            }
            ValType::Own(_) => Value::Own(bits as u32),
            ValType::Borrow(_) => Value::Borrow(bits as u32),
            ValType::Stream(_) => Value::Stream(SharedId(bits as u32 as usize)),
            ValType::Future(_) => Value::Future(SharedId(bits as u32 as usize)),
        }
    }
}
