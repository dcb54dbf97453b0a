//! What a campaign draws from.

use crate::limits;

/// What a campaign draws from.
///
/// ```
/// use spawndiff_generators::{Mix, plan_from_seed_with};
///
/// let mix = Mix { instances: 4 };
/// let most = (0..50).map(|index| plan_from_seed_with(1, index, mix).instances.len()).max();
/// assert_eq!(most, Some(4));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mix {
    /// The most component instances that a case has. With one, there are no calls between instances, and no streams and
    /// futures. Default: [`MAX_INSTANCES`], and more is as many.
    pub instances: usize,
}

impl Default for Mix {
    fn default() -> Mix {
        Mix {
            instances: MAX_INSTANCES,
        }
    }
}

/// The most component instances that a case can have.
pub const MAX_INSTANCES: usize = limits::INSTANCES;
