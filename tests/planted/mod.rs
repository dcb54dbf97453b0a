//! What the tests of planted faults share: the search for the first case that shows each.

use std::fmt::Debug;

/// The faults of which `first` finds no case. Says of each where it was found.
pub fn missed<F: Copy + Debug>(faults: &[F], first: impl Fn(F) -> Option<u64>) -> Vec<F> {
    let missed = |&fault: &F| {
        let found = first(fault);
        match found {
            Some(index) => println!("{fault:?}: case {index}"),
            None => println!("{fault:?}: missed"),
        }
        found.is_none()
    };
    faults.iter().copied().filter(missed).collect()
}
