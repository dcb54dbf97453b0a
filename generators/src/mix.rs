//! The mix that a campaign draws from. Every default mix that there ever was is kept under its number, so that a seed means the same
//! cases next year.

use crate::limits;
use crate::weight::{Weight, Weights};
use std::ops::RangeInclusive;

/// The percentage of cases with code that wasm-smith makes, of the newest mix.
const SMITH_PERCENT: u32 = 40;

/// The percentage of tables of typed references among those that may be, of the newest mix.
const START_TABLES_PERCENT: u32 = 40;
/// The percentage of first instances with a type that is declared otherwise than those of start functions, of the newest mix.
const DECLARED_PERCENT: u32 = 20;

/// The percentage of instances whose module `main` has the tables, of the newest mix.
const TABLES_IN_MAIN_PERCENT: u32 = 30;

/// The percentage of called instances with code that wasm-smith makes, of the newest mix.
const CALLED_SMITH_PERCENT: u32 = 20;

/// The percentage of called instances with a type that is declared otherwise than those of start functions, of the newest mix.
const CALLED_DECLARED_PERCENT: u32 = 15;

/// Whose code the cases of a campaign run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bodies {
    /// That of the plan only.
    Own,
    /// Code that wasm-smith makes as well, in every case.
    Smith,
    /// Code that wasm-smith makes as well, in as many cases as the mix has it.
    Mixed,
}

impl Bodies {
    /// All of them, by name.
    pub const NAMES: [(&'static str, Bodies); 3] = [
        ("own", Bodies::Own),
        ("smith", Bodies::Smith),
        ("mixed", Bodies::Mixed),
    ];

    /// The bodies with a name, if there are any.
    pub fn of_name(name: &str) -> Option<Bodies> {
        let named = Bodies::NAMES.iter().find(|(other, _)| *other == name);
        named.map(|(_, bodies)| *bodies)
    }
}

/// The mix that a campaign draws from: how many instances a case may have, how many cases have code of
/// wasm-smith, and the weights. A seed means the same cases
/// only with the same mix.
///
/// ```
/// use spawndiff_generators::{Mix, Weight, plan_from_seed_with};
///
/// let mix = Mix::of(3).with(Weight::NestedInFirst, 0);
/// let plans = || (0..50).map(|index| plan_from_seed_with(1, index, mix));
/// assert_eq!(plans().map(|plan| plan.instances.len()).max(), Some(3));
/// assert!(plans().all(|plan| plan.instances.iter().all(|it| it.parent != Some(0))));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mix {
    /// The most component instances that a case has. With one, there are no calls between instances, and no streams and
    /// futures. Default: [`MAX_INSTANCES`]; a larger number is taken as that.
    pub instances: usize,
    /// The percentage of cases in which the first instance has code that wasm-smith makes beside its own. Default: 40.
    pub smith_percent: u32,
    /// The percentage of tables whose entries cannot be of a wrong type for a start function, of those of first instances that no
    /// definition starts threads from. Default: 40.
    pub start_tables_percent: u32,
    /// The percentage of first instances in which a type that no start function has is that of start functions but for how it is
    /// declared: with subtypes, or in a recursive group. Default: 20.
    pub declared_percent: u32,
    /// The percentage of instances whose tables are of the module `main`, among those whose `main` has no start function. Default: 30.
    pub tables_in_main_percent: u32,
    /// The percentage of instances that others call in which there is code that wasm-smith makes. Default: 20.
    pub called_smith_percent: u32,
    /// [`Mix::declared_percent`], of instances that others call. Default: 15.
    pub called_declared_percent: u32,
    /// The values of the weights, which say what is drawn more or less often. Default: the
    /// [default](Weight::default_value) of each, which has no engine in mind.
    pub weights: Weights,
}

impl Mix {
    /// The numbers of the default mixes that there were, and are. The last one is the default today.
    ///
    /// 1. has no code that wasm-smith makes, and its tables are all of `funcref`;
    /// 2. has such code beside its own in a part of its cases, and tables of typed references;
    /// 3. has function types with subtypes and in recursive groups, too;
    /// 4. has what 2 and 3 have brought in the instances that others call, too, and tables that the module with the code has itself.
    pub const NUMBERS: RangeInclusive<u32> = 1..=4;

