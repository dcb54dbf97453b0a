//! How much a run may lift.
//!
//! A few bytes of a guest's memory can name a list of millions, and lists of lists can name the same bytes again and
//! again; the specification bounds each list and each string, but not their sum.

/// The bytes of our memory that the values of one lifting may take.
const LIFTING: usize = 64 << 20;
/// The bytes that all liftings of a run may take, one after the other: it bounds their time.
const RUN: usize = 256 << 20;

/// The bytes that may still be lifted, by the current lifting and by the run.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    lifting: usize,
    run: usize,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget {
            lifting: LIFTING,
            run: RUN,
        }
    }
}

impl Budget {
    /// Begins another lifting.
    pub(super) fn begin(&mut self) {
        self.lifting = LIFTING;
    }

    /// Takes `bytes` from the budget. False where it has fewer bytes left.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        let left = self.lifting.min(self.run);
        if bytes > left {
            return false;
        }
        self.lifting -= bytes;
        self.run -= bytes;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifting_has_less_than_a_run_and_both_end() {
        let mut budget = Budget::default();
        for _ in 0..RUN / LIFTING {
            assert!(budget.take(LIFTING));
            assert!(!budget.take(1));
            budget.begin();
        }
        assert!(!budget.take(1));
        assert!(budget.take(0));
    }
}
