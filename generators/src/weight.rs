//! The weights of a campaign: each names something that a campaign may draw more or less often. Where an engine has a
//! known bug, most cases would otherwise only show that bug again. The other weights stand beside the choices that they
//! weigh, in `draw`.

/// One of the weights of a [`Mix`](crate::Mix).
///
/// A percentage is of the choices that there are: 0 is never, 100 always. A share is weighed against the others that its
/// comment names.
///
/// ```
/// use spawndiff_generators::{Mix, Weight};
///
/// let weight = Weight::of_name("promoted-itself").expect("there is one");
/// assert_eq!(weight, Weight::PromotedItself);
/// let mix = Mix::default().with(weight, 0);
/// assert_eq!(mix.weight(weight), 0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weight {
    /// Percentage of bodies with asynchronous calls that do not look after their subtasks before they end, so that a subtask
    /// may outlive the thread, or the task, that called it. Default: 25.
    AbandonedSubtasks,
    /// Percentage of calls that are asynchronous where the caller may not block, and so cannot wait for its subtasks: of
    /// those that can be. Default: 78, as everywhere else.
    AsyncCallsFromSyncTyped,
    /// Share of called instances that are nested in the first one, which calls them, against 96 that stand elsewhere.
    /// Default: 20.
    NestedInFirst,
    /// Percentage of calls that may go to an instance nested in the caller, as to any other that the caller sees.
    /// Default: 100.
    NestedCallees,
    /// Share of entries whose type is not `async`, which may not block, against 85 of the other lifts, of a first instance
    /// that has only threads to block on. Default: 25.
    SyncTypedEntries,
    /// Share of entries whose type is not `async`, which may not block, against 85 of the other lifts, of a first
    /// instance that has others to call, or streams or futures. Default: 25.
    SyncTypedEntriesWithPeers,
    /// Percentage of threads that are promoted as soon as they were made ready, other than by a yield. Default: 15.
    PromotedAtOnce,
    /// Share of promotions of a thread that is suspended, against 96 of one that yields. Default: 24.
    PromotedSuspended,
    /// Share of promotions of the thread that promotes, against 96 of one that yields. Default: 8.
    PromotedItself,
    /// Share of promotions of the thread that was started last, whatever has become of it, against 96 of one that yields.
    /// Default: 16.
    PromotedLast,
    /// Percentage of the yields of start functions of core modules that are kept. Default: 100.
    YieldsInStartFunction,
    /// Percentage of the calls of other instances in `realloc`, which may not make any, that are kept. Another forbidden
    /// built-in takes the place of the others. Default: 100.
    CallsInRealloc,
    /// Percentage of the built-ins that start a thread or may switch to one, in the post-return functions of called instances,
    /// which may not call them, that are kept. Another forbidden one takes the place of the others. Default: 100.
    ThreadsInCalledPostReturn,
}

impl Weight {
    /// All weights, in order of declaration.
    pub const ALL: [Weight; 13] = [
        Weight::AbandonedSubtasks,
        Weight::AsyncCallsFromSyncTyped,
        Weight::NestedInFirst,
        Weight::NestedCallees,
        Weight::SyncTypedEntries,
        Weight::SyncTypedEntriesWithPeers,
        Weight::PromotedAtOnce,
        Weight::PromotedSuspended,
        Weight::PromotedItself,
        Weight::PromotedLast,
        Weight::YieldsInStartFunction,
        Weight::CallsInRealloc,
        Weight::ThreadsInCalledPostReturn,
    ];

    /// The largest value that means anything. A larger value is taken as this one.
    pub const MOST: u32 = 1000;

    /// The name of the weight in a text.
    pub const fn name(self) -> &'static str {
        match self {
            Weight::AbandonedSubtasks => "abandoned-subtasks",
            Weight::AsyncCallsFromSyncTyped => "async-calls-from-sync-typed",
            Weight::NestedInFirst => "nested-in-first",
            Weight::NestedCallees => "nested-callees",
            Weight::SyncTypedEntries => "sync-typed-entries",
            Weight::SyncTypedEntriesWithPeers => "sync-typed-entries-with-peers",
            Weight::PromotedAtOnce => "promoted-at-once",
            Weight::PromotedSuspended => "promoted-suspended",
            Weight::PromotedItself => "promoted-itself",
            Weight::PromotedLast => "promoted-last",
            Weight::YieldsInStartFunction => "yields-in-start-function",
            Weight::CallsInRealloc => "calls-in-realloc",
            Weight::ThreadsInCalledPostReturn => "threads-in-called-post-return",
        }
    }

    /// The weight with a name, if there is one.
    pub fn of_name(name: &str) -> Option<Weight> {
        Weight::ALL.into_iter().find(|weight| weight.name() == name)
    }

    /// The value of the weight where nobody has an engine in mind.
    pub const fn default_value(self) -> u32 {
        match self {
            Weight::AbandonedSubtasks => 25,
            Weight::AsyncCallsFromSyncTyped => 78,
            Weight::NestedInFirst => 20,
            Weight::NestedCallees => 100,
            Weight::SyncTypedEntries => 25,
            Weight::SyncTypedEntriesWithPeers => 25,
            Weight::PromotedAtOnce => 15,
            Weight::PromotedSuspended => 24,
            Weight::PromotedItself => 8,
            Weight::PromotedLast => 16,
            Weight::YieldsInStartFunction => 100,
            Weight::CallsInRealloc => 100,
            Weight::ThreadsInCalledPostReturn => 100,
        }
    }
}

/// A value for each [`Weight`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weights([u32; Weight::ALL.len()]);

impl Weights {
    /// The value of a weight.
    pub const fn value(&self, weight: Weight) -> u32 {
        self.0[weight as usize]
    }

    /// Returns the weights with another value for one of them. A value above [`Weight::MOST`] is taken as that.
    #[must_use]
    pub const fn with(mut self, weight: Weight, value: u32) -> Weights {
        self.0[weight as usize] = if value > Weight::MOST {
            Weight::MOST
        } else {
            value
        };
        self
    }
}

impl Default for Weights {
    fn default() -> Weights {
        Weights(Weight::ALL.map(Weight::default_value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_weight_has_its_place_and_its_name() {
        for (place, weight) in Weight::ALL.into_iter().enumerate() {
            assert_eq!(weight as usize, place);
            assert_eq!(Weight::of_name(weight.name()), Some(weight));
            assert_eq!(Weights::default().value(weight), weight.default_value());
            assert_eq!(Weights::default().with(weight, 7).value(weight), 7);
            let most = Weights::default().with(weight, u32::MAX);
            assert_eq!(most.value(weight), Weight::MOST);
        }
        assert_eq!(Weight::of_name("no-weight"), None);
    }
}
