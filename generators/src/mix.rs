//! The mix that a campaign draws from.

use crate::limits;
use crate::weight::{Weight, Weights};

/// The mix that a campaign draws from: how many instances a case may have, and the weights. A seed means the same cases
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
    /// The values of the weights, which say what is drawn more or less often. Default: the
    /// [default](Weight::default_value) of each, which has no engine in mind.
    pub weights: Weights,
}

impl Mix {
    /// The default mix with at most `instances` component instances.
    pub fn of(instances: usize) -> Mix {
        Mix {
            instances,
            weights: Weights::default(),
        }
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
