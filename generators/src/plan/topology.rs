//! Tells which instance of a plan sees which other ones.

use super::instance::Instance;
use super::wrap::wrap;

/// How the instances of a plan stand to each other.
pub(crate) struct Topology {
    /// The instance that each one is nested in.
    parents: Vec<Option<usize>>,
    /// The places in the order in which an instance comes before those that are nested in it, and these before what stands
    /// after it: an instance sees only what has a later place.
    places: Vec<usize>,
    /// See [`Topology::outside`].
    outside: Vec<Vec<usize>>,
}

impl Topology {
    pub(crate) fn new(instances: &[Instance]) -> Topology {
        let instances = instances.iter().enumerate();
        let parents = instances
            .map(|(i, instance)| instance.parent.and_then(|parent| wrap(parent, i)))
            .collect();
        let mut topology = Topology {
            parents,
            places: Vec::new(),
            outside: Vec::new(),
        };
        topology.places = topology.find_places();
        topology.outside = (0..topology.parents.len())
            .map(|i| topology.find_outside(i))
            .collect();
        topology
    }

    /// Whether the top-level component has no code of its own, and the first instance is nested in it.
    pub(crate) fn has_shell(&self) -> bool {
        (1..self.parents.len()).any(|i| self.parents[i].is_none())
    }

    /// The instances that are nested directly in this one, or in the component without code.
    pub(crate) fn children(&self, parent: Option<usize>) -> Vec<usize> {
        (0..self.parents.len())
            .filter(|&i| self.parents[i] == parent)
            .collect()
    }

    /// An instance and all that are nested in it, the last first.
    pub(crate) fn subtree(&self, i: usize) -> Vec<usize> {
        let within = |mut other: usize| {
            while other != i {
                match self.parents[other] {
                    Some(parent) => other = parent,
                    None => return false,
                }
            }
            true
        };
        let all = 0..self.parents.len();
        let mut subtree: Vec<usize> = all.filter(|&other| within(other)).collect();
        self.last_first(&mut subtree);
        subtree
    }

    fn find_places(&self) -> Vec<usize> {
        let mut places = vec![0; self.parents.len()];
        let mut waiting = self.children(None);
        waiting.reverse();
        let mut place = 0;
        while let Some(i) = waiting.pop() {
            places[i] = place;
            place += 1;
            waiting.extend(self.children(Some(i)).into_iter().rev());
        }
        places
    }

    /// Sorts instances so that each comes after all that it sees.
    fn last_first(&self, instances: &mut [usize]) {
        instances.sort_unstable_by_key(|&i| std::cmp::Reverse(self.places[i]));
    }

    fn find_outside(&self, i: usize) -> Vec<usize> {
        let siblings = self.children(self.parents[i]);
        let later = siblings.into_iter().filter(|&sibling| sibling > i);
        let mut outside: Vec<usize> = later.flat_map(|sibling| self.subtree(sibling)).collect();
        if let Some(parent) = self.parents[i] {
            outside.extend(self.find_outside(parent));
        }
        self.last_first(&mut outside);
        outside
    }

    /// The instances that an instance sees and that are not nested in it, the last first: its component imports them.
    pub(crate) fn outside(&self, i: usize) -> &[usize] {
        &self.outside[i]
    }

    /// All instances that an instance sees, in order of their numbers.
    pub(crate) fn visible(&self, i: usize) -> Vec<usize> {
        let mut visible = self.outside[i].clone();
        visible.extend(self.subtree(i).into_iter().filter(|&other| other != i));
        visible.sort_unstable();
        visible
    }
}