    /// The default mix with at most `instances` component instances.
    pub fn of(instances: usize) -> Mix {
        Mix {
            instances,
            smith_percent: SMITH_PERCENT,
            start_tables_percent: START_TABLES_PERCENT,
            declared_percent: DECLARED_PERCENT,
            tables_in_main_percent: TABLES_IN_MAIN_PERCENT,
            called_smith_percent: CALLED_SMITH_PERCENT,
            called_declared_percent: CALLED_DECLARED_PERCENT,
            weights: Weights::default(),
        }
    }

    /// The default mix with a number, and at most `instances` component instances; `None` if there is none of this number.
    ///
    /// ```
    /// use spawndiff_generators::Mix;
    ///
    /// let newest = *Mix::NUMBERS.end();
    /// assert_eq!(Mix::numbered(newest, 3), Some(Mix::of(3)));
    /// assert_eq!(Mix::numbered(newest + 1, 3), None);
    /// ```
    pub fn numbered(number: u32, instances: usize) -> Option<Mix> {
        let fourth = Mix::of(instances);
        let third = Mix {
            tables_in_main_percent: 0,
            called_smith_percent: 0,
            called_declared_percent: 0,
            ..fourth
        };
        let second = Mix {
            declared_percent: 0,
            ..third
        };
        let first = Mix {
            smith_percent: 0,
            start_tables_percent: 0,
            ..second
        };
        match number {
            1 => Some(first),
            2 => Some(second),
            3 => Some(third),
            4 => Some(fourth),
            _ => None,
        }
    }

    /// Returns the mix whose cases have only these bodies.
    #[must_use]
    pub const fn with_bodies(mut self, bodies: Bodies) -> Mix {
        match bodies {
            Bodies::Own => {
                self.smith_percent = 0;
                self.called_smith_percent = 0;
            }
            Bodies::Smith => self.smith_percent = 100,
            Bodies::Mixed => {}
        }
        self
    }

    /// Returns the mix with another value for a weight. A value above [`Weight::MOST`] is taken as that.
    #[must_use]
    pub const fn with(mut self, weight: Weight, value: u32) -> Mix {
        self.weights = self.weights.with(weight, value);
        self
    }

    /// Returns the mix with another value for the weight that has this name. `None` if no weight has it.
    ///
    /// ```
    /// use spawndiff_generators::{Mix, Weight};
    ///
    /// let list = [("promoted-itself", 1), ("nested-in-first", 4)];
    /// let mix = list.iter().try_fold(Mix::of(2), |mix, (name, value)| mix.with_named(name, *value));
    /// assert_eq!(mix.expect("these are weights").weight(Weight::NestedInFirst), 4);
    /// assert_eq!(Mix::default().with_named("no-weight", 1), None);
    /// ```
    #[must_use]
    pub fn with_named(self, name: &str, value: u32) -> Option<Mix> {
        Weight::of_name(name).map(|weight| self.with(weight, value))
    }

    /// Returns the mix with another value for each of these weights, which are named as an engine's side lists them.
    ///
    /// # Panics
    ///
    /// Panics if no weight has one of the names. A test holds the lists of all engines against the weights.
    #[must_use]
    pub fn with_all<'n>(self, all: impl IntoIterator<Item = (&'n str, u32)>) -> Mix {
        all.into_iter().fold(self, |mix, (name, value)| {
            mix.with_named(name, value)
                .unwrap_or_else(|| panic!("no weight is called {name}"))
        })
    }

    /// The value of a weight.
    pub const fn weight(&self, weight: Weight) -> u32 {
        self.weights.value(weight)
    }
}

impl Default for Mix {
    fn default() -> Mix {
        Mix::of(MAX_INSTANCES)
    }
}

/// The most component instances that a case can have.
pub const MAX_INSTANCES: usize = limits::INSTANCES;
