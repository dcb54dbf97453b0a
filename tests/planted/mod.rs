//! Shared by the tests of mutants: the search for the first case that shows each.

use std::fmt::Debug;

/// The mutants of which `first` finds no case. Says of each where it was found.
pub fn missed<F: Copy + Debug>(mutants: &[F], first: impl Fn(F) -> Option<u64>) -> Vec<F> {
    let missed = |&mutant: &F| {
        let found = first(mutant);
        match found {
            Some(index) => println!("{mutant:?}: case {index}"),
            None => println!("{mutant:?}: missed"),
        }
        found.is_none()
    };
    mutants.iter().copied().filter(missed).collect()
}
