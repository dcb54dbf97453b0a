//! Makes choices from bytes. When the bytes end, every choice falls on its first or smallest alternative.

use crate::limits::FUEL;
use arbitrary::Unstructured;

/// The bytes from which choices are made, most of them from one or two bytes.
pub(super) struct Draw<'u, 'b> {
    u: &'u mut Unstructured<'b>,
}

impl<'u, 'b> Draw<'u, 'b> {
    pub(super) fn new(u: &'u mut Unstructured<'b>) -> Draw<'u, 'b> {
        Draw { u }
    }

    fn byte(&mut self) -> u32 {
        u32::from(self.u.arbitrary::<u8>().unwrap_or(0))
    }

    /// A number below `end`, which is at least 1. Scaled rather than reduced, so that small numbers are not favoured.
    pub(super) fn below(&mut self, end: u32) -> u32 {
        match end {
            0 | 1 => 0,
            2..=64 => (self.byte() * end) >> 8,
            _ => {
                let number = self.byte() << 8 | self.byte();
                u32::try_from((u64::from(number) * u64::from(end)) >> 16).expect("below a u32")
            }
        }
    }

    /// An index of a list of this length, which is not empty.
    pub(super) fn index(&mut self, len: usize) -> usize {
        self.below(u32::try_from(len).expect("lists are short")) as usize
    }

    pub(super) fn range(&mut self, range: std::ops::RangeInclusive<usize>) -> usize {
        range.start() + self.index(range.end() - range.start() + 1)
    }

    /// True in `percent` of a hundred draws, and false when the bytes have ended.
    pub(super) fn percent(&mut self, percent: u32) -> bool {
        self.byte() * 100 >= (100 - percent) * 256
    }

    /// True in `percent` of a hundred draws. A percentage of 0 is never and one of 100 or more is always; neither draws a
    /// byte.
    pub(super) fn chance(&mut self, percent: u32) -> bool {
        match percent {
            0 => false,
            1..100 => self.percent(percent),
            100.. => true,
        }
    }

    /// An element of a list that is not empty.
    pub(super) fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.index(list.len())]
    }

    /// An element of a list with weights, of which one at least is not zero.
    pub(super) fn weighted<T: Copy>(&mut self, list: &[(u32, T)]) -> T {
        let mut rest = self.below(list.iter().map(|(weight, _)| weight).sum());
        for &(weight, choice) in list {
            if rest < weight {
                return choice;
            }
            rest -= weight;
        }
        list[0].1
    }

    pub(super) fn u32(&mut self) -> u32 {
        self.u.arbitrary().unwrap_or(0)
    }

    pub(super) fn u64(&mut self) -> u64 {
        self.u.arbitrary().unwrap_or(0)
    }

    /// Draws the fuel of an instance.
    pub(super) fn fuel(&mut self) -> u32 {
        self.range(*FUEL.start() as usize..=*FUEL.end() as usize) as u32
    }
}
