//! Plans for an engine that lacks something: what it has takes its place.

use crate::plan::{Op, Plan};
use crate::shrink::{body, cancellable};

/// What an engine lacks of what plans use. Default: nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Without {
    /// `thread.yield-then-promote`. In its place: `thread.yield`.
    pub yield_then_promote: bool,
    /// The immediate `cancellable` of built-ins. In its place: those that are not.
    pub cancellable: bool,
}

impl Without {
    /// What an engine lacks, by the names that the text format has for it. Names of what plans do not know change nothing.
    ///
    /// ```
    /// use spawndiff_generators::Without;
    ///
    /// let what = Without::of(["atomics", "cancellable"]);
    /// assert_eq!(what, Without { yield_then_promote: false, cancellable: true });
    /// ```
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Without {
        let mut what = Without::default();
        for name in names {
            match name {
                "thread.yield-then-promote" => what.yield_then_promote = true,
                "cancellable" => what.cancellable = true,
                _ => {}
            }
        }
        what
    }
}

impl Plan {
    /// The plan for an engine that lacks something. The same where it uses none of that.
    ///
    /// ```
    /// use spawndiff_generators::{Op, Without, plan_from_seed};
    ///
    /// let what = Without { yield_then_promote: true, cancellable: false };
    /// for index in 0..20 {
    ///     let plan = plan_from_seed(1, index).without(what);
    ///     plan.visit(&mut |op| assert!(!matches!(op, Op::YieldThenPromote { .. })));
    /// }
    /// ```
    pub fn without(mut self, what: Without) -> Plan {
        let mut number = 0;
        while let Some(ops) = body(&mut self, number) {
            for op in ops {
                if let Op::YieldThenPromote { cancellable, .. } = op
                    && what.yield_then_promote
                {
                    *op = Op::Yield {
                        cancellable: *cancellable,
                        offer: false,
                    };
                }
                if let Some(flag) = cancellable(op)
                    && what.cancellable
                {
                    *flag = false;
                }
            }
            number += 1;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan_from_seed;

    #[test]
    fn what_nothing_is_taken_from_stays_and_what_is_not_cancellable_says_so_nowhere() {
        let mut cancellables = 0;
        for index in 0..50 {
            let plan = plan_from_seed(2, index);
            assert_eq!(plan.clone().without(Without::default()), plan);
            plan.visit(&mut |op| {
                cancellables += usize::from(cancellable(&mut op.clone()) == Some(&mut true));
            });
            let what = Without {
                yield_then_promote: false,
                cancellable: true,
            };
            plan.without(what)
                .visit(&mut |op| assert_ne!(cancellable(&mut op.clone()), Some(&mut true)));
        }
        assert!(cancellables > 0);
    }
}
