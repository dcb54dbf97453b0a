//! What a campaign draws from: the generator's weights, as the engine's family wants them.

use spawndiff_engines::families;
use spawndiff_generators::Mix;

/// The mix for cases of at most so many instances that go to an engine of this family.
///
/// # Panics
///
/// If a family lists a weight that the generator does not have, which a test does not let happen.
pub fn of_family(family: &str, instances: usize) -> Mix {
    let families = families();
    let family = families.iter().find(|it| it.name == family);
    let seldom = family.map_or(&[][..], |family| family.seldom);
    let all = seldom.iter().map(|it| (it.weight, it.value));
    let mix = Mix::of(instances).with_all(all);
    mix.unwrap_or_else(|name| panic!("no weight is called {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use spawndiff_judge::known::{Known, List};

    #[test]
    fn every_family_asks_for_weights_that_there_are_because_of_what_is_known() {
        let known = List::built_in();
        for family in families() {
            of_family(family.name, 4);
            for seldom in family.seldom {
                let because = Known::from(seldom.because);
                assert!(known.get(&because).is_some(), "{because}");
            }
        }
    }
}
