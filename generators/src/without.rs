//! Changes plans for an engine that lacks a feature: something that the engine has takes the feature's place.

use crate::plan::{Import, Op, Plan, Smith};
use crate::shrink::{body, cancellable};

/// The features that plans use and an engine lacks. Default: none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Without {
    /// `thread.yield-then-promote`. In its place: `thread.yield`.
    pub yield_then_promote: bool,
    /// The immediate `cancellable` of built-ins. In its place: the built-ins that are not cancellable.
    pub cancellable: bool,
    /// Tail calls, in the code that wasm-smith makes. In their place: code without any.
    pub tail_calls: bool,
}

impl Without {
    /// The features that an engine lacks, from the names that the text format has for them. Names of features that plans
    /// do not use change nothing.
    ///
    /// ```
    /// use spawndiff_generators::Without;
    ///
    /// let what = Without::of(["atomics", "cancellable"]);
    /// assert_eq!(what, Without { cancellable: true, ..Without::default() });
    /// ```
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Without {
        let mut what = Without::default();
        for name in names {
            match name {
                "thread.yield-then-promote" => what.yield_then_promote = true,
                "cancellable" => what.cancellable = true,
                "tail calls" => what.tail_calls = true,
                _ => {}
            }
        }
        what
    }
}

impl Plan {
    /// Returns the plan for an engine that lacks these features. The plan stays the same if it uses none of them.
    ///
    /// ```
    /// use spawndiff_generators::{Op, Without, plan_from_seed};
    ///
    /// let what = Without { yield_then_promote: true, ..Without::default() };
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
        let smiths = self.instances.iter_mut().flat_map(|it| &mut it.smith);
        for smith in smiths {
            smith.without(what);
        }
        self
    }
}

impl Smith {
    fn without(&mut self, what: Without) {
        for import in &mut self.built_ins {
            if let Import::YieldThenPromote(cancellable) = *import
                && what.yield_then_promote
            {
                *import = Import::Yield(cancellable);
            }
            if let Some(flag) = import.cancellable()
                && what.cancellable
            {
                *flag = false;
            }
        }
        self.instructions.tail_calls &= !what.tail_calls;
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
                cancellable: true,
                ..Without::default()
            };
            plan.without(what)
                .visit(&mut |op| assert_ne!(cancellable(&mut op.clone()), Some(&mut true)));
        }
        assert!(cancellables > 0);
    }
}
